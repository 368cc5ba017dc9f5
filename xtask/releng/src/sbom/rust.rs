//! The crates that are part of a shipped binary, as cargo resolves them for its platform, with the lockfile's checksums.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;

use anyhow::{Context, Result};
use cargo_metadata::{DependencyKind, Package, PackageId};
use xtask::run::{metadata, root};

use super::Component;

/// A crate from the registry that is compiled in.
#[derive(Clone, Debug)]
pub(crate) struct Crate {
    pub(crate) component: Component,
    /// The folder of its sources and licence texts.
    pub(crate) folder: PathBuf,
}

/// Every crate that `package` links on `triple`, without build tools, and the direct dependencies. Our own crates are parts of
/// the subject, not components.
pub(crate) fn crates(package: &str, triple: &str) -> Result<(Vec<Crate>, Vec<String>)> {
    let metadata = metadata(&["--filter-platform", triple, "--locked"])?;
    let packages: HashMap<&PackageId, &Package> = metadata.packages.iter().map(|found| (&found.id, found)).collect();
    let resolve = metadata.resolve.as_ref().context("cargo metadata has no resolved graph")?;
    let needs: HashMap<&PackageId, Vec<&PackageId>> = resolve
        .nodes
        .iter()
        .map(|node| {
            let normal =
                node.deps.iter().filter(|edge| edge.dep_kinds.iter().any(|k| k.kind == DependencyKind::Normal));
            // A procedural macro runs in the compiler.
            let shipped = normal.map(|edge| &edge.pkg).filter(|id| !packages.get(id).is_some_and(|p| is_macro(p)));
            (&node.id, shipped.collect())
        })
        .collect();
    let own = metadata.packages.iter().find(|found| *found.name == package && found.source.is_none());
    let own = &own.with_context(|| format!("no package {package}"))?.id;
    let sums = sums()?;
    let mut reached = BTreeSet::from([own]);
    let mut waiting = vec![own];
    while let Some(id) = waiting.pop() {
        for next in needs.get(id).into_iter().flatten() {
            if reached.insert(next) {
                waiting.push(next);
            }
        }
    }
    let purls = |id: &PackageId| -> Vec<String> {
        let direct = needs.get(id).into_iter().flatten();
        direct.filter_map(|id| packages.get(id)).filter(|p| p.source.is_some()).map(|p| purl(p)).collect()
    };
    let ours = reached.iter().filter(|id| packages.get(*id).is_some_and(|p| p.source.is_none()));
    let direct = ours.flat_map(|id| purls(id)).collect();
    let found = reached
        .iter()
        .filter_map(|id| packages.get(*id).map(|package| (id, *package)))
        .filter(|(_, package)| package.source.is_some())
        .map(|(id, package)| Crate {
            component: Component {
                name: package.name.to_string(),
                version: package.version.to_string(),
                purl: purl(package),
                licence: package.license.as_deref().map(expression),
                hash: sums
                    .get(&(package.name.to_string(), package.version.to_string()))
                    .map(|sum| ("SHA-256", sum.clone())),
                needs: purls(id),
            },
            folder: package.manifest_path.parent().map(|folder| folder.to_path_buf().into()).unwrap_or_default(),
        })
        .collect();
    Ok((found, direct))
}

fn is_macro(package: &Package) -> bool {
    package.targets.iter().any(|target| target.is_proc_macro())
}

fn purl(package: &Package) -> String {
    format!("pkg:cargo/{}@{}", package.name, package.version)
}

/// Old manifests contain `MIT/Apache-2.0`, which is not an SPDX expression.
fn expression(licence: &str) -> String {
    licence.replace('/', " OR ")
}

/// Checksums of the lockfile by name and version.
fn sums() -> Result<BTreeMap<(String, String), String>> {
    let lock: toml::Table = std::fs::read_to_string(root().join("Cargo.lock"))?.parse().context("Cargo.lock")?;
    let packages = lock["package"].as_array().context("Cargo.lock has no packages")?;
    let text = |package: &toml::Value, key: &str| package.get(key).and_then(toml::Value::as_str).map(str::to_owned);
    Ok(packages.iter().filter_map(|p| Some(((text(p, "name")?, text(p, "version")?), text(p, "checksum")?))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_what_is_compiled_in_and_no_build_tools() {
        let (found, direct) = crates("sidecar", "x86_64-unknown-linux-gnu").unwrap();
        let names: Vec<&str> = found.iter().map(|found| found.component.name.as_str()).collect();
        for shipped in ["axum", "ring", "sqlx", "libsqlite3-sys", "hmac"] {
            assert!(names.contains(&shipped), "{shipped}");
        }
        for not_shipped in ["serde_derive", "proptest", "cc", "criterion", "windows-sys", "wasm-bindgen", "sidecar"] {
            assert!(!names.contains(&not_shipped), "{not_shipped}");
        }
        assert!(direct.iter().any(|purl| purl.starts_with("pkg:cargo/axum@")));
        assert!(found.iter().all(|found| found.component.hash.is_some() && found.component.licence.is_some()));
    }

    #[test]
    fn turns_old_licence_texts_into_expressions() {
        assert_eq!(expression("MIT/Apache-2.0"), "MIT OR Apache-2.0");
        assert_eq!(expression("MIT OR Apache-2.0"), "MIT OR Apache-2.0");
    }
}
