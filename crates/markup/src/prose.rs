//! Whether preformatted text is code or sentences.

/// Words in a line that make it look like one of a sentence.
const LEAST_WORDS: usize = 8;

/// Whether this is rather a letter than code: no line is indented or has columns, at least one is long, one ends a sentence,
/// and nearly all of it are letters.
pub(crate) fn is_prose(text: &str) -> bool {
    let lines = || text.lines().map(str::trim_end).filter(|line| !line.is_empty());
    let is_arranged = |line: &str| line.starts_with([' ', '\t']) || line.contains("  ") || line.contains('\t');
    if lines().any(is_arranged) || !lines().any(|line| line.split(' ').count() >= LEAST_WORDS) {
        return false;
    }
    let seen = || text.chars().filter(|letter| !letter.is_whitespace());
    let letters = seen().filter(|letter| letter.is_alphabetic()).count();
    let signs = seen().filter(|letter| "{}[]=|\\$#;`".contains(*letter)).count();
    let count = seen().count();
    letters * 100 >= count * 80 && signs * 100 <= count && lines().any(|line| line.ends_with(['.', '!', '?']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_told_from_code() {
        let letter = "Hello Bob,\n\nthe tank has been empty since Monday, and nobody has called us.\n> Is it?\n\nMia";
        assert!(is_prose(letter));
        for code in [
            "",
            "let a = 1;",
            "if the door is open then:\n  close the door as fast as you can.",
            "2026-11-03 10:00:01 ERROR 42 17 refused by the server at 10.1.2.3.",
            "name    age    town    of all the people that live here.",
            "openssl x509 -in cert.pem -noout -dates",
        ] {
            assert!(!is_prose(code), "{code}");
        }
    }
}
