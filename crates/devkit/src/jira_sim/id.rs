//! Numbers of rows, and the app's account: known to every other part.

/// A row's number; the API shows it as text.
pub type Id = u64;

/// The app's own account, the same for every installation.
pub const APP_ACCOUNT: &str = "712020:c0ffee00-0000-4000-8000-00000000a001";
