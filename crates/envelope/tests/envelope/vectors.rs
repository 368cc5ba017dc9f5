//! `tests/vectors.json` is the published file, byte for byte; the Forge bundle runs the same one.

use envelope::{
    InstallId, KeyRing, MAX_AGE_SECONDS, MAX_AHEAD_SECONDS, NONCE_TTL_SECONDS, Nonce, Refusal, ReplyContext, Secret,
    Timestamp, seal,
};
use serde::Deserialize;

use crate::{Nonces, open};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Vectors {
    limits: Limits,
    request: Vec<Request>,
    key_id: Vec<KeyIdVector>,
    response: Response,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Limits {
    max_age_seconds: i64,
    max_ahead_seconds: i64,
    nonce_ttl_seconds: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    name: String,
    keys: Vec<String>,
    install_id: String,
    now: i64,
    seen_nonces: Vec<String>,
    headers: Headers,
    body_utf8: String,
    expect: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Headers {
    install_id: String,
    timestamp: String,
    nonce: String,
    signature: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct KeyIdVector {
    key: String,
    key_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Response {
    key: String,
    install_id: String,
    timestamp: String,
    request_nonce: String,
    body_utf8: String,
    signature: String,
}

fn vectors() -> Vectors {
    serde_json::from_str(include_str!("../vectors.json")).unwrap()
}

fn secret(hex_digits: &str) -> Secret {
    Secret::from_random(hex::decode(hex_digits).unwrap()).unwrap()
}

#[test]
fn every_request_vector() {
    let vectors = vectors();
    assert_eq!(vectors.limits.max_age_seconds, MAX_AGE_SECONDS);
    assert_eq!(vectors.limits.max_ahead_seconds, MAX_AHEAD_SECONDS);
    assert_eq!(vectors.limits.nonce_ttl_seconds, NONCE_TTL_SECONDS);
    assert!(vectors.request.len() >= 33);
    for vector in vectors.request {
        let ring = KeyRing::new(secret(&vector.keys[0]), vector.keys.get(1).map(|key| secret(key)));
        let nonces = Nonces::at(vector.now);
        nonces.claimed.borrow_mut().extend(vector.seen_nonces.iter().map(|nonce| (nonce.clone(), vector.now + 360)));
        let headers = vec![
            ("X-Connector-Install-Id".to_owned(), vector.headers.install_id.clone()),
            ("x-connector-timestamp".to_owned(), vector.headers.timestamp.clone()),
            ("X-CONNECTOR-NONCE".to_owned(), vector.headers.nonce.clone()),
            ("X-Connector-Signature".to_owned(), vector.headers.signature.clone()),
        ];
        let wire = (headers, vector.body_utf8.clone().into_bytes());
        // A verifier whose own id is of no legal form cannot exist; those vectors are about the received id.
        let install = InstallId::parse(vector.install_id.as_bytes())
            .unwrap_or_else(|_| InstallId::parse(b"00000000-0000-4000-8000-000000000000").unwrap());
        let got = match open(&ring, &wire, &install, vector.now, &nonces) {
            Ok(body) => {
                assert_eq!(body, vector.body_utf8, "{}", vector.name);
                "ok".to_owned()
            }
            Err(refusal) => refusal.to_string(),
        };
        assert_eq!(got, vector.expect, "{}", vector.name);
    }
}

#[test]
fn the_valid_vectors_are_what_we_would_send() {
    let mut made = 0;
    for vector in vectors().request.into_iter().filter(|vector| vector.expect == "ok" && vector.keys.len() == 1) {
        let headers = seal(
            &secret(&vector.keys[0]),
            InstallId::parse(vector.headers.install_id.as_bytes()).unwrap(),
            Timestamp::parse(vector.headers.timestamp.as_bytes()).unwrap(),
            Nonce::parse(vector.headers.nonce.as_bytes()).unwrap(),
            &vector.body_utf8,
        );
        let signature = headers.to_pairs().into_iter().find(|(name, _)| *name == "x-connector-signature").unwrap().1;
        assert_eq!(signature, vector.headers.signature, "{}", vector.name);
        made += 1;
    }
    assert!(made >= 5, "only {made} vectors compared");
}

#[test]
fn key_ids() {
    for vector in vectors().key_id {
        assert_eq!(secret(&vector.key).key_id().as_str(), vector.key_id);
    }
}

#[test]
fn the_reply_vector_both_ways_and_never_as_a_request() {
    let vector = vectors().response;
    let (key, install) = (secret(&vector.key), InstallId::parse(vector.install_id.as_bytes()).unwrap());
    let nonce = Nonce::parse(vector.request_nonce.as_bytes()).unwrap();
    let timestamp = Timestamp::parse(vector.timestamp.as_bytes()).unwrap();
    let reply = ReplyContext { install: &install, nonce: &nonce, secret: &key };

    let pairs = reply.seal(timestamp, &vector.body_utf8).to_pairs();
    assert_eq!(pairs[1].1, vector.signature);
    let headers = || pairs.iter().map(|(name, value)| (*name, value.as_bytes()));
    let opened = reply.open(headers(), vector.body_utf8.as_bytes()).unwrap();
    assert_eq!((opened.body(), opened.seconds()), (vector.body_utf8.as_str(), 1_790_000_001));

    let other_nonce = Nonce::from_random([9; 16]);
    let other = ReplyContext { nonce: &other_nonce, ..reply };
    assert_eq!(other.open(headers(), vector.body_utf8.as_bytes()).unwrap_err(), Refusal::BadSignature);
    assert_eq!(reply.open(headers(), b"{}").unwrap_err(), Refusal::BadSignature);
    assert_eq!(reply.open(headers().take(1), vector.body_utf8.as_bytes()).unwrap_err(), Refusal::Malformed);
    assert_eq!(reply.open(headers().chain(headers()), vector.body_utf8.as_bytes()).unwrap_err(), Refusal::Malformed);

    // The request's own signature, reflected as a reply, does not fit: replies have a key of their own.
    let request = seal(&key, install, timestamp, nonce, &vector.body_utf8).to_pairs();
    let reflected = request.iter().map(|(name, value)| (*name, value.as_bytes()));
    assert_eq!(reply.open(reflected, vector.body_utf8.as_bytes()).unwrap_err(), Refusal::BadSignature);
}
