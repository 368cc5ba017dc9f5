//! Environment variables. The only module that reads them: a variable that holds a secret is returned as a [`Secret`] or not
//! at all. `std::env::var` and `vars` are banned (`xtask/clippy.toml`), because their errors and panics quote the value.

use std::ffi::OsString;

use anyhow::{Result, bail};

use crate::secret::Secret;

/// The secrets that the verbs read. No child process inherits them ([`crate::command`]).
pub const SECRETS: &[&str] =
    &["FORGE_API_TOKEN", "RELEASE_MINISIGN_KEY", "RELEASE_MINISIGN_PASSWORD", "RELEASE_SSH_KEY", "ZAMMAD_API_TOKEN"];
/// Object stores take their settings from variables that begin like this.
const OBJECT_STORES: &[&str] = &["AWS_", "AZURE_", "GOOGLE_"];
/// A variable holds a secret if one of the words of its name is one of these.
const SECRET_WORDS: &[&str] =
    &["CREDENTIALS", "KEY", "PASSPHRASE", "PASSWD", "PASSWORD", "PAT", "PRIVATE", "SAS", "SECRET", "TOKEN"];

/// Whether a variable of this name holds a secret, judged by its name.
#[must_use]
pub fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    name.split(['_', '-']).any(|word| SECRET_WORDS.contains(&word))
}

/// The value of a variable that holds no secret; `None` if it is not set, or if its name is that of a secret.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub fn plain(name: &str) -> Option<OsString> {
    if is_secret(name) { None } else { std::env::var_os(name) }
}

/// The value of a variable as a secret; `None` if it is not set or empty.
///
/// # Errors
/// The value is not UTF-8. The error names the variable only.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub fn secret(name: &str) -> Result<Option<Secret>> {
    match std::env::var_os(name).map(OsString::into_string) {
        None => Ok(None),
        Some(Ok(value)) => Ok(Some(value).filter(|value| !value.is_empty()).map(Secret::new)),
        Some(Err(_)) => bail!("{name} is not UTF-8"),
    }
}

/// Every variable whose name and value are UTF-8. Each value could be a secret.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub fn all() -> Vec<(String, Secret)> {
    let text = |(name, value): (OsString, OsString)| Some((name.into_string().ok()?, value.into_string().ok()?));
    std::env::vars_os().filter_map(text).map(|(name, value)| (name, Secret::new(value))).collect()
}

/// The names of all variables.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub fn names() -> Vec<String> {
    std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()).collect()
}

/// The secret variables that are set and that no child process inherits: [`SECRETS`], and those of object stores. Registries'
/// tokens are not among them: cargo and npm may need them.
#[must_use]
pub fn withheld() -> Vec<String> {
    names().into_iter().filter(|name| is_withheld(name)).collect()
}

fn is_withheld(name: &str) -> bool {
    SECRETS.contains(&name) || (OBJECT_STORES.iter().any(|store| name.starts_with(store)) && is_secret(name))
}

/// `text` without the value of any secret variable. The last step before anything is printed as an error: types keep secrets
/// out of errors; this also catches what another program quotes.
#[must_use]
pub fn redact(text: &str) -> String {
    let secrets = all().into_iter().filter(|(name, _)| is_secret(name));
    secrets.fold(text.to_owned(), |text, (_, secret)| secret.redact(&text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recognises_secrets_by_the_words_of_a_name() {
        for name in SECRETS.iter().copied().chain([
            "AWS_SECRET_ACCESS_KEY",
            "AWS_SESSION_TOKEN",
            "AZURE_STORAGE_SAS_KEY",
            "GOOGLE_APPLICATION_CREDENTIALS",
            "aws_secret_access_key",
            "GITHUB_TOKEN",
        ]) {
            assert!(is_secret(name), "{name}");
        }
        for name in ["PATH", "HOME", "CARGO", "CARGO_TARGET_DIR", "FORGE_EMAIL", "KEYBOARD", "XTASK_ROOT"] {
            assert!(!is_secret(name), "{name}");
        }
    }

    #[test]
    fn withholds_our_secrets_and_leaves_registries_theirs() {
        for name in SECRETS.iter().copied().chain(["AWS_SECRET_ACCESS_KEY", "AZURE_CLIENT_SECRET"]) {
            assert!(is_withheld(name), "{name}");
        }
        for name in ["CARGO_REGISTRIES_MIRROR_TOKEN", "NPM_TOKEN", "AWS_REGION", "FORGE_EMAIL"] {
            assert!(!is_withheld(name), "{name}");
        }
    }

    #[test]
    fn hands_out_no_secret_as_plain_text() {
        assert_eq!(plain("RELEASE_SSH_KEY"), None);
        assert!(plain("PATH").is_some());
    }
}
