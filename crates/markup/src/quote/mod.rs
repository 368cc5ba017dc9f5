//! Which part of a mail is a copy of an older mail. It is searched in lines, because mail programs agree only on the words
//! they write above a quote, and Zammad removes most classes.
//!
//! The rule above all others: no word of the author is folded. Therefore
//!
//! - a quote that has quote marks or a `blockquote` is folded only if nothing but a signature follows it;
//! - a copy without quote marks (Outlook) is folded only if its lines do not alternate with quoted ones, because then
//!   somebody has answered in between;
//! - either is folded only if every older mail in it has one colour and no name in brackets in front of an answer, because so
//!   people mark answers inside an older mail. A grey counts as a colour: a grey signature keeps an older mail visible too;
//! - signatures stay visible, because nothing distinguishes `--` above a signature from `--` above an answer. For the
//!   same reason Zammad's `js-signatureMarker` is not read: Zammad sets it before any line that begins with dashes;
//! - a mail that has nothing of its own above the quote (a forwarded mail) is shown as a whole, and so is one that says that
//!   its answers stand further down.

mod dates;
mod header;
mod hints;
mod introduction;
mod labels;
mod line;
mod lines;
mod separator;
mod shade;

use std::collections::HashMap;
use std::ops::Range;

use crate::parse::{Id, Tree};
pub(crate) use line::{Line, TITLE, normalize};
use shade::Colors;

/// The nodes where the folded part of a mail begins and ends; without an end it goes on to the end of the mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fold {
    pub(crate) begin: Id,
    pub(crate) end: Option<Id>,
}

/// The folded part of a parsed mail, if it has one. `layout` are the tables that only arrange a page.
pub(crate) fn fold(tree: &Tree, layout: &std::collections::HashSet<Id>) -> Option<Fold> {
    let found = lines::of(tree, layout);
    // HTML that this crate made of a folded mail: one fold is enough.
    if found.has_fold {
        return None;
    }
    let range = folded(&found.lines)?;
    Some(Fold { begin: *found.nodes.get(range.start)?, end: found.nodes.get(range.end).copied() })
}

/// The numbers of the folded lines, if any are.
pub(crate) fn folded(lines: &[Line]) -> Option<Range<usize>> {
    let end = before_signature(lines);
    let mail = &lines[..end];
    let begin = [unmarked_copy(mail), marked_quote(mail)].into_iter().flatten().min()?;
    let above = &mail[..begin];
    let is_quote = has_own_words(above) && !hints::answers_are_below(above) && !has_answers_inside(&mail[begin..]);
    is_quote.then_some(begin..end)
}

/// Whether somebody has answered inside a copy or a quote: words of one older mail differ in colour, or have the name of
/// their author in front. The header of each older mail does not count.
fn has_answers_inside(copy: &[Line]) -> bool {
    let (mut is_copied, mut at) = (false, 0);
    let mut colors = HashMap::new();
    while let Some(line) = copy.get(at) {
        if begins_copy(&copy[at..]) {
            is_copied = true;
            colors.clear();
            at += header::length(&copy[at..]).max(1);
            continue;
        }
        at += 1;
        if !is_copied && !line.is_quoted {
            continue;
        }
        let differs = |seen: &Colors| seen.differ_from(*colors.entry(line.quote).or_insert(*seen));
        if line.has_answerer || line.colors.iter().any(differs) {
            return true;
        }
    }
    false
}

/// Where a signature behind the last quote begins; the number of lines if there is none.
fn before_signature(lines: &[Line]) -> usize {
    let behind_quotes = lines.iter().rposition(|line| line.is_quoted).map(|last| last + 1);
    let signature = behind_quotes.filter(|at| {
        let behind = &lines[*at..];
        behind.first().is_some_and(|line| line.is_outermost && separator::is_signature_mark(&line.text))
            && !(0..behind.len()).any(|at| begins_copy(&behind[at..]))
    });
    signature.unwrap_or(lines.len())
}

/// The first line of a copy without quote marks: a separator or a header, and behind it nothing that somebody could have
/// written in between.
fn unmarked_copy(lines: &[Line]) -> Option<usize> {
    let last_mixed = (1..lines.len()).rev().find(|at| is_mixed(lines, *at)).unwrap_or(0);
    let begins = |at: &usize| lines[*at].is_outermost && !lines[*at].is_quoted && begins_copy(&lines[*at..]);
    (last_mixed..lines.len()).find(begins).map(|at| with_rulers(lines, at))
}

/// Whether quoted and other lines alternate between this line and the one above in a way that no mail program makes: only
/// below an introduction, a separator or a header do quoted lines follow others.
fn is_mixed(lines: &[Line], at: usize) -> bool {
    match (lines[at - 1].is_quoted, lines[at].is_quoted) {
        (true, false) => true,
        (false, true) => !is_introduced(lines, at),
        _ => false,
    }
}

fn is_introduced(lines: &[Line], at: usize) -> bool {
    let above = &lines[..at];
    let header_ends = (1..=header::MOST_LINES.min(at)).any(|count| header::length(&lines[at - count..at]) == count);
    begins_quote(&lines[at..])
        || header_ends
        || separator::is_separator(&above[at - 1].text)
        || separator::is_forwarding(&above[at - 1].text)
        || introduction::length(above) > 0
}

/// The first line of a quote with quote marks that goes on to the end: its introduction, or what a mail program marked.
fn marked_quote(lines: &[Line]) -> Option<usize> {
    let quotes = lines.iter().rposition(|line| !line.is_quoted).map_or(0, |own| own + 1);
    let above = &lines[..quotes];
    let is_forwarded = above.last().is_some_and(|line| separator::is_forwarding(&line.text));
    let begin = quotes - if is_forwarded { 1 } else { introduction::length(above) };
    if quotes < lines.len() && begin < quotes && lines[begin].is_outermost {
        return Some(with_rulers(lines, begin));
    }
    let begins = |at: &usize| lines[*at].is_outermost && (lines[*at].is_cited || begins_quote(&lines[*at..]));
    (quotes..lines.len()).find(begins).map(|at| with_rulers(lines, at))
}

/// Whether a copy of another mail begins in the first of these lines.
fn begins_copy(lines: &[Line]) -> bool {
    lines.first().is_some_and(|line| separator::is_separator(&line.text)) || header::length(lines) > 0
}

/// Likewise for quoted lines, whose introduction is often quoted too.
fn begins_quote(lines: &[Line]) -> bool {
    let is_forwarding = lines.first().is_some_and(|line| separator::is_forwarding(line.words()));
    is_forwarding || begins_copy(lines) || introduction::begins(lines)
}

/// The lines of dashes and the separators above belong to the quote.
fn with_rulers(lines: &[Line], mut begin: usize) -> usize {
    let belongs = |line: &Line| {
        let text = &line.text;
        line.is_outermost
            && !line.is_quoted
            && (separator::is_ruler(text) || separator::is_separator(text) || separator::is_forwarding(text))
    };
    while begin > 0 && belongs(&lines[begin - 1]) {
        begin -= 1;
    }
    begin
}

/// Whether the author has written anything in these lines, besides a signature.
fn has_own_words(lines: &[Line]) -> bool {
    let text = lines.iter().take_while(|line| !separator::is_signature_mark(&line.text));
    let is_own = |line: &Line| {
        let words = &line.text;
        !(line.is_quoted
            || separator::is_ruler(words)
            || separator::is_separator(words)
            || separator::is_forwarding(words)
            || separator::is_advertisement(words)
            || introduction::is_introduction(words))
    };
    text.into_iter().any(is_own)
}

#[cfg(test)]
mod tests;
