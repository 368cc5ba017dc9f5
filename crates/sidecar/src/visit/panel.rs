//! `ticket.changed`: the ticket's snapshot for the panel in Jira, sent when it differs from the last one sent.

use redaction::Sensitive;
use schema::zammad_ids::{NOBODY, state_type};
use schema::{MessageBody, TicketSnapshot};
use sha2::{Digest, Sha256};
use store::{FactKind, Link, LinkFacts};

use super::context::{Visit, VisitError};
use crate::ticket::facts::LinkKey;
use crate::ticket::snapshot::{self, Names};

/// Problems of all links in one snapshot; the panel needs no more to say that something is wrong.
const MOST_PROBLEMS: usize = 50;
/// Part of the hash: another number has every snapshot sent once more, for a Forge app that keeps more of it than before.
const FORM: u8 = 2;

/// A hash is enough to detect a change and contains no content. The time of the next attempt is left out: it passes without a change.
fn hash_of(snapshot: &TicketSnapshot) -> String {
    let mut lasting = snapshot.clone();
    lasting.sync.iter_mut().for_each(|problem| problem.next_try = None);
    let mut hash = Sha256::new_with_prefix([FORM]);
    hash.update(serde_json::to_vec(&lasting).unwrap_or_default());
    hex::encode(hash.finalize())
}

impl Visit<'_> {
    /// Sends the snapshot if it is new to one of the links.
    pub(super) async fn panel(&mut self, links: &[(&Link, LinkFacts)]) -> Result<(), VisitError> {
        let ticket = &self.view.ticket;
        let with_customer = self.visitor.config.customer_names;
        let names = Names {
            owner: self.name_of(ticket.owner_id).await?,
            customer: if with_customer { self.name_of(ticket.customer_id).await? } else { None },
        };
        // An unknown state is shown as open.
        let bucket = sync::rules::bucket(self.state_type(ticket.state_id).unwrap_or(state_type::OPEN));
        let mut snapshot = snapshot::snapshot(ticket, bucket, names, &self.demanded);
        for (link, _) in links {
            snapshot.sync.extend(self.out_of_sync(link).await?);
        }
        snapshot.sync.truncate(MOST_PROBLEMS);
        let hash = hash_of(&snapshot);
        let mut changed = false;
        for (link, facts) in links {
            if facts.get::<String>(&FactKind::PanelHash).as_ref() != Some(&hash) {
                changed = true;
                self.completion.effects.facts.push(LinkKey::from(*link).set(FactKind::PanelHash, &hash));
            }
        }
        if changed {
            self.send(MessageBody::TicketChanged(snapshot), None).await?;
        }
        Ok(())
    }

    async fn name_of(&self, user_id: u64) -> Result<Option<String>, VisitError> {
        if user_id == NOBODY {
            return Ok(None);
        }
        Ok(self.visitor.reader.user_name(user_id).await?.map(Sensitive::into_inner))
    }
}

#[cfg(test)]
#[path = "panel_tests.rs"]
mod tests;
