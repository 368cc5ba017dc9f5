//! Child processes. Every process of xtask and releng is started through [`Command`]; `std::process::Command::new` is banned
//! (`xtask/clippy.toml`), because its `Debug` prints the environment.
//!
//! A child does not inherit the secrets of our environment, so that no build script and no failing tool can print them. Which
//! one it needs is named with [`Command::secret`]. Errors show program, arguments and exit status, never the environment.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, ExitStatus, Output, Stdio};

use anyhow::{Context, Error, Result, anyhow, bail};

use crate::environment;
use crate::secret::Secret;

/// A process to start. Its standard input is empty unless set.
pub struct Command {
    inner: std::process::Command,
    /// Handed to the child: redacted from what it prints, where that becomes part of an error.
    secrets: Vec<Secret>,
}

impl Command {
    /// A program by name or path, with our environment except for its secrets.
    #[expect(clippy::disallowed_methods, reason = "the one place that starts processes")]
    pub fn new(program: impl AsRef<OsStr>) -> Self {
        let mut inner = std::process::Command::new(program);
        inner.stdin(Stdio::null());
        for name in environment::withheld() {
            inner.env_remove(name);
        }
        Self { inner, secrets: Vec::new() }
    }

    /// Adds an argument. Arguments are shown in errors and in the list of processes: never pass a secret.
    pub fn arg(&mut self, argument: impl AsRef<OsStr>) -> &mut Self {
        self.inner.arg(argument);
        self
    }

    /// Adds arguments, as [`Command::arg`].
    pub fn args(&mut self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> &mut Self {
        self.inner.args(arguments);
        self
    }

    /// Sets an environment variable that is no secret.
    pub fn env(&mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> &mut Self {
        self.inner.env(name, value);
        self
    }

    /// Hands a secret to the child in an environment variable.
    pub fn secret(&mut self, name: &str, value: &Secret) -> &mut Self {
        self.inner.env(name, value.expose());
        self.secrets.push(value.clone());
        self
    }

    /// Hands on the secrets of our own environment. For a program that takes our place.
    pub fn inherit_secrets(&mut self) -> &mut Self {
        let withheld = environment::withheld();
        for (name, value) in environment::all().iter().filter(|(name, _)| withheld.contains(name)) {
            self.secret(name, value);
        }
        self
    }

    /// Removes an environment variable.
    pub fn env_remove(&mut self, name: impl AsRef<OsStr>) -> &mut Self {
        self.inner.env_remove(name);
        self
    }

    /// Starts from an empty environment.
    pub fn env_clear(&mut self) -> &mut Self {
        self.inner.env_clear();
        self
    }

    /// Sets the working directory.
    pub fn current_dir(&mut self, folder: impl AsRef<Path>) -> &mut Self {
        self.inner.current_dir(folder);
        self
    }

    /// Sets where standard output goes.
    pub fn stdout(&mut self, to: impl Into<Stdio>) -> &mut Self {
        self.inner.stdout(to);
        self
    }

    /// Sets where standard error goes.
    pub fn stderr(&mut self, to: impl Into<Stdio>) -> &mut Self {
        self.inner.stderr(to);
        self
    }

    /// The program, as it was named.
    #[must_use]
    pub fn program(&self) -> &OsStr {
        self.inner.get_program()
    }

    /// Runs the process to its end and returns its exit status.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn status(&mut self) -> Result<ExitStatus> {
        self.inner.status().with_context(|| format!("cannot start {self}"))
    }

    /// Runs the process to its end.
    ///
    /// # Errors
    /// It cannot be started, or its exit status is not 0.
    pub fn run(&mut self) -> Result<()> {
        let status = self.status()?;
        if !status.success() {
            bail!("{self}: {status}");
        }
        Ok(())
    }

    /// Runs the process to its end and collects what it prints. The caller checks the exit status.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn output(&mut self) -> Result<Output> {
        self.inner.output().with_context(|| format!("cannot start {self}"))
    }

    /// Runs the process to its end and returns its standard output.
    ///
    /// # Errors
    /// It cannot be started, or its exit status is not 0; then the error quotes its standard error, without secrets.
    pub fn bytes(&mut self) -> Result<Vec<u8>> {
        let output = self.output()?;
        if !output.status.success() {
            let printed = self.redact(String::from_utf8_lossy(&output.stderr).trim());
            bail!("{self}: {}: {printed}", output.status);
        }
        Ok(output.stdout)
    }

    /// Starts the process and does not wait for it.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn spawn(&mut self) -> Result<Child> {
        self.inner.spawn().with_context(|| format!("cannot start {self}"))
    }

    /// Replaces this process. Our standard input becomes the program's. Returns only if that fails.
    pub fn exec(&mut self) -> Error {
        let error = self.inner.stdin(Stdio::inherit()).exec();
        anyhow!(error).context(format!("cannot start {self}"))
    }

    /// A text that the child printed, without secrets: those handed to it, and those of our environment.
    #[must_use]
    pub fn redact(&self, text: &str) -> String {
        self.secrets.iter().fold(environment::redact(text), |text, secret| secret.redact(&text))
    }
}

/// Program and arguments, as a shell would take them.
impl fmt::Display for Command {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = std::iter::once(self.inner.get_program()).chain(self.inner.get_args());
        let line: Vec<String> = words.map(|word| quoted(&word.to_string_lossy())).collect();
        formatter.write_str(&self.redact(&line.join(" ")))
    }
}

impl fmt::Debug for Command {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Command({self})")
    }
}

fn quoted(word: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./=:,@%+~".contains(letter);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// A variable with the value that it has here, for `env(1)`.
#[must_use]
pub fn assignment(name: &str) -> OsString {
    let mut text = OsString::from(format!("{name}="));
    text.push(environment::plain(name).unwrap_or_default());
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLANTED: &str = "planted-secret-0123456789";

    fn failing(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script, "a b"]).secret("RELEASE_SSH_KEY", &Secret::new(PLANTED.to_owned()));
        command
    }

    #[test]
    fn a_child_gets_the_secret_that_is_handed_to_it() {
        let printed = failing("printf %s \"$RELEASE_SSH_KEY\"").bytes().unwrap();
        assert_eq!(printed, PLANTED.as_bytes());
    }

    #[test]
    fn errors_show_program_arguments_and_status_only() {
        let error = failing("env >&2; exit 3").bytes().unwrap_err();
        let shown = format!("{error:#} {error:?}");
        assert!(shown.contains("sh -c 'env >&2; exit 3' 'a b': exit status: 3"), "{shown}");
        assert!(shown.contains("RELEASE_SSH_KEY=[redacted]") && !shown.contains(PLANTED), "{shown}");
        let error = failing("exit 4").stdout(Stdio::null()).run().unwrap_err();
        assert_eq!(format!("{error:#}"), "sh -c 'exit 4' 'a b': exit status: 4");
    }

    #[test]
    fn debug_shows_no_environment() {
        let shown = format!("{:?}", failing("exit"));
        assert_eq!(shown, "Command(sh -c exit 'a b')");
    }

    #[test]
    fn a_secret_passed_as_an_argument_by_mistake_is_not_shown() {
        let mut command = failing("exit");
        command.arg(PLANTED);
        assert!(!format!("{command}").contains(PLANTED));
    }

    #[test]
    fn a_program_that_is_missing_is_named() {
        let mut command = Command::new("/nowhere/at-all");
        command.secret("FORGE_API_TOKEN", &Secret::new(PLANTED.to_owned()));
        for error in [command.run().unwrap_err(), command.bytes().unwrap_err(), command.spawn().unwrap_err()] {
            let shown = format!("{error:#}");
            assert!(shown.starts_with("cannot start /nowhere/at-all: ") && !shown.contains(PLANTED), "{shown}");
        }
        assert!(format!("{:#}", command.exec()).starts_with("cannot start /nowhere/at-all: "));
    }
}
