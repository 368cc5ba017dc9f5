//! Title ⇄ summary. Both sides cut: we cut first, at a word, so that what is compared is what is stored.

use serde_json::Value;

use super::{Carried, Field, IssueWrite};
use crate::plan::TicketWrite;
use crate::policy::Policy;
use crate::reading::{Issue, Ticket};

/// Jira refuses a longer summary.
const JIRA: usize = 255;
/// Zammad cuts a longer title without a word (docs/platforms/zammad.md §2).
const ZAMMAD: usize = 250;

pub(super) fn field(ticket: &Ticket, issue: &Issue, policy: &Policy<'_>) -> Field {
    let (title, summary) = (&ticket.title, &issue.snapshot.summary);
    let (for_jira, for_zammad) = (cut(title, JIRA), cut(summary, ZAMMAD));
    Field {
        name: "title".into(),
        jira_id: "summary".into(),
        rule: policy.rule("title", policy.settings.fields.title, true),
        zammad: Value::from(title.as_str()),
        jira: issue.snapshot.value("summary"),
        agree: for_jira == *summary || for_zammad == *title,
        to_jira: carried(for_jira, |text| IssueWrite::Field(Value::from(text))),
        to_zammad: carried(for_zammad, TicketWrite::Title),
        unmeant: None,
    }
}

/// Neither side takes an empty one.
fn carried<T>(text: String, write: impl Fn(String) -> T) -> Carried<T> {
    if text.is_empty() { Carried::Nowhere(None) } else { Carried::As(write(text)) }
}

/// A text in one line of at most `most` characters, cut at a word if one ends in its second half; what was cut ends in `…`.
#[must_use]
pub fn cut(text: &str, most: usize) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let line = line.trim();
    let Some((end, _)) = line.char_indices().nth(most.saturating_sub(1)) else { return line.to_owned() };
    if line.chars().nth(most).is_none() {
        return line.to_owned();
    }
    let word = line[..end].rfind(char::is_whitespace).filter(|at| *at > end / 2).unwrap_or(end);
    format!("{}…", line[..word].trim_end())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn long_titles_are_cut_at_a_word() {
        assert_eq!(cut("short", 10), "short");
        assert_eq!(cut("exactly-10", 10), "exactly-10");
        assert_eq!(cut("one two three four", 12), "one two…");
        assert_eq!(cut(&"x".repeat(300), 255).chars().count(), 255);
        assert_eq!(cut(" a\nb\u{0} ", 10), "a b");
        assert_eq!(cut("שלום עולם שלום עולם", 10), "שלום עולם…");
    }

    proptest! {
        #[test]
        fn cutting_keeps_the_limit_and_is_done_once(text in any::<String>(), most in 2usize..300) {
            let once = cut(&text, most);
            prop_assert!(once.chars().count() <= most);
            prop_assert_eq!(cut(&once, most), once);
        }
    }
}
