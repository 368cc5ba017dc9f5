//! The content of a fresh database after the first setup.

use super::{
    model::{
        attribute::{Attributes, Column},
        entities::{Article, Group, Id, Organization, Priority, Role, Stamps, Ticket, TicketState, User},
        numbers::{self, ADMIN, SYSTEM, role},
        oauth::Oauth,
        restart::Restart,
        state::State,
        version::Version,
    },
    settings,
};
use crate::{clock::Millis, entropy::Entropy};
use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Map, Value, json};

/// The choices of the first setup.
#[derive(Clone, Debug)]
pub(super) struct Setup {
    pub version: Version,
    pub seed: u64,
    pub now: Millis,
    pub admin_login: String,
    pub admin_password: String,
    pub http_type: String,
    pub fqdn: String,
    pub ticket_attributes: BTreeMap<String, Column>,
    pub restart_takes: Millis,
}

pub(super) fn database(setup: Setup) -> State {
    let stamps = Stamps::new(SYSTEM, setup.now);
    let mut state = State {
        version: setup.version,
        users: BTreeMap::new(),
        groups: BTreeMap::new(),
        roles: roles(stamps),
        organizations: BTreeMap::new(),
        states: states(setup.version, stamps),
        priorities: priorities(stamps),
        tickets: BTreeMap::new(),
        articles: BTreeMap::new(),
        ticket_articles: HashMap::new(),
        tokens: BTreeMap::new(),
        webhooks: BTreeMap::new(),
        triggers: BTreeMap::new(),
        links: Vec::new(),
        tag_items: BTreeMap::new(),
        ticket_attributes: setup.ticket_attributes,
        settings: settings::stock(setup.version, &setup.http_type, &setup.fqdn),
        unknown_hosts: BTreeSet::new(),
        http_logs: Vec::new(),
        numbers: HashMap::new(),
        attributes: Attributes::stock(stamps),
        workflows: BTreeMap::new(),
        oauth: Oauth::default(),
        sessions: HashMap::new(),
        restart: Restart::new(setup.restart_takes),
        token_owners: HashMap::new(),
        stored_files: HashMap::new(),
        ids: HashMap::new(),
        entropy: Entropy::seeded(setup.seed),
        now: setup.now,
        started: setup.now,
    };
    let user = |id, login: &str, firstname: &str, lastname: &str, roles: &[Id]| User {
        id,
        login: login.to_owned(),
        password: None,
        firstname: firstname.to_owned(),
        lastname: lastname.to_owned(),
        email: if login == "-" { String::new() } else { login.to_owned() },
        active: login != "-",
        vip: false,
        organization_id: None,
        role_ids: roles.to_vec(),
        group_ids: BTreeMap::new(),
        texts: BTreeMap::new(),
        preferences: Map::new(),
        last_login: None,
        login_failed: 0,
        stamps,
    };
    let mut system = user(SYSTEM, "-", "-", "", &[]);
    system.texts = [("address", ""), ("department", "")].map(|(name, text)| (name.into(), text.into())).into();
    let mut first_customer = user(2, "nicole.braun@zammad.org", "Nicole", "Braun", &[role::CUSTOMER]);
    first_customer.organization_id = Some(1);
    let mut admin = user(ADMIN, &setup.admin_login, "Test", "Admin", &[role::ADMIN, role::AGENT]);
    admin.password = Some(setup.admin_password);
    admin.group_ids = BTreeMap::from([(1, vec!["full".to_owned()])]);
    admin.preferences = agent_preferences();
    state.users = [system, first_customer, admin].map(|user| (user.id, user)).into();
    state.organizations.insert(
        1,
        Organization {
            id: 1,
            name: "Zammad Foundation".into(),
            note: String::new(),
            active: true,
            shared: true,
            domain: String::new(),
            domain_assignment: false,
            stamps,
        },
    );
    state.groups.insert(
        1,
        Group {
            id: 1,
            name: "Users".into(),
            assignment_timeout: None,
            note: Some("Standard Group/Pool for Tickets.".into()),
            active: true,
            signature_id: Some(1),
            stamps,
        },
    );
    let attributes = state.attributes.rows.keys().last().copied().unwrap_or_default();
    let states = state.states.keys().last().copied().unwrap_or_default();
    for (table, last) in [
        ("attribute", attributes),
        ("user", ADMIN),
        ("group", 1),
        ("role", 3),
        ("organization", 1),
        ("ticket", 1),
        ("article", 1),
        ("trigger", 3),
        ("state", states),
        ("priority", 3),
    ] {
        // The mail triggers of a real installation are left out; their numbers stay taken.
        state.used_id(table, last);
    }
    welcome(&mut state, stamps);
    state
}

/// Adds the welcome ticket of a new server.
fn welcome(state: &mut State, stamps: Stamps) {
    let (at, customer) = (stamps.created_at, state.users.get(&2));
    let ticket = Ticket {
        id: 1,
        number: "25001".to_owned(),
        title: "Welcome to Zammad!".to_owned(),
        group_id: 1,
        priority_id: 2,
        state_id: numbers::state::NEW,
        owner_id: SYSTEM,
        customer_id: 2,
        organization_id: customer.and_then(|user| user.organization_id),
        last_contact_at: Some(at),
        last_contact_customer_at: Some(at),
        article_count: Some(1),
        create_article_type_id: Some(5),
        create_article_sender_id: Some(2),
        attributes: state.column_defaults(),
        stamps,
        ..Ticket::default()
    };
    let article = Article {
        id: 1,
        ticket_id: 1,
        type_id: 5,
        sender_id: 2,
        from: "Zammad Feedback <feedback@zammad.org>".to_owned(),
        to: None,
        cc: None,
        subject: None,
        reply_to: None,
        message_id: None,
        in_reply_to: None,
        references: None,
        content_type: "text/plain".to_owned(),
        body: "Welcome!\n\nThank you for choosing Zammad.".to_owned(),
        internal: false,
        preferences: Map::new(),
        origin_by_id: None,
        attachments: Vec::new(),
        stamps,
    };
    state.numbers.insert(ticket.number.clone(), ticket.id);
    state.ticket_articles.insert(ticket.id, vec![article.id]);
    state.articles.insert(article.id, article);
    state.tickets.insert(ticket.id, ticket);
}

fn roles(stamps: Stamps) -> BTreeMap<Id, Role> {
    let make = |id, name: &str, note: &str, permissions: &[&str], default_at_signup| Role {
        id,
        name: name.to_owned(),
        note: note.to_owned(),
        active: true,
        permissions: permissions.iter().map(|&name| name.to_owned()).collect(),
        default_at_signup,
        stamps,
    };
    let agent = ["chat.agent", "cti.agent", "knowledge_base.reader", "ticket.agent", "user_preferences"];
    let customer = [
        "ticket.customer",
        "user_preferences.appearance",
        "user_preferences.language",
        "user_preferences.avatar",
        "user_preferences.password",
        "user_preferences.two_factor_authentication",
        "user_preferences.linked_accounts",
    ];
    [
        make(
            role::ADMIN,
            "Admin",
            "To configure your system.",
            &["admin", "knowledge_base.editor", "report", "user_preferences"],
            false,
        ),
        make(role::AGENT, "Agent", "To work on Tickets.", &agent, false),
        make(role::CUSTOMER, "Customer", "People who create Tickets ask for help.", &customer, true),
    ]
    .map(|role| (role.id, role))
    .into()
}

fn states(version: Version, stamps: Stamps) -> BTreeMap<Id, TicketState> {
    let make = |id, name: &str, state_type_id, state_type| TicketState {
        id,
        name: name.to_owned(),
        note: None,
        state_type_id,
        state_type,
        active: name != "removed",
        ignore_escalation: id > 2,
        stamps,
    };
    let mut all = vec![
        make(numbers::state::NEW, "new", 1, "new"),
        make(numbers::state::OPEN, "open", 2, "open"),
        make(3, "pending reminder", 3, "pending reminder"),
        make(numbers::state::CLOSED, "closed", 5, "closed"),
        make(numbers::state::MERGED, "merged", 6, "merged"),
    ];
    match version {
        Version::V6_1 => {
            all.extend([make(6, "removed", 7, "removed"), make(7, "pending close", 4, "pending action")]);
        }
        Version::V6_5 | Version::V7_2 => all.push(make(6, "pending close", 4, "pending action")),
    }
    all.into_iter().map(|state| (state.id, state)).collect()
}

fn priorities(stamps: Stamps) -> BTreeMap<Id, Priority> {
    let make = |id, name: &str, ui| Priority { id, name: name.to_owned(), note: None, active: true, ui, stamps };
    [
        make(1, "1 low", Some(("low-priority", "low-priority"))),
        make(2, "2 normal", None),
        make(3, "3 high", Some(("important", "high-priority"))),
    ]
    .map(|priority| (priority.id, priority))
    .into()
}

/// The notification settings that every new agent gets.
pub(super) fn agent_preferences() -> Map<String, Value> {
    let row = |own: bool, others: bool| {
        json!({"criteria": {"owned_by_me": true, "owned_by_nobody": own, "subscribed": others, "no": false},
               "channel": {"email": true, "online": true}})
    };
    let matrix = json!({"create": row(true, true), "update": row(true, true), "reminder_reached": row(false, false),
                        "escalation": row(false, false)});
    Map::from_iter([("notification_config".to_owned(), json!({"matrix": matrix}))])
}
