//! Texts to paste on the sidecar's machine, made from the files of the kit, so that both are the same.

use serde_json::Value;

use crate::json::json;
use crate::version::VERSION;

const ENV: &str = include_str!("../../../sidecar-image/connector.env.example");
const COMPOSE: &str = include_str!("../../../sidecar-image/compose.yaml");
const DOCKER: &str = "docker run -d --name chefstackz-connector --env-file connector.env --volume chefstackz-connector-data:/data \\
  --read-only --cap-drop ALL --security-opt no-new-privileges --memory 64m --pids-limit 64 \\
  --network zammad_default chefstackz/zammad-connector:@VERSION@";

/// Returns `{env, docker, compose}` for a first connection: the lines of `connector.env`, a `docker run` and the overlay for
/// Zammad's compose stack, which both read that file.
pub(crate) fn first(install_id: &str, url: &str, secret: &str) -> Value {
    let values = [("FORGE_SHARED_SECRET=", secret), ("FORGE_WEBTRIGGER_URL=", url), ("FORGE_INSTALL_ID=", install_id)];
    let line = |line: &str| match values.iter().find(|(name, _)| line == *name) {
        Some((name, value)) => format!("{name}{value}\n"),
        None => format!("{line}\n"),
    };
    json!({
        "env": with_version(&ENV.lines().map(line).collect::<String>()),
        "docker": with_version(DOCKER),
        "compose": with_version(&without_header(COMPOSE)),
    })
}

/// Returns `{env}` for a rotation: the line to add to `connector.env`.
pub(crate) fn next(secret: &str) -> Value {
    json!({ "env": format!("FORGE_SHARED_SECRET_NEXT={secret}\n") })
}

fn with_version(text: &str) -> String {
    text.replace("@VERSION@", VERSION)
}

/// Without the comment at the top, which describes the kit.
fn without_header(text: &str) -> String {
    text.lines().skip_while(|line| line.starts_with('#')).map(|line| format!("{line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_complete_and_those_of_the_kit() {
        let texts = first("0b2c", "https://forge.example/x1/trigger", "5f0c");
        let env = texts["env"].as_str().unwrap_or_default();
        for line in [
            "FORGE_SHARED_SECRET=5f0c",
            "FORGE_WEBTRIGGER_URL=https://forge.example/x1/trigger",
            "FORGE_INSTALL_ID=0b2c",
        ] {
            assert_eq!(env.lines().filter(|known| *known == line).count(), 1, "{line}");
        }
        assert!(env.contains("\nZAMMAD_URL=") && env.contains("\nZAMMAD_API_TOKEN=\n"));
        let compose = texts["compose"].as_str().unwrap_or_default();
        assert!(compose.starts_with("services:\n") && compose.contains(&format!("{VERSION}}}")), "{compose}");
        let guide = include_str!("../../../sidecar-image/INSTALL.md");
        let indented = DOCKER.replace("\n  ", "\n      ");
        assert!(guide.contains(&indented), "the guide has another `docker run`");
        assert!(!texts.to_string().contains('@'), "a placeholder is left");
    }
}
