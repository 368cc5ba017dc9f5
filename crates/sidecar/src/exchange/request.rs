//! A batch as a request: every message crosses the boundary again, under the mode that holds now; in privacy mode the
//! final bytes are searched for the content of every ticket in them.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use redaction::{Boundary, EgressCheck, Needle, Privacy, Sensitive, cross};
use schema::{
    Ack, AckStatus, AttachmentContent, AttachmentNotice, MAX_BODY_BYTES, MAX_INLINE_BYTES, Message, MessageBody, Poll,
    Request, SidecarInfo, WIRE_VERSION,
};
use sha2::{Digest, Sha256};
use store::{AckRow, Batch, Settlement};
use zammad::Verdict;

use super::Sources;
use crate::env::Env;
use crate::config::Config;
use crate::health::Health;

/// Room for the request's own frame and acknowledgements.
const FRAME: usize = 64 * 1024;
/// How many commands one exchange may bring.
const COMMANDS: u32 = 50;

/// What goes out, and what was held back on the way.
pub(super) struct Draft {
    /// The request's body; nothing but a [`Boundary`] gets this far.
    pub(super) body: String,
    /// Ids of the messages in it.
    pub(super) sent: Vec<String>,
    /// What became of the others.
    pub(super) held: Vec<(String, Settlement)>,
}

/// Makes requests.
pub(super) struct Drafter {
    pub(super) config: Arc<Config>,
    pub(super) sources: Arc<Sources>,
    pub(super) health: Arc<Health>,
    pub(super) env: Env,
    pub(super) sidecar: SidecarInfo,
    secrets: EgressCheck,
}

impl Drafter {
    pub(super) fn new(
        config: Arc<Config>,
        sources: Arc<Sources>,
        health: Arc<Health>,
        env: Env,
        sidecar: SidecarInfo,
    ) -> Self {
        let secret = |text: String| Needle { what: "secret", text: Sensitive::new(text) };
        let mut needles: Vec<Needle> = config.secrets.live().map(|key| secret(key.to_hex().to_string())).collect();
        needles.push(secret(config.zammad_token.expose().clone()));
        needles.push(secret(config.webhook_token.expose().clone()));
        Self { secrets: EgressCheck::new(&needles), config, sources, health, env, sidecar }
    }

    /// The request for a batch and acknowledgements.
    pub(super) async fn draft(&self, batch: &Batch, acks: &[AckRow], config_etag: Option<String>) -> Draft {
        let (mut messages, mut sent, mut held) = (Vec::new(), Vec::new(), Vec::new());
        let mut checks: Vec<(u64, Arc<EgressCheck>)> = Vec::new();
        let mut waiting: Vec<u64> = Vec::new();
        let mut size = 0;
        for row in &batch.rows {
            let later = |code: &str| Settlement::Retry { at: self.env.now().plus(10_000), code: code.into() };
            // Behind a message that is held back its ticket's others wait too, or their order is lost.
            if waiting.contains(&row.ticket_id) {
                held.push((row.id.clone(), later("behind-another")));
                continue;
            }
            let message = match serde_json::from_str::<Message>(&row.body) {
                Ok(message) => self.with_bytes(message).await,
                Err(_) => Ok(None),
            };
            let Ok(message) = message else {
                waiting.push(row.ticket_id);
                held.push((row.id.clone(), later("file-not-read")));
                continue;
            };
            let message: Option<Boundary<Message>> =
                message.and_then(|message| cross(&message, self.config.privacy).ok());
            let Some(message) = message else {
                held.push((row.id.clone(), Settlement::Dead { code: "boundary".into() }));
                continue;
            };
            // Line 0 is the sidecar's own (`hello`); it has no ticket and so no content.
            if self.config.privacy == Privacy::On
                && row.ticket_id != 0
                && !checks.iter().any(|(id, _)| *id == row.ticket_id)
            {
                match self.sources.check(row.ticket_id).await {
                    Ok(check) => checks.push((row.ticket_id, check)),
                    // Unchecked, nothing leaves.
                    Err(_) => {
                        waiting.push(row.ticket_id);
                        held.push((row.id.clone(), later("egress-check-unavailable")));
                        continue;
                    }
                }
            }
            let alone = serde_json::to_string(message.get()).unwrap_or_default();
            if self.leaks(alone.as_bytes(), &checks, row.ticket_id) {
                held.push((row.id.clone(), Settlement::Dead { code: "content-stopped-at-the-boundary".into() }));
                continue;
            }
            // What does not fit goes with the next exchange, with its ticket's others behind it.
            if size + alone.len() > MAX_BODY_BYTES - FRAME && !sent.is_empty() {
                waiting.push(row.ticket_id);
                held.push((row.id.clone(), Settlement::Retry { at: self.env.now(), code: "next-exchange".into() }));
                continue;
            }
            size += alone.len();
            sent.push(row.id.clone());
            messages.push(message.get().clone());
        }
        let acks = acks.iter().filter_map(ack).collect();
        let request = Request {
            v: WIRE_VERSION,
            install_id: self.config.install_id.as_str().to_owned(),
            sidecar: self.sidecar.clone(),
            messages,
            acks,
            poll: Poll { max: COMMANDS },
            config_etag,
        };
        let body = match cross(&request, self.config.privacy) {
            Ok(crossed) => serde_json::to_string(crossed.get()).unwrap_or_default(),
            Err(error) => {
                tracing::error!(error = %error, "a request has no way across the boundary");
                String::new()
            }
        };
        Draft { body, sent, held }
    }

    /// A file's bytes, read from Zammad at the moment of sending. `Err`: not now.
    async fn with_bytes(&self, mut message: Message) -> Result<Option<Message>, ()> {
        let Some(ticket) = message.ticket_id else { return Ok(Some(message)) };
        if let MessageBody::AttachmentAdded(file) = &mut message.body
            && file.bytes.is_none()
            && file.notice.is_none()
        {
            self.fill(ticket, file).await?;
        }
        Ok(Some(message))
    }

    async fn fill(&self, ticket: u64, file: &mut AttachmentContent) -> Result<(), ()> {
        if self.config.privacy == Privacy::On {
            file.notice = Some(AttachmentNotice::Privacy);
            return Ok(());
        }
        let most = usize::try_from(MAX_INLINE_BYTES).unwrap_or(usize::MAX);
        match self.sources.file(ticket, file.article_id, file.attachment_id, most).await {
            Ok(bytes) => {
                file.sha256 = Some(hex::encode(Sha256::digest(&bytes)));
                file.bytes = Some(STANDARD.encode(bytes));
            }
            // After an article moved, or when the file is gone: the placeholder says so.
            Err(error) if matches!(error.verdict(), Verdict::GiveUp(_) | Verdict::RetryFewTimes) => {
                file.notice = Some(AttachmentNotice::Unreadable);
            }
            Err(_) => return Err(()),
        }
        Ok(())
    }

    /// Whether the bytes hold a secret of ours, or anything of the ticket.
    fn leaks(&self, bytes: &[u8], checks: &[(u64, Arc<EgressCheck>)], ticket_id: u64) -> bool {
        let of_ticket = checks.iter().find(|(id, _)| *id == ticket_id).map(|(_, check)| check.as_ref());
        let found = [Some(&self.secrets), of_ticket].into_iter().flatten().find_map(|check| check.check(bytes).err());
        if let Some(leak) = found {
            self.health.leak_stopped();
            tracing::error!(ticket_id, what = leak.what, form = leak.form, "content stopped at the boundary");
        }
        found.is_some()
    }
}

fn ack(row: &AckRow) -> Option<Ack> {
    let status = match row.status.as_str() {
        "done" => AckStatus::Done,
        "skipped" => AckStatus::Skipped,
        _ => AckStatus::Failed,
    };
    // A command whose id was no ULID cannot be acknowledged; it was logged when it came.
    Some(Ack { command_id: row.command_id.parse().ok()?, status, code: row.code.clone(), detail: None })
}
