//! Wrong settings: exit 78 before anything is opened, all faults at once, no value shown (docs/testing.md C1–C4).

use devkit::harness::{Built, Connector};

use crate::support::LinkedSite;

fn settings(data: &std::path::Path) -> std::collections::BTreeMap<String, String> {
    [
        ("FORGE_SHARED_SECRET", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
        ("FORGE_WEBTRIGGER_URL", "https://0b2c6d1e.hello.atlassian-dev.example/x1/abc"),
        ("FORGE_INSTALL_ID", "0b2c6d1e-8f4a-4c3b-9a57-2f1d7c9e0a11"),
        ("ZAMMAD_URL", "http://zammad-nginx:8080"),
        ("ZAMMAD_API_TOKEN", "token-of-the-bot-0123456789"),
        ("PUBLIC_URL", "https://help.example/jira"),
        ("LISTEN_ADDR", "127.0.0.1:0"),
        ("DATA_DIR", data.to_str().unwrap()),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_bad_setting_is_named_at_once_and_none_is_shown() {
    let built = Built::of_workspace().unwrap();
    let data = tempfile::tempdir().unwrap();
    let bad = [
        ("FORGE_SHARED_SECRET", ""),
        ("FORGE_WEBTRIGGER_URL", "http://forge-hunter2.example/"),
        ("FORGE_INSTALL_ID", "hunter2"),
        ("ZAMMAD_URL", "http://zammad-hunter2.example"),
        ("ZAMMAD_API_TOKEN", "hunter2"),
        ("PUBLIC_URL", "hunter2"),
        ("PRIVACY_MODE", "hunter2"),
    ];
    let mut all = settings(data.path());
    all.extend(bad.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let (status, out, errors) = Connector::run(&built, &all, &["serve"]).await.unwrap();
    assert_eq!(status.code(), Some(78), "{errors}");
    for (name, _) in bad {
        assert!(errors.contains(&format!("  {name}: ")), "{name} is missing in\n{errors}");
    }
    assert!(!errors.contains("hunter2") && out.is_empty(), "{errors}{out}");
    assert_eq!(std::fs::read_dir(data.path()).unwrap().count(), 0, "nothing was opened");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_secret_is_validated_and_never_shown() {
    let built = Built::of_workspace().unwrap();
    let data = tempfile::tempdir().unwrap();
    let good = settings(data.path())["FORGE_SHARED_SECRET"].clone();
    let secrets = [
        String::new(),
        "short".into(),
        "changeme-changeme-changeme-changeme".into(),
        "0".repeat(64),
        format!("{good}\n"),
        "zz".repeat(32),
        good.replace('9', "-"),
    ];
    for secret in secrets {
        let mut changed = settings(data.path());
        changed.insert("FORGE_SHARED_SECRET".into(), secret.clone());
        let (status, _, errors) = Connector::run(&built, &changed, &["serve"]).await.unwrap();
        assert_eq!(status.code(), Some(78), "{secret:?}: {errors}");
        assert!(
            errors.contains("FORGE_SHARED_SECRET: ") && (secret.len() < 6 || !errors.contains(secret.trim())),
            "{errors}"
        );
    }
    let mut both = settings(data.path());
    both.insert("FORGE_SHARED_SECRET_FILE".into(), "/nonexistent".into());
    let (status, _, errors) = Connector::run(&built, &both, &["serve"]).await.unwrap();
    assert!(status.code() == Some(78) && errors.contains("given twice"), "{errors}");
    both.remove("FORGE_SHARED_SECRET");
    let (status, _, errors) = Connector::run(&built, &both, &["serve"]).await.unwrap();
    assert!(status.code() == Some(78) && errors.contains("FORGE_SHARED_SECRET_FILE: cannot be read"), "{errors}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_command_line_is_64_and_an_unusable_data_directory_69() {
    let built = Built::of_workspace().unwrap();
    let data = tempfile::tempdir().unwrap();
    let (status, ..) = Connector::run(&built, &settings(data.path()), &["server"]).await.unwrap();
    assert_eq!(status.code(), Some(64));
    let mut nowhere = settings(data.path());
    nowhere.insert("DATA_DIR".into(), "/proc/nowhere".into());
    let (status, _, errors) = Connector::run(&built, &nowhere, &["serve"]).await.unwrap();
    assert!(
        status.code() == Some(69) && errors.contains("DATA_DIR /proc/nowhere does not exist: create it"),
        "{errors}"
    );
}

/// A second process of the same name on the same data is refused; a redirecting proxy is named (see also
/// sidecar/tests/http for the GET rule itself).
#[tokio::test(flavor = "multi_thread")]
async fn two_of_one_name_are_refused() {
    let env = LinkedSite::start().await;
    let (status, _, errors) = Connector::run(&env.site.built, &env.site.settings, &["serve"]).await.unwrap();
    assert!(status.code() == Some(69) && errors.contains("another process named sidecar"), "{errors}");
}

/// By the address of the settings, and where those leave the port to the system, by the one that was noted.
#[tokio::test(flavor = "multi_thread")]
async fn the_health_check_finds_the_running_sidecar() {
    let mut env = LinkedSite::start().await;
    let mut probe = env.site.settings.clone();
    assert!(probe["LISTEN_ADDR"].ends_with(":0"));
    // A second one is refused, and does not spoil what the first noted.
    let (refused, ..) = Connector::run(&env.site.built, &probe, &["serve"]).await.unwrap();
    assert_eq!(refused.code(), Some(69));
    for address in [probe["LISTEN_ADDR"].clone(), env.connector.as_ref().unwrap().address.to_string()] {
        probe.insert("LISTEN_ADDR".into(), address);
        let (status, out, errors) = Connector::run(&env.site.built, &probe, &["healthcheck"]).await.unwrap();
        assert!(status.success() && out.trim() == "ready", "{out}{errors}");
    }
    env.kill().await;
    let (status, ..) = Connector::run(&env.site.built, &probe, &["healthcheck"]).await.unwrap();
    assert_eq!(status.code(), Some(69));
}

#[tokio::test(flavor = "multi_thread")]
async fn stops_cleanly_on_sigterm() {
    let mut env = LinkedSite::start().await;
    let status = env.connector.as_mut().unwrap().stop().await.unwrap();
    assert_eq!(status.code(), Some(0), "{}", env.log());
    assert!(env.log().contains("\"stopped\""));
}
