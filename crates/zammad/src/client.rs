//! The calls. Each reads its answer up to a limit, and each fault becomes a [`ClientError`] with a verdict.

use std::time::Duration;

use redaction::Sensitive;
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderValue, RETRY_AFTER};
use reqwest::{Method, RequestBuilder, Response};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use time::OffsetDateTime;
use url::Url;

use crate::types::{Article, NewArticle, State, Ticket, User};
use crate::{ClientError, Condition, backoff, texts};

/// Largest answer about one ticket or user.
const ONE: usize = 1024 * 1024;
/// Largest list: a ticket's articles with all their bodies.
const MANY: usize = 32 * 1024 * 1024;

/// Which Zammad, as whom.
#[derive(Clone, Debug)]
pub struct ClientConfig {
    /// Zammad's own address, as this process reaches it.
    pub base_url: Url,
    /// API token of the bot.
    pub token: Sensitive<String>,
}

/// The client. Cheap to clone.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base_url: Url,
    authorization: HeaderValue,
    now: fn() -> OffsetDateTime,
}

/// A builder with the limits every call to Zammad needs: no redirects (a redirected call could carry the token
/// elsewhere), 4 s to connect, 30 s in all, no proxy. Installs the process's TLS provider if there is none yet.
pub fn http_client_builder() -> reqwest::ClientBuilder {
    // Fails only if one is installed already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_secs(4))
        .timeout(Duration::from_secs(30))
        .no_proxy()
        .user_agent(concat!("chefstackz-zammad-connector/", env!("CARGO_PKG_VERSION")))
}

impl Client {
    /// A client. `now` reads the clock for `Retry-After` dates.
    ///
    /// # Errors
    /// The token cannot stand in a header (a control character): said without the token.
    pub fn new(
        config: &ClientConfig,
        http: reqwest::Client,
        now: fn() -> OffsetDateTime,
    ) -> Result<Self, &'static str> {
        let mut authorization = HeaderValue::from_str(&format!("Token token={}", config.token.expose()))
            .map_err(|_| "the token cannot stand in an HTTP header")?;
        authorization.set_sensitive(true);
        Ok(Self { http, base_url: config.base_url.clone(), authorization, now })
    }

    /// One ticket.
    ///
    /// # Errors
    /// [`ClientError`]; 404 and 403 are [`crate::Verdict::GiveUp`].
    pub async fn ticket(&self, id: u64) -> Result<Ticket, ClientError> {
        self.get("ticket", &format!("tickets/{id}?expand=true"), ONE).await
    }

    /// All articles of a ticket, oldest first; internal ones as far as the bot may read.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn articles(&self, ticket_id: u64) -> Result<Vec<Article>, ClientError> {
        self.get("articles", &format!("ticket_articles/by_ticket/{ticket_id}?expand=true"), MANY).await
    }

    /// One article.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn article(&self, id: u64) -> Result<Article, ClientError> {
        self.get("article", &format!("ticket_articles/{id}?expand=true"), MANY).await
    }

    /// Writes an article. After [`ClientError::Interrupted`] it may be there: look for its mark before writing again.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn create_article(&self, article: &NewArticle) -> Result<Article, ClientError> {
        let operation = "create-article";
        let body = serde_json::to_value(article.body())
            .map_err(|_| ClientError::Unreadable { operation, what: "not-json" })?;
        self.call(operation, self.request(Method::POST, "ticket_articles?expand=true", operation)?.json(&body), MANY)
            .await
    }

    /// Whose token this is.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn me(&self) -> Result<User, ClientError> {
        self.get("me", "users/me", ONE).await
    }

    /// A user.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn user(&self, id: u64) -> Result<User, ClientError> {
        self.get("user", &format!("users/{id}"), ONE).await
    }

    /// Zammad's version, from an address that needs no permission.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn available(&self) -> Result<String, ClientError> {
        #[derive(Deserialize)]
        struct Available {
            app_version: String,
        }
        let available: Available = self.get("available", "available", ONE).await?;
        Ok(available.app_version)
    }

    /// Zammad's version, e.g. `6.5.1`; a branch name on builds from source. Needs the `admin` permission.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn version(&self) -> Result<String, ClientError> {
        #[derive(Deserialize)]
        struct Version {
            version: String,
        }
        let version: Version = self.get("version", "version", ONE).await?;
        Ok(version.version)
    }

    /// Tickets by condition, in SQL and thus read-after-write, also without Elasticsearch. At most 200 a page; `page`
    /// from 1.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn search_tickets(
        &self,
        condition: &Condition,
        page: u32,
        per_page: u32,
    ) -> Result<Vec<Ticket>, ClientError> {
        let operation = "search-tickets";
        let body: Value = json!({
            "expand": true, "condition": condition.to_json(), "page": page.max(1), "per_page": per_page.clamp(1, 200),
            "sort_by": "id", "order_by": "asc",
        });
        self.call(operation, self.request(Method::POST, "tickets/search", operation)?.json(&body), MANY).await
    }

    /// All ticket states with their types, inactive ones too.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn ticket_states(&self) -> Result<Vec<State>, ClientError> {
        self.get("ticket-states", "ticket_states?per_page=500", ONE).await
    }

    /// A ticket's tags.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn tags(&self, ticket_id: u64) -> Result<Vec<Sensitive<String>>, ClientError> {
        #[derive(Deserialize)]
        struct Tags {
            tags: Vec<Sensitive<String>>,
        }
        let tags: Tags = self.get("tags", &format!("tags?object=Ticket&o_id={ticket_id}"), ONE).await?;
        Ok(tags.tags)
    }

    /// The bytes of an attachment, at most `most`.
    ///
    /// # Errors
    /// [`ClientError`]; more than `most` bytes are [`ClientError::Unreadable`].
    pub async fn attachment(&self, ticket: u64, article: u64, id: u64, most: usize) -> Result<Vec<u8>, ClientError> {
        let operation = "attachment";
        let path = format!("ticket_attachment/{ticket}/{article}/{id}");
        let response = self.send(operation, self.request(Method::GET, &path, operation)?).await?;
        read(operation, response, most).await
    }

    async fn get<T: DeserializeOwned>(
        &self,
        operation: &'static str,
        path: &str,
        most: usize,
    ) -> Result<T, ClientError> {
        self.call(operation, self.request(Method::GET, path, operation)?, most).await
    }

    fn request(&self, method: Method, path: &str, operation: &'static str) -> Result<RequestBuilder, ClientError> {
        let base = self.base_url.as_str().trim_end_matches('/');
        let url = Url::parse(&format!("{base}/api/v1/{path}")).map_err(|_| ClientError::Connect { operation })?;
        // With any other `Accept`, or a list, every error is an HTML page (contracts/zammad.md §1).
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
        serde_json::from_slice(&bytes).map_err(|_| ClientError::Unreadable { operation, what: "not-json" })
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
        Err(ClientError::Status { operation, status: status.as_u16(), text: texts::shown(&body), retry_after })
    }
}

async fn read(operation: &'static str, mut response: Response, most: usize) -> Result<Vec<u8>, ClientError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| fault(operation, &error))? {
        if bytes.len() + chunk.len() > most {
            return Err(ClientError::Unreadable { operation, what: "too-large" });
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn fault(operation: &'static str, error: &reqwest::Error) -> ClientError {
    if error.is_connect() { ClientError::Connect { operation } } else { ClientError::Interrupted { operation } }
}
