//! The admin's rules, applied to a ticket without a link.

use std::collections::BTreeMap;

use schema::settings::{Action, Rule};
use schema::zammad_ids::state_type;
use schema::{IssueCreate, MessageBody, Settings};
use sync::cut;

use super::context::{Visit, VisitError, Visitor};
use crate::ticket::snapshot::ticket_url;
use crate::ticket::{described, kind, merge_input, newest_article};

/// Longest summary that Jira accepts, in characters.
const LONGEST_SUMMARY: usize = 255;

/// The first rule that matches a ticket without a link. A dry run also considers disabled rules (`only_enabled` false).
pub(crate) fn matching_rule<'s>(settings: &'s Settings, ticket: &sync::Ticket, only_enabled: bool) -> Option<&'s Rule> {
    let in_scope = ticket.state_type != state_type::MERGED && settings.scope.has_group(ticket.group);
    if in_scope { sync::rules::matching(&settings.rules, ticket, only_enabled) } else { None }
}

impl Visit<'_> {
    /// Requests the issue that a matching rule asks for.
    pub(super) async fn apply_rules(&mut self) -> Result<(), VisitError> {
        let ticket = merge_input(&self.view, &self.states);
        let Some(rule) = matching_rule(self.settings, &ticket, true) else { return Ok(()) };
        // Mails that machines wrote, and those of Jira about an issue, would make issues in a circle.
        if self.view.articles.first().is_some_and(kind::is_written_by_a_machine) {
            return Ok(());
        }
        // Once per ticket and rule: an issue that was unlinked is not created again.
        let dedup_key = format!("rule:{}:{}", rule.id, self.ticket_id());
        let Visitor { store, brakes, env, config, .. } = self.visitor;
        if store.is_used(&dedup_key).await? {
            return Ok(());
        }
        let per_hour = self.settings.rule_limits.per_hour;
        if !brakes.ask(store.as_ref(), &rule.id, self.ticket_id(), per_hour, env.now()).await? {
            // Operator: check the rule, then `connector rules resume`; `connector rules undo` takes its issues back.
            tracing::warn!(
                rule = rule.id.as_str(),
                ticket_id = self.ticket_id(),
                "rule paused: too many issues in an hour"
            );
            return Ok(());
        }
        let Action::CreateIssue { project, issue_type } = &rule.then;
        let after_article = newest_article(&self.view.articles);
        let body = MessageBody::IssueCreate(IssueCreate {
            project: project.clone(),
            issue_type: issue_type.clone(),
            summary: cut(&ticket.title, LONGEST_SUMMARY),
            fields: BTreeMap::new(),
            description: described(config, self.settings, &self.view.ticket, &self.view.articles, &self.view.tags),
            ticket_number: self.view.ticket.number.clone(),
            ticket_url: ticket_url(&config.zammad_public_url, self.ticket_id()),
            after_article,
        });
        self.send(body, Some(dedup_key)).await?;
        Ok(())
    }
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
