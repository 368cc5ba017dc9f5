//! Reads a list of people that an admin pasted: one pair a line, the agent (id, or e-mail address if the sidecar told it) and the
//! Atlassian account id, separated by comma, semicolon or tab. Nothing is saved.

use std::collections::BTreeSet;

use schema::settings::Identity;
use serde_json::Value;

use crate::json::json;
use crate::platform::{Platform, PlatformError};
use crate::sidecar_info;

/// Maximum number of lines: as many people as the settings can have.
const MAX_LINES: usize = 2_000;

/// Returns `{pairs, faults:[{line, reason}]}` for `{csv}`; lines count from 1. The reasons: `form`, `agent` (nobody with this id or
/// address), `account`, `twice`. An empty line and one that begins with `#` are left out, and so is a first line that names the
/// columns.
pub(crate) async fn read(platform: &impl Platform, payload: &Value) -> Result<Value, PlatformError> {
    let names = sidecar_info::names(platform).await?;
    let agents: Vec<(u64, String)> = names.iter().flat_map(agents_of).collect();
    let (mut pairs, mut faults) = (Vec::<Identity>::new(), Vec::new());
    let mut known = BTreeSet::new();
    let lines = payload["csv"].as_str().unwrap_or_default().lines().zip(1_u32..);
    for (line, number) in lines.take(MAX_LINES) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        match pair(line, &agents) {
            Ok(pair) if !known.insert(pair.zammad.to_string()) | !known.insert(format!("a{}", pair.account_id)) => {
                faults.push(json!({ "line": number, "reason": "twice" }));
            }
            Ok(pair) => pairs.push(pair),
            // The names of the columns.
            Err(_) if number == 1 && !line.contains('@') && !line.chars().any(|c| c.is_ascii_digit()) => {}
            Err(reason) => faults.push(json!({ "line": number, "reason": reason })),
        }
    }
    Ok(json!({ "pairs": pairs, "faults": faults }))
}

fn agents_of(names: &Value) -> Vec<(u64, String)> {
    let agents = names["names"]["agents"].as_array().into_iter().flatten();
    let of = |agent: &Value| Some((agent["id"].as_u64()?, agent["email"].as_str().unwrap_or_default().to_lowercase()));
    agents.filter_map(of).collect()
}

fn pair(line: &str, agents: &[(u64, String)]) -> Result<Identity, &'static str> {
    let mut parts = line.split([',', ';', '\t']).map(|part| part.trim().trim_matches('"').trim());
    let (Some(agent), Some(account), None) = (parts.next(), parts.next(), parts.next()) else { return Err("form") };
    let zammad = match agent.parse::<u64>() {
        // Without a list (privacy mode) every id is taken; the sidecar reports one that nobody has.
        Ok(id) if id > 0 && (agents.is_empty() || agents.iter().any(|(known, _)| *known == id)) => id,
        Ok(_) => return Err("agent"),
        Err(_) => {
            let address = agent.to_lowercase();
            let mut found = agents.iter().filter(|(_, email)| !address.is_empty() && *email == address);
            match (found.next(), found.next()) {
                (Some((id, _)), None) => *id,
                _ => return Err("agent"),
            }
        }
    };
    // Account ids: 24 hexadecimal digits, or `<number>:<uuid>`.
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '-' | '_');
    if account.len() < 3 || account.len() > 128 || !account.chars().all(is_allowed) {
        return Err("account");
    }
    Ok(Identity { zammad, account_id: account.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_is_a_pair_or_a_reason() {
        let agents = [(3, "ada@x.example".to_owned()), (4, "same@x.example".into()), (5, "same@x.example".into())];
        for (line, expected) in [
            ("3,5b10a2844c20165700ede21g", Ok((3, "5b10a2844c20165700ede21g"))),
            ("ADA@x.example ; \"712020:0b2c-1\"", Ok((3, "712020:0b2c-1"))),
            ("3\tacc-1", Ok((3, "acc-1"))),
            ("9,acc-1", Err("agent")),
            ("0,acc-1", Err("agent")),
            ("same@x.example,acc-1", Err("agent")),
            (",acc-1", Err("agent")),
            ("3,=cmd()", Err("account")),
            ("3,", Err("account")),
            ("3", Err("form")),
            ("3,a,b", Err("form")),
        ] {
            let read = pair(line, &agents);
            assert_eq!(
                read.as_ref().map(|pair| (pair.zammad, pair.account_id.as_str())).map_err(|reason| *reason),
                expected,
                "{line}"
            );
        }
        assert_eq!(pair("9,acc-1", &[]).map(|pair| pair.zammad), Ok(9), "no list of agents");
    }
}
