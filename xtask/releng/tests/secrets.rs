//! No verb of releng shows a secret: not in an error of its own, and not through a program that fails and prints everything.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Output;

use tempfile::TempDir;
use xtask::command::Command;

const PLANTED: &str = "plantedsecret0123456789";

struct TestEnv {
    folder: TempDir,
}

impl TestEnv {
    /// A repository, and programs that print everything and fail; git is real.
    fn new() -> Self {
        let env = Self { folder: tempfile::tempdir().unwrap() };
        fs::create_dir_all(env.path("bin")).unwrap();
        fs::create_dir_all(env.path("repo/forge-app")).unwrap();
        for program in ["cargo", "npm", "rustc", "rustup", "apt-get", "timeout", "ld.lld"] {
            env.script(program, "[ \"$*\" = --version ] && exit 0\nenv\nenv >&2\necho \"ran $0\"\nexit 1");
        }
        fs::write(env.path("repo/forge-app/manifest.yml"), "app: {}\n").unwrap();
        fs::write(env.path("repo/Cargo.toml"), "[workspace.package]\nversion = \"1.2.3\"\n").unwrap();
        for arguments in [&["init", "--quiet"][..], &["add", "."], &["commit", "--quiet", "-m", "A commit"]] {
            let mut git = Command::new("git");
            git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
            for role in ["AUTHOR", "COMMITTER"] {
                git.env(format!("GIT_{role}_NAME"), "Ann").env(format!("GIT_{role}_EMAIL"), "ann@example.com");
            }
            git.args(arguments).current_dir(env.path("repo")).run().unwrap();
        }
        let mut keygen = Command::new("ssh-keygen");
        keygen.args(["-q", "-t", "ed25519", "-N", "", "-C", "", "-f"]).arg(env.path("key")).run().unwrap();
        env
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn script(&self, name: &str, text: &str) {
        let path = self.path("bin").join(name);
        fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn releng(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_releng"));
        command.args(arguments.split(' ')).current_dir(self.path("repo"));
        command.env("XTASK_ROOT", self.path("repo")).env("CARGO_TARGET_DIR", self.path("target"));
        command.env("CARGO", self.path("bin/cargo")).env("XTASK_WASM_BUILD", "/bin/false");
        command.env("PATH", format!("{}:/usr/bin:/bin", self.path("bin").display()));
        command
    }

    /// The lines of a good key, without its frame.
    fn key(&self) -> String {
        fs::read_to_string(self.path("key")).unwrap()
    }
}

/// Everything that a failed call printed, after a check that no secret is in it.
#[track_caller]
fn printed(output: Output, secrets: &str) -> String {
    let printed = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    for line in secrets.lines().map(str::trim).filter(|line| line.len() > 5) {
        assert!(!printed.contains(line), "{line}: {printed}");
    }
    assert!(!printed.contains(PLANTED) && !printed.contains("PRIVATE KEY"), "{printed}");
    assert!(!output.status.success(), "{printed}");
    printed
}

#[test]
fn a_failing_step_of_a_kit_shows_no_key() {
    let env = TestEnv::new();
    let mut kit = env.releng("kit --out out");
    kit.env("RELEASE_SSH_KEY", env.key()).env("FORGE_API_TOKEN", PLANTED).env("AWS_SECRET_ACCESS_KEY", PLANTED);
    let printed = printed(kit.output().unwrap(), &env.key());
    assert!(printed.contains("ran ") && printed.contains("\nkit: "), "{printed}");
}

#[test]
fn a_failing_step_of_a_rebuild_shows_no_key() {
    let env = TestEnv::new();
    let mut rebuild = env.releng("rebuild --times 2 --arch amd64");
    rebuild.env("RELEASE_SSH_KEY", env.key()).env("FORGE_API_TOKEN", PLANTED);
    let printed = printed(rebuild.output().unwrap(), &env.key());
    assert!(printed.contains("\nrebuild: build in a"), "{printed}");
    assert!(printed.contains("ran ") && printed.contains("\nkit: "), "the inner build has run: {printed}");
}

#[test]
fn keys_that_cannot_be_read_are_not_shown() {
    let env = TestEnv::new();
    let bytes = OsString::from_vec([PLANTED.as_bytes(), b"\xff"].concat());
    for (name, value, error) in [
        ("RELEASE_SSH_KEY", OsString::from(PLANTED), "RELEASE_SSH_KEY is no private key"),
        ("RELEASE_SSH_KEY", bytes.clone(), "RELEASE_SSH_KEY is not UTF-8"),
        ("RELEASE_MINISIGN_KEY", OsString::from(PLANTED), "RELEASE_MINISIGN_KEY is no secret key"),
        ("RELEASE_MINISIGN_KEY", bytes.clone(), "RELEASE_MINISIGN_KEY is not UTF-8"),
        ("RELEASE_MINISIGN_PASSWORD", bytes, "RELEASE_MINISIGN_PASSWORD is not UTF-8"),
    ] {
        let mut kit = env.releng("kit --out out");
        kit.env("RELEASE_SSH_KEY", env.key()).env(name, value);
        let printed = printed(kit.output().unwrap(), &env.key());
        assert!(printed.contains(error), "{printed}");
    }
}

#[test]
fn settings_of_object_stores_are_not_shown() {
    let env = TestEnv::new();
    for (to, settings) in [
        ("s3://bucket/a", &[("AWS_SECRET_ACCESS_KEY", PLANTED), ("AWS_ALLOW_HTTP", PLANTED)][..]),
        (
            "az://container/a",
            &[("AZURE_STORAGE_ACCOUNT_NAME", "name"), ("AZURE_STORAGE_ACCOUNT_KEY", "plantedsecret0123456789!")],
        ),
        ("gs://bucket/a", &[("GOOGLE_SERVICE_ACCOUNT_KEY", PLANTED)]),
        ("https://user:plantedsecret0123456789@example.com/a", &[]),
    ] {
        let mut release = env.releng(&format!("release --dry-run --to {to} --ci-proof none"));
        release.env("RELEASE_SSH_KEY", env.key());
        for (name, value) in settings {
            release.env(name, value);
        }
        let printed = printed(release.output().unwrap(), &env.key());
        assert!(printed.contains("release: "), "{printed}");
    }
}

#[test]
fn promote_shows_no_token() {
    let env = TestEnv::new();
    let mut promote = env.releng("promote --to development --version 1.2.3 --release none");
    promote.env("FORGE_EMAIL", "ann@example.com").env("FORGE_API_TOKEN", PLANTED);
    let printed = printed(promote.output().unwrap(), "");
    assert!(printed.contains("promote: "), "{printed}");
}

#[test]
fn help_shows_the_options_of_the_verb() {
    let env = TestEnv::new();
    let output = env.releng("rebuild --help").output().unwrap();
    let help = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success() && help.contains("Build the commit again") && help.contains("--against <DIR>"),
        "{help}"
    );
}
