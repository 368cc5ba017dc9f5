//! `cargo xtask rebuild`: checks that a build depends on the commit alone. Builds the commit again in clones, each time with
//! another path, user, umask, time zone, locale and number of cores, and compares every byte.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use xtask::command::Command;
use xtask::run::{self, is_root, is_there, output, program, root, step};
use xtask::{setup, wasm};

use crate::arch::Arch;
use crate::manifest::Release;
use crate::sign::{KEY, Signer};
use crate::source::Source;
use crate::{digest, kit};

#[derive(clap::Args)]
pub(crate) struct Options {
    /// How many times, each in another environment.
    #[arg(long, default_value_t = 5)]
    times: usize,
    /// Architectures; default: all.
    #[arg(long, value_enum, value_delimiter = ',')]
    arch: Vec<Arch>,
    /// Compare with the images and bills of materials of this folder, made by `cargo xtask kit`, instead of with the first
    /// rebuild. Kits are not compared then, because another key may have signed them.
    #[arg(long, value_name = "DIR")]
    against: Option<PathBuf>,
}

/// An environment to build in. Whatever may differ between two machines differs between two of these.
struct Place {
    /// Of the clone, below a temporary folder.
    path: &'static str,
    umask: &'static str,
    zone: &'static str,
    locale: &'static str,
    jobs: &'static str,
    /// Another user, where we are root and may become one.
    uid: Option<&'static str>,
}

const PLACES: [Place; 5] = [
    Place { path: "a", umask: "022", zone: "UTC", locale: "C", jobs: "2", uid: None },
    Place {
        path: "some/where/else",
        umask: "077",
        zone: "Asia/Tokyo",
        locale: "de_DE.UTF-8",
        jobs: "3",
        uid: Some("4711"),
    },
    Place {
        path: "b-with_other.signs",
        umask: "002",
        zone: "America/New_York",
        locale: "tr_TR.UTF-8",
        jobs: "4",
        uid: None,
    },
    Place {
        path: "deep/er/and/deep/er/still",
        umask: "027",
        zone: "Europe/Berlin",
        locale: "C.UTF-8",
        jobs: "1",
        uid: Some("12345"),
    },
    Place { path: "z", umask: "007", zone: "Pacific/Chatham", locale: "POSIX", jobs: "2", uid: None },
];

pub(crate) fn run(options: &Options) -> Result<()> {
    let source = Source::read()?;
    ensure!(source.clean, "the tree has changes that are in no commit; a clone would not have them");
    ensure!((1..=PLACES.len()).contains(&options.times), "--times is from 1 to {}", PLACES.len());
    let signer = Signer::from_environment_or_throwaway()?;
    prepare()?;
    let work = tempfile::tempdir()?;
    let mut expected = options.against.as_deref().map(Made::read).transpose()?;
    // Without a folder to compare with, the others are compared with the first build.
    let places: Vec<&Place> = PLACES.iter().skip(usize::from(options.against.is_some())).take(options.times).collect();
    for (count, place) in places.iter().enumerate() {
        let found = Made::read(&build(place, &source, &signer, work.path(), options)?)?;
        match &expected {
            Some(expected) => found.compare(expected, options.against.is_none())?,
            None => expected = Some(found),
        }
        println!("rebuild: {} of {}: {}: the same bytes", count + 1, places.len(), place.path);
    }
    Ok(())
}

/// Installs what the builds need beyond a build of our own.
fn prepare() -> Result<()> {
    // gcc looks for rustup's linker with the rights of the real user, who may not read it; then it takes the one on the path.
    if is_root() && !is_there("ld.lld") {
        setup::debian(&["lld"])?;
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
    ensure!(
        output(Command::new("git").arg("-C").arg(&clone).args(["rev-parse", "HEAD"]))? == source.commit,
        "HEAD moved"
    );

    let own = std::env::current_exe().context("cannot find this program")?;
    let script = format!("umask {} && exec \"$0\" \"$@\"", place.umask);
    let mut shell = match place.uid.filter(|_| is_root()) {
        None => Command::new("sh"),
        // Another user with the capability to read the toolchain in our home directory.
        Some(uid) => {
            step("chown", Command::new("chown").args(["-R", uid]).arg(&home))?;
            let mut command = Command::new("setpriv");
            let rights = "+dac_override,+dac_read_search,+fowner";
            command.args([
                "--reuid",
                uid,
                "--regid",
                uid,
                "--clear-groups",
                "--inh-caps",
                rights,
                "--ambient-caps",
                rights,
            ]);
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
        .env(wasm::PROGRAM, root().join(wasm::executable()?))
        .secret(KEY, &signer.key()?);
    step(&format!("build in {} (about 10 min)", place.path), &mut shell)?;
    // Only the result is kept, because five target folders would fill a disk.
    for folder in [&clone, &home.join("target")] {
        std::fs::remove_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    Ok(out)
}

/// The result of a build, by digest.
struct Made {
    release: Release,
    /// Sum of each kit, by its name.
    kits: BTreeMap<String, String>,
}

impl Made {
    fn read(folder: &Path) -> Result<Self> {
        let release = Release::read(&digest::read(&folder.join("release.json"))?)?;
        let text = String::from_utf8(digest::read(&folder.join(kit::SUMS))?).context("the sums are not UTF-8")?;
        let pairs = text.lines().filter_map(|line| line.split_once("  "));
        let kits = pairs.filter(|(_, name)| name.ends_with(".tar"));
        Ok(Self { release, kits: kits.map(|(sum, name)| (name.to_owned(), sum.to_owned())).collect() })
    }

    /// Fails if something that both have differs, and names it. Kits are compared only where the same key signed both.
    fn compare(&self, other: &Self, same_key: bool) -> Result<()> {
        let (ours, theirs) = (&self.release, &other.release);
        ensure!(ours.commit == theirs.commit && ours.version == theirs.version, "these are not of one commit");
        same("the Forge bundle", &ours.forge, &theirs.forge)?;
        let mut compared = 0;
        for image in &ours.images {
            if let Some(found) = theirs.images.iter().find(|found| found.arch == image.arch) {
                same(&format!("the image for {}", image.arch), image, found)?;
                compared += 1;
            }
        }
        ensure!(compared > 0, "no architecture is in both");
        for (name, sum) in self.kits.iter().filter(|_| same_key) {
            same(name, Some(sum), other.kits.get(name))?;
        }
        Ok(())
    }
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, one: T, two: T) -> Result<()> {
    ensure!(one == two, "{what} differs:\n{one:#?}\n{two:#?}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::tests::release;

    fn made(change: impl FnOnce(&mut Made)) -> Made {
        let mut made = Made { release: release(), kits: [("kit.tar".to_owned(), "1".to_owned())].into() };
        change(&mut made);
        made
    }

    #[test]
    fn any_other_digest_is_a_difference() {
        let one = made(|_| ());
        assert!(one.compare(&made(|_| ()), true).is_ok());
        let refused = |change: fn(&mut Made)| one.compare(&made(change), true).unwrap_err().to_string();
        assert!(refused(|made| made.release.images[0].config_digest.push('x')).contains("image for amd64 differs"));
        assert!(refused(|made| made.release.forge.bundle_sha256.push('x')).contains("Forge bundle differs"));
        assert!(refused(|made| made.kits.clear()).contains("kit.tar differs"));
        assert!(refused(|made| made.release.commit.clear()).contains("not of one commit"));
        assert!(refused(|made| made.release.images[0].arch = "arm64".into()).contains("no architecture is in both"));
    }

    #[test]
    fn another_key_changes_kits_only() {
        assert!(made(|_| ()).compare(&made(|made| made.kits.clear()), false).is_ok());
    }

    #[test]
    fn no_two_places_share_a_setting() {
        for (at, place) in PLACES.iter().enumerate() {
            for other in &PLACES[at + 1..] {
                assert!(place.path != other.path && place.umask != other.umask && place.zone != other.zone);
                assert!(place.locale != other.locale);
            }
        }
    }
}
