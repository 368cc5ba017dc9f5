//! The Forge half as wasm: built, bound, shrunk, inlined as docs/platforms/forge.md §10 form A.
//!
//! One file `bytes.json` with the module in base64 and one `core.js` whose only entry is `initSync`: the asynchronous
//! `init` of the generated glue fetches a URL, which fails inside Forge and makes its bundler emit a second asset.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use wasm_bindgen_cli_support::Bindgen;

use crate::run::{cargo, output, program, root, step, target_dir};
use crate::{paths, setup};

/// The module stays below this. It was 400,000 when Forge only carried comments; fields, workflows, files, queries and the
/// life cycle are the rest, with readers of our own that are half of what serde's would be.
const LARGEST: u64 = 490_000;
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const TARGET: &str = "wasm32-unknown-unknown";

#[derive(clap::Args, Default)]
/// What can be chosen.
pub struct Options {
    /// Use Debian's rustc and build the standard library, even where rustup could bring the target.
    #[arg(long)]
    debian: bool,
}

/// Makes `forge-app/src/wasm`.
///
/// # Errors
/// A step fails, or the module is larger than it may be.
pub fn run(options: &Options) -> Result<()> {
    setup::npm()?;
    let module = if !options.debian && setup::rustup_target(TARGET) { with_rustup()? } else { with_debian()? };
    let out = root().join("forge-app/src/wasm");
    fs::create_dir_all(&out)?;
    let work = target_dir().join("wasm-bindgen");
    bind(&module, &work)?;
    let shrunk = shrink(&work)?;
    inline(&work, &shrunk, &out)?;
    let size = fs::metadata(&shrunk)?.len();
    println!("wasm: {size} bytes of at most {LARGEST}");
    ensure!(size <= LARGEST, "the module is larger than {LARGEST} bytes");
    Ok(())
}

fn build(command: &mut Command, rustc: &str, target_dir: &Path) -> Result<PathBuf> {
    command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", paths::rust_flags(rustc, target_dir)?.join(" "));
    command.args(["build", "--package", "forge", "--lib", "--profile", "wasm", "--target", TARGET, "--locked"]);
    command.arg("--target-dir").arg(target_dir);
    step("cargo build (wasm)", command)?;
    Ok(target_dir.join(TARGET).join("wasm/forge.wasm"))
}

fn with_rustup() -> Result<PathBuf> {
    build(&mut cargo(), "rustc", &target_dir())
}

/// docs/platforms/forge.md §13: Debian's rustc brings its library's sources; cargo builds the library for the target. A
/// target directory of its own, since the compiler is another.
fn with_debian() -> Result<PathBuf> {
    setup::debian(&["rustc-web", "rust-web-src", "libstd-rust-web-dev", "lld"])?;
    let sysroot = output(program("rustc").args(["--print", "sysroot"]))?;
    let linkers = format!("{sysroot}/lib/rustlib/x86_64-unknown-linux-gnu/bin");
    let path = format!("{linkers}:{}", std::env::var("PATH").unwrap_or_default());
    let mut command = cargo();
    command.env("RUSTC", DEBIAN_RUSTC).env("RUSTC_BOOTSTRAP", "1").env("PATH", path);
    command.arg("-Zbuild-std=std,panic_abort");
    build(&mut command, DEBIAN_RUSTC, &target_dir().join("wasm-debian"))
}

fn bind(module: &Path, out: &Path) -> Result<()> {
    // Left-overs of an earlier version would be inlined by the next step.
    if out.exists() {
        fs::remove_dir_all(out)?;
    }
    Bindgen::new()
        .input_path(module)
        .out_name("core")
        .web(true)
        .and_then(|bindgen| {
            bindgen.typescript(true).remove_producers_section(true).remove_name_section(true).generate(out)
        })
        .context("wasm-bindgen")
}

fn shrink(work: &Path) -> Result<PathBuf> {
    let (from, to) = (work.join("core_bg.wasm"), work.join("shrunk.wasm"));
    let mut command = program("node_modules/.bin/wasm-opt");
    command.current_dir(root().join("forge-app"));
    command.args(["-Oz", "--strip-debug", "--strip-producers", "-o"]).arg(&to).arg(&from);
    step("wasm-opt", &mut command)?;
    Ok(to)
}

fn inline(work: &Path, shrunk: &Path, out: &Path) -> Result<()> {
    let bytes = fs::read(shrunk)?;
    fs::write(out.join("bytes.json"), serde_json::to_string(&STANDARD.encode(&bytes))? + "\n")?;
    let glue = fs::read_to_string(work.join("core.js"))?;
    fs::write(out.join("core.js"), without_async_init(&glue)?)?;
    let types = fs::read_to_string(work.join("core.d.ts"))?;
    let kept = types.split("/**\n* If `module_or_path` is").next().unwrap_or(&types);
    let kept = kept.split("/**\n * If `module_or_path` is").next().unwrap_or(kept);
    fs::write(out.join("core.d.ts"), kept)?;
    Ok(())
}

/// Cuts everything asynchronous out of the generated glue: `__wbg_init`, `__wbg_init_once`, `__wbg_load`.
fn without_async_init(glue: &str) -> Result<String> {
    let mut kept = glue.to_owned();
    while let Some(start) = kept.find("\nasync function ") {
        kept = cut_function(&kept, start + 1)?;
    }
    kept = kept.replace("export { initSync, __wbg_init as default };", "export { initSync };");
    ensure!(!kept.contains("fetch(") && !kept.contains("import.meta"), "the generated glue has changed its form");
    ensure!(kept.contains("export { initSync }"), "the generated glue has no initSync");
    Ok(kept)
}

/// Top-level functions of the glue end at the first line that is a lone brace.
fn cut_function(glue: &str, start: usize) -> Result<String> {
    let length = glue[start..].find("\n}\n").context("a function of the glue does not end")? + 3;
    Ok(format!("{}{}", &glue[..start], &glue[start + length..]))
}
