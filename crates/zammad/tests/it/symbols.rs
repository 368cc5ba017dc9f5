//! Values in place of the symbols of normalised recordings.

use serde_json::{Map, Value};

const TIME: &str = "2025-01-22T10:46:58.255Z";

/// Puts values in place of symbols, everywhere in a step. The rules, in this order:
///
/// - a whole text `str:<..>` is the value as a text, `int:<..>` as a number (the recording says which one Zammad sent);
/// - a whole text `<number:..>` is a ticket number: a text of digits;
/// - a whole text `<time>` is one fixed time in Zammad's own form;
/// - a whole text `<hex>`, `<token..>`, `<admin>` stays a text;
/// - every other whole text `<kind:name>`, `<absent>` and `<anyone>` is an id: a number that depends on the symbol alone,
///   so that the same symbol is the same id everywhere;
/// - a symbol inside of a longer text (paths, bodies, error texts) becomes the digits of its id.
pub(crate) fn valued(value: &Value) -> Value {
    match value {
        Value::String(text) => whole(text),
        Value::Array(values) => values.iter().map(valued).collect(),
        Value::Object(object) => {
            let inside = |(key, value): (&String, &Value)| (within(key), valued(value));
            Value::Object(object.iter().map(inside).collect::<Map<_, _>>())
        }
        other => other.clone(),
    }
}

/// The id that stands for a symbol: seven digits, by FNV-1a.
pub(crate) fn id(symbol: &str) -> u64 {
    let hash = symbol
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    1_000_000 + hash % 9_000_000
}

fn whole(text: &str) -> Value {
    if let Some(symbol) = text.strip_prefix("str:").filter(|symbol| is_symbol(symbol)) {
        return Value::from(id(symbol).to_string());
    }
    let text = text.strip_prefix("int:").filter(|symbol| is_symbol(symbol)).map_or(text, |symbol| symbol);
    match text {
        "<time>" => Value::from(TIME),
        _ if !is_symbol(text) => Value::from(within(text)),
        _ if text.starts_with("<number:") => Value::from(id(text).to_string()),
        "<absent>" | "<anyone>" => Value::from(id(text)),
        _ if text.contains(':') && !text.starts_with("<token") && !text.starts_with("<time") => Value::from(id(text)),
        _ => Value::from(text),
    }
}

/// One symbol and nothing else: no mark-up of a body, no blank.
fn is_symbol(text: &str) -> bool {
    let inner = text.strip_prefix('<').and_then(|rest| rest.strip_suffix('>'));
    inner.is_some_and(|inner| {
        !inner.is_empty()
            && inner.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_:.-/".contains(&byte))
            && !inner.starts_with('/')
    })
}

fn within(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(open) = rest.find('<') {
        let Some(close) = rest[open..].find('>').map(|close| open + close + 1) else { break };
        let symbol = &rest[open..close];
        out.push_str(&rest[..open]);
        if is_symbol(symbol) && (symbol.contains(':') || symbol == "<absent>") {
            out.push_str(&id(symbol).to_string());
        } else {
            out.push_str(symbol);
        }
        rest = &rest[close..];
    }
    out + rest
}

#[test]
fn symbols_become_values_of_the_right_kind() {
    let number = |symbol| Value::from(id(symbol));
    assert_eq!(whole("<ticket:a>"), number("<ticket:a>"));
    assert_ne!(whole("<ticket:a>"), whole("<ticket:a.2>"));
    assert_eq!(whole("<number:a>"), Value::from(id("<number:a>").to_string()));
    assert_eq!(whole("str:<group:a>"), Value::from(id("<group:a>").to_string()));
    assert_eq!(whole("int:<ticket:a>"), number("<ticket:a>"));
    assert_eq!(whole("<time>"), Value::from(TIME));
    assert_eq!(whole("<p>x</p>"), Value::from("<p>x</p>"));
    assert_eq!(whole("/tickets/<ticket:a>?x"), Value::from(format!("/tickets/{}?x", id("<ticket:a>"))));
}
