//! Log messages are fixed texts: a value in a message would bypass the list of fields and the scrubbing of each field
//! (`redaction::logs`). A field that is not on that list is never printed, so it is a fault too.

use anyhow::{Context, Result};

use super::source::{Call, calls};

const MACROS: &[&str] = &["debug", "error", "event", "info", "trace", "warn"];

/// The names in `redaction::logs::FIELDS`, read from its source: xtask uses none of our crates.
pub(super) fn listed_fields(source: &str) -> Result<Vec<&str>> {
    let (_, list) = source.split_once("pub const FIELDS: &[&str] = &[").context("redaction::logs has no FIELDS")?;
    let (list, _) = list.split_once("];").context("FIELDS does not end")?;
    Ok(list.split('"').skip(1).step_by(2).collect())
}

/// One text for each fault, with its line in front.
pub(super) fn faults(code: &str, listed: &[&str]) -> Vec<String> {
    let mut faults = Vec::new();
    for call in calls(code, MACROS) {
        let place = format!("{}: {}!", call.line, call.name);
        faults.extend(fault(&call).map(|why| format!("{place} {why}")));
        let fields =
            call.arguments.iter().take_while(|argument| !is_text(argument)).filter_map(|argument| field(argument));
        let unlisted = fields.filter(|name| *name != "message" && !listed.contains(name));
        faults.extend(unlisted.map(|name| format!("{place} has a field that redaction::logs does not list: {name}")));
    }
    faults
}

/// The field that an argument sets: `name = value`, `?name`, `%name` or `name`.
pub(super) fn field(argument: &str) -> Option<&str> {
    let (name, is_set) = match argument.split_once('=') {
        Some((name, _)) => (name.trim().trim_matches('"'), true),
        None => (argument.trim_start_matches(['?', '%']), false),
    };
    let letter = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '.';
    let is_name = !name.is_empty() && name.chars().all(letter) && !(is_set && name.starts_with(char::is_numeric));
    is_name.then_some(name)
}

fn fault(call: &Call<'_>) -> Option<&'static str> {
    if call.arguments.iter().any(|argument| field(argument) == Some("message")) {
        return Some("sets the field `message`; write a fixed text as the last argument");
    }
    let Some(at) = call.arguments.iter().position(|argument| is_text(argument)) else {
        // A macro or constant in its place could hold anything.
        let last = call.arguments.last()?;
        let made = last.contains("format!") || last.contains("concat!") || last.contains("format_args!");
        return (made && !last.contains('=')).then_some("has a computed message; write a fixed text");
    };
    if call.arguments[at].contains('{') {
        return Some("puts values into its message; give each a listed field");
    }
    (at + 1 < call.arguments.len())
        .then_some("has arguments after its message; give each a listed field in front of it")
}

/// Whether the argument is a string alone; `"quoted.name" = value` is a field.
pub(super) fn is_text(argument: &str) -> bool {
    let body = argument.strip_prefix('r').map_or(argument, |raw| raw.trim_matches('#'));
    body.starts_with('"') && body.ends_with('"') && body.len() > 1
}

#[cfg(test)]
mod tests {
    use super::*;

    const LISTED: &[&str] = &["code", "count", "quoted.name", "ticket_id", "took_ms"];

    #[test]
    fn fixed_texts_pass() {
        for good in [
            r#"tracing::info!("ready")"#,
            r#"info!(ticket_id, code = %error.code(), "stored")"#,
            r#"warn!(target: "x", count = 3, ?code, "slow")"#,
            r#"error!("quoted.name" = 3, "failed")"#,
            r#"info!(name: "{}", count = list.len())"#,
            r#"event!(Level::INFO, took_ms = f("{a}", b), "done")"#,
            "info!(ticket_id)",
        ] {
            assert!(faults(good, LISTED).is_empty(), "{good}: {:?}", faults(good, LISTED));
        }
    }

    #[test]
    fn values_in_messages_are_faults() {
        for bad in [
            r#"tracing::info!("ticket {id}")"#,
            r#"info!("ticket {}", id)"#,
            r##"warn!(count, r#"got "{count}""#)"##,
            r#"debug!("a", b)"#,
            r#"error!(message = text)"#,
            r#"info!(format!("x {y}"))"#,
            "error!(\n    code,\n    \"failed: {error}\",\n);",
        ] {
            assert_eq!(faults(bad, LISTED).len(), 1, "{bad}");
        }
        assert!(faults("\ninfo!(\"{a}\")", LISTED)[0].starts_with("2: info! puts values"));
    }

    #[test]
    fn unlisted_fields_are_faults() {
        for bad in ["info!(title)", "info!(%title, \"x\")", "warn!(title = %text, \"x\")", "debug!(a.title = 1, \"x\")"]
        {
            assert_eq!(faults(bad, LISTED).len(), 1, "{bad}");
        }
    }

    #[test]
    fn the_list_is_read_from_source() -> Result<()> {
        let source = "/// Every name.\npub const FIELDS: &[&str] = &[\n    \"action\",\n    \"code\",\n];\n";
        assert_eq!(listed_fields(source)?, ["action", "code"]);
        assert!(listed_fields("const FIELDS: &[&str] = &[];").is_err());
        Ok(())
    }
}
