//! The client for Forge's web trigger. It can reach nothing else (ARCHITECTURE.md, "Invariants").

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use async_trait::async_trait;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};
use zammad::TlsFault;

use crate::config::{self, Config, Environment};

/// Forge kills a web trigger after 55 s (docs/platforms/forge.md §3).
const TOTAL: Duration = Duration::from_secs(60);
const CONNECT: Duration = Duration::from_secs(10);
/// The platform's own limit of an answer is 5 MB.
const LARGEST_REPLY: usize = 6_000_000;

/// Forge's web trigger. Tests use an in-memory Forge.
#[async_trait]
pub trait WebTrigger: Send + Sync {
    /// Posts a signed body with its headers.
    ///
    /// # Errors
    /// [`NoAnswer`].
    async fn post(&self, headers: &[(&'static str, String)], body: String) -> Result<Answer, NoAnswer>;
}

/// Posts to the configured web trigger. The address is a private field, so no caller can name another.
#[derive(Clone)]
pub struct ForgeClient {
    http: reqwest::Client,
    url: Url,
}

/// A complete answer of the web trigger.
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers as received; repeated headers occur repeatedly.
    pub headers: Vec<(String, Vec<u8>)>,
    /// Body, at most 6 MB.
    pub body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    /// No connection: DNS or address.
    #[error("connect")]
    Connect,
    /// No connection, because of TLS.
    #[error("{}", .0.code())]
    Tls(TlsFault),
    /// No answer within 60 s.
    #[error("timeout")]
    Timeout,
    /// The connection broke after the request was sent: whether it was applied is unknown.
    #[error("broken-off")]
    BrokenOff,
    /// The answer is larger than 6 MB; Forge's own limit is 5 MB.
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
            // Only the configured proxy is used.
            .no_proxy();
        for certificate in config.extra_certificates.clone() {
            builder = builder.add_root_certificate(certificate);
        }
        let mut resolver = PublicOnly { loopback_allowed, proxy: None };
        // To loopback, which is allowed in development only, a proxy for the outside is in the way.
        if let Some(proxy) = config.proxy.as_ref().filter(|_| !is_loopback(&config.webtrigger_url)) {
            builder = builder.proxy(proxy.proxy.clone());
            resolver.proxy = Some(proxy.host.clone());
        }
        builder = builder.dns_resolver(Arc::new(resolver));
        Ok(Self {
            http: builder.build().context("the HTTP client cannot be built")?,
            url: config.webtrigger_url.clone(),
        })
    }
}

#[async_trait]
impl WebTrigger for ForgeClient {
    async fn post(&self, headers: &[(&'static str, String)], body: String) -> Result<Answer, NoAnswer> {
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
        TlsFault::of(error).map_or(NoAnswer::Connect, NoAnswer::Tls)
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

/// Resolves names and drops every address that is not public, so that a name rebound to an internal address gets no
/// connection (docs/testing.md C1). The operator's proxy is inside the network; what it connects to is its own decision.
#[derive(Clone)]
struct PublicOnly {
    loopback_allowed: bool,
    /// Host name of the proxy.
    proxy: Option<String>,
}

impl PublicOnly {
    fn admits(&self, address: IpAddr) -> bool {
        !config::is_not_public(address) || (self.loopback_allowed && address.is_loopback())
    }
}

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        let this = self.clone();
        Box::pin(async move {
            let is_proxy = this.proxy.as_deref().is_some_and(|proxy| proxy.eq_ignore_ascii_case(name.as_str()));
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let admitted: Vec<SocketAddr> = found.filter(|address| is_proxy || this.admits(address.ip())).collect();
            if admitted.is_empty() {
                return Err("the name resolves to no public address".into());
            }
            Ok(Box::new(admitted.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod proxy_tests;

#[cfg(test)]
mod tests {
    use std::str::FromStr;

    use super::*;

    /// C1 at connect time: `localhost` stands for any name that resolves to an internal address.
    #[tokio::test]
    async fn c1_a_name_of_an_internal_address_is_not_resolved() {
        let resolve = |loopback_allowed| {
            PublicOnly { loopback_allowed, proxy: None }.resolve(Name::from_str("localhost").unwrap())
        };
        assert!(resolve(false).await.is_err());
        assert!(resolve(true).await.is_ok_and(|mut found| found.all(|address| address.ip().is_loopback())));
        let production = PublicOnly { loopback_allowed: false, proxy: None };
        let development = PublicOnly { loopback_allowed: true, proxy: None };
        for address in ["10.0.0.1", "169.254.169.254", "::ffff:127.0.0.1"] {
            assert!(
                !production.admits(address.parse().unwrap()) && !development.admits(address.parse().unwrap()),
                "{address}"
            );
        }
        assert!(production.admits("8.8.8.8".parse().unwrap()));
    }
}
