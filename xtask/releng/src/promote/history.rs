//! The state of one environment, as recorded in the ledger.

use semver::Version;
use time::OffsetDateTime;

use super::change::{Action, Step};
use super::environment::Environment;
use super::ledger::{Event, Outcome, Record};

/// An environment's state.
#[derive(Debug, Default)]
pub(super) struct History {
    /// In order; the last is the current one.
    pub(super) stays: Vec<Stay>,
    /// The last is the current version, the one before it is the target of a rollback.
    pub(super) versions: Vec<Version>,
    /// The last change that was begun, unless it is done.
    pub(super) attempt: Option<Attempt>,
}

/// A period in which a version was in the environment.
#[derive(Debug)]
pub(super) struct Stay {
    pub(super) version: Version,
    pub(super) entered: OffsetDateTime,
    /// When another version replaced it, and by which action.
    pub(super) left: Option<(OffsetDateTime, Action)>,
}

/// A change that was begun and is not done.
#[derive(Clone, Debug)]
pub(super) struct Attempt {
    /// The hash of the line that began it.
    pub(super) begun: String,
    pub(super) record: Record,
    /// Steps that are known to be done.
    pub(super) done: Vec<Step>,
    /// Whether its end is in the ledger. If not, the process died, or still runs on another machine.
    pub(super) ended: bool,
}

impl History {
    /// Reads the records of the ledger, oldest first.
    pub(super) fn of(environment: Environment, records: &[(String, Record)]) -> Self {
        let mut history = Self::default();
        for (hash, record) in records.iter().filter(|(_, record)| record.environment == environment) {
            history.take(hash, record);
        }
        history
    }

    /// The current version, as recorded.
    pub(super) fn current(&self) -> Option<&Version> {
        self.versions.last()
    }

    /// The version that a rollback goes to, and the one that it leaves. After a failed promotion, it goes to the version that
    /// the promotion was to replace.
    pub(super) fn rollback_target(&self) -> Option<(Version, Version)> {
        let current = self.current()?.clone();
        let begun = self.attempt.as_ref().map(|attempt| &attempt.record);
        match begun {
            Some(record) if record.action == Action::Promote && record.version != current => {
                Some((current, record.version.clone()))
            }
            _ => Some((self.versions.iter().rev().nth(1)?.clone(), current)),
        }
    }

    /// The last period of this version.
    pub(super) fn last_stay(&self, version: &Version) -> Option<&Stay> {
        self.stays.iter().rev().find(|stay| stay.version == *version)
    }

    fn take(&mut self, hash: &str, record: &Record) {
        match &record.event {
            Event::Begun { resumes, .. } => {
                let resumed = self.attempt.take().filter(|attempt| resumes.as_ref() == Some(&attempt.begun));
                let done = resumed.map(|attempt| attempt.done).unwrap_or_default();
                self.attempt = Some(Attempt { begun: hash.to_owned(), record: record.clone(), done, ended: false });
            }
            Event::Ended { outcome: Outcome::Failed, done, .. } => {
                if let Some(attempt) = &mut self.attempt {
                    attempt.done.clone_from(done);
                    attempt.ended = true;
                }
            }
            Event::Ended { outcome: Outcome::Done, .. } => {
                self.attempt = None;
                self.enter(record);
            }
        }
    }

    fn enter(&mut self, record: &Record) {
        if let Some(stay) = self.stays.last_mut() {
            stay.left = Some((record.at, record.action));
        }
        self.stays.push(Stay { version: record.version.clone(), entered: record.at, left: None });
        match record.action {
            Action::Promote => self.versions.retain(|version| *version != record.version),
            Action::Rollback => {
                let kept = self.versions.iter().position(|version| *version == record.version).unwrap_or_default();
                self.versions.truncate(kept);
            }
        }
        self.versions.push(record.version.clone());
    }
}
