//! Exchanges held against Atlassian's own description of the REST API.
//!
//! The description is not ours to hand on, so it is not in the repository: it is looked for in `shared/contracts` beside
//! the repository, or beside a folder that the repository lies in. Where it is not, a test says so and holds nothing.
#![expect(clippy::panic, reason = "tests")]

mod exchange;
mod schemas;

use std::collections::BTreeMap;
use std::path::PathBuf;

use devkit::jira_sim::Exchange;
use serde_json::Value;

use self::schemas::Schemas;

const NAME: &str = "shared/contracts/jira-openapi-v3.json";

/// The description, and what was seen of it.
pub struct Contract {
    operations: Vec<Operation>,
    schemas: Schemas,
    /// Operation and status, and how often each was held against it.
    pub seen: BTreeMap<(String, u16), usize>,
}

/// One verb of one address.
struct Operation {
    method: String,
    /// Parts of the path; a parameter is in braces.
    path: Vec<String>,
    rest: Value,
}

impl Operation {
    fn name(&self) -> String {
        format!("{} /{}", self.method, self.path.join("/"))
    }

    /// Whether a path is this one's, and how many of its parts are given by name: of two addresses that fit, the one
    /// with more of them is meant.
    fn fits(&self, path: &[String]) -> Option<usize> {
        let pairs = || self.path.iter().zip(path);
        let fits = self.path.len() == path.len() && pairs().all(|(own, part)| own.starts_with('{') || own == part);
        fits.then(|| pairs().filter(|(own, part)| own == part).count())
    }
}

impl Contract {
    /// The description; `None`, with a line that says so, where it is not at hand.
    #[expect(clippy::print_stderr, reason = "a test that holds nothing must be heard")]
    pub fn find() -> Option<Self> {
        let own = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let found = own.ancestors().skip(3).map(|folder| folder.join(NAME)).find(|path| path.is_file());
        let Some(path) = found else {
            eprintln!("SKIPPED: {NAME} is not beside this repository, so nothing was held against it");
            return None;
        };
        let text = std::fs::read(path).unwrap();
        Some(Self::read(serde_json::from_slice(&text).unwrap()))
    }

    fn read(mut description: Value) -> Self {
        let schemas = Schemas::new(description["components"]["schemas"].take());
        let Value::Object(paths) = description["paths"].take() else { panic!("a description has paths") };
        let mut operations = Vec::new();
        for (path, methods) in paths {
            let Value::Object(methods) = methods else { continue };
            for (method, rest) in methods {
                let path = path.trim_start_matches('/').split('/').map(str::to_owned).collect();
                operations.push(Operation { method: method.to_uppercase(), path, rest });
            }
        }
        Self { operations, schemas, seen: BTreeMap::new() }
    }

    /// What is wrong with these exchanges: nothing, if all is well.
    pub fn faults(&mut self, exchanges: &[Exchange]) -> Vec<String> {
        exchanges.iter().flat_map(|exchange| self.faults_of(exchange)).collect()
    }

    /// What is wrong with what events carry: issues, comments and files look as the API shows them.
    pub fn faults_of_events(&mut self, events: &[Value]) -> Vec<String> {
        let mut faults = Vec::new();
        for event in events {
            let fields = event["issue"]["fields"].as_object();
            let mut found = fields.map_or_else(
                || vec!["the issue has no fields".to_owned()],
                |fields| exchange::fields(&mut self.schemas, fields),
            );
            for (part, schema) in [("comment", "Comment"), ("attachment", "Attachment")] {
                if let Some(value) = event.get(part) {
                    found.extend(self.schemas.faults(&schemas::named(schema), schemas::Side::Answer, value));
                }
            }
            faults.extend(found.into_iter().map(|fault| format!("{}: {fault}", event["eventType"])));
        }
        faults
    }
}
