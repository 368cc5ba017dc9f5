//! The envelope where it is opened: the real bundle, over HTTP, with two installations in one warm process.

use envelope::{InstallId, Nonce, Secret, Timestamp, seal};
use serde_json::{Value, json};

use crate::support::{LinkedSite, client};

const OTHER: &str = "ffffffff-8f4a-4c3b-9a57-2f1d7c9e0a11";

#[expect(clippy::disallowed_methods, reason = "a test that signs for a process with a real clock")]
fn now() -> i64 {
    i64::try_from(std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

fn body(install: &str, id: &str) -> String {
    let document = json!({ "type": "doc", "version": 1, "content": [{ "type": "paragraph", "content": [{ "type": "text", "text": "signed by hand" }] }] });
    let article = json!({ "articleId": 1, "internal": true, "createdAt": "t", "document": document, "attachmentCount": 0, "issues": ["0"] });
    json!({ "v": 1, "installId": install, "sidecar": { "version": "1", "instance": "test", "startedAt": "t" }, "poll": { "max": 0 },
        "messages": [{ "id": id, "kind": "article.added", "ticketId": 0, "data": article }], "acks": [] })
    .to_string()
}

struct Signed {
    url: String,
    headers: Vec<(&'static str, String)>,
    body: String,
}

fn signed(env: &LinkedSite, install: &str, stamped: i64, nonce: u8, id: &str) -> Signed {
    let body = body(install, id).replace("\"ticketId\":0", &format!("\"ticketId\":{}", env.ticket));
    let body = body.replace("\"issues\":[\"0\"]", &format!("\"issues\":[\"{}\"]", env.issue));
    sealed(env, install, stamped, nonce, body)
}

fn sealed(env: &LinkedSite, install: &str, stamped: i64, nonce: u8, body: String) -> Signed {
    let secret = Secret::parse(&env.site.settings["FORGE_SHARED_SECRET"]).unwrap();
    let sealed = seal(
        &secret,
        InstallId::parse(install.as_bytes()).unwrap(),
        Timestamp::from_seconds(stamped).unwrap(),
        Nonce::from_random([nonce; 16]),
        &body,
    );
    Signed { url: env.site.settings["FORGE_WEBTRIGGER_URL"].clone(), headers: sealed.to_pairs().into(), body }
}

/// A message as the sidecar would send it.
pub(crate) async fn send(env: &LinkedSite, message: &Value) -> (u16, String) {
    let sidecar = json!({ "version": "1", "instance": "test", "startedAt": "t" });
    let install = &env.site.install_id;
    let body = json!({ "v": 1, "installId": install, "sidecar": sidecar, "poll": { "max": 0 }, "messages": [message],
        "acks": [] });
    post(&sealed(env, install, now(), 77, body.to_string())).await
}

async fn post(signed: &Signed) -> (u16, String) {
    let mut request = client().post(&signed.url).body(signed.body.clone());
    for (name, value) in &signed.headers {
        request = request.header(*name, value);
    }
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

const UNAUTHORIZED: (u16, &str) = (401, r#"{"error":"unauthorized"}"#);

/// E2: any number of identical requests at once: one is accepted, the others are 401, one comment.
#[tokio::test(flavor = "multi_thread")]
async fn e2_identical_requests_at_once() {
    let env = LinkedSite::start().await;
    let install = env.site.install_id.clone();
    let one = signed(&env, &install, now(), 1, "01K5DSVR00000000000000000Z");
    let mut set = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let copy = Signed { url: one.url.clone(), headers: one.headers.clone(), body: one.body.clone() };
        set.spawn(async move { post(&copy).await.0 });
    }
    let statuses = set.join_all().await;
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 401).count(), 99);
    assert_eq!(env.mirrored().len(), 1);
}

/// E4: what is signed for A never touches B, in the same warm process.
#[tokio::test(flavor = "multi_thread")]
async fn e4_a_payload_for_one_installation_never_touches_another() {
    let env = LinkedSite::start().await;
    let emulator = &env.site.emulator;
    let url = emulator.install(OTHER, &env.site.jira.url).await.unwrap();
    let admin = &env.site.sample.engineers[0].account_id;
    emulator.admin(OTHER, admin, "connection.create", Value::Null).await.unwrap();
    let before = emulator.stored(OTHER).await.unwrap();
    let install = env.site.install_id.clone();
    let mut crossed = signed(&env, &install, now(), 2, "01K5DSVR00000000000000000Y");
    crossed.url = url.clone();
    // And re-addressed to B, which breaks the signature.
    let mut readdressed = signed(&env, OTHER, now(), 3, "01K5DSVR00000000000000000X");
    readdressed.url = url;
    for request in [&crossed, &readdressed] {
        let (status, body) = post(request).await;
        assert_eq!((status, body.as_str()), UNAUTHORIZED);
    }
    let mut after = emulator.stored(OTHER).await.unwrap();
    // The refusals are counted, at B, without anything of the payload.
    for key in ["refused:wrong-install", "refused:bad-signature"] {
        assert!(after["values"].to_string().contains(key), "{after}");
    }
    after["values"] = before["values"].clone();
    assert_eq!(after, before);
    assert!(env.mirrored().is_empty());
    // The same process still serves A.
    assert_eq!(post(&signed(&env, &install, now(), 4, "01K5DSVR00000000000000000W")).await.0, 200);
    assert_eq!(env.mirrored().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_other_refusal_is_the_same_401() {
    let env = LinkedSite::start().await;
    let install = env.site.install_id.clone();
    let id = "01K5DSVR00000000000000000V";
    let mut unsigned = signed(&env, &install, now(), 5, id);
    unsigned.headers.retain(|(name, _)| !name.contains("signature"));
    let mut tampered = signed(&env, &install, now(), 6, id);
    tampered.body = tampered.body.replace("signed by hand", "signed by hend");
    let mut doubled = signed(&env, &install, now(), 7, id);
    doubled.headers.push(doubled.headers[4].clone());
    for request in [
        signed(&env, &install, now() - 310, 8, id),
        signed(&env, &install, now() + 90, 9, id),
        unsigned,
        tampered,
        doubled,
    ] {
        let (status, body) = post(&request).await;
        assert_eq!((status, body.as_str()), UNAUTHORIZED);
    }
    let url = env.site.settings["FORGE_WEBTRIGGER_URL"].clone();
    assert_eq!(client().get(url).send().await.unwrap().status(), 405);
    assert!(env.mirrored().is_empty());
}
