//! Zammad, or something in front of it, refuses: maintenance mode, a proxy's pages, lost rights. Everything written meanwhile
//! arrives afterwards, no link ends, and `/readyz` names the cause.

use std::time::Duration;

use devkit::WaitingJobs;
use devkit::faults::{ConditionKind, Fault, FaultKind};
use serde_json::json;

use crate::support::{LinkedSite, eventually, eventually_async};

impl LinkedSite {
    /// Something keeps Zammad from being used for a while; a comment is written meanwhile.
    async fn refused_for_a_while(&self, fault: FaultKind, problem: &str) {
        let text = format!("Written during {problem} {}", self.noted().len());
        self.site.zammad.faults().add(Fault::always(fault));
        let since = tokio::time::Instant::now();
        self.comment(&self.issue_key, &text, json!({})).await;
        eventually_async(problem, || async { self.health("problems").await == [problem] }).await;
        assert!(since.elapsed() < Duration::from_secs(15), "{problem} is named within 15 s");
        let (status, report) = self.readiness().await;
        assert_eq!(status, 503, "{problem}");
        assert!(report["health"]["help"][problem].is_string(), "{problem} has advice");
        self.site.zammad.clear_faults();
        eventually(&text, || self.noted().iter().filter(|note| note.contains(&text)).count() == 1).await;
        eventually_async("readiness", || async { self.readiness().await.0 == 200 }).await;
    }

    /// The link works in both directions, and nothing was said to have ended.
    async fn still_works(&self) {
        self.article(self.ticket, "<p>Still linked.</p>", true).await;
        eventually("the comment", || self.mirrored().iter().any(|text| text.contains("Still linked."))).await;
        assert!(self.mirrored().iter().all(|text| !text.contains("deleted")), "{:?}", self.mirrored());
        assert_eq!(self.troubles().await, "everything is in sync\n");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_proxy_says_in_zammads_place_ends_nothing() {
    let env = LinkedSite::start().await;
    for (fault, problem) in [
        (FaultKind::ProxyNotFound { plain: false }, "zammad-not-zammad"),
        (FaultKind::ProxyNotFound { plain: true }, "zammad-not-zammad"),
        (FaultKind::LoginPage, "zammad-not-zammad"),
        (FaultKind::EmptyBody, "zammad-not-zammad"),
        (FaultKind::Redirect { location: "https://help.example.com".into(), permanent: true }, "zammad-redirects"),
    ] {
        env.refused_for_a_while(fault, problem).await;
    }
    env.still_works().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_zammad_refuses_as_a_server_loses_nothing() {
    let env = LinkedSite::start().await;
    for (fault, problem) in [
        (FaultKind::Maintenance, "zammad-maintenance"),
        (FaultKind::TokenAccessDisabled, "zammad-token-access-disabled"),
        (FaultKind::Unauthorized, "zammad-refuses-the-token"),
        (FaultKind::ServerError, "zammad-error"),
        (FaultKind::OtherJson, "zammad-not-zammad"),
    ] {
        env.refused_for_a_while(fault, problem).await;
    }
    env.still_works().await;
}

/// The bot is taken out of the group, gets read access only, or the group is deactivated: for half a minute or for days.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_right_delays_and_names_but_loses_nothing() {
    let env = LinkedSite::start().await;
    let (bot, group) = (env.site.sample.bot.id, env.now().group_id);
    for (levels, text) in [([].as_slice(), "no access"), (["read"].as_slice(), "read only")] {
        env.site.zammad.state().set_group_access(bot, group, levels);
        let comment = format!("Written with {text}");
        env.comment(&env.issue_key, &comment, json!({})).await;
        env.change_issue(json!({ "summary": format!("Changed with {text}") })).await;
        eventually_async("the warning", || async { env.health_details("bot-lacks-rights").await.contains(text) }).await;
        eventually_async("the waiting command", || async {
            env.health_details("commands-waiting").await.contains("zammad-no-access")
        })
        .await;
        env.site.zammad.state().set_group_access(bot, group, &["full"]);
        eventually(&comment, || env.noted().iter().filter(|note| note.contains(&comment)).count() == 1).await;
        eventually("the title", || env.now().title == format!("Changed with {text}")).await;
        eventually_async("the end of the warning", || async {
            let warnings = env.health("warnings").await;
            !warnings.iter().any(|code| code == "bot-lacks-rights" || code == "commands-waiting")
        })
        .await;
    }
    env.still_works().await;
}

/// A group that is switched off is named as such, not as a lost right.
#[tokio::test(flavor = "multi_thread")]
async fn a_deactivated_group_delays_and_is_named_but_loses_nothing() {
    let env = LinkedSite::start().await;
    let (group, name) = env.site.sample.groups[0].clone();
    assert_eq!(env.now().group_id, group);
    assert!(env.site.zammad.state().set_group_active(group, false));
    env.comment(&env.issue_key, "For a group that is off.", json!({})).await;
    eventually_async("the warning", || async { env.health_details("group-inactive").await.contains(&name) }).await;
    eventually_async("the waiting command", || async {
        env.health_details("commands-waiting").await.contains("zammad-no-access")
    })
    .await;
    let (status, report) = env.readiness().await;
    assert_eq!(status, 200, "other groups work");
    assert!(report["health"]["help"]["group-inactive"].is_string(), "{report}");
    assert!(!env.warns_of("bot-lacks-rights").await, "{report}");
    assert_eq!(env.noted(), Vec::<String>::new());
    assert!(env.site.zammad.state().set_group_active(group, true));
    eventually("the note", || env.noted().iter().filter(|note| note.contains("a group that is off")).count() == 1)
        .await;
    eventually_async("the end of the warnings", || async {
        !env.warns_of("group-inactive").await && !env.warns_of("commands-waiting").await
    })
    .await;
    env.still_works().await;
}

/// A webhook waits in Zammad, Jira changes, and the sidecar is killed and starts again, all while Zammad has no database.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_away_delays_and_is_named_but_loses_nothing() {
    const PROBLEM: &str = "zammad-error";
    let mut env = LinkedSite::start().await;
    env.site.zammad.stop_worker();
    env.article(env.ticket, "<p>Said before the outage.</p>", true).await;
    env.site.zammad.faults().set(ConditionKind::DatabaseAway);
    env.site.zammad.start_worker(WaitingJobs::Deliver);
    env.comment(&env.issue_key, "Said during the outage.", json!({})).await;
    env.change_issue(json!({ "summary": "Changed during the outage" })).await;
    let is_named = async |env: &LinkedSite| {
        eventually_async("the problem", || async { env.health("problems").await == [PROBLEM] }).await;
        let (status, report) = env.readiness().await;
        assert_eq!(status, 503);
        assert!(report["health"]["help"][PROBLEM].is_string(), "{report}");
    };
    is_named(&env).await;
    env.kill().await;
    env.restart().await;
    is_named(&env).await;
    assert_eq!((env.mirrored(), env.noted()), (Vec::new(), Vec::new()));
    env.site.zammad.clear_faults();
    let count = |texts: Vec<String>, words: &str| texts.iter().filter(|text| text.contains(words)).count();
    eventually("the comment", || count(env.mirrored(), "Said before the outage.") == 1).await;
    eventually("the note", || count(env.noted(), "Said during the outage.") == 1).await;
    eventually("the title", || env.now().title == "Changed during the outage").await;
    eventually_async("readiness", || async { env.readiness().await.0 == 200 }).await;
    env.still_works().await;
    assert_eq!((env.mirrored().len(), env.noted().len()), (2, 1), "each once");
}
