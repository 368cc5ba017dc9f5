//! docs/stored-data.md, and the texts of the page "stored data", are made of the table of everything that the app stores.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use forge::{KINDS, Lifetime, Personal, Place};
use serde_json::{Value, json};

use crate::support::{TestEnv, call_admin};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn texts(locale: &str) -> Value {
    let file = root().join(format!("forge-app/locales/{locale}.json"));
    serde_json::from_str::<Value>(&std::fs::read_to_string(file).unwrap()).unwrap()["privacy"].take()
}

fn page() -> String {
    let texts = texts("en-US");
    let mut page = String::from(
        "# Stored data\n\nEverything that the Forge app stores in Atlassian's cloud, per installation. Generated from `crates/forge/src/stored.rs` and the texts of the admin page by `UPDATE_GOLDEN=1 cargo nextest run -p forge stored_data`; do not edit.\n\n| Record | Content | Personal data | Ends |\n|---|---|---|---|\n",
    );
    for kind in KINDS {
        let key = match kind.place {
            Place::Key(key) => format!("`{key}`"),
            Place::Prefix(prefix) => format!("`{prefix}…`"),
            Place::Secret(key) => format!("`{key}` (secret store)"),
        };
        let text = |group: &str, name: &str| {
            let text = texts[group][name].as_str();
            text.unwrap_or_else(|| panic!("en-US.json has no privacy.{group}.{name}")).to_owned()
        };
        let ends = match kind.lifetime {
            Lifetime::Seconds(seconds) if seconds >= 172_800 => format!("after {} days", seconds / 86_400),
            Lifetime::Seconds(seconds) if seconds >= 7_200 => format!("after {} hours", seconds / 3_600),
            Lifetime::Seconds(seconds) => format!("after {} minutes", seconds / 60),
            other => text("lifetime", other.code()),
        };
        let (holds, personal) = (text("kind", kind.name), text("personal", kind.personal.code()));
        writeln!(page, "| {key} | {holds} | {personal} | {ends} |").unwrap();
    }
    page.push_str("\nA record that ends by its time may be readable for up to 48 hours longer; the app does not use it and exports it no more. An uninstall deletes all of them, and what Atlassian keeps of an app's storage afterwards is under Atlassian's terms.\n");
    page
}

#[test]
fn page_of_stored_data_is_up_to_date() {
    let file = root().join("docs/stored-data.md");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&file, page()).unwrap();
    }
    assert_eq!(std::fs::read_to_string(file).unwrap_or_default(), page(), "run with UPDATE_GOLDEN=1");
}

#[test]
fn every_kind_has_a_text_in_every_language() {
    for locale in ["en-US", "de-DE"] {
        let texts = texts(locale);
        let listed = texts["kind"].as_object().unwrap();
        assert_eq!(listed.len(), KINDS.len(), "{locale}");
        for kind in KINDS {
            assert!(listed.contains_key(kind.name), "{locale}: privacy.kind.{}", kind.name);
        }
        for personal in [Personal::None, Personal::HelpdeskIds, Personal::Ids, Personal::Content] {
            assert!(texts["personal"][personal.code()].is_string(), "{locale}");
        }
    }
}

/// A key belongs to one kind only, so that what is deleted or exported as one kind is not part of another.
#[test]
fn kinds_do_not_overlap() {
    for kind in KINDS {
        let example = match kind.place {
            Place::Key(key) => key.to_owned(),
            Place::Prefix(prefix) => format!("{prefix}1"),
            Place::Secret(_) => continue,
        };
        assert_eq!(KINDS.iter().filter(|other| other.has(&example)).count(), 1, "{example}");
    }
}

#[test]
fn page_gets_the_table() {
    let stored = call_admin(&TestEnv::new(), "privacy.stored", Value::Null);
    let rows = stored["kinds"].as_array().unwrap();
    assert_eq!(rows.len(), KINDS.len());
    let nonce = rows.iter().find(|row| row["kind"] == "nonce").unwrap();
    assert_eq!(
        *nonce,
        json!({ "kind": "nonce", "key": "nonce:…", "personal": "none", "lifetime": "seconds", "seconds": 420 })
    );
}
