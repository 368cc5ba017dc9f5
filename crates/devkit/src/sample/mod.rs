//! Sample data: the same people, tickets and issues every time, created through the simulators' own routes.
//! `provision` adds the connector's webhook and trigger.

mod issues;
mod many;
mod provision;
mod tickets;

use serde_json::{Value, json};

pub use self::{
    many::seed_many_issues,
    provision::{Hook, provision_hook},
};
use crate::{
    jira_sim::{JiraSim, Workflow, document},
    zammad_sim::{ADMIN, Id, ZammadSim},
};

/// The sample data or a webhook could not be created.
#[derive(Debug, thiserror::Error)]
pub enum SampleError {
    /// A simulator refused a step.
    #[error("{step}: {answer}")]
    Refused {
        /// The step that failed.
        step: String,
        /// The simulator's response.
        answer: String,
    },
    /// A request over HTTP failed.
    #[error("request failed")]
    Http(#[from] reqwest::Error),
}

/// A user of Zammad.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Number.
    pub id: Id,
    /// Login, which is the e-mail address too.
    pub login: String,
    /// First and last name.
    pub name: String,
    /// Password.
    pub password: String,
}

/// A user of Jira.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Engineer {
    /// Account id.
    pub account_id: String,
    /// Name.
    pub name: String,
    /// E-mail address.
    pub email: String,
    /// API token, for Basic authentication with the address.
    pub api_token: String,
}

/// The created sample data.
#[derive(Clone, Debug)]
pub struct Sample {
    /// Token of the administrator, `admin` and `ticket.agent`.
    pub admin_token: String,
    /// The agent that our connector acts as.
    pub bot: Person,
    /// The bot's token, `ticket.agent` only.
    pub bot_token: String,
    /// Three agents.
    pub agents: Vec<Person>,
    /// Their tokens, in the same order.
    pub agent_tokens: Vec<String>,
    /// Customers.
    pub customers: Vec<Person>,
    /// Two groups: number and name.
    pub groups: Vec<(Id, String)>,
    /// Twenty tickets.
    pub tickets: Vec<Id>,
    /// Three engineers; the first administers the site.
    pub engineers: Vec<Engineer>,
    /// Keys of the two projects: an open and a strict workflow.
    pub projects: Vec<String>,
    /// Twelve issues: number and key.
    pub issues: Vec<(u64, String)>,
    /// The id in `Bearer app:<..>`.
    pub installation_id: String,
}

const PASSWORD: &str = "Sample-Pw1";

/// Creates the sample data. Needs the builder's default administrator.
///
/// # Errors
/// [`SampleError::Refused`] if the simulators have these people already.
pub fn seed(zammad: &ZammadSim, jira: &JiraSim) -> Result<Sample, SampleError> {
    let helpdesk = seed_zammad(zammad)?;
    let (engineers, projects, issues) = seed_jira(jira)?;
    Ok(Sample { engineers, projects, issues, ..helpdesk })
}

/// Creates only Zammad's part; the Jira fields stay empty.
///
/// # Errors
/// [`SampleError::Refused`], see [`seed`].
pub fn seed_zammad(zammad: &ZammadSim) -> Result<Sample, SampleError> {
    let seeder = Seeder(zammad);
    let mut groups = Vec::new();
    for name in ["Service Desk", "Infrastructure"] {
        let made = seeder.post(ADMIN, "groups", &json!({"name": name}))?;
        groups.push((number(&made), name.to_owned()));
    }
    let all: Vec<Id> = groups.iter().map(|(id, _)| *id).collect();
    let mut agents = Vec::new();
    for (first, last, groups) in
        [("Amira", "Haddad", &all[..]), ("Jonas", "Weber", &all[..1]), ("Priya", "Nair", &all[1..])]
    {
        agents.push(seeder.person(first, last, "helpdesk.example", "Agent", groups)?);
    }
    let bot = seeder.person("Jira", "Connector", "helpdesk.example", "Agent", &all)?;
    let mut customers = Vec::new();
    for (first, last) in [("Lena", "Okafor"), ("Marco", "Bianchi"), ("Sofia", "Lindgren"), ("Tomás", "García")] {
        customers.push(seeder.person(first, last, "customer.example", "Customer", &[])?);
    }
    let admin_token = seeder.token(ADMIN, &["admin", "ticket.agent"])?;
    let bot_token = seeder.token(bot.id, &["ticket.agent"])?;
    let agent_tokens =
        agents.iter().map(|agent| seeder.token(agent.id, &["ticket.agent"])).collect::<Result<_, _>>()?;
    let made: Result<Vec<Id>, _> =
        tickets::TICKETS.iter().map(|row| seeder.ticket(row, &groups, &agents, &customers)).collect();
    Ok(Sample {
        admin_token,
        bot,
        bot_token,
        agents,
        agent_tokens,
        customers,
        groups,
        tickets: made?,
        engineers: Vec::new(),
        projects: Vec::new(),
        issues: Vec::new(),
        installation_id: "8f1f0a52-6d1e-4a0e-9a37-2f4b1d6c9e01".to_owned(),
    })
}

/// Creates only Jira's part. Returns engineers, project keys, and issues by number and key.
///
/// # Errors
/// [`SampleError::Refused`], see [`seed`].
#[expect(clippy::type_complexity, reason = "three lists that the caller takes apart at once")]
pub fn seed_jira(jira: &JiraSim) -> Result<(Vec<Engineer>, Vec<String>, Vec<(u64, String)>), SampleError> {
    let mut state = jira.state();
    let mut engineers = Vec::new();
    for (index, (account_id, name, email)) in issues::ENGINEERS.into_iter().enumerate() {
        state.add_user(account_id, name, email, index == 0);
        let token = state.users.get(account_id).and_then(|user| user.api_token.clone());
        engineers.push(Engineer {
            account_id: account_id.to_owned(),
            name: name.to_owned(),
            email: email.to_owned(),
            api_token: token.unwrap_or_default(),
        });
    }
    let lead = engineers.first().map(|engineer| engineer.account_id.clone()).unwrap_or_default();
    state.add_project("SUP", "Support Engineering", &lead, Workflow::open());
    state.add_project("NET", "Network Platform", &lead, Workflow::strict());
    drop(state);
    let made = issues::ISSUES.iter().map(|row| issue(jira, row, &engineers)).collect::<Result<_, _>>()?;
    Ok((engineers, vec!["SUP".to_owned(), "NET".to_owned()], made))
}

fn issue(jira: &JiraSim, row: &issues::SampleIssue, engineers: &[Engineer]) -> Result<(u64, String), SampleError> {
    let account = |index: usize| engineers.get(index).map(|engineer| engineer.account_id.as_str()).unwrap_or_default();
    let refused = |answer| SampleError::Refused { step: row.summary.to_owned(), answer };
    let assignee = row.assignee.map(|index| json!({"accountId": account(index)}));
    let fields = json!({"project": {"key": row.project}, "issuetype": {"name": row.kind}, "summary": row.summary,
                        "description": document(row.description), "priority": {"name": row.priority},
                        "assignee": assignee, "labels": row.labels});
    let body = json!({"fields": fields});
    let made =
        jira.request_without_events(account(row.reporter), "POST", "/rest/api/3/issue", &body).map_err(refused)?;
    let key = made.get("key").and_then(Value::as_str).unwrap_or_default().to_owned();
    for (author, text) in row.comments {
        let path = format!("/rest/api/3/issue/{key}/comment");
        jira.request_without_events(account(*author), "POST", &path, &json!({"body": document(text)}))
            .map_err(refused)?;
    }
    for transition in row.transitions {
        let path = format!("/rest/api/3/issue/{key}/transitions");
        let body = json!({"transition": {"id": transition}});
        jira.request_without_events(account(row.reporter), "POST", &path, &body).map_err(refused)?;
    }
    let id = made.get("id").and_then(Value::as_str).and_then(|id| id.parse().ok()).unwrap_or_default();
    Ok((id, key))
}

fn number(row: &Value) -> Id {
    row.get("id").and_then(Value::as_u64).unwrap_or_default()
}

/// Creates Zammad's part.
struct Seeder<'a>(&'a ZammadSim);

impl Seeder<'_> {
    fn post(&self, user: Id, path: &str, body: &Value) -> Result<Value, SampleError> {
        let refused = |answer| SampleError::Refused { step: path.to_owned(), answer };
        self.0.request_without_triggers(user, "POST", &format!("/api/v1/{path}"), body).map_err(refused)
    }

    fn person(&self, first: &str, last: &str, domain: &str, role: &str, groups: &[Id]) -> Result<Person, SampleError> {
        let plain = |name: &str| name.to_lowercase().replace('á', "a").replace('í', "i");
        let login = format!("{}.{}@{domain}", plain(first), plain(last));
        let groups: serde_json::Map<String, Value> =
            groups.iter().map(|id| (id.to_string(), json!(["full"]))).collect();
        let body = json!({"firstname": first, "lastname": last, "login": login, "email": login, "password": PASSWORD,
                          "roles": [role], "group_ids": groups});
        let made = self.post(ADMIN, "users", &body)?;
        Ok(Person { id: number(&made), login, name: format!("{first} {last}"), password: PASSWORD.to_owned() })
    }

    fn token(&self, user: Id, permissions: &[&str]) -> Result<String, SampleError> {
        let made = self.post(user, "user_access_token", &json!({"name": "sample data", "permission": permissions}))?;
        Ok(made.get("token").and_then(Value::as_str).unwrap_or_default().to_owned())
    }

    fn ticket(
        &self,
        row: &tickets::SampleTicket,
        groups: &[(Id, String)],
        agents: &[Person],
        customers: &[Person],
    ) -> Result<Id, SampleError> {
        let group = groups.get(row.group).map(|(id, _)| *id);
        let customer = customers.get(row.customer).map(|person| person.id).unwrap_or_default();
        let agent = agents.get(row.agent).map(|person| person.id).unwrap_or_default();
        let article = json!({"body": row.request, "type": "web", "content_type": "text/plain"});
        let made = self.post(
            customer,
            "tickets",
            &json!({"title": row.title, "group_id": group, "article": article, "priority": row.priority}),
        )?;
        let id = number(&made);
        for (internal, text) in row.answers {
            let html = text.starts_with('<');
            let body = json!({"ticket_id": id, "body": text, "internal": internal, "type": if *internal { "note" } else { "phone" },
                              "content_type": if html { "text/html" } else { "text/plain" }});
            self.post(agent, "ticket_articles", &body)?;
        }
        let mut change = json!({"state": row.state, "tags": ""});
        if let Some(change) = change.as_object_mut() {
            if row.owned {
                change.insert("owner_id".to_owned(), agent.into());
            }
            if row.state.starts_with("pending") {
                change.insert("pending_time".to_owned(), "2031-01-15T09:00:00Z".into());
            }
        }
        let step = |answer| SampleError::Refused { step: row.title.to_owned(), answer };
        self.0.request_without_triggers(agent, "PUT", &format!("/api/v1/tickets/{id}"), &change).map_err(step)?;
        Ok(id)
    }
}
