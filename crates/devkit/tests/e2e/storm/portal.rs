//! A storm on service projects (Jira Service Management). Whatever fails, no customer can read an internal word at any moment,
//! nor anything of the connector where an admin has not allowed it. Each comment arrives once, with what the other side has to
//! know about who reads it.

use std::collections::BTreeSet;
use std::time::Duration;

use devkit::faults::{Fault, FaultKind, SendFault, SendFaultKind};
use devkit::jira_sim::{Comment, JiraSim, Workflow};
use serde_json::json;

use super::outages::{Outage, Outages, Reach, clear_faults};
use super::words::{Article, Heard, Kind, Place, Words, words_in};
use crate::support::random::Random;
use crate::support::{LONG, LinkedSite, eventually, eventually_async, text_of};

/// An admin allows public comments in this project in the middle of the storm.
const DESK: &str = "DESK";
/// Nothing is allowed here.
const HELP: &str = "HELP";
const CUSTOMER: &str = "qm:customer:1";
const EDITS: usize = 342;
/// After so many edits the admin allows public comments.
const ALLOWED: usize = EDITS / 3;
/// After so many edits the issues of a project without a portal move to one that has one.
const MOVED: usize = EDITS * 2 / 3;
const LINKS: usize = 8;
/// After so many edits two tickets are merged; no outage is going on.
const MERGES: [usize; 3] = [80, 150, 260];

async fn env() -> LinkedSite {
    let env = LinkedSite::with(|options| {
        let settings = [
            ("SWEEP_SECONDS", "1"),
            ("DRIFT_PER_MINUTE", "6000"),
            ("ALL_ISSUES_SECONDS", "10"),
            ("CHECK_DELETED_SECONDS", "1"),
            ("CONFIRM_DELETED_SECONDS", "2"),
        ];
        options.settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        // Not recorded: something else answers in Jira's place for a while.
        let builder = JiraSim::builder().service_project(DESK, "Service desk", "nobody", Workflow::open());
        options.jira = builder.service_project(HELP, "Help", "nobody", Workflow::open());
    })
    .await;
    env.site.jira.state().add_customer(CUSTOMER, "Edda");
    env
}

impl LinkedSite {
    async fn ticket_in(&self, group: u64) -> u64 {
        let customer = self.site.sample.customers[0].id;
        let article = json!({ "body": "It does not work.", "type": "note", "internal": true });
        let ticket = json!({ "title": "A request", "group_id": group, "customer_id": customer, "article": article });
        self.zammad("POST", "tickets", &ticket).await["id"].as_u64().unwrap()
    }

    /// Tickets of each group linked to issues of one service project, and some linked to issues without a portal.
    async fn places(&self) -> Vec<Place> {
        let groups: Vec<u64> = self.site.sample.groups.iter().map(|(id, _)| *id).collect();
        let rule = |group: u64, project: &str| {
            json!({ "id": project, "enabled": true, "when": [{ "group": group }],
                "then": { "createIssue": { "project": project, "issueType": "10001" } } })
        };
        self.settings(|value| {
            value["rules"] = json!([rule(groups[0], DESK), rule(groups[1], HELP)]);
            // The tickets' internal articles of the time before the link go along.
            value["comments"]["history"] = json!("all");
            // Some of the files are larger and are replaced by comments.
            value["attachments"]["maxBytes"] = json!(20);
        })
        .await;
        let mut tickets = Vec::new();
        for number in 0..2 * LINKS {
            tickets.push(self.ticket_in(groups[number % 2]).await);
        }
        eventually("the links", || self.pairs(&tickets).len() == tickets.len()).await;
        self.settings(|value| value["rules"] = json!([])).await;
        for (_, key) in &self.site.sample.issues[4..7] {
            let ticket = self.ticket_in(groups[0]).await;
            self.site.link(ticket, key).await.unwrap();
            tickets.push(ticket);
        }
        eventually("the other links", || self.pairs(&tickets).len() == tickets.len()).await;
        let place = |pair: super::Pair| Place { ticket: pair.ticket, issue: pair.issue, key: pair.key };
        self.pairs(&tickets).into_iter().map(place).collect()
    }

    /// A failure of the day that is over soon.
    async fn fail_briefly(&mut self, number: usize) {
        let app =
            |kind: FaultKind, times: u32| Fault { times: Some(times), ..Fault::always(kind).of_client("Bearer app:") };
        match number % 40 {
            10 => {
                for faults in [self.site.zammad.faults(), self.site.jira.faults()] {
                    faults.add_send(SendFault { kind: SendFaultKind::Lose, times: Some(1) });
                    faults.add_send(SendFault { kind: SendFaultKind::Double, times: Some(1) });
                }
                let events = json!({ "target": "events", "lose": 1, "duplicate": 1, "reorder": 2 });
                self.site.emulator.fault(events).await.unwrap();
            }
            15 => {
                let replies = json!({ "target": "webtrigger", "mode": "drop-reply", "count": 1 });
                self.site.emulator.fault(replies).await.unwrap();
            }
            20 => self.site.jira.faults().add(app(FaultKind::ResetAfterApply, 2)),
            25 => {
                let hiding = app(FaultKind::Status { status: 503, retry_after: Some(1) }, 1);
                self.site.jira.faults().add(hiding.on("PUT", "/properties/sd.public.comment"));
                self.site.jira.faults().add(app(FaultKind::ResetAfterApply, 1).on("PUT", "/comment/"));
            }
            30 => {
                self.kill().await;
                self.restart().await;
            }
            _ => {}
        }
    }
}

/// Everything that customers can read now, and everything new that they could read, against what they may read.
fn wrongly_shown(env: &LinkedSite, words: &Words, places: &[Place], from: usize) -> Vec<String> {
    let project = |issue: u64| env.site.jira.state().issues[&issue].project.clone();
    let mut faults = Vec::new();
    let mut check = |issue: u64, text: &str| {
        let found = words_in(text);
        let is_note = found.is_empty();
        if is_note || found.iter().any(|word| !words.may_be_read(word, &project(issue))) {
            faults.push(format!("issue {issue} {}: {text:?}", project(issue)));
        }
    };
    for shown in &env.site.jira.shown_to_customers()[from..] {
        check(shown.issue, &shown.text);
    }
    for place in places {
        let Some(request) = env.site.jira.portal(&place.issue.to_string()) else { continue };
        for comment in &request.comments {
            check(place.issue, &text_of(&comment.body));
        }
        for file in &request.attachments {
            check(place.issue, &file.filename);
        }
        let rest = format!("{} {}", request.summary, request.description);
        assert!(words_in(&rest).is_empty(), "{rest}");
    }
    faults
}

/// An edit by a person, with its number; in Jira if Zammad is closed for people.
async fn act(env: &LinkedSite, random: &mut Random, words: &mut Words, places: &mut [Place], edit: (usize, bool)) {
    let (number, only_jira) = edit;
    let is_in_portal = |place: &Place| !place.key.starts_with("SUP-");
    let open: Vec<&Place> = places.iter().filter(|place| !only_jira || is_in_portal(place)).collect();
    let place = open[random.below(open.len())].clone();
    let word = Words::of(number);
    let is_in_portal = is_in_portal(&place);
    match if only_jira { 10 + random.below(4) } else { random.below(14) } {
        0..=2 => words.write(env, random, &place, word, true).await,
        3..=5 => words.write(env, random, &place, word, false).await,
        6 => words.turn_internal(env, random, word).await,
        7 => words.turn_public(env, random).await,
        8 => words.edit_internal(env, random, word).await,
        9 => words.delete(env, random).await,
        // Whether a comment is for customers is known in service projects only.
        10 if is_in_portal => words.comment(env, &place, word, Kind::Internal).await,
        11 if is_in_portal => words.comment(env, &place, word, Kind::Public).await,
        12 if is_in_portal => words.edit_comment(env, random, word).await,
        13 if is_in_portal => {
            env.site.jira.reply(CUSTOMER, &place.key, &word).unwrap();
            words.replied(&place, word);
        }
        _ => words.write(env, random, &place, word, true).await,
    }
    if MERGES.contains(&number) {
        words.sharing.extend(merge(env, random, places).await);
    }
}

/// Merges a ticket into another one, perhaps of the other group and so of the other project. Returns the issues that share
/// the target then.
async fn merge(env: &LinkedSite, random: &mut Random, places: &mut [Place]) -> Vec<u64> {
    let source = places[random.below(places.len())].ticket;
    let others: Vec<u64> = places.iter().map(|place| place.ticket).filter(|ticket| *ticket != source).collect();
    let target = others[random.below(others.len())];
    let number = env.site.zammad.ticket(target).unwrap().number;
    let merged = env.zammad("PUT", &format!("ticket_merge/{source}/{number}"), &json!({})).await;
    assert_eq!(merged["result"], "success", "{merged}");
    for place in places.iter_mut().filter(|place| place.ticket == source) {
        place.ticket = target;
    }
    // Until Forge knows of the merge it takes no change of the target for an issue that came with the source.
    eventually_async("the links to move", || async {
        let stored = env.site.emulator.stored(&env.site.install_id).await.unwrap().to_string();
        !stored.contains(&format!("\"link:t:{source}\""))
    })
    .await;
    places.iter().filter(|place| place.ticket == target).map(|place| place.issue).collect()
}

/// Everything that is not as it must be at the end.
fn wrong_at_the_end(env: &LinkedSite, words: &Words) -> Vec<String> {
    let mut faults = Vec::new();
    for article in words.articles.iter().filter(|article| !words.sharing.contains(&article.issue)) {
        let comments = env.site.jira.comments(article.issue);
        let found: Vec<&Comment> = comments.iter().filter(|comment| says(comment, &article.word)).collect();
        let right = match (article.is_deleted, found.as_slice()) {
            (true, []) => true,
            (false, [comment]) => {
                let may = words.may_be_read(&article.word, &env.site.jira.state().issues[&article.issue].project);
                let is_internal = article.is_internal && !comment.jsd_public;
                let is_public = comment.jsd_public == may || (!comment.jsd_public && !article.is_after_allowing);
                is_internal || (!article.is_internal && is_public)
            }
            _ => false,
        };
        if !right {
            let shown: Vec<bool> = found.iter().map(|comment| comment.jsd_public).collect();
            faults.push(format!("{article:?}: public {shown:?}"));
        }
    }
    let tickets: BTreeSet<u64> = env.site.zammad.tickets().iter().map(|ticket| ticket.id).collect();
    let notes: Vec<_> = tickets.iter().flat_map(|ticket| env.site.zammad.articles(*ticket)).collect();
    for heard in &words.heard {
        let found: Vec<_> = notes.iter().filter(|note| note.body.contains(&heard.word)).collect();
        let right = found.iter().all(|note| note.internal && heard.is_marked(&note.body))
            && (found.len() == 1 || (heard.is_replaced && found.is_empty()));
        if !right {
            let found: Vec<_> = found.iter().map(|note| (note.ticket_id, note.internal, note.body.clone())).collect();
            faults.push(format!("{heard:?}: {found:?}"));
        }
    }
    faults
}

#[tokio::test(flavor = "multi_thread")]
async fn no_customer_reads_an_internal_word_in_a_storm_on_service_projects() {
    let seed = std::env::var("STORM_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_261_128);
    let mut random = Random(seed);
    let mut env = env().await;
    let mut places = env.places().await;
    let mut words = Words::new(DESK);
    let groups = env.site.sample.groups.iter().map(|(id, _)| *id).collect();
    let reach = Reach { groups, projects: &[DESK, HELP, "SUP"] };
    let mut outages = Outages { kinds: &Outage::ALL, edits: EDITS, reach, now: None };
    let mut seen = 0;
    for number in 0..EDITS {
        outages.pass(&env, number).await;
        if number == ALLOWED {
            assert_eq!(wrongly_shown(&env, &words, &places, seen), Vec::<String>::new());
            words.allow();
            env.settings(|value| value["serviceProjects"] = json!({ "publicComments": [DESK] })).await;
        }
        if number == MOVED {
            let account = &env.site.sample.engineers[0].account_id;
            for place in places.iter_mut().filter(|place| place.key.starts_with("SUP-")) {
                place.key = env.site.jira.move_issue(account, &place.key, HELP).unwrap();
            }
        }
        let only_jira = outages.now == Some(Outage::Maintenance);
        act(&env, &mut random, &mut words, &mut places, (number, only_jira)).await;
        env.fail_briefly(number).await;
        let from = std::mem::replace(&mut seen, env.site.jira.shown_to_customers().len());
        assert_eq!(
            wrongly_shown(&env, &words, &places, from),
            Vec::<String>::new(),
            "after {number} edits, {:?}",
            outages.now
        );
    }
    assert_eq!(outages.now, None);
    clear_faults(&env).await;
    // New settings begin a new round of the daily comparison.
    env.settings(|value| value["attachments"]["maxBytes"] = json!(21)).await;
    let looking = async {
        while !wrong_at_the_end(&env, &words).is_empty() {
            // In place of the minutes after which Forge lets a message be sent again.
            env.retry().await;
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    };
    let _ = tokio::time::timeout(LONG, looking).await;
    let state = format!("{} {}", env.readiness().await.1["queue"], env.troubles().await);
    assert_eq!(wrong_at_the_end(&env, &words), Vec::<String>::new(), "{state}");
    assert_eq!(wrongly_shown(&env, &words, &places, 0), Vec::<String>::new());
    assert!(words.articles.iter().any(|article| is_public_comment(&env, article)), "something is public");

    // The end of a ticket is nothing for customers.
    for place in places.iter().filter(|place| !place.key.starts_with("SUP-")).take(3) {
        env.site.zammad.state().delete_ticket(place.ticket);
    }
    let gone: Vec<Place> =
        places.iter().filter(|place| env.site.zammad.ticket(place.ticket).is_none()).cloned().collect();
    eventually_async("the links to end", || async {
        let stored = env.site.emulator.stored(&env.site.install_id).await.unwrap().to_string();
        gone.iter().all(|place| !stored.contains(&format!("\"link:t:{}\"", place.ticket)))
    })
    .await;
    assert_eq!(wrongly_shown(&env, &words, &places, 0), Vec::<String>::new());
    assert!(env.violations().await.is_empty());
}

/// Whether a comment has the word, and is not about a file that is named after it.
fn says(comment: &Comment, word: &str) -> bool {
    let text = text_of(&comment.body);
    text.contains(word) && !text.starts_with("File ")
}

fn is_public_comment(env: &LinkedSite, article: &Article) -> bool {
    let comments = env.site.jira.comments(article.issue);
    comments.iter().any(|comment| comment.jsd_public && says(comment, &article.word))
}

/// The check above finds what it looks for.
#[tokio::test(flavor = "multi_thread")]
async fn a_shown_internal_word_and_a_shown_note_are_found() {
    let env = env().await;
    let mut words = Words::new(DESK);
    let issue =
        json!({ "fields": { "project": { "key": DESK }, "issuetype": { "id": "10001" }, "summary": "A request" } });
    let made = env.jira("POST", "issue", &issue).await;
    let (key, id) = (made["key"].as_str().unwrap(), made["id"].as_str().unwrap().parse().unwrap());
    let places = [Place { ticket: env.ticket, issue: id, key: key.to_owned() }];
    env.site.jira.reply(CUSTOMER, key, "W1x").unwrap();
    assert_eq!(wrongly_shown(&env, &words, &places, 0).len(), 2, "in the list and on the portal");
    words.heard.push(Heard {
        word: "W1x".into(),
        kind: Kind::Customer,
        comment: None,
        key: key.into(),
        is_replaced: false,
    });
    assert!(wrongly_shown(&env, &words, &places, 0).is_empty());
    env.comment(key, "Article #7 is no longer shown here.", json!({})).await;
    assert_eq!(wrongly_shown(&env, &words, &places, 0).len(), 2);
}
