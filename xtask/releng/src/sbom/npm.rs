//! The npm packages of the Forge bundle, from the lockfile: those that are not marked as development dependencies.

use anyhow::{Context, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::Component;

/// From the text of a `package-lock.json` (lockfileVersion 3): the components, and the direct dependencies of the app.
pub(crate) fn packages(lock: &str) -> Result<(Vec<Component>, Vec<String>)> {
    let lock: Value = serde_json::from_str(lock).context("package-lock.json is not valid JSON")?;
    let all = lock["packages"].as_object().context("package-lock.json has no packages")?;
    let is_shipped = |entry: &Value| !["dev", "optional", "devOptional"].iter().any(|mark| entry[*mark] == true);
    // A name is resolved as in Node: in the folder of the dependent, then in each folder above.
    let find = |from: &str, name: &str| {
        let mut folder = from;
        loop {
            let path = if folder.is_empty() {
                format!("node_modules/{name}")
            } else {
                format!("{folder}/node_modules/{name}")
            };
            if let Some(entry) = all.get(&path) {
                return Some(purl(name, entry));
            }
            if folder.is_empty() {
                return None;
            }
            folder = folder.rfind("/node_modules/").map_or("", |at| &folder[..at]);
        }
    };
    let needs = |path: &str, entry: &Value| -> Vec<String> {
        let names = entry["dependencies"].as_object().into_iter().flat_map(|names| names.keys());
        names.filter_map(|name| find(path, name)).collect()
    };
    let mut components = Vec::new();
    for (path, entry) in all.iter().filter(|(path, entry)| !path.is_empty() && is_shipped(entry)) {
        let name = path.rsplit("node_modules/").next().context("a package without a name")?;
        components.push(Component {
            name: name.to_owned(),
            version: entry["version"].as_str().context("a package without a version")?.to_owned(),
            purl: purl(name, entry),
            licence: entry["license"].as_str().filter(|text| is_expression(text)).map(str::to_owned),
            hash: entry["integrity"].as_str().and_then(sha512),
            needs: needs(path, entry),
        });
    }
    Ok((components, needs("", &all[""])))
}

/// `pkg:npm/%40scope/name@version`.
fn purl(name: &str, entry: &Value) -> String {
    format!("pkg:npm/{}@{}", name.replacen('@', "%40", 1), entry["version"].as_str().unwrap_or_default())
}

/// npm also allows other texts here ("SEE LICENSE IN …", "UNLICENSED").
fn is_expression(text: &str) -> bool {
    text != "UNLICENSED"
        && !text.starts_with("SEE ")
        && text.chars().all(|c| c.is_ascii_alphanumeric() || ".-+() ".contains(c))
}

/// Subresource integrity to hex.
fn sha512(integrity: &str) -> Option<(&'static str, String)> {
    let encoded = integrity.strip_prefix("sha512-")?;
    Some(("SHA-512", hex::encode(STANDARD.decode(encoded).ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn development_dependencies_are_not_shipped() {
        let lock = include_str!("../../../../forge-app/package-lock.json");
        let (found, direct) = packages(lock).unwrap();
        let names: Vec<&str> = found.iter().map(|part| part.name.as_str()).collect();
        assert!(names.contains(&"@forge/kvs") && !names.contains(&"typescript") && !names.contains(&"@forge/bundler"));
        assert!(direct.iter().any(|purl| purl.starts_with("pkg:npm/%40forge/api@")));
        assert!(found.iter().all(|part| part.hash.as_ref().is_some_and(|(_, digits)| digits.len() == 128)));
    }

    #[test]
    fn resolves_to_the_nearest_package() {
        let lock = r#"{"packages":{"":{"dependencies":{"a":"1"}},
            "node_modules/a":{"version":"1.0.0","dependencies":{"b":"2"}},
            "node_modules/a/node_modules/b":{"version":"2.0.0"},
            "node_modules/b":{"version":"1.0.0","dev":true}}}"#;
        let (found, direct) = packages(lock).unwrap();
        assert_eq!(direct, ["pkg:npm/a@1.0.0"]);
        assert_eq!(found[0].needs, ["pkg:npm/b@2.0.0"]);
        assert_eq!(found.len(), 2);
    }
}
