//! Articles and their files.

use reqwest::Method;
use serde_json::Value;

use super::{Client, MANY, read};
use crate::ClientError;
use crate::types::{Article, NewArticle};

impl Client {
    /// All articles of a ticket, oldest first; internal ones as far as the bot may read. One of an unexpected shape is
    /// [`Article::is_unreadable`].
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn articles(&self, ticket_id: u64) -> Result<Vec<Article>, ClientError> {
        let operation = "articles";
        let path = format!("ticket_articles/by_ticket/{ticket_id}?expand=true");
        let articles: Vec<Value> = self.get(operation, &path, MANY).await?;
        let read = |value| Article::read(value).ok_or(ClientError::Unreadable { operation, is_json: true });
        articles.into_iter().map(read).collect()
    }

    /// One article. Not called yet: for reading big tickets article by article.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn article(&self, id: u64) -> Result<Article, ClientError> {
        self.get("article", &format!("ticket_articles/{id}?expand=true"), MANY).await
    }

    /// Writes an article with its files, all or nothing, and returns it as stored. After [`ClientError::Interrupted`] it
    /// may be there: look for its mark before writing again.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn create_article(&self, article: &NewArticle) -> Result<Article, ClientError> {
        self.send_json("create-article", Method::POST, "ticket_articles?expand=true", &article.body(), MANY).await
    }

    /// The bytes of an attachment, at most `most`.
    ///
    /// # Errors
    /// [`ClientError`]; more than `most` bytes are [`ClientError::TooLarge`].
    pub async fn attachment(&self, ticket: u64, article: u64, id: u64, most: usize) -> Result<Vec<u8>, ClientError> {
        let operation = "attachment";
        let path = format!("ticket_attachment/{ticket}/{article}/{id}");
        let response = self.send(operation, self.request(Method::GET, &path, operation)?).await?;
        read(operation, response, most).await
    }
}
