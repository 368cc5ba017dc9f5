//! `link.requested`: an engineer entered a ticket number in Jira.

use schema::{MessageBody, TicketWanted};
use store::Effects;

use super::application::{Application, Applied, ApplyError, done, skipped};
use super::handler::CommandHandler;
use crate::ticket::{link_request, typed};

impl Application<'_> {
    /// Sends the same request as an agent who links the ticket.
    pub(super) async fn request_link(&self, wanted: &TicketWanted) -> Result<Applied, ApplyError> {
        let CommandHandler { helpdesk, config, health, .. } = self.handler;
        let Some(issue_id) = &self.command.issue_id else { return Ok(skipped("unsupported")) };
        let typed = typed::read(&wanted.ticket_number, &config.zammad_public_url)
            .map_err(|error| ApplyError::Rejected(error.code()))?;
        let found = typed::find(helpdesk.as_ref(), &typed).await?;
        let Some(ticket) = found else {
            // Zammad's search finds nothing in a group that the bot may not read.
            let code = "ticket-not-found";
            let is_hidden = health.has_warning("bot-lacks-rights");
            return Err(if is_hidden { ApplyError::Waits(code) } else { ApplyError::Rejected(code) });
        };
        if !self.settings.scope.has_group(ticket.group_id) {
            return Err(ApplyError::Rejected("group-out-of-scope"));
        }
        let request = link_request(helpdesk.as_ref(), config, self.settings, &ticket, issue_id).await?;
        self.send(ticket.id, MessageBody::LinkRequested(request)).await?;
        Ok(done(Effects::default()))
    }
}

#[cfg(test)]
#[path = "link_tests.rs"]
mod tests;
