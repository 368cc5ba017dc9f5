//! How long a node is when it is written as JSON, in characters.

use std::io::{Result, Write};

use serde_json::Value;

pub(super) fn size(node: &Value) -> usize {
    let mut counter = Counter(0);
    // Writing into a counter does not fail, and neither does writing a value.
    let written = serde_json::to_writer(&mut counter, node);
    debug_assert!(written.is_ok());
    counter.0
}

struct Counter(usize);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        // The further bytes of a character are 10xxxxxx.
        self.0 += bytes.iter().filter(|byte| **byte & 0xC0 != 0x80).count();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

/// Of one character in a JSON text.
pub(super) fn letter_size(letter: char) -> usize {
    match letter {
        '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
        '\0'..='\u{1f}' => 6,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_counted_as_they_are_written() {
        let text: String = (0..0x250).filter_map(char::from_u32).chain("äß🙂👩‍💻".chars()).collect();
        let value = serde_json::json!({ "type": text, "n": [1, 2.5, null] });
        assert_eq!(size(&value), serde_json::to_string(&value).unwrap().chars().count());
        assert_eq!(text.chars().map(letter_size).sum::<usize>() + 2, size(&Value::from(text)));
    }
}
