use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use super::*;

const SECRET: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

fn sources(changes: &[(&str, &str)]) -> Sources {
    let mut environment: std::collections::BTreeMap<String, String> = [
        ("FORGE_SHARED_SECRET", SECRET),
        ("FORGE_WEBTRIGGER_URL", "https://0b2c6d1e.hello.atlassian-dev.net/x1/abc"),
        ("FORGE_INSTALL_ID", "0b2c6d1e-8f4a-4c3b-9a57-2f1d7c9e0a11"),
        ("ZAMMAD_URL", "http://zammad-nginx:8080"),
        ("ZAMMAD_API_TOKEN", "token-of-the-bot-0123456789"),
        ("PUBLIC_URL", "https://help.example/jira"),
        ("PATH", "/bin"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    for (name, value) in changes {
        if *value == "-" {
            environment.remove(*name);
        } else {
            environment.insert((*name).to_owned(), (*value).to_owned());
        }
    }
    Sources { environment, file: None }
}

fn faults(changes: &[(&str, &str)]) -> Vec<String> {
    match load(&sources(changes)) {
        Ok(_) => vec![],
        Err(Faults(faults)) => faults.into_iter().map(|fault| fault.setting).collect(),
    }
}

#[test]
fn a_minimal_configuration_has_careful_defaults() {
    let config = load(&sources(&[])).unwrap();
    assert_eq!(config.environment, Environment::Production);
    assert_eq!(config.privacy, Privacy::Off);
    assert!(!config.customer_names);
    assert_eq!(config.zammad_public_url, config.zammad_url);
    assert_eq!(config.webhook_token.expose().len(), 64);
    assert_eq!((config.sweep_seconds, config.drift_per_minute), (60, 60));
    let paced = load(&sources(&[("SWEEP_SECONDS", "5"), ("DRIFT_PER_MINUTE", "600")])).unwrap();
    assert_eq!((paced.sweep_seconds, paced.drift_per_minute), (5, 600));
    for name in ["SWEEP_SECONDS", "DRIFT_PER_MINUTE"] {
        for bad in ["0", "-1", "1.5", "6001"] {
            assert_eq!(faults(&[(name, bad)]), [name], "{bad}");
        }
    }
    let shown = format!("{config:?}");
    assert!(!shown.contains(SECRET) && !shown.contains("token-of-the-bot"), "{shown}");
}

#[test]
fn all_faults_are_told_at_once_and_none_of_the_values() {
    let changes = [
        ("FORGE_SHARED_SECRET", "hunter2hunter2"),
        ("FORGE_WEBTRIGGER_URL", "http://user:hunter2@forge.example/"),
        ("FORGE_INSTALL_ID", "hunter2"),
        ("ZAMMAD_URL", "-"),
        ("ZAMMAD_API_TOKEN", "hunter2"),
        ("PUBLIC_URL", "hunter2"),
        ("LISTEN_ADDR", "hunter2"),
        ("PRIVACY_MODE", "hunter2"),
        ("LOG_LEVEL", "hunter2"),
        ("COMMENT_POLICY", "hunter2"),
        ("ENVIRONMENT", "hunter2"),
        ("SWEEP_SECONDS", "hunter2"),
        ("DRIFT_PER_MINUTE", "hunter2"),
    ];
    let Err(faults) = load(&sources(&changes)) else { panic!("accepted") };
    let text = faults.to_string();
    for (name, _) in changes {
        assert!(text.contains(&format!("  {name}: ")), "{name} is not named in:\n{text}");
    }
    assert!(!text.contains("hunter2"), "{text}");
    assert!(text.starts_with("the configuration has 13 faults:"), "{text}");
}

/// C2, in the environment.
#[test]
fn c2_secrets() {
    for bad in
        ["", " ", "changeme", "0000000000000000000000000000000000000000000000000000000000000000", "9f86d081884c7d65"]
    {
        assert_eq!(faults(&[("FORGE_SHARED_SECRET", bad)]), ["FORGE_SHARED_SECRET"], "{bad}");
    }
    assert_eq!(faults(&[("FORGE_SHARED_SECRET", "-")]), ["FORGE_SHARED_SECRET"]);
    for wrapped in [format!("{SECRET}\n"), format!("\u{feff}{SECRET}"), format!(" {SECRET}")] {
        assert_eq!(faults(&[("FORGE_SHARED_SECRET", &wrapped)]), ["FORGE_SHARED_SECRET"]);
    }
    assert_eq!(faults(&[("FORGE_SHARED_SECRET_NEXT", SECRET)]), ["FORGE_SHARED_SECRET_NEXT"]);
    assert_eq!(faults(&[("ZAMMAD_API_TOKEN", "with a blank in the middle")]), ["ZAMMAD_API_TOKEN"]);
    assert_eq!(faults(&[("ZAMMAD_WEBHOOK_TOKEN", &"x".repeat(201))]), ["ZAMMAD_WEBHOOK_TOKEN"]);
}

/// Development relaxes http to loopback and nothing else: not even there a bad secret.
#[test]
fn development_relaxes_one_thing() {
    let loopback = [
        ("FORGE_WEBTRIGGER_URL", "http://127.0.0.1:4000/x1/a"),
        ("ZAMMAD_URL", "http://127.0.0.1:4001"),
        ("PUBLIC_URL", "http://127.0.0.1:4002"),
    ];
    assert_eq!(faults(&loopback), ["FORGE_WEBTRIGGER_URL"]);
    let development = [&loopback[..], &[("ENVIRONMENT", "development")]].concat();
    assert!(faults(&development).is_empty());
    let empty = [&development[..], &[("FORGE_SHARED_SECRET", "")]].concat();
    assert_eq!(faults(&empty), ["FORGE_SHARED_SECRET"]);
    assert_eq!(
        faults(&[("ENVIRONMENT", "development"), ("FORGE_WEBTRIGGER_URL", "http://forge.example/")]),
        ["FORGE_WEBTRIGGER_URL"]
    );
}

/// C3.
#[test]
fn c3_twice_and_unknown() {
    let both = faults(&[("FORGE_SHARED_SECRET_FILE", "/run/secrets/x")]);
    assert_eq!(both, ["FORGE_SHARED_SECRET"]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("connector.toml");
    let with_file = |text: &str| {
        fs::write(&file, text).unwrap();
        load(&Sources { file: Some(file.clone()), ..sources(&[]) })
    };
    assert_eq!(with_file("privacy_mode = true\nlog_level = \"debug\"").unwrap().privacy, Privacy::On);
    let Err(Faults(unknown)) = with_file("privacy_mod = true") else { panic!("accepted") };
    assert_eq!(unknown, [Fault::new("PRIVACY_MOD", "is not a setting of this program")]);
    let Err(secret) = with_file(&format!("forge_shared_secret = \"{SECRET}\"")) else { panic!("accepted") };
    assert!(secret.to_string().contains("FORGE_SHARED_SECRET: is a secret") && !secret.to_string().contains(SECRET));
    let Err(broken) = with_file(&format!("x = {SECRET}")) else { panic!("accepted") };
    assert!(broken.to_string().contains("--config") && !broken.to_string().contains(SECRET));
    let missing = Sources { file: Some(folder.path().join("none.toml")), ..sources(&[]) };
    assert!(load(&missing).is_err());
    // The environment wins over the file.
    fs::write(&file, "log_level = \"debug\"").unwrap();
    let config = load(&Sources { file: Some(file.clone()), ..sources(&[("LOG_LEVEL", "warn")]) }).unwrap();
    assert_eq!(config.log_level, tracing::Level::WARN);
}

/// C4.
#[test]
fn c4_secret_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let with =
        |file: &Path| faults(&[("FORGE_SHARED_SECRET", "-"), ("FORGE_SHARED_SECRET_FILE", file.to_str().unwrap())]);
    let write = |name: &str, text: &str, mode: u32| {
        fs::write(path(name), text).unwrap();
        fs::set_permissions(path(name), fs::Permissions::from_mode(mode)).unwrap();
    };
    write("good", &format!("{SECRET}\n"), 0o600);
    assert!(with(&path("good")).is_empty());
    write("bare", SECRET, 0o640);
    assert!(with(&path("bare")).is_empty());
    write("open", SECRET, 0o644);
    write("two", &format!("{SECRET}\n\n"), 0o600);
    write("empty", "", 0o600);
    symlink(path("good"), path("link")).unwrap();
    fs::create_dir(path("folder")).unwrap();
    let huge = fs::File::create(path("huge")).unwrap();
    huge.set_len(1 << 30).unwrap();
    fs::set_permissions(path("huge"), fs::Permissions::from_mode(0o600)).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(path("fifo")).status().unwrap().success());
    fs::set_permissions(path("fifo"), fs::Permissions::from_mode(0o600)).unwrap();
    for name in ["open", "link", "folder", "huge", "fifo", "none"] {
        assert_eq!(with(&path(name)), ["FORGE_SHARED_SECRET_FILE"], "{name}");
    }
    for name in ["two", "empty"] {
        assert_eq!(with(&path(name)), ["FORGE_SHARED_SECRET"], "{name}");
    }
}
