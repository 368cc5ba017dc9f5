//! The findings of all checks.

/// Faults fail the verb; notes are only printed.
#[derive(Default)]
pub(super) struct Report {
    pub(super) faults: Vec<String>,
    pub(super) notes: Vec<String>,
}

impl Report {
    pub(super) fn fault(&mut self, text: impl Into<String>) {
        self.faults.push(text.into());
    }

    pub(super) fn note(&mut self, text: impl Into<String>) {
        self.notes.push(text.into());
    }
}
