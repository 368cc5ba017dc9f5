//! `cargo xtask rebuild`: is what is built a function of the commit alone? Builds the commit again in clones, each time with
//! another path, user, umask, time zone, locale and number of cores, and compares every byte.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use xtask::run::{self, output, program, root, step};

use crate::arch::Arch;
use crate::kit;
use crate::sign::{KEY, Signer};
use crate::source::Source;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// How often, each time otherwise.
    #[arg(long, default_value_t = 5)]
    times: usize,
    /// Architectures; default: all.
    #[arg(long, value_enum, value_delimiter = ',')]
    arch: Vec<Arch>,
    /// Compare with the images and bills of this folder, made by `cargo xtask kit`, instead of with the first rebuild. Kits
    /// are compared too if the same key signed them.
    #[arg(long, value_name = "DIR")]
    against: Option<PathBuf>,
}

/// One way to build. Whatever may differ between two machines differs between two of these.
struct Place {
    /// Of the clone, below a temporary folder.
    path: &'static str,
    umask: &'static str,
    zone: &'static str,
    locale: &'static str,
    jobs: &'static str,
    /// Another user where we may become one.
    uid: Option<&'static str>,
}

const PLACES: [Place; 5] = [
    Place { path: "a", umask: "022", zone: "UTC", locale: "C", jobs: "2", uid: None },
    Place { path: "some/where/else", umask: "077", zone: "Asia/Tokyo", locale: "de_DE.UTF-8", jobs: "1", uid: Some("4711") },
    Place { path: "b-with_other.signs", umask: "002", zone: "America/New_York", locale: "tr_TR.UTF-8", jobs: "4", uid: None },
    Place { path: "deep/er/and/deep/er/still", umask: "027", zone: "Europe/Berlin", locale: "C.UTF-8", jobs: "3", uid: Some("12345") },
    Place { path: "z", umask: "007", zone: "Pacific/Chatham", locale: "POSIX", jobs: "2", uid: None },
];

pub(crate) fn run(options: &Options) -> Result<()> {
    let source = Source::read()?;
    ensure!(source.clean, "the tree has changes that are in no commit: a clone would not have them");
    ensure!((1..=PLACES.len()).contains(&options.times), "--times is from 1 to {}", PLACES.len());
    let signer = Signer::from_environment_or_throwaway()?;
    let work = tempfile::tempdir()?;
    let mut expected = options.against.as_deref().map(sums_of).transpose()?;
    // Without a folder to compare with, the first build is the measure of the others.
    let places: Vec<&Place> = PLACES.iter().skip(usize::from(options.against.is_some())).take(options.times).collect();
    for (count, place) in places.iter().enumerate() {
        let found = sums_of(&build(place, &source, &signer, work.path(), options)?)?;
        match &expected {
            Some(expected) => compare(expected, &found, options.against.is_some())?,
            None => expected = Some(found),
        }
        println!("rebuild {} of {}: {} — the same bytes", count + 1, places.len(), place.path);
    }
    Ok(())
}

fn build(place: &Place, source: &Source, signer: &Signer, work: &Path, options: &Options) -> Result<PathBuf> {
    let home = work.join(place.path);
    let (clone, out) = (home.join("clone"), home.join("out"));
    std::fs::create_dir_all(&home)?;
    let trusted = format!("safe.directory={}", root().join(".git").display());
    let mut cloning = program("git");
    cloning.args(["-c", &trusted, "clone", "--quiet", "--no-hardlinks"]).arg(root()).arg(&clone);
    step("git clone", &mut cloning)?;
    ensure!(output(Command::new("git").arg("-C").arg(&clone).args(["rev-parse", "HEAD"]))? == source.commit, "HEAD moved");

    let own = std::env::current_exe().context("where this program is")?;
    let script = format!("umask {} && exec \"$0\" \"$@\"", place.umask);
    let mut shell = match place.uid.filter(|_| is_root()) {
        None => Command::new("sh"),
        // Another user who may still read the toolchain in ours' home: rights, not a name, are what rustup needs.
        Some(uid) => {
            step("chown", Command::new("chown").args(["-R", uid]).arg(&home))?;
            let mut command = Command::new("setpriv");
            let rights = "+dac_override,+dac_read_search,+fowner";
            command.args(["--reuid", uid, "--regid", uid, "--clear-groups", "--inh-caps", rights, "--ambient-caps", rights]);
            command.arg("sh");
            command
        }
    };
    shell.args(["-c", &script]).arg(own).arg("kit").arg("--out").arg(&out);
    for arch in &options.arch {
        shell.args(["--arch", arch.oci()]);
    }
    shell
        .env(run::ROOT, &clone)
        .env("CARGO_TARGET_DIR", home.join("target"))
        .env("CARGO_BUILD_JOBS", place.jobs)
        .env("TZ", place.zone)
        .env("LC_ALL", place.locale)
        .env(KEY, signer.key_text()?);
    step(&format!("build in {}", place.path), &mut shell)?;
    // Only the result is kept: five target folders would fill a disk.
    for folder in [&clone, &home.join("target")] {
        std::fs::remove_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    Ok(out)
}

fn is_root() -> bool {
    output(Command::new("id").arg("-u")).is_ok_and(|id| id == "0")
}

/// Name and sum of each published file.
fn sums_of(folder: &Path) -> Result<Vec<(String, String)>> {
    let text = std::fs::read_to_string(folder.join(kit::SUMS)).with_context(|| folder.join(kit::SUMS).display().to_string())?;
    let pairs = text.lines().filter_map(|line| line.split_once("  "));
    Ok(pairs.map(|(sum, name)| (name.to_owned(), sum.to_owned())).collect())
}

/// `release.json` names every image, binary, bill and the Forge bundle by digest; kits hold signatures, which another key
/// makes otherwise, and so do the sums of kits in the notes.
fn compare(expected: &[(String, String)], found: &[(String, String)], other_key: bool) -> Result<()> {
    let signed = |name: &str| {
        let kit = Path::new(name).extension().is_some_and(|end| end == "tar" || end == "sig");
        kit || name == "RELEASE-NOTES.md"
    };
    let kept = |sums: &[(String, String)]| -> Vec<(String, String)> {
        sums.iter().filter(|(name, _)| !(other_key && signed(name))).cloned().collect()
    };
    let (expected, found) = (kept(expected), kept(found));
    ensure!(expected.len() == found.len(), "other files were built: {expected:?}, {found:?}");
    for (wanted, made) in expected.iter().zip(&found) {
        if wanted != made {
            bail!("{} differs: {} here, {} there", wanted.0, wanted.1, made.1);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sums(kit: &str, release: &str) -> Vec<(String, String)> {
        vec![("kit.tar".into(), kit.into()), ("release.json".into(), release.into())]
    }

    #[test]
    fn any_other_sum_is_a_difference() {
        assert!(compare(&sums("1", "2"), &sums("1", "2"), false).is_ok());
        assert!(compare(&sums("1", "2"), &sums("9", "2"), false).is_err());
        assert!(compare(&sums("1", "2"), &sums("1", "2")[..1], false).is_err());
    }

    #[test]
    fn another_key_changes_kits_only() {
        assert!(compare(&sums("1", "2"), &sums("9", "2"), true).is_ok());
        assert!(compare(&sums("1", "2"), &sums("1", "9"), true).is_err());
    }

    #[test]
    fn no_two_places_are_alike_in_anything_that_counts() {
        for (at, place) in PLACES.iter().enumerate() {
            for other in &PLACES[at + 1..] {
                assert!(place.path != other.path && place.umask != other.umask && place.zone != other.zone);
                assert!(place.locale != other.locale);
            }
        }
    }
}
