//! The oldest sidecar that the Forge app supports (docs/protocol.md §5).

use semver::Version;

/// The warning for operators if this sidecar is older than `oldest`. `None` for a version that cannot be read.
pub(super) fn too_old(own: &str, oldest: &str) -> Option<String> {
    let (is, wanted) = (Version::parse(own).ok()?, Version::parse(oldest).ok()?);
    (is < wanted).then(|| format!("this is {is}, the Forge app wants {wanted} or later"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_older_sidecar_is_named() {
        for (own, oldest, old) in [
            ("0.1.0", "0.1.0", false),
            ("0.2.0", "0.1.9", false),
            ("0.1.9", "0.2.0", true),
            ("0.9.0", "0.10.0", true),
            ("1.0.0-rc.1", "1.0.0", true),
            ("0.1.0", "", false),
            ("0.1.0", "soon", false),
        ] {
            assert_eq!(too_old(own, oldest).is_some(), old, "{own} {oldest}");
        }
        assert_eq!(too_old("0.1.0", "0.2.0").unwrap(), "this is 0.1.0, the Forge app wants 0.2.0 or later");
    }
}
