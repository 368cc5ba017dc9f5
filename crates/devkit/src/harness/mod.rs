//! Everything together, as processes over real sockets: simulators, the real Forge bundle in its emulator, the real
//! `connector` binary. What `devkit dev` shows and what the end-to-end tests drive is the same.

mod connector;
mod emulator;
mod front;
mod site;

pub use connector::Connector;
pub use emulator::Emulator;
pub use front::Front;
pub use site::{Site, SiteOptions};

use std::path::PathBuf;

/// Why something of the harness did not start or answer.
#[derive(Debug, thiserror::Error)]
pub enum HarnessError {
    /// A process could not be started, or a socket not be had.
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: String,
        /// Why not.
        source: std::io::Error,
    },
    /// It started and did not say what it should, or ended.
    #[error("{0}")]
    Unexpected(String),
    /// A control call failed.
    #[error("control call failed")]
    Http(#[from] reqwest::Error),
    /// The sample could not be told.
    #[error(transparent)]
    Sample(#[from] crate::sample::SampleError),
}

pub(crate) fn io(what: &str) -> impl FnOnce(std::io::Error) -> HarnessError + '_ {
    move |source| HarnessError::Io { what: what.to_owned(), source }
}

/// What was built and is to be run.
#[derive(Clone, Debug)]
pub struct Built {
    /// The `connector` binary.
    pub connector: PathBuf,
    /// The folder `forge-app`, with its packages and bundle.
    pub app: PathBuf,
}

impl Built {
    /// Where `cargo xtask` leaves them, seen from this package: for tests.
    ///
    /// # Errors
    /// Something is missing; the text says what builds it.
    pub fn of_workspace() -> Result<Self, HarnessError> {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
        // Test binaries are in target/<profile>/deps.
        let own = std::env::current_exe().map_err(io("own path"))?;
        let profile = own.ancestors().nth(2).map(PathBuf::from).unwrap_or_default();
        let built = Self { connector: profile.join("connector"), app: root.join("forge-app") };
        built.check()?;
        Ok(built)
    }

    /// The Node that came with the app's packages, of the version the manifest names; else the machine's.
    #[must_use]
    pub fn node(&self) -> PathBuf {
        let own = self.app.join("node_modules/.bin/node");
        if own.exists() { std::fs::canonicalize(&own).unwrap_or(own) } else { PathBuf::from("node") }
    }

    /// Whether all is there.
    ///
    /// # Errors
    /// What is missing, and what makes it.
    pub fn check(&self) -> Result<(), HarnessError> {
        let bundle = self.app.join("dist/bundle");
        for (path, made_by) in [(&self.connector, "cargo build -p sidecar --bins"), (&bundle, "cargo xtask forge-app")]
        {
            if !path.exists() {
                return Err(HarnessError::Unexpected(format!("{} is missing; `{made_by}` makes it", path.display())));
            }
        }
        Ok(())
    }
}
