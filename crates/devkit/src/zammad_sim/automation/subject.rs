//! Whether a condition holds for a ticket.

use regex::Regex;
use serde_json::Value;

use super::selector::{Node, Test};
use crate::{
    clock::Millis,
    zammad_sim::{
        model::{
            entities::{Article, Id, Ticket},
            events::TicketEvent,
            state::State,
        },
        moment, render,
        values::{as_text, is_true},
    },
};

/// Operators of times.
const TIMES: [&str; 9] = [
    "today",
    "from (relative)",
    "till (relative)",
    "before (absolute)",
    "after (absolute)",
    "before (relative)",
    "after (relative)",
    "within last (relative)",
    "within next (relative)",
];

/// The ticket that a condition is evaluated for.
#[derive(Clone, Copy)]
pub(in crate::zammad_sim) struct Subject<'a> {
    pub state: &'a State,
    pub ticket: &'a Ticket,
    /// The event, if a trigger evaluates the condition.
    pub event: Option<&'a TicketEvent>,
    /// Who acts.
    pub user: Id,
    pub now: Millis,
}

impl Subject<'_> {
    /// Whether the condition holds.
    pub fn fits(&self, node: &Node) -> bool {
        match node {
            Node::All(nodes) => nodes.iter().all(|node| self.fits(node)),
            Node::Any(nodes) => nodes.is_empty() || nodes.iter().any(|node| self.fits(node)),
            Node::Not(nodes) => nodes.is_empty() || !nodes.iter().all(|node| self.fits(node)),
            Node::Test(test) => self.passes(test),
        }
    }

    fn passes(&self, test: &Test) -> bool {
        let Some((prefix, name)) = test.field.split_once('.') else { return false };
        match (prefix, name) {
            ("ticket", "action") => self.action_is(test),
            ("article", "action") => {
                self.event.is_some_and(|event| event.article.is_some() == (test.operator != "is not"))
            }
            ("article", "time_accounting") => test.operator == "not set",
            // A new ticket has no changed columns.
            ("ticket", name) if test.operator == "has changed" => {
                self.event.is_some_and(|event| !event.created && event.changed.contains(name))
            }
            _ if test.operator.starts_with("has ") => false,
            ("article", name) => {
                let article = self.event.and_then(|event| event.article).and_then(|id| self.state.articles.get(&id));
                article.is_some_and(|article| self.compare(test, &article_value(self.state, article, name)))
            }
            ("ticket", "tags") => self.tags(test),
            ("ticket", name) if TIMES.contains(&test.operator.as_str()) => match self.time(name) {
                // On the hot path: a search for changed tickets evaluates every ticket.
                Some(at) => self.compare_times(test, at),
                None => self.compare_times(test, moment::parse(&self.column(name))),
            },
            ("ticket", name) => self.compare(test, &self.column(name)),
            ("customer" | "owner", name) => {
                let user = if prefix == "owner" { self.ticket.owner_id } else { self.ticket.customer_id };
                let row = self.state.users.get(&user);
                let row = row.map(|row| render::user(self.state, row, crate::zammad_sim::call::Mode::Plain, false));
                self.compare(test, row.as_ref().and_then(|row| row.get(name)).unwrap_or(&Value::Null))
            }
            // Organizations and execution times are not held here: nothing to compare with.
            _ => self.compare(test, &Value::Null),
        }
    }

    /// One column, without rendering the whole row.
    fn column(&self, name: &str) -> Value {
        let ticket = self.ticket;
        let time = |at: Option<Millis>| at.map_or(Value::Null, |at| render::time(at).into());
        match name {
            "id" => ticket.id.into(),
            "number" => ticket.number.as_str().into(),
            "title" => ticket.title.as_str().into(),
            "group_id" => ticket.group_id.into(),
            "priority_id" => ticket.priority_id.into(),
            "state_id" => ticket.state_id.into(),
            "owner_id" => ticket.owner_id.into(),
            "customer_id" => ticket.customer_id.into(),
            "updated_by_id" => ticket.stamps.updated_by_id.into(),
            "created_by_id" => ticket.stamps.created_by_id.into(),
            "updated_at" => time(Some(ticket.stamps.updated_at)),
            "created_at" => time(Some(ticket.stamps.created_at)),
            name => match ticket.attributes.get(name) {
                Some(value) => value.clone(),
                None => render::ticket_columns(self.state, ticket).remove(name).unwrap_or(Value::Null),
            },
        }
    }

    /// Takes one text; a list is accepted by the API and never fits.
    fn action_is(&self, test: &Test) -> bool {
        let Some(event) = self.event else { return false };
        let action = match (event.created, event.merge) {
            (true, _) => "create",
            (_, true) => "update.merged_into",
            _ => "update",
        };
        let same = test.value.as_ref().and_then(Value::as_str) == Some(action);
        match test.operator.as_str() {
            "is" => same,
            _ => !same,
        }
    }

    fn tags(&self, test: &Test) -> bool {
        let Some(value) = &test.value else { return true };
        let wanted: Vec<String> = match value {
            Value::Array(items) => items.iter().map(as_text).collect(),
            text => as_text(text).split(',').map(|tag| tag.trim().to_owned()).collect(),
        };
        let folds = self.state.version.folds_tags();
        let same = |known: &String, tag: &str| known == tag || (folds && known.to_lowercase() == tag.to_lowercase());
        let has = |tag: &String| self.ticket.tags.iter().any(|known| same(known, tag));
        match test.operator.as_str() {
            "contains all" => wanted.iter().all(has),
            "contains one" => wanted.iter().any(has),
            "contains all not" => !wanted.iter().all(has),
            "contains one not" => !wanted.iter().any(has),
            _ => false,
        }
    }

    fn compare(&self, test: &Test, found: &Value) -> bool {
        let wanted = match test.pre_condition.as_deref() {
            Some("not_set") => {
                let somebody = ["created_by_id", "updated_by_id", "owner_id", "customer_id"];
                let person = somebody.iter().any(|name| test.field.ends_with(name));
                let unset = found.is_null() || (person && *found == 1);
                return unset != test.operator.starts_with("is not");
            }
            Some("current_user.id") => vec![self.user.to_string()],
            _ => match &test.value {
                None => return false,
                Some(Value::Null) => return found.is_null() != test.operator.starts_with("is not"),
                Some(Value::Array(items)) => items.iter().map(as_text).collect(),
                Some(value) => vec![as_text(value)],
            },
        };
        let text = as_text(found);
        let lower = text.to_lowercase();
        let any = |fits: &dyn Fn(&str) -> bool| wanted.iter().any(|value| fits(&value.to_lowercase()));
        match test.operator.as_str() {
            // An empty text also means an empty column, but only with these two operators.
            "is" => wanted.iter().any(|value| same(found, &text, value)),
            "is not" => !wanted.iter().any(|value| same(found, &text, value)),
            "is any of" => !found.is_null() && wanted.iter().any(|value| same(found, &text, value)),
            "is none of" => !found.is_null() && !wanted.iter().any(|value| same(found, &text, value)),
            "contains" => any(&|value| lower.contains(value)),
            "contains not" => !any(&|value| lower.contains(value)),
            "starts with" | "starts with one of" => any(&|value| lower.starts_with(value)),
            "ends with" | "ends with one of" => any(&|value| lower.ends_with(value)),
            "matches regex" => wanted.iter().any(|value| Regex::new(value).is_ok_and(|regex| regex.is_match(&text))),
            "does not match regex" => {
                !wanted.iter().any(|value| Regex::new(value).is_ok_and(|regex| regex.is_match(&text)))
            }
            _ => self.compare_times(test, moment::parse(found)),
        }
    }

    /// A column that holds a time, without writing it out; `None` for any other.
    fn time(&self, name: &str) -> Option<Option<Millis>> {
        let ticket = self.ticket;
        Some(match name {
            "created_at" => Some(ticket.stamps.created_at),
            "updated_at" => Some(ticket.stamps.updated_at),
            "pending_time" => ticket.pending_time,
            "close_at" => ticket.close_at,
            "last_contact_at" => ticket.last_contact_at,
            _ => return None,
        })
    }

    fn compare_times(&self, test: &Test, found: Option<Millis>) -> bool {
        let Some(found) = found else { return false };
        let wanted = test.value.as_ref().and_then(moment::parse);
        match test.operator.as_str() {
            "after (absolute)" => wanted.is_some_and(|wanted| found >= wanted),
            "before (absolute)" => wanted.is_some_and(|wanted| found <= wanted),
            "today" => found.div_euclid(DAY) == self.now.div_euclid(DAY),
            operator => self.relative(test, operator, found),
        }
    }

    fn relative(&self, test: &Test, operator: &str, found: Millis) -> bool {
        let count: i64 = test.value.as_ref().map(as_text).and_then(|text| text.parse().ok()).unwrap_or(0);
        let unit = match test.range.as_deref() {
            Some("minute") => 60,
            Some("hour") => 3600,
            Some("week") => 7 * 86_400,
            Some("month") => 30 * 86_400,
            Some("year") => 365 * 86_400,
            _ => 86_400,
        };
        let span = count.saturating_mul(unit).saturating_mul(1000);
        match operator {
            "within last (relative)" => found >= self.now - span && found <= self.now,
            "within next (relative)" => found >= self.now && found <= self.now + span,
            "before (relative)" => found <= self.now - span,
            "from (relative)" => found >= self.now - span,
            "after (relative)" => found >= self.now + span,
            "till (relative)" => found <= self.now + span,
            _ => false,
        }
    }
}

/// In milliseconds; days begin at midnight UTC, which is the time zone of a fresh database.
const DAY: Millis = 86_400_000;

fn same(found: &Value, text: &str, wanted: &str) -> bool {
    match found {
        Value::Array(items) => items.iter().any(|item| as_text(item) == wanted),
        Value::Bool(flag) => *flag == is_true(&Value::from(wanted)),
        Value::Object(map) => map.get("value").is_some_and(|value| as_text(value) == wanted),
        _ => text == wanted,
    }
}

fn article_value(state: &State, article: &Article, name: &str) -> Value {
    render::article(state, article).remove(name).unwrap_or(Value::Null)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::selector::parse;
    use super::*;
    use crate::zammad_sim::{Stamps, ZammadSim};

    /// Whether a condition holds for a ticket called `t`, whose note is empty and whose columns are otherwise fresh.
    async fn holds(condition: Value) -> bool {
        let sim = ZammadSim::builder().start().await.unwrap();
        let state = sim.state();
        let ticket = Ticket { title: "t".to_owned(), owner_id: 1, stamps: Stamps::new(3, 1_000), ..Ticket::default() };
        let event = TicketEvent { changed: ["title".to_owned()].into(), ..TicketEvent::default() };
        let node = parse(&condition).unwrap();
        Subject { state: &state, ticket: &ticket, event: Some(&event), user: 3, now: 5_000 }.fits(&node)
    }

    #[tokio::test]
    async fn conditions_match_as_in_the_database() {
        let is = |field: &str, operator: &str, value: Value| json!({(field): {"operator": operator, "value": value}});
        for (condition, expected) in [
            (is("ticket.title", "is", json!(["t"])), true),
            (is("ticket.note", "is", json!(null)), true),
            (is("ticket.note", "is not", json!(null)), false),
            (is("ticket.note", "is not", json!("x")), true),
            (is("ticket.note", "is none of", json!(["x"])), false),
            (is("ticket.note", "contains not", json!("x")), true),
            (is("ticket.updated_at", "after (absolute)", json!("1970-01-01T00:00:01Z")), true),
            (is("ticket.updated_at", "before (absolute)", json!("1970-01-01T00:00:01Z")), true),
            (is("ticket.updated_at", "today", json!(null)), true),
            (is("ticket.title", "has changed", json!([])), true),
            (is("ticket.state_id", "has changed", json!([])), false),
            (is("ticket.action", "is", json!("update")), true),
            (is("ticket.action", "is", json!(["update"])), false),
            (is("ticket.action", "is not", json!(["update"])), true),
            (is("article.action", "is not", json!("create")), true),
            (json!({"ticket.owner_id": {"operator": "is", "pre_condition": "not_set", "value": []}}), true),
        ] {
            assert_eq!(holds(condition.clone()).await, expected, "{condition}");
        }
        let title = |value: &str| json!({"name": "ticket.title", "operator": "is", "value": value});
        let not = json!({"operator": "NOT", "conditions": [title("t"), title("other")]});
        assert!(holds(not).await, "not both");
    }
}
