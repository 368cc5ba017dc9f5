//! A storm in privacy mode.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::json;

use super::{Day, Pair, live};
use crate::support::{LinkedSite, eventually_async, text_of};

/// The same storm in privacy mode: whatever fails, nothing of a ticket reaches Forge in any form.
#[tokio::test(flavor = "multi_thread")]
async fn a_storm_in_privacy_mode_leaks_nothing() {
    let mut env = LinkedSite::with(|options| {
        let settings =
            [("SWEEP_SECONDS", "2"), ("DRIFT_PER_MINUTE", "6000"), ("ALL_ISSUES_SECONDS", "5"), ("PRIVACY_MODE", "on")];
        options.settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        options.jira = devkit::jira_sim::JiraSim::builder();
    })
    .await;
    let day = Day::of(60, 960);
    let (pairs, said) = live(&mut env, &day, PLANT).await;
    env.settings(|value| value["rules"] = json!([])).await;
    let told =
        |pair: &Pair| env.site.jira.comments(pair.issue).iter().filter(|c| text_of(&c.body).contains("New ")).count();
    let written = said.keys().filter(|text| env.site.zammad.dump().to_string().contains(text.as_str())).count();
    assert!(written > 0);
    eventually_async("notices of articles", || async { pairs.iter().map(told).sum::<usize>() > day.edits / 10 }).await;
    // Content from Jira is accepted: only the direction to Jira is closed.
    let inside = env.site.zammad.dump().to_string();
    assert!(said.keys().filter(|text| inside.contains(text.as_str())).count() > day.edits / 4);

    let captures = env.site.emulator.captures().await.unwrap();
    assert!(captures.len() > 20, "{}", captures.len());
    let mut needles = vec![PLANT.to_owned(), "It does not work".into(), "Ticket of the day".into()];
    needles.extend(env.site.sample.customers.iter().flat_map(|person| [person.login.clone(), person.name.clone()]));
    let forms: Vec<(String, String)> =
        needles.iter().flat_map(|needle| forms(needle).into_iter().map(|form| (needle.clone(), form))).collect();
    for capture in captures {
        let body = STANDARD.decode(capture["bodyBase64"].as_str().unwrap()).unwrap();
        let text = String::from_utf8_lossy(&body).to_lowercase();
        for (needle, form) in &forms {
            assert!(!text.contains(&form.to_lowercase()), "{needle} left as {form}");
        }
    }
}

/// In every title and text of the storm in privacy mode.
const PLANT: &str = "CANARY-7f3a Straße";

/// A text plain, escaped, percent-encoded, and as base64 at its three offsets.
fn forms(text: &str) -> Vec<String> {
    let escaped = text.chars().map(|c| if c.is_ascii() { c.to_string() } else { format!("\\u{:04x}", u32::from(c)) });
    let percent = text.bytes().map(|byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            char::from(byte).to_string()
        } else {
            format!("%{byte:02x}")
        }
    });
    let mut forms = vec![text.to_owned(), escaped.collect(), percent.collect()];
    for before in 0..3 {
        let padded = [vec![b' '; before], text.as_bytes().to_vec()].concat();
        let whole = padded.len() / 3 * 4;
        let skip = if before == 0 { 0 } else { 4 };
        forms.push(STANDARD.encode(&padded)[skip..whole].to_owned());
    }
    forms
}

#[test]
fn leak_search_finds_every_encoding() {
    for before in ["", "x", "xy"] {
        let encoded = STANDARD.encode(format!("{before}{PLANT} and more")).to_lowercase();
        assert!(forms(PLANT).iter().any(|form| encoded.contains(&form.to_lowercase())), "{before:?}");
    }
    assert!(forms("Straße x").iter().any(|form| form == "Stra\\u00dfe x"));
    assert!(forms("a b").iter().any(|form| form == "a%20b"));
}
