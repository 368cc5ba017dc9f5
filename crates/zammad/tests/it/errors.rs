//! Every recorded failure gets its verdict, by status, and shows nothing that anybody wrote.

use zammad::{ClientError, Obstacle, Reason, Verdict};

use crate::answers::call;
use crate::replay::Replay;
use crate::{Response, VERSIONS, exchanges};

fn expected(status: u16, text: &str) -> Verdict {
    match (status, text) {
        (400 | 422, _) => Verdict::GiveUp(Reason::Refused),
        (401, _) => Verdict::Wait(Obstacle::Token),
        (403, "Authentication required") => Verdict::Wait(Obstacle::Token),
        (403, text) if text.contains("does not belong to the specified") => Verdict::GiveUp(Reason::Gone),
        (403, _) => Verdict::Wait(Obstacle::NoAccess),
        // Without text: a page. The recording asked for it with another `Accept`.
        (404, "" | "This page doesn't exist." | "Not Found") => Verdict::Wait(Obstacle::NotZammad),
        (404, text) if text.starts_with("No route matches") => Verdict::Wait(Obstacle::NotZammad),
        (404, _) => Verdict::GiveUp(Reason::Gone),
        (500, _) => Verdict::RetryFewTimes,
        (other, _) => unreachable!("not recorded: {other}"),
    }
}

#[tokio::test]
async fn every_recorded_failure_of_a_call_has_its_verdict() {
    let replay = Replay::start().await;
    for version in VERSIONS {
        let mut seen = std::collections::BTreeMap::new();
        for exchange in exchanges(version).into_iter().filter(|one| one.response.status >= 400) {
            replay.will_answer(exchange.response.clone());
            let Some(answered) = call(&replay, &exchange).await else { continue };
            let (status, text) =
                (exchange.response.status, exchange.response.body["error"].as_str().unwrap_or_default());
            let error = answered.expect_err(&exchange.step);
            assert!(matches!(error, ClientError::Status { status: got, .. } if got == status), "{}", exchange.step);
            assert_eq!(
                error.verdict(),
                expected(status, text),
                "{version} {} as {}",
                exchange.step,
                exchange.request.auth
            );
            *seen.entry(status).or_insert(0) += 1;
        }
        assert_eq!(seen.keys().copied().collect::<Vec<_>>(), [401, 403, 404, 422, 500], "{version}: {seen:?}");
    }
}

/// All error texts of all recorded calls, whoever made them: what somebody typed must not come out again.
#[tokio::test]
async fn no_recorded_error_text_shows_a_value() {
    let replay = Replay::start().await;
    let (mut texts, mut fixed) = (0, 0);
    for version in VERSIONS {
        for exchange in exchanges(version).into_iter().filter(|one| one.response.status >= 400) {
            let Some(text) = exchange.response.body["error"].as_str().map(str::to_owned) else { continue };
            replay.will_answer(Response::of(exchange.response.status, exchange.response.body));
            let shown = replay.client.ticket(7).await.unwrap_err().to_string();
            for typed in ["nonsense", "Nonsense", "probe", "9999", "nobody", "abc", "made@"] {
                assert!(!shown.contains(typed), "{text:?} was shown as {shown:?}");
            }
            texts += 1;
            fixed += usize::from(shown.contains(&text));
        }
    }
    assert!(texts > 150 && fixed > 100, "of {texts} texts {fixed} are shown as they are");
}

#[tokio::test]
async fn q5_retry_after_reaches_the_verdict() {
    let replay = Replay::start().await;
    for (status, value, after) in [
        (429, "7", Some(7)),
        (503, "Mon, 21 Sep 2026 14:14:20 GMT", Some(60)),
        (503, "Mon, 21 Sep 2020 14:14:20 GMT", Some(0)),
        (429, "-1", None),
        (502, "soon", None),
    ] {
        let mut response = Response::of(status, "busy".into());
        response.headers.insert("retry-after".to_owned(), value.into());
        replay.will_answer(response);
        let verdict = replay.client.me().await.unwrap_err().verdict();
        assert_eq!(verdict, Verdict::Retry { after: after.map(std::time::Duration::from_secs) }, "{value}");
    }
}

/// A text is a page, anything else JSON.
fn page_or_json(status: u16, body: &serde_json::Value) -> Response {
    let mut response = Response::of(status, body.clone());
    if body.is_string() {
        response.headers.insert("content-type".to_owned(), "text/html".into());
    }
    response
}

/// A proxy or login page between the sidecar and Zammad answers with statuses of its own. None of these answers says anything about a
/// ticket, so none may end something.
#[tokio::test]
async fn nothing_is_gone_or_refused_unless_zammad_says_so() {
    let replay = Replay::start().await;
    let html = |text: &str| serde_json::Value::from(format!("<html><body>{text}</body></html>"));
    let json = |text: &str| serde_json::json!({ "error": text, "error_human": text });
    for (status, body, obstacle) in [
        (404, html("404 Not Found"), Obstacle::NotZammad),
        (404, "404 page not found".into(), Obstacle::NotZammad),
        (404, serde_json::json!({ "message": "no such service" }), Obstacle::NotZammad),
        (404, json("Not Found"), Obstacle::NotZammad),
        (404, json("No route matches [GET] /api/v1/tickets/7"), Obstacle::NotZammad),
        (404, json("This page doesn't exist."), Obstacle::NotZammad),
        (404, "".into(), Obstacle::NotZammad),
        (410, html("Gone"), Obstacle::NotZammad),
        (400, html("Bad Request"), Obstacle::NotZammad),
        (405, html("Method Not Allowed"), Obstacle::NotZammad),
        (422, html("Blocked"), Obstacle::NotZammad),
        (401, html("Sign in"), Obstacle::Token),
        (401, json("Can't find User for Token"), Obstacle::Token),
        (403, html("Blocked by policy"), Obstacle::NotZammad),
        (403, json("Maintenance mode enabled!"), Obstacle::Maintenance),
        (403, json("API token access disabled!"), Obstacle::TokenAccess),
        (403, json("Not authorized"), Obstacle::NoAccess),
        (403, json("Authentication required"), Obstacle::Token),
        (301, "".into(), Obstacle::Redirect),
        (307, html("Moved"), Obstacle::Redirect),
        (200, html("Please sign in"), Obstacle::NotZammad),
        (200, "".into(), Obstacle::NotZammad),
        (200, serde_json::json!({ "status": "ok" }), Obstacle::Unreadable),
    ] {
        replay.will_answer(page_or_json(status, &body));
        let error = replay.client.ticket(7).await.unwrap_err();
        assert_eq!(error.verdict(), Verdict::Wait(obstacle), "{status} {body}");
    }
    for (status, body, reason) in [
        (404, json("Couldn't find Ticket with 'id'=7"), Reason::Gone),
        (422, json("Invalid value 'x' for field 'y'!"), Reason::Refused),
        (413, html("Request Entity Too Large"), Reason::Refused),
    ] {
        replay.will_answer(page_or_json(status, &body));
        assert_eq!(replay.client.ticket(7).await.unwrap_err().verdict(), Verdict::GiveUp(reason), "{status} {body}");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let replay = Replay::start().await;
    let mut response = Response::of(302, "".into());
    response.headers.insert("location".to_owned(), "/elsewhere".into());
    replay.will_answer(response);
    let error = replay.client.me().await.unwrap_err();
    assert!(matches!(error, ClientError::Status { status: 302, .. }));
    assert_eq!(replay.asked().path.split('?').next(), Some("/api/v1/users/me"), "the token went nowhere else");
}
