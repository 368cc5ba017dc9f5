//! Every recorded success of a call that the client makes is read.

use redaction::Sensitive;
use serde_json::{Value, json};
use zammad::{Article, ClientError, Condition, NewArticle, Text, Ticket, TicketChange};

use crate::replay::{Replay, TOKEN};
use crate::{Exchange, Response, VERSIONS, exchanges};

/// A recorded answer as parsed by the client.
#[derive(Debug)]
pub(crate) enum Read {
    Ticket(Box<Ticket>),
    Articles(Vec<Article>),
    Other,
}

pub(crate) fn note(ticket_id: u64) -> NewArticle {
    NewArticle {
        ticket_id,
        subject: None,
        html: Sensitive::new("<p>canary</p>".to_owned()),
        internal: true,
        attachments: Vec::new(),
        mark: json!({ "command": "01JC0000000000000000000000", "comment": "10010" }),
    }
}

/// Makes the call of a recorded exchange, if it is one of the client's.
pub(crate) async fn call(replay: &Replay, exchange: &Exchange) -> Option<Result<Read, ClientError>> {
    let (path, query) = exchange.request.path.split_once('?').unwrap_or((&exchange.request.path, ""));
    let parts: Vec<&str> = path.strip_prefix("/api/v1/")?.split('/').collect();
    let id = |text: &str| text.parse::<u64>().ok();
    let client = &replay.client;
    let failed = exchange.response.status >= 400;
    let result = match (exchange.request.method.as_str(), parts.as_slice()) {
        // Without expand the answer is another one; its errors are the same.
        ("GET", ["tickets", ticket]) if query == "expand=true" || failed => {
            client.ticket(id(ticket)?).await.map(|ticket| Read::Ticket(Box::new(ticket)))
        }
        // Only the names of keys are different without expand; a full answer is another object.
        ("PUT", ["tickets", ticket]) if query != "full=true" => {
            let change = TicketChange::default().title("canary".to_owned().into());
            client.update_ticket(id(ticket)?, &change).await.map(|ticket| Read::Ticket(Box::new(ticket)))
        }
        ("GET", ["ticket_articles", "by_ticket", ticket]) => {
            let mut articles = Vec::new();
            let read = client.each_article(id(ticket)?, &mut |article| articles.push(article)).await;
            read.map(|()| Read::Articles(articles))
        }
        ("GET", ["ticket_articles", article]) => {
            client.article(id(article)?).await.map(|article| Read::Articles(vec![article]))
        }
        ("POST", ["ticket_articles"]) => {
            client.create_article(&note(7)).await.map(|article| Read::Articles(vec![article]))
        }
        // The probe reduced the lists that were found; their errors are whole.
        ("POST", ["tickets", "search"]) if failed => {
            let condition = Condition::ticket_field_is("number", &Text::new("1").unwrap());
            client.search_tickets(&condition, 1, 50).await.map(|_| Read::Other)
        }
        ("GET", ["tags"]) => client.tags(7).await.map(|_| Read::Other),
        ("POST", ["tags", "add"]) => client.add_tag(7, &"canary".to_owned().into()).await.map(|()| Read::Other),
        ("DELETE", ["tags", "remove"]) => client.remove_tag(7, &"canary".to_owned().into()).await.map(|()| Read::Other),
        // Pages of them were reduced to a few keys, and full answers are other objects.
        ("GET", ["ticket_states"]) if query.is_empty() || query == "expand=true" => {
            client.ticket_states().await.map(|_| Read::Other)
        }
        ("GET", ["ticket_priorities"]) if query.is_empty() || query == "expand=true" => {
            client.ticket_priorities().await.map(|_| Read::Other)
        }
        ("GET", ["groups"]) if query.is_empty() || query == "expand=true" => client.groups().await.map(|_| Read::Other),
        ("GET", ["users", "search"]) if query.contains("permissions=ticket.agent") => {
            client.agents(&Text::new("Probe").unwrap()).await.map(|_| Read::Other)
        }
        // The probe reduced the users of some scenarios to a few keys.
        ("GET", ["users", "me"]) if failed || exchange.response.body.get("email").is_some() => {
            client.me().await.map(|_| Read::Other)
        }
        ("GET", ["version"]) => client.version().await.map(|_| Read::Other),
        ("GET", ["available"]) => client.available().await.map(|_| Read::Other),
        ("GET", ["ticket_attachment", ticket, article, file]) => {
            client.attachment(id(ticket)?, id(article)?, id(file)?, 10_000).await.map(|_| Read::Other)
        }
        _ => return None,
    };
    Some(result)
}

#[tokio::test]
async fn every_recorded_success_is_read() {
    let replay = Replay::start().await;
    for version in VERSIONS {
        let (mut tickets, mut articles, mut others) = (0, 0, 0);
        for exchange in exchanges(version).into_iter().filter(|one| one.response.status < 300) {
            replay.will_answer(exchange.response.clone());
            let Some(read) = call(&replay, &exchange).await else { continue };
            let read = read.unwrap_or_else(|error| unreachable!("{version} {}: {error}", exchange.step));
            let body = &exchange.response.body;
            match read {
                Read::Ticket(ticket) => {
                    tickets += 1;
                    same_ticket(&ticket, body);
                }
                Read::Articles(read) => {
                    articles += read.len();
                    let recorded = body.as_array().cloned().unwrap_or_else(|| vec![body.clone()]);
                    assert_eq!(read.len(), recorded.len());
                    read.iter().zip(&recorded).for_each(|(article, body)| same_article(article, body));
                }
                Read::Other => others += 1,
            }
            let asked = replay.asked();
            assert_eq!(asked.method, exchange.request.method);
            let path = |path: &str| path.split('?').next().unwrap().to_owned();
            assert_eq!(path(&asked.path), path(&exchange.request.path), "{}", exchange.step);
            assert_eq!(asked.headers["accept"], "application/json");
            assert_eq!(asked.headers["authorization"], format!("Token token={TOKEN}"));
        }
        // The recordings' own numbers: a call that is no longer driven shows here.
        assert!(tickets >= 40 && articles >= 80 && others >= 35, "{version}: {tickets} {articles} {others}");
    }
}

fn same_ticket(ticket: &Ticket, body: &Value) {
    assert_eq!(body["id"], ticket.id);
    assert_eq!(body["number"], ticket.number.as_str());
    assert_eq!(body["title"], ticket.title.expose().as_str());
    assert_eq!((&body["group"], &body["state"]), (&json!(ticket.group), &json!(ticket.state)));
    assert_eq!(
        json!([body["group_id"], body["state_id"], body["priority_id"], body["owner_id"], body["customer_id"]]),
        json!([ticket.group_id, ticket.state_id, ticket.priority_id, ticket.owner_id, ticket.customer_id])
    );
    assert_eq!(json!([body["updated_by_id"], body["article_ids"]]), json!([ticket.updated_by_id, ticket.article_ids]));
    assert_eq!(body["pending_time"], json!(ticket.pending_time));
    assert_eq!(json!([body["created_at"], body["updated_at"]]), json!([ticket.created_at, ticket.updated_at]));
}

fn same_article(article: &Article, body: &Value) {
    assert_eq!(json!([body["id"], body["ticket_id"]]), json!([article.id, article.ticket_id]));
    assert_eq!(json!([body["type"], body["sender"]]), json!([article.type_name, article.sender]));
    assert_eq!(body["body"], article.body.expose().as_str());
    assert_eq!(body["subject"], json!(article.subject.as_ref().map(Sensitive::expose)));
    assert_eq!(body["from"], json!(article.from.as_ref().map(Sensitive::expose)));
    assert_eq!(json!([body["content_type"], body["internal"]]), json!([article.content_type, article.internal]));
    assert_eq!(body["created_by_id"], article.created_by_id);
    assert_eq!(&body["preferences"], article.preferences.expose());
    let files: Vec<Value> = article
        .attachments
        .iter()
        .map(|file| {
            let inline = file.is_inline().then_some("inline");
            json!([
                file.id,
                file.store_file_id,
                file.filename.expose(),
                file.size.unwrap().to_string(),
                file.mime_type(),
                inline
            ])
        })
        .collect();
    let recorded = body["attachments"].as_array().unwrap().iter();
    let kinds = |file: &Value| {
        let kept = &file["preferences"];
        let kind = if kept["Mime-Type"].is_string() { &kept["Mime-Type"] } else { &kept["Content-Type"] };
        let name = json!([file["id"], file["store_file_id"], file["filename"], file["size"]]);
        let mut all = name.as_array().unwrap().clone();
        all.extend([kind.clone(), kept["Content-Disposition"].clone()]);
        Value::from(all)
    };
    assert_eq!(files, recorded.map(kinds).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_page_of_found_tickets_is_read() {
    let replay = Replay::start().await;
    for version in VERSIONS {
        let expanded = exchanges(version).into_iter().filter(|one| {
            one.request.method == "GET"
                && one.request.path.ends_with("?expand=true")
                && one.response.body["number"].is_string()
        });
        let page: Vec<Value> = expanded.map(|one| one.response.body).collect();
        assert!(page.len() >= 5);
        replay.will_answer(Response::of(200, Value::from(page.clone())));
        let condition = Condition::updated_after(&Text::new("2025-01-22T10:46:58.255Z").unwrap());
        let found = replay.client.search_tickets(&condition, 0, 9_999).await.unwrap();
        found.iter().zip(&page).for_each(|(ticket, body)| same_ticket(ticket, body));
        assert_eq!(found.len(), page.len());
        let asked: Value = serde_json::from_slice(&replay.asked().body).unwrap();
        assert_eq!(json!([asked["page"], asked["per_page"], asked["expand"]]), json!([1, 200, true]));
        let part =
            json!({ "name": "ticket.updated_at", "operator": "after (absolute)", "value": "2025-01-22T10:46:58.255Z" });
        assert_eq!(asked["condition"]["conditions"], json!([part]));
    }
}

#[tokio::test]
async fn a_note_is_internal_html_with_our_mark() {
    let replay = Replay::start().await;
    let recorded = exchanges("6.5");
    let stored =
        recorded.iter().find(|one| one.request.path == "/api/v1/ticket_articles" && one.response.status == 201);
    let mut body = stored.unwrap().response.body.clone();
    let mark = note(7).mark;
    body["preferences"] = json!({ "connector": mark });
    replay.will_answer(Response::of(201, body));
    let article = replay.client.create_article(&note(7)).await.unwrap();
    assert_eq!(article.mark(), Some(&mark));
    let asked: Value = serde_json::from_slice(&replay.asked().body).unwrap();
    assert_eq!(
        json!([asked["ticket_id"], asked["internal"], asked["type"], asked["content_type"], asked["body"]]),
        json!([7, true, "note", "text/html", "<p>canary</p>"])
    );
    assert_eq!(asked["preferences"]["connector"], mark);
}

#[tokio::test]
async fn what_people_wrote_is_not_printed() {
    let replay = Replay::start().await;
    let mut shown = format!("{:?}", note(7));
    for exchange in exchanges("6.5").into_iter().filter(|one| one.response.status < 300) {
        let mut response = exchange.response.clone();
        let objects = match &mut response.body {
            Value::Array(list) => list.iter_mut().collect(),
            body => vec![body],
        };
        for object in objects.into_iter().filter_map(Value::as_object_mut) {
            for key in [
                "title",
                "body",
                "subject",
                "from",
                "to",
                "cc",
                "owner",
                "customer",
                "created_by",
                "login",
                "email",
                "firstname",
                "lastname",
            ] {
                if object.contains_key(key) {
                    object.insert(key.to_owned(), Value::from("canary"));
                }
            }
            for file in object.get_mut("attachments").and_then(Value::as_array_mut).into_iter().flatten() {
                file["filename"] = Value::from("canary.txt");
            }
        }
        replay.will_answer(response);
        if let Some(read) = call(&replay, &exchange).await {
            shown += &format!("{read:?}");
        }
    }
    assert!(shown.contains("article_ids") && shown.contains("filename"), "something was printed");
    assert!(!shown.contains("canary"));
}
