//! The consent page, on which a user permits a client to act for them, and its result.

use serde_json::{Map, Value};
use url::form_urlencoded::Serializer;

use crate::{
    http::{Answer, Inbound},
    page::escape,
    zammad_sim::{
        call::{Call, params},
        model::{
            oauth::{Application, Grant, OUT_OF_BAND, SCOPE},
            session::Cookie,
            state::State,
        },
        values::as_text,
    },
};

/// A valid authorization request.
struct ConsentRequest {
    application: Application,
    redirect_uri: String,
    state: Option<String>,
    fields: Map<String, Value>,
}

/// Shows the consent page (GET), grants consent (POST) or denies it (DELETE, which a form sends as POST with
/// `_method`).
pub(in crate::zammad_sim) fn authorize(state: &mut State, inbound: &Inbound) -> Answer {
    let Ok(fields) = params(inbound) else { return failure(400, "The request could not be read.") };
    let mut call = Call::new(inbound, fields.clone(), state);
    let Some(user) = call.signed_in() else {
        // The request is lost: the user does not return here after signing in.
        let home = format!("{}/", call.state.public_url());
        return redirect(&home);
    };
    let method = fields.get("_method").map(as_text).unwrap_or_else(|| inbound.method.to_string()).to_uppercase();
    if method != "GET" && call.check_csrf().is_err() {
        return failure(422, "The change you wanted was rejected.");
    }
    let request = match request(call.state, fields) {
        Ok(request) => request,
        Err(answer) => return answer,
    };
    match method.as_str() {
        "GET" if call.state.oauth.consented(request.application.id, user) => grant(call.state, &request, user),
        "GET" => {
            let csrf = match &call.cookie {
                Cookie::Known(id) => call.state.sessions.get(id).map(|session| session.csrf.clone()),
                _ => None,
            };
            consent_page(&request, &csrf.unwrap_or_default())
        }
        "POST" => grant(call.state, &request, user),
        _ => {
            let denied = [
                ("error", "access_denied"),
                ("error_description", "The resource owner or authorization server denied the request."),
            ];
            redirect(&with_query(&request.redirect_uri, denied, request.state.as_deref()))
        }
    }
}

/// Reads and checks a request. Errors are shown to the user, never sent to the client.
fn request(state: &State, fields: Map<String, Value>) -> Result<ConsentRequest, Answer> {
    let text = |name: &str| fields.get(name).map(as_text).filter(|text| !text.is_empty());
    let application = state.oauth.client(&text("client_id").unwrap_or_default()).cloned();
    let application = application.ok_or_else(|| failure(401, "Client authentication failed due to unknown client."))?;
    let redirect_uri = text("redirect_uri").unwrap_or_default();
    if !application.redirect_uri.split_whitespace().any(|known| known == redirect_uri) {
        return Err(failure(400, "The requested redirect uri is malformed or doesn't match client redirect URI."));
    }
    if text("response_type").as_deref() != Some("code") {
        return Err(failure(400, "The authorization server does not support this response type."));
    }
    if text("scope").is_some_and(|scope| scope.split(' ').any(|scope| scope != SCOPE)) {
        return Err(failure(400, "The requested scope is invalid, unknown, or malformed."));
    }
    let state = text("state");
    let mut fields = fields;
    fields.entry("scope").or_insert(SCOPE.into());
    Ok(ConsentRequest { application, redirect_uri, state, fields })
}

fn grant(state: &mut State, request: &ConsentRequest, user: u64) -> Answer {
    let code = state.entropy.text(43);
    let row = Grant {
        application: request.application.id,
        user,
        redirect_uri: request.redirect_uri.clone(),
        made: state.now,
        used: false,
    };
    state.oauth.grants.insert(code.clone(), row);
    if request.redirect_uri == OUT_OF_BAND {
        let page = format!("{}/oauth/authorize/native", state.public_url());
        return redirect(&with_query(&page, [("code", code.as_str())], None));
    }
    redirect(&with_query(&request.redirect_uri, [("code", code.as_str())], request.state.as_deref()))
}

/// The page that shows a code to copy.
pub(super) fn native(inbound: &Inbound) -> Answer {
    let code = escape(&inbound.query_value("code").unwrap_or_default());
    page(200, &format!("<h1>Authorization code:</h1>\n<code id=\"authorization_code\">{code}</code>"))
}

fn consent_page(request: &ConsentRequest, csrf: &str) -> Answer {
    let field = |name: &str| escape(&request.fields.get(name).map(as_text).unwrap_or_default());
    let form = |method: Option<&str>, button: &str| {
        let hidden = |name: &str, value: &str| format!("<input type=\"hidden\" name=\"{name}\" value=\"{value}\">");
        let mut inputs: String = method.into_iter().map(|method| hidden("_method", method)).collect();
        inputs.push_str(&hidden("authenticity_token", &escape(csrf)));
        for name in
            ["client_id", "redirect_uri", "state", "response_type", "scope", "code_challenge", "code_challenge_method"]
        {
            inputs.push_str(&hidden(name, &field(name)));
        }
        inputs.push_str(&hidden("response_mode", "query"));
        format!(
            "<form action=\"/oauth/authorize\" accept-charset=\"UTF-8\" method=\"post\">{inputs}\
             <input type=\"submit\" name=\"commit\" value=\"{button}\"></form>"
        )
    };
    let name = escape(&request.application.name);
    let body = format!(
        "<h1>Authorization required</h1>\n<p>Authorize <strong>{name}</strong> to use your account?</p>\n{}\n{}",
        form(None, "Authorize"),
        form(Some("delete"), "Deny")
    );
    page(200, &body)
}

fn failure(status: u16, text: &str) -> Answer {
    page(status, &format!("<h1>An error has occurred</h1>\n<pre>{}</pre>", escape(text)))
}

fn page(status: u16, body: &str) -> Answer {
    let title = "OAuth authorization required";
    Answer::html(
        status,
        format!("<!DOCTYPE html>\n<html><head><title>{title}</title></head><body>{body}</body></html>\n"),
    )
}

fn redirect(target: &str) -> Answer {
    let body = format!("<html><body>You are being <a href=\"{}\">redirected</a>.</body></html>", escape(target));
    Answer::html(302, body).with("location", target)
}

fn with_query<'a>(uri: &str, pairs: impl IntoIterator<Item = (&'a str, &'a str)>, state: Option<&'a str>) -> String {
    let query: String =
        Serializer::new(String::new()).extend_pairs(pairs).extend_pairs(state.map(|state| ("state", state))).finish();
    let joint = if uri.contains('?') { '&' } else { '?' };
    format!("{uri}{joint}{query}")
}
