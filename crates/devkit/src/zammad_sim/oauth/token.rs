//! Requests of clients without a user: exchange of codes, refresh, revocation, introspection.

use base64::Engine as _;
use serde_json::{Map, Value, json};

use crate::{
    clock::Millis,
    http::{Answer, Inbound},
    zammad_sim::{
        call::params,
        model::{
            entities::Id,
            oauth::{AccessToken, Application, CODE_LIFETIME, SCOPE, TOKEN_LIFETIME},
            state::State,
        },
        values::as_text,
    },
};

/// An error response of RFC 6749.
struct Refusal(u16, &'static str, &'static str);

const BAD_GRANT: Refusal = Refusal(
    400,
    "invalid_grant",
    "The provided authorization grant is invalid, expired, revoked, does not match the redirection URI used in the \
     authorization request, or was issued to another client.",
);
const BAD_CLIENT: Refusal = Refusal(
    401,
    "invalid_client",
    "Client authentication failed due to unknown client, no client authentication included, or unsupported \
     authentication method.",
);
const BAD_TYPE: Refusal = Refusal(
    400,
    "unsupported_grant_type",
    "The authorization grant type is not supported by the authorization server.",
);

impl Refusal {
    fn answer(&self) -> Answer {
        let Self(status, error, text) = self;
        let answer = Answer::json(*status, &json!({"error": error, "error_description": text}));
        answer.with(
            "www-authenticate",
            format!("Bearer realm=\"Doorkeeper\", error=\"{error}\", error_description=\"{text}\""),
        )
    }
}

fn fields(inbound: &Inbound) -> Map<String, Value> {
    params(inbound).unwrap_or_default()
}

fn text(fields: &Map<String, Value>, name: &str) -> Option<String> {
    fields.get(name).map(as_text).filter(|text| !text.is_empty())
}

/// The client that a request names, with its secret in the form or by Basic.
fn client(state: &State, inbound: &Inbound, fields: &Map<String, Value>) -> Option<Application> {
    let basic = inbound.header("authorization").and_then(|header| header.strip_prefix("Basic "));
    let (uid, secret) = match basic {
        Some(value) => {
            let decoded = base64::engine::general_purpose::STANDARD.decode(value.trim()).ok()?;
            let decoded = String::from_utf8(decoded).ok()?;
            let (uid, secret) = decoded.split_once(':')?;
            (uid.to_owned(), secret.to_owned())
        }
        None => (text(fields, "client_id")?, text(fields, "client_secret")?),
    };
    state.oauth.client(&uid).filter(|row| row.secret == secret).cloned()
}

/// `POST /oauth/token`.
pub(super) fn issue(state: &mut State, inbound: &Inbound) -> Answer {
    let fields = fields(inbound);
    let Some(kind) = text(&fields, "grant_type") else {
        return Refusal(400, "invalid_request", "Missing required parameter: grant_type.").answer();
    };
    let exchange = match kind.as_str() {
        "authorization_code" => by_code,
        "refresh_token" => by_refresh_token,
        "client_credentials" => by_itself,
        _ => return BAD_TYPE.answer(),
    };
    let Some(application) = client(state, inbound, &fields) else { return BAD_CLIENT.answer() };
    match exchange(state, &application, &fields) {
        Ok((user, refreshable)) => Answer::json(200, &made(state, application.id, user, refreshable)),
        Err(refusal) => refusal.answer(),
    }
}

type Exchange = Result<(Option<Id>, bool), Refusal>;

/// A failed exchange leaves the code as it was; PKCE's verifier is ignored.
fn by_code(state: &mut State, application: &Application, fields: &Map<String, Value>) -> Exchange {
    let missing = |name| Refusal(400, "invalid_request", name);
    let code = text(fields, "code").ok_or(missing("Missing required parameter: code."))?;
    let redirect = text(fields, "redirect_uri").ok_or(missing("Missing required parameter: redirect_uri."))?;
    let now = state.now;
    let grant = state.oauth.grants.get_mut(&code).ok_or(BAD_GRANT)?;
    let alive = !grant.used && now < grant.made + CODE_LIFETIME;
    if !alive || grant.application != application.id || grant.redirect_uri != redirect {
        return Err(BAD_GRANT);
    }
    grant.used = true;
    Ok((Some(grant.user), true))
}

/// A refresh token may be used again and again, until it is revoked.
fn by_refresh_token(state: &mut State, application: &Application, fields: &Map<String, Value>) -> Exchange {
    let wanted = text(fields, "refresh_token");
    let missing = Refusal(400, "invalid_request", "Missing required parameter: refresh_token.");
    let wanted = wanted.ok_or(missing)?;
    let fits = |token: &&AccessToken| {
        token.application == application.id && !token.revoked && token.refresh.as_ref() == Some(&wanted)
    };
    let token = state.oauth.tokens.iter().find(fits).ok_or(BAD_GRANT)?;
    Ok((token.user, true))
}

fn by_itself(_: &mut State, _: &Application, _: &Map<String, Value>) -> Exchange {
    Ok((None, false))
}

fn made(state: &mut State, application: Id, user: Option<Id>, refreshable: bool) -> Value {
    let secret = state.entropy.text(43);
    let refresh = refreshable.then(|| state.entropy.text(43));
    let mut body = json!({"access_token": secret, "token_type": "Bearer", "expires_in": TOKEN_LIFETIME / 1000,
                          "scope": SCOPE, "created_at": state.now / 1000});
    if let (Some(refresh), Some(map)) = (&refresh, body.as_object_mut()) {
        map.insert("refresh_token".to_owned(), refresh.as_str().into());
    }
    let token = AccessToken { application, user, secret, refresh, made: state.now, revoked: false };
    state.oauth.tokens.push(token);
    body
}

/// `POST /oauth/revoke`: by access or refresh token. The access token stays valid in Zammad's own API.
pub(super) fn revoke(state: &mut State, inbound: &Inbound) -> Answer {
    let fields = fields(inbound);
    let Some(application) = client(state, inbound, &fields) else {
        let text = "You are not authorized to revoke this token";
        return Answer::json(403, &json!({"error": "unauthorized_client", "error_description": text}));
    };
    let wanted = text(&fields, "token");
    let named = |token: &&mut AccessToken| {
        token.application == application.id
            && (Some(&token.secret) == wanted.as_ref() || (wanted.is_some() && token.refresh == wanted))
    };
    state.oauth.tokens.iter_mut().filter(named).for_each(|token| token.revoked = true);
    Answer::json(200, &json!({}))
}

/// `POST /oauth/introspect`.
pub(super) fn introspect(state: &State, inbound: &Inbound) -> Answer {
    let fields = fields(inbound);
    let Some(application) = client(state, inbound, &fields) else { return BAD_CLIENT.answer() };
    let token = text(&fields, "token").and_then(|secret| state.oauth.token(&secret));
    let alive =
        |token: &&AccessToken| token.application == application.id && !token.revoked && !token.expired(state.now);
    let Some(token) = token.filter(alive) else { return Answer::json(200, &json!({"active": false})) };
    let body = json!({"active": true, "scope": SCOPE, "client_id": application.uid, "token_type": "Bearer",
                      "exp": seconds(token.made + TOKEN_LIFETIME), "iat": seconds(token.made)});
    Answer::json(200, &body)
}

/// `GET /oauth/token/info`, with the token that it is about.
pub(super) fn info(state: &State, inbound: &Inbound) -> Answer {
    let secret = inbound.header("authorization").and_then(|header| header.strip_prefix("Bearer ")).unwrap_or_default();
    let token = state.oauth.token(secret.trim()).filter(|token| !token.revoked && !token.expired(state.now));
    let Some(token) = token else {
        return Refusal(401, "invalid_token", "The access token is invalid").answer();
    };
    let uid = state.oauth.applications.get(&token.application).map(|row| row.uid.as_str());
    let left = seconds(token.made + TOKEN_LIFETIME) - seconds(state.now);
    let body = json!({"resource_owner_id": token.user, "scope": [SCOPE], "expires_in": left,
                      "application": {"uid": uid}, "created_at": seconds(token.made)});
    Answer::json(200, &body)
}

const fn seconds(at: Millis) -> i64 {
    at / 1000
}
