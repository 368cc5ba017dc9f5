//! Every recorded failure gets its verdict, by status, and shows nothing that anybody wrote.

use zammad::{ClientError, Reason, Verdict};

use crate::answers::call;
use crate::replay::Replay;
use crate::{Response, VERSIONS, exchanges};

fn expected(status: u16) -> Verdict {
    match status {
        400 | 422 => Verdict::GiveUp(Reason::Refused),
        401 => Verdict::GiveUp(Reason::Unauthorized),
        403 => Verdict::GiveUp(Reason::Forbidden),
        404 => Verdict::GiveUp(Reason::Gone),
        500 => Verdict::RetryFewTimes,
        other => unreachable!("not recorded: {other}"),
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
            let status = exchange.response.status;
            let error = answered.expect_err(&exchange.step);
            assert!(matches!(error, ClientError::Status { status: got, .. } if got == status), "{}", exchange.step);
            assert_eq!(error.verdict(), expected(status), "{version} {} as {}", exchange.step, exchange.request.auth);
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
