//! Whether the Forge bundle is newer than its sources.

use std::path::{Path, PathBuf};
use std::time::SystemTime;
use std::{fs, io};

/// The verbs that build the bundle, in order.
const BUILT_BY: &str = "cargo xtask wasm && cargo xtask forge-app";
/// Sources of the wasm module, one a line, seen from the repository's root. The build reads the same list.
const WASM_SOURCES: &str = include_str!("../../../../xtask/wasm/sources.txt");
/// One of them, which shows that the app lies in the repository.
const CORE: &str = "crates/forge";
/// Further sources of the bundle. The wasm module lies among them, since the bundle contains it.
const BUNDLE_SOURCES: [&str; 4] = ["forge-app/manifest.yml", "forge-app/src", "forge-app/ui", "forge-app/locales"];
/// The app's folder inside the repository.
const APP: &str = "forge-app";
/// The wasm module and the bundle, seen from the app's folder.
const WASM: &str = "src/wasm";
const BUNDLE: &str = "dist/bundle";

/// A file and the time of its last change.
type Changed = (PathBuf, SystemTime);

/// Checks that an app's bundle exists and that no source is newer. An app outside of the repository has no sources to
/// compare with: then only its bundle must exist.
///
/// # Errors
/// One line that names the missing bundle or the newer source, and the commands that build the bundle; or the reason why
/// a file could not be read.
pub(super) fn check(app: &Path) -> Result<(), String> {
    let unreadable = |error: io::Error| format!("cannot compare the Forge bundle with its sources: {error}");
    let (wasm, bundle) = (app.join(WASM), app.join(BUNDLE));
    let built = files(&bundle).map_err(unreadable)?;
    let Some(root) = app.parent().filter(|root| app.ends_with(APP) && root.join(CORE).exists()) else {
        return stale(&bundle, &built, &[]);
    };
    let below = |paths: &[&str]| {
        let all = paths.iter().map(|path| files(&root.join(path))).collect::<io::Result<Vec<_>>>();
        all.map(|all| all.concat()).map_err(unreadable)
    };
    let wasm_sources = below(&WASM_SOURCES.lines().collect::<Vec<_>>())?;
    stale(&bundle, &built, &wasm_sources)?;
    stale(&bundle, &built, &below(&BUNDLE_SOURCES)?)?;
    stale(&wasm, &files(&wasm).map_err(unreadable)?, &wasm_sources)
}

/// Compares times: the newest built file must not be older than the newest source.
fn stale(what: &Path, built: &[Changed], sources: &[Changed]) -> Result<(), String> {
    let Some(time) = built.iter().map(|(_, time)| *time).max() else {
        return Err(format!("{} is missing; run `{BUILT_BY}`", what.display()));
    };
    match sources.iter().max_by_key(|(_, changed)| *changed) {
        Some((source, changed)) if *changed > time => {
            Err(format!("{} is older than {}; run `{BUILT_BY}`", what.display(), source.display()))
        }
        _ => Ok(()),
    }
}

/// All files at or below a path with their times; none if the path does not exist.
fn files(path: &Path) -> io::Result<Vec<Changed>> {
    let about = match fs::metadata(path) {
        Ok(about) => about,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    if !about.is_dir() {
        return Ok(vec![(path.to_owned(), about.modified()?)]);
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(path)? {
        found.extend(files(&entry?.path())?);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// A repository with one file for each path, each changed at this second.
    fn repository(files: &[(&str, u64)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (path, second) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            let file = fs::File::create(&path).unwrap();
            file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(*second)).unwrap();
        }
        root
    }

    const FILES: [(&str, u64); 6] = [
        ("crates/forge/src/lib.rs", 10),
        ("crates/sidecar/src/lib.rs", 99),
        ("forge-app/manifest.yml", 10),
        ("forge-app/src/index.ts", 10),
        ("forge-app/src/wasm/core.js", 20),
        ("forge-app/dist/bundle/index.js", 30),
    ];

    fn with(path: &str, second: u64) -> Result<(), String> {
        let mut all: Vec<_> = FILES.iter().copied().filter(|(known, _)| *known != path).collect();
        all.push((path, second));
        let root = repository(&all);
        check(&root.path().join("forge-app")).map_err(|text| text.replace(&*root.path().to_string_lossy(), ""))
    }

    #[test]
    fn accepts_a_bundle_that_is_newer_than_its_sources() {
        assert_eq!(with("forge-app/emulator/main.ts", 99), Ok(()));
        assert_eq!(with("forge-app/src/wasm/core.js", 10), Ok(()), "as old as its source");
        assert_eq!(with("forge-app/src/index.ts", 25), Ok(()), "the wasm module does not contain it");
    }

    #[test]
    fn reports_each_source_that_is_newer() {
        for source in [
            "Cargo.lock",
            "crates/envelope/src/lib.rs",
            "crates/forge/src/lib.rs",
            "crates/redaction/Cargo.toml",
            "crates/schema/src/deep/er.rs",
            "xtask/wasm/src/main.rs",
            "forge-app/manifest.yml",
            "forge-app/src/index.ts",
            "forge-app/src/wasm/core.js",
            "forge-app/ui/panel/index.tsx",
            "forge-app/locales/en-US.json",
        ] {
            let text = with(source, 40).unwrap_err();
            assert!(text.ends_with(&format!("is older than /{source}; run `{BUILT_BY}`")), "{text}");
            assert_eq!(text.lines().count(), 1);
        }
    }

    #[test]
    fn reports_a_wasm_module_that_is_older_than_a_source_although_the_bundle_is_newer() {
        let text = with("crates/forge/src/lib.rs", 25).unwrap_err();
        assert!(text.starts_with("/forge-app/src/wasm is older than /crates/forge"), "{text}");
    }

    #[test]
    fn reports_a_missing_bundle() {
        let root = repository(&FILES[..5]);
        let app = root.path().join("forge-app");
        let text = format!("{} is missing; run `{BUILT_BY}`", app.join("dist/bundle").display());
        assert_eq!(check(&app), Err(text));
    }

    #[test]
    fn an_app_outside_of_the_repository_needs_only_its_bundle() {
        let root = repository(&[("elsewhere/dist/bundle/index.js", 1)]);
        assert_eq!(check(&root.path().join("elsewhere")), Ok(()));
        assert!(check(&root.path().join("nowhere")).is_err());
    }
}
