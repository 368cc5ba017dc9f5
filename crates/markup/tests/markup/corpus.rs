//! Mails as Zammad stores them (tests/corpus): what becomes of each is under `snapshots`.

use std::fs;
use std::path::Path;

use markup::{Media, Resolve, adf_of_html, adf_of_text, document, html_of_adf, split};

use crate::notes::assert_survives;
use crate::schema::assert_valid;

/// Every picture is in Jira already, and user 7 has an account there.
struct Known;

impl Resolve for Known {
    fn image(&self, src: &str) -> Option<Media> {
        let id = src.split(['/', '?']).find(|part| part.parse().is_ok_and(|number: u32| number > 50))?.to_owned();
        Some(Media { id, alt: None, width: None, height: None })
    }

    fn account(&self, user_id: &str) -> Option<String> {
        (user_id == "7").then(|| "5b10ac8d82e05b22cc7d4ef5".to_owned())
    }
}

/// Name and body of each, in order of the names.
fn corpus() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut corpus: Vec<_> = files
        .map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(&path).unwrap()))
        .collect();
    corpus.sort();
    assert!(corpus.len() >= 13);
    corpus
}

#[test]
fn mails_keep_their_form() {
    for (name, html) in corpus() {
        let doc = document(adf_of_html(&html, &Known));
        assert_valid(&doc);
        insta::assert_json_snapshot!(name, doc);
    }
}

/// A mail as Jira shows it, as a note, and in Jira again.
#[test]
fn mails_come_to_rest() {
    for (name, html) in corpus() {
        let blocks = adf_of_html(&html, &());
        let note = html_of_adf(&document(blocks.clone()), &|_| None);
        assert_survives(&note);
        assert_eq!(adf_of_html(&note, &()), blocks, "{name}");
    }
}

#[test]
fn a_megabyte_of_mail_is_many_comments() {
    let all: String = corpus().into_iter().map(|(_, html)| html).collect();
    let large = all.repeat(1_000_000 / all.len() + 1);
    let blocks = adf_of_html(&large, &Known);
    assert_valid(&document(blocks.clone()));
    let parts = split(|part, of| adf_of_text(&format!("Part {part} of {of}")).remove(0), blocks, 32_767);
    assert!(parts.len() > 20);
    for part in parts {
        assert!(serde_json::to_string(&part).unwrap().chars().count() <= 32_767);
        assert_valid(&part);
    }
}
