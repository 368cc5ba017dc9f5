//! Reads the ids of ticket and article from a webhook. The rest is skipped, since the ticket is read from Zammad later.

use std::fmt;

use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// Maximum levels of nesting. Zammad's webhooks have six.
const DEPTH: usize = 64;
/// Maximum bytes of an object key: the parser copies a key that has escape sequences.
const KEY: usize = 512;

/// The ticket and article of a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// `ticket.id`.
    pub ticket_id: u64,
    /// `article.id`, if the event came with an article.
    pub article_id: Option<u64>,
}

/// Reads the ids in one pass. The memory does not grow with the body, also if the body is hostile.
pub(super) fn parse(body: &[u8]) -> Result<Event, &'static str> {
    bounded(body)?;
    let mut json = serde_json::Deserializer::from_slice(body);
    let Ids { ticket, article } = Ids::deserialize(&mut json).map_err(|_| "not a webhook's JSON")?;
    json.end().map_err(|_| "something after the JSON")?;
    Ok(Event { ticket_id: ticket.ok_or("no ticket id")?, article_id: article })
}

/// Refuses deep nesting and long keys, for which the parser would allocate memory.
fn bounded(body: &[u8]) -> Result<(), &'static str> {
    let (mut depth, mut in_string, mut escaped, mut string) = (0_usize, false, false, 0_usize);
    for byte in body {
        if in_string {
            string += 1;
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => (in_string, string) = (true, 0),
            b':' if string > KEY => return Err("a key is too long"),
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEPTH {
            return Err("nested too deeply");
        }
    }
    Ok(())
}

struct Ids {
    ticket: Option<u64>,
    article: Option<u64>,
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum Part {
    Ticket,
    Article,
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum Field {
    Id,
    #[serde(other)]
    Other,
}

// Written by hand, since a derived implementation also accepts an array.
impl<'de> Deserialize<'de> for Ids {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Body;
        impl<'de> Visitor<'de> for Body {
            type Value = Ids;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a webhook")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Ids, M::Error> {
                let (mut ticket, mut article) = (None, None);
                while let Some(part) = map.next_key()? {
                    let (slot, name) = match part {
                        Part::Ticket => (&mut ticket, "ticket"),
                        Part::Article => (&mut article, "article"),
                        Part::Other => {
                            map.next_value::<IgnoredAny>()?;
                            continue;
                        }
                    };
                    if slot.is_some() {
                        return Err(M::Error::duplicate_field(name));
                    }
                    *slot = Some(map.next_value_seed(IdOf)?);
                }
                Ok(Ids { ticket: ticket.flatten(), article: article.flatten() })
            }
        }
        deserializer.deserialize_map(Body)
    }
}

/// Reads the `id` of an object; `None` if it has none.
struct IdOf;

impl<'de> DeserializeSeed<'de> for IdOf {
    type Value = Option<u64>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<u64>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for IdOf {
    type Value = Option<u64>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Option<u64>, M::Error> {
        let mut id = None;
        while let Some(field) = map.next_key()? {
            match field {
                Field::Id if id.is_some() => return Err(M::Error::duplicate_field("id")),
                Field::Id => {
                    let found: u64 = map.next_value()?;
                    // Zammad's ids are positive 64-bit integers of its database.
                    if found == 0 || i64::try_from(found).is_err() {
                        return Err(M::Error::custom("not an id"));
                    }
                    id = Some(found);
                }
                Field::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(id)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ids(body: impl AsRef<[u8]>) -> Option<(u64, Option<u64>)> {
        parse(body.as_ref()).ok().map(|event| (event.ticket_id, event.article_id))
    }

    #[test]
    fn reads_the_two_ids() {
        assert_eq!(ids(r#"{"ticket":{"id":7,"x":[{"id":9}]},"article":{"id":8}}"#), Some((7, Some(8))));
        assert_eq!(ids(r#"{"article":{},"ticket":{"a":null,"id":7}}"#), Some((7, None)));
        assert_eq!(ids(r#" {"ticket":{"\u0069d":7}} "#), Some((7, None)));
        assert_eq!(ids(format!(r#"{{"ticket":{{"id":{}}}}}"#, i64::MAX)), Some((i64::MAX as u64, None)));
    }

    #[test]
    fn w6_what_is_no_event_is_refused() {
        for body in [
            "",
            "null",
            "7",
            "[]",
            "{}",
            "{",
            r#"{"ticket":{}}"#,
            r#"{"article":{"id":1}}"#,
            r#"[{"id":7},{"id":8}]"#,
            r#"{"ticket":[7]}"#,
            r#"{"ticket":7}"#,
            r#"{"ticket":null}"#,
            r#"{"ticket":{"id":"7"}}"#,
            r#"{"ticket":{"id":0}}"#,
            r#"{"ticket":{"id":-7}}"#,
            r#"{"ticket":{"id":7.0}}"#,
            r#"{"ticket":{"id":7e0}}"#,
            r#"{"ticket":{"id":9223372036854775808}}"#,
            r#"{"ticket":{"id":null}}"#,
            r#"{"ticket":{"id":true}}"#,
            r#"{"ticket":{"id":7}}x"#,
            r#"{"ticket":{"id":7}}{}"#,
            "\u{feff}{\"ticket\":{\"id\":7}}",
            r#"{"ticket":{"id":7},"article":{"id":"8"}}"#,
            r#"{"ticket":{"id":7},}"#,
            r#"{"ticket":{"id":07}}"#,
        ] {
            assert_eq!(ids(body), None, "{body}");
        }
    }

    #[test]
    fn w6_duplicate_keys_are_refused() {
        for body in [
            r#"{"ticket":{"id":7},"ticket":{"id":8}}"#,
            r#"{"ticket":{"id":7,"id":8}}"#,
            r#"{"ticket":{"id":7,"\u0069d":8}}"#,
            r#"{"ticket":{},"ticket":{"id":8}}"#,
            r#"{"ticket":{"id":7},"article":{"id":1,"id":2}}"#,
            r#"{"ticket":{"id":7},"article":{},"article":{"id":2}}"#,
        ] {
            assert_eq!(ids(body), None, "{body}");
        }
    }

    #[test]
    fn w6_hostile_sizes_neither_panic_nor_overflow_the_stack() {
        let around = |inner: &str| format!(r#"{{"x":{inner},"ticket":{{"id":7}}}}"#);
        for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
            let deep = format!("{}1{}", open.repeat(100_000), close.repeat(100_000));
            assert_eq!(parse(around(&deep).as_bytes()), Err("nested too deeply"));
            assert_eq!(parse(around(&open.repeat(100_000)).as_bytes()), Err("nested too deeply"));
            let fine = format!("{}1{}", open.repeat(60), close.repeat(60));
            assert_eq!(ids(around(&fine)), Some((7, None)));
        }
        assert_eq!(ids(around(&"9".repeat(10_000_000))), Some((7, None)), "a number of 10 MB is skipped");
        let keys = (0..1_000_000).map(|key| format!(r#""k{key}":0"#)).collect::<Vec<_>>().join(",");
        assert_eq!(ids(around(&format!("{{{keys}}}"))), Some((7, None)), "a million keys are skipped");
        let text = format!(r#""{}""#, r##"\u005b\\\"[{"##.repeat(100_000));
        assert_eq!(ids(around(&text)), Some((7, None)), "brackets in a text are text");
        let key = format!(r#"{{"{}":1}}"#, r"\u0041".repeat(1_000_000));
        assert_eq!(parse(around(&key).as_bytes()), Err("a key is too long"));
    }

    #[test]
    fn w6_lone_surrogates_are_skipped_as_value_and_refused_as_key() {
        assert_eq!(ids(r#"{"ticket":{"title":"\ud800","id":7}}"#), Some((7, None)));
        assert_eq!(ids(r#"{"ticket":{"\ud800":1,"id":7}}"#), None);
        assert_eq!(ids(b"{\"ticket\":{\"title\":\"\xff\",\"id\":7}}"), Some((7, None)));
    }

    proptest! {
        #[test]
        fn w6_no_body_panics(body: Vec<u8>, text in r#"[\[\]{}",:0-9a-ticket \\u]{0,200}"#) {
            let (_, _) = (parse(&body), parse(text.as_bytes()));
        }

        #[test]
        fn a_cut_body_is_never_an_event(cut in 0..54_usize) {
            let body = br#"{"ticket":{"id":7,"title":"x"},"article":{"id":8}} "#;
            prop_assert!(cut >= body.len() - 1 || parse(&body[..cut]).is_err());
        }
    }
}
