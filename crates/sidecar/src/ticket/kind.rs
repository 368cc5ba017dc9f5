//! The kind of an article, and what the admin's settings make of it.

use schema::settings::{ArticleKinds, Treatment};
use serde_json::Value;
use zammad::Article;

/// Types of files that only encrypted mails have.
const ENCRYPTED: [&str; 4] =
    ["application/pkcs7-mime", "application/x-pkcs7-mime", "application/pgp-encrypted", "application/octet-encrypted"];
/// Types of files that only reports about the delivery of a mail have (RFC 3464, RFC 3462).
const REPORTS: [&str; 3] = ["message/delivery-status", "message/global-delivery-status", "text/rfc822-headers"];

/// The treatment of an article, by its kind. The first kind that applies counts: an encrypted mail stays protected even if it
/// was sent automatically.
pub(crate) fn treatment(article: &Article, kinds: &ArticleKinds) -> Treatment {
    if article.is_unreadable() {
        Treatment::No
    } else if is_encrypted(article) {
        kinds.encrypted
    } else if is_bounce(article) {
        kinds.bounce
    } else if is_automatic(article) {
        kinds.automatic
    } else if article.sender == "System" {
        kinds.system
    } else {
        match article.type_name.as_str() {
            "email" | "web" => kinds.email,
            "phone" => kinds.phone,
            "sms" => kinds.sms,
            "chat"
            | "telegram personal-message"
            | "facebook feed post"
            | "facebook feed comment"
            | "whatsapp message" => kinds.chat,
            _ => Treatment::Whole,
        }
    }
}

/// Whether a machine wrote the article: an automatic reply, a report of a mail server, or Jira's own mail about an issue.
pub(crate) fn is_written_by_a_machine(article: &Article) -> bool {
    is_jiras(article) || is_bounce(article) || is_automatic(article)
}

/// By the sender, or by the Message-ID, which Jira begins with `JIRA.` and the number whatever its address. The form of
/// the id is known from such mails and not documented.
fn is_jiras(article: &Article) -> bool {
    let id = article.message_id.as_ref().map(|id| id.expose().to_ascii_lowercase()).unwrap_or_default();
    let rest = id.trim_start_matches(['<', ' ']).strip_prefix("jira.");
    let has_jiras_id = rest.is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()));
    has_jiras_id || (article.type_name == "email" && sender(article).trim_end_matches('>').ends_with(".atlassian.net"))
}

/// By the mark that Zammad itself sets.
fn is_automatic(article: &Article) -> bool {
    article.preferences.expose()["is-auto-response"] == Value::Bool(true)
}

/// By its files, or by the names under which mail servers report, whatever the form of the report.
fn is_bounce(article: &Article) -> bool {
    let is_from_mailer = || {
        let from = sender(article);
        article.type_name == "email" && ["mailer-daemon@", "postmaster@"].iter().any(|name| from.contains(name))
    };
    has_file(article, &REPORTS) || is_from_mailer()
}

/// The sender's name and address in lower case.
fn sender(article: &Article) -> String {
    article.from.as_ref().map(|from| from.expose().to_ascii_lowercase()).unwrap_or_default()
}

fn is_encrypted(article: &Article) -> bool {
    // Zammad writes what it found, for a mail that it could not decrypt too.
    let security = &article.preferences.expose()["security"]["encryption"];
    let found =
        security["success"] == Value::Bool(true) || security["comment"].as_str().is_some_and(|text| !text.is_empty());
    found || has_file(article, &ENCRYPTED) || has_pgp_message(article)
}

/// The line with which a message begins that was encrypted by PGP and pasted into a mail.
pub(crate) const PGP_MESSAGE: &str = "-----BEGIN PGP MESSAGE-----";

/// Whether the body contains such a message.
pub(crate) fn has_pgp_message(article: &Article) -> bool {
    article.body.expose().contains(PGP_MESSAGE)
}

fn has_file(article: &Article, types: &[&str]) -> bool {
    let is_of_type = |kind: &str| {
        let kind = kind.split(';').next().unwrap_or_default().trim();
        types.iter().any(|wanted| wanted.eq_ignore_ascii_case(kind))
    };
    let p7m = |name: &str| types == ENCRYPTED && name.to_ascii_lowercase().ends_with(".p7m");
    article.attachments.iter().any(|file| file.mime_type().is_some_and(is_of_type) || p7m(file.filename.expose()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn article(changes: &Value) -> Article {
        let mut article = crate::support::article(10, 7, "text");
        article["type"] = "email".into();
        article["sender"] = "Customer".into();
        for (name, value) in changes.as_object().unwrap() {
            article[name] = value.clone();
        }
        serde_json::from_value(article).unwrap()
    }

    fn file(name: &str, kind: &str) -> Value {
        json!({ "attachments": [{ "id": 1, "filename": name, "size": "3", "preferences": { "Mime-Type": kind } }] })
    }

    /// Each kind has a setting of its own; its default is what a helpdesk expects.
    #[test]
    fn each_kind_follows_its_setting() {
        for (changes, name, default) in [
            (json!({}), "email", Treatment::Whole),
            (json!({ "type": "web" }), "email", Treatment::Whole),
            (json!({ "preferences": { "is-auto-response": true } }), "automatic", Treatment::No),
            (file("report.txt", "message/delivery-status"), "bounce", Treatment::No),
            (json!({ "from": "Mail Delivery <MAILER-DAEMON@mx.example>" }), "bounce", Treatment::No),
            (json!({ "sender": "System" }), "system", Treatment::No),
            (json!({ "sender": "System", "type": "note" }), "system", Treatment::No),
            (
                json!({ "preferences": { "security": { "encryption": { "success": true } } } }),
                "encrypted",
                Treatment::Notice,
            ),
            (
                json!({ "preferences": { "security": { "encryption": { "success": false, "comment": "no key" } } } }),
                "encrypted",
                Treatment::Notice,
            ),
            (file("smime.p7m", "application/octet-stream"), "encrypted", Treatment::Notice),
            (file("x", "application/pkcs7-mime; name=x"), "encrypted", Treatment::Notice),
            (json!({ "body": "-----BEGIN PGP MESSAGE-----\nabc" }), "encrypted", Treatment::Notice),
            (json!({ "type": "phone" }), "phone", Treatment::Whole),
            (json!({ "type": "chat" }), "chat", Treatment::Whole),
            (json!({ "type": "whatsapp message" }), "chat", Treatment::Whole),
            (json!({ "type": "sms" }), "sms", Treatment::Whole),
        ] {
            let article = article(&changes);
            assert_eq!(treatment(&article, &ArticleKinds::default()), default, "{changes}");
            for other in [Treatment::Whole, Treatment::Notice, Treatment::No] {
                let kinds = serde_json::from_value(json!({ name: other })).unwrap();
                assert_eq!(treatment(&article, &kinds), other, "{changes}");
            }
        }
    }

    #[test]
    fn notes_and_signed_mails_are_whole() {
        for changes in [
            json!({ "type": "note", "sender": "Agent" }),
            json!({ "preferences": { "security": { "sign": { "success": true }, "encryption": { "success": false } } } }),
            json!({ "preferences": { "send-auto-response": false } }),
            file("signature.asc", "application/pgp-signature"),
        ] {
            assert_eq!(treatment(&article(&changes), &ArticleKinds::default()), Treatment::Whole, "{changes}");
        }
    }

    #[test]
    fn machines_are_recognised_and_people_are_not() {
        for (changes, machine) in [
            (json!({ "preferences": { "is-auto-response": true } }), true),
            (json!({ "from": "Jira <jira@corp.atlassian.net>" }), true),
            (json!({ "message_id": "<JIRA.10042.1732752972000.12.1732752980000@Atlassian.JIRA>" }), true),
            (json!({ "message_id": "<jira.anna@customer.example>" }), false),
            (json!({ "from": "postmaster@mx.example" }), true),
            (file("report.txt", "message/delivery-status"), true),
            (json!({ "from": "Anna <anna@customer.example>" }), false),
            (json!({ "from": "Anna of corp.atlassian.net <anna@customer.example>" }), false),
            (json!({}), false),
        ] {
            assert_eq!(is_written_by_a_machine(&article(&changes)), machine, "{changes}");
        }
    }

    #[test]
    fn an_encrypted_bounce_is_encrypted() {
        let mut both = file("smime.p7m", "application/pkcs7-mime");
        both["from"] = "mailer-daemon@mx.example".into();
        assert_eq!(treatment(&article(&both), &ArticleKinds::default()), Treatment::Notice);
    }
}
