//! Articles and their files.

use reqwest::Method;
use serde_json::Value;

use super::{Client, MANY, read};
use crate::ClientError;
use crate::types::{Article, NewArticle};

impl Client {
    /// Returns all articles of a ticket, oldest first; internal ones if the bot may read them. An article of an unexpected
    /// shape is [`Article::is_unreadable`].
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

    /// Returns one article. Not used yet: for reading large tickets article by article.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn article(&self, id: u64) -> Result<Article, ClientError> {
        self.get("article", &format!("ticket_articles/{id}?expand=true"), MANY).await
    }

    /// Creates an article with its files, all or nothing, and returns it as stored. After [`ClientError::Interrupted`] it
    /// may exist: search for its mark before creating it again.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn create_article(&self, article: &NewArticle) -> Result<Article, ClientError> {
        self.send_json("create-article", Method::POST, "ticket_articles?expand=true", &article.body(), MANY).await
    }

    /// Returns the bytes of an attachment, at most `most`.
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
