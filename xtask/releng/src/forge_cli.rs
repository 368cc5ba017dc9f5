//! Calls of the Forge CLI without a terminal. Only its exit status counts; its output is shown without secrets.

use std::io::{BufRead as _, BufReader, Read};
use std::path::PathBuf;
use std::process::Stdio;
use std::thread;

use anyhow::{Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use xtask::command::Command;
use xtask::environment::{plain, secret};
use xtask::secret::Secret;

/// The variables of our environment that the CLI gets. `FORGE_GRAPHQL_GATEWAY` must not be among them: it names the server
/// that the token is sent to.
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

/// The CLI's login.
#[derive(Clone, Debug)]
pub(crate) struct Credentials {
    pub(crate) email: String,
    pub(crate) token: Secret,
}

impl Credentials {
    /// `FORGE_EMAIL` and `FORGE_API_TOKEN`, if both are set.
    pub(crate) fn from_environment() -> Option<Self> {
        let email = plain("FORGE_EMAIL")?.into_string().ok().filter(|email| !email.is_empty())?;
        Some(Self { email, token: secret("FORGE_API_TOKEN").ok()?? })
    }

    /// The value of the header `Authorization` after `Basic`.
    fn header(&self) -> Secret {
        Secret::new(STANDARD.encode(format!("{}:{}", self.email, self.token.expose())))
    }

    /// A line without the token, bare or as in a header.
    fn redact(&self, line: &str) -> String {
        self.header().redact(&self.token.redact(line))
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
    /// One call. `print` gets each line of its output, without secrets.
    ///
    /// Fails when the exit status is not 0, and after the time limit, when the CLI and its children are killed.
    pub(crate) fn call(&self, arguments: &[String], print: &(dyn Fn(&str) + Sync)) -> Result<()> {
        let mut command = Command::new("timeout");
        command.arg("--kill-after=10").arg(self.time_limit.to_string()).arg(&self.program).args(arguments);
        command.env_clear().current_dir(&self.app);
        for name in HANDED_ON {
            if let Some(value) = plain(name) {
                command.env(name, value);
            }
        }
        command.env("FORGE_EMAIL", &self.credentials.email).secret("FORGE_API_TOKEN", &self.credentials.token);
        command.env("FORGE_DISABLE_ANALYTICS", "1");
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        thread::scope(|scope| {
            scope.spawn(|| self.pass_on(stdout, print));
            self.pass_on(stderr, print);
        });
        let status = child.wait()?;
        match status.code() {
            Some(0) => Ok(()),
            Some(124 | 137) => bail!("not finished within {} s", self.time_limit),
            Some(125..=127) => bail!("cannot start {}", self.program.display()),
            _ => bail!("{status}"),
        }
    }

    fn pass_on(&self, pipe: Option<impl Read>, print: &(dyn Fn(&str) + Sync)) {
        let Some(pipe) = pipe else { return };
        let mut pipe = BufReader::new(pipe);
        let mut line = Vec::new();
        // A token contains no line end, so each occurrence is in one line.
        while pipe.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
            print(&self.credentials.redact(String::from_utf8_lossy(&line).trim_end()));
            line.clear();
        }
    }
}
