//! The words of a storm on service projects: each edit writes one that is nowhere else, and it is known who may read it.

use std::collections::BTreeSet;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::support::LinkedSite;
use crate::support::random::Random;

/// A link.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) ticket: u64,
    pub(super) issue: u64,
    pub(super) key: String,
}

/// An article that an agent wrote.
#[derive(Clone, Debug)]
pub(super) struct Article {
    pub(super) issue: u64,
    id: u64,
    /// The word in it now.
    pub(super) word: String,
    pub(super) is_internal: bool,
    /// It has been public from the moment on at which this was allowed in the project.
    pub(super) is_after_allowing: bool,
    pub(super) is_deleted: bool,
}

/// Who wrote a comment in Jira, and for whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// An engineer for agents.
    Internal,
    /// An engineer for the customer.
    Public,
    /// The customer.
    Customer,
}

/// A comment that somebody wrote in Jira.
#[derive(Clone, Debug)]
pub(super) struct Heard {
    pub(super) word: String,
    pub(super) kind: Kind,
    pub(super) comment: Option<String>,
    pub(super) key: String,
    /// Edited since: it may have been read with the next word only.
    pub(super) is_replaced: bool,
}

impl Heard {
    /// Whether its note in Zammad says who can read it in Jira.
    pub(super) fn is_marked(&self, note: &str) -> bool {
        match self.kind {
            Kind::Internal => !note.contains("portal"),
            Kind::Public => note.contains("public in the portal"),
            Kind::Customer => note.contains("customer's reply in the portal") || note.contains("customer&#39;s reply"),
        }
    }
}

/// All words so far.
pub(super) struct Words {
    /// The project in which public articles become public comments, if that is allowed.
    project: &'static str,
    is_allowed: bool,
    pub(super) articles: Vec<Article>,
    /// Words of articles that were public for some time.
    once_public: Vec<String>,
    pub(super) heard: Vec<Heard>,
    /// Issues that share a ticket since a merge. Whether every edit around a merge arrives is not checked: one in the seconds in
    /// which a comment is on its way may miss it.
    pub(super) sharing: BTreeSet<u64>,
}

impl Words {
    pub(super) const fn new(project: &'static str) -> Self {
        Self {
            project,
            is_allowed: false,
            articles: Vec::new(),
            once_public: Vec::new(),
            heard: Vec::new(),
            sharing: BTreeSet::new(),
        }
    }

    pub(super) fn of(number: usize) -> String {
        format!("W{number}x")
    }

    pub(super) const fn allow(&mut self) {
        self.is_allowed = true;
    }

    /// Whether public articles become public comments in this project.
    pub(super) fn are_shown(&self, project: &str) -> bool {
        self.is_allowed && project == self.project
    }

    /// Whether a customer of the project may read the word, or could have read it before.
    pub(super) fn may_be_read(&self, word: &str, project: &str) -> bool {
        let of_people = self.heard.iter().any(|heard| heard.word == word && heard.kind != Kind::Internal);
        let of_public_article = self.are_shown(project) && self.once_public.iter().any(|one| one == word);
        of_people || of_public_article
    }

    pub(super) async fn write(
        &mut self,
        env: &LinkedSite,
        random: &mut Random,
        at: &Place,
        word: String,
        internal: bool,
    ) {
        let mut article = json!({ "ticket_id": at.ticket, "body": format!("<p>{word}</p>"), "internal": internal,
            "content_type": "text/html" });
        if random.below(3) == 0 {
            // Longer than the limit, or shorter.
            let data = STANDARD.encode("x".repeat(10 + 20 * random.below(2)) + &word);
            article["attachments"] =
                json!([{ "filename": format!("{word}.txt"), "mime-type": "text/plain", "data": data }]);
        }
        if !internal {
            self.once_public.push(word.clone());
        }
        let made = env.zammad("POST", "ticket_articles", &article).await;
        let id = made["id"].as_u64().unwrap_or_else(|| panic!("{made}"));
        let is_after_allowing = self.is_allowed;
        self.articles.push(Article {
            issue: at.issue,
            id,
            word,
            is_internal: internal,
            is_after_allowing,
            is_deleted: false,
        });
    }

    fn may_change(&self, at: usize) -> bool {
        !self.articles[at].is_deleted && !self.sharing.contains(&self.articles[at].issue)
    }

    /// An article that may be changed, of these.
    fn pick(&self, random: &mut Random, of: impl Fn(&Article) -> bool) -> Option<usize> {
        let found: Vec<usize> =
            (0..self.articles.len()).filter(|at| self.may_change(*at) && of(&self.articles[*at])).collect();
        (!found.is_empty()).then(|| found[random.below(found.len())])
    }

    /// A public article becomes internal and gets another text.
    pub(super) async fn turn_internal(&mut self, env: &LinkedSite, random: &mut Random, word: String) {
        let Some(at) = self.pick(random, |article| !article.is_internal) else { return };
        set_internal(env, self.articles[at].id, true).await;
        set_text(env, self.articles[at].id, &word);
        (self.articles[at].is_internal, self.articles[at].word) = (true, word);
    }

    /// An internal article becomes public.
    pub(super) async fn turn_public(&mut self, env: &LinkedSite, random: &mut Random) {
        let Some(at) = self.pick(random, |article| article.is_internal) else { return };
        self.once_public.push(self.articles[at].word.clone());
        set_internal(env, self.articles[at].id, false).await;
        (self.articles[at].is_internal, self.articles[at].is_after_allowing) = (false, self.is_allowed);
    }

    pub(super) async fn edit_internal(&mut self, env: &LinkedSite, random: &mut Random, word: String) {
        let Some(at) = self.pick(random, |article| article.is_internal) else { return };
        set_text(env, self.articles[at].id, &word);
        self.articles[at].word = word;
    }

    pub(super) async fn delete(&mut self, env: &LinkedSite, random: &mut Random) {
        let Some(at) = self.pick(random, |_| true) else { return };
        let deleted = env.zammad("DELETE", &format!("ticket_articles/{}", self.articles[at].id), &Value::Null).await;
        assert_eq!(deleted, json!({}));
        self.articles[at].is_deleted = true;
    }

    /// An engineer writes a comment.
    pub(super) async fn comment(&mut self, env: &LinkedSite, at: &Place, word: String, kind: Kind) {
        let internal = json!({ "properties": [{ "key": "sd.public.comment", "value": { "internal": true } }] });
        let more = if kind == Kind::Internal { internal } else { json!({}) };
        self.heard.push(Heard { word: word.clone(), kind, comment: None, key: at.key.clone(), is_replaced: false });
        let id = env.comment(&at.key, &word, more).await;
        if let Some(last) = self.heard.last_mut() {
            last.comment = Some(id);
        }
    }

    /// An engineer edits a comment; who can read it stays.
    pub(super) async fn edit_comment(&mut self, env: &LinkedSite, random: &mut Random, word: String) {
        let found: Vec<usize> = (0..self.heard.len())
            .filter(|at| self.heard[*at].comment.is_some() && !self.heard[*at].is_replaced)
            .collect();
        if found.is_empty() {
            return;
        }
        let before = &mut self.heard[found[random.below(found.len())]];
        before.is_replaced = true;
        let after = Heard { word: word.clone(), is_replaced: false, ..before.clone() };
        self.heard.push(after.clone());
        let document = json!({ "type": "doc", "version": 1, "content": [{ "type": "paragraph", "content": [{ "type": "text", "text": word }] }] });
        let path = format!("issue/{}/comment/{}", after.key, after.comment.unwrap_or_default());
        let edited = env.jira("PUT", &path, &json!({ "body": document })).await;
        assert!(edited["id"].is_string(), "{edited}");
    }

    /// The customer wrote on the portal.
    pub(super) fn replied(&mut self, at: &Place, word: String) {
        let kind = Kind::Customer;
        self.heard.push(Heard { word, kind, comment: None, key: at.key.clone(), is_replaced: false });
    }
}

async fn set_internal(env: &LinkedSite, article: u64, internal: bool) {
    let changed = env.zammad("PUT", &format!("ticket_articles/{article}"), &json!({ "internal": internal })).await;
    assert_eq!(changed["internal"], internal, "{changed}");
}

/// As an administrator does it on the server: Zammad's API changes no text, and nobody is told.
fn set_text(env: &LinkedSite, article: u64, word: &str) {
    env.site.zammad.state().articles.get_mut(&article).unwrap().body = format!("<p>{word}</p>");
}

/// All words in a text.
pub(super) fn words_in(text: &str) -> Vec<String> {
    let of = |part: &str| {
        let digits = part.split_once('x')?.0;
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| format!("W{digits}x"))
    };
    text.split('W').skip(1).filter_map(of).collect()
}

#[test]
fn words_are_found_in_any_text() {
    assert_eq!(words_in("a W1x, W23x.txt We Wx W7"), ["W1x", "W23x"]);
}
