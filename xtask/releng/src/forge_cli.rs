//! The Forge CLI, driven without a terminal. Its exit code is the only truth; its output is for the reader, without secrets.

use std::fmt;
use std::io::{BufRead as _, BufReader, Read};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;

use anyhow::{Context, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// What of our environment the CLI may see. Above all not `FORGE_GRAPHQL_GATEWAY`: whoever could set that would be sent
/// the token.
pub(crate) const HANDED_ON: &[&str] = &[
    "PATH",
    "HOME",
    "TMPDIR",
    "LANG",
    "CI",
    "HTTPS_PROXY",
    "https_proxy",
    "NO_PROXY",
    "no_proxy",
    "NODE_EXTRA_CA_CERTS",
];

/// What the CLI logs in with.
#[derive(Clone)]
pub(crate) struct Credentials {
    pub(crate) email: String,
    pub(crate) token: String,
}

impl Credentials {
    /// `FORGE_EMAIL` and `FORGE_API_TOKEN`, if both are there.
    pub(crate) fn from_environment() -> Option<Self> {
        let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        Some(Self { email: set("FORGE_EMAIL")?, token: set("FORGE_API_TOKEN")? })
    }

    /// A line without the token, bare or as it stands in a header.
    fn redact(&self, line: &str) -> String {
        let header = STANDARD.encode(format!("{}:{}", self.email, self.token));
        line.replace(&self.token, "[redacted]").replace(&header, "[redacted]")
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Credentials([redacted])")
    }
}

/// How to call it.
#[derive(Debug)]
pub(crate) struct Forge {
    pub(crate) program: PathBuf,
    /// The app's folder, with its manifest.
    pub(crate) app: PathBuf,
    pub(crate) credentials: Credentials,
    /// Seconds that one call may take.
    pub(crate) time_limit: u64,
}

impl Forge {
    /// One call. `say` gets each line that it prints.
    ///
    /// Fails when the exit code is not 0, and after the time limit, when the CLI and its children are ended.
    pub(crate) fn call(&self, arguments: &[String], say: &(dyn Fn(&str) + Sync)) -> Result<()> {
        let mut command = Command::new("timeout");
        command.arg("--kill-after=10").arg(self.time_limit.to_string()).arg(&self.program).args(arguments);
        command.env_clear().current_dir(&self.app);
        command.envs(HANDED_ON.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
        command.env("FORGE_EMAIL", &self.credentials.email).env("FORGE_API_TOKEN", &self.credentials.token);
        command.env("FORGE_DISABLE_ANALYTICS", "1");
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .context("cannot start timeout, a part of Debian's coreutils")?;
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        thread::scope(|scope| {
            scope.spawn(|| self.pass_on(stdout, say));
            self.pass_on(stderr, say);
        });
        let status = child.wait()?;
        match status.code() {
            Some(0) => Ok(()),
            Some(124 | 137) => bail!("no end within {} s", self.time_limit),
            Some(125..=127) => bail!("cannot start {}", self.program.display()),
            _ => bail!("{status}"),
        }
    }

    fn pass_on(&self, pipe: Option<impl Read>, say: &(dyn Fn(&str) + Sync)) {
        let Some(pipe) = pipe else { return };
        let mut pipe = BufReader::new(pipe);
        let mut line = Vec::new();
        // A token has no line end in it, so whole lines show every occurrence.
        while pipe.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
            say(&self.credentials.redact(String::from_utf8_lossy(&line).trim_end()));
            line.clear();
        }
    }
}
