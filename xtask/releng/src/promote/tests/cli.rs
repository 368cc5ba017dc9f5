//! The environment and the output of the Forge CLI.

use super::support::{TOKEN, TestEnv};
use crate::forge_cli::HANDED_ON;

const DEVELOPMENT: &str = "--to development --version 1.0.0 --release RELEASE-1.0.0";

#[test]
fn the_cli_gets_listed_variables_only() {
    let env = TestEnv::new();
    env.deploy("1.0.0", "development");
    let environment = env.read("environment");
    let names: Vec<&str> = environment.lines().collect();
    let ours = ["FORGE_API_TOKEN", "FORGE_DISABLE_ANALYTICS", "FORGE_EMAIL"];
    for name in ours {
        assert!(names.contains(&name), "{name} is not in {names:?}");
    }
    // The last ones are set by the shell.
    let mut known = [HANDED_ON, &ours, &["PWD", "OLDPWD", "SHLVL", "_"]].concat();
    known.retain(|name| names.contains(name));
    assert_eq!(known.len(), names.len(), "{names:?}");
    assert!(!HANDED_ON.contains(&"FORGE_GRAPHQL_GATEWAY"));
    assert!(env.read("folder").trim_end().ends_with("/repo/forge-app"));
}

#[test]
fn the_token_is_never_printed() {
    let env = TestEnv::new();
    env.approve(DEVELOPMENT);
    env.fail_at(2);
    let error = env.refused(DEVELOPMENT);
    let printed = env.printed();
    assert!(
        printed.contains("logged in with [redacted]") && printed.contains("network error, sent [redacted]"),
        "{printed}"
    );
    assert!(!printed.contains(TOKEN) && !error.contains(TOKEN));
    assert!(!env.read("repo/promotions/ledger.jsonl").contains(TOKEN));
    assert!(!env.calls().concat().contains(TOKEN));
    assert!(!format!("{:?}", env.credentials).contains(TOKEN));
}

#[test]
fn refuses_without_credentials_or_program() {
    let mut env = TestEnv::new();
    env.approve(DEVELOPMENT);
    env.credentials = None;
    assert!(env.refused(DEVELOPMENT).contains("gate Forge CLI: FORGE_EMAIL and FORGE_API_TOKEN are not both set"));
    assert!(env.records().is_empty());
}

#[test]
fn a_cli_that_hangs_is_killed() {
    let env = TestEnv::new();
    env.approve(DEVELOPMENT);
    env.write("hang", "");
    let error = env.refused(&format!("{DEVELOPMENT} --time-limit 1"));
    assert!(error.contains("deploy: not finished within 1 s"), "{error}");
}
