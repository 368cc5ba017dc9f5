//! Sentences that say that answers stand in the quote: then nothing is folded, because only its colour tells such an answer
//! from the quote around it.

use super::Line;

/// Parts of such sentences, in lower case.
const HINTS: &[&str] = &[
    "in red",
    "in blue",
    "in green",
    "inline",
    "in-line",
    "see below",
    "answers below",
    "answer below",
    "comments below",
    "replies below",
    "reply below",
    "between the lines",
    "in rot",
    "in blau",
    "in grün",
    "rot markiert",
    "siehe unten",
    "s. unten",
    "antworten unten",
    "weiter unten",
    "im text",
    "zwischen den zeilen",
    "direkt unter",
    "en rouge",
    "en bleu",
    "en vert",
    "ci-dessous",
    "dans le texte",
    "en rojo",
    "en azul",
    "en verde",
    "más abajo",
    "en el texto",
    "in rosso",
    "in blu",
    "in verde",
    "qui sotto",
    "di seguito",
    "nel testo",
    "in het rood",
    "in rood",
    "in blauw",
    "hieronder",
    "in de tekst",
    "na czerwono",
    "na niebiesko",
    "poniżej",
    "w tekście",
    "красным",
    "синим",
    "ниже",
    "в тексте",
    "punaisella",
    "sinisellä",
    "vastaukset alla",
    "alempana",
    "tekstin seassa",
    "pirossal",
    "kékkel",
    "lentebb",
    "alább",
    "a szövegben",
    "kırmızı",
    "mavi ile",
    "aşağıda",
    "红色",
    "蓝色",
    "见下",
    "正文中",
    "赤字",
    "青字",
    "文中に",
];

/// Whether one of these lines says that the answers are further down.
pub(super) fn answers_are_below(lines: &[Line]) -> bool {
    let says_so = |line: &Line| {
        let text = line.text.to_lowercase();
        !line.is_quoted && HINTS.iter().any(|hint| stands_in(&text, hint))
    };
    lines.iter().any(says_so)
}

/// Whether the hint stands in the text as words of its own; scripts without blanks have no such bounds.
fn stands_in(text: &str, hint: &str) -> bool {
    let is_bound = |letter: Option<char>| letter.is_none_or(|letter| !letter.is_alphabetic());
    text.match_indices(hint).any(|(at, _)| {
        let has_bounds = hint.starts_with(|letter: char| letter < '\u{2e80}');
        !has_bounds || (is_bound(text[..at].chars().next_back()) && is_bound(text[at + hint.len()..].chars().next()))
    })
}
