//! Articles that come in by a channel.
//!
//! Guessed, since mail was not recorded: the addresses in `to` and `from`, that a mail of the customer opens a closed
//! or pending ticket again unless it is an automatic answer, and that a new ticket which follows up on an older one is
//! linked to it as `normal`.

use super::{
    article_write::{self, Draft},
    links, ticket_write,
};
use crate::zammad_sim::{
    call::Call,
    model::{
        actor::Actor,
        entities::{Article, Id, Stamps},
        incoming::{Channel, Incoming, Place},
        numbers::sender,
    },
};

/// Stores an article that came in. The numbers of ticket and article, if the ticket (or group) exists.
pub(in crate::zammad_sim) fn receive(call: &mut Call<'_>, incoming: Incoming) -> Option<(Id, Id)> {
    let customer = match &incoming.place {
        Place::Ticket(id) => call.state.tickets.get(id)?.customer_id,
        Place::New { customer, group, .. } => Some(*customer).filter(|_| call.state.groups.contains_key(group))?,
    };
    let author = incoming.author.unwrap_or(customer);
    let actor = Actor { user: author, token: None };
    let ticket = match &incoming.place {
        Place::Ticket(id) => *id,
        Place::New { group, title, follows, .. } => {
            let id = ticket_write::make(call, &actor, title, *group, customer);
            if let Some(older) = follows {
                links::attach_one(call.state, "normal", *older, id);
            }
            id
        }
    };
    let automatic = incoming.preferences.get("is-auto-response").is_some_and(|flag| *flag == true);
    let reopens = incoming.sender_id == sender::CUSTOMER && !automatic;
    let draft = Draft::new(article(call, &incoming, ticket, author), incoming.files);
    let article = article_write::insert(call, &actor, ticket, draft);
    if reopens {
        ticket_write::reopen(call, &actor, ticket);
    }
    call.actor = Some(actor);
    Some((ticket, article))
}

fn article(call: &mut Call<'_>, incoming: &Incoming, ticket: Id, author: Id) -> Article {
    let mail = incoming.channel == Channel::Email;
    let made_id = format!("<{}@customer.example>", call.state.entropy.text(16));
    let person = call.state.users.get(&author);
    let from = match (incoming.sender_id, person) {
        (sender::SYSTEM, _) | (_, None) => "System".to_owned(),
        (_, Some(person)) if mail => format!("{} <{}>", person.full_name(), person.email),
        (_, Some(person)) => person.full_name(),
    };
    Article {
        id: 0,
        ticket_id: ticket,
        type_id: incoming.channel.type_id(),
        sender_id: incoming.sender_id,
        from,
        to: mail.then(|| "support@helpdesk.example".to_owned()),
        cc: None,
        subject: incoming.subject.clone(),
        reply_to: None,
        message_id: incoming.message_id.clone().or_else(|| mail.then_some(made_id)),
        in_reply_to: incoming.in_reply_to.clone(),
        references: incoming.references.clone(),
        content_type: if incoming.html { "text/html" } else { "text/plain" }.to_owned(),
        body: incoming.body.clone(),
        internal: incoming.internal,
        preferences: incoming.preferences.clone(),
        origin_by_id: None,
        attachments: Vec::new(),
        stamps: Stamps::new(author, call.now),
    }
}
