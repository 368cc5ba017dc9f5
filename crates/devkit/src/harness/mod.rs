//! The whole system as processes over real sockets: the simulators, the real Forge bundle in its emulator, the real
//! `connector` binary. `devkit dev` and the end-to-end tests use the same.

mod connector;
mod emulator;
mod freshness;
mod front;
mod site;

pub use connector::Connector;
pub use emulator::{AppPage, Emulator};
pub use front::Front;
pub use site::{Site, SiteOptions};

use std::path::PathBuf;

/// A part of the harness that did not start or respond.
#[derive(Debug, thiserror::Error)]
pub enum HarnessError {
    /// A process could not be started, or a socket not be opened.
    #[error("{what}: {source}")]
    Io {
        /// The step that failed.
        what: String,
        /// The cause.
        source: std::io::Error,
    },
    /// A process ended, or responded otherwise than it must.
    #[error("{0}")]
    Unexpected(String),
    /// A control call failed.
    #[error("control call failed")]
    Http(#[from] reqwest::Error),
    /// The sample data could not be created.
    #[error(transparent)]
    Sample(#[from] crate::sample::SampleError),
}

pub(crate) fn io(what: &str) -> impl FnOnce(std::io::Error) -> HarnessError + '_ {
    move |source| HarnessError::Io { what: what.to_owned(), source }
}

/// The built programs that the harness runs.
#[derive(Clone, Debug)]
pub struct Built {
    /// The `connector` binary.
    pub connector: PathBuf,
    /// The folder `forge-app`, with its packages and bundle.
    pub app: PathBuf,
}

impl Built {
    /// The programs where cargo and `cargo xtask` put them, seen from this package: for tests.
    ///
    /// # Errors
    /// See [`Built::check`].
    pub fn of_workspace() -> Result<Self, HarnessError> {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let root = root.ancestors().nth(2).map(PathBuf::from).unwrap_or_default();
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

    /// Checks that the programs exist and that the Forge bundle is newer than its sources.
    ///
    /// # Errors
    /// One line that names what is missing or outdated, and the command that builds it.
    pub fn check(&self) -> Result<(), HarnessError> {
        if !self.connector.exists() {
            let text = format!("{} is missing; run `cargo build -p sidecar --bins`", self.connector.display());
            return Err(HarnessError::Unexpected(text));
        }
        freshness::check(&self.app).map_err(HarnessError::Unexpected)
    }
}
