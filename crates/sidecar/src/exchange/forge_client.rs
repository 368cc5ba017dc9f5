//! The only way out: one client that can reach Forge's web trigger and nothing else (ARCHITECTURE.md, invariant 1).

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use crate::config::{self, Config, Environment};

/// Forge kills a web trigger after 55 s (docs/platforms/forge.md §3).
const TOTAL: Duration = Duration::from_secs(60);
const CONNECT: Duration = Duration::from_secs(10);
/// The platform's own limit of an answer is 5 MB.
const LARGEST_REPLY: usize = 6_000_000;

/// Posts to the configured web trigger. The address is inside: no caller can name another.
#[derive(Clone)]
pub struct ForgeClient {
    http: reqwest::Client,
    url: Url,
}

/// An answer of the web trigger, complete.
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers as received, repeated ones repeated.
    pub headers: Vec<(String, Vec<u8>)>,
    /// Body, at most 6 MB.
    pub body: Vec<u8>,
}

/// No answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    /// No connection: name, address, TLS.
    #[error("connect")]
    Connect,
    /// None within the time.
    #[error("timeout")]
    Timeout,
    /// It broke off after the request was sent: whether it was applied is unknown.
    #[error("broken-off")]
    BrokenOff,
    /// Larger than any answer of Forge.
    #[error("too-large")]
    TooLarge,
}

impl ForgeClient {
    /// Builds the client for a configuration.
    ///
    /// # Errors
    /// The TLS set-up or the extra CA file cannot be used.
    pub fn new(config: &Config) -> Result<Self> {
        // One provider a process; a second installation is refused, harmlessly.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let loopback_allowed = config.environment == Environment::Development;
        let mut builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT)
            .timeout(TOTAL)
            .user_agent(concat!("chefstackz-zammad-connector/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(Arc::new(PublicOnly { loopback_allowed }));
        if let Some(file) = &config.extra_ca_file {
            let pem = std::fs::read(file).context("EXTRA_CA_FILE cannot be read")?;
            for certificate in reqwest::Certificate::from_pem_bundle(&pem).context("EXTRA_CA_FILE is not PEM")? {
                builder = builder.add_root_certificate(certificate);
            }
        }
        if is_loopback(&config.webtrigger_url) {
            // Only ever in development, where a proxy for the outside env is in the way.
            builder = builder.no_proxy();
        }
        Ok(Self {
            http: builder.build().context("the HTTP client cannot be built")?,
            url: config.webtrigger_url.clone(),
        })
    }

    /// Posts a sealed body.
    ///
    /// # Errors
    /// [`NoAnswer`].
    pub async fn post(&self, headers: &[(&'static str, String)], body: String) -> Result<Answer, NoAnswer> {
        let mut request = self.http.post(self.url.clone()).header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let mut response = request.body(body).send().await.map_err(|error| no_answer(&error))?;
        let status = response.status().as_u16();
        let headers =
            response.headers().iter().map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec()));
        let headers = headers.collect();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| no_answer(&error))? {
            if body.len() + chunk.len() > LARGEST_REPLY {
                return Err(NoAnswer::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status, headers, body })
    }
}

fn no_answer(error: &reqwest::Error) -> NoAnswer {
    if error.is_connect() {
        NoAnswer::Connect
    } else if error.is_timeout() {
        NoAnswer::Timeout
    } else {
        NoAnswer::BrokenOff
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// Resolves names and drops every address that the internet must not lead to: a name that is rebound to the inside of
/// the network gets no connection (docs/testing.md C1, "at connect").
struct PublicOnly {
    loopback_allowed: bool,
}

impl PublicOnly {
    fn admits(&self, address: IpAddr) -> bool {
        !config::is_not_public(address) || (self.loopback_allowed && address.is_loopback())
    }
}

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        let admits = Self { loopback_allowed: self.loopback_allowed };
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let admitted: Vec<SocketAddr> = found.filter(|address| admits.admits(address.ip())).collect();
            if admitted.is_empty() {
                return Err("the name leads to no public address".into());
            }
            Ok(Box::new(admitted.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::str::FromStr;

    use super::*;

    /// C1, at connect: `localhost` stands for any name that leads inside.
    #[tokio::test]
    async fn c1_a_name_that_leads_inside_gets_no_address() {
        let resolve = |loopback_allowed| PublicOnly { loopback_allowed }.resolve(Name::from_str("localhost").unwrap());
        assert!(resolve(false).await.is_err());
        assert!(resolve(true).await.is_ok_and(|mut found| found.all(|address| address.ip().is_loopback())));
        let production = PublicOnly { loopback_allowed: false };
        let development = PublicOnly { loopback_allowed: true };
        for address in ["10.0.0.1", "169.254.169.254", "::ffff:127.0.0.1"] {
            assert!(
                !production.admits(address.parse().unwrap()) && !development.admits(address.parse().unwrap()),
                "{address}"
            );
        }
        assert!(production.admits("8.8.8.8".parse().unwrap()));
    }
}
