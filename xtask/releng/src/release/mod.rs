//! `cargo xtask release`: plan → checks → build → verify → publish → upload → announce. Each stage recognises its own finished
//! work, so an interrupted run is started again; a published file is never overwritten with other bytes.

mod checks;
mod options;
mod publish;

use std::path::Path;

use anyhow::{Context, Result, ensure};
use xtask::run::{root, target_dir};

use crate::arch::Arch;
use crate::assemble::{assemble, store};
use crate::forge_cli::{Credentials, Forge};
use crate::manifest::{Previous, Release};
use crate::sign::Signer;
use crate::source::Source;
use crate::{digest, kit, verify};

pub(crate) use options::Options;
use publish::Target;

/// Time limit for bundling and uploading about a megabyte.
const UPLOAD_SECONDS: u64 = 900;

pub(crate) fn run(options: &Options) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(release(options))
}

async fn release(options: &Options) -> Result<()> {
    let source = Source::read()?;
    let target = Target::open(&options.to)?;
    let architectures = if options.arch.is_empty() { Arch::ALL.to_vec() } else { options.arch.clone() };
    let folder = target_dir().join("releases").join(&source.version);
    println!("plan: {} from {}, for {}, to {}", source.tag(), source.commit, names(&architectures), options.to);

    let signer = Signer::from_environment();
    let previous = match &signer {
        Ok(signer) => target.newest_before(&source.version, &signer.allowed_signers()?).await?,
        Err(_) => None,
    };
    println!("plan: the previous release is {}", previous.as_ref().map_or("none", |previous| &previous.version));

    let mut verdicts = checks::all(&source, previous.as_ref(), options);
    verdicts.push(("key to sign with", signer.as_ref().map(|_| ()).map_err(|error| format!("{error:#}"))));
    for (name, found) in &verdicts {
        println!("check: {name}: {}", verdict(found));
    }
    if options.dry_run {
        for step in ["build", "verify", "publish", "upload", "announce"] {
            println!(
                "{step}: not done (--dry-run){}",
                if step == "build" { format!("; would make {}", folder.display()) } else { String::new() }
            );
        }
    }
    let refused: Vec<&str> = verdicts.iter().filter(|(_, found)| found.is_err()).map(|(name, _)| *name).collect();
    ensure!(refused.is_empty(), "refused: {}", refused.join(", "));
    if options.dry_run {
        return Ok(());
    }
    let signer = signer?;
    build(&source, &architectures, previous, &signer, &folder)?;
    check(&folder, &signer)?;
    publish(&folder, &source, &target).await?;
    upload(&folder, &source, options)?;
    announce(&folder, &source, &target).await?;
    // A fixed path for the workflow that keeps the result.
    let latest = target_dir().join("release-latest");
    let _ = std::fs::remove_file(&latest);
    std::os::unix::fs::symlink(&folder, &latest).context("cannot make the link to the newest release")
}

/// Builds, unless there is a finished build of this commit.
fn build(
    source: &Source,
    architectures: &[Arch],
    previous: Option<Previous>,
    signer: &Signer,
    folder: &Path,
) -> Result<()> {
    if finished(folder).is_ok_and(|release| release.commit == source.commit && release.previous == previous) {
        println!("build: {} is finished already", folder.display());
        return Ok(());
    }
    let made = assemble(source, architectures, previous, signer)?;
    store(&made.files, folder)?;
    println!("build: {}", folder.display());
    Ok(())
}

/// The release in a folder, if all of its files are there and unchanged.
fn finished(folder: &Path) -> Result<Release> {
    for (sum, name) in listed(folder)? {
        ensure!(
            digest::sha256(&digest::read(&folder.join(&name))?) == sum,
            "{name} does not have its digest in {}",
            kit::SUMS
        );
    }
    Release::read(&digest::read(&folder.join("release.json"))?)
}

/// Sum and name of each file of a release's folder.
fn listed(folder: &Path) -> Result<Vec<(String, String)>> {
    let sums = std::fs::read_to_string(folder.join(kit::SUMS))
        .with_context(|| folder.join(kit::SUMS).display().to_string())?;
    Ok(sums
        .lines()
        .filter_map(|line| line.split_once("  "))
        .map(|(sum, name)| (sum.to_owned(), name.to_owned()))
        .collect())
}

/// Checks every kit as a customer does.
fn check(folder: &Path, signer: &Signer) -> Result<()> {
    let allowed_signers = signer.allowed_signers()?;
    for (_, name) in listed(folder)?.iter().filter(|(_, name)| name.ends_with(".tar")) {
        let archive = digest::read(&folder.join(name))?;
        let signature = std::fs::read_to_string(verify::signature_of(&folder.join(name)))?;
        let kit =
            verify::Kit { name, archive: &archive, signature: Some(&signature), allowed_signers: &allowed_signers };
        verify::check(&kit, &mut |line| println!("verify: {name}: {line}"))?;
    }
    Ok(())
}

/// Puts every file, the sums last: a release that has its sums is complete.
async fn publish(folder: &Path, source: &Source, target: &Target) -> Result<()> {
    let mut names: Vec<String> = listed(folder)?.into_iter().map(|(_, name)| name).collect();
    if folder.join(kit::MINISIGNATURE).exists() {
        names.push(kit::MINISIGNATURE.into());
    }
    names.extend([kit::SIGNATURE.to_owned(), kit::SUMS.to_owned()]);
    for name in names {
        let put = target.put(&source.tag(), &name, digest::read(&folder.join(&name))?).await?;
        println!("publish: {}/{name}: {put}", source.tag());
    }
    // Checks what can be downloaded, not what was sent.
    for (sum, name) in listed(folder)? {
        let there = target.get(&source.tag(), &name).await?;
        ensure!(digest::sha256(&there) == sum, "{name} as published is not what was built; it was not announced");
    }
    println!("publish: read back, every file equals the built one");
    Ok(())
}

/// Uploads the Forge app to Atlassian under the release's tag: `forge build -t` (docs/platforms/forge.md §12). Only once: it is
/// not known whether the platform accepts the same tag again, so a file records that it was done.
fn upload(folder: &Path, source: &Source, options: &Options) -> Result<()> {
    let mark = folder.with_extension("uploaded");
    let tag = source.tag();
    if std::fs::read_to_string(&mark).is_ok_and(|commit| commit == source.commit) {
        println!("upload: Forge has {tag} already");
        return Ok(());
    }
    let credentials = Credentials::from_environment().context("FORGE_EMAIL and FORGE_API_TOKEN are not both set")?;
    let program = std::path::absolute(root().join(&options.forge))?;
    let forge = Forge { program, app: root().join("forge-app"), credentials, time_limit: UPLOAD_SECONDS };
    let arguments = ["build", "--non-interactive", "-t", &tag].map(str::to_owned);
    forge.call(&arguments, &|line| println!("upload: {line}")).context("forge build")?;
    std::fs::write(&mark, &source.commit).context("cannot write the record of the upload")?;
    println!("upload: Forge has {tag}");
    Ok(())
}

/// Adds the release to the index, now that all of its files are there.
async fn announce(folder: &Path, source: &Source, target: &Target) -> Result<()> {
    let sums = digest::sha256(&digest::read(&folder.join(kit::SUMS))?);
    target.announce(&source.version, &sums).await?;
    println!("announce: {} is in the index; its notes:\n", source.tag());
    println!("{}", std::fs::read_to_string(folder.join("RELEASE-NOTES.md"))?);
    println!("Next: cargo xtask promote --to development --version {}", source.version);
    Ok(())
}

fn verdict(found: &Result<(), String>) -> String {
    match found {
        Ok(()) => "ok".into(),
        Err(reason) => format!("REFUSED: {reason}"),
    }
}

fn names(architectures: &[Arch]) -> String {
    architectures.iter().map(|arch| format!("linux/{}", arch.oci())).collect::<Vec<_>>().join(", ")
}
