//! How the Forge CLI is called, and what of it is seen.

use super::scene::{Scene, TOKEN};
use crate::forge_cli::HANDED_ON;

const DEVELOPMENT: &str = "--to development --version 1.0.0 --release RELEASE-1.0.0";

#[test]
fn the_cli_gets_what_it_needs_and_nothing_else() {
    let scene = Scene::new();
    scene.bring("1.0.0", "development");
    let environment = scene.read("environment");
    let names: Vec<&str> = environment.lines().collect();
    let ours = ["FORGE_API_TOKEN", "FORGE_DISABLE_ANALYTICS", "FORGE_EMAIL"];
    for name in ours {
        assert!(names.contains(&name), "{name} is not in {names:?}");
    }
    // The last ones are the shell's own.
    let mut known = [HANDED_ON, &ours, &["PWD", "OLDPWD", "SHLVL", "_"]].concat();
    known.retain(|name| names.contains(name));
    assert_eq!(known.len(), names.len(), "{names:?}");
    assert!(!HANDED_ON.contains(&"FORGE_GRAPHQL_GATEWAY"));
    assert!(scene.read("folder").trim_end().ends_with("/repo/forge-app"));
}

#[test]
fn the_token_is_never_printed() {
    let scene = Scene::new();
    scene.approve(DEVELOPMENT);
    scene.fail_at(2);
    let error = scene.refused(DEVELOPMENT);
    let said = scene.said();
    assert!(said.contains("logged in with [redacted]") && said.contains("network error, sent [redacted]"), "{said}");
    assert!(!said.contains(TOKEN) && !error.contains(TOKEN));
    assert!(!scene.read("repo/promotions/ledger.jsonl").contains(TOKEN));
    assert!(!scene.calls().concat().contains(TOKEN));
    assert!(!format!("{:?}", scene.credentials).contains(TOKEN));
}

#[test]
fn promote_refuses_without_credentials_or_program() {
    let mut scene = Scene::new();
    scene.approve(DEVELOPMENT);
    scene.credentials = None;
    assert!(scene.refused(DEVELOPMENT).contains("gate Forge CLI: FORGE_EMAIL and FORGE_API_TOKEN are not both set"));
    assert!(scene.records().is_empty());
}

#[test]
fn a_cli_that_hangs_is_ended() {
    let scene = Scene::new();
    scene.approve(DEVELOPMENT);
    scene.write("hang", "");
    let error = scene.refused(&format!("{DEVELOPMENT} --time-limit 1"));
    assert!(error.contains("deploy: no end within 1 s"), "{error}");
}
