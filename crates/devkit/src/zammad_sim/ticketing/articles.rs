//! Articles: reading, adding, the little that may be changed, and deleting one's own notes.

use super::{
    article_write::{self, NOTE},
    permitted,
};
use crate::{
    http::Answer,
    zammad_sim::{
        call::{Call, Reply, ok, page},
        error::ApiError,
        model::{
            entities::{Article, Id},
            permission,
        },
        render,
        values::is_true,
    },
};
use serde_json::json;

pub(in crate::zammad_sim) fn by_ticket(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let (actor, ticket) = permitted::ticket(call, path.get(2).copied().unwrap_or_default(), "read")?;
    let state = &*call.state;
    let agent = state.tickets.get(&ticket).is_some_and(|row| permission::as_agent(state, &actor, row, "read"));
    let mut shown: Vec<&Article> = state.articles_of(ticket).filter(|article| agent || !article.internal).collect();
    // By age: those that a merge brought stand last in the ticket's own list.
    shown.sort_by_key(|article| article.id);
    ok(200, shown.into_iter().map(|article| render::article(state, article)).collect::<Vec<_>>())
}

fn one(call: &Call<'_>, id: Id, status: u16) -> Reply {
    let article = call.state.article_by_text(&id.to_string())?;
    ok(status, render::article(call.state, article))
}

pub(in crate::zammad_sim) fn show(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let (_, id) = permitted::article(call, path.get(1).copied().unwrap_or_default())?;
    one(call, id, 200)
}

/// All articles there are, which is for administrators.
pub(in crate::zammad_sim) fn list(call: &mut Call<'_>, _: &[&str]) -> Reply {
    call.require(&["admin"])?;
    let rows = page(call, call.state.articles.values().collect(), 500);
    ok(200, rows.into_iter().map(|article| render::article(call.state, article)).collect::<Vec<_>>())
}

/// The mail that an article came as. None of ours did.
pub(in crate::zammad_sim) fn plain(call: &mut Call<'_>, path: &[&str]) -> Reply {
    permitted::article(call, path.get(1).copied().unwrap_or_default())?;
    Ok(Answer::empty(204))
}

pub(in crate::zammad_sim) fn create(call: &mut Call<'_>, _: &[&str]) -> Reply {
    let actor = call.require(&["ticket.agent", "ticket.customer"])?;
    let ticket = call.text("ticket_id").ok_or_else(|| ApiError::without_id("Ticket"))?;
    let ticket = call.state.ticket_by_text(&ticket)?.clone();
    if !permission::allowed(call.state, &actor, &ticket, "create") {
        return Err(ApiError::no_access());
    }
    let agent = permission::as_agent(call.state, &actor, &ticket, "create");
    let params = call.params.clone();
    let draft = article_write::draft(call, &actor, &ticket, &params, agent)?;
    let id = article_write::insert(call, &actor, ticket.id, draft);
    one(call, id, 201)
}

pub(in crate::zammad_sim) fn update(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let (actor, id) = permitted::article(call, path.get(1).copied().unwrap_or_default())?;
    let ticket = call.state.articles.get(&id).and_then(|article| call.state.tickets.get(&article.ticket_id));
    if !ticket.is_some_and(|ticket| permission::as_agent(call.state, &actor, ticket, "change")) {
        return Err(ApiError::no_access());
    }
    let internal = call.param("internal").map(is_true);
    let highlight = call.param("preferences").and_then(|value| value.get("highlight")).cloned();
    let now = call.now;
    if let Some(article) = call.state.articles.get_mut(&id) {
        // Everything else is ignored with status 200: body, subject, other preferences.
        article.internal = internal.unwrap_or(article.internal);
        if let Some(highlight) = highlight {
            article.preferences.insert("highlight".to_owned(), highlight);
        }
        article.stamps.touch(actor.user, now);
    }
    one(call, id, 200)
}

pub(in crate::zammad_sim) fn delete(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let (actor, id) = permitted::article(call, path.get(1).copied().unwrap_or_default())?;
    let own = call.state.articles.get(&id).is_some_and(|article| {
        article.stamps.created_by_id == actor.user && article.type_id == NOTE && article.sender_id == 1
    });
    if !own {
        return Err(ApiError::forbidden("Not authorized (you can only delete your own notes)!"));
    }
    if let Some(article) = call.state.articles.remove(&id)
        && let Some(list) = call.state.ticket_articles.get_mut(&article.ticket_id)
    {
        list.retain(|other| *other != id);
    }
    ok(200, json!({}))
}
