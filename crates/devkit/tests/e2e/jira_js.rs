//! A third party's client, jira.js, against the simulator as a program. Its requests are compared with the description,
//! too.

use std::process::Stdio;

use devkit::harness::Built;
use devkit::jira_sim::Exchange;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

use crate::support::contract::Contract;
use crate::support::{LONG, client};

#[tokio::test]
async fn jira_js_works_with_the_simulator() {
    let built = Built::of_workspace().unwrap();
    let mut sim = Command::new(env!("CARGO_BIN_EXE_devkit"))
        .args(["jira-sim", "--sample-data", "--record"])
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(sim.stdout.take().unwrap()).lines();
    let line = tokio::time::timeout(LONG, lines.next_line()).await.unwrap().unwrap().unwrap();
    let words: Vec<&str> = line.split(' ').collect();
    let [url, email, token] = words.as_slice() else { panic!("{line}") };
    let (email, token) = (email.strip_prefix("email=").unwrap(), token.strip_prefix("api_token=").unwrap());

    let ran = Command::new(built.node())
        .args(["--disable-warning=ExperimentalWarning", "tests/jira-js.ts", url, email, token])
        .current_dir(&built.app)
        .kill_on_drop(true)
        .output();
    let ran = tokio::time::timeout(LONG, ran).await.unwrap().unwrap();
    let output = String::from_utf8_lossy(&ran.stdout).into_owned() + &String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{output}");

    let exchanges = client().get(format!("{url}/__sim/exchanges")).send().await.unwrap();
    let exchanges: Vec<Exchange> = exchanges.json().await.unwrap();
    assert!(exchanges.len() > 60, "{} requests", exchanges.len());
    let mut contract = Contract::published();
    let faults = contract.faults(&exchanges);
    assert!(faults.is_empty(), "{} of {}:\n{}", faults.len(), exchanges.len(), faults.join("\n"));
}
