//! Realistic mails of many programs and languages (tests/mails): what is folded, and that no own word ever is.

use std::fs;
use std::path::Path;

use markup::{adf_of_html, adf_of_text, document, html_of_adf, text_of_adf};
use serde_json::Value;

use crate::schema::assert_valid;

struct Mail {
    name: String,
    is_folded: bool,
    is_html: bool,
    /// With the brackets around own and quoted words.
    body: String,
}

fn mails() -> Vec<Mail> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mails");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "txt"));
    files.sort();
    files.iter().flat_map(|file| read(file)).collect()
}

fn read(file: &Path) -> Vec<Mail> {
    let program = file.file_stem().unwrap().to_str().unwrap();
    let text = fs::read_to_string(file).unwrap();
    let mail = |part: &str| {
        let (head, body) = part.split_once('\n').unwrap();
        let (traits, description) = head.split_once(": ").unwrap();
        let (kind, form) = traits.split_once(", ").unwrap();
        assert!(matches!(kind, "folded" | "open") && matches!(form, "html" | "text"), "{head}");
        Mail {
            name: format!("{program}, {form}: {description}"),
            is_folded: kind == "folded",
            is_html: form == "html",
            body: body.to_owned(),
        }
    };
    text.split("#### ").skip(1).map(mail).collect()
}

impl Mail {
    fn blocks(&self) -> Vec<Value> {
        let body = ["{{", "}}", "[[", "]]"].iter().fold(self.body.clone(), |body, bracket| body.replace(bracket, ""));
        if self.is_html { adf_of_html(&body, &()) } else { adf_of_text(&body) }
    }

    /// The parts between these brackets, as they look in the document.
    fn parts(&self, open: &str, close: &str) -> Vec<String> {
        let parts = self.body.split(open).skip(1).map(|part| part.split_once(close).unwrap().0);
        let shown = |part: &str| {
            let blocks = if self.is_html { adf_of_html(part, &()) } else { adf_of_text(part) };
            text(&blocks)
        };
        parts.map(shown).collect()
    }
}

/// All words of the blocks with single blanks.
fn text(blocks: &[Value]) -> String {
    let all: Vec<String> = blocks.iter().map(text_of_adf).collect();
    all.join(" ").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The words that are visible at once, and the folded ones.
pub(crate) fn seen_and_folded(blocks: Vec<Value>) -> (String, String) {
    let is_fold = |block: &Value| block["type"] == "expand" && block["attrs"]["title"] == "Quoted text";
    let (folded, seen): (Vec<Value>, Vec<Value>) = blocks.into_iter().partition(is_fold);
    (text(&seen), text(&folded))
}

fn check(kind: bool, look: impl Fn(&Mail, &str, &str)) {
    let mails = mails();
    let mut count = 0;
    for mail in mails.iter().filter(|mail| mail.is_folded == kind) {
        let blocks = mail.blocks();
        assert_valid(&document(blocks.clone()));
        let (seen, folded) = seen_and_folded(blocks);
        look(mail, &seen, &folded);
        count += 1;
    }
    assert!(count > 15, "{count}");
}

#[test]
fn own_words_are_visible_and_quotes_are_folded() {
    check(true, |mail, seen, folded| {
        for own in mail.parts("{{", "}}") {
            assert!(seen.contains(&own), "{}: {own} is not visible: {seen} || {folded}", mail.name);
        }
        for quoted in mail.parts("[[", "]]") {
            assert!(folded.contains(&quoted), "{}: {quoted} is not folded: {seen} || {folded}", mail.name);
            assert!(!seen.contains(&quoted), "{}: {quoted} is visible: {seen}", mail.name);
        }
    });
}

#[test]
fn answers_in_and_below_quotes_and_forwarded_mails_are_visible() {
    check(false, |mail, seen, folded| {
        assert_eq!(folded, "", "{}", mail.name);
        for part in [mail.parts("{{", "}}"), mail.parts("[[", "]]")].concat() {
            assert!(seen.contains(&part), "{}: {part}: {seen}", mail.name);
        }
    });
}

/// A mail as Jira shows it, as a note, and in Jira again.
#[test]
fn folded_mails_come_to_rest() {
    for mail in mails() {
        let blocks = mail.blocks();
        let note = html_of_adf(&document(blocks.clone()), &|_| None);
        assert_eq!(adf_of_html(&note, &()), blocks, "{}", mail.name);
    }
}
