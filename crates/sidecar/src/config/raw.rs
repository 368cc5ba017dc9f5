//! Reads settings as text: from the environment and, except for secrets, from an optional TOML file.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use config::{Config, File, FileFormat};

use super::Fault;

/// Settings that may be in the environment or in the TOML file (there in lower case).
const PLAIN: [&str; 21] = [
    "FORGE_WEBTRIGGER_URL",
    "FORGE_INSTALL_ID",
    "ZAMMAD_URL",
    "ZAMMAD_PUBLIC_URL",
    "PUBLIC_URL",
    "LISTEN_ADDR",
    "DATA_DIR",
    "PRIVACY_MODE",
    "EXTRA_CA_FILE",
    "LOG_LEVEL",
    "ENVIRONMENT",
    "COMMENT_POLICY",
    "CUSTOMER_NAMES",
    "INSTANCE",
    "SWEEP_SECONDS",
    "DRIFT_PER_MINUTE",
    "POLL_MAX_SECONDS",
    "CHANGED_ISSUES_SECONDS",
    "ALL_ISSUES_SECONDS",
    "CHECK_DELETED_SECONDS",
    "CONFIRM_DELETED_SECONDS",
];

/// Secrets: in the environment by value, or as `NAME_FILE` by path; never in the TOML file.
pub(super) const SECRETS: [&str; 4] =
    ["FORGE_SHARED_SECRET", "FORGE_SHARED_SECRET_NEXT", "ZAMMAD_API_TOKEN", "ZAMMAD_WEBHOOK_TOKEN"];

/// The sources of settings; a value, so that tests need no process environment.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// The environment.
    pub environment: BTreeMap<String, String>,
    /// The TOML file, if one was named (`--config`).
    pub file: Option<PathBuf>,
}

impl Sources {
    /// The environment of the process. Invalid Unicode in a value becomes U+FFFD, which no setting accepts.
    #[must_use]
    pub fn of_process(file: Option<PathBuf>) -> Self {
        let text = |os: std::ffi::OsString| os.to_string_lossy().into_owned();
        Self { environment: std::env::vars_os().map(|(name, value)| (text(name), text(value))).collect(), file }
    }

    /// The settings that are no secrets; the environment overrides the file. Unknown keys in the file are faults. Unknown
    /// variables in the environment are not, since other programs use it too.
    pub(super) fn plain(&self, faults: &mut Vec<Fault>) -> HashMap<String, String> {
        let mut builder = Config::builder();
        if let Some(file) = &self.file {
            builder = builder.add_source(File::new(&file.to_string_lossy(), FileFormat::Toml));
        }
        let ours = self.environment.iter().filter(|(name, _)| PLAIN.contains(&name.as_str()));
        for (name, value) in ours {
            match builder.clone().set_override(name.to_ascii_lowercase(), value.clone()) {
                Ok(next) => builder = next,
                Err(_) => faults.push(Fault::new(name, "cannot be read")),
            }
        }
        let settings = builder.build().and_then(Config::try_deserialize::<HashMap<String, config::Value>>);
        let Ok(settings) = settings else {
            // The parser's text quotes the line, which may contain a secret by mistake.
            faults.push(Fault::new("--config", "the file is missing, unreadable or not TOML"));
            return HashMap::new();
        };
        let mut plain = HashMap::new();
        for (key, value) in settings {
            let name = key.to_ascii_uppercase();
            if SECRETS.contains(&name.as_str()) {
                faults.push(Fault::new(
                    &name,
                    "is a secret: set it in the environment, or name a file with the variable of the same name plus _FILE",
                ));
            } else if !PLAIN.contains(&name.as_str()) {
                faults.push(Fault::new(&name, "is not a setting of this program"));
            } else if let Ok(value) = value.into_string() {
                plain.insert(name, value);
            } else {
                faults.push(Fault::new(&name, "is not a text, number or boolean"));
            }
        }
        plain
    }
}
