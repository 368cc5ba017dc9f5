use serde_json::{Value, json};

use super::*;

const ALL: CommentPolicy = CommentPolicy::All;

/// An article that is a public note, with these changes.
fn article(changes: Value) -> Article {
    let mut article = crate::support::article(10, 7, "text");
    article["internal"] = false.into();
    article.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    serde_json::from_value(article).unwrap()
}

fn public() -> Article {
    article(json!({}))
}

fn internal() -> Article {
    article(json!({ "internal": true }))
}

/// Both policies, the tag and the kind have to allow an article.
#[test]
fn each_policy_can_refuse_an_article() {
    let tagged = |tag: &str| Comments { only_tagged: Some(tag.into()), ..Comments::default() };
    let only = |to_jira| Comments { to_jira, ..Comments::default() };
    let automatic = article(json!({ "preferences": { "is-auto-response": true } }));
    let unreadable = Article::read(json!({ "id": 10, "ticket_id": 7 })).unwrap();
    for (name, settings, operator, article, admitted) in [
        ("a public one", only(ALL), ALL, public(), true),
        ("an internal one", only(ALL), ALL, internal(), true),
        ("public, operator: internal", only(ALL), CommentPolicy::Internal, public(), false),
        ("internal, operator: internal", only(ALL), CommentPolicy::Internal, internal(), true),
        ("public, operator: none", only(ALL), CommentPolicy::None, public(), false),
        ("internal, admin: public", only(CommentPolicy::Public), ALL, internal(), false),
        ("public, admin: public", only(CommentPolicy::Public), ALL, public(), true),
        ("public, admin: none", only(CommentPolicy::None), ALL, public(), false),
        ("the admin cannot widen", only(ALL), CommentPolicy::Public, internal(), false),
        ("with the tag, in other letters", tagged("JIRA"), ALL, public(), true),
        ("without the tag", tagged("billing"), ALL, public(), false),
        ("an automatic one", only(ALL), ALL, automatic, false),
        ("one that cannot be read", only(ALL), ALL, unreadable, false),
    ] {
        let tags = BTreeSet::from(["jira".to_owned()]);
        let admission = Admission { settings: &settings, operator, tags: &tags };
        assert_eq!(admission.admits(&article), admitted, "{name}");
    }
}

#[test]
fn only_an_encrypted_mail_is_a_notice_by_default() {
    let (settings, tags) = (Comments::default(), BTreeSet::new());
    let admission = Admission { settings: &settings, operator: ALL, tags: &tags };
    let encrypted = article(json!({ "body": "-----BEGIN PGP MESSAGE-----" }));
    assert!(admission.is_notice(&encrypted) && admission.admits(&encrypted));
    assert!(!admission.is_notice(&public()));
}

/// The setting of the history comes on top of the others, and the connector's own notes are no history.
#[test]
fn the_history_has_a_policy_of_its_own() {
    let ours = || article(json!({ "preferences": { "connector": { "command": "c" } } }));
    for (history, to_jira, article, admitted) in [
        (CommentPolicy::Public, ALL, public(), true),
        (CommentPolicy::Public, ALL, internal(), false),
        (ALL, ALL, internal(), true),
        (CommentPolicy::None, ALL, public(), false),
        (ALL, CommentPolicy::Internal, public(), false),
        (ALL, ALL, ours(), false),
    ] {
        let (settings, tags) = (Comments { history, to_jira, ..Comments::default() }, BTreeSet::new());
        let admission = Admission { settings: &settings, operator: ALL, tags: &tags };
        assert_eq!(admission.admits_to_history(&article), admitted, "{history:?} {to_jira:?}");
    }
}
