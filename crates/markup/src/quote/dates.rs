//! Dates and times in a line, in any order of their parts.

/// `10:00`.
pub(super) fn has_clock(words: &str) -> bool {
    let bytes = words.as_bytes();
    bytes.windows(4).any(|part| matches!(part, [a, b':', b, c] if [a, b, c].iter().all(|byte| byte.is_ascii_digit())))
}

/// `3.11.2026`, `3/11/26`, `2026-11-03`.
pub(super) fn has_numeric_date(words: &str) -> bool {
    let numbers = |word: &str, mark| word.split(mark).filter(|part| is_number(part)).count() >= 3;
    words.split_whitespace().any(|word| ['.', '/', '-'].into_iter().any(|mark| numbers(word, mark)))
}

fn is_number(part: &str) -> bool {
    let digits = part.trim_matches([',', ':', '(', ')']);
    (1..=4).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// Four digits that may be a year.
pub(super) fn has_year(words: &str) -> bool {
    let mut numbers = words.split(|letter: char| !letter.is_ascii_digit());
    numbers.any(|number| number.len() == 4 && (number.starts_with("19") || number.starts_with("20")))
}
