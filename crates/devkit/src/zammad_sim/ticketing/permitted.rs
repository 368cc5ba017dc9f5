//! The ticket or article that an address names, if the caller may use it.

use crate::zammad_sim::{
    call::Call,
    error::ApiError,
    model::{actor::Actor, entities::Id, permission},
};

/// The ticket of an address, if the caller has this access to it.
pub(in crate::zammad_sim) fn ticket(call: &mut Call<'_>, id: &str, access: &str) -> Result<(Actor, Id), ApiError> {
    let actor = call.authenticate()?;
    let ticket = call.state.ticket_by_text(id)?;
    if permission::allowed(call.state, &actor, ticket, access) {
        Ok((actor, ticket.id))
    } else {
        Err(ApiError::no_access())
    }
}

/// The article of an address, if it may be read.
pub(in crate::zammad_sim) fn article(call: &mut Call<'_>, id: &str) -> Result<(Actor, Id), ApiError> {
    let actor = call.authenticate()?;
    let state = &*call.state;
    let article = state.article_by_text(id)?;
    let ticket = state.tickets.get(&article.ticket_id).ok_or_else(ApiError::no_access)?;
    let agent = permission::as_agent(state, &actor, ticket, "read");
    if agent || (permission::allowed(state, &actor, ticket, "read") && !article.internal) {
        Ok((actor, article.id))
    } else {
        Err(ApiError::no_access())
    }
}
