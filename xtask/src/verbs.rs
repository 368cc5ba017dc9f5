//! One line of help for each verb that another program carries out: `cargo xtask --help` and that program show the same.

/// `cargo xtask wasm`, in `wasm-build`.
pub const WASM: &str = "Build the Forge core to wasm and inline it into forge-app/src/wasm";
/// `cargo xtask kit`, in `releng` like the rest.
pub const KIT: &str = "Build images and kits without releasing them; the same commit gives the same bytes";
/// `cargo xtask rebuild`.
pub const REBUILD: &str =
    "Build the commit again with other paths, user, umask, time zone, locale and core count, and compare the bytes";
/// `cargo xtask release`.
pub const RELEASE: &str = "Check, build, verify, sign, publish and announce a version";
/// `cargo xtask verify`.
pub const VERIFY: &str = "Check a downloaded kit offline: signature, members, sums, image, bills of materials";
/// `cargo xtask promote`.
pub const PROMOTE: &str =
    "Deploy a published release to the next environment (development, staging, production) or back";
