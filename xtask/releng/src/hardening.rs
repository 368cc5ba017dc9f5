//! The hardening of a binary, read from its headers and compared with `sidecar-image/hardening-<arch>.txt`: a changed flag needs
//! a changed file, which a reviewer sees.

use anyhow::{Context, Result, ensure};
use object::elf;
use object::read::elf::{Dyn as _, ElfFile64, ProgramHeader as _};
use object::{Endianness, Object as _, ObjectSection as _};

/// One line for each property, in a fixed order.
pub(crate) fn describe(binary: &[u8]) -> Result<String> {
    let file = ElfFile64::<Endianness>::parse(binary).context("the binary is no 64-bit ELF file")?;
    let endian = file.endian();
    let headers = file.elf_program_headers();
    let of_kind = |kind: elf::ProgramType| headers.iter().filter(move |header| header.p_type(endian) == kind);
    let mut dynamic = Vec::new();
    for header in headers {
        if let Some(entries) = header.dynamic(endian, binary)? {
            dynamic.extend(entries.iter().map(|entry| (entry.d_tag(endian), entry.d_val(endian))));
        }
    }
    let value = |tag: elf::DynamicTag| dynamic.iter().find(|(found, _)| *found == tag).map(|(_, value)| *value);
    let flags_1 = elf::DynamicFlags1(value(elf::DT_FLAGS_1).unwrap_or(0));
    let flags = elf::DynamicFlags(value(elf::DT_FLAGS).unwrap_or(0));
    let pie = flags_1.contains(elf::DF_1_PIE);
    let now = value(elf::DT_BIND_NOW).is_some() || flags.contains(elf::DF_BIND_NOW) || flags_1.contains(elf::DF_1_NOW);
    let relro = of_kind(elf::PT_GNU_RELRO).next().is_some();
    let stack = of_kind(elf::PT_GNU_STACK).next().map(|header| !header.p_flags(endian).contains(elf::PF_X));
    let write_and_run = of_kind(elf::PT_LOAD).any(|header| header.p_flags(endian).contains(elf::PF_W | elf::PF_X));
    let section = |name: &str| file.sections().any(|section| section.name() == Ok(name));
    let lines = [
        ("position independent", yes(pie)),
        ("interpreter", present(of_kind(elf::PT_INTERP).next().is_some())),
        ("shared libraries", present(value(elf::DT_NEEDED).is_some())),
        ("search path", present(value(elf::DT_RPATH).is_some() || value(elf::DT_RUNPATH).is_some())),
        (
            "read-only relocations",
            if relro && now {
                "full"
            } else if relro {
                "partial"
            } else {
                "none"
            }
            .to_owned(),
        ),
        ("stack not executable", yes(stack == Some(true))),
        ("segment both writable and executable", present(write_and_run)),
        ("build id", present(section(".note.gnu.build-id"))),
        ("symbols", present(section(".symtab"))),
        ("dependency list for scanners", present(section(".dep-v0"))),
    ];
    Ok(lines.iter().map(|(name, value)| format!("{name}: {value}\n")).collect())
}

/// Fails with the differing lines if the hardening of the binary differs from `expected`.
pub(crate) fn check(binary: &[u8], expected: &str, file: &str) -> Result<()> {
    let found = describe(binary)?;
    let different: Vec<&str> = found.lines().filter(|line| !expected.lines().any(|wanted| wanted == *line)).collect();
    ensure!(
        different.is_empty() && found.lines().count() == expected.lines().count(),
        "the hardening of the binary differs from {file}: {}",
        different.join("; ")
    );
    Ok(())
}

fn yes(is: bool) -> String {
    if is { "yes" } else { "no" }.to_owned()
}

fn present(is: bool) -> String {
    if is { "present" } else { "none" }.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads this test binary, which is dynamic, so that the check has differences to find.
    #[test]
    fn distinguishes_a_dynamic_binary_from_a_static_one() {
        let own = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        let lines = describe(&own).unwrap();
        assert!(lines.contains("interpreter: present\n") && lines.contains("shared libraries: present\n"), "{lines}");
        let expected = include_str!("../../../sidecar-image/hardening-amd64.txt");
        let refused = check(&own, expected, "hardening-amd64.txt").unwrap_err().to_string();
        assert!(refused.contains("interpreter: present"), "{refused}");
    }

    #[test]
    fn rejects_files_that_are_no_binaries() {
        assert!(describe(b"#!/bin/sh\n").is_err());
        assert!(describe(b"").is_err());
    }
}
