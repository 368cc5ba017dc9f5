//! Randomness as an argument: a seeded generator, so that a run can be repeated. Not for secrets of any worth.

use uuid::Uuid;

/// SplitMix64: small, seedable, and good enough for ids and made-up tokens of a simulator.
#[derive(Clone, Debug)]
pub struct Entropy(u64);

impl Entropy {
    /// The same seed produces the same sequence.
    #[must_use]
    pub const fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A version 4 UUID.
    pub fn uuid(&mut self) -> Uuid {
        let bits = (u128::from(self.next()) << 64) | u128::from(self.next());
        uuid::Builder::from_random_bytes(bits.to_be_bytes()).into_uuid()
    }

    /// So many hexadecimal digits.
    pub fn hex(&mut self, length: usize) -> String {
        let digit = |bits: u64| char::from_digit(u32::try_from(bits & 15).unwrap_or_default(), 16).unwrap_or('0');
        (0..length).map(|_| digit(self.next() >> 32)).collect()
    }

    /// A text of this many letters and digits.
    pub fn text(&mut self, length: usize) -> String {
        const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        (0..length).map(|_| char::from(ALPHABET[usize::from(self.next().to_be_bytes()[0] & 63)])).collect()
    }
}
