//! Numbers that are the same in every Zammad. All other ids belong to the installation.

/// The user id that means "nobody" as owner or customer: the system's own user `-` (docs/platforms/zammad.md §2).
pub const NOBODY: u64 = 1;

/// Types of ticket states. States and their names belong to the installation; only their types have a fixed meaning
/// (docs/platforms/zammad.md §2).
pub mod state_type {
    /// New.
    pub const NEW: u64 = 1;
    /// Open.
    pub const OPEN: u64 = 2;
    /// Waits until a reminder.
    pub const PENDING_REMINDER: u64 = 3;
    /// Waits until an automatic change of state.
    pub const PENDING_ACTION: u64 = 4;
    /// Closed.
    pub const CLOSED: u64 = 5;
    /// Merged into another ticket; only a merge sets it.
    pub const MERGED: u64 = 6;
    /// Removed.
    pub const REMOVED: u64 = 7;
}
