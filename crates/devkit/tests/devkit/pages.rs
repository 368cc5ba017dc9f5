//! The sample data and the pages for people.

use devkit::{
    jira_sim::{EmbeddedPage, JiraSim},
    sample,
    zammad_sim::ZammadSim,
};
use serde_json::{Value, json};

use crate::support::http;

const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");

#[tokio::test]
async fn the_sample_data_is_the_same_every_time() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let zammad = ZammadSim::builder().seed(7).start().await.unwrap();
        let jira = JiraSim::builder().start().await.unwrap();
        let sample = sample::seed(&zammad, &jira).unwrap();
        assert_eq!(
            (sample.tickets.len(), sample.issues.len(), sample.agents.len(), sample.groups.len()),
            (20, 12, 3, 2)
        );
        assert_eq!((sample.engineers.len(), sample.projects.len(), jira.events().len()), (3, 2, 0));
        let titles: Vec<String> = zammad.tickets().into_iter().map(|ticket| ticket.title).collect();
        runs.push((sample.bot_token.clone(), sample.issues.clone(), titles));
    }
    assert_eq!(runs[0], runs[1]);
}

#[tokio::test]
async fn an_agent_writes_through_the_page() {
    let sim = ZammadSim::builder().start().await.unwrap();
    let sample = sample::seed_zammad(&sim).unwrap();
    let (ticket, agent) = (sample.tickets[0], sample.agents[0].id);
    let page = format!("/__ui/tickets/{ticket}");
    let body = format!("as={agent}&body=%3Cscript%3Ehi%3C%2Fscript%3E&internal=true");
    let sent = http::send(&sim.url, "POST", &format!("{page}/articles"), &[FORM], body.as_bytes()).await.unwrap();
    assert_eq!((sent.status, sent.header("location")), (303, Some(page.as_str())));
    let article = sim.articles(ticket).pop().unwrap();
    assert!(article.internal && article.stamps.created_by_id == agent);
    let body = format!("as={agent}&title=%22%3E%3Cb%3Ex&state_id=3&priority_id=1");
    assert_eq!(http::send(&sim.url, "POST", &page, &[FORM], body.as_bytes()).await.unwrap().status, 303);
    let shown = http::send(&sim.url, "GET", &page, &[], b"").await.unwrap().text();
    assert!(
        shown.contains("&lt;script&gt;hi") && !shown.contains("<script>hi") && !shown.contains("\"><b>x"),
        "{shown}"
    );
    let list = http::send(&sim.url, "GET", "/", &[], b"").await.unwrap().text();
    assert!(list.contains(&page) && list.contains("ticket\\/zoom"));
}

#[tokio::test]
async fn an_engineer_writes_through_the_page() {
    let sim = JiraSim::builder().start().await.unwrap();
    let (engineers, ..) = sample::seed_jira(&sim).unwrap();
    let account = &engineers[2].account_id;
    let body = format!("as={account}&body=%3Ci%3Eone%0Atwo&restricted=true");
    let sent = http::send(&sim.url, "POST", "/__ui/issues/SUP-2/comment", &[FORM], body.as_bytes()).await.unwrap();
    assert_eq!((sent.status, sent.header("location")), (303, Some("/browse/SUP-2")));
    let issue = sim.issue("SUP-2").unwrap();
    let comment = sim.comments(issue.id).pop().unwrap();
    assert_eq!((comment.author.as_str(), comment.visibility.unwrap().value.as_str()), (account.as_str(), "Developers"));
    let body = format!("as={account}&id=41");
    assert_eq!(
        http::send(&sim.url, "POST", "/__ui/issues/SUP-2/transition", &[FORM], body.as_bytes()).await.unwrap().status,
        303
    );
    let shown = http::send(&sim.url, "GET", "/browse/SUP-2", &[], b"").await.unwrap().text();
    assert!(shown.contains("&lt;i&gt;one") && shown.contains(">Done<"), "{shown}");
    assert!(!sim.events().is_empty());
}

#[tokio::test]
async fn both_dump_their_state() {
    let zammad = ZammadSim::builder().ticket_attribute("jira_issue", json!("")).start().await.unwrap();
    let jira = JiraSim::builder().start().await.unwrap();
    let sample = sample::seed(&zammad, &jira).unwrap();
    let dump = http::ask(&zammad.url, "none", "GET", "/__sim/state", &Value::Null).await;
    // The sample data's tickets, and the welcome ticket of a new server.
    assert_eq!(dump.json()["tickets"].as_array().unwrap().len(), 21);
    assert!(!dump.text().contains(&sample.bot_token), "no secret in a dump");
    assert_eq!(
        http::ask(&jira.url, "none", "GET", "/__sim/state", &Value::Null).await.json()["issues"]
            .as_array()
            .unwrap()
            .len(),
        12
    );
    let auth = format!("Token token={}", sample.bot_token);
    let path = format!("/api/v1/tickets/{}", sample.tickets[0]);
    let written = http::ask(&zammad.url, &auth, "PUT", &path, &json!({"jira_issue": "SUP-1"})).await.json();
    assert_eq!(written["jira_issue"], "SUP-1");
    let condition = json!({"expand": true, "condition": {"ticket.jira_issue": {"operator": "is", "value": "SUP-1"}}});
    let found = http::ask(&zammad.url, &auth, "POST", "/api/v1/tickets/search", &condition).await.json();
    assert_eq!(found.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn the_page_of_an_issue_shows_an_apps_pages_to_the_chosen_visitor() {
    let sim = JiraSim::builder().start().await.unwrap();
    let (engineers, ..) = sample::seed_jira(&sim).unwrap();
    let shown = async |cookie: &str| {
        http::send(&sim.url, "GET", "/browse/SUP-2", &[("Cookie", cookie)], b"").await.unwrap().text()
    };
    let without = shown("").await;
    assert!(!without.contains("<iframe") && !without.contains("<script>") && !without.contains("/__ui/visitor"));

    let page = |title: &str, key: &str, beside| EmbeddedPage {
        title: title.to_owned(),
        url: format!("http://127.0.0.1:9/pages/{key}"),
        beside,
    };
    sim.embed(vec![page("Tickets", "context", true), page("<b>\"Panel", "panel", false)]);
    let first = shown("").await;
    let account = sim.state().users.values().find(|user| user.account_type == "atlassian").unwrap().account_id.clone();
    let asked = |account: &str, locale: &str| format!("account={}&amp;locale={locale}\"", account.replace(':', "%3A"));
    let address = "src=\"http://127.0.0.1:9/pages/context?issue=SUP-2&amp;";
    assert!(first.contains(&format!("{address}{}", asked(&account, "en-US"))), "{first}");
    assert!(first.contains("<details class=\"app\" open><summary>Tickets</summary>"));
    assert!(
        first.contains("<details class=\"app\"><summary>&lt;b&gt;&quot;Panel</summary>")
            && !first.contains("<b>\"Panel")
    );

    let chosen = &engineers[2].account_id;
    let body = format!("issue=SUP-2&as={chosen}&locale=de-DE");
    let sent = http::send(&sim.url, "POST", "/__ui/visitor", &[FORM], body.as_bytes()).await.unwrap();
    assert_eq!((sent.status, sent.header("location")), (303, Some("/browse/SUP-2")));
    let german = shown(&format!("sim_account={chosen}; sim_locale=de-DE")).await;
    assert!(german.contains(&asked(chosen, "de-DE")));
    assert!(german.contains(&format!("<option value=\"{chosen}\" selected>")));
    let unknown = shown("sim_account=nobody%22%3E; sim_locale=xx").await;
    assert!(unknown.contains(&asked(&account, "en-US")) && !unknown.contains("nobody"));
}
