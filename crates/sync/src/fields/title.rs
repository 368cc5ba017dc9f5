//! Title ⇄ summary. Both systems limit the length, so a long text is cut before it is written: the compared value is then
//! the stored one.

use schema::JiraField;
use serde_json::Value;

use super::field::{Field, IssueWrite, Mapped};
use crate::names::FieldName;
use crate::plan::TicketWrite;
use crate::policy::Policy;
use crate::snapshots::{Issue, Ticket};

/// Characters; Jira refuses a longer summary.
const JIRA: usize = 255;
/// Characters; Zammad silently cuts a longer title (docs/platforms/zammad.md §2).
const ZAMMAD: usize = 250;

pub(super) fn field(ticket: &Ticket, issue: &Issue, policy: &Policy<'_>) -> Field<'static> {
    let (title, summary) = (&ticket.title, &issue.snapshot.summary);
    let (for_jira, for_zammad) = (cut(title, JIRA), cut(summary, ZAMMAD));
    Field {
        name: FieldName::Title,
        jira_id: JiraField::Summary,
        rule: policy.rule(&FieldName::Title, policy.settings.fields.title, true),
        zammad: Value::from(title.as_str()),
        jira: issue.snapshot.value(JiraField::Summary),
        agree: for_jira == *summary || for_zammad == *title,
        to_jira: non_empty(for_jira, |text| IssueWrite::Field(Value::from(text))),
        to_zammad: non_empty(for_zammad, TicketWrite::Title),
        unintended: None,
    }
}

/// Neither side accepts an empty title.
fn non_empty<T>(text: String, write: impl Fn(String) -> T) -> Mapped<T> {
    if text.is_empty() { Mapped::Unmapped(None) } else { Mapped::To(write(text)) }
}

/// Returns a text as one line of at most `most` characters. A longer text is cut at the end of a word if one lies in its
/// second half, and ends in `…`.
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
    fn cuts_long_titles_at_a_word() {
        assert_eq!(cut("short", 10), "short");
        assert_eq!(cut("exactly-10", 10), "exactly-10");
        assert_eq!(cut("one two three four", 12), "one two…");
        assert_eq!(cut(&"x".repeat(300), 255).chars().count(), 255);
        assert_eq!(cut(" a\nb\u{0} ", 10), "a b");
        assert_eq!(cut("שלום עולם שלום עולם", 10), "שלום עולם…");
    }

    proptest! {
        #[test]
        fn cut_keeps_the_limit_and_is_idempotent(text in any::<String>(), most in 2usize..300) {
            let once = cut(&text, most);
            prop_assert!(once.chars().count() <= most);
            prop_assert_eq!(cut(&once, most), once);
        }
    }
}
