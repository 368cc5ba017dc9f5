//! Where a text may be cut.

use super::size::letter_size;

/// A piece of a text.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Prose,
    Code,
}

/// The text in pieces of at most `most` characters as JSON writes them (of one at least): cut behind a sentence or a line of
/// code, else behind a word, else between two letters. The last two thirds of each piece are searched for a good place.
pub(super) fn cut(text: &str, most: usize, kind: Kind) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (piece, behind) = rest.split_at(length(rest, most, kind));
        pieces.push(piece);
        rest = behind;
    }
    pieces
}

/// Bytes of the next piece.
fn length(text: &str, most: usize, kind: Kind) -> usize {
    let (mut used, mut before) = (0, None);
    let (mut letter_cut, mut word_cut, mut sentence_cut) = (0, 0, 0);
    for (at, letter) in text.char_indices() {
        if let Some(last) = before {
            if !joined(last, letter) {
                letter_cut = at;
            }
            if used > most / 3 {
                if is_gap(last) && !is_gap(letter) {
                    word_cut = at;
                }
                if ends_sentence(text, at, last, letter, kind) {
                    sentence_cut = at;
                }
            }
        }
        used += letter_size(letter);
        if used > most && at > 0 {
            let fallback = if letter_cut > 0 { letter_cut } else { at };
            return [sentence_cut, word_cut].into_iter().find(|cut| *cut > 0).unwrap_or(fallback);
        }
        before = Some(letter);
    }
    text.len()
}

fn is_gap(letter: char) -> bool {
    letter.is_whitespace() && letter != '\u{a0}'
}

fn ends_sentence(text: &str, at: usize, last: char, next: char, kind: Kind) -> bool {
    if kind == Kind::Code {
        return last == '\n';
    }
    let ends = |letter: char| matches!(letter, '.' | '!' | '?' | '…' | '؟' | '।');
    matches!(last, '。' | '！' | '？' | '\n')
        || (is_gap(last) && !is_gap(next) && text[..at].trim_end_matches(is_gap).ends_with(ends))
}

/// Whether two characters are one sign: combining marks, skin tones, and what joiners join.
fn joined(last: char, next: char) -> bool {
    let joins = |letter: char| matches!(letter, '\u{200d}' | '\u{fe0e}' | '\u{fe0f}' | '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5c7}' | '\u{64b}'..='\u{65f}' | '\u{1f3fb}'..='\u{1f3ff}' | '\u{e0020}'..='\u{e007f}');
    let is_flag = |letter: char| matches!(letter, '\u{1f1e6}'..='\u{1f1ff}');
    joins(next) || last == '\u{200d}' || (is_flag(last) && is_flag(next))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn good_places_come_first() {
        assert_eq!(cut("One two. Three four. Five", 20, Kind::Prose), ["One two. ", "Three four. Five"]);
        assert_eq!(cut("One two three four five", 16, Kind::Prose), ["One two three ", "four five"]);
        assert_eq!(cut("aaaaaaaaaa", 4, Kind::Prose), ["aaaa", "aaaa", "aa"]);
        assert_eq!(cut("let a = 1;\nlet b = 2;\nc", 16, Kind::Code), ["let a = 1;\n", "let b = 2;\nc"]);
        assert_eq!(cut("aa👩‍💻aa", 4, Kind::Prose), ["aa", "👩‍💻a", "a"]);
        assert_eq!(cut("", 4, Kind::Prose), [""; 0]);
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_no_piece_too_long(text in "([a-zäß🙂\"\\\\]{1,12}[ .\n]{1,2}){0,80}", most in 4usize..60) {
            for kind in [Kind::Prose, Kind::Code] {
                let pieces = cut(&text, most, kind);
                prop_assert_eq!(pieces.concat(), text.clone());
                prop_assert!(pieces.iter().all(|piece| piece.chars().map(letter_size).sum::<usize>() <= most));
            }
        }
    }
}
