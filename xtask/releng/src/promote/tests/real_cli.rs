//! A promotion with the real Forge CLI. A gateway on loopback takes the place of Atlassian.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::gateway::{Gateway, Request};
use super::support::{TOKEN, TestEnv};
use crate::promote::change::Step;
use crate::promote::ledger::{Event, Outcome};

const DEVELOPMENT: &str = "--to development --version 1.0.0 --release RELEASE-1.0.0 --site dev.atlassian.net";

#[test]
fn the_real_cli_deploys_the_tag_fails_and_resumes() {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let cli = package.join("tools/node_modules/@forge/cli/package.json");
    assert!(cli.exists(), "the Forge CLI is missing: npm ci --prefix xtask/releng/tools");
    let gateway = Gateway::start();
    let env = TestEnv::with_policy(|policy| policy.replace("\"dev.example\"", ""));
    let manifest = std::fs::read_to_string(package.join("../../forge-app/manifest.yml")).unwrap();
    env.write("repo/forge-app/manifest.yml", &manifest);
    std::fs::create_dir(env.path("repo/forge-app/src")).unwrap();
    env.write("repo/forge-app/src/index.ts", "export const exchange = () => {};\n");
    env.script(
        "bin/forge",
        &format!(
            "#!/bin/sh\nexport HTTPS_PROXY=http://127.0.0.1:9 FORGE_GRAPHQL_GATEWAY={} HOME={}\nexec {} \"$@\"\n",
            gateway.url(),
            env.path("").display(),
            package.join("tools/forge").display(),
        ),
    );
    env.commit(super::support::CY, "Add the app");
    env.approve(DEVELOPMENT);

    // The connection breaks at the deployment: nothing is done.
    gateway.cut("forge_cli_deployApplication");
    let error = env.refused(DEVELOPMENT);
    assert!(error.contains("deploy: exit status: 1"), "{error}");
    assert!(!gateway.requests().iter().any(|request| request.operation == "forge_cli_upgradeApplication"));
    let Event::Ended { done, .. } = env.records().pop().unwrap().event else { panic!("no end") };
    assert!(done.is_empty(), "{done:?}");

    // The connection breaks while the site is upgraded.
    gateway.cut("forge_cli_upgradeApplication");
    let error = env.refused(DEVELOPMENT);
    let printed = env.printed();
    assert!(error.contains("install on dev.atlassian.net: exit status: 1"), "{error}\n{printed}");
    let requests = gateway.requests();
    let deployment = variables(&requests, "forge_cli_deployApplication");
    assert_eq!(deployment["input"]["buildTag"], "v1.0.0");
    assert_eq!(deployment["input"]["environmentKey"], "default", "what the CLI calls development");
    assert_eq!(variables(&requests, "forge_cli_appPreDeploymentCheck")["input"]["buildTag"], "v1.0.0");
    assert_eq!(variables(&requests, "getTenantContextDetails")["hostNames"][0], "dev.atlassian.net");
    let login = format!("Basic {}", STANDARD.encode(format!("ops@example.com:{TOKEN}")));
    let mut calls = requests.iter().filter(|request| !request.operation.is_empty());
    assert!(calls.all(|request| request.authorization == login), "{requests:?}");
    let Event::Ended { outcome, done, .. } = env.records().pop().unwrap().event else { panic!("no end") };
    assert_eq!((outcome, &done[..]), (Outcome::Failed, &[Step::Deploy][..]));

    // The same command again: no second deployment, and the upgrade.
    gateway.cut("");
    env.promote(DEVELOPMENT).unwrap();
    let requests = gateway.requests();
    assert!(!requests.iter().any(|request| request.operation == "forge_cli_deployApplication"), "{requests:?}");
    assert_eq!(variables(&requests, "forge_cli_upgradeApplication")["input"]["environmentKey"], "default");
    let Event::Ended { outcome, done, .. } = env.records().pop().unwrap().event else { panic!("no end") };
    assert_eq!((outcome, done.len()), (Outcome::Done, 2));
    assert!(!(printed + &env.printed()).contains(TOKEN));
}

fn variables<'a>(requests: &'a [Request], operation: &str) -> &'a serde_json::Value {
    let found = requests.iter().find(|request| request.operation == operation);
    &found.unwrap_or_else(|| panic!("{operation} was never requested: {requests:?}")).variables
}
