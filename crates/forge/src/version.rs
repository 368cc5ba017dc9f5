//! Versions of the two halves.

/// The version of this crate; the app and the sidecar are released together under one version.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The minimum version of the sidecar. An older one may send only `hello` (docs/protocol.md §5).
pub const MIN_SIDECAR: &str = "0.1.0";
