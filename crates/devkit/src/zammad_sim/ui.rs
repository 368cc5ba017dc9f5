//! The page for humans: tickets, one ticket, and forms that write as a chosen person through the same code as the API.

use serde_json::{Map, Value, json};

use super::{
    model::{
        entities::{Article, Id, Ticket, User},
        state::State,
    },
    render,
    shared::Shared,
};
use crate::{
    http::{Answer, Inbound},
    page::{escape, options, page},
};

const PRODUCT: &str = "Zammad";
/// Zammad's own addresses of tickets end up at ours; the part after # never reaches a server.
const ZOOM: &str = "var m=/^#ticket\\/zoom\\/(\\d+)/.exec(location.hash);if(m)location.replace('/__ui/tickets/'+m[1]);";

pub(super) fn answer(shared: &Shared, request: &Inbound) -> Answer {
    let segments = request.segments();
    let path: Vec<&str> = segments.iter().map(String::as_str).collect();
    match (request.method.as_str(), path.as_slice()) {
        ("GET" | "HEAD", []) => Answer::html(200, list(&shared.state())),
        ("GET" | "HEAD", ["__ui", "tickets", id]) => {
            let state = shared.state();
            match id.parse().ok().and_then(|id: Id| state.tickets.get(&id)) {
                Some(ticket) => Answer::html(200, zoom(&state, ticket)),
                None => Answer::html(404, page(PRODUCT, "No such ticket", None, "", "<p>There is no such ticket.</p>")),
            }
        }
        ("POST", ["__ui", "tickets", id, "articles"]) => article(shared, request, id),
        ("POST", ["__ui", "tickets", id]) => change(shared, request, id),
        _ => Answer::html(404, page(PRODUCT, "Not found", None, "", "<p>There is no such page.</p>")),
    }
}

/// So many of the newest tickets are listed.
const SHOWN: usize = 200;

fn list(state: &State) -> String {
    let row = |ticket: &Ticket| {
        let text = |row: &Map<String, Value>, name: &str| escape(row.get(name).and_then(Value::as_str).unwrap_or("-"));
        let shown = render::ticket_expanded(state, ticket);
        format!(
            "<tr><td><a href=\"/__ui/tickets/{}\">#{}</a></td><td>{}</td><td><span class=\"tag\">{}</span></td>\
             <td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            ticket.id,
            escape(&ticket.number),
            escape(&ticket.title),
            text(&shown, "state"),
            text(&shown, "priority"),
            text(&shown, "group"),
            text(&shown, "owner"),
            text(&shown, "updated_at"),
        )
    };
    let rows: String = state.tickets.values().rev().take(SHOWN).map(row).collect();
    let body = format!(
        "<h2>Tickets ({})</h2><div class=\"scroll\"><table><thead><tr><th>Number</th><th>Title</th><th>State</th>\
         <th>Priority</th><th>Group</th><th>Owner</th><th>Updated</th></tr></thead><tbody>{rows}</tbody></table></div>",
        state.tickets.len()
    );
    page(PRODUCT, "Tickets", Some(5), ZOOM, &body)
}

fn zoom(state: &State, ticket: &Ticket) -> String {
    let articles: String = state.articles_of(ticket.id).map(|article| shown_article(state, article)).collect();
    let row = render::ticket_expanded(state, ticket);
    let mut facts = vec!["group", "owner", "customer", "priority", "pending_time", "updated_by", "updated_at"];
    facts.extend(state.ticket_attributes.keys().map(String::as_str));
    let facts: String = facts
        .into_iter()
        .map(|name| {
            let value = row.get(name).filter(|value| !value.is_null()).map(super::values::as_text).unwrap_or_default();
            format!("<dt>{}</dt><dd>{}</dd>", escape(name), escape(&value))
        })
        .collect();
    let tags: String = ticket.tags.iter().map(|tag| format!("<span class=\"tag\">{}</span> ", escape(tag))).collect();
    let state_name = state.states.get(&ticket.state_id).map_or("", |state| state.name.as_str());
    let body = format!(
        "<p><a href=\"/\">All tickets</a> · #{} · <span class=\"tag\">{}</span> {tags}</p><h2>{}</h2>\
         <div class=\"columns\"><section>{articles}{}</section><aside><dl>{facts}</dl>{}</aside></div>",
        escape(&ticket.number),
        escape(state_name),
        escape(&ticket.title),
        article_form(state, ticket),
        change_form(state, ticket),
    );
    page(PRODUCT, &format!("#{} {}", ticket.number, ticket.title), None, "", &body)
}

fn shown_article(state: &State, article: &Article) -> String {
    // HTML bodies were cleaned when they were stored; everything else is text.
    let body = if article.content_type == "text/html" {
        format!("<div>{}</div>", article.body)
    } else {
        format!("<pre>{}</pre>", escape(&article.body))
    };
    let files: String = article
        .attachments
        .iter()
        .map(|file| format!(" <span class=\"tag\">{} ({} bytes)</span>", escape(&file.filename), file.data.len()))
        .collect();
    let (class, kind) = if article.internal { (" class=\"inner\"", "internal") } else { ("", "public") };
    format!(
        "<article{class}><header><strong>{}</strong> <span class=\"tag\">{}</span> \
         <span class=\"tag{}\">{kind}</span></header>{body}<footer>#{} · {} · written by {}{files}</footer></article>",
        escape(&article.from),
        render::article_type(article.type_id),
        if article.internal { " warn" } else { "" },
        article.id,
        render::time(article.stamps.created_at),
        escape(state.login(article.stamps.created_by_id)),
    )
}

/// Who may write to a ticket: the group's agents, then its customer.
fn writers<'a>(state: &'a State, ticket: &Ticket) -> Vec<&'a User> {
    let agent = |user: &&User| state.group_access(user.id, ticket.group_id, "change");
    let customer = state.users.get(&ticket.customer_id);
    state.users.values().filter(agent).chain(customer).collect()
}

fn writer_field(state: &State, ticket: &Ticket) -> String {
    let rows = writers(state, ticket).into_iter().map(|user| (user.id.to_string(), user.login.as_str()));
    format!("<label>As <select name=\"as\">{}</select></label>", options(rows, ""))
}

fn article_form(state: &State, ticket: &Ticket) -> String {
    format!(
        "<form method=\"post\" action=\"/__ui/tickets/{}/articles\"><h3>Add an article</h3>{}\
         <label>Text <textarea name=\"body\" rows=\"4\" required></textarea></label>\
         <label class=\"inline\"><input type=\"checkbox\" name=\"internal\" value=\"true\" checked> internal, hidden \
         from the customer</label><br><button>Add</button></form>",
        ticket.id,
        writer_field(state, ticket),
    )
}

fn change_form(state: &State, ticket: &Ticket) -> String {
    let choosable = state.states.values().filter(|row| row.active && row.state_type != "merged");
    let states = options(choosable.map(|row| (row.id.to_string(), row.name.as_str())), &ticket.state_id.to_string());
    let rows = state.priorities.values().map(|row| (row.id.to_string(), row.name.as_str()));
    let priorities = options(rows, &ticket.priority_id.to_string());
    format!(
        "<form method=\"post\" action=\"/__ui/tickets/{}\"><h3>Change</h3>{}\
         <label>Title <input type=\"text\" name=\"title\" value=\"{}\" required></label>\
         <label>State <select name=\"state_id\">{states}</select></label>\
         <label>Priority <select name=\"priority_id\">{priorities}</select></label>\
         <button>Save</button></form>",
        ticket.id,
        writer_field(state, ticket),
        escape(&ticket.title),
    )
}

fn article(shared: &Shared, request: &Inbound, id: &str) -> Answer {
    let form = request.form_values();
    let body = json!({"ticket_id": id, "body": form.get("body"), "content_type": "text/plain",
                      "internal": form.contains_key("internal")});
    write(shared, "POST", "/api/v1/ticket_articles", &form, &body, id)
}

fn change(shared: &Shared, request: &Inbound, id: &str) -> Answer {
    let form = request.form_values();
    let mut body = form.clone();
    body.remove("as");
    // A pending state chosen here needs some time; a day in the far future does.
    body.insert("pending_time".to_owned(), "2099-01-01T00:00:00Z".into());
    let pending =
        shared.state().states.values().any(|row| {
            row.state_type.starts_with("pending") && form.get("state_id") == Some(&row.id.to_string().into())
        });
    if !pending {
        body.remove("pending_time");
    }
    let address = format!("/api/v1/tickets/{id}");
    write(shared, "PUT", &address, &form, &Value::Object(body), id)
}

/// The same request that a client would send, as the chosen person.
fn write(shared: &Shared, method: &str, path: &str, form: &Map<String, Value>, body: &Value, id: &str) -> Answer {
    let user = form.get("as").and_then(super::values::as_id);
    let (answer, _) = shared.call(&Inbound::json(method, path, body), user);
    if answer.status < 300 {
        return Answer::see_other(&format!("/__ui/tickets/{}", id.parse::<Id>().unwrap_or_default()));
    }
    let text = escape(&String::from_utf8_lossy(&answer.body));
    Answer::html(answer.status, page(PRODUCT, "Refused", None, "", &format!("<h2>Refused</h2><pre>{text}</pre>")))
}
