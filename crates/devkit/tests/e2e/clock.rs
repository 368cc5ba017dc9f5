//! The sidecar's clock is set, forward and back, for some seconds: everything arrives at once when it is right again.

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::support::{LinkedSite, eventually};

/// A library that shows a process another time. Its monotonic clock stays as it is.
fn faketime() -> String {
    let folders = fs::read_dir("/usr/lib").unwrap().filter_map(Result::ok).map(|entry| entry.path());
    let library = folders.map(|folder| folder.join("faketime/libfaketimeMT.so.1")).find(|path| path.exists());
    let library = library.unwrap_or_else(|| panic!("faketime is needed (apt-get install faketime)"));
    library.to_string_lossy().into_owned()
}

fn set_clock(file: &Path, offset: &str) {
    let next = file.with_extension("next");
    fs::write(&next, offset).unwrap();
    fs::rename(&next, file).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_arrives_after_the_clock_was_wrong_for_some_seconds() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("clock");
    set_clock(&file, "+0");
    let env = LinkedSite::with(|options| {
        let settings = [
            ("LD_PRELOAD", faketime()),
            ("FAKETIME_TIMESTAMP_FILE", file.to_string_lossy().into_owned()),
            ("FAKETIME_NO_CACHE", "1".to_owned()),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
            ("NO_FAKE_STAT", "1".to_owned()),
        ];
        options.settings.extend(settings.map(|(name, value)| (name.to_owned(), value)));
    })
    .await;
    let lines = |event: &str| env.log().lines().filter(|line| line.contains(event)).count();
    for (number, offset) in ["+1d", "-1d", "+600", "-600"].into_iter().enumerate() {
        let (steps, failed) = (lines("the system's clock was set"), lines("exchange with Forge failed"));
        set_clock(&file, offset);
        eventually("the wrong clock", || lines("the system's clock was set") > steps).await;
        env.article(env.ticket, &format!("<p>article at {offset}.</p>"), true).await;
        env.comment(&env.issue_key, &format!("comment at {offset}."), json!({})).await;
        // Forge refuses a request of another day or of ten minutes ago.
        eventually("a refused request", || lines("exchange with Forge failed") > failed).await;
        set_clock(&file, "+0");
        let shows = |texts: Vec<String>, text: &str| texts.iter().filter(|shown| shown.contains(text)).count() == 1;
        eventually("the article", || shows(env.mirrored(), &format!("article at {offset}."))).await;
        eventually("the comment", || shows(env.noted(), &format!("comment at {offset}."))).await;
        env.article(env.ticket, &format!("<p>after {offset}.</p>"), true).await;
        eventually("a later article", || shows(env.mirrored(), &format!("after {offset}."))).await;
        assert_eq!((env.mirrored().len(), env.noted().len()), (2 * number + 2, number + 1));
    }
}
