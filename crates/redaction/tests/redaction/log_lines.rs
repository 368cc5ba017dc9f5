//! Policy §10: "a property test in CI asserts that secret-redaction holds even when inputs deliberately contain those
//! substrings".

use std::io::Write;
use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use redaction::logs::{JsonLines, UNLISTED};
use redaction::{Sensitive, scrub};
use serde_json::Value;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;

#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Buffer {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

fn logged(log: impl FnOnce()) -> Vec<Value> {
    let buffer = Buffer::default();
    let layer = JsonLines::new(buffer.clone(), || "2026-11-24T08:00:00.000Z".to_owned());
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), log);
    let bytes = buffer.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn listed_fields_print_and_others_do_not() {
    let title = Sensitive::new("Printer on fire".to_owned());
    let lines = logged(|| {
        tracing::info!(ticket_id = 42u64, took_ms = 3i64, pending = true, "article sent");
        tracing::warn!(title = "Printer on fire", ?title, "oops");
        tracing::error!(error = %title, body_length = 9, "failed");
    });
    assert_eq!(lines[0]["ticket_id"], 42);
    assert_eq!(lines[0]["pending"], true);
    assert_eq!((lines[0]["message"].as_str(), lines[0]["level"].as_str()), (Some("article sent"), Some("info")));
    assert_eq!(lines[0]["time"], "2026-11-24T08:00:00.000Z");
    assert_eq!(lines[1]["title"], UNLISTED);
    assert_eq!(lines[2]["error"], "[sensitive]");
    assert_eq!(lines[2]["body_length"], UNLISTED);
}

#[test]
fn what_looks_like_a_secret_is_taken_out_of_listed_fields_too() {
    let cases = [
        (
            "connect to https://user:pass@host.example/x1/abc?token=1 failed",
            "connect to https://host.example/x1/abc?[query] failed",
        ),
        ("no answer for emma.taylor@customer.example.", "no answer for [email]"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer [secret]"),
        ("Authorization: Token token=\"s3cret\"", "Authorization: Token token=\"[secret]\""),
        ("key 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b", "key [secret]"),
        ("install 0b2c6d1e-8f4a-4c3b-9a57-2f1d7c9e0a11", "install 0b2c6d1e-8f4a-4c3b-9a57-2f1d7c9e0a11"),
        ("message 01K5DSVR00000000000000000Z", "message 01K5DSVR00000000000000000Z"),
        ("line\nbreak", "line break"),
    ];
    for (text, want) in cases {
        assert_eq!(scrub(text), want);
    }
    assert!(scrub(&"word ".repeat(200)).chars().count() <= 301);
}

proptest! {
    #[test]
    fn secrets_never_survive(before in "[a-z ]{0,30}", secret in "[0-9a-f]{40,80}", mail in "[a-z]{1,10}@[a-z]{2,10}\\.example", after in "[a-z ]{0,400}") {
        for text in [
            format!("{before} {secret} {after}"), format!("{before} token={secret}{after}"), format!("{before} Bearer {secret} {after}"),
            format!("{before} https://h.example/{secret}/x?y={secret} {after}"), format!("{before} \"{secret}\" {after}"),
            format!("{before} {mail} {secret}"), format!("{after} {mail} {secret}"),
        ] {
            let scrubbed = scrub(&text);
            prop_assert!(!scrubbed.contains(&secret[..20]), "{scrubbed}");
            prop_assert!(!scrubbed.contains(&mail), "{scrubbed}");
            let lines = logged(|| tracing::error!(error = %text, subject = %text, "failed"));
            prop_assert!(!lines[0].to_string().contains(&secret[..20]));
            prop_assert!(!lines[0].to_string().contains(&mail));
        }
    }

    #[test]
    fn any_text_makes_one_line(text in any::<String>()) {
        prop_assert_eq!(logged(|| tracing::info!(reason = %text, "x")).len(), 1);
    }
}
