//! The client: one method per call. Each response has a size limit, and each failure is a [`ClientError`].

mod articles;
mod elements;
mod lists;
mod tickets;

use std::sync::Arc;
use std::time::Duration;

use redaction::Sensitive;
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderValue, RETRY_AFTER};
use reqwest::{Method, RequestBuilder, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use time::OffsetDateTime;
use tokio::sync::Semaphore;
use url::Url;

use crate::tls::TlsFault;
use crate::{ClientError, texts};

/// Maximum bytes of a response about one ticket or user.
const ONE: usize = 1024 * 1024;
/// Maximum bytes of a list, such as a ticket's articles with their bodies.
const MANY: usize = 32 * 1024 * 1024;

/// The address of Zammad and the token of the bot.
#[derive(Clone, Debug)]
pub struct ClientConfig {
    /// The URL at which this process reaches Zammad.
    pub base_url: Url,
    /// API token of the bot.
    pub token: Sensitive<String>,
}

/// A client of Zammad's REST API. Cheap to clone.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base_url: Url,
    authorization: HeaderValue,
    now: fn() -> OffsetDateTime,
    /// Held while a large article is read.
    large_articles: Arc<Semaphore>,
}

/// Returns a builder with the limits of every call to Zammad: no redirects (they could send the token to another server), 4 s
/// to connect, 30 s in total, no proxy. Installs the TLS provider of the process if there is none yet.
pub fn http_client_builder() -> reqwest::ClientBuilder {
    // Fails only if one is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_secs(4))
        .timeout(Duration::from_secs(30))
        .no_proxy()
        .user_agent(concat!("chefstackz-zammad-connector/", env!("CARGO_PKG_VERSION")))
}

impl Client {
    /// Creates a client. `now` reads the clock for `Retry-After` dates.
    ///
    /// # Errors
    /// The token contains a character that is not allowed in an HTTP header. The text does not contain the token.
    pub fn new(
        config: &ClientConfig,
        http: reqwest::Client,
        now: fn() -> OffsetDateTime,
    ) -> Result<Self, &'static str> {
        let mut authorization = HeaderValue::from_str(&format!("Token token={}", config.token.expose()))
            .map_err(|_| "ZAMMAD_API_TOKEN contains a character that is not allowed in an HTTP header")?;
        authorization.set_sensitive(true);
        Ok(Self {
            http,
            base_url: config.base_url.clone(),
            authorization,
            now,
            large_articles: Arc::new(Semaphore::new(1)),
        })
    }

    async fn get<T: DeserializeOwned>(
        &self,
        operation: &'static str,
        path: &str,
        most: usize,
    ) -> Result<T, ClientError> {
        self.call(operation, self.request(Method::GET, path, operation)?, most).await
    }

    /// Sends `body` as JSON.
    async fn send_json<T: DeserializeOwned>(
        &self,
        operation: &'static str,
        method: Method,
        path: &str,
        body: &(impl Serialize + Sync),
        most: usize,
    ) -> Result<T, ClientError> {
        self.call(operation, self.request(method, path, operation)?.json(body), most).await
    }

    fn request(&self, method: Method, path: &str, operation: &'static str) -> Result<RequestBuilder, ClientError> {
        let base = self.base_url.as_str().trim_end_matches('/');
        let url = Url::parse(&format!("{base}/api/v1/{path}")).map_err(|_| ClientError::Connect { operation })?;
        // With any other `Accept`, or a list, every error is an HTML page (docs/platforms/zammad.md §1).
        Ok(self
            .http
            .request(method, url)
            .header(ACCEPT, "application/json")
            .header(AUTHORIZATION, self.authorization.clone()))
    }

    async fn call<T: DeserializeOwned>(
        &self,
        operation: &'static str,
        request: RequestBuilder,
        most: usize,
    ) -> Result<T, ClientError> {
        let response = self.send(operation, request).await?;
        let bytes = read(operation, response, most).await?;
        serde_json::from_slice(&bytes).map_err(|_| {
            let is_json = serde_json::from_slice::<serde::de::IgnoredAny>(&bytes).is_ok();
            ClientError::Unreadable { operation, is_json }
        })
    }

    async fn send(&self, operation: &'static str, request: RequestBuilder) -> Result<Response, ClientError> {
        let response = request.send().await.map_err(|error| fault(operation, &error))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        let retry_after = after.and_then(|value| backoff::retry_after(value, (self.now)()));
        let body = read(operation, response, ONE).await.unwrap_or_default();
        let (text, said) = texts::read(&body);
        Err(ClientError::Status { operation, status: status.as_u16(), text, said, retry_after })
    }
}

async fn read(operation: &'static str, mut response: Response, most: usize) -> Result<Vec<u8>, ClientError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| fault(operation, &error))? {
        if bytes.len() + chunk.len() > most {
            return Err(ClientError::TooLarge { operation });
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn fault(operation: &'static str, error: &reqwest::Error) -> ClientError {
    match TlsFault::of(error) {
        Some(fault) if error.is_connect() => ClientError::Tls { operation, fault },
        _ if error.is_connect() => ClientError::Connect { operation },
        _ => ClientError::Interrupted { operation },
    }
}
