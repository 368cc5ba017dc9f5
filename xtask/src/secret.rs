//! Secrets as a type: the value can be used, and cannot be printed.

use std::fmt;

use zeroize::Zeroizing;

/// Stands in place of a secret wherever one would be printed.
pub const REDACTED: &str = "[redacted]";
/// Shorter texts are not searched for: they would occur by chance.
const SHORTEST: usize = 6;

/// A secret text. `Debug` prints a placeholder, there is no `Display`, and the memory is overwritten on drop.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes ownership of a secret text.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text itself, for the one call that needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// `text` with [`REDACTED`] in place of every occurrence of this secret, whole or any of its lines.
    #[must_use]
    pub fn redact(&self, text: &str) -> String {
        let mut clean = text.to_owned();
        for part in std::iter::once(self.expose()).chain(self.expose().lines()).map(str::trim) {
            if part.len() >= SHORTEST {
                clean = clean.replace(part, REDACTED);
            }
        }
        clean
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(REDACTED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_a_placeholder() {
        let secret = Secret::new("hunter2-hunter2".to_owned());
        assert_eq!(format!("{secret:?} {:#?}", Some(&secret)), "[redacted] Some(\n    [redacted],\n)");
    }

    #[test]
    fn redacts_the_whole_text_and_each_line() {
        let secret = Secret::new("first-line\nsecond-line\nab\n".to_owned());
        assert_eq!(secret.redact("x first-line y"), "x [redacted] y");
        assert_eq!(secret.redact("first-line\\nsecond-line\\nab"), "[redacted]\\n[redacted]\\nab");
        assert_eq!(secret.redact("about"), "about");
    }
}
