//! The raw webhooks of both versions, and what comes of tampering with them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use redaction::Sensitive;
use serde_json::Value;
use zammad::webhook::{self, WebhookError};

use crate::{VERSIONS, files};

struct Raw {
    name: String,
    token: Option<Sensitive<String>>,
    signatures: Vec<Vec<u8>>,
    body: Vec<u8>,
}

impl Raw {
    fn verify<'a>(&self, body: &'a [u8]) -> Result<webhook::Verified<'a>, WebhookError> {
        let signatures: Vec<&[u8]> = self.signatures.iter().map(Vec::as_slice).collect();
        webhook::verify(self.token.as_ref().unwrap(), &signatures, body)
    }
}

fn recorded() -> Vec<Raw> {
    let files = VERSIONS.into_iter().flat_map(|version| files(&format!("webhooks/{version}")));
    let raw = files.map(|(name, file)| {
        let headers = file["headers"].as_array().unwrap().iter();
        let signatures = headers.filter(|header| header[0].as_str().unwrap().eq_ignore_ascii_case("x-hub-signature"));
        Raw {
            name,
            token: file["signature_token"].as_str().map(|token| Sensitive::new(token.to_owned())),
            signatures: signatures.map(|header| header[1].as_str().unwrap().as_bytes().to_vec()).collect(),
            body: STANDARD.decode(file["body_base64"].as_str().unwrap()).unwrap(),
        }
    });
    raw.collect()
}

fn signed() -> Vec<Raw> {
    recorded().into_iter().filter(|raw| raw.token.is_some()).collect()
}

#[test]
fn every_recorded_webhook_verifies_and_names_its_ticket() {
    let all = recorded();
    assert_eq!(all.len(), 40);
    let mut with_article = 0;
    for raw in &all {
        let json: Value = serde_json::from_slice(&raw.body).unwrap();
        if raw.token.is_none() {
            assert!(raw.signatures.is_empty(), "{}: sent without a token", raw.name);
            let other = Sensitive::new("t".to_owned());
            assert_eq!(webhook::verify(&other, &[], &raw.body).unwrap_err(), WebhookError::Unsigned);
            continue;
        }
        let event = raw.verify(&raw.body).expect(&raw.name).parse().expect(&raw.name);
        assert_eq!(Some(event.ticket_id), json["ticket"]["id"].as_u64(), "{}", raw.name);
        assert_eq!(event.article_id, json["article"]["id"].as_u64(), "{}", raw.name);
        with_article += usize::from(event.article_id.is_some());
    }
    assert!(with_article >= 10 && with_article < all.len(), "both kinds are among them");
}

#[test]
fn w1_any_flipped_byte_fails() {
    let all = signed();
    // Each byte of one webhook a version, and of all others some.
    for (position, raw) in all.iter().enumerate() {
        let step = if position % (all.len() / 2) == 0 { 1 } else { 97 };
        let mut body = raw.body.clone();
        for at in (0..body.len()).step_by(step) {
            body[at] ^= 1 << (at % 8);
            assert_eq!(raw.verify(&body).unwrap_err(), WebhookError::WrongSignature, "{} byte {at}", raw.name);
            body[at] = raw.body[at];
        }
        body.push(b' ');
        assert_eq!(raw.verify(&body).unwrap_err(), WebhookError::WrongSignature);
        assert_eq!(raw.verify(&raw.body[..raw.body.len() - 1]).unwrap_err(), WebhookError::WrongSignature);
    }
}

#[test]
fn w1_any_other_signature_fails() {
    let mut raw = signed().remove(0);
    let good = raw.signatures[0].clone();
    for at in 0..good.len() {
        for byte in 0..=u8::MAX {
            raw.signatures[0][at] = byte;
            assert_eq!(raw.verify(&raw.body).is_ok(), byte == good[at], "byte {at} as {byte}");
        }
        raw.signatures[0] = good.clone();
    }
}

#[test]
fn w1_wrong_token_empty_body_and_no_signature_fail() {
    let raw = signed().remove(0);
    let signature = raw.signatures[0].as_slice();
    let verify =
        |token: &str, body| webhook::verify(&Sensitive::new(token.to_owned()), &[signature], body).unwrap_err();
    assert_eq!(verify("another", &raw.body), WebhookError::WrongSignature);
    assert_eq!(verify("", &raw.body), WebhookError::NoToken);
    assert_eq!(verify("another", b""), WebhookError::Empty);
    let token = raw.token.as_ref().unwrap();
    assert_eq!(webhook::verify(token, &[], &raw.body).unwrap_err(), WebhookError::Unsigned);
    // HMAC-SHA1 of nothing with an empty key: a signature that anybody can make.
    let of_nothing: &[u8] = b"sha1=fbdb1d1b18aa6c08324b7d64b71fb76370690e1d";
    assert_eq!(webhook::verify(&Sensitive::default(), &[of_nothing], b"").unwrap_err(), WebhookError::Empty);
}

#[test]
fn w2_one_strict_form() {
    let raw = signed().remove(0);
    let good = String::from_utf8(raw.signatures[0].clone()).unwrap();
    let digits = good.strip_prefix("sha1=").unwrap();
    let verify = |values: &[&[u8]]| webhook::verify(raw.token.as_ref().unwrap(), values, &raw.body).err();
    assert_eq!(verify(&[good.as_bytes()]), None);
    for odd in [
        format!("SHA1={digits}"),
        format!("sha256={digits}"),
        format!("sha1={}", digits.to_uppercase()),
        format!("sha1={digits}, sha1={digits}"),
        format!("{good},"),
        format!(" {good}"),
        format!("{good} "),
        format!("{good}\n"),
        format!("{good}\0"),
        format!("sha1=0x{digits}"),
        format!("sha1=={digits}"),
        format!("sha1={}", &digits[1..]),
        format!("{good}0"),
        format!("{good}00"),
        format!("sha1={digits}{digits}"),
        digits.to_owned(),
        "sha1=".to_owned(),
        String::new(),
    ] {
        assert_eq!(verify(&[odd.as_bytes()]), Some(WebhookError::Malformed), "{odd:?}");
    }
    let (good, bad) = (good.as_bytes(), b"sha1=0000000000000000000000000000000000000000".as_slice());
    for pair in [[good, good], [good, bad], [bad, good]] {
        assert_eq!(verify(&pair), Some(WebhookError::Repeated));
    }
}

#[test]
fn the_contracts_vector_passes() {
    let token = Sensitive::new("s3cr3t-t0k3n".to_owned());
    let body = br#"{"ticket":{},"article":{}}"#;
    let signature = b"sha1=caf67549118642f811ed9ad5fe708d35bdc4cc3c".as_slice();
    let verified = webhook::verify(&token, &[signature], body).unwrap();
    assert_eq!(verified.parse(), Err(WebhookError::NotAnEvent("no ticket id")));
    assert_eq!(format!("{verified:?}"), "Verified(26 bytes)");
}
