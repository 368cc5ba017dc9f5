//! Settings of the operator: read once at start, with all faults reported together (ARCHITECTURE.md, "Invariants").

mod environment;
mod load;
mod proxy;
mod raw;
mod secret;
mod urls;

pub use environment::Environment;
pub use load::{Config, load};
pub use proxy::ForgeProxy;
pub use raw::Sources;
pub(crate) use urls::is_not_public;

use std::fmt;

/// One invalid setting. Names the setting and the broken rule, never the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Its name in the environment.
    pub setting: String,
    /// The problem and, where it is not obvious, how to fix it.
    pub reason: String,
}

impl Fault {
    fn new(setting: &str, reason: impl Into<String>) -> Self {
        Self { setting: setting.to_owned(), reason: reason.into() }
    }
}

/// All invalid settings, for one message and exit code 78 (`EX_CONFIG`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faults(pub Vec<Fault>);

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(faults) = self;
        writeln!(f, "the configuration has {} fault{}:", faults.len(), if faults.len() == 1 { "" } else { "s" })?;
        faults.iter().try_for_each(|fault| writeln!(f, "  {}: {}", fault.setting, fault.reason))
    }
}
