//! The page for people: projects, issues, one issue, and forms that write as a chosen person through the same code as
//! the API. `/browse/KEY` is Jira's own address of an issue.

use serde_json::{Map, Value, json};

use super::{
    adf, embedded,
    embedded::Visitor,
    render,
    shared::Shared,
    site::{Comment, Issue, PRIORITIES, State, Transition},
};
use crate::{
    http::{Answer, Inbound},
    page::{escape, options, page},
};

const PRODUCT: &str = "Jira";

pub(super) fn answer(shared: &Shared, request: &Inbound) -> Answer {
    let segments = request.segments();
    let path: Vec<&str> = segments.iter().map(String::as_str).collect();
    match (request.method.as_str(), path.as_slice()) {
        ("GET" | "HEAD", []) => Answer::html(200, list(&shared.state())),
        ("GET" | "HEAD", ["browse", key]) => {
            let state = shared.state();
            match state.issue(key) {
                Some(issue) => Answer::html(200, browse(&state, issue, &Visitor::of(&state, request))),
                None => Answer::html(404, page(PRODUCT, "No such issue", None, "", "<p>There is no such issue.</p>")),
            }
        }
        ("POST", ["__ui", "visitor"]) => embedded::sign_in(request),
        ("POST", ["__ui", "issues", key, action @ ("comment" | "edit" | "transition")]) => {
            act(shared, request, key, action)
        }
        _ => Answer::html(404, page(PRODUCT, "Not found", None, "", "<p>There is no such page.</p>")),
    }
}

fn list(state: &State) -> String {
    let mut body = String::new();
    for project in state.projects.values() {
        let row = |issue: &Issue| {
            let status = project.workflow.status(issue.status).map_or("", |status| status.name.as_str());
            let person = issue.assignee.as_deref().and_then(|id| state.users.get(id));
            let person = person.map_or("-", |user| user.display_name.as_str());
            let priority = PRIORITIES.iter().find(|(id, _)| *id == issue.priority).map_or("", |(_, name)| name);
            format!(
                "<tr><td><a href=\"/browse/{key}\">{key}</a></td><td>{}</td><td><span class=\"tag\">{}</span></td>\
                 <td>{priority}</td><td>{}</td><td>{}</td></tr>",
                escape(&issue.summary),
                escape(status),
                escape(person),
                render::time(issue.updated),
                key = escape(&issue.key),
            )
        };
        let rows: String = state.issues.values().rev().filter(|issue| issue.project == project.key).map(row).collect();
        body.push_str(&format!(
            "<h2>{} ({})</h2><div class=\"scroll\"><table><thead><tr><th>Key</th><th>Summary</th><th>Status</th>\
             <th>Priority</th><th>Assignee</th><th>Updated</th></tr></thead><tbody>{rows}</tbody></table></div>",
            escape(&project.name),
            escape(&project.key),
        ));
    }
    page(PRODUCT, "Issues", Some(5), "", &body)
}

fn browse(state: &State, issue: &Issue, visitor: &Visitor) -> String {
    let comments: String = state.comments_of(issue.id).map(|row| shown_comment(state, row)).collect();
    let status = state.workflow(issue).and_then(|flow| flow.status(issue.status)).map_or("", |row| row.name.as_str());
    let name = |id: &str| state.users.get(id).map_or("-", |user| user.display_name.as_str()).to_owned();
    let labels = issue.labels.iter().cloned().collect::<Vec<_>>().join(" ");
    let links = state.links_of(issue.id).map(|link| {
        let object = link.rest.get("object").cloned().unwrap_or_default();
        object.get("title").and_then(Value::as_str).unwrap_or_default().to_owned()
    });
    let facts = [
        ("Assignee", issue.assignee.as_deref().map_or_else(|| "-".to_owned(), name)),
        ("Reporter", name(&issue.reporter)),
        ("Labels", labels),
        ("Remote links", links.collect::<Vec<_>>().join(", ")),
        ("Properties", issue.properties.keys().cloned().collect::<Vec<_>>().join(", ")),
        ("Created", render::time(issue.created)),
        ("Updated", render::time(issue.updated)),
    ];
    let facts: String =
        facts.iter().map(|(name, value)| format!("<dt>{name}</dt><dd>{}</dd>", escape(value))).collect();
    let files: String = state
        .attachments_of(issue.id)
        .map(|file| format!("<span class=\"tag\">{} ({} bytes)</span> ", escape(&file.filename), file.data.len()))
        .collect();
    let body = format!(
        "<p><a href=\"/\">All issues</a> · {} · <span class=\"tag\">{}</span></p><h2>{}</h2><div class=\"columns\">\
         <section><div>{}</div><p>{files}</p>{}{comments}{}</section><aside>{}<dl>{facts}</dl>{}{}{}</aside></div>",
        escape(&issue.key),
        escape(status),
        escape(&issue.summary),
        adf::html(&issue.description),
        embedded::html(&state.embedded, false, &issue.key, visitor),
        comment_form(state, issue, visitor),
        embedded::html(&state.embedded, true, &issue.key, visitor),
        embedded::chooser(state, &issue.key, visitor),
        edit_form(state, issue, visitor),
        transition_form(state, issue, visitor),
    );
    let script = if state.embedded.is_empty() { "" } else { embedded::SCRIPT };
    page(PRODUCT, &format!("{} {}", issue.key, issue.summary), None, script, &body)
}

fn shown_comment(state: &State, row: &Comment) -> String {
    let author = state.users.get(&row.author).map_or("-", |user| user.display_name.as_str());
    let (class, tag) = match &row.visibility {
        Some(visibility) => {
            (" class=\"inner\"", format!(" <span class=\"tag warn\">only {}</span>", escape(&visibility.value)))
        }
        None => ("", String::new()),
    };
    let edited = if row.updated == row.created { "" } else { " · edited" };
    format!(
        "<article{class}><header><strong>{}</strong>{tag}</header>{}<footer>#{} · {}{edited}</footer></article>",
        escape(author),
        adf::html(&row.body),
        row.id,
        render::time(row.created),
    )
}

fn people(state: &State, visitor: &Visitor) -> String {
    let rows = state.users.values().filter(|user| user.account_type == "atlassian");
    let rows = rows.map(|user| (user.account_id.clone(), user.display_name.as_str()));
    format!("<label>As <select name=\"as\">{}</select></label>", options(rows, &visitor.account))
}

fn form(issue: &Issue, action: &str, title: &str, inner: &str) -> String {
    let key = escape(&issue.key);
    format!("<form method=\"post\" action=\"/__ui/issues/{key}/{action}\"><h3>{title}</h3>{inner}</form>")
}

fn comment_form(state: &State, issue: &Issue, visitor: &Visitor) -> String {
    let inner = format!(
        "{}<label>Text <textarea name=\"body\" rows=\"4\" required></textarea></label><label class=\"inline\">\
         <input type=\"checkbox\" name=\"restricted\" value=\"true\"> only for the role Developers</label><br>\
         <button>Add</button>",
        people(state, visitor)
    );
    form(issue, "comment", "Add a comment", &inner)
}

fn edit_form(state: &State, issue: &Issue, visitor: &Visitor) -> String {
    let priorities = options(PRIORITIES.iter().map(|(id, name)| (id.to_string(), *name)), &issue.priority.to_string());
    let inner = format!(
        "{}<label>Summary <input type=\"text\" name=\"summary\" value=\"{}\" required></label>\
         <label>Priority <select name=\"priority\">{priorities}</select></label><button>Save</button>",
        people(state, visitor),
        escape(&issue.summary)
    );
    form(issue, "edit", "Change", &inner)
}

fn transition_form(state: &State, issue: &Issue, visitor: &Visitor) -> String {
    let transitions: Vec<&Transition> =
        state.workflow(issue).into_iter().flat_map(|flow| flow.leaving(issue.status)).collect();
    let transitions =
        options(transitions.iter().map(|transition| (transition.id.to_string(), transition.name.as_str())), "");
    let inner = format!(
        "{}<label>Transition <select name=\"id\">{transitions}</select></label><button>Go</button>",
        people(state, visitor)
    );
    form(issue, "transition", "Move", &inner)
}

fn act(shared: &Shared, request: &Inbound, key: &str, action: &str) -> Answer {
    let form = request.form_values();
    let text = |name: &str| form.get(name).and_then(Value::as_str).unwrap_or_default();
    let (method, tail, body) = match action {
        "comment" => {
            let mut body = json!({"body": adf::document(text("body"))});
            if let Some(body) = body.as_object_mut().filter(|_| form.contains_key("restricted")) {
                body.insert("visibility".to_owned(), json!({"type": "role", "value": "Developers"}));
            }
            ("POST", "/comment", body)
        }
        "edit" => {
            let fields = json!({"summary": text("summary"), "priority": {"id": text("priority")}});
            ("PUT", "", json!({"fields": fields}))
        }
        _ => ("POST", "/transitions", transition_body(&shared.state(), key, text("id"))),
    };
    let path = format!("/rest/api/3/issue/{key}{tail}");
    let answer = shared.call(&Inbound::json(method, &path, &body), Some(text("as").to_owned()));
    if answer.status < 300 {
        return Answer::see_other(&format!("/browse/{key}"));
    }
    let text = escape(&String::from_utf8_lossy(&answer.body));
    Answer::html(answer.status, page(PRODUCT, "Refused", None, "", &format!("<h2>Refused</h2><pre>{text}</pre>")))
}

/// Required fields of a screen get a default value, since the page has no form for them.
fn transition_body(state: &State, key: &str, id: &str) -> Value {
    let issue = state.issue(key);
    let transition = issue
        .and_then(|issue| state.workflow(issue)?.transitions.iter().find(|transition| transition.id.to_string() == id));
    let required = transition.map(|transition| transition.required.as_slice()).unwrap_or_default();
    let fields: Map<String, Value> = required.iter().map(|name| (name.clone(), json!({"name": "Done"}))).collect();
    json!({"transition": {"id": id}, "fields": fields})
}
