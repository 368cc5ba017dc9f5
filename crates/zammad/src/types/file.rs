//! Files of articles, as read and as written.

use redaction::Sensitive;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// Maximum characters of a name. Zammad cuts longer names at the end, so the extension would be lost.
const NAME: usize = 250;
/// The name of a file whose name became empty when it was cleaned.
const NAMELESS: &str = "file";
/// The media type of a file without a valid one.
const BYTES: &str = "application/octet-stream";

/// A file of an article.
#[derive(Clone, Debug, Deserialize)]
pub struct Attachment {
    /// Id.
    pub id: u64,
    /// Id of the stored bytes. Files with equal bytes have the same id.
    #[serde(default)]
    pub store_file_id: Option<u64>,
    /// Name as the sender gave it; not checked.
    pub filename: Sensitive<String>,
    /// Size in bytes; `None` if Zammad does not know it. Zammad writes the number as a text.
    #[serde(default, deserialize_with = "number_or_text")]
    pub size: Option<u64>,
    /// Headers of the file, read by the methods below.
    #[serde(default)]
    pub preferences: Sensitive<Value>,
}

impl Attachment {
    /// Returns the media type as the sender gave it; not checked. Uploads have the first key, inline images and mail also the
    /// second.
    #[must_use]
    pub fn mime_type(&self) -> Option<&str> {
        self.preference("Mime-Type").or_else(|| self.preference("Content-Type"))
    }

    /// Returns the Content-ID by which a mail's HTML refers to the file (`cid:`, RFC 2392), without angle brackets.
    #[must_use]
    pub fn content_id(&self) -> Option<&str> {
        self.preference("Content-ID").map(|id| id.trim_matches(['<', '>']))
    }

    /// Whether it is shown within the article's text and not in the list of files.
    #[must_use]
    pub fn is_inline(&self) -> bool {
        self.preference("Content-Disposition")
            .is_some_and(|kind| kind.trim().to_ascii_lowercase().starts_with("inline"))
    }

    fn preference(&self, key: &str) -> Option<&str> {
        self.preferences.expose().get(key).and_then(Value::as_str)
    }
}

/// A file to write with an article.
#[derive(Clone, Debug)]
pub struct NewFile {
    /// Name as the sender gave it. It is cleaned when the file is written, since Zammad would store `../../etc/passwd`.
    pub filename: Sensitive<String>,
    /// Media type. Zammad serves the file with it, so anything but `type/subtype` becomes `application/octet-stream`.
    pub mime_type: String,
    /// The bytes in base64, with padding.
    pub base64: Sensitive<String>,
}

/// The JSON of a file; Zammad requires all three keys.
#[derive(Serialize)]
pub(crate) struct FileBody<'a> {
    filename: String,
    #[serde(rename = "mime-type")]
    mime_type: &'a str,
    data: &'a str,
}

impl NewFile {
    pub(crate) fn body(&self) -> FileBody<'_> {
        let mime_type = if is_media_type(&self.mime_type) { &self.mime_type } else { BYTES };
        FileBody { filename: cleaned(self.filename.expose()), mime_type, data: self.base64.expose() }
    }
}

/// Returns the last part of a path without control characters, at most [`NAME`] characters with its extension kept.
fn cleaned(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain: String = last.chars().filter(|c| !c.is_control()).collect();
    let plain = plain.trim();
    if plain.is_empty() || plain.bytes().all(|byte| byte == b'.') {
        return NAMELESS.to_owned();
    }
    let length = plain.chars().count();
    if length <= NAME {
        return plain.to_owned();
    }
    let extension = plain.rsplit_once('.').map_or("", |(_, extension)| extension);
    let kept = extension.chars().count();
    if kept == 0 || kept > 20 {
        return plain.chars().take(NAME).collect::<String>().trim_end().to_owned();
    }
    let stem: String = plain.chars().take(NAME - kept - 1).collect();
    format!("{stem}.{extension}")
}

/// Whether a text is `type/subtype` (RFC 6838 §4.2) without parameters.
fn is_media_type(text: &str) -> bool {
    let named = |part: &str| {
        !part.is_empty()
            && part.len() <= 127
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte))
    };
    text.split_once('/').is_some_and(|(kind, subtype)| named(kind) && named(subtype))
}

/// Reads a number or a text with a number. Anything else is an unknown size, so that a damaged row does not make the whole list
/// unreadable.
fn number_or_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    Ok(value.as_u64().or_else(|| value.as_str().and_then(|text| text.parse().ok())))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_lose_paths_and_keep_extensions() {
        for (given, kept) in [
            ("report.pdf", "report.pdf"),
            ("Übergröße 😀.txt", "Übergröße 😀.txt"),
            ("../../etc/passwd", "passwd"),
            (r"C:\temp\a.txt", "a.txt"),
            ("a\r\nb\0.txt", "ab.txt"),
            ("", NAMELESS),
            ("..", NAMELESS),
            ("x/", NAMELESS),
            (" \t", NAMELESS),
        ] {
            assert_eq!(cleaned(given), kept, "{given:?}");
        }
        assert!(cleaned(&format!("{}.pdf", "ä".repeat(300))).ends_with("ä.pdf"));
    }

    #[test]
    fn only_a_media_type_is_served_as_one() {
        for good in ["text/plain", "image/svg+xml", "application/vnd.ms-excel"] {
            assert!(is_media_type(good), "{good}");
        }
        for bad in ["", "nonsense", "text/", "/plain", "text/html; charset=utf-8", "text/html\r\nx: y", "a/b/c"] {
            assert!(!is_media_type(bad), "{bad:?}");
        }
    }

    #[test]
    fn an_unknown_size_costs_nothing() {
        for (size, read) in [("\"12\"", Some(12)), ("12", Some(12)), ("null", None), ("\"x\"", None), ("-1", None)] {
            let file: Attachment =
                serde_json::from_str(&format!(r#"{{"id":1,"filename":"a","size":{size}}}"#)).unwrap();
            assert_eq!(file.size, read, "{size}");
        }
        assert_eq!(serde_json::from_str::<Attachment>(r#"{"id":1,"filename":"a"}"#).unwrap().size, None);
    }

    proptest! {
        #[test]
        fn every_name_becomes_one_that_zammad_keeps(name: String) {
            let kept = cleaned(&name);
            prop_assert!((1..=NAME).contains(&kept.chars().count()));
            prop_assert!(!kept.contains(['/', '\\']) && !kept.chars().any(char::is_control));
            prop_assert_eq!(cleaned(&kept), kept);
        }
    }
}
