//! Search by JQL: `parse` reads as much of it as the simulator knows, `query` finds the issues of which each `clause`
//! says whether they fit; `moment` are the times and `property` the entity properties in clauses.

mod clause;
mod moment;
mod parse;
mod property;
mod query;

use serde_json::{Value, json};

use super::{
    super::render::{self, Wanted},
    call::{Call, Reply, ok},
    error::Refusal,
};

/// Issues on one page, unless asked otherwise, and at most. Entity properties at most.
const PAGE: usize = 50;
const MOST: usize = 5000;
pub(super) const PROPERTIES: usize = 5;

/// The old address.
pub(super) fn removed(_: &mut Call<'_>, _: &[&str]) -> Reply {
    let text = "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. A full migration \
                guideline is available at https://developer.atlassian.com/changelog/#CHANGE-2046";
    Err(Refusal::message(410, text))
}

/// The parameters of a search, from the body or the query.
struct Asked {
    jql: String,
    most: usize,
    token: String,
    wanted: Wanted,
}

fn asked(call: &Call<'_>) -> Result<Asked, Refusal> {
    if call.inbound.body.is_empty() {
        let text = |name: &str| call.inbound.query_value(name).unwrap_or_default();
        return Ok(Asked {
            jql: text("jql"),
            most: call.number("maxResults", PAGE),
            token: text("nextPageToken"),
            wanted: Wanted::new(&call.list("fields"), &call.list("properties")),
        });
    }
    let body = call.body()?;
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let list = |name: &str| -> Vec<String> {
        let items = body.get(name).and_then(Value::as_array).into_iter().flatten();
        items.filter_map(|item| item.as_str().map(str::to_owned)).collect()
    };
    let most = body.get("maxResults").and_then(Value::as_u64).and_then(|most| usize::try_from(most).ok());
    Ok(Asked {
        jql: text("jql"),
        most: most.unwrap_or(PAGE),
        token: text("nextPageToken"),
        wanted: Wanted::new(&list("fields"), &list("properties")),
    })
}

/// Where a page begins. The token is opaque to clients.
fn start(token: &str) -> Result<usize, Refusal> {
    if token.is_empty() {
        return Ok(0);
    }
    let start = token.strip_prefix("page-").and_then(|start| start.parse().ok());
    start.ok_or_else(|| Refusal::message(400, "The provided next page token is invalid or expired."))
}

/// The answer to a request for more entity properties than are shown at once. The text is a guess.
pub(super) fn too_many_properties() -> Refusal {
    Refusal::message(400, format!("At most {PROPERTIES} issue properties can be requested."))
}

pub(super) fn jql(call: &mut Call<'_>, _: &[&str]) -> Reply {
    let Asked { jql, most, token, mut wanted } = asked(call)?;
    let query = parse::parse(&jql, &call.state.searchable)?;
    if wanted.properties.len() > PROPERTIES {
        return Err(too_many_properties());
    }
    let (start, most) = (start(&token)?, most.clamp(1, MOST));
    // Properties are shown even where no field is.
    let bare = wanted.fields.is_empty() || wanted.fields == ["id"];
    let id_only = bare && wanted.properties.is_empty();
    if bare {
        wanted.fields.clear();
    }
    let state = &*call.state;
    let found = query.find(state, &call.account);
    let total = found.len();
    let page = found.into_iter().skip(start).take(most).map(|issue| {
        if id_only {
            json!({"id": issue.id.to_string()})
        } else {
            render::issue(state, issue, &call.account, &wanted).into()
        }
    });
    let page: Vec<Value> = page.collect();
    let end = start + page.len();
    call.read(page.len(), 0);
    let mut answer = json!({"issues": page, "isLast": end >= total});
    if end < total
        && let Some(answer) = answer.as_object_mut()
    {
        answer.insert("nextPageToken".to_owned(), format!("page-{end}").into());
    }
    ok(200, answer)
}
