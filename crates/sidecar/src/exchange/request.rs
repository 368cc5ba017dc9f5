//! Builds the request of a batch. Every message passes the privacy boundary again, in the mode that applies now; in privacy
//! mode the final bytes are searched for the content of every ticket in them.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use redaction::{EgressCheck, Leak, Needle, Privacy, Sensitive, cross};
use schema::{
    Ack, AttachmentContent, AttachmentNotice, MAX_BODY_BYTES, MAX_INLINE_BYTES, Message, MessageBody, Poll, Request,
    SidecarInfo, WIRE_VERSION,
};
use sha2::{Digest, Sha256};
use store::{AckRow, Batch, OutboxRow, Settlement};
use zammad::{ClientError, Reason, Verdict};

use crate::config::Config;
use crate::env::Env;
use crate::health::Health;
use crate::ticket::TicketReader;

/// Bytes reserved for the rest of the request: sidecar, acknowledgements, braces.
const FRAME: usize = 64 * 1024;
/// Delay before a message that could not be completed is tried again, in milliseconds.
const RETRY_MS: i64 = 10_000;
/// A file on which Zammad fails, although the server works, is given up after this many attempts: about a minute.
const FILE_ATTEMPTS: u32 = 6;
/// A message about a ticket that Zammad says does not exist is given up after this many attempts: about a minute.
const GONE_ATTEMPTS: u32 = 6;
/// Most commands in one reply.
const COMMANDS: u32 = 50;

/// A request before it is signed.
pub(super) struct Draft {
    /// The body: JSON that passed the boundary. Empty if the request itself was rejected by it.
    pub(super) body: String,
    /// Ids of the messages in it.
    pub(super) sent: Vec<String>,
    /// The other messages of the batch, with their settlements.
    pub(super) held: Vec<(String, Settlement)>,
}

/// The request while it is built.
#[derive(Default)]
struct Contents {
    messages: Vec<Message>,
    sent: Vec<String>,
    held: Vec<(String, Settlement)>,
    /// Tickets with a message that waits.
    waiting: Vec<u64>,
    /// Bytes of the messages.
    size: usize,
}

/// The bytes that a message's file will take in the request, as far as they are known and not read yet.
fn unread(message: &Message) -> usize {
    match &message.body {
        MessageBody::AttachmentAdded(file) if file.bytes.is_none() && file.notice.is_none() => {
            // Base64 makes four characters of three bytes.
            usize::try_from(file.size / 3 * 4).unwrap_or(usize::MAX)
        }
        _ => 0,
    }
}

/// Whether Zammad says in its own words that the ticket does not exist.
fn is_gone(error: &ClientError) -> bool {
    error.verdict() == Verdict::GiveUp(Reason::Gone)
}

/// Whether a message consists of ids and codes only: the end of a link, with the comments and files to erase.
const fn has_no_text(message: &Message) -> bool {
    matches!(message.body, MessageBody::TicketGone(_) | MessageBody::LinkRemoved(_))
}

/// Builds requests.
pub(super) struct RequestBuilder {
    pub(super) config: Arc<Config>,
    pub(super) reader: Arc<TicketReader>,
    pub(super) health: Arc<Health>,
    pub(super) env: Env,
    pub(super) sidecar: SidecarInfo,
    secrets: EgressCheck,
}

impl RequestBuilder {
    pub(super) fn new(
        config: Arc<Config>,
        reader: Arc<TicketReader>,
        health: Arc<Health>,
        env: Env,
        sidecar: SidecarInfo,
    ) -> Self {
        let secret = |text: String| Needle { what: "secret", text: Sensitive::new(text) };
        let mut needles: Vec<Needle> = config.secrets.live().map(|key| secret(key.to_hex().to_string())).collect();
        needles.push(secret(config.zammad_token.expose().clone()));
        needles.push(secret(config.webhook_token.expose().clone()));
        Self { secrets: EgressCheck::new(&needles), config, reader, health, env, sidecar }
    }

    /// Builds the request for a batch and acknowledgements. `waiting`: tickets whose commands cannot be applied now. `empty_mark`:
    /// Forge's mark of the empty queue, if the queue need not be looked at.
    pub(super) async fn build(
        &self,
        batch: &Batch,
        acks: &[AckRow],
        config_etag: Option<String>,
        mut waiting: Vec<u64>,
        empty_mark: Option<String>,
    ) -> Draft {
        waiting.truncate(schema::MAX_SKIPPED_TICKETS);
        // While Zammad cannot be used, no command can be applied.
        let max = if self.health.is_zammad_up() { COMMANDS } else { 0 };
        let mut contents = Contents::default();
        for row in &batch.rows {
            // A message behind a held one of the same ticket waits too, or their order would be lost.
            let settlement = if contents.waiting.contains(&row.ticket_id) {
                Some(self.retry("behind-another"))
            } else {
                self.add(row, &mut contents).await
            };
            if let Some(settlement) = settlement {
                if matches!(settlement, Settlement::Retry { .. }) {
                    contents.waiting.push(row.ticket_id);
                }
                contents.held.push((row.id.clone(), settlement));
            }
        }
        let request = Request {
            v: WIRE_VERSION,
            install_id: self.config.install_id.as_str().to_owned(),
            sidecar: self.sidecar.clone(),
            messages: contents.messages,
            acks: acks.iter().filter_map(ack).collect(),
            poll: Poll { max, skip_tickets: waiting, empty_mark },
            config_etag,
        };
        let body = match cross(&request, self.config.privacy) {
            Ok(cleared) => serde_json::to_string(cleared.get()).unwrap_or_default(),
            Err(error) => {
                // Operator: report this as a bug; nothing is sent until the connector is upgraded.
                tracing::error!(error = %error, "request rejected by the privacy boundary");
                String::new()
            }
        };
        Draft { body, sent: contents.sent, held: contents.held }
    }

    /// Adds a message, or returns why it is not in this request.
    async fn add(&self, row: &OutboxRow, contents: &mut Contents) -> Option<Settlement> {
        let Ok(message) = serde_json::from_str::<Message>(&row.body) else {
            return Some(Settlement::Dead { code: "boundary".into() });
        };
        // A file that does not fit is not read from Zammad in vain.
        if !contents.sent.is_empty() && contents.size.saturating_add(unread(&message)) > MAX_BODY_BYTES - FRAME {
            return Some(self.next_exchange());
        }
        let Ok(message) = self.with_bytes(message, row.attempts).await else {
            return Some(self.retry("file-not-read"));
        };
        let Ok(message) = cross(&message, self.config.privacy) else {
            return Some(Settlement::Dead { code: "boundary".into() });
        };
        let alone = serde_json::to_string(message.get()).unwrap_or_default();
        let mut leak = self.secrets.check(alone.as_bytes()).err();
        // Ticket 0 stands for messages without a ticket (`hello`), which have no content.
        if self.config.privacy == Privacy::On && row.ticket_id != 0 && leak.is_none() {
            leak = match self.reader.find_content(row.ticket_id, &[alone.as_bytes()]).await {
                Ok(leak) => leak,
                // A deleted ticket has no content to search for, and these messages have no text.
                Err(error) if is_gone(&error) && has_no_text(message.get()) => None,
                Err(error) if is_gone(&error) && row.attempts >= GONE_ATTEMPTS => {
                    return Some(Settlement::Dead { code: "zammad-gone".into() });
                }
                // Nothing leaves unchecked.
                Err(_) => return Some(self.retry("egress-check-unavailable")),
            };
        }
        if let Some(leak) = leak {
            self.stopped(row.ticket_id, leak);
            return Some(Settlement::Dead { code: "content-stopped-at-the-boundary".into() });
        }
        // A message that does not fit goes with the next exchange.
        if contents.size + alone.len() > MAX_BODY_BYTES - FRAME && !contents.sent.is_empty() {
            return Some(self.next_exchange());
        }
        contents.size += alone.len();
        contents.sent.push(row.id.clone());
        contents.messages.push(message.get().clone());
        None
    }

    fn next_exchange(&self) -> Settlement {
        Settlement::Retry { at: self.env.now(), code: "next-exchange".into() }
    }

    fn retry(&self, code: &str) -> Settlement {
        Settlement::Retry { at: self.env.now().plus(RETRY_MS), code: code.into() }
    }

    /// Adds the bytes of a file, which are read from Zammad only when the message is sent. `Err` if they cannot be read now.
    async fn with_bytes(&self, mut message: Message, attempts: u32) -> Result<Message, ()> {
        if let (Some(ticket), MessageBody::AttachmentAdded(file)) = (message.ticket_id, &mut message.body)
            && file.bytes.is_none()
            && file.notice.is_none()
        {
            self.fill(ticket, file, attempts).await?;
        }
        Ok(message)
    }

    async fn fill(&self, ticket: u64, file: &mut AttachmentContent, attempts: u32) -> Result<(), ()> {
        if self.config.privacy == Privacy::On {
            file.notice = Some(AttachmentNotice::Privacy);
            return Ok(());
        }
        let most = usize::try_from(MAX_INLINE_BYTES).unwrap_or(usize::MAX);
        match self.reader.attachment(ticket, file.article_id, file.attachment_id, most).await {
            Ok(bytes) => {
                file.sha256 = Some(hex::encode(Sha256::digest(&bytes)));
                file.bytes = Some(STANDARD.encode(bytes));
            }
            Err(error) => {
                // The article moved, the file was deleted, or Zammad fails on it though the server works.
                let is_lost = match error.verdict() {
                    Verdict::GiveUp(_) => true,
                    Verdict::RetryFewTimes => attempts >= FILE_ATTEMPTS && self.reader.is_server_well().await,
                    Verdict::Retry { .. } | Verdict::Wait(_) => false,
                };
                if !is_lost {
                    return Err(());
                }
                // Jira gets a placeholder.
                file.notice = Some(AttachmentNotice::Unreadable);
            }
        }
        Ok(())
    }

    /// Logs and counts a message that contains one of our secrets or content of its ticket.
    fn stopped(&self, ticket_id: u64, leak: Leak) {
        self.health.leak_stopped();
        // Operator: report this as a bug; the message is a dead letter (`connector troubles`) and nothing left the network.
        tracing::error!(
            ticket_id,
            what = leak.what,
            form = leak.form,
            "message stopped: it contains content or a secret"
        );
    }
}

/// `None` for a command whose id is no ULID: it cannot be acknowledged, and was logged when it arrived.
fn ack(row: &AckRow) -> Option<Ack> {
    Some(Ack { command_id: row.command_id.parse().ok()?, status: row.status, code: row.code.clone(), detail: None })
}

#[cfg(test)]
#[path = "request_tests.rs"]
mod tests;
