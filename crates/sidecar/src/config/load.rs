//! Parses the settings into a [`Config`] and checks every rule.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use envelope::{InstallId, KeyRing, Secret};
use redaction::{Privacy, Sensitive};
use url::Url;

use super::environment::Environment;
use super::urls::{self, Purpose};
use super::{Fault, Faults, ForgeProxy, Sources, proxy, secret};
use schema::settings::CommentPolicy;

/// The settings of a running sidecar. Secrets have types whose `Debug` does not show them.
#[derive(Clone, Debug)]
pub struct Config {
    /// Production or development.
    pub environment: Environment,
    /// The shared secret and, during a rotation, the next one.
    pub secrets: KeyRing,
    /// The Forge installation this sidecar belongs to.
    pub install_id: InstallId,
    /// Forge's web trigger: the only external address that is called.
    pub webtrigger_url: Url,
    /// Zammad's address as this container reaches it.
    pub zammad_url: Url,
    /// Zammad's address as people reach it.
    pub zammad_public_url: Url,
    /// The bot's API token.
    pub zammad_token: Sensitive<String>,
    /// The token with which Zammad signs webhooks.
    pub webhook_token: Sensitive<String>,
    /// This sidecar's address as Zammad and agents reach it.
    pub public_url: Url,
    /// The address to listen on.
    pub listen: SocketAddr,
    /// The directory of the database.
    pub data_dir: PathBuf,
    /// Privacy mode.
    pub privacy: Privacy,
    /// Which articles may become comments: the operator's limit on the admin's choice.
    pub comment_policy: CommentPolicy,
    /// Whether customers' names may leave the network (never in privacy mode).
    pub customer_names: bool,
    /// Additional certificate authorities (EXTRA_CA_FILE).
    pub extra_certificates: Vec<reqwest::Certificate>,
    /// The proxy for connections to Forge.
    pub proxy: Option<ForgeProxy>,
    /// Least severe log level.
    pub log_level: tracing::Level,
    /// The name of this instance in logs and leases; the host name if not set.
    pub instance: Option<String>,
    /// Seconds between two sweeps.
    pub sweep_seconds: u32,
    /// Links per minute that the daily comparison checks.
    pub drift_per_minute: u32,
    /// Most seconds between two requests for Jira's changes.
    pub poll_max_seconds: u32,
    /// Seconds between two questions which linked issues changed.
    pub changed_issues_seconds: u32,
    /// Seconds in which all linked issues are read.
    pub all_issues_seconds: u32,
    /// Seconds in which all linked tickets are asked for, to notice deleted ones.
    pub check_deleted_seconds: u32,
    /// Seconds between the two answers that say that a ticket does not exist, before it counts as deleted.
    pub confirm_deleted_seconds: u32,
}

/// Collects faults, so that all of them are reported at once.
struct Reader {
    plain: HashMap<String, String>,
    faults: Vec<Fault>,
}

impl Reader {
    /// Parses a required setting.
    fn required<T>(&mut self, name: &str, parse: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        if self.plain.get(name).is_none_or(|value| value.is_empty()) {
            self.faults.push(Fault::new(name, "is required"));
            return None;
        }
        self.optional(name, parse)
    }

    /// Parses a setting that may be missing or empty.
    fn optional<T>(&mut self, name: &str, parse: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        let value = self.plain.get(name).filter(|value| !value.is_empty())?;
        parse(value).map_err(|reason| self.faults.push(Fault::new(name, reason))).ok()
    }

    fn secret(&mut self, sources: &Sources, name: &str) -> Option<Sensitive<String>> {
        secret::read(sources, name).unwrap_or_else(|fault| {
            self.faults.push(fault);
            None
        })
    }

    fn shared_secret(&mut self, sources: &Sources, name: &str, required: bool) -> Option<Secret> {
        let before = self.faults.len();
        let Some(text) = self.secret(sources, name) else {
            if required && self.faults.len() == before {
                self.faults.push(Fault::new(name, format!("is required (here or as {name}_FILE)")));
            }
            return None;
        };
        Secret::parse(text.expose()).map_err(|error| self.faults.push(Fault::new(name, error.to_string()))).ok()
    }
}

/// Reads all settings.
///
/// # Errors
/// [`Faults`]: every fault at once, without any value.
pub fn load(sources: &Sources) -> Result<Config, Faults> {
    let mut faults = Vec::new();
    let plain = sources.plain(&mut faults);
    let mut reader = Reader { plain, faults };
    let environment = reader
        .optional("ENVIRONMENT", |text| match text {
            "production" => Ok(Environment::Production),
            "development" => Ok(Environment::Development),
            _ => Err("must be production or development".into()),
        })
        .unwrap_or(Environment::Production);
    let inside = |text: &str| urls::parse(text, Purpose::Inside, environment);

    let current = reader.shared_secret(sources, "FORGE_SHARED_SECRET", true);
    let next = reader.shared_secret(sources, "FORGE_SHARED_SECRET_NEXT", false);
    if let (Some(current), Some(next)) = (&current, &next)
        && current.key_id() == next.key_id()
    {
        reader.faults.push(Fault::new("FORGE_SHARED_SECRET_NEXT", "is the same as FORGE_SHARED_SECRET"));
    }
    let webtrigger_url = reader.required("FORGE_WEBTRIGGER_URL", |text| urls::parse(text, Purpose::Forge, environment));
    let install_id = reader.required("FORGE_INSTALL_ID", |text| {
        InstallId::parse(text.as_bytes()).map_err(|_| "is not a lower-case UUID".into())
    });
    let zammad_url = reader.required("ZAMMAD_URL", inside);
    let zammad_public_url = reader.optional("ZAMMAD_PUBLIC_URL", inside);
    let public_url = reader.required("PUBLIC_URL", inside);
    let zammad_token = required_token(&mut reader, sources, "ZAMMAD_API_TOKEN");
    let webhook_token = reader
        .secret(sources, "ZAMMAD_WEBHOOK_TOKEN")
        .and_then(|token| check_token(&mut reader, "ZAMMAD_WEBHOOK_TOKEN", token));
    let listen = reader.optional("LISTEN_ADDR", |text| text.parse().map_err(|_| "is not an address and port".into()));
    let data_dir = reader.optional("DATA_DIR", |text| Ok(PathBuf::from(text)));
    let privacy =
        reader.optional("PRIVACY_MODE", |text| switch(text).map(|on| if on { Privacy::On } else { Privacy::Off }));
    let customer_names = reader.optional("CUSTOMER_NAMES", switch);
    let comment_policy = reader.optional("COMMENT_POLICY", |text| {
        serde_json::from_value(text.into()).map_err(|_| "must be all, internal, public or none".into())
    });
    let extra_certificates = reader.optional("EXTRA_CA_FILE", certificates);
    let proxy = proxy::read(&sources.environment).unwrap_or_else(|fault| {
        reader.faults.push(fault);
        None
    });
    let log_level = reader
        .optional("LOG_LEVEL", |text| text.parse().map_err(|_| "must be error, warn, info, debug or trace".into()));
    let instance = reader.optional("INSTANCE", |text| {
        let plain = text.len() <= 40 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if plain { Ok(text.to_owned()) } else { Err("must be at most 40 letters, digits and dashes".into()) }
    });
    let sweep_seconds = reader.optional("SWEEP_SECONDS", |text| number(text, 1..=3_600));
    let check_deleted_seconds = reader.optional("CHECK_DELETED_SECONDS", |text| number(text, 1..=86_400));
    let confirm_deleted_seconds = reader.optional("CONFIRM_DELETED_SECONDS", |text| number(text, 1..=86_400));
    let poll_max_seconds = reader.optional("POLL_MAX_SECONDS", |text| number(text, 1..=60));
    let changed_issues_seconds = reader.optional("CHANGED_ISSUES_SECONDS", |text| number(text, 1..=86_400));
    let all_issues_seconds = reader.optional("ALL_ISSUES_SECONDS", |text| number(text, 1..=2_592_000));
    let drift_per_minute = reader.optional("DRIFT_PER_MINUTE", |text| number(text, 1..=6_000));

    match (current, webtrigger_url, install_id, zammad_url, public_url, zammad_token) {
        (
            Some(current),
            Some(webtrigger_url),
            Some(install_id),
            Some(zammad_url),
            Some(public_url),
            Some(zammad_token),
        ) if reader.faults.is_empty() => {
            let webhook_token = webhook_token.unwrap_or_else(|| derived_webhook_token(&current));
            Ok(Config {
                environment,
                secrets: KeyRing::new(current, next),
                install_id,
                webtrigger_url,
                zammad_public_url: zammad_public_url.unwrap_or_else(|| zammad_url.clone()),
                zammad_url,
                zammad_token,
                webhook_token,
                public_url,
                listen: listen.unwrap_or_else(|| SocketAddr::from(([0, 0, 0, 0], 8080))),
                data_dir: data_dir.unwrap_or_else(|| PathBuf::from("/data")),
                privacy: privacy.unwrap_or(Privacy::Off),
                comment_policy: comment_policy.unwrap_or(CommentPolicy::All),
                customer_names: customer_names.unwrap_or(false),
                extra_certificates: extra_certificates.unwrap_or_default(),
                proxy,
                log_level: log_level.unwrap_or(tracing::Level::INFO),
                instance,
                sweep_seconds: sweep_seconds.unwrap_or(60),
                drift_per_minute: drift_per_minute.unwrap_or(60),
                poll_max_seconds: poll_max_seconds.unwrap_or(30),
                changed_issues_seconds: changed_issues_seconds.unwrap_or(3_600),
                all_issues_seconds: all_issues_seconds.unwrap_or(604_800),
                check_deleted_seconds: check_deleted_seconds.unwrap_or(100),
                confirm_deleted_seconds: confirm_deleted_seconds.unwrap_or(120),
            })
        }
        _ => Err(Faults(reader.faults)),
    }
}

/// The default webhook token, derived from the shared secret so that operators have one secret less to handle.
/// `connector webhook-token` prints it.
#[must_use]
fn derived_webhook_token(secret: &Secret) -> Sensitive<String> {
    Sensitive::new(hex::encode(secret.derive("zammad-webhook").as_slice()))
}

fn required_token(reader: &mut Reader, sources: &Sources, name: &str) -> Option<Sensitive<String>> {
    let before = reader.faults.len();
    match reader.secret(sources, name) {
        Some(token) => check_token(reader, name, token),
        None => {
            if reader.faults.len() == before {
                reader.faults.push(Fault::new(name, format!("is required (here or as {name}_FILE)")));
            }
            None
        }
    }
}

/// Tokens are generated: printable ASCII without blanks. Zammad silently cuts a webhook token at 200 characters.
fn check_token(reader: &mut Reader, name: &str, token: Sensitive<String>) -> Option<Sensitive<String>> {
    let text = token.expose();
    let reason = if text.is_empty() {
        "is empty"
    } else if text.len() < 16 {
        "is shorter than 16 characters"
    } else if text.len() > 200 {
        "is longer than 200 characters"
    } else if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        "contains white space, a line break or something that is not ASCII"
    } else {
        return Some(token);
    };
    reader.faults.push(Fault::new(name, reason));
    None
}

/// The certificates of a PEM file.
fn certificates(path: &str) -> Result<Vec<reqwest::Certificate>, String> {
    if !Path::new(path).is_file() {
        return Err("is not a file".into());
    }
    let pem = std::fs::read(path).map_err(|error| format!("cannot be read: {}", error.kind()))?;
    let certificates = reqwest::Certificate::from_pem_bundle(&pem).map_err(|_| "is not PEM")?;
    if certificates.is_empty() { Err("contains no certificate (BEGIN CERTIFICATE)".into()) } else { Ok(certificates) }
}

fn switch(text: &str) -> Result<bool, String> {
    match text {
        "on" | "true" | "1" | "yes" => Ok(true),
        "off" | "false" | "0" | "no" => Ok(false),
        _ => Err("must be on or off".into()),
    }
}

fn number(text: &str, allowed: RangeInclusive<u32>) -> Result<u32, String> {
    let number = text.parse().ok().filter(|number| allowed.contains(number));
    number.ok_or_else(|| format!("must be a number from {} to {}", allowed.start(), allowed.end()))
}

#[cfg(test)]
#[path = "load_tests.rs"]
mod tests;
