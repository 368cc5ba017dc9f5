//! Realistic mails of many programs and languages (tests/mails): what is folded, and that no own word ever is.

use std::fs;
use std::path::Path;

use markup::{adf_of_html, adf_of_text, document, html_of_adf, text_of_adf};
use serde_json::Value;

use crate::schema::assert_valid;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The quote is folded.
    Folded,
    /// Nothing is folded, since it has answers in or below the quote, is only forwarded, or has no quote.
    Open,
    /// Nothing is folded although it has a quote; the description says why.
    Shown,
}

struct Mail {
    name: String,
    kind: Kind,
    is_html: bool,
    /// With the brackets around own and quoted words.
    body: String,
}

fn mails() -> Vec<Mail> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mails");
    let folders = [folder.join("structures"), folder];
    let entries = folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap());
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
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
        assert!(matches!(form, "html" | "text"), "{head}");
        let kind = match kind {
            "folded" => Kind::Folded,
            "open" => Kind::Open,
            "shown" if description.contains(" because ") => Kind::Shown,
            _ => panic!("{head}"),
        };
        Mail { name: format!("{program}, {form}: {description}"), kind, is_html: form == "html", body: body.to_owned() }
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

/// Every fault that is found in mails of these kinds.
fn check(kinds: &[Kind], faults: impl Fn(&Mail, &str, &str) -> Vec<String>) {
    let mails = mails();
    let (mut count, mut found) = (0, Vec::new());
    for mail in mails.iter().filter(|mail| kinds.contains(&mail.kind)) {
        let blocks = mail.blocks();
        assert_valid(&document(blocks.clone()));
        let (seen, folded) = seen_and_folded(blocks);
        let faults = faults(mail, &seen, &folded);
        found.extend(
            faults.iter().map(|fault| format!("{}: {fault}\n  visible: {seen}\n  folded: {folded}", mail.name)),
        );
        count += 1;
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert!(count > 100, "{count}");
}

/// The parts that are not among these words.
fn missing(parts: &[String], words: &str) -> Vec<String> {
    parts.iter().filter(|part| !words.contains(*part)).map(|part| format!("{part:?} is missing")).collect()
}

#[test]
fn own_words_are_visible_and_quotes_are_folded() {
    check(&[Kind::Folded], |mail, seen, folded| {
        let (own, quoted) = (mail.parts("{{", "}}"), mail.parts("[[", "]]"));
        assert!(!own.is_empty() && !quoted.is_empty(), "{}: nothing is checked", mail.name);
        let visible = quoted.iter().filter(|quoted| seen.contains(*quoted)).map(|part| format!("{part:?} is visible"));
        [missing(&own, seen), missing(&quoted, folded), visible.collect()].concat()
    });
}

#[test]
fn answers_in_and_below_quotes_and_forwarded_mails_are_visible() {
    check(&[Kind::Open, Kind::Shown], |mail, seen, folded| {
        let folded = (!folded.is_empty()).then(|| "something is folded".to_owned());
        let parts = [mail.parts("{{", "}}"), mail.parts("[[", "]]")].concat();
        missing(&parts, seen).into_iter().chain(folded).collect()
    });
}

/// A mail as Jira shows it, as a note, and in Jira again.
#[test]
fn folded_mails_come_to_rest() {
    for mail in mails() {
        let blocks = mail.blocks();
        let note = html_of_adf(&document(blocks.clone()), &|_| None);
        let again = adf_of_html(&note, &());
        assert_eq!(seen_and_folded(again.clone()), seen_and_folded(blocks.clone()), "{}", mail.name);
        // Blanks in a row are other ones in HTML than in plain text.
        if mail.is_html {
            assert_eq!(again, blocks, "{}", mail.name);
        }
    }
}
