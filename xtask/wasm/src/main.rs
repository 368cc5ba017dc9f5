//! `cargo xtask wasm`: the Forge core as wasm, built, bound, shrunk and inlined (docs/platforms/forge.md §10, form A).
//!
//! The result is one file `bytes.json` with the module in base64 and one `core.js` whose only entry is `initSync`: the
//! asynchronous `init` of the generated glue fetches a URL, which fails inside Forge and makes its bundler emit a second
//! asset. A separate package, because wasm-bindgen's support library takes longer to compile than the rest of `xtask`.
#![expect(clippy::print_stdout, reason = "a command-line tool prints to its terminal")]

mod build;
mod glue;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::Parser;
use wasm_bindgen_cli_support::Bindgen;
use xtask::run::{program, root, step, target_dir};
use xtask::{report, setup, verbs};

/// The largest module, in bytes. Size costs cold starts 4 ms for each 100,000 bytes (docs/benchmarks.md, "Size of the wasm
/// module"): this limit keeps loading below 40 ms, and is low enough to notice a dependency that doubles the module.
const LARGEST: u64 = 1_200_000;

#[derive(Parser)]
#[command(name = "cargo xtask wasm", bin_name = "cargo xtask wasm", about = verbs::WASM)]
struct Arguments {
    /// Use Debian's rustc and build the standard library, even where rustup could install the target.
    #[arg(long)]
    debian: bool,
}

fn main() -> ExitCode {
    report::guard_panics();
    report::finish("wasm", run(&Arguments::parse()))
}

/// Makes `forge-app/src/wasm`.
fn run(arguments: &Arguments) -> Result<()> {
    setup::npm()?;
    let module = build::module(arguments.debian)?;
    let out = root().join("forge-app/src/wasm");
    fs::create_dir_all(&out)?;
    let work = target_dir().join("wasm-bindgen");
    println!("── wasm-bindgen");
    bind(&module, &work)?;
    let shrunk = shrink(&work)?;
    inline(&work, &shrunk, &out)?;
    let size = fs::metadata(&shrunk)?.len();
    println!("wasm: {size} bytes of at most {LARGEST}");
    ensure!(size <= LARGEST, "the module has {size} bytes, at most {LARGEST} are allowed");
    Ok(())
}

fn bind(module: &Path, out: &Path) -> Result<()> {
    // Files of an earlier version would be inlined by the next step.
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
    let script = fs::read_to_string(work.join("core.js"))?;
    fs::write(out.join("core.js"), glue::without_async_init(&script)?)?;
    let types = fs::read_to_string(work.join("core.d.ts"))?;
    fs::write(out.join("core.d.ts"), glue::types_without_async_init(&types))?;
    Ok(())
}
