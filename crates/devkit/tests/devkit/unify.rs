//! Holding an answer against a recording. A recording's symbols (`<ticket:main>`, `<time>`) stand for values of the
//! recorded run: the first sight of one binds it to our value, later sights must agree.

use std::{collections::HashMap, sync::LazyLock};

use regex::Regex;
use serde_json::{Map, Value};

/// What symbols stand for.
#[derive(Debug, Default)]
pub struct Symbols {
    bound: HashMap<String, String>,
}

/// Fields that may differ, from the probe's `allow.txt`.
const ALLOWED: [&str; 3] = ["detected_language", "tickets_open", "tickets_closed"];
/// The database returns these in any order.
const UNORDERED: [&str; 4] = ["users", "user_ids", "members", "member_ids"];
static SYMBOLS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"<(user|group|role|organization|ticket|article|number|webhook|trigger|attachment|stored_file|permission|access_token|tag|link|http_log|token|time|uuid|hex|listener|zammad|fqdn|admin|absent|id|anyone|n|random)(:[^<>]*)?>").unwrap()
});

impl Symbols {
    pub fn bind(&mut self, symbol: &str, value: impl Into<String>) {
        self.bound.insert(symbol.to_owned(), value.into());
    }

    pub fn get(&self, symbol: &str) -> Option<&str> {
        self.bound.get(symbol).map(String::as_str)
    }

    /// A recorded text with its symbols replaced by our values, to be sent.
    pub fn fill(&self, text: &str) -> Result<String, String> {
        let mut missing = None;
        let filled = SYMBOLS.replace_all(text, |found: &regex::Captures<'_>| {
            let symbol = found.get(0).map_or("", |all| all.as_str());
            match (self.get(symbol), found.get(1).map_or("", |kind| kind.as_str())) {
                (Some(value), _) => value.to_owned(),
                (None, "time") => found
                    .get(2)
                    .map_or("", |form| form.as_str())
                    .trim_start_matches(':')
                    .replace("0000-00-00", "2020-01-01"),
                (None, "number") => "10001".to_owned(),
                _ => {
                    missing = Some(symbol.to_owned());
                    String::new()
                }
            }
        });
        missing.map_or_else(|| Ok(filled.into_owned()), |symbol| Err(format!("{symbol} is not known")))
    }

    /// A recorded value to be sent: whole symbols become numbers, `str:` ones texts.
    pub fn fill_value(&self, value: &Value) -> Result<Value, String> {
        Ok(match value {
            Value::String(text) if text.starts_with("str:<") => self.fill(&text[4..])?.into(),
            Value::String(text) if text.starts_with("int:<") => self.number(&text[4..])?,
            Value::String(text) if whole(text) && !text.starts_with("<number") && !text.starts_with("<time") => {
                self.number(text)?
            }
            Value::String(text) => self.fill(text)?.into(),
            Value::Array(items) => items.iter().map(|item| self.fill_value(item)).collect::<Result<_, _>>()?,
            Value::Object(map) => {
                let filled = map.iter().map(|(key, value)| Ok((self.fill(key)?, self.fill_value(value)?)));
                Value::Object(filled.collect::<Result<_, String>>()?)
            }
            plain => plain.clone(),
        })
    }

    fn number(&self, symbol: &str) -> Result<Value, String> {
        let text = self.fill(symbol)?;
        Ok(text.parse::<u64>().map_or(Value::String(text), Value::from))
    }

    /// Whether our value is the recorded one; where not, the path of the first difference.
    pub fn unify(&mut self, recorded: &Value, ours: &Value, place: &str) -> Result<(), String> {
        let differs = || Err(format!("{place}: recorded {recorded}, ours {ours}"));
        match (recorded, ours) {
            (Value::String(text), _) if text == "<anyone>" => Ok(()),
            (Value::String(text), Value::Number(number)) if text.starts_with("int:<") => {
                self.text(&text[4..], &number.to_string(), place)
            }
            (Value::String(text), Value::Number(number)) if whole(text) => self.text(text, &number.to_string(), place),
            (Value::String(text), Value::String(ours)) => {
                if let Some(symbol) = text.strip_prefix("str:").filter(|text| whole(text)) {
                    return self.text(symbol, ours, place);
                }
                let texts = [
                    "<number",
                    "<token",
                    "<time",
                    "<hex",
                    "<admin",
                    "<n>",
                    "<uuid>",
                    "<listener>",
                    "<zammad>",
                    "<fqdn>",
                ];
                let numeric = whole(text) && !texts.iter().any(|kind| text.starts_with(kind));
                if numeric { differs() } else { self.text(text, ours, place) }
            }
            (Value::Array(recorded), Value::Array(ours)) => {
                if recorded.len() != ours.len() {
                    return Err(format!("{place}: {} recorded, {} ours", recorded.len(), ours.len()));
                }
                let last = place.rsplit('/').next().unwrap_or_default();
                if UNORDERED.contains(&last) {
                    return self.any_order(recorded, ours, place);
                }
                recorded
                    .iter()
                    .zip(ours)
                    .enumerate()
                    .try_for_each(|(index, (left, right))| self.unify(left, right, &format!("{place}/{index}")))
            }
            (Value::Object(recorded), Value::Object(ours)) => self.object(recorded, ours, place),
            _ if recorded == ours => Ok(()),
            _ => differs(),
        }
    }

    fn any_order(&mut self, recorded: &[Value], ours: &[Value], place: &str) -> Result<(), String> {
        let mut left: Vec<&Value> = ours.iter().collect();
        for item in recorded {
            let at = left.iter().position(|ours| self.unify(item, ours, place).is_ok());
            left.remove(at.ok_or_else(|| format!("{place}: {item} is missing in {ours:?}"))?);
        }
        Ok(())
    }

    fn object(&mut self, recorded: &Map<String, Value>, ours: &Map<String, Value>, place: &str) -> Result<(), String> {
        let mut left: Vec<&String> = ours.keys().filter(|key| !ALLOWED.contains(&key.as_str())).collect();
        for (key, value) in recorded.iter().filter(|(key, _)| !ALLOWED.contains(&key.as_str())) {
            let mine = match self.get(key) {
                Some(bound) => bound.to_owned(),
                // An id as key that was never seen: only one of ours can be meant.
                None if whole(key) && left.len() == 1 => {
                    self.bind(key, left[0].clone());
                    left[0].clone()
                }
                None => key.clone(),
            };
            let at =
                left.iter().position(|key| **key == mine).ok_or_else(|| format!("{place}/{key}: ours lacks it"))?;
            left.remove(at);
            self.unify(value, &ours[&mine], &format!("{place}/{key}"))?;
        }
        if left.is_empty() { Ok(()) } else { Err(format!("{place}: ours has {left:?} too")) }
    }

    /// A text with symbols in it.
    pub fn text(&mut self, recorded: &str, ours: &str, place: &str) -> Result<(), String> {
        let (mut pattern, mut unbound, mut at) = ("(?s)^".to_owned(), Vec::new(), 0);
        let (recorded, cut) = match recorded.rsplit_once("<cut of ") {
            Some((start, _)) => (start, true),
            None => (recorded, false),
        };
        for found in SYMBOLS.captures_iter(recorded) {
            let all = found.get(0).unwrap();
            pattern.push_str(&regex::escape(&recorded[at..all.start()]));
            at = all.end();
            match (self.get(all.as_str()), &found[1]) {
                (Some(value), _) => pattern.push_str(&regex::escape(value)),
                (None, "time") => pattern.push_str(r"\d{4}-\d\d-\d\d(?:[T ][\d:.]+(?:Z|[+-]\d\d:?\d\d)?)?"),
                (None, "uuid") => pattern.push_str("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
                (None, "hex") => pattern.push_str("[0-9a-f]{32,128}"),
                (None, "id") => pattern.push_str(r"\S+"),
                (None, "n") => pattern.push_str(r"\d+"),
                (None, "random") => pattern.push_str(r"[\w-]+"),
                (None, "token") => {
                    pattern.push_str(r"(\S+)");
                    unbound.push(all.as_str().to_owned());
                }
                (None, _) => {
                    pattern.push_str(r"(\d+)");
                    unbound.push(all.as_str().to_owned());
                }
            }
        }
        pattern.push_str(&regex::escape(&recorded[at..]));
        if !cut {
            pattern.push('$');
        }
        let matched = regex::RegexBuilder::new(&pattern).size_limit(1 << 26).build().unwrap();
        let matched = matched.captures(ours).ok_or_else(|| format!("{place}: recorded {recorded:?}, ours {ours:?}"))?;
        for (index, symbol) in unbound.iter().enumerate() {
            let value = matched[index + 1].to_owned();
            match self.get(symbol) {
                Some(bound) if bound != value => return Err(format!("{place}: {symbol} is {bound}, not {value}")),
                _ if symbol.contains(':') => self.bind(symbol, value),
                _ => {}
            }
        }
        Ok(())
    }
}

/// Whether a text is one symbol and nothing else.
fn whole(text: &str) -> bool {
    let text = text.strip_prefix("str:").or_else(|| text.strip_prefix("int:")).unwrap_or(text);
    SYMBOLS.find(text).is_some_and(|found| found.as_str() == text)
}
