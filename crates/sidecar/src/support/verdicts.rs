//! Zammad's errors for tables of tests: at least one for each way to react to one.

use std::time::Duration;

use zammad::{ClientError, Obstacle, Reason, Said, TlsFault, Verdict};

/// A failed call that Zammad answered.
pub(crate) fn status(operation: &'static str, status: u16, said: Said) -> ClientError {
    ClientError::Status { operation, status, text: String::new(), said, retry_after: None }
}

/// Errors of a call, at least one for each verdict.
pub(crate) fn errors(operation: &'static str) -> Vec<ClientError> {
    let retry_after = Some(Duration::from_secs(30));
    vec![
        ClientError::Connect { operation },
        ClientError::Tls { operation, fault: TlsFault::UnknownIssuer },
        ClientError::Interrupted { operation },
        ClientError::Status { operation, status: 429, text: String::new(), said: Said::NotZammad, retry_after },
        status(operation, 503, Said::NotZammad),
        status(operation, 500, Said::Other),
        status(operation, 401, Said::Other),
        status(operation, 403, Said::NoCredentials),
        status(operation, 403, Said::Maintenance),
        status(operation, 403, Said::TokenAccessDisabled),
        status(operation, 403, Said::Other),
        status(operation, 301, Said::NotZammad),
        status(operation, 404, Said::NotZammad),
        ClientError::Unreadable { operation, is_json: false },
        ClientError::Unreadable { operation, is_json: true },
        status(operation, 404, Said::NotFound),
        status(operation, 422, Said::Other),
        status(operation, 413, Said::NotZammad),
        ClientError::TooLarge { operation },
    ]
}

/// The row of an error in a table of verdicts.
///
/// # Panics
/// The table has no row for it.
pub(crate) fn row<'r, T>(rows: &'r [(Verdict, T)], error: &ClientError) -> &'r T {
    let row = rows.iter().find(|(verdict, _)| *verdict == plain(error.verdict()));
    row.map(|(_, expected)| expected).unwrap_or_else(|| panic!("no row for {error:?}"))
}

/// A verdict without the time from `Retry-After`.
fn plain(verdict: Verdict) -> Verdict {
    if matches!(verdict, Verdict::Retry { .. }) { RETRY } else { verdict }
}

/// [`Verdict::Retry`] in a table.
pub(crate) const RETRY: Verdict = Verdict::Retry { after: None };

/// The verdict behind this one in the list of all; a new one does not compile until it is in this list.
fn after(verdict: Verdict) -> Option<Verdict> {
    Some(match verdict {
        Verdict::Retry { .. } => Verdict::RetryFewTimes,
        Verdict::RetryFewTimes => Verdict::Wait(Obstacle::Token),
        Verdict::Wait(Obstacle::Token) => Verdict::Wait(Obstacle::Maintenance),
        Verdict::Wait(Obstacle::Maintenance) => Verdict::Wait(Obstacle::TokenAccess),
        Verdict::Wait(Obstacle::TokenAccess) => Verdict::Wait(Obstacle::NoAccess),
        Verdict::Wait(Obstacle::NoAccess) => Verdict::Wait(Obstacle::Redirect),
        Verdict::Wait(Obstacle::Redirect) => Verdict::Wait(Obstacle::NotZammad),
        Verdict::Wait(Obstacle::NotZammad) => Verdict::Wait(Obstacle::Unreadable),
        Verdict::Wait(Obstacle::Unreadable) => Verdict::GiveUp(Reason::Gone),
        Verdict::GiveUp(Reason::Gone) => Verdict::GiveUp(Reason::Refused),
        Verdict::GiveUp(Reason::Refused) => Verdict::GiveUp(Reason::TooLarge),
        Verdict::GiveUp(Reason::TooLarge) => return None,
    })
}

#[test]
fn every_verdict_has_an_error() {
    for verdict in std::iter::successors(Some(RETRY), |verdict| after(*verdict)) {
        assert!(errors("x").iter().any(|error| plain(error.verdict()) == verdict), "{verdict:?}");
    }
}
