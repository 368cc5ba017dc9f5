//! `ticket.changed`: what the panel in Jira shows of the ticket, sent when it is another than was told.

use schema::MessageBody;
use sha2::{Digest, Sha256};
use store::{Base, Link};

use super::{Failure, Visit};
use crate::outbound::translate::{self, Names};

impl Visit<'_> {
    pub(super) async fn panel(&mut self, links: &[Link]) -> Result<(), Failure> {
        let ticket = &self.source.ticket;
        let sources = &self.visitor.sources;
        let name = async |user: u64| -> Result<Option<String>, Failure> {
            Ok(sources.name(user).await?.map(redaction::Sensitive::into_inner))
        };
        let names = Names {
            owner: if ticket.owner_id > 1 { name(ticket.owner_id).await? } else { None },
            customer: if self.visitor.config.customer_names && ticket.customer_id > 1 {
                name(ticket.customer_id).await?
            } else {
                None
            },
        };
        let state = self.states.iter().find(|state| state.id == ticket.state_id);
        let bucket = sync::rules::bucket(state.map_or(2, |state| state.type_id));
        let snapshot = translate::snapshot(ticket, bucket, names);
        // Only a hash of what was told is kept: enough to see a change, useless to whoever reads the disk.
        let told = serde_json::to_vec(&snapshot).unwrap_or_default();
        let hash = format!("\"{}\"", hex::encode(Sha256::digest(told)));
        let mut changed = false;
        for link in links {
            let bases = self.visitor.store.bases(link.ticket_id, &link.issue_id).await?;
            if bases.get("snapshot") != Some(&hash) {
                changed = true;
                self.completion.effects.bases.push(Base {
                    ticket_id: link.ticket_id,
                    issue_id: link.issue_id.clone(),
                    field: "snapshot".into(),
                    value: Some(hash.clone()),
                });
            }
        }
        if changed {
            self.send(MessageBody::TicketChanged(snapshot), None).await?;
        }
        Ok(())
    }
}
