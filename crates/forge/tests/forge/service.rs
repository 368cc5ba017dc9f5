//! Service projects (Jira Service Management): no comment of the connector is public by accident, and the visibility of a
//! user's comment is known.

use schema::{
    ArticleContent, ArticleRemoved, CommandBody, CommentRef, Erasure, FileRef, IssueCreate, Message, MessageBody,
    ServiceVisibility, TicketGone,
};
use serde_json::{Value, json};

use crate::support::{A, TestEnv, about, apply, golden, linked, message, opened, request, run, send, set_settings};

/// Links ticket 42 and PROJ-7, an issue of a service project.
fn service_desk(settings: Value) -> (TestEnv, envelope::Secret) {
    let (env, secret) = linked();
    env.jira.service_projects.borrow_mut().insert("PROJ".into());
    set_settings(&env, settings);
    (env, secret)
}

fn document(text: &str) -> Value {
    json!({ "type": "doc", "version": 1, "content": [{ "type": "paragraph", "content": [{ "type": "text", "text": text }] }] })
}

fn article(internal: bool, text: &str) -> ArticleContent {
    let MessageBody::ArticleAdded(article) = golden("article.added") else { panic!() };
    ArticleContent {
        internal,
        document: Some(document(text)),
        notice: false,
        comments: vec![],
        files: vec![],
        ..article
    }
}

fn added(number: u128, internal: bool, text: &str) -> Message {
    about(number, 42, MessageBody::ArticleAdded(article(internal, text)))
}

fn changed(number: u128, comment: &str, internal: bool, text: &str) -> Message {
    let comments = vec![CommentRef { issue_id: "10007".into(), comment_id: comment.into() }];
    about(number, 42, MessageBody::ArticleChanged(ArticleContent { comments, ..article(internal, text) }))
}

fn comment_id(env: &TestEnv) -> String {
    env.jira.comments.borrow().last().unwrap()["id"].as_str().unwrap().to_owned()
}

fn shown(env: &TestEnv) -> Vec<String> {
    env.jira.shown_to_customers.borrow().clone()
}

#[test]
fn every_comment_is_internal_by_default() {
    let (env, secret) = service_desk(json!({}));
    apply(&env, &secret, 2, added(2, true, "margin is 40 %"));
    apply(&env, &secret, 3, added(3, false, "to the customer"));
    let public = comment_id(&env);
    apply(&env, &secret, 4, changed(4, &public, false, "edited"));
    apply(&env, &secret, 5, message(5, 42, "attachment.added"));
    let comments = vec![CommentRef { issue_id: "10007".into(), comment_id: public }];
    let removed = ArticleRemoved { article_id: 317, comments, files: vec![], delete: false };
    apply(&env, &secret, 6, about(6, 42, MessageBody::ArticleRemoved(removed)));
    apply(&env, &secret, 7, message(7, 42, "ticket.merged"));
    let gone =
        TicketGone { reason: "deleted".into(), erase: Erasure::Keep, comments: vec![], files: vec![], more: false };
    apply(&env, &secret, 8, about(8, 43, MessageBody::TicketGone(gone)));
    assert_eq!(env.jira.comments.borrow().len(), 5, "two articles, a placeholder, the merge and the end");
    assert!(shown(&env).is_empty(), "{:?}", shown(&env));
}

/// Customers see the description of an issue, and the ticket's text so far may have internal articles in it.
#[test]
fn text_of_a_new_issue_is_an_internal_comment() {
    for allowed in [json!({}), json!({ "serviceProjects": { "publicComments": ["PROJ"] } })] {
        let (env, secret) = service_desk(allowed);
        let MessageBody::IssueCreate(request) = golden("issue.create") else { panic!() };
        let request = IssueCreate { project: "PROJ".into(), description: Some(document("margin is 40 %")), ..request };
        let answer = apply(&env, &secret, 2, about(2, 44, MessageBody::IssueCreate(request))).data.unwrap();
        let issues = env.jira.issues.borrow();
        let fields = &issues[answer["issueId"].as_str().unwrap()]["fields"];
        assert!(fields["description"].is_null(), "{fields}");
        let comments = env.jira.comments.borrow();
        assert!(comments.iter().any(|comment| comment["body"].to_string().contains("margin is 40 %")));
        assert!(shown(&env).is_empty(), "{:?}", shown(&env));
    }
}

#[test]
fn public_article_is_public_where_an_admin_has_allowed_it() {
    let (env, secret) = service_desk(json!({ "serviceProjects": { "publicComments": ["PROJ"] } }));
    apply(&env, &secret, 2, added(2, true, "margin is 40 %"));
    assert!(shown(&env).is_empty());
    apply(&env, &secret, 3, added(3, false, "to the customer"));
    assert!(shown(&env).len() == 1 && shown(&env)[0].contains("to the customer"));
    let mut notice = article(false, "");
    notice.document = None;
    apply(&env, &secret, 4, about(4, 42, MessageBody::ArticleAdded(notice)));
    apply(&env, &secret, 5, message(5, 42, "attachment.added"));
    let encrypted = ArticleContent { notice: true, ..article(false, "This mail is protected") };
    apply(&env, &secret, 7, about(7, 42, MessageBody::ArticleAdded(encrypted.clone())));
    let comments = vec![CommentRef { issue_id: "10007".into(), comment_id: comment_id(&env) }];
    apply(&env, &secret, 8, about(8, 42, MessageBody::ArticleChanged(ArticleContent { comments, ..encrypted })));
    assert_eq!(shown(&env).len(), 1, "neither notices of public articles nor the placeholder of a file");
    // The issue has moved to a project that is not allowed, and the event of the move has not arrived.
    env.jira.issues.borrow_mut().get_mut("10007").unwrap()["key"] = json!("DESK-1");
    env.jira.service_projects.borrow_mut().insert("DESK".into());
    apply(&env, &secret, 6, added(6, false, "to the customer"));
    assert_eq!(shown(&env).len(), 1);
}

#[test]
fn article_that_becomes_internal_is_hidden_before_its_text_changes() {
    let (env, secret) = service_desk(json!({ "serviceProjects": { "publicComments": ["PROJ"] } }));
    apply(&env, &secret, 2, added(2, false, "to the customer"));
    let id = comment_id(&env);
    env.jira.calls.borrow_mut().clear();
    apply(&env, &secret, 3, changed(3, &id, true, "margin is 40 %"));
    let calls: Vec<String> =
        env.jira.calls.borrow().iter().map(|call| [call.method, call.strings[0]].join(" ")).collect();
    assert_eq!(calls, ["GET /rest/api/3/issue/", "PUT /rest/api/3/comment/", "PUT /rest/api/3/issue/"]);
    assert_eq!(shown(&env).len(), 1, "the customer has seen the first text only");
    let properties = env.jira.comments.borrow()[0]["properties"].clone();
    assert_eq!(properties.as_array().unwrap().len(), 2, "the mark stays: {properties}");
    // The other way round the comment is public together with its new text.
    apply(&env, &secret, 4, changed(4, &id, false, "solved"));
    assert!(shown(&env).len() == 2 && shown(&env)[1].contains("solved"));
}

#[test]
fn comment_that_cannot_be_hidden_keeps_its_text() {
    let (env, secret) = service_desk(json!({ "serviceProjects": { "publicComments": ["PROJ"] } }));
    apply(&env, &secret, 2, added(2, false, "to the customer"));
    let id = comment_id(&env);
    *env.jira.fault.borrow_mut() = Some(("PUT /rest/api/3/comment/".into(), 503));
    let result = apply(&env, &secret, 3, changed(3, &id, true, "margin is 40 %"));
    assert_eq!(result.code.as_deref(), Some("jira-unavailable"));
    assert!(!env.jira.comments.borrow()[0]["body"].to_string().contains("margin"));
}

#[test]
fn comment_of_a_service_project_has_its_visibility() {
    let visibility = |service: bool, public: bool, account_type: &str| {
        let (env, secret) = linked();
        if service {
            env.jira.service_projects.borrow_mut().insert("PROJ".into());
        }
        env.jira.comments.borrow_mut().push(json!({
            "id": "30001", "issueId": "10007", "created": "c", "updated": "c", "body": {},
            "author": { "accountId": "acc-1", "accountType": account_type },
            "properties": [{ "key": "sd.public.comment", "value": { "internal": !public } }],
        }));
        let event = json!({ "eventType": "avi:jira:commented:issue", "issue": { "id": "10007" }, "comment": { "id": "30001" } });
        run(forge::jira_event(&env.platform(A), &event)).unwrap();
        let commands = opened(&send(&env, &secret, 2, &request(A, vec![])), &secret, 2).commands;
        let CommandBody::CommentAdded(content) = &commands[0].body else { panic!() };
        content.service.clone()
    };
    let expected = |public, by_customer| Some(ServiceVisibility { public, by_customer });
    assert_eq!(visibility(true, true, "customer"), expected(true, true));
    assert_eq!(visibility(true, false, "atlassian"), expected(false, false));
    assert_eq!(visibility(false, true, "atlassian"), None);
}

/// The article has become internal, after its file was added to an issue of a service project and to another.
#[test]
fn the_files_of_an_article_that_became_internal_are_deleted_in_service_projects() {
    for (is_service, left) in [(true, 0), (false, 1)] {
        let (env, secret) = if is_service {
            service_desk(json!({ "serviceProjects": { "publicComments": ["PROJ"] } }))
        } else {
            linked()
        };
        apply(&env, &secret, 2, added(2, false, "to the customer"));
        let comment = comment_id(&env);
        let file = apply(&env, &secret, 3, crate::files::file(3, 3, "AAAA")).data.unwrap()["files"][0].clone();
        let file: FileRef = serde_json::from_value(file).unwrap();
        assert_eq!(env.jira.files.borrow().iter().filter(|file| file["issue"] == "10007").count(), 1);
        let mut message = changed(4, &comment, true, "to the customer");
        let MessageBody::ArticleChanged(article) = &mut message.body else { panic!() };
        article.files = vec![file];
        assert_eq!(apply(&env, &secret, 4, message).code, None);
        assert_eq!(
            env.jira.files.borrow().iter().filter(|file| file["issue"] == "10007").count(),
            left,
            "service project: {is_service}"
        );
    }
}

/// The portal shows every attachment of an issue to the customer.
#[test]
fn file_that_customers_may_not_see_is_not_attached() {
    let add = |env: &TestEnv, secret: &envelope::Secret, nonce: u8, internal: bool| {
        let mut message = crate::files::file(u128::from(nonce), u64::from(nonce), "AAAA");
        let MessageBody::AttachmentAdded(file) = &mut message.body else { panic!() };
        (file.internal, file.name) = (internal, format!("margins-{nonce}.csv"));
        apply(env, secret, nonce, message).data.unwrap()
    };
    let refused = json!({ "files": [], "refused": "internal", "at": crate::support::NOW });
    let listed = json!({ "serviceProjects": { "publicComments": ["PROJ"] } });
    let (env, secret) = service_desk(listed.clone());
    assert_eq!(add(&env, &secret, 2, true), refused);
    let placeholder = env.jira.comments.borrow()[0]["body"].to_string();
    assert!(placeholder.contains("margins-2.csv") && placeholder.contains("it is for agents only"), "{placeholder}");
    assert!(shown(&env).is_empty() && env.jira.uploads.get() == 0);
    assert_eq!(add(&env, &secret, 3, false)["files"].as_array().unwrap().len(), 1);
    // The issue has moved to a service project that is not listed, and the event of the move has not arrived.
    env.jira.set("10007", "project", json!({ "id": "101", "key": "DESK" }));
    env.jira.issues.borrow_mut().get_mut("10007").unwrap()["key"] = json!("DESK-1");
    env.jira.service_projects.borrow_mut().insert("DESK".into());
    assert_eq!(add(&env, &secret, 4, false), refused);
    let (env, secret) = service_desk(json!({}));
    assert_eq!((add(&env, &secret, 2, false), env.jira.uploads.get()), (refused, 0), "no project is listed");
    let (env, secret) = linked();
    assert_eq!(add(&env, &secret, 2, true)["files"].as_array().unwrap().len(), 1, "another kind of project");
}
