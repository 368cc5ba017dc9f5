//! The values of the envelope's headers. Parsing is strict: a value in any other form is refused, not corrected.

use core::fmt;

/// A header value does not have its required form. The error does not contain the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not well-formed")]
pub struct NotWellFormed;

/// The id of an installation of the Forge app: a lower-case UUID, 36 characters.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct InstallId([u8; 36]);

impl InstallId {
    /// Parses the 8-4-4-4-12 form with lower-case hex digits.
    ///
    /// # Errors
    /// [`NotWellFormed`] for anything else.
    pub fn parse(text: &[u8]) -> Result<Self, NotWellFormed> {
        let bytes: [u8; 36] = text.try_into().map_err(|_| NotWellFormed)?;
        let well_formed = bytes.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => is_lower_hex(*byte),
        });
        if well_formed { Ok(Self(bytes)) } else { Err(NotWellFormed) }
    }

    /// Returns the 36 characters.
    pub fn as_str(&self) -> &str {
        ascii(&self.0)
    }
}

/// 16 random bytes as 32 lower-case hex digits; fresh for every attempt.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Nonce([u8; 32]);

impl Nonce {
    /// Makes a nonce of 16 bytes from a cryptographically secure random source.
    #[must_use]
    pub fn from_random(random: [u8; 16]) -> Self {
        let mut text = [0; 32];
        encode_hex(&random, &mut text);
        Self(text)
    }

    /// Parses 32 lower-case hex digits.
    ///
    /// # Errors
    /// [`NotWellFormed`] for anything else.
    pub fn parse(text: &[u8]) -> Result<Self, NotWellFormed> {
        let bytes: [u8; 32] = text.try_into().map_err(|_| NotWellFormed)?;
        if bytes.iter().copied().all(is_lower_hex) { Ok(Self(bytes)) } else { Err(NotWellFormed) }
    }

    /// Returns the 32 characters.
    pub fn as_str(&self) -> &str {
        ascii(&self.0)
    }
}

/// Unix seconds as exactly 10 digits without a leading zero: 2001-09-09 to 2286-11-20.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Timestamp([u8; 10]);

impl Timestamp {
    /// Converts seconds since the Unix epoch.
    ///
    /// # Errors
    /// [`NotWellFormed`] if they do not have ten digits: such a clock is wrong by decades.
    pub fn from_seconds(seconds: i64) -> Result<Self, NotWellFormed> {
        if !(1_000_000_000..=9_999_999_999).contains(&seconds) {
            return Err(NotWellFormed);
        }
        let mut digits = [0; 10];
        let mut rest = seconds;
        for digit in digits.iter_mut().rev() {
            *digit = b'0' + u8::try_from(rest % 10).unwrap_or(0);
            rest /= 10;
        }
        Ok(Self(digits))
    }

    /// Parses ten ASCII digits, the first not zero.
    ///
    /// # Errors
    /// [`NotWellFormed`] for anything else.
    pub fn parse(text: &[u8]) -> Result<Self, NotWellFormed> {
        let digits: [u8; 10] = text.try_into().map_err(|_| NotWellFormed)?;
        if digits[0] != b'0' && digits.iter().all(u8::is_ascii_digit) { Ok(Self(digits)) } else { Err(NotWellFormed) }
    }

    /// Returns the seconds since the Unix epoch.
    pub fn seconds(&self) -> i64 {
        self.0.iter().fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0'))
    }

    /// Returns the ten digits.
    pub fn as_str(&self) -> &str {
        ascii(&self.0)
    }
}

/// Identifies a secret in logs and in `keys.live`: the first 4 bytes of SHA-256(`"connector/v1/key-id" ‖ 0x00 ‖ secret`)
/// as 8 lower-case hex digits. The verification of a signature does not use it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyId(pub(crate) [u8; 8]);

impl KeyId {
    /// Parses 8 lower-case hex digits.
    ///
    /// # Errors
    /// [`NotWellFormed`] for anything else.
    pub fn parse(text: &[u8]) -> Result<Self, NotWellFormed> {
        let bytes: [u8; 8] = text.try_into().map_err(|_| NotWellFormed)?;
        if bytes.iter().copied().all(is_lower_hex) { Ok(Self(bytes)) } else { Err(NotWellFormed) }
    }

    /// Returns the 8 characters.
    pub fn as_str(&self) -> &str {
        ascii(&self.0)
    }
}

/// An HMAC-SHA-256 tag, received or computed. Its wire form is `v1=` and 64 lower-case hex digits. Received hex is decoded
/// here and tags are compared as bytes, since comparing hex texts leaks through timing (docs/testing.md §1).
#[derive(Clone, Copy)]
pub struct Signature(pub(crate) [u8; 32]);

impl Signature {
    /// Parses the wire form.
    ///
    /// # Errors
    /// [`NotWellFormed`] for any other scheme, length, case or trailing byte.
    pub fn parse(text: &[u8]) -> Result<Self, NotWellFormed> {
        let digits = text.strip_prefix(b"v1=").ok_or(NotWellFormed)?;
        let mut tag = [0; 32];
        if digits.len() != 64 || !digits.iter().copied().all(is_lower_hex) {
            return Err(NotWellFormed);
        }
        hex::decode_to_slice(digits, &mut tag).map_err(|_| NotWellFormed)?;
        Ok(Self(tag))
    }

    /// Returns the wire form, for sending a computed tag.
    #[must_use]
    pub fn to_wire(&self) -> alloc::string::String {
        let mut digits = [0; 64];
        encode_hex(&self.0, &mut digits);
        alloc::string::String::from("v1=") + ascii(&digits)
    }
}

macro_rules! debug_as_text {
    ($($name:ident),*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    )*};
}
debug_as_text!(InstallId, Nonce, Timestamp, KeyId);

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signature(..)")
    }
}

const fn is_lower_hex(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

/// Writes `bytes` as lower-case hex into `text`, which must be exactly twice as long.
pub(crate) fn encode_hex(bytes: &[u8], text: &mut [u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for (pair, byte) in text.chunks_exact_mut(2).zip(bytes) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 15)];
    }
}

/// Converts a field to text, which cannot fail: every field is ASCII by construction.
fn ascii(bytes: &[u8]) -> &str {
    core::str::from_utf8(bytes).unwrap_or_default()
}
