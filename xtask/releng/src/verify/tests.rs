//! A valid kit, and kits that are invalid in many ways: each is refused by `verify` and by `verify.sh`.

use proptest::prelude::*;
use xtask::command::Command;

use super::{Kit, check};
use crate::arch::Arch;
use crate::archive::{self, Entry};
use crate::image::tests::source;
use crate::image::{self, Recipe};
use crate::kit::{self, Parts};
use crate::manifest::tests::release;
use crate::sbom::{Subject, bill};
use crate::sign::Signer;
use crate::sign::tests::signer;
use crate::{digest, notes};

const CHANGELOG: &str = "## [1.2.3]\n\n- Something.\n";

struct Made {
    name: String,
    archive: Vec<u8>,
    signature: String,
    allowed_signers: String,
}

/// A kit of a binary that is none; everything else is real.
fn made(signer: &Signer) -> Made {
    made_of(signer, b"binary")
}

fn made_of(signer: &Signer, binary: &[u8]) -> Made {
    let recipe = Recipe::read(include_str!("../../../../sidecar-image/image.toml")).unwrap();
    let image = image::build(&recipe, Arch::Amd64, &source(), &image::files(binary.to_vec(), "texts".into())).unwrap();
    let mut release = release();
    let binary_sha256 = digest::sha256(binary);
    let connector_bill =
        bill(&source(), &Subject { name: "connector", sha256: &binary_sha256, needs: vec![] }, &[]).unwrap();
    let bundle = release.forge.bundle_sha256.clone();
    let forge_bill = bill(&source(), &Subject { name: "forge", sha256: &bundle, needs: vec![] }, &[]).unwrap();
    let entry = &mut release.images[0];
    entry.tarball_sha256 = digest::sha256(&image.archive);
    entry.config_digest.clone_from(&image.config_digest);
    entry.manifest_digest.clone_from(&image.manifest_digest);
    entry.binary_sha256 = binary_sha256;
    entry.sbom_sha256 = digest::sha256(&connector_bill);
    release.forge.sbom_sha256 = digest::sha256(&forge_bill);
    let notes = notes::write(&release, CHANGELOG, None).unwrap();
    let parts = Parts { image: image.archive, licences: "texts".into(), connector_bill, forge_bill };
    let archive = kit::write(&release, Arch::Amd64, parts, &notes, signer).unwrap();
    Made {
        name: format!("{}.tar", kit::name("1.2.3", Arch::Amd64)),
        signature: signer.ssh(&archive).unwrap(),
        archive,
        allowed_signers: signer.allowed_signers().unwrap(),
    }
}

impl Made {
    /// The verdict of the Rust checks.
    fn verdict(&self) -> Result<(), String> {
        let kit = Kit {
            name: &self.name,
            archive: &self.archive,
            signature: (!self.signature.is_empty()).then_some(&self.signature),
            allowed_signers: &self.allowed_signers,
        };
        check(&kit, &mut |_| ()).map_err(|error| format!("{error:#}"))
    }

    /// The verdict of `verify.sh`, with the real `ssh-keygen`, `tar` and `sha256sum`.
    fn script(&self) -> Result<(), String> {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path(&self.name), &self.archive).unwrap();
        if !self.signature.is_empty() {
            std::fs::write(path(&format!("{}.sig", self.name)), &self.signature).unwrap();
        }
        std::fs::write(path("allowed_signers"), &self.allowed_signers).unwrap();
        std::fs::write(path("verify.sh"), include_str!("../../../../sidecar-image/verify.sh")).unwrap();
        let mut shell = Command::new("sh");
        shell.args(["verify.sh", &self.name, "allowed_signers"]).current_dir(folder.path());
        let output = shell.output().unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        let last = printed.lines().last().unwrap_or_default().to_owned();
        assert!(output.status.success() == last.starts_with("PASS"), "{printed}");
        if output.status.success() { Ok(()) } else { Err(last) }
    }

    /// Both verdicts name `what`.
    #[track_caller]
    fn is_refused(&self, rust: &str, script: &str) {
        let printed = self.verdict().unwrap_err();
        assert!(printed.contains(rust), "{printed}");
        let printed = self.script().unwrap_err();
        assert!(printed.contains(script), "{printed}");
    }

    /// The members changed, and all of it signed anew with our own key: what is left are the checks behind the signature.
    fn with(mut self, change: impl FnOnce(&mut Vec<Entry>)) -> Self {
        let (mut entries, time) = archive::read(&self.archive).unwrap();
        change(&mut entries);
        self.archive = archive::write(&entries, time).unwrap();
        self.signature = signer(1).ssh(&self.archive).unwrap();
        self
    }
}

fn member<'a>(entries: &'a mut [Entry], name: &str) -> &'a mut Entry {
    entries.iter_mut().find(|entry| entry.path.ends_with(name)).unwrap()
}

#[test]
fn a_good_kit_passes_both() {
    let kit = made(&signer(1));
    assert_eq!(kit.verdict(), Ok(()));
    assert_eq!(kit.script(), Ok(()));
}

#[test]
fn a_stripped_or_foreign_signature_is_refused() {
    let kit = made(&signer(1));
    Made { signature: String::new(), ..made(&signer(1)) }
        .is_refused("there is no chefstackz", "there is no chefstackz");
    Made { allowed_signers: signer(2).allowed_signers().unwrap(), ..kit }
        .is_refused("signature of the archive", "signature of the archive");
    let resigned = Made { allowed_signers: signer(1).allowed_signers().unwrap(), ..made(&signer(2)) };
    resigned.is_refused("signature of the archive", "signature of the archive");
}

#[test]
fn a_truncated_download_is_refused() {
    let mut kit = made(&signer(1));
    kit.archive.truncate(kit.archive.len() / 2);
    kit.is_refused("signature of the archive", "signature of the archive");
    kit.archive.clear();
    kit.is_refused("signature of the archive", "signature of the archive");
}

#[test]
fn an_added_a_missing_and_a_climbing_member_are_named() {
    let folder = kit::name("1.2.3", Arch::Amd64);
    let added = made(&signer(1)).with(|entries| entries.push(Entry::file(format!("{folder}/evil.sh"), 0o755, *b"x")));
    added.is_refused("evil.sh\" does not belong", "evil.sh does not belong");
    let elsewhere = made(&signer(1)).with(|entries| entries.push(Entry::file("other/file", 0o644, *b"x")));
    elsewhere.is_refused("other/file", "other/file does not belong");
    let missing = made(&signer(1)).with(|entries| entries.retain(|entry| !entry.path.ends_with("compose.yaml")));
    missing.is_refused("compose.yaml is missing", "compose.yaml is missing");

    // The writer refuses to climb, so the path is put in by hand.
    let mut climbing = made(&signer(1)).with(|entries| entries.push(Entry::file("xx/climbs", 0o644, *b"x")));
    let at = climbing.archive.windows(9).rposition(|window| window == b"xx/climbs").unwrap();
    climbing.archive[at..at + 2].copy_from_slice(b"..");
    let sum: u32 =
        (0..512).map(|i| if (148..156).contains(&i) { 32 } else { u32::from(climbing.archive[at + i]) }).sum();
    climbing.archive[at + 148..at + 156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    climbing.signature = signer(1).ssh(&climbing.archive).unwrap();
    climbing.is_refused("unsafe path: \"../climbs\"", "../climbs does not belong");
}

#[test]
fn a_changed_file_and_changed_sums_are_named() {
    let changed = made(&signer(1)).with(|entries| member(entries, "/compose.yaml").bytes[0] ^= 1);
    changed.is_refused("sums: compose.yaml", "sums: compose.yaml");
    // Both changed alike: then the signature over the sums is what does not fit.
    let both = made(&signer(1)).with(|entries| {
        let before = digest::sha256(&member(entries, "/compose.yaml").bytes);
        member(entries, "/compose.yaml").bytes[0] ^= 1;
        let after = digest::sha256(&member(entries, "/compose.yaml").bytes);
        let sums = member(entries, "/SHA256SUMS");
        sums.bytes = String::from_utf8(sums.bytes.clone()).unwrap().replace(&before, &after).into_bytes();
    });
    both.is_refused("signature of SHA256SUMS", "signature of SHA256SUMS");
}

#[test]
fn a_swapped_image_is_refused() {
    // The image of another build, in a kit whose sums are signed anew: the published digests are what does not fit.
    let other = made_of(&signer(1), b"another binary");
    let (mut theirs, _) = archive::read(&other.archive).unwrap();
    let image = member(&mut theirs, ".image.tar").bytes.clone();
    let swapped = made(&signer(1)).with(|entries| {
        member(entries, ".image.tar").bytes = image;
        sign_sums(entries);
    });
    swapped
        .is_refused("image: connector-1.2.3-linux-amd64.image.tar is not the one", "image: its archive is not the one");
}

/// Writes the sums of the files anew and signs them.
fn sign_sums(entries: &mut [Entry]) {
    let covered = |entry: &&Entry| !entry.is_directory() && !entry.path.contains("/SHA256SUMS");
    let name = |entry: &Entry| entry.path.rsplit('/').next().unwrap().to_owned();
    let files: Vec<(String, Vec<u8>)> =
        entries.iter().filter(covered).map(|entry| (name(entry), entry.bytes.clone())).collect();
    let sums = kit::sums(files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())));
    member(entries, "/SHA256SUMS.sig").bytes = signer(1).ssh(sums.as_bytes()).unwrap().into_bytes();
    member(entries, "/SHA256SUMS").bytes = sums.into_bytes();
}

/// A kit whose image is changed as if by somebody who can sign: its digest is changed in the release's texts too.
fn with_image(change: impl FnOnce(&mut Vec<u8>)) -> Made {
    made(&signer(1)).with(|entries| {
        let image = &mut member(entries, ".image.tar").bytes;
        let before = digest::sha256(image);
        change(image);
        let after = digest::sha256(&member(entries, ".image.tar").bytes);
        for name in ["/release.json", "/RELEASE-NOTES.md"] {
            let text = &mut member(entries, name).bytes;
            *text = String::from_utf8(text.clone()).unwrap().replace(&before, &after).into_bytes();
        }
        sign_sums(entries);
    })
}

/// The members of the image changed.
fn with_image_members(change: impl FnOnce(&mut Vec<Entry>)) -> Made {
    with_image(|image| {
        let (mut entries, time) = archive::read(image).unwrap();
        change(&mut entries);
        *image = archive::write(&entries, time).unwrap();
    })
}

#[test]
fn an_image_that_leads_elsewhere_is_refused_behind_every_signature() {
    let other = digest::sha256(b"other");
    let blob = |entries: &mut Vec<Entry>| {
        entries.push(Entry::file(format!("blobs/sha256/{other}"), 0o644, *b"other"));
        entries.sort_by(|a, b| a.path.cmp(&b.path));
    };
    let named = |text: &[u8]| String::from_utf8(text.to_vec()).unwrap();
    let kits = [
        ("does not belong to the published image", with_image_members(blob)),
        ("does not belong into it", with_image_members(|entries| entries.push(Entry::file("zz", 0o644, *b"x")))),
        (
            "manifest.json names another image",
            with_image_members(|entries| {
                let text = &mut member(entries, "manifest.json").bytes;
                *text = named(text).replacen("blobs/sha256/", "blobs/sha256/f", 1).into_bytes();
            }),
        ),
        (
            "manifest.json names a second image",
            with_image_members(|entries| {
                let text = &mut member(entries, "manifest.json").bytes;
                *text = named(text).replace("]}]", "]},{\"Config\":\"blobs/sha256/x\"}]").into_bytes();
            }),
        ),
        (
            "index.json names another image",
            with_image_members(|entries| {
                let text = &mut member(entries, "index.json").bytes;
                *text = named(text).replace("sha256:", "sha256:f").into_bytes();
            }),
        ),
        (
            "neither a plain file nor a folder",
            with_image_members(|entries| member(entries, "oci-layout").mode = 0o4755),
        ),
        ("something behind the end", with_image(|image| image.extend_from_slice(&[1; 512]))),
    ];
    for (finding, kit) in kits {
        let printed = kit.script().unwrap_err();
        assert!(printed.contains(finding), "{finding}: {printed}");
        assert!(kit.verdict().is_err(), "{finding}");
    }
}

#[test]
fn odd_members_of_the_kit_are_refused_behind_its_signature() {
    let resigned = |change: fn(&mut Vec<u8>)| {
        let mut kit = made(&signer(1));
        change(&mut kit.archive);
        kit.signature = signer(1).ssh(&kit.archive).unwrap();
        kit
    };
    let kits = [
        ("something behind the end", resigned(|archive| archive.extend_from_within(..))),
        (
            "one is there twice",
            resigned(|archive| {
                // The first file once more, before the two blocks of zeros at the end.
                let file = archive[512..2 * 512].to_vec();
                let size = std::str::from_utf8(&file[124..135]).unwrap();
                let blocks = usize::from_str_radix(size, 8).unwrap().div_ceil(512);
                let again = archive[512..(2 + blocks) * 512].to_vec();
                let end = archive.len() - 1024;
                archive.splice(end..end, again);
            }),
        ),
        (
            "neither a plain file nor a folder",
            made(&signer(1)).with(|entries| member(entries, "/verify.sh").mode = 0o4755),
        ),
        (
            "neither a plain file nor a folder",
            made(&signer(1)).with(|entries| member(entries, "/compose.yaml").mode = 0o666),
        ),
    ];
    for (finding, kit) in kits {
        let printed = kit.script().unwrap_err();
        assert!(printed.contains(finding), "{finding}: {printed}");
        assert!(kit.verdict().is_err(), "{finding}");
    }
}

#[test]
fn a_kit_under_another_name_is_refused() {
    let renamed = Made { name: "chefstackz-zammad-connector-9.9.9-linux-amd64.tar".into(), ..made(&signer(1)) };
    renamed.is_refused("does not belong into the kit", "does not belong into the kit");
}

#[test]
fn some_flipped_bytes_are_refused_by_the_script() {
    let good = made(&signer(1));
    // One in each part of the archive: a header, the image, a text, padding, the end.
    let length = good.archive.len();
    for at in [0, 200, 700, length / 3, length / 2, length * 2 / 3, length - 1100, length - 1] {
        let mut bad = made(&signer(1));
        bad.archive[at] ^= 1;
        assert!(bad.script().is_err(), "byte {at}");
    }
}

proptest! {
    // PROPTEST_CASES=10000 for a long run.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_flipped_byte_is_refused(at: prop::sample::Index, by in 1_u8..) {
        let mut kit = made(&signer(1));
        let at = at.index(kit.archive.len());
        kit.archive[at] ^= by;
        prop_assert!(kit.verdict().is_err(), "byte {at}");
    }

    #[test]
    fn any_flipped_byte_is_refused_behind_the_signature_too(at: prop::sample::Index, by in 1_u8..) {
        // Signed again, so that the checks behind the signature are on their own.
        let mut kit = made(&signer(1));
        let at = at.index(kit.archive.len());
        kit.archive[at] ^= by;
        kit.signature = signer(1).ssh(&kit.archive).unwrap();
        prop_assert!(kit.verdict().is_err(), "byte {at}");
    }
}
