//! The header above an older mail: who, when, to whom, what about, each behind a label.

use super::Line;
use super::labels::{FROM, OTHER, SENT, SUBJECT, TO};

/// Lines of a header that are looked at.
pub(super) const MOST_LINES: usize = 12;

/// Characters of a label.
const MOST_LABEL: usize = 20;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Field {
    From,
    Sent,
    To,
    Subject,
    Other,
}

/// The number of lines of the header that begins in the first line; 0 if none does. A header names the sender, the time,
/// the receiver and the subject, each once, in any order. With less, it could be an order (`From: Berlin`, `To: Hamburg`).
pub(super) fn length(lines: &[Line]) -> usize {
    let mut found: Vec<Field> = Vec::new();
    let mut end = 0;
    for (at, line) in lines.iter().take(MOST_LINES).enumerate() {
        match field(line.words()) {
            Some(again) if found.contains(&again) && again != Field::Other => {
                let next = lines.get(at + 1).and_then(|line| field(line.words()));
                return if is_complete(&found) && is_next_header(&found, again, next) { end } else { 0 };
            }
            Some(field) if at > 0 || field != Field::Other => found.push(field),
            None if at > 0 && goes_on(&lines[at - 1], line) => {}
            _ => break,
        }
        end = at + 1;
    }
    if is_complete(&found) { end } else { 0 }
}

fn is_complete(found: &[Field]) -> bool {
    [Field::From, Field::Sent, Field::To, Field::Subject].iter().all(|field| found.contains(field))
}

/// Whether a field that comes again belongs to another header below. Otherwise the header is the second one of the two
/// lines, and the first one is the author's, who may write `Date: Friday suits me` above it.
fn is_next_header(found: &[Field], again: Field, next: Option<Field>) -> bool {
    found.first() != Some(&again) || next == found.get(1).copied()
}

/// The field of a line `Label: value`.
fn field(line: &str) -> Option<Field> {
    let (label, value) = line.split_once([':', '\u{ff1a}'])?;
    let label = label.trim_matches([' ', '\u{a0}', '*', '\u{3000}']);
    if label.chars().count() > MOST_LABEL {
        return None;
    }
    let label = label.to_lowercase();
    let is_empty = value.trim_matches([' ', '\u{a0}', '*']).is_empty();
    let fields =
        [(FROM, Field::From), (SENT, Field::Sent), (TO, Field::To), (SUBJECT, Field::Subject), (OTHER, Field::Other)];
    let (_, field) = fields.into_iter().find(|(labels, _)| labels.contains(&label.as_str()))?;
    (!is_empty || field != Field::From).then_some(field)
}

/// Whether a line goes on with the addresses of the line above.
fn goes_on(above: &Line, line: &Line) -> bool {
    let is_label = line.words().split_once(": ").is_some_and(|(label, _)| label.chars().count() <= MOST_LABEL);
    let text = line.words();
    !is_label && (above.text.ends_with([';', ',']) || text.starts_with('<') || text.starts_with("[mailto:"))
}
