//! Compares exchanges with Atlassian's own description of the REST API (OpenAPI, v3).
//!
//! `jira-openapi.json` has the operations that the simulator implements; `extract.py` writes it from the whole description.
#![expect(clippy::panic, reason = "tests")]

mod exchange;
mod schemas;

use std::collections::BTreeMap;

use devkit::jira_sim::Exchange;
use serde_json::Value;

use self::schemas::Schemas;

const DESCRIPTION: &str = include_str!("jira-openapi.json");

/// The described operations, and which of them were compared.
pub struct Contract {
    operations: Vec<Operation>,
    schemas: Schemas,
    /// How many exchanges were compared, by operation and status.
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

    /// Returns how many parts of a path equal fixed parts of this operation's path; `None` if the path does not match.
    /// Of two matching operations the one with more fixed parts is meant.
    fn fits(&self, path: &[String]) -> Option<usize> {
        let pairs = || self.path.iter().zip(path);
        let fits = self.path.len() == path.len() && pairs().all(|(own, part)| own.starts_with('{') || own == part);
        fits.then(|| pairs().filter(|(own, part)| own == part).count())
    }
}

impl Contract {
    /// Reads the description.
    pub fn published() -> Self {
        Self::read(serde_json::from_str(DESCRIPTION).unwrap())
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

    /// Returns the differences between these exchanges and the description.
    pub fn faults(&mut self, exchanges: &[Exchange]) -> Vec<String> {
        exchanges.iter().flat_map(|exchange| self.faults_of(exchange)).collect()
    }

    /// Returns the differences between the content of events and the description: issues, comments, files and
    /// versions have the same form as in the API.
    pub fn faults_of_events(&mut self, events: &[Value]) -> Vec<String> {
        let mut faults = Vec::new();
        for event in events {
            let fields = event["issue"]["fields"].as_object();
            let mut found = match fields {
                Some(fields) => exchange::fields(&mut self.schemas, fields),
                // An event of a version is of no issue.
                None if event.get("version").is_some() => Vec::new(),
                None => vec!["the issue has no fields".to_owned()],
            };
            for (part, schema) in [("comment", "Comment"), ("attachment", "Attachment"), ("version", "Version")] {
                if let Some(value) = event.get(part) {
                    found.extend(self.schemas.faults(&schemas::named(schema), schemas::Side::Answer, value));
                }
            }
            faults.extend(found.into_iter().map(|fault| format!("{}: {fault}", event["eventType"])));
        }
        faults
    }
}
