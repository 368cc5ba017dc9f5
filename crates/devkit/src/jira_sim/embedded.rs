//! Pages of an app inside the page of an issue, as the visitor who was chosen there sees them.

use serde_json::Value;
use url::form_urlencoded::{Serializer, byte_serialize, parse};

use super::site::{EmbeddedPage, State};
use crate::{
    http::{Answer, Inbound},
    page::{escape, options},
};

const ACCOUNT: &str = "sim_account";
const LOCALE: &str = "sim_locale";
const LOCALES: [(&str, &str); 2] = [("en-US", "English"), ("de-DE", "Deutsch")];

/// The embedded page says how high it is.
pub(super) const SCRIPT: &str = "addEventListener('message', ({ data, source }) => {
  if (data?.type !== 'forge-host-height') return;
  for (const frame of document.querySelectorAll('iframe'))
    if (frame.contentWindow === source) frame.style.height = Math.ceil(data.height) + 'px';
});";

/// Who looks at the pages, and in which language: remembered by cookies, as a browser is signed in to a real site.
pub(super) struct Visitor {
    pub account: String,
    locale: String,
}

impl Visitor {
    /// Without a cookie, the first person of the site.
    pub fn of(state: &State, request: &Inbound) -> Self {
        let cookies = request.header("cookie").unwrap_or_default();
        let cookie = |name: &str| {
            let pairs = cookies.split(';').filter_map(|pair| pair.trim().split_once('='));
            let value = pairs.filter(|(key, _)| *key == name).map(|(_, value)| value).next_back()?;
            // Encoded as in a form, because an account's id may have characters that end a cookie.
            parse(format!("v={value}").as_bytes()).next().map(|(_, value)| value.into_owned())
        };
        let mut people = state.users.values().filter(|user| user.account_type == "atlassian");
        let account = cookie(ACCOUNT).filter(|id| state.users.contains_key(id));
        let account = account.or_else(|| people.next().map(|user| user.account_id.clone())).unwrap_or_default();
        let locale = cookie(LOCALE).filter(|locale| LOCALES.iter().any(|(known, _)| known == locale));
        Self { account, locale: locale.unwrap_or_else(|| LOCALES[0].0.to_owned()) }
    }
}

/// Remembers the visitor of a sent form, and returns to the page it was sent from.
pub(super) fn sign_in(request: &Inbound) -> Answer {
    let form = request.form_values();
    let text = |name: &str| form.get(name).and_then(Value::as_str).unwrap_or_default();
    let cookie = |name: &str, value: &str| {
        let value: String = byte_serialize(value.as_bytes()).collect();
        format!("{name}={value}; Path=/; SameSite=Lax")
    };
    Answer::see_other(&format!("/browse/{}", text("issue")))
        .with("set-cookie", cookie(ACCOUNT, text("as")))
        .with("set-cookie", cookie(LOCALE, text("locale")))
}

/// The pages of this place for an issue.
pub(super) fn html(pages: &[EmbeddedPage], beside: bool, issue: &str, visitor: &Visitor) -> String {
    let frame = |page: &EmbeddedPage| {
        let query = Serializer::new(String::new())
            .append_pair("issue", issue)
            .append_pair("account", &visitor.account)
            .append_pair("locale", &visitor.locale)
            .finish();
        // A frame in a closed element loads when it is opened.
        format!(
            "<details class=\"app\"{}><summary>{title}</summary><iframe title=\"{title}\" loading=\"lazy\" \
             src=\"{}?{}\"></iframe></details>",
            if beside { " open" } else { "" },
            escape(&page.url),
            escape(&query),
            title = escape(&page.title),
        )
    };
    pages.iter().filter(|page| page.beside == beside).map(frame).collect()
}

/// The chooser of the visitor; nothing if no page is embedded.
pub(super) fn chooser(state: &State, issue: &str, visitor: &Visitor) -> String {
    if state.embedded.is_empty() {
        return String::new();
    }
    let people = state.users.values().filter(|user| user.account_type == "atlassian");
    let people = people.map(|user| (user.account_id.clone(), user.display_name.as_str()));
    let locales = LOCALES.map(|(locale, name)| (locale.to_owned(), name));
    format!(
        "<form method=\"post\" action=\"/__ui/visitor\"><h3>The app's pages</h3>\
         <input type=\"hidden\" name=\"issue\" value=\"{}\">\
         <label>As <select name=\"as\">{}</select></label><label>Language <select name=\"locale\">{}</select></label>\
         <button>Show</button></form>",
        escape(issue),
        options(people, &visitor.account),
        options(locales, &visitor.locale),
    )
}
