//! Unmapped users: searched and suggested, never guessed.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use devkit::harness::Connector;
use serde_json::{Value, json};

use crate::support::{LinkedSite, eventually, eventually_async};

impl LinkedSite {
    async fn people(&self) -> String {
        let (status, out, errors) = Connector::run(&self.site.built, &self.site.settings, &["people"]).await.unwrap();
        assert!(status.success(), "{errors}");
        out
    }

    /// The query of every `user.search` that Forge received.
    async fn searches(&self) -> Vec<String> {
        let mut words = Vec::new();
        for capture in self.site.emulator.captures().await.unwrap() {
            let body = STANDARD.decode(capture["bodyBase64"].as_str().unwrap_or_default()).unwrap();
            let body: Value = serde_json::from_slice(&body).unwrap_or_default();
            let messages = body["messages"].as_array().into_iter().flatten();
            let searches = messages.filter(|message| message["kind"] == "user.search");
            words.extend(searches.map(|message| message["data"]["query"].as_str().unwrap_or_default().to_owned()));
        }
        words
    }

    /// Another account of this name and address.
    fn engineer(&self, account: &str, name: &str, email: &str) {
        self.site.jira.state().add_user(account, name, email, false);
    }

    async fn owned_by(&self, agent: usize) -> u64 {
        let id = self.site.sample.agents[agent].id;
        self.change_ticket(json!({ "owner_id": id })).await;
        id
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn searches_an_owner_by_address_then_by_name_once_a_day() {
    let mut env = LinkedSite::start().await;
    assert_eq!(env.people().await, "no unmapped users\n");
    // Two accounts with Amira's name, one of them with her address; Jonas has a namesake only.
    env.engineer("acc-namesake", "Amira Haddad", "somebody@else.example");
    env.engineer("acc-jonas", "JONAS Weber", "jw@else.example");
    env.engineer("acc-weberknecht", "Jonas Weberknecht", "jk@else.example");
    env.change_issue(json!({ "assignee": null })).await;
    eventually("nobody", || env.now().owner_id == 1).await;
    let amira = env.owned_by(0).await;
    let wanted = format!(
        "Zammad user \"Amira Haddad\" ({amira}): perhaps Jira account {} (same e-mail)\n",
        env.site.sample.engineers[1].account_id
    );
    eventually_async("the suggestion", || async { env.people().await == wanted }).await;
    let jonas = env.owned_by(1).await;
    let wanted = format!("Zammad user \"Jonas Weber\" ({jonas}): perhaps Jira account acc-jonas (same name)\n");
    eventually_async("the other suggestion", || async { env.people().await == wanted }).await;
    // Suggested is not used.
    assert!(env.field("assignee").await.is_null());
    // Neither a new process nor a new check searches again on the same day.
    let searches = env.searches().await;
    let agents = &env.site.sample.agents;
    assert_eq!(searches, [agents[0].login.as_str(), agents[1].login.as_str(), "Jonas Weber"]);
    env.kill().await;
    env.restart().await;
    env.owned_by(0).await;
    env.article(env.ticket, "<p>Afterwards.</p>", true).await;
    eventually("the comment", || env.mirrored().len() == 1).await;
    assert_eq!(env.searches().await, searches);
    // Confirmed, it is.
    let pair = json!([{ "zammad": amira, "accountId": env.site.sample.engineers[1].account_id }]);
    env.settings(|value| value["people"] = pair).await;
    env.article(env.ticket, "<p>Look.</p>", true).await;
    let assigned = || async { env.field("assignee").await["displayName"] == "Amira Haddad" };
    eventually_async("the assignee", assigned).await;
    assert_eq!(env.people().await, "no unmapped users\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn searches_an_assignee_among_the_agents_and_lists_all_matches() {
    let env = LinkedSite::start().await;
    let namesake = json!({ "firstname": "AMIRA", "lastname": "Haddad", "login": "amira2@helpdesk.example",
        "email": "amira2@helpdesk.example", "roles": ["Agent"], "group_ids": { "1": ["full"] } });
    let url = format!("{}/api/v1/users", env.site.zammad.url);
    let request = crate::support::client().post(url).json(&namesake);
    let request = request.header("Authorization", format!("Token token={}", env.site.sample.admin_token));
    let made: Value = request.send().await.unwrap().json().await.unwrap();
    let (first, second) = (env.site.sample.agents[0].id, made["id"].as_u64().unwrap_or_else(|| panic!("{made}")));
    let (owner, account) = (env.now().owner_id, env.site.sample.engineers[1].account_id.clone());
    env.change_issue(json!({ "assignee": { "accountId": account } })).await;
    let line = |user: u64, name: &str| {
        format!("Jira account {account}: perhaps Zammad user \"{name}\" ({user}) (same name)\n")
    };
    let wanted = [line(first, "Amira Haddad"), line(second, "AMIRA Haddad")].concat();
    eventually_async("both", || async { env.people().await == wanted }).await;
    assert_eq!(env.now().owner_id, owner);
    let nobody = env.site.sample.engineers[2].account_id.clone();
    env.change_issue(json!({ "assignee": { "accountId": nobody } })).await;
    let wanted = format!("Jira account {nobody}: no account found\n");
    eventually_async("nobody", || async { env.people().await == wanted }).await;
    assert_eq!(env.searches().await, Vec::<String>::new(), "Jira has nothing to say about it");
}

/// Names and addresses are not sent; accounts that Jira reports may be searched in Zammad.
#[tokio::test(flavor = "multi_thread")]
async fn privacy_mode_sends_no_user_search_to_jira() {
    let env = LinkedSite::with(|options| options.settings.push(("PRIVACY_MODE".into(), "on".into()))).await;
    let amira = env.owned_by(0).await;
    let wanted = format!("Zammad user \"Amira Haddad\" ({amira}): not searched for in privacy mode\n");
    eventually_async("the list", || async { env.people().await == wanted }).await;
    let account = env.site.sample.engineers[1].account_id.clone();
    env.change_issue(json!({ "assignee": { "accountId": account } })).await;
    let wanted = format!("Jira account {account}: perhaps Zammad user \"Amira Haddad\" ({amira}) (same name)\n");
    eventually_async("the suggestion", || async { env.people().await == wanted }).await;
    assert_eq!(env.searches().await, Vec::<String>::new());
}
