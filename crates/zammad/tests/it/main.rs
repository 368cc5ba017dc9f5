//! The client against recorded answers of Zammad 6.1 and 6.5, and the recorded webhooks of both.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod answers;
mod errors;
mod replay;
mod symbols;
mod transport;
mod webhooks;
mod writes;

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

const VERSIONS: [&str; 2] = ["6.5", "6.1"];

#[derive(Clone, Debug, Deserialize)]
struct Exchange {
    step: String,
    request: Request,
    response: Response,
}

#[derive(Clone, Debug, Deserialize)]
struct Request {
    method: String,
    path: String,
    auth: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct Response {
    status: u16,
    body: Value,
    headers: serde_json::Map<String, Value>,
}

impl Response {
    fn of(status: u16, body: Value) -> Self {
        Self { status, body, ..Self::default() }
    }
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../conformance").join(name)
}

/// The JSON files of a folder, by name.
fn files(name: &str) -> Vec<(String, Value)> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder(name)).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let file = format!("{name}/{}", path.file_name().unwrap().to_str().unwrap());
            // One request of the probe sends half of a surrogate pair, which no string of Rust can hold. What was sent is
            // not read here.
            let text = std::fs::read_to_string(path).unwrap().replace(r"\ud800", "");
            files.push((file, serde_json::from_str(&text).unwrap()));
        }
    }
    files.sort_by(|a, b| a.0.cmp(&b.0));
    files
}

/// All exchanges of a version, with values in place of the symbols. Other steps (webhooks seen, notes) are left out.
fn exchanges(version: &str) -> Vec<Exchange> {
    let steps = files(version).into_iter().flat_map(|(_, steps)| steps.as_array().unwrap().clone());
    steps
        .filter(|step| step.get("request").is_some() && step.get("response").is_some())
        .map(|step| serde_json::from_value(symbols::valued(&step)).unwrap())
        .collect()
}
