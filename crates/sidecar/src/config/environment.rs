//! Production or development.

/// The environment this sidecar runs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Environment {
    /// The default.
    Production,
    /// Allows http URLs on loopback; everything else is as in production.
    Development,
}
