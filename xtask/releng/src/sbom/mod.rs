//! Bills of materials in CycloneDX 1.6 (<https://cyclonedx.org/docs/1.6/json/>): one for each binary, one for the Forge
//! bundle. The same inputs give the same bytes: the serial number is made of the content, the time is the commit's.

mod npm;
mod rust;

pub(crate) use npm::packages as npm_packages;
pub(crate) use rust::{Crate, crates};

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::digest;
use crate::source::Source;

/// A third-party component that is shipped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Component {
    pub(crate) name: String,
    pub(crate) version: String,
    /// Package URL; also the identifier in the bill.
    pub(crate) purl: String,
    /// SPDX expression, where one is known.
    pub(crate) licence: Option<String>,
    /// Algorithm and hex digits.
    pub(crate) hash: Option<(&'static str, String)>,
    /// Package URLs of its dependencies.
    pub(crate) needs: Vec<String>,
}

/// The subject of a bill.
pub(crate) struct Subject<'a> {
    /// `application` for the binary and for the bundle.
    pub(crate) name: &'a str,
    /// SHA-256 of its bytes, 64 hex digits.
    pub(crate) sha256: &'a str,
    /// Package URLs of its direct dependencies.
    pub(crate) needs: Vec<String>,
}

/// The bill's JSON.
pub(crate) fn bill(source: &Source, subject: &Subject<'_>, components: &[Component]) -> Result<Vec<u8>> {
    let by_purl: BTreeMap<&str, &Component> = components.iter().map(|part| (part.purl.as_str(), part)).collect();
    let own = format!("pkg:generic/{}@{}", subject.name, source.version);
    let mut dependencies = vec![json!({ "ref": own, "dependsOn": sorted(&subject.needs) })];
    dependencies.extend(by_purl.values().map(|part| json!({ "ref": part.purl, "dependsOn": sorted(&part.needs) })));
    let mut bill = json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "timestamp": source.date()?,
            "component": {
                "type": "application",
                "bom-ref": own,
                "name": subject.name,
                "version": source.version,
                "purl": own,
                "hashes": [{ "alg": "SHA-256", "content": subject.sha256 }],
            },
            "tools": { "components": [{ "type": "application", "name": "cargo xtask kit", "version": source.version }] },
            "properties": [{ "name": "chefstackz:commit", "value": source.commit }],
        },
        "components": by_purl.values().map(|part| component(part)).collect::<Vec<_>>(),
        "dependencies": dependencies,
    });
    bill["serialNumber"] = json!(format!("urn:uuid:{}", uuid_of(&serde_json::to_vec(&bill)?)));
    let mut bytes = serde_json::to_vec_pretty(&bill).context("JSON of the bill of materials")?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// The subject's digest and the number of components, for [`crate::verify`].
pub(crate) fn read(bytes: &[u8]) -> Result<(String, usize)> {
    let bill: Value = serde_json::from_slice(bytes).context("the bill of materials is not valid JSON")?;
    anyhow::ensure!(
        bill["bomFormat"] == "CycloneDX" && bill["specVersion"] == "1.6",
        "the bill of materials is not CycloneDX 1.6"
    );
    let digest = bill["metadata"]["component"]["hashes"][0]["content"].as_str().context("the bill names no digest")?;
    let components = bill["components"].as_array().context("the bill has no components")?;
    Ok((digest.to_owned(), components.len()))
}

fn sorted(purls: &[String]) -> Vec<&String> {
    let mut purls: Vec<&String> = purls.iter().collect();
    purls.sort();
    purls.dedup();
    purls
}

fn component(part: &Component) -> Value {
    let mut value = json!({
        "type": "library", "bom-ref": part.purl, "name": part.name, "version": part.version, "purl": part.purl,
    });
    if let Some(licence) = &part.licence {
        value["licenses"] = json!([{ "expression": licence }]);
    }
    if let Some((algorithm, digits)) = &part.hash {
        value["hashes"] = json!([{ "alg": algorithm, "content": digits }]);
    }
    value
}

/// A UUID of version 8 (RFC 9562) made of the content's digest.
fn uuid_of(bytes: &[u8]) -> String {
    let hex = digest::sha256(bytes);
    format!("{}-{}-8{}-8{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..32])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::tests::source;

    fn part(name: &str) -> Component {
        Component {
            name: name.into(),
            version: "1.0.0".into(),
            purl: format!("pkg:cargo/{name}@1.0.0"),
            licence: Some("MIT OR Apache-2.0".into()),
            hash: Some(("SHA-256", "a".repeat(64))),
            needs: vec![],
        }
    }

    #[test]
    fn the_order_of_components_does_not_matter() {
        let digest = "b".repeat(64);
        let subject = Subject { name: "connector", sha256: &digest, needs: vec![part("b").purl, part("a").purl] };
        let one = bill(&source(), &subject, &[part("a"), part("b")]).unwrap();
        let two = bill(&source(), &subject, &[part("b"), part("a"), part("a")]).unwrap();
        assert_eq!(String::from_utf8(one.clone()), String::from_utf8(two));
        assert_eq!(read(&one).unwrap(), (digest, 2));
    }

    #[test]
    fn the_serial_number_depends_on_the_content() {
        let serial = |name: &str| {
            let subject = Subject { name, sha256: "c", needs: vec![] };
            let value: Value = serde_json::from_slice(&bill(&source(), &subject, &[]).unwrap()).unwrap();
            value["serialNumber"].as_str().unwrap().to_owned()
        };
        assert_eq!(serial("a"), serial("a"));
        assert_ne!(serial("a"), serial("b"));
        let serial = serial("a");
        let uuid = serial.strip_prefix("urn:uuid:").unwrap();
        assert_eq!(uuid.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
        assert!(read(b"{}").is_err());
    }
}
