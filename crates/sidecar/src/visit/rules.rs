//! A ticket without a link: what the admin's rules say shall happen by itself.

use std::collections::BTreeMap;

use schema::settings::{Action, Rule};
use schema::{IssueCreate, MessageBody, Settings};
use sync::cut;

use super::lifecycle::MERGED;
use super::{Failure, Visit};
use crate::outbound::{newest, reading, ticket_url};

/// Jira refuses a longer summary.
const SUMMARY: usize = 255;

/// The rule that acts on a ticket without a link, for real or in a dry run; that one asks those that are switched off too.
pub(crate) fn acting<'s>(settings: &'s Settings, ticket: &sync::Ticket, only_enabled: bool) -> Option<&'s Rule> {
    let takes_part = ticket.state_type != MERGED && settings.scope.has_group(ticket.group);
    if takes_part { sync::rules::matching(&settings.rules, ticket, only_enabled) } else { None }
}

impl Visit<'_> {
    pub(super) async fn rules(&mut self) -> Result<(), Failure> {
        let ticket = reading(&self.source, &self.states);
        let Some(rule) = acting(self.settings, &ticket, true) else { return Ok(()) };
        let Action::CreateIssue { project, issue_type } = &rule.then;
        let newest = newest(&self.source.articles);
        let body = MessageBody::IssueCreate(IssueCreate {
            project: project.clone(),
            issue_type: issue_type.clone(),
            summary: cut(&ticket.title, SUMMARY),
            fields: BTreeMap::new(),
            ticket_number: self.source.ticket.number.clone(),
            ticket_url: ticket_url(&self.visitor.config.zammad_public_url, self.ticket_id()),
            after_article: newest,
        });
        // Once a ticket and rule, for ever: an issue that somebody unlinked is not made again.
        let once = format!("rule:{}:{}", rule.id, self.ticket_id());
        self.send(body, Some(once)).await?;
        Ok(())
    }
}
