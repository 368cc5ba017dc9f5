//! The set-up of the tests: a repository, its releases, three people and a script in place of the Forge CLI.

use std::cell::Cell;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use anyhow::Result;
use clap::Parser;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};
use xtask::command::Command;
use xtask::secret::Secret;

use crate::forge_cli::Credentials;
use crate::manifest::{FORMAT, Forge, PRODUCT, Release};
use crate::promote::git::Git;
use crate::promote::ledger::{self, Record};
use crate::promote::{Env, Options};
use crate::sign::{IDENTITY, NAMESPACE};

pub(super) const TOKEN: &str = "ATATT-not-to-be-seen";
const POLICY: &str = r#"
approvers = ["ann@example.com", "Ben@Example.com"]
[development]
soak_hours = 0
sites = ["dev.example"]
[staging]
soak_hours = 1
sites = []
[production]
soak_hours = 24
sites = ["one.example", "two.example"]
"#;

/// Writes approval files.
pub(super) const ANN: (&str, &str) = ("Ann", "ann@example.com");
/// Approves them.
pub(super) const BEN: (&str, &str) = ("Ben", "ben@example.com");
/// May approve nothing.
pub(super) const CY: (&str, &str) = ("Cy", "cy@example.com");

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    options: Options,
}

pub(super) struct TestEnv {
    home: TempDir,
    now: Cell<OffsetDateTime>,
    printed: Mutex<Vec<String>>,
    pub(super) credentials: Option<Credentials>,
}

impl TestEnv {
    /// A repository with a policy, and the release 1.0.0.
    pub(super) fn new() -> Self {
        Self::with_policy(str::to_owned)
    }

    /// The same with an edited policy.
    pub(super) fn with_policy(edit: impl FnOnce(&str) -> String) -> Self {
        let began = OffsetDateTime::from_unix_timestamp(1_790_000_000).unwrap();
        let env = Self {
            home: TempDir::new().unwrap(),
            now: Cell::new(began),
            printed: Mutex::default(),
            credentials: Some(Credentials {
                email: "ops@example.com".to_owned(),
                token: Secret::new(TOKEN.to_owned()),
            }),
        };
        for folder in ["repo/promotions", "repo/forge-app", "bin"] {
            fs::create_dir_all(env.path(folder)).unwrap();
        }
        env.git(ANN, &["init", "--quiet", "--initial-branch=main"]);
        for (key, value) in [("user.name", "Dee"), ("user.email", "dee@example.com"), ("commit.gpgsign", "false")] {
            env.git(ANN, &["config", key, value]);
        }
        env.write("repo/promotions/policy.toml", &edit(POLICY));
        env.write("repo/forge-app/manifest.yml", "app: {}\n");
        env.write("repo/promotions/ledger.jsonl", "");
        env.commit(ANN, "Begin");
        env.make_key("key");
        let public = fs::read_to_string(env.path("key.pub")).unwrap();
        env.write("signers", &format!("{IDENTITY} namespaces=\"{NAMESPACE}\" {public}"));
        env.write_fake_cli();
        env.release("1.0.0");
        env
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    pub(super) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    pub(super) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    pub(super) fn now(&self) -> OffsetDateTime {
        self.now.get()
    }

    pub(super) fn wait(&self, hours: i64) {
        self.now.set(self.now.get() + Duration::hours(hours));
    }

    /// Runs git as a person, at the time of the test, without the machine's configuration.
    pub(super) fn git(&self, (name, mail): (&str, &str), arguments: &[&str]) -> String {
        let date = self.now.get().format(&Rfc3339).unwrap();
        let mut command = Command::new("git");
        for role in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{role}_NAME"), name).env(format!("GIT_{role}_EMAIL"), mail);
            command.env(format!("GIT_{role}_DATE"), &date);
        }
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
        run(command.args(arguments).current_dir(self.path("repo")))
    }

    pub(super) fn commit(&self, who: (&str, &str), subject: &str) {
        self.git(who, &["add", "--all"]);
        self.git(who, &["commit", "--quiet", "-m", subject]);
    }

    /// Tags HEAD and publishes a release of it in `release-<version>`.
    pub(super) fn release(&self, version: &str) {
        self.git(ANN, &["tag", &format!("v{version}")]);
        let release = Release {
            format: FORMAT,
            product: PRODUCT.to_owned(),
            version: version.to_owned(),
            commit: self.git(ANN, &["rev-parse", "HEAD"]),
            source_date_epoch: 1_790_000_000,
            previous: None,
            images: Vec::new(),
            forge: Forge {
                tag: format!("v{version}"),
                bundle_sha256: "0".repeat(64),
                scopes: Vec::new(),
                egress: false,
                sbom_sha256: "0".repeat(64),
            },
        };
        let folder = format!("release-{version}");
        fs::create_dir(self.path(&folder)).unwrap();
        self.write(&format!("{folder}/release.json"), &serde_json::to_string(&release).unwrap());
        self.write(&format!("{folder}/{PRODUCT}-{version}-linux-amd64.tar"), &format!("the kit of {version}"));
        self.sum_up(version);
    }

    /// Lists and signs what is in the release's folder.
    pub(super) fn sum_up(&self, version: &str) {
        let folder = format!("release-{version}");
        let mut lines = Vec::new();
        for entry in fs::read_dir(self.path(&folder)).unwrap().flatten() {
            let name = entry.file_name().into_string().unwrap();
            if !name.starts_with("SHA256SUMS") {
                lines.push(format!("{}  {name}\n", hex::encode(Sha256::digest(fs::read(entry.path()).unwrap()))));
            }
        }
        lines.sort();
        self.write(&format!("{folder}/SHA256SUMS"), &lines.concat());
        self.sign(version, "key", NAMESPACE);
    }

    pub(super) fn sign(&self, version: &str, key: &str, namespace: &str) {
        let sums = self.path(&format!("release-{version}/SHA256SUMS"));
        let _ = fs::remove_file(sums.with_extension("sig"));
        let mut keygen = Command::new("ssh-keygen");
        run(keygen.args(["-q", "-Y", "sign", "-n", namespace, "-f"]).arg(self.path(key)).arg(sums));
    }

    pub(super) fn make_key(&self, name: &str) {
        run(Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(self.path(name)));
    }

    /// Runs `promote` with these arguments; the release's folder, the signers and the CLI are added.
    pub(super) fn promote(&self, words: &str) -> Result<()> {
        self.printed.lock().unwrap().clear();
        let mut arguments =
            vec!["promote".to_owned(), "--forge".to_owned(), self.path("bin/forge").display().to_string()];
        arguments.extend(["--allowed-signers".to_owned(), self.path("signers").display().to_string()]);
        for word in words.split(' ') {
            arguments.push(word.replace("RELEASE-", &self.path("release-").display().to_string()));
        }
        let options = Cli::parse_from(arguments).options;
        let printed = &self.printed;
        let env = Env {
            git: Git::new(&self.path("repo")),
            clock: &|| self.now(),
            credentials: self.credentials.clone(),
            print: &|line| printed.lock().unwrap().push(line.to_owned()),
        };
        env.run(&options)
    }

    /// Runs `promote` and returns its error.
    pub(super) fn refused(&self, words: &str) -> String {
        let error = self.promote(words).expect_err("should have been refused");
        format!("{error:#}")
    }

    /// Ann proposes, Ben merges.
    pub(super) fn approve(&self, words: &str) {
        self.propose(words);
        self.merge(BEN, "Merge a promotion\n\nSigned-off-by: Ben <ben@example.com>");
    }

    /// Commits Ann's approval file on the branch `proposal`, then checks out `main` again.
    pub(super) fn propose(&self, words: &str) {
        self.git(ANN, &["checkout", "--quiet", "-B", "proposal"]);
        self.promote(&format!("{words} --propose --reason tested")).unwrap();
        self.commit(ANN, "Propose");
        self.git(ANN, &["checkout", "--quiet", "main"]);
    }

    pub(super) fn merge(&self, who: (&str, &str), message: &str) {
        self.git(who, &["merge", "--quiet", "--no-ff", "proposal", "-m", message]);
    }

    /// Approves and promotes a version, and commits the ledger.
    pub(super) fn deploy(&self, version: &str, environment: &str) {
        let words = format!("--to {environment} --version {version} --release RELEASE-{version}");
        self.approve(&words);
        self.promote(&words).unwrap();
        self.commit(CY, "Record");
    }

    pub(super) fn printed(&self) -> String {
        self.printed.lock().unwrap().join("\n")
    }

    pub(super) fn records(&self) -> Vec<Record> {
        let records = ledger::parse(self.read("repo/promotions/ledger.jsonl").as_bytes()).unwrap();
        records.into_iter().map(|(_, record)| record).collect()
    }

    /// The arguments of the CLI's calls since this was last called.
    pub(super) fn calls(&self) -> Vec<String> {
        let calls = self.read("calls").lines().map(str::to_owned).collect();
        let _ = fs::remove_file(self.path("calls"));
        calls
    }

    /// Makes the n-th call fail from now on; 0 for none.
    pub(super) fn fail_at(&self, call: u32) {
        self.write("fail", &call.to_string());
    }

    fn write_fake_cli(&self) {
        let script = r#"#!/bin/sh
printf '%s\n' "$*" >> HOME/calls
env | cut -d= -f1 > HOME/environment
pwd > HOME/folder
if [ -e HOME/hang ]; then exec sleep 60; fi
if [ "$(wc -l < HOME/calls)" = "$(cat HOME/fail 2>/dev/null)" ]; then
  echo "Error: network error, sent $FORGE_API_TOKEN" >&2
  exit 1
fi
echo "logged in with $FORGE_API_TOKEN"
"#;
        self.script("bin/forge", &script.replace("HOME", &self.home.path().display().to_string()));
    }

    /// Writes an executable script.
    pub(super) fn script(&self, name: &str, text: &str) {
        self.write(name, text);
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o755)).unwrap();
    }
}

fn run(command: &mut Command) -> String {
    String::from_utf8(command.bytes().unwrap()).unwrap().trim_end().to_owned()
}

/// Changes one byte of a file.
pub(super) fn flip(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    bytes[0] ^= 1;
    fs::write(path, bytes).unwrap();
}
