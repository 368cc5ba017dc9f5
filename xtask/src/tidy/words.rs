//! Home-made words that were replaced by standard terms. The list keeps them from coming back.
//!
//! To add one: a line in [`WORDS`]. To keep a stored or wire name that has such a word: a line in [`STORED`].

use std::fs;

use anyhow::Result;

use super::flow::{comment, comment_signs};
use super::report::Report;
use xtask::run::root;

/// This file has to name them.
const OWN: &str = "xtask/src/tidy/words.rs";

/// The word, and what to write instead. Letters' case counts. A word matches whole words and whole parts of identifiers:
/// `World` matches `World` and `WorldState`, `doorbell` matches `doorbell_id`; neither matches `Worldwide` or `doorbells`.
const WORDS: &[(&str, &str)] = &[
    ("doorbell", "notification"),
    ("doorbells", "notifications"),
    ("Doorbell", "Notification"),
    ("Doorbells", "Notifications"),
    ("rings", "notifies, or rechecks"),
    ("rang", "notified"),
    ("ring for", "notify"),
    ("is through", "is finished"),
    ("are through", "are finished"),
    ("Forge's word", "Forge's result"),
    ("worked off", "processed"),
    ("buried", "abandoned"),
    ("counterpart", "mapped user"),
    ("Over its parts", "Creates it from its dependencies"),
    ("unasked", "unexpectedly"),
    ("by whoever", "by the one that"),
    ("World", "Env, or TestEnv"),
    ("Rung", "Trigger"),
    ("Word", "the outcome's name"),
    ("Carried", "RawMessage"),
    ("paper", "approval file"),
    ("Told", "LastNote"),
    ("Self::Print", "Self::Fingerprint"),
    ("saying", "with text, or the name of what is said"),
];

/// Names that are stored or sent and so keep their spelling: the file, and the text around the word.
const STORED: &[(&str, &str)] = &[
    ("crates/store/src/sqlite/", "INTO doorbell"),
    ("crates/store/src/sqlite/", "UPDATE doorbell"),
    ("crates/store/src/sqlite/", "FROM doorbell"),
    ("crates/store/src/sqlite/", "JOIN doorbell"),
    ("crates/store/tests/sqlite/", "doorbell"),
];

pub(super) fn check(report: &mut Report, listed: &[String]) -> Result<()> {
    for path in listed.iter().filter(|path| is_read(path)) {
        let file = root().join(path);
        if !file.is_file() {
            continue;
        }
        let Ok(text) = String::from_utf8(fs::read(file)?) else { continue };
        report.faults.extend(faults(path, &text));
    }
    Ok(())
}

fn is_read(path: &str) -> bool {
    let others = [
        "/snapshots/",
        "/fixtures/",
        "/corpus/",
        "CHANGELOG.md",
        "package-lock.json",
        "Cargo.lock",
        "conformance/6.5/",
        // Their checksums are stored in every database, comments included.
        "/migrations/",
    ];
    let kinds = [
        ".md", ".rs", ".ts", ".tsx", ".js", ".cjs", ".mjs", ".toml", ".yml", ".yaml", ".sh", ".sql", ".py", ".example",
        ".html",
    ];
    path != OWN && kinds.iter().any(|kind| path.ends_with(kind)) && !others.iter().any(|part| path.contains(part))
}

fn faults(path: &str, text: &str) -> Vec<String> {
    let signs = comment_signs(path);
    let mut faults = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        for (word, instead) in WORDS.iter().filter(|(word, _)| has_word(line, word)) {
            let is_stored = STORED.iter().any(|(file, around)| path.starts_with(file) && line.contains(around));
            if !is_stored {
                faults.push(format!("{path}:{number}: {word} - write: {instead}"));
            }
        }
        if comment(line, signs).starts_with("What ") && !signs.is_empty() {
            faults.push(format!("{path}:{number}: a comment that begins with \"What\" - write: a statement"));
        }
    }
    faults
}

/// Whether the line has the word as a whole. Parts of an identifier count as words.
fn has_word(line: &str, word: &str) -> bool {
    let is_capital = word.starts_with(|letter: char| letter.is_ascii_uppercase());
    line.match_indices(word).any(|(at, _)| {
        let begins = match line[..at].chars().next_back() {
            Some(before) if is_capital => !before.is_ascii_uppercase(),
            Some(before) => !before.is_alphanumeric(),
            None => true,
        };
        let ends =
            !line[at + word.len()..].starts_with(|letter: char| letter.is_lowercase() || letter.is_ascii_digit());
        begins && ends
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_as_wholes() {
        for line in ["struct World;", "let w: WorldState;", "impl TestWorld {", "// the World's clock", "World"] {
            assert!(has_word(line, "World"), "{line}");
        }
        for line in ["Worldwide", "HELLO_WORLD", "world"] {
            assert!(!has_word(line, "World"), "{line}");
        }
        assert!(has_word("let doorbell_id = 1;", "doorbell") && has_word("a doorbell.", "doorbell"));
        assert!(!has_word("doorbells", "doorbell") && !has_word("springs", "rings") && !has_word("Paper", "paper"));
    }

    #[test]
    fn faults_name_place_word_and_replacement() {
        let found = faults("crates/a/src/b.rs", "fn f() {}\n// The doorbell rings.\n");
        assert_eq!(
            found,
            [
                "crates/a/src/b.rs:2: doorbell - write: notification",
                "crates/a/src/b.rs:2: rings - write: notifies, or rechecks",
            ]
        );
    }

    #[test]
    fn comments_that_begin_with_what_are_faults() {
        for (path, line) in
            [("a.rs", "/// What no event told."), ("a.toml", "# What is shipped."), ("a.sql", "-- What x")]
        {
            assert_eq!(faults(path, line).len(), 1, "{line}");
        }
        for (path, line) in [("a.md", "# What is new"), ("a.rs", "// Whatever"), ("a.rs", "let a = \"What \";")] {
            assert!(faults(path, line).is_empty(), "{line}");
        }
    }

    #[test]
    fn stored_names_stay() {
        let sql = "\"INSERT INTO doorbell (delivery)\"";
        assert!(faults("crates/store/src/sqlite/inbox.rs", sql).is_empty());
        assert_eq!(faults("crates/sidecar/src/a.rs", sql).len(), 1);
        assert_eq!(faults("crates/store/src/sqlite/inbox.rs", "// the doorbell").len(), 1);
    }
}
