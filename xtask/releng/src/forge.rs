//! The Forge app of a release: its bundle, the permissions in its manifest, its bill of materials.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use xtask::forge_app;
use xtask::run::root;

use crate::digest;
use crate::manifest::Forge;
use crate::sbom::{self, Subject};
use crate::source::Source;

/// The output of Forge's bundler. `forge build` runs the same bundler on the same folder before it uploads.
const BUNDLE: &str = "forge-app/dist/bundle";
const WASM: &str = "wasm32-unknown-unknown";

/// Builds the bundle. Returns its entry for `release.json` and the text of `sbom-forge.cdx.json`.
pub(crate) fn build(source: &Source) -> Result<(Forge, Vec<u8>)> {
    forge_app::bundle()?;
    let manifest = std::fs::read_to_string(root().join("forge-app/manifest.yml")).context("forge-app/manifest.yml")?;
    let wanted = permissions(&manifest)?;
    let bundle_sha256 = digest::sha256(&listing(&root().join(BUNDLE))?);
    let lock = std::fs::read_to_string(root().join("forge-app/package-lock.json")).context("package-lock.json")?;
    let (mut parts, mut needs) = sbom::npm_packages(&lock)?;
    let (crates, direct) = sbom::crates("forge", WASM)?;
    parts.extend(crates.into_iter().map(|found| found.component));
    needs.extend(direct);
    let subject = Subject { name: "chefstackz-zammad-connector-forge", sha256: &bundle_sha256, needs };
    let bill = sbom::bill(source, &subject, &parts)?;
    let forge = Forge {
        tag: source.tag(),
        sbom_sha256: digest::sha256(&bill),
        bundle_sha256,
        scopes: wanted.scopes,
        egress: wanted.egress,
    };
    Ok((forge, bill))
}

/// The permissions in a manifest, to which an admin has to agree.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Permissions {
    pub(crate) scopes: Vec<String>,
    /// Anything under `permissions.external`, remotes or providers.
    pub(crate) egress: bool,
}

/// Reads the text of a `manifest.yml`.
pub(crate) fn permissions(manifest: &str) -> Result<Permissions> {
    let manifest: Value = serde_saphyr::from_str(manifest).context("manifest.yml is not valid YAML")?;
    let scopes = manifest["permissions"]["scopes"].as_array().context("manifest.yml has no scopes")?;
    let mut scopes: Vec<String> = scopes.iter().filter_map(|scope| scope.as_str().map(str::to_owned)).collect();
    scopes.sort();
    let places = ["/permissions/external", "/remotes", "/providers", "/connectModules"];
    Ok(Permissions { scopes, egress: places.iter().any(|place| manifest.pointer(place).is_some()) })
}

/// `<sha256>  <path>` of every file, in order of their paths: what `sha256sum` prints.
fn listing(folder: &Path) -> Result<Vec<u8>> {
    let mut lines = Vec::new();
    collect(folder, folder, &mut lines)?;
    ensure!(!lines.is_empty(), "the bundle is empty");
    lines.sort_by(|a, b| a.1.cmp(&b.1));
    Ok(lines.iter().map(|(sum, path)| format!("{sum}  {path}\n")).collect::<String>().into_bytes())
}

fn collect(top: &Path, folder: &Path, lines: &mut Vec<(String, String)>) -> Result<()> {
    for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            collect(top, &path, lines)?;
        } else {
            let name = path.strip_prefix(top)?.to_str().context("a name in the bundle is no UTF-8")?.to_owned();
            lines.push((digest::sha256(&digest::read(&path)?), name));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_manifest_has_few_permissions() {
        let found = permissions(include_str!("../../../forge-app/manifest.yml")).unwrap();
        assert_eq!(
            found.scopes,
            ["read:jira-user", "read:jira-work", "report:personal-data", "storage:app", "write:jira-work"]
        );
        assert!(!found.egress);
    }

    #[test]
    fn detects_every_form_of_egress() {
        for text in ["permissions: {scopes: [], external: {fetch: {}}}", "permissions: {scopes: []}\nremotes: []"] {
            assert!(permissions(text).unwrap().egress, "{text}");
        }
        assert!(permissions("modules: {}").is_err());
    }
}
