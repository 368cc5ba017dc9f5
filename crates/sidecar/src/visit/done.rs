//! The notes that tell agents that an issue is done, or when it will be released. Each is written once per time that the issue
//! becomes done. They are notes, which Zammad never mails.

use schema::settings::{DoneMoment, FixedNote};
use schema::{IssueSnapshot, JiraField};
use serde_json::json;
use store::{FactKind, Link, LinkFacts};
use sync::{FieldName, Issue, Memory, Role, Settled};

use super::context::{Visit, VisitError};
use crate::ticket::facts::{self, DoneNotes, LastNote, LinkKey};

/// Most versions that a note names.
const MOST_VERSIONS: usize = 5;

/// A note of one sentence or two.
struct Note {
    text: String,
    internal: bool,
}

impl Visit<'_> {
    /// Writes the note that is due, if there is one. `settled`: the result of our own writes to Jira: an agent who closed the
    /// ticket, and so the issue, need not be told.
    pub(super) async fn write_done_note(
        &mut self,
        link: &Link,
        role: Role,
        facts: &LinkFacts,
        before: &Memory,
        settled: &Settled,
        issue: &Issue,
    ) -> Result<(), VisitError> {
        let snapshot = &issue.snapshot;
        let stored = facts::done_notes(facts);
        let due = self.due(snapshot);
        let before = before.base.pairs.get(&FieldName::State);
        let changed = before.is_some_and(|pair| pair.jira != snapshot.fingerprint(JiraField::Status));
        let (last, is_first_look) = match stored {
            Some(last) => (last, false),
            // A link that is older than this record, whose issue has just become done.
            None if changed => (DoneNotes::default(), false),
            // A link begins with what both sides have; only later changes cause a note.
            None => (DoneNotes { times: 0, note: due }, true),
        };
        let next = match (last.note, due) {
            (LastNote::Nothing, LastNote::WillBeReleased | LastNote::Done) => {
                DoneNotes { times: last.times + 1, note: due }
            }
            (LastNote::WillBeReleased, LastNote::Done) | (_, LastNote::Nothing) => DoneNotes { note: due, ..last },
            _ => last,
        };
        let ours = last.note == LastNote::Nothing && settled.pairs.contains_key(&FieldName::State);
        if next.note != LastNote::Nothing && next != last && !ours && !is_first_look {
            let mark = json!({
                "done": link.issue_id, "link": link.created_at.0, "times": next.times, "at": next.note,
            });
            let written = self.view.articles.iter().any(|article| article.mark() == Some(&mark));
            if let Some(note) = self.done_note(link, role, snapshot, last.note, due).filter(|_| !written) {
                self.write_note(link.ticket_id, &note.text, note.internal, mark).await?;
            }
        }
        if stored != Some(next) {
            self.completion.effects.facts.push(LinkKey::from(link).set(FactKind::DoneNotes, &next));
        }
        Ok(())
    }

    /// The note that an issue in this condition deserves.
    fn due(&self, issue: &IssueSnapshot) -> LastNote {
        let waits = self.settings.done_notes.at == DoneMoment::Released
            && self.is_solved(issue)
            && issue.fix_versions.iter().any(|version| !version.released);
        match issue.status_category.as_str() {
            "done" if waits => LastNote::WillBeReleased,
            "done" => LastNote::Done,
            _ => LastNote::Nothing,
        }
    }

    /// Whether a customer may read "solved": only with a resolution that the admin lists. Won't Do and Duplicate are none, nor is
    /// a status such as Cancelled without a resolution.
    fn is_solved(&self, issue: &IssueSnapshot) -> bool {
        let solved = &self.settings.followers.solved_resolutions;
        issue.resolution.as_ref().is_some_and(|resolution| solved.contains(&resolution.id))
    }

    /// The note for a ticket of this role; `None` if the settings want none.
    fn done_note(&self, link: &Link, role: Role, issue: &IssueSnapshot, last: LastNote, due: LastNote) -> Option<Note> {
        let internal = |text: String| Some(Note { text, internal: true });
        let done = || {
            let resolution = issue.resolution.iter().map(|resolution| format!(", {}", resolution.name));
            format!("Jira {} is done: {}{}.", link.issue_key, issue.status, resolution.collect::<String>())
        };
        let fixed_note = self.settings.followers.fixed_note;
        match role {
            Role::Primary if !self.settings.done_notes.primary => None,
            Role::Primary if due == LastNote::WillBeReleased => {
                internal(format!("{} It will be in {}.", done(), versions(issue, false)))
            }
            Role::Primary if last == LastNote::WillBeReleased && !issue.fix_versions.is_empty() => {
                internal(format!("Jira {} is released: {}.", link.issue_key, versions(issue, true)))
            }
            Role::Primary => internal(done()),
            Role::Follower if fixed_note == FixedNote::Off => None,
            Role::Follower if !self.is_solved(issue) => internal(done()),
            Role::Follower if due == LastNote::WillBeReleased => internal(format!(
                "The problem behind this ticket is fixed, and the fix will be in {}.",
                versions(issue, false)
            )),
            Role::Follower => Some(Note {
                text: "The problem behind this ticket has been solved.".to_owned(),
                internal: fixed_note == FixedNote::Internal,
            }),
        }
    }
}

/// The names of the issue's fix versions that are released, or are not.
fn versions(issue: &IssueSnapshot, released: bool) -> String {
    let all = issue.fix_versions.iter().filter(|version| version.released == released);
    let mut names: Vec<&str> = all.map(|version| version.name.as_str()).collect();
    if names.len() > MOST_VERSIONS {
        names.truncate(MOST_VERSIONS);
        names.push("…");
    }
    names.join(", ")
}

#[cfg(test)]
#[path = "done_tests.rs"]
mod tests;
