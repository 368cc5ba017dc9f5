//! The shared secret: parsed strictly, wiped on drop, never shown.

use alloc::vec::Vec;
use core::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::fields::{KeyId, Signature, encode_hex};

/// Minimum length. A key with fewer bytes than the output of SHA-256 weakens HMAC-SHA-256 (RFC 2104 §3).
pub(crate) const MIN_BYTES: usize = 32;
/// Maximum length: one block of SHA-256. HMAC hashes a longer key first, so more bytes add nothing (RFC 2104 §2).
const MAX_BYTES: usize = 64;
/// Minimum number of different bytes. The probability that 32 random bytes have fewer is below 10⁻³⁰.
const MIN_DISTINCT: usize = 12;

/// Why a configured secret was refused. No text contains a part of the secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// It is empty.
    #[error("is empty")]
    Empty,
    /// It contains white space, a control character or a byte-order mark, usually from copying, and would be another key.
    #[error("contains white space or a byte-order mark")]
    WhiteSpace,
    /// Neither hex nor standard base64 with padding.
    #[error("is neither hex nor standard base64 (with padding)")]
    NotHexOrBase64,
    /// Decodes to fewer than 32 bytes.
    #[error("is shorter than 32 bytes")]
    TooShort,
    /// Decodes to more than 64 bytes.
    #[error("is longer than 64 bytes")]
    TooLong,
    /// A pattern instead of random bytes: a repeated byte or sequence, a counting sequence, or very few different bytes.
    #[error("is a repeated pattern, not random bytes")]
    Repeated,
    /// It contains a word of a placeholder, such as `changeme`.
    #[error("is a well-known placeholder")]
    Placeholder,
}

/// The secret that sidecar and Forge app share: 32 to 64 bytes. `Debug` does not show it, and it is wiped when dropped.
#[derive(Clone)]
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// Parses a secret that an operator configured: hex (upper or lower case), or standard base64 with padding.
    ///
    /// # Errors
    /// [`SecretError`]: the first reason found.
    pub fn parse(text: &str) -> Result<Self, SecretError> {
        if text.is_empty() {
            return Err(SecretError::Empty);
        }
        if text.contains(|c: char| c.is_whitespace() || c.is_control() || c == '\u{feff}') {
            return Err(SecretError::WhiteSpace);
        }
        if text.bytes().collect::<alloc::collections::BTreeSet<_>>().len() == 1 {
            return Err(SecretError::Repeated);
        }
        let lower = Zeroizing::new(text.to_ascii_lowercase());
        if PLACEHOLDER_WORDS.iter().any(|word| lower.contains(word)) {
            return Err(SecretError::Placeholder);
        }
        let bytes = if text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            hex::decode(text).map_err(|_| SecretError::NotHexOrBase64)?
        } else {
            STANDARD.decode(text).map_err(|_| SecretError::NotHexOrBase64)?
        };
        Self::from_configured(Zeroizing::new(bytes))
    }

    fn from_configured(bytes: Zeroizing<Vec<u8>>) -> Result<Self, SecretError> {
        if bytes.len() < MIN_BYTES {
            return Err(SecretError::TooShort);
        }
        if bytes.len() > MAX_BYTES {
            return Err(SecretError::TooLong);
        }
        let distinct = bytes.iter().collect::<alloc::collections::BTreeSet<_>>().len();
        let periodic = (1..=bytes.len() / 2).any(|period| bytes.iter().zip(&bytes[period..]).all(|(a, b)| a == b));
        let step = bytes[1].wrapping_sub(bytes[0]);
        let counting = bytes.windows(2).all(|pair| pair[1].wrapping_sub(pair[0]) == step);
        if distinct < MIN_DISTINCT || periodic || counting {
            return Err(SecretError::Repeated);
        }
        Ok(Self(bytes))
    }

    /// Makes a secret of bytes from a cryptographically secure random source. They are not checked for patterns.
    ///
    /// # Errors
    /// [`SecretError::TooShort`] or [`SecretError::TooLong`] outside of 32 to 64 bytes.
    pub fn from_random(bytes: Vec<u8>) -> Result<Self, SecretError> {
        match bytes.len() {
            0..MIN_BYTES => Err(SecretError::TooShort),
            MIN_BYTES..=MAX_BYTES => Ok(Self(Zeroizing::new(bytes))),
            _ => Err(SecretError::TooLong),
        }
    }

    /// Returns the key id of this secret, see [`KeyId`].
    #[must_use]
    pub fn key_id(&self) -> KeyId {
        let digest = Sha256::new().chain_update(b"connector/v1/key-id\0").chain_update(self.0.as_slice()).finalize();
        let mut text = [0; 8];
        encode_hex(&digest[..4], &mut text);
        KeyId(text)
    }

    /// Returns the key that signs replies: HMAC-SHA-256(secret, `connector/v1/response`). It differs from the key of
    /// requests, so a request that is sent back as a reply does not verify.
    pub(crate) fn response_key(&self) -> Zeroizing<[u8; 32]> {
        let Signature(key) = crate::canonical::mac(&self.0, b"connector/v1/response");
        Zeroizing::new(key)
    }

    /// Derives a key for another purpose within the sidecar or within the Forge app: HMAC-SHA-256(secret,
    /// `connector/v1/` ‖ `purpose`).
    #[must_use]
    pub fn derive(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        let text = Zeroizing::new(alloc::format!("connector/v1/{purpose}"));
        let Signature(key) = crate::canonical::mac(&self.0, text.as_bytes());
        Zeroizing::new(key)
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Returns the secret as lower-case hex, to show a new secret to the admin once and for the secret store.
    #[must_use]
    pub fn to_hex(&self) -> Zeroizing<alloc::string::String> {
        Zeroizing::new(hex::encode(self.bytes()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Words of placeholders. The probability that the base64 of random bytes contains one is below 10⁻⁹ each.
const PLACEHOLDER_WORDS: [&str; 8] =
    ["changeme", "change-me", "change_me", "password", "example", "placeholder", "replace", "yoursecret"];

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

    #[test]
    fn hex_and_base64_give_the_same_key() {
        let base64 = STANDARD.encode(hex::decode(GOOD).unwrap());
        let upper = GOOD.to_uppercase();
        let ids = [GOOD, &upper, &base64].map(|text| Secret::parse(text).unwrap().key_id());
        assert!(ids.iter().all(|id| *id == ids[0]));
    }

    /// docs/testing.md C2: every form of a bad secret has its own reason, and none shows the value.
    #[test]
    fn c2_bad_secrets_are_refused_by_reason() {
        use SecretError as E;
        let cases: [(&str, E); 19] = [
            ("", E::Empty),
            (" ", E::WhiteSpace),
            ("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\n", E::WhiteSpace),
            ("\u{feff}9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", E::WhiteSpace),
            ("9f86d081 884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", E::WhiteSpace),
            ("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a0", E::NotHexOrBase64),
            ("9f86d081884c7d659a2feaa0c55ad015", E::TooShort),
            ("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a", E::TooShort),
            ("n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg", E::NotHexOrBase64),
            ("n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg=", E::NotHexOrBase64),
            ("n4bQgYhMfWWaL+qgxVrQFaO_TxsrC4Is0V1sFbDwCgg=", E::NotHexOrBase64),
            ("not a secret at all, but a sentence of some length", E::WhiteSpace),
            ("correct-horse-battery-staple-correct-horse", E::NotHexOrBase64),
            ("0000000000000000000000000000000000000000000000000000000000000000", E::Repeated),
            ("deadbeefdeadbeefdeadbeefdeadbeefdeadbeefdeadbeefdeadbeefdeadbeef", E::Repeated),
            ("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", E::Repeated),
            ("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", E::Repeated),
            ("changemechangemechangemechangemechangemechangem=", E::Placeholder),
            ("YOURSECRETyoursecretYOURSECRETyoursecret0000", E::Placeholder),
        ];
        for (text, want) in cases {
            let error = Secret::parse(text).unwrap_err();
            assert_eq!(error, want, "{text:?}");
            assert!(text.len() < 20 || !alloc::format!("{error} {error:?}").contains(text));
        }
        assert_eq!(Secret::parse(&GOOD.repeat(3)).unwrap_err(), E::TooLong);
    }

    #[test]
    fn a_secret_is_never_shown() {
        let secret = Secret::parse(GOOD).unwrap();
        assert_eq!(alloc::format!("{secret:?} {secret:#?}"), "Secret(..) Secret(..)");
    }

    #[test]
    fn keys_for_different_purposes_differ() {
        let secret = Secret::parse(GOOD).unwrap();
        assert_ne!(secret.derive("zammad-webhook").as_slice(), secret.response_key().as_slice());
        assert_eq!(secret.derive("response").as_slice(), secret.response_key().as_slice());
    }
}
