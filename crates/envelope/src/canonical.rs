//! The signed text of a message and its HMAC-SHA-256 tag (docs/protocol.md §1).

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::fields::{InstallId, Nonce, Signature, Timestamp, encode_hex};

/// Bytes of the signed text: installation 36, timestamp 10, nonce 32, hash of the body 64, and three separators.
pub const CANONICAL_LEN: usize = 145;

pub(crate) type Canonical = [u8; CANONICAL_LEN];

/// Returns `install_id|timestamp|nonce|hex(SHA-256(body))`.
pub(crate) fn canonical(install: &InstallId, timestamp: &Timestamp, nonce: &Nonce, body: &[u8]) -> Canonical {
    let mut text = [b'|'; CANONICAL_LEN];
    text[..36].copy_from_slice(install.as_str().as_bytes());
    text[37..47].copy_from_slice(timestamp.as_str().as_bytes());
    text[48..80].copy_from_slice(nonce.as_str().as_bytes());
    encode_hex(&Sha256::digest(body), &mut text[81..]);
    text
}

/// The signed text of a body whose other fields are not known, for work that only has to take as long as [`canonical`].
pub(crate) fn canonical_of_body(body: &[u8]) -> Canonical {
    let mut text = [b'0'; CANONICAL_LEN];
    encode_hex(&Sha256::digest(body), &mut text[81..]);
    text
}

pub(crate) fn mac(key: &[u8], text: &[u8]) -> Signature {
    // A MAC key of any length is legal (RFC 2104 §2), so this arm cannot be reached; an all-zero tag would verify nowhere.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return Signature([0; 32]) };
    mac.update(text);
    Signature(mac.finalize().into_bytes().into())
}

/// Compares a received tag with the expected one in constant time.
pub(crate) fn is_mac(key: &[u8], text: &[u8], received: &Signature) -> subtle::Choice {
    mac(key, text).0.ct_eq(&received.0)
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    /// RFC 4231 §4.2–4.8: key, data, HMAC-SHA-256 (case 5 is truncated to 128 bits there).
    #[test]
    fn rfc_4231() {
        let bytes = |text: &str| hex::decode(text).unwrap();
        let cases: [(Vec<u8>, Vec<u8>, &str); 7] = [
            (bytes(&"0b".repeat(20)), b"Hi There".to_vec(), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
            (b"Jefe".to_vec(), b"what do ya want for nothing?".to_vec(), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
            (bytes(&"aa".repeat(20)), bytes(&"dd".repeat(50)), "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
            (bytes("0102030405060708090a0b0c0d0e0f10111213141516171819"), bytes(&"cd".repeat(50)), "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"),
            (bytes(&"0c".repeat(20)), b"Test With Truncation".to_vec(), "a3b6167473100ee06e0c796c2955552b"),
            (bytes(&"aa".repeat(131)), b"Test Using Larger Than Block-Size Key - Hash Key First".to_vec(), "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"),
            (bytes(&"aa".repeat(131)), b"This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used by the HMAC algorithm.".to_vec(), "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"),
        ];
        for (key, data, want) in cases {
            assert!(hex::encode(mac(&key, &data).0).starts_with(want));
        }
    }

    /// C2SP's Wycheproof: every valid tag is ours, every modified one is refused, and a short one is refused whatever it holds,
    /// by its length alone.
    #[test]
    fn e6_wycheproof_hmac_sha256() {
        let vectors = wycheproof::mac::TestSet::load(wycheproof::mac::TestName::HmacSha256).unwrap();
        let (mut valid, mut modified, mut short) = (0, 0, 0);
        for test in vectors.test_groups.iter().flat_map(|group| &group.tests) {
            let wire = alloc::format!("v1={}", hex::encode(&test.tag));
            let Ok(received) = Signature::parse(wire.as_bytes()) else {
                assert!(test.tag.len() < 32, "{}", test.tc_id);
                short += 1;
                continue;
            };
            let same = bool::from(is_mac(&test.key, &test.msg, &received));
            assert_eq!(same, test.result == wycheproof::TestResult::Valid, "{}: {}", test.tc_id, test.comment);
            if same { valid += 1 } else { modified += 1 }
        }
        assert_eq!((valid, modified, short), (33, 54, 87));
    }
}
