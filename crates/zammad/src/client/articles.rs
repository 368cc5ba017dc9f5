//! Articles and their files.

use reqwest::{Method, Response};
use serde::de::IgnoredAny;
use serde_json::Value;
use tokio::sync::SemaphorePermit;

use super::elements::{Element, Elements, NoArray};
use super::{Client, MANY, ONE, fault, read};
use crate::ClientError;
use crate::types::{Article, NewArticle};

const OPERATION: &str = "articles";
/// Most bytes of one article's JSON. Zammad stores bodies of up to 20 MB; mails of people have a hundredth.
const LARGEST_ARTICLE: usize = 16 * 1024 * 1024;
/// Bytes of an article's JSON from which only one is read at a time, by all users of a client.
const LARGE_ARTICLE: usize = 256 * 1024;

impl Client {
    /// Passes the articles of a ticket to `each`, oldest first; internal ones if the bot may read them. Only one of them is in
    /// memory, and of large ones only one for all calls of this client. An article of an unexpected shape, or of more than 16
    /// MiB, is [`Article::is_unreadable`].
    ///
    /// # Errors
    /// [`ClientError`]; `each` may have had some articles.
    pub async fn each_article(
        &self,
        ticket_id: u64,
        each: &mut (dyn FnMut(Article) + Send),
    ) -> Result<(), ClientError> {
        let path = format!("ticket_articles/by_ticket/{ticket_id}?expand=true");
        let mut response = self.send(OPERATION, self.request(Method::GET, &path, OPERATION)?).await?;
        let mut elements = Elements::new(LARGEST_ARTICLE);
        let mut permit = None;
        let mut is_first = true;
        while let Some(chunk) = response.chunk().await.map_err(|error| fault(OPERATION, &error))? {
            let mut piece = chunk.as_ref();
            while !piece.is_empty() {
                let (element, rest) = match elements.next(piece) {
                    Ok(found) => found,
                    Err(NoArray) if is_first => return Err(no_array(chunk.to_vec(), response).await),
                    Err(NoArray) => return Err(unreadable(false)),
                };
                piece = rest;
                if let Some(element) = element {
                    each(article(ticket_id, element)?);
                    permit = None;
                }
            }
            is_first = false;
            if permit.is_none() && elements.held() > LARGE_ARTICLE {
                permit = self.turn().await;
            }
        }
        drop(permit);
        if elements.has_ended() { Ok(()) } else { Err(unreadable(false)) }
    }

    /// Returns one article. An article of an unexpected shape is [`Article::is_unreadable`].
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn article(&self, id: u64) -> Result<Article, ClientError> {
        let operation = "article";
        let _permit = self.turn().await;
        let value: Value = self.get(operation, &format!("ticket_articles/{id}?expand=true"), LARGEST_ARTICLE).await?;
        Article::read(value).ok_or(ClientError::Unreadable { operation, is_json: true })
    }

    /// Waits until no other large article is read. `None` never: the semaphore is not closed.
    async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        self.large_articles.acquire().await.ok()
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

fn article(ticket_id: u64, element: Element) -> Result<Article, ClientError> {
    match element {
        Element::Whole(json) => match serde_json::from_slice(&json) {
            Ok(article) => Ok(article),
            Err(_) => {
                let value = serde_json::from_slice(&json).map_err(|_| unreadable(false))?;
                Article::read(value).ok_or(unreadable(true))
            }
        },
        Element::Beginning(json) => {
            Article::without_content(ticket_id, &String::from_utf8_lossy(&json)).ok_or(unreadable(true))
        }
    }
}

/// The error for an answer that is no list of articles; `begin` are its first bytes.
async fn no_array(mut begin: Vec<u8>, response: Response) -> ClientError {
    match read(OPERATION, response, ONE).await {
        Ok(rest) => {
            begin.extend(rest);
            unreadable(serde_json::from_slice::<IgnoredAny>(&begin).is_ok())
        }
        Err(error) => error,
    }
}

fn unreadable(is_json: bool) -> ClientError {
    ClientError::Unreadable { operation: OPERATION, is_json }
}
