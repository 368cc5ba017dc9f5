//! The sentence above a quote: `On Mon, 3 Nov 2026 at 10:00, Mia <mia@x.example> wrote:`. Authors write similar sentences
//! themselves ("See what Mia wrote on Monday:"), so a mail program's is told by its parts: a date or an address in brackets,
//! and hardly any ordinary words besides.

use super::Line;
use super::dates::{has_clock, has_numeric_date, has_year};

/// "Wrote", in lower case.
const WROTE: &[&str] = &[
    "wrote",
    "schrieb",
    "geschrieben",
    "a écrit",
    "escribió",
    "ha scritto",
    "schreef",
    "geschreven",
    "escreveu",
    "napisał",
    "pisze",
    "skrev",
    "kirjoitti",
    "написал",
    "пишет",
    "пише",
    "yazdı",
    "írta",
    "napsal",
    "napísal",
    "napisana przez",
    "написав",
    "je napisao",
    "je napisala",
    "kirjutas",
    "rašė",
    "rakstīja",
    "написа",
    "a scris",
    "έγραψε",
    "写道",
    "寫道",
    "のメール",
    "書きました",
    "작성",
    "כתב",
    "كتب",
];

/// How an introduction begins that names the date first.
const ON: &[&str] = &[
    "On ",
    "Am ",
    "Le ",
    "El ",
    "Il ",
    "Op ",
    "Em ",
    "No dia ",
    "Kuupäev ",
    "Pe ",
    "In data ",
    "W dniu ",
    "Dnia ",
    "Den ",
    "Dne ",
    "Le\u{a0}",
    "В ",
    "Στις ",
    "在 ",
    "在",
    "בתאריך ",
    "في ",
];

/// Small words of names, in lower case.
const PARTICLES: &[&str] = &[
    "von",
    "van",
    "der",
    "den",
    "de",
    "del",
    "di",
    "da",
    "la",
    "le",
    "el",
    "al",
    "bin",
    "ibn",
    "via",
    "zu",
    "zur",
    "ten",
    "ter",
    "y",
    "e",
    "dos",
    "das",
    "и",
    "от",
    "keltezéssel",
];

/// Words for persons that are no names, in lower case.
const PRONOUNS: &[&str] = &[
    "i", "he", "she", "they", "we", "you", "who", "what", "er", "sie", "ich", "wir", "ihr", "wer", "was", "elle", "je",
    "nous", "vous", "lui", "lei", "noi", "ella", "hij", "zij", "wij", "hän", "она", "мы", "вы", "który", "która",
];

/// The same, where they may be something else in a sentence but not a name.
const SHORT_PRONOUNS: &[&str] = &[
    "du", "il", "tu", "io", "él", "yo", "ik", "on", "ona", "ja", "han", "hon", "hun", "он", "я", "o", "ben", "biz",
    "ő", "én",
];

/// An introduction wraps over at most so many lines.
const MOST_WRAPPED: usize = 3;

/// Longer ones are text.
const MOST_LETTERS: usize = 250;

/// The number of lines, at the end of these, that introduce what follows them.
pub(super) fn length(lines: &[Line]) -> usize {
    let introduces = |count: &usize| {
        let part = &lines[lines.len() - count..];
        part.iter().all(|line| !line.is_quoted && line.is_outermost) && is_wrapped_introduction(part)
    };
    (1..=MOST_WRAPPED.min(lines.len())).rev().find(introduces).unwrap_or(0)
}

/// Whether the first of these lines, which are all quoted, introduce the others.
pub(super) fn begins(lines: &[Line]) -> bool {
    (1..=MOST_WRAPPED.min(lines.len())).any(|count| is_introduction(&joined(&lines[..count])))
}

/// Whether these words introduce a quote.
pub(super) fn is_introduction(words: &str) -> bool {
    let words = words.trim();
    if !words.ends_with([':', '\u{ff1a}']) || words.chars().count() > MOST_LETTERS || has_pronoun(words) {
        return false;
    }
    let (wrote, address) = (wrote_at(words), address_at(words));
    let ends_with_address = words.trim_end_matches([':', '\u{ff1a}', ' ']).ends_with(['>', ')', ']']);
    let most_ordinary = match (wrote, address) {
        (Some(_), Some(_)) => 6,
        (Some(_), None) => 3,
        (None, Some(_)) if ends_with_address => 2,
        _ => return false,
    };
    if ordinary_words(words) > most_ordinary {
        return false;
    }
    let before_address = &words[..address.unwrap_or(words.len())];
    if begins_with_on(words) && has_date(words) || address.is_some() && begins_with_date(before_address) {
        return true;
    }
    let Some(wrote) = wrote else { return false };
    let name = &words[..address.map_or(wrote, |address| address.min(wrote))];
    is_name(name) && (address.is_some() || has_clock(words) || has_numeric_date(words))
}

/// The same for several lines. Mail programs wrap an introduction where it gets too long, and not at the end of a sentence.
fn is_wrapped_introduction(lines: &[Line]) -> bool {
    let whole = joined(lines);
    let [first, rest @ ..] = lines else { return false };
    if !is_introduction(&whole) || rest.is_empty() {
        return is_introduction(&whole);
    }
    let first = first.text.as_str();
    // Behind the date stand names, an address and "wrote", and no sentence of the author's.
    if rest.iter().map(|line| ordinary_words(&line.text)).sum::<usize>() > 1 {
        return false;
    }
    let begins = (begins_with_on(first) && has_date(first))
        || begins_with_date(first)
        || (address_at(first).is_some() && wrote_at(first).is_some());
    // If the last lines are an introduction by themselves, the first one may be the author's.
    let is_whole = |from: usize| {
        let end = joined(&lines[from..]);
        is_introduction(&end) && !end.starts_with('<')
    };
    let is_long = first.chars().count() >= 55 && ordinary_words(first) <= 2;
    let goes_on = if (1..lines.len()).any(is_whole) { is_long } else { address_at(&whole).is_some() };
    let is_open = |line: &Line| !ends_sentence(&line.text);
    begins && lines[..lines.len() - 1].iter().all(is_open) && (goes_on || ends_with_time(first))
}

fn joined(lines: &[Line]) -> String {
    lines.iter().map(Line::words).collect::<Vec<_>>().join(" ")
}

/// Where the first word for "wrote" begins.
fn wrote_at(words: &str) -> Option<usize> {
    WROTE.iter().filter_map(|wrote| words.find(wrote)).min()
}

/// Where an address in brackets begins: `<mia@x.example>`.
fn address_at(words: &str) -> Option<usize> {
    let at = words.find('@')?;
    let open = words[..at].rfind(['<', '(', '['])?;
    let close = at + words[at..].find(['>', ')', ']'])?;
    (!words[open + 1..close].trim().contains(' ')).then_some(open)
}

fn begins_with_on(words: &str) -> bool {
    ON.iter().any(|on| words.starts_with(on))
}

/// A date at the beginning, maybe behind the name of a day.
fn begins_with_date(words: &str) -> bool {
    let date = has_date(words);
    let mut words = words.split_whitespace();
    let begins_with_digit = |word: Option<&str>| word.is_some_and(|word| word.starts_with(char::is_numeric));
    let first = words.next().unwrap_or_default();
    let is_day = first.ends_with([',', '.']) || first.chars().count() <= 3;
    let (second, third) = (words.next(), words.next());
    let is_first = begins_with_digit(Some(first))
        || (is_day && (begins_with_digit(second) || (first.ends_with(',') && begins_with_digit(third))));
    date && is_first
}

fn has_date(words: &str) -> bool {
    has_clock(words) || has_numeric_date(words) || has_year(words)
}

/// Whether the words speak of somebody without a name, as sentences do.
fn has_pronoun(words: &str) -> bool {
    let small = WROTE.iter().fold(words.to_lowercase(), |words, wrote| words.replace(wrote, " "));
    let mut words = small.split(|letter: char| !letter.is_alphanumeric());
    words.any(|word| PRONOUNS.contains(&word))
}

/// Words that begin with a small letter and are neither "wrote", an abbreviation nor an address.
fn ordinary_words(words: &str) -> usize {
    let is_ordinary = |word: &&str| {
        let plain = word.trim_matches(|letter: char| !letter.is_alphanumeric());
        let is_small = plain.starts_with(char::is_lowercase) && plain.chars().nth(1).is_some();
        let is_short = word.trim_end_matches(',').ends_with('.') || matches!(plain, "de" | "del");
        is_small && !is_short && !word.contains('@') && !WROTE.iter().any(|wrote| wrote.contains(plain))
    };
    words.split_whitespace().filter(is_ordinary).count()
}

/// Words that may be a person's name.
fn is_name(words: &str) -> bool {
    let mut count = 0;
    let is_part = |word: &str| {
        let plain = word.trim_matches(|letter: char| !letter.is_alphanumeric());
        count += 1;
        let small = plain.to_lowercase();
        (!plain.starts_with(char::is_lowercase) || PARTICLES.contains(&plain) || plain.contains('@'))
            && !SHORT_PRONOUNS.contains(&small.as_str())
    };
    words.split_whitespace().all(is_part) && count <= 6
}

/// A full stop that ends no abbreviation and no number.
fn ends_sentence(line: &str) -> bool {
    let last = line.split_whitespace().next_back().unwrap_or_default();
    let word = last.trim_end_matches('.');
    let is_short = word.chars().count() <= 5 && (word.ends_with(char::is_numeric) || is_name(word));
    line.ends_with(['!', '?', ':', '。']) || (last.ends_with('.') && !is_short)
}

/// `…, at 10:00,`
fn ends_with_time(line: &str) -> bool {
    let last = line.trim_end_matches(',').split_whitespace().next_back().unwrap_or_default();
    line.ends_with(',') && (has_clock(last) || has_year(last) || matches!(last, "AM" | "PM" | "Uhr"))
}
