//! The second check: what of a ticket is found, in which forms, and what is not mistaken for it.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use proptest::prelude::*;
use redaction::{EgressCheck, Needle, Privacy, Sensitive, cross};

use crate::boundary::golden;

fn needle(what: &'static str, text: &str) -> Needle {
    Needle { what, text: Sensitive::new(text.to_owned()) }
}

fn ticket() -> EgressCheck {
    EgressCheck::new(&[
        needle("title", "Printer on fire — Bürø 7"),
        needle(
            "body",
            "<p>Dear team,</p><p>the <b>blue printer</b> burns since &quot;Monday&quot;.</p><ul><li>call +49 30 901820</li></ul>",
        ),
        needle("name", "Emma Taylor"),
        needle("email", "emma.taylor@customer.example"),
        needle("secret", "9f86d081884c7d659a2feaa0c55ad015"),
    ])
}

#[test]
fn content_is_found_in_every_form() {
    let title = "Printer on fire — Bürø 7";
    let percent: String = title
        .bytes()
        .map(|b| if b.is_ascii_alphanumeric() { (b as char).to_string() } else { format!("%{b:02X}") })
        .collect();
    let cases: Vec<(String, &str)> = vec![
        (format!("x{title}x"), "title"),
        (title.to_lowercase(), "title"),
        (serde_json::to_string(title).unwrap(), "title"),
        ("Printer on fire \\u2014 B\\u00fcr\\u00f8 7".to_owned(), "title"),
        (percent.clone(), "title"),
        (percent.replace("%20", "+"), "title"),
        (STANDARD.encode(title), "title"),
        (STANDARD.encode(format!("a{title}")), "title"),
        (URL_SAFE.encode(format!("ab{title}")), "title"),
        (STANDARD.encode(format!("abc {title} d")), "title"),
        (title.bytes().map(|b| format!("{b:02x}")).collect(), "title"),
        ("… the … burns since \\\"Monday\\\".".replace("the … ", ""), "body"),
        ("note: blue printer!".to_owned(), "body"),
        ("\"author\":\"Emma\"".to_owned(), "name"),
        ("from=taylor;".to_owned(), "name"),
        ("emma.taylor".to_owned(), "email"),
        ("mailto:emma.taylor%40customer.example".to_owned(), "email"),
        ("token 9f86d081884c7d659a2feaa0c55ad015".to_owned(), "secret"),
    ];
    let check = ticket();
    for (bytes, what) in cases {
        let leak = check.check(bytes.as_bytes()).expect_err(&bytes);
        assert!(leak.what == what || (what == "email" && leak.what == "name"), "{bytes}: {leak}");
        assert!(!leak.to_string().contains("Emma") && !leak.to_string().contains("rinter"), "{leak}");
    }
}

#[test]
fn what_crosses_in_privacy_mode_is_clean() {
    let check = ticket();
    for message in golden() {
        let crossed = cross(&message, Privacy::On).unwrap().get().to_string();
        assert_eq!(check.check(crossed.as_bytes()), Ok(()), "{crossed}");
        assert_eq!(check.check(b"01K5DSVR0EMMA000000000000Z 9f86d081"), Ok(()));
    }
}

/// The usual case: people's mail domain is part of the host name of Zammad, and mails quote the ticket's address.
#[test]
fn zammads_own_public_address_is_not_content() {
    let address = "https://help.corp.example";
    let check = EgressCheck::new(&[
        needle("email", "anna@corp.example"),
        needle("name", "Help Desk <help@help.corp.example>"),
        needle("body", "<p>https://help.corp.example/#ticket/zoom/42</p><p>blue printer https://help.corp.example/#ticket/zoom/42</p>"),
    ])
    .with_public_addresses(&[format!("{address}/#ticket/zoom/"), address.to_owned()]);
    for clean in ["/#ticket/zoom/42", "/#ticket/zoom/42/77", "", "/"] {
        let message = format!("{{\"url\":\"{address}{clean}\"}}");
        assert_eq!(check.check(message.as_bytes()), Ok(()), "{message}");
    }
    for leak in [
        "anna@corp.example".to_owned(),
        "corp.example".to_owned(),
        format!("{address}/#ticket/zoom/42 anna"),
        format!("blue printer {address}/#ticket/zoom/42"),
        format!("{address}/anna@corp.example"),
    ] {
        assert!(check.check(leak.as_bytes()).is_err(), "{leak}");
    }
}

/// Words of the wire cannot be told from its own use of them; a ticket may well be called "open".
#[test]
fn words_of_the_wire_and_short_texts_are_not_leaks() {
    let check = EgressCheck::new(&[
        needle("title", "Open"),
        needle("title", "article"),
        needle("name", "Al"),
        needle("title", "50042"),
        needle("body", ""),
    ]);
    for message in golden() {
        assert_eq!(check.check(message.to_string().as_bytes()), Ok(()));
    }
}

#[test]
fn a_part_of_a_long_body_is_enough() {
    let body: String = (0..20_000).map(|n| format!("<p>Line number {n} tells something of its own.</p>")).collect();
    let check = EgressCheck::new(&[needle("body", &body)]);
    assert!(check.check(body.as_bytes()).is_err());
    assert_eq!(check.check(b"{\"articleCount\":20000}"), Ok(()));
}

proptest! {
    #[test]
    fn whatever_the_text_it_is_found_where_it_stands(word in "[b-z]{9,12}", rest in "[A-Za-z0-9 äöüß€🙂\"\\\\/=+-]{0,80}", before in "[ \"{:]{0,5}") {
        let text = format!("{word} {}", rest.trim());
        let text = text.trim();
        let check = EgressCheck::new(&[needle("body", text)]);
        let plain = format!("{before}{text}");
        let json = format!("{before}{}", serde_json::to_string(text).unwrap());
        prop_assert!(check.check(plain.as_bytes()).is_err());
        prop_assert!(check.check(json.as_bytes()).is_err());
        prop_assert!(check.check(STANDARD.encode(text).as_bytes()).is_err());
    }

    #[test]
    fn nothing_panics(text in any::<String>(), bytes in any::<Vec<u8>>()) {
        let _ = EgressCheck::new(&[needle("body", &text), needle("name", &text)]).check(&bytes);
    }
}
