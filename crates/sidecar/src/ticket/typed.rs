//! A ticket as people type or paste it: its number, also in the form that Zammad's own button copies (`Ticket#25002`), or its
//! address in the browser.

use url::Url;
use zammad::{ClientError, Reason, Ticket, Verdict};

use super::Helpdesk;

/// A ticket as a person named it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum TypedTicket {
    /// The public number.
    Number(String),
    /// Zammad's id, from an address.
    Id(u64),
}

/// Why a text names no ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotATicket {
    #[error("the ticket number is empty")]
    Empty,
    #[error("this address is of another server than the Zammad of this connector")]
    AnotherServer,
    #[error(
        "this is neither a ticket number nor the address of a ticket; give the number that agents see, such as 25002"
    )]
    Unreadable,
}

impl NotATicket {
    /// The code on the wire.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Empty => "no-number",
            Self::AnotherServer => "not-this-zammad",
            Self::Unreadable => "not-a-ticket",
        }
    }
}

/// Reads what was typed. `zammad` is Zammad's public address.
///
/// # Errors
/// [`NotATicket`].
pub(crate) fn read(text: &str, zammad: &Url) -> Result<TypedTicket, NotATicket> {
    let text = text.trim();
    if text.is_empty() {
        return Err(NotATicket::Empty);
    }
    if text.contains("://") {
        let url = Url::parse(text).map_err(|_| NotATicket::Unreadable)?;
        if url.host_str() != zammad.host_str() {
            return Err(NotATicket::AnotherServer);
        }
        // `#ticket/zoom/<id>`, and the paths of the new and the mobile interface.
        let shown = url.fragment().unwrap_or_else(|| url.path());
        let id = ["ticket/zoom/", "desktop/tickets/", "mobile/tickets/"].iter().find_map(|prefix| {
            let rest = shown.trim_start_matches('/').strip_prefix(prefix)?;
            rest.split(['/', '?']).next()?.parse().ok()
        });
        return id.map(TypedTicket::Id).ok_or(NotATicket::Unreadable);
    }
    // The words before the number are a setting of Zammad (`ticket_hook`), which ends with this character by default.
    let number = text.rsplit('#').next().unwrap_or(text).trim();
    let is_number = !number.is_empty() && number.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'));
    if is_number { Ok(TypedTicket::Number(number.to_owned())) } else { Err(NotATicket::Unreadable) }
}

/// Finds the ticket; `None` if the bot can see no such ticket.
///
/// # Errors
/// [`ClientError`].
pub(crate) async fn find(helpdesk: &dyn Helpdesk, typed: &TypedTicket) -> Result<Option<Ticket>, ClientError> {
    match typed {
        TypedTicket::Number(number) => {
            let mut found = helpdesk.tickets_by_number(number).await?;
            Ok(if found.len() == 1 { found.pop() } else { None })
        }
        TypedTicket::Id(id) => match helpdesk.ticket(*id).await {
            Err(error) if matches!(error.verdict(), Verdict::GiveUp(Reason::Gone)) => Ok(None),
            found => found.map(Some),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::support::{MemoryHelpdesk, ticket};

    #[test]
    fn numbers_and_addresses_are_understood_as_people_paste_them() {
        let zammad: Url = "https://help.example/".parse().unwrap();
        let number = |number: &str| Ok(TypedTicket::Number(number.into()));
        for (text, expected) in [
            ("25002", number("25002")),
            ("  25002 \n", number("25002")),
            ("#25002", number("25002")),
            ("Ticket#25002", number("25002")),
            ("Ticket# 25002", number("25002")),
            ("Vorgang #2026-0042", number("2026-0042")),
            ("https://help.example/#ticket/zoom/2", Ok(TypedTicket::Id(2))),
            ("https://help.example/#ticket/zoom/2/17", Ok(TypedTicket::Id(2))),
            ("https://help.example/desktop/tickets/2", Ok(TypedTicket::Id(2))),
            ("https://help.example/mobile/tickets/2/information?x=1", Ok(TypedTicket::Id(2))),
            ("https://other.example/#ticket/zoom/2", Err(NotATicket::AnotherServer)),
            ("https://help.example/#dashboard", Err(NotATicket::Unreadable)),
            ("https://help.example/#ticket/zoom/x", Err(NotATicket::Unreadable)),
            ("printer on fire", Err(NotATicket::Unreadable)),
            ("#", Err(NotATicket::Unreadable)),
            ("", Err(NotATicket::Empty)),
            ("   ", Err(NotATicket::Empty)),
        ] {
            assert_eq!(read(text, &zammad), expected, "{text:?}");
        }
    }

    #[tokio::test]
    async fn a_ticket_is_found_by_number_and_by_id() {
        let helpdesk = MemoryHelpdesk::default();
        helpdesk.add_ticket(ticket(7));
        for (typed, found) in [
            (TypedTicket::Number("5007".into()), true),
            (TypedTicket::Number("7".into()), false),
            (TypedTicket::Id(7), true),
            (TypedTicket::Id(8), false),
        ] {
            assert_eq!(find(&helpdesk, &typed).await.unwrap().is_some(), found, "{typed:?}");
        }
    }
}
