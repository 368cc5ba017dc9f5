//! `release --dry-run` in real git repositories: every check with its verdict, and nothing changed.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::path::PathBuf;
use std::process::Output;

use tempfile::TempDir;
use xtask::command::Command;
use xtask::secret::Secret;

/// A repository with what the checks read, ready to release 1.2.3.
struct TestEnv {
    folder: TempDir,
}

impl TestEnv {
    fn new() -> Self {
        let env = Self { folder: tempfile::tempdir().unwrap() };
        env.write("repo/Cargo.toml", "[workspace.package]\nversion = \"1.2.3\"\n");
        env.write("repo/CHANGELOG.md", "# Changelog\n\n## [1.2.3] - 2026-11-26\n\n- Something.\n");
        env.write("repo/forge-app/manifest.yml", "permissions: {scopes: ['read:jira-work']}\n");
        env.write("repo/xtask/releng/tools/forge", "#!/bin/sh\nexit 1\n");
        env.git(&["init", "--quiet", "--initial-branch=main"]);
        env.commit();
        env.git(&["tag", "v1.2.3"]);
        env.prove(&env.git(&["rev-parse", "HEAD"]), true, true);
        let mut keygen = Command::new("ssh-keygen");
        run(keygen.args(["-q", "-t", "ed25519", "-N", "", "-C", "", "-f"]).arg(env.path("key")));
        env
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn git(&self, arguments: &[&str]) -> String {
        let mut git = Command::new("git");
        git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
        for role in ["AUTHOR", "COMMITTER"] {
            git.env(format!("GIT_{role}_NAME"), "Ann").env(format!("GIT_{role}_EMAIL"), "ann@example.com");
        }
        run(git.arg("-C").arg(self.path("repo")).args(arguments))
    }

    fn commit(&self) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "-m", "A commit"]);
    }

    fn prove(&self, commit: &str, clean: bool, complete: bool) {
        let proof =
            format!("{{\"commit\":\"{commit}\",\"clean\":{clean},\"complete\":{complete},\"passed\":[\"fmt\"]}}");
        self.write("proof.json", &proof);
    }

    fn release(&self, change: impl FnOnce(&mut Command)) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_releng"));
        command.args(["release", "--dry-run", "--to"]).arg(self.path("published"));
        command.arg("--ci-proof").arg(self.path("proof.json"));
        command.env("XTASK_ROOT", self.path("repo")).env("CARGO_TARGET_DIR", self.path("target"));
        command.secret("RELEASE_SSH_KEY", &Secret::new(fs::read_to_string(self.path("key")).unwrap()));
        command
            .env("FORGE_EMAIL", "ann@example.com")
            .secret("FORGE_API_TOKEN", &Secret::new("token-of-the-test".to_owned()));
        change(&mut command);
        command.output().unwrap()
    }

    /// Checks that a release is refused for this reason, and that nothing was changed.
    #[track_caller]
    fn refused(&self, name: &str, reason: &str) {
        let output = self.release(|_| ());
        let printed = text(&output.stdout);
        let line =
            printed.lines().find(|line| line.starts_with(&format!("check: {name}: REFUSED"))).unwrap_or_default();
        assert!(line.contains(reason) && !output.status.success(), "{printed}{}", text(&output.stderr));
        self.is_untouched();
    }

    fn is_untouched(&self) {
        assert!(!self.path("target").exists(), "something was built");
        let published = fs::read_dir(self.path("published")).map_or(0, Iterator::count);
        assert_eq!(published, 0, "something was published");
    }
}

fn run(command: &mut Command) -> String {
    text(&command.bytes().unwrap()).trim().to_owned()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_dry_run_shows_every_step_and_runs_none() {
    let env = TestEnv::new();
    let output = env.release(|_| ());
    let printed = text(&output.stdout);
    assert!(output.status.success(), "{printed}{}", text(&output.stderr));
    for line in [
        "plan: v1.2.3 from",
        "plan: the previous release is none",
        "check: clean tree: ok",
        "check: version: ok",
        "check: tag: ok",
        "check: changelog: ok",
        "check: green CI: ok",
        "check: permissions of the Forge app: ok",
        "check: Forge CLI: ok",
        "build: not done",
        "publish: not done",
        "upload: not done",
        "announce: not done",
    ] {
        assert!(printed.lines().any(|found| found.starts_with(line)), "{line}: {printed}");
    }
    assert!(!printed.contains("token-of-the-test") && !printed.contains("PRIVATE KEY"), "{printed}");
    env.is_untouched();
}

#[test]
fn refuses_a_dirty_tree() {
    let env = TestEnv::new();
    env.write("repo/new", "x");
    env.refused("clean tree", "in no commit");
}

#[test]
fn refuses_a_missing_tag_and_one_on_another_commit() {
    let env = TestEnv::new();
    env.git(&["tag", "--delete", "v1.2.3"]);
    env.refused("tag", "there is no tag v1.2.3");
    env.git(&["tag", "v1.2.3"]);
    env.write("repo/new", "x");
    env.commit();
    env.refused("tag", "v1.2.3 is on");
}

#[test]
fn refuses_a_version_that_the_changelog_lacks() {
    let env = TestEnv::new();
    env.write("repo/CHANGELOG.md", "# Changelog\n\n## [1.2.2]\n\n- Old.\n");
    env.refused("changelog", "no section for 1.2.3");
}

#[test]
fn refuses_a_missing_proof_and_one_of_another_commit() {
    let env = TestEnv::new();
    let head = env.git(&["rev-parse", "HEAD"]);
    env.prove(&"0".repeat(40), true, true);
    env.refused("green CI", "the proof is for 0000");
    env.prove(&head, false, true);
    env.refused("green CI", "changes that are in no commit");
    env.prove(&head, true, false);
    env.refused("green CI", "the proof covers fmt only");
    env.write("proof.json", "nonsense");
    env.refused("green CI", "is not a proof");
    fs::remove_file(env.path("proof.json")).unwrap();
    env.refused("green CI", "cannot read");
}

#[test]
fn refuses_an_app_with_egress() {
    let env = TestEnv::new();
    env.write("repo/forge-app/manifest.yml", "permissions: {scopes: [], external: {fetch: {backend: ['*']}}}\n");
    env.refused("permissions of the Forge app", "declares egress");
}

#[test]
fn names_a_missing_or_invalid_key_without_showing_it() {
    let env = TestEnv::new();
    for (key, printed) in [(None, "holds no key"), (Some("my-secret-that-is-no-key"), "is no private key")] {
        let output = env.release(|command| {
            command.env_remove("RELEASE_SSH_KEY");
            key.map(|key| command.secret("RELEASE_SSH_KEY", &Secret::new(key.to_owned())));
        });
        let all = format!("{}{}", text(&output.stdout), text(&output.stderr));
        assert!(all.contains("check: key to sign with: REFUSED: RELEASE_SSH_KEY") && all.contains(printed), "{all}");
        assert!(!all.contains("my-secret"), "{all}");
        assert!(!output.status.success(), "a dry run fails as a run would");
    }
}

#[test]
fn refuses_a_missing_forge_cli_or_login() {
    let env = TestEnv::new();
    fs::remove_file(env.path("repo/xtask/releng/tools/forge")).unwrap();
    env.refused("Forge CLI", "there is no program");
    let env = TestEnv::new();
    let output = env.release(|command| {
        command.env_remove("FORGE_API_TOKEN");
    });
    assert!(text(&output.stdout).contains("FORGE_EMAIL and FORGE_API_TOKEN are not both set"));
}
