//! The number of a ticket, for people: they know no ids.

use store::{Store, StoreError};

/// The public number of a ticket that has or had a link; otherwise its id, named as such.
pub(crate) async fn number_of(store: &dyn Store, ticket_id: u64) -> Result<String, StoreError> {
    let links = store.links_of_ticket(ticket_id).await?;
    Ok(links.into_iter().next().map_or_else(|| format!("ticket id {ticket_id}"), |link| link.ticket_number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::support::{Setup, link};

    #[tokio::test]
    async fn a_ticket_without_a_link_is_named_by_its_id() {
        let setup = Setup::new().await;
        setup.link(vec![link(7)]).await;
        assert_eq!(number_of(setup.store.as_ref(), 7).await.unwrap(), "5007");
        assert_eq!(number_of(setup.store.as_ref(), 8).await.unwrap(), "ticket id 8");
    }
}
