//! No verb shows a secret when a step fails. Every program that the verbs start is replaced by a script that prints its whole
//! environment and its arguments, and fails or succeeds; a secret is planted in every variable that holds one.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use tempfile::TempDir;
use xtask::command::Command;
use xtask::environment::SECRETS;

const OBJECT_STORES: &[&str] =
    &["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AZURE_STORAGE_ACCOUNT_KEY", "GOOGLE_SERVICE_ACCOUNT_KEY"];
const PROGRAMS: &[&str] = &[
    "apt-get",
    "cargo",
    "cargo-deny",
    "cargo-nextest",
    "dockerd",
    "dpkg-query",
    "git",
    "npm",
    "python3",
    "rustc",
    "rustup",
    "ssh-keygen",
    "strace",
    "sudo",
    "timeout",
];
const VERBS: &[&str] = &[
    "dev",
    "dev --zammad https://zammad.example",
    "test --keep-going --advisories",
    "test --only image",
    "wasm",
    "schema",
    "forge-app",
    "tidy",
    "log-events",
    "conformance",
    "bench",
    "kit",
    "rebuild",
    "release --to target/published --ci-proof none",
    "verify none.tar --allowed-signers none",
    "promote --to staging --version 1.0.0 --release none",
];

struct TestEnv {
    folder: TempDir,
}

impl TestEnv {
    /// Programs that print everything and end with this exit status.
    fn new(status: u8) -> Self {
        let env = Self { folder: tempfile::tempdir().unwrap() };
        fs::create_dir_all(env.path("bin")).unwrap();
        fs::create_dir_all(env.path("repo/forge-app")).unwrap();
        for program in PROGRAMS {
            let path = env.path("bin").join(program);
            let script = format!(
                "#!/bin/sh\n[ \"$*\" = --version ] && exit 0\necho \"ran {program} $*\" | tee /dev/stderr\nenv\nenv >&2\nexit {status}\n"
            );
            fs::write(&path, script).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        env
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Everything that a verb prints.
    fn run(&self, verb: &str) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.args(verb.split(' ')).current_dir(self.path("repo"));
        command.env("XTASK_ROOT", self.path("repo")).env("CARGO_TARGET_DIR", self.path("target"));
        command.env("CARGO", self.path("bin/cargo"));
        command.env("PATH", format!("{}:/usr/bin:/bin", self.path("bin").display()));
        for name in SECRETS.iter().chain(OBJECT_STORES) {
            command.env(name, planted(name));
        }
        let output = command.output().unwrap();
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
    }
}

/// Two lines, as a key has them.
fn planted(name: &str) -> String {
    format!("planted-{name}-first\nplanted-{name}-second")
}

#[test]
fn no_verb_shows_a_secret_when_its_programs_fail() {
    let env = TestEnv::new(1);
    for verb in VERBS {
        let printed = env.run(verb);
        assert!(!printed.contains("planted-"), "{verb}: {printed}");
        assert!(printed.contains("ran "), "{verb} has started no program, so it proves nothing: {printed}");
        let name = verb.split(' ').next().unwrap();
        assert!(printed.lines().any(|line| line.starts_with(&format!("{name}: "))), "{verb}: no error: {printed}");
    }
}

#[test]
fn no_verb_shows_a_secret_when_its_programs_succeed_and_print_nonsense() {
    let env = TestEnv::new(0);
    for verb in VERBS {
        let printed = env.run(verb);
        assert!(!printed.contains("planted-"), "{verb}: {printed}");
    }
}

#[test]
fn the_program_that_takes_our_place_gets_the_secrets_it_needs() {
    let env = TestEnv::new(0);
    fs::create_dir_all(env.path("target/debug")).unwrap();
    for program in ["releng", "devkit"] {
        let path = env.path("target/debug").join(program);
        fs::write(&path, "#!/bin/sh\nenv\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let printed = env.run("release --to x --ci-proof y");
    for name in SECRETS.iter().chain(OBJECT_STORES) {
        assert!(printed.contains(&format!("{name}=planted-{name}-first")), "{name}: {printed}");
    }
    fs::create_dir_all(env.path("repo/forge-app/src/wasm")).unwrap();
    fs::write(env.path("repo/forge-app/src/wasm/core.d.ts"), "").unwrap();
    let printed = env.run("dev --zammad https://zammad.example");
    assert!(printed.contains("ZAMMAD_API_TOKEN=planted-ZAMMAD_API_TOKEN-first"), "{printed}");
    assert!(!printed.contains("planted-RELEASE_SSH_KEY") && !printed.contains("planted-FORGE_API_TOKEN"), "{printed}");
}
