//! Privacy mode: the raw capture of everything Forge received is searched for everything a ticket holds.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::support::{LinkedSite, eventually, eventually_async};

async fn received(env: &LinkedSite) -> Vec<u8> {
    let captures = env.site.emulator.captures().await.unwrap();
    captures
        .iter()
        .flat_map(|capture| {
            let body = STANDARD.decode(capture["bodyBase64"].as_str().unwrap_or_default()).unwrap();
            [capture["rawHeaders"].to_string().into_bytes(), capture["url"].to_string().into_bytes(), body].concat()
        })
        .collect()
}

fn contains(haystack: &[u8], needle: &str) -> bool {
    haystack.windows(needle.len()).any(|window| window.eq_ignore_ascii_case(needle.as_bytes()))
}

#[tokio::test(flavor = "multi_thread")]
async fn with_privacy_on_no_byte_of_a_ticket_reaches_forge() {
    let env = LinkedSite::with(|options| options.settings.push(("PRIVACY_MODE".into(), "on".into()))).await;
    let attachment = json!([{ "filename": "Okapi-Offerte.pdf", "mime-type": "application/pdf", "data": STANDARD.encode("CANARY-FILE-BYTES") }]);
    let article = json!({ "ticket_id": env.ticket, "subject": "CANARY subject line", "body": "<p>CANARY body of Zebrafink</p>", "content_type": "text/html", "internal": false, "attachments": attachment });
    env.zammad("POST", "ticket_articles", &article).await;
    env.zammad(
        "PUT",
        &format!("tickets/{}", env.ticket),
        &json!({ "title": "CANARY title Nashorn", "state": "closed" }),
    )
    .await;
    eventually("the notice", || env.mirrored().iter().any(|text| text.contains("New public article"))).await;
    eventually_async("the snapshot", || async {
        let stored = env.site.emulator.stored(&env.site.install_id).await.unwrap().to_string();
        stored.contains("\"closed\"")
    })
    .await;

    let bytes = received(&env).await;
    assert!(
        contains(&bytes, "article.added") && contains(&bytes, "ticket.changed"),
        "the search looks at what was sent"
    );
    let ticket = env.site.zammad.ticket(env.ticket).unwrap();
    let mut needles: Vec<String> = ["CANARY", "Zebrafink", "Nashorn", "Okapi", "Offerte"].map(str::to_owned).into();
    needles.push(STANDARD.encode("CANARY-FILE")[..12].to_owned());
    for word in ticket.title.split_whitespace().filter(|word| word.len() > 4) {
        needles.push(word.to_owned());
    }
    for person in env.site.sample.customers.iter().chain(&env.site.sample.agents) {
        needles.push(person.login.clone());
        needles.extend(person.name.split(' ').map(str::to_owned));
    }
    for article in env.site.zammad.articles(env.ticket) {
        needles.extend(
            article.body.split(['<', '>', '.', ',']).map(str::trim).filter(|text| text.len() > 12).map(str::to_owned),
        );
    }
    for needle in needles {
        assert!(!contains(&bytes, &needle), "{needle:?} reached Forge");
    }
    let stored = env.site.emulator.stored(&env.site.install_id).await.unwrap().to_string();
    assert!(!stored.contains("CANARY") && !env.log().contains("CANARY"));
    assert!(contains(&bytes, "\"privacyMode\":true"));
}

/// The search itself: with privacy off the same content is found, so finding nothing above means something.
#[tokio::test(flavor = "multi_thread")]
async fn with_privacy_off_content_arrives_but_never_addresses_or_secrets() {
    let env = LinkedSite::start().await;
    env.zammad("POST", "ticket_articles", &json!({ "ticket_id": env.ticket, "body": "CANARY body", "internal": true }))
        .await;
    eventually("the comment", || env.mirrored().len() == 1).await;
    let bytes = received(&env).await;
    assert!(contains(&bytes, "CANARY body"));
    for person in &env.site.sample.customers {
        assert!(!contains(&bytes, &person.login), "{} reached Forge", person.login);
    }
    for secret in ["FORGE_SHARED_SECRET", "ZAMMAD_API_TOKEN", "ZAMMAD_WEBHOOK_TOKEN"] {
        assert!(!contains(&bytes, &env.site.settings[secret]), "{secret} reached Forge");
        assert!(!env.log().contains(&env.site.settings[secret]), "{secret} is in the log");
    }
    // Nothing of a ticket is on the disk once Forge has it: the outbox is wiped, the inbox never had it.
    eventually_async("an empty outbox", || async { env.readiness().await.1["queue"]["outbox"] == 0 }).await;
    assert!(!env.log().contains("CANARY"));
    let _: Value = json!(null);
}

/// Switched on while messages wait: what was cleared to leave under the old mode does not leave under the new one.
#[tokio::test(flavor = "multi_thread")]
async fn switching_privacy_on_applies_to_queued_messages() {
    let mut env = LinkedSite::start().await;
    env.site.emulator.fault(json!({ "target": "webtrigger", "mode": "down" })).await.unwrap();
    env.zammad(
        "POST",
        "ticket_articles",
        &json!({ "ticket_id": env.ticket, "body": "CANARY body of the old days", "internal": true }),
    )
    .await;
    eventually_async("the outbox", || async { env.readiness().await.1["queue"]["outbox"].as_u64() >= Some(1) }).await;
    env.kill().await;
    env.site.settings.insert("PRIVACY_MODE".into(), "on".into());
    let captures = env.site.emulator.captures().await.unwrap().len();
    env.site.emulator.fault(json!({ "target": "webtrigger", "mode": "none" })).await.unwrap();
    env.restart().await;
    eventually("the notice", || env.mirrored().len() == 1).await;
    assert!(env.mirrored()[0].contains("New internal article"));
    let later = env.site.emulator.captures().await.unwrap().split_off(captures);
    assert!(!later.is_empty());
    for capture in later {
        let body = STANDARD.decode(capture["bodyBase64"].as_str().unwrap()).unwrap();
        assert!(!contains(&body, "CANARY"));
    }
}
