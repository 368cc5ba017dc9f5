//! Properties of every envelope, not only of the published ones. Names follow docs/testing.md §1.

use envelope::{InstallId, KeyRing, Nonce, Refusal, Secret, Timestamp, seal};
use proptest::prelude::*;

use crate::{Nonces, Wire, open};

const NOW: i64 = 1_790_000_000;
const INSTALL: &str = "0b2c6d1e-8f4a-4c3b-9a57-2f1d7c9e0a11";

fn install() -> InstallId {
    InstallId::parse(INSTALL.as_bytes()).unwrap()
}

fn secret(seed: u8) -> Secret {
    Secret::from_random((0..32).map(|at| seed.wrapping_add(at)).collect()).unwrap()
}

fn wire(secret: &Secret, stamped: i64, nonce: u8, body: &str) -> Wire {
    let timestamp = Timestamp::from_seconds(stamped).unwrap();
    let headers = seal(secret, install(), timestamp, Nonce::from_random([nonce; 16]), body);
    (headers.to_pairs().into_iter().map(|(name, value)| (name.to_owned(), value)).collect(), body.as_bytes().to_vec())
}

fn with(mut wire: Wire, header: &str, value: &str) -> Wire {
    wire.0.iter_mut().find(|(name, _)| name == header).unwrap().1 = value.to_owned();
    wire
}

fn judge(ring: &KeyRing, wire: &Wire) -> Result<String, Refusal> {
    open(ring, wire, &install(), NOW, &Nonces::at(NOW))
}

proptest! {
    #[test]
    fn what_is_sealed_opens_once(body in any::<String>(), seed in any::<u8>(), nonce in any::<u8>(), age in -60i64..=300) {
        let ring = KeyRing::new(secret(seed), None);
        let wire = wire(&secret(seed), NOW - age, nonce, &body);
        let nonces = Nonces::at(NOW);
        prop_assert_eq!(open(&ring, &wire, &install(), NOW, &nonces), Ok(body));
        prop_assert_eq!(open(&ring, &wire, &install(), NOW, &nonces), Err(Refusal::Replayed));
    }

    /// E1, E5, E6, E9: whatever bit of whatever field is flipped, it is refused.
    #[test]
    fn any_flipped_bit_is_refused(body in ".{1,200}", field in 0usize..5, at in any::<prop::sample::Index>(), bit in 0u8..8) {
        let ring = KeyRing::new(secret(1), None);
        let (mut headers, mut bytes) = wire(&secret(1), NOW, 1, &body);
        let names = ["x-connector-install-id", "x-connector-timestamp", "x-connector-nonce", "x-connector-signature"];
        let flip = |bytes: &mut [u8]| bytes[at.index(bytes.len())] ^= 1 << bit;
        if field == 4 {
            flip(&mut bytes);
        } else {
            let value = &mut headers.iter_mut().find(|(name, _)| name == names[field]).unwrap().1;
            let mut raw = value.clone().into_bytes();
            flip(&mut raw);
            // A header value that is not text never reaches us as one; HTTP stacks hand it over lossily at best.
            *value = String::from_utf8_lossy(&raw).into_owned();
        }
        prop_assert!(judge(&ring, &(headers, bytes)).is_err());
    }

    /// Insertion, deletion or substitution of a byte anywhere in a header.
    #[test]
    fn any_edited_header_is_refused(field in 0usize..4, at in any::<prop::sample::Index>(), edit in 0u8..3, byte in 32u8..127) {
        let ring = KeyRing::new(secret(1), None);
        let (mut headers, bytes) = wire(&secret(1), NOW, 1, "{}");
        let names = ["x-connector-install-id", "x-connector-timestamp", "x-connector-nonce", "x-connector-signature"];
        let value = &mut headers.iter_mut().find(|(name, _)| name == names[field]).unwrap().1;
        let at = at.index(value.len());
        let before = value.clone();
        match edit {
            0 => value.insert(at, char::from(byte)),
            1 => { value.remove(at); }
            _ => value.replace_range(at..=at, &char::from(byte).to_string()),
        }
        prop_assume!(*value != before);
        prop_assert!(judge(&ring, &(headers, bytes)).is_err());
    }

    /// The first failing check wins, in the order of docs/protocol.md §1, whatever else is wrong behind it.
    #[test]
    fn order_of_checks(form in any::<bool>(), other in any::<bool>(), age in -200i64..500, key in any::<bool>(), seen in any::<bool>()) {
        let ring = KeyRing::new(secret(1), None);
        let mut wire = wire(&secret(if key { 1 } else { 2 }), NOW - age, 1, "{}");
        if !form {
            wire = with(wire, "x-connector-nonce", "short");
        }
        let asked = if other { InstallId::parse(b"ffffffff-8f4a-4c3b-9a57-2f1d7c9e0a11").unwrap() } else { install() };
        let nonces = Nonces::at(NOW);
        if seen {
            nonces.claimed.borrow_mut().insert("01".repeat(16), NOW + 360);
        }
        let want = if !form { Err(Refusal::Malformed) }
            else if other { Err(Refusal::WrongInstall) }
            else if age > 300 { Err(Refusal::Stale) }
            else if age < -60 { Err(Refusal::Future) }
            else if !key { Err(Refusal::BadSignature) }
            else if seen { Err(Refusal::Replayed) }
            else { Ok("{}".to_owned()) };
        let claimed = nonces.claimed.borrow().len();
        prop_assert_eq!(open(&ring, &wire, &asked, NOW, &nonces), want.clone());
        // Only a message that passed everything leaves a trace.
        prop_assert_eq!(nonces.claimed.borrow().len() - claimed, usize::from(want.is_ok()));
    }

    /// E8 and E1: no text but the exact forms parses, and nothing panics.
    #[test]
    fn arbitrary_fields_never_panic(install in any::<Vec<u8>>(), timestamp in "\\PC{0,12}", nonce in "\\PC{0,40}", signature in "(v1=)?[0-9a-fA-F]{0,70}", body in any::<Vec<u8>>()) {
        let headers = vec![
            ("x-connector-install-id".to_owned(), String::from_utf8_lossy(&install).into_owned()),
            ("x-connector-timestamp".to_owned(), timestamp),
            ("x-connector-nonce".to_owned(), nonce),
            ("x-connector-signature".to_owned(), signature),
        ];
        prop_assert_eq!(judge(&KeyRing::new(secret(1), None), &(headers, body)), Err(Refusal::Malformed));
    }
}

/// E3: stamped as far ahead as is accepted, replayed every second until long after it left the window.
#[test]
fn e3_no_second_in_which_a_replay_passes() {
    for ahead in [0, 1, 59, 60, 299] {
        let ring = KeyRing::new(secret(1), None);
        let wire = wire(&secret(1), NOW + ahead, 1, "{}");
        let nonces = Nonces::at(NOW);
        let mut accepted = 0;
        for second in 0..=700 {
            *nonces.now.borrow_mut() = NOW + second;
            accepted += u32::from(open(&ring, &wire, &install(), NOW + second, &nonces).is_ok());
        }
        // One stamped 299 s ahead becomes acceptable later, but it too is accepted exactly once.
        assert_eq!(accepted, 1, "stamped {ahead} s ahead");
    }
}

/// E4: also when two installations share a key by mistake.
#[test]
fn e4_another_installations_envelope_is_refused_even_with_the_same_key() {
    let elsewhere = InstallId::parse(b"ffffffff-8f4a-4c3b-9a57-2f1d7c9e0a11").unwrap();
    let wire = wire(&secret(1), NOW, 1, "{}");
    let got = open(&KeyRing::new(secret(1), None), &wire, &elsewhere, NOW, &Nonces::at(NOW));
    assert_eq!(got, Err(Refusal::WrongInstall));
    // And re-addressing it breaks the signature.
    let readdressed = with(wire, "x-connector-install-id", elsewhere.as_str());
    let got = open(&KeyRing::new(secret(1), None), &readdressed, &elsewhere, NOW, &Nonces::at(NOW));
    assert_eq!(got, Err(Refusal::BadSignature));
}

#[test]
fn e1_bytes_moved_across_the_separator_are_refused_by_form() {
    let ring = KeyRing::new(secret(1), None);
    let (install, stamp) = (format!("{INSTALL}|1"), "790000000".to_owned());
    let moved =
        with(with(wire(&secret(1), NOW, 1, "{}"), "x-connector-install-id", &install), "x-connector-timestamp", &stamp);
    assert_eq!(judge(&ring, &moved), Err(Refusal::Malformed));
}

#[test]
fn e5_e6_signatures_of_any_other_form_or_length() {
    let ring = KeyRing::new(secret(1), None);
    let good = wire(&secret(1), NOW, 1, "{}");
    let tag = good.0.iter().find(|(name, _)| name == "x-connector-signature").unwrap().1.clone();
    let digits = tag.strip_prefix("v1=").unwrap().to_owned();
    let mut forms = vec![
        tag.to_uppercase(),
        format!("v1={}", digits.to_uppercase()),
        format!("v1=0x{digits}"),
        digits.clone(),
        format!("v2={digits}"),
        format!("{tag} "),
        format!(" {tag}"),
        format!("{tag}\0"),
        format!("{tag}\n"),
        format!("{tag}{digits}"),
        format!("{tag},v1={digits}"),
        format!("{tag} v1={digits}"),
        String::new(),
        "v1=".to_owned(),
    ];
    forms.extend((0..digits.len()).map(|length| format!("v1={}", &digits[..length])));
    for form in forms {
        assert_eq!(
            judge(&ring, &with(good.clone(), "x-connector-signature", &form)),
            Err(Refusal::Malformed),
            "{form:?}"
        );
    }
    let zeros = with(good.clone(), "x-connector-signature", &format!("v1={}", "0".repeat(64)));
    assert_eq!(judge(&ring, &zeros), Err(Refusal::BadSignature));
    assert!(judge(&ring, &good).is_ok());
}

#[test]
fn e7_a_repeated_header_is_malformed_in_every_order() {
    let ring = KeyRing::new(secret(1), None);
    for name in ["x-connector-install-id", "x-connector-timestamp", "x-connector-nonce", "x-connector-signature"] {
        let good = wire(&secret(1), NOW, 1, "{}");
        let value = good.0.iter().find(|(header, _)| header == name).unwrap().1.clone();
        let mut twice = good.clone();
        twice.0.push((name.to_uppercase(), value.clone()));
        let mut bad_first = good.clone();
        bad_first.0.insert(0, (name.to_owned(), "x".to_owned()));
        let mut bad_last = good.clone();
        bad_last.0.push((name.to_owned(), "x".to_owned()));
        let joined = with(good.clone(), name, &format!("{value}, {value}"));
        let mut missing = good.clone();
        missing.0.retain(|(header, _)| header != name);
        for wire in [twice, bad_first, bad_last, joined, missing] {
            assert_eq!(judge(&ring, &wire), Err(Refusal::Malformed), "{name}");
        }
    }
}

#[test]
fn e8_timestamps() {
    let ring = KeyRing::new(secret(1), None);
    for stamp in [
        "+1790000000",
        "01790000000",
        "1790000000.0",
        "1e9",
        "1790000000000",
        "-1790000000",
        "-9223372036854775808",
        "9223372036854775808",
        "１７９０００００００",
        "179000000",
        "0790000000",
        " 1790000000",
        "",
    ] {
        assert_eq!(
            judge(&ring, &with(wire(&secret(1), NOW, 1, "{}"), "x-connector-timestamp", stamp)),
            Err(Refusal::Malformed),
            "{stamp}"
        );
    }
    // The extremes of the verifier's own clock do not overflow (debug builds would panic).
    for now in [i64::MIN, -1, 0, i64::MAX] {
        assert!(open(&ring, &wire(&secret(1), NOW, 1, "{}"), &install(), now, &Nonces::at(0)).is_err());
    }
    assert!(Timestamp::from_seconds(999_999_999).is_err() && Timestamp::from_seconds(10_000_000_000).is_err());
}

#[test]
fn e9_the_same_text_in_other_bytes_is_refused() {
    let ring = KeyRing::new(secret(1), None);
    let good = wire(&secret(1), NOW, 1, r#"{"a":"\u001b","b":1}"#);
    let others: [&[u8]; 6] = [
        br#"{"a":"\u001B","b":1}"#,
        br#"{"b":1,"a":"\u001b"}"#,
        br#"{ "a":"\u001b","b":1}"#,
        b"\xef\xbb\xbf{\"a\":\"\\u001b\",\"b\":1}",
        b"\xff\xfe{\0",
        b"\x1f\x8b\x08\0",
    ];
    for body in others {
        assert!(judge(&ring, &(good.0.clone(), body.to_vec())).is_err());
    }
}

#[test]
fn e10_a_full_nonce_memory_refuses_and_forgets_nobody() {
    let ring = KeyRing::new(secret(1), None);
    let nonces = Nonces { capacity: 100, ..Nonces::at(NOW) };
    for nonce in 0..100 {
        assert!(open(&ring, &wire(&secret(1), NOW, nonce, "{}"), &install(), NOW, &nonces).is_ok());
    }
    for nonce in 100..200 {
        let got = open(&ring, &wire(&secret(1), NOW, nonce, "{}"), &install(), NOW, &nonces);
        assert_eq!(got, Err(Refusal::NonceStoreUnavailable));
    }
    for nonce in 0..100 {
        let got = open(&ring, &wire(&secret(1), NOW, nonce, "{}"), &install(), NOW, &nonces);
        assert_eq!(got, Err(Refusal::Replayed));
    }
}

/// E11: either side may rotate first; a retired key is dead at once.
#[test]
fn e11_rotation_in_either_order() {
    let (old, new) = (secret(1), secret(2));
    let before = KeyRing::new(old.clone(), None);
    let during = KeyRing::new(old.clone(), Some(new.clone()));
    let after = KeyRing::new(new.clone(), None);
    let signed = |secret: &Secret, ring: &KeyRing| judge(ring, &wire(secret, NOW, 1, "{}")).is_ok();
    assert_eq!((signed(&old, &before), signed(&new, &before)), (true, false));
    assert_eq!((signed(&old, &during), signed(&new, &during)), (true, true));
    assert_eq!((signed(&old, &after), signed(&new, &after)), (false, true));
    assert_eq!(during.live().map(|key| key.key_id()).collect::<Vec<_>>(), [old.key_id(), new.key_id()]);
}
