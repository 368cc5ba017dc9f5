//! JSON Schema of both bodies, for whoever reads the wire without Rust: docs/schema/*.json, kept by this test.

use schema::{Reply, Request, Settings};
use schemars::generate::SchemaSettings;

use crate::golden::{folder, hold};

#[test]
fn the_published_json_schema_is_the_types() {
    let generator = || SchemaSettings::draft2020_12().into_generator();
    hold(&folder("../../docs/schema/request.json"), &generator().into_root_schema_for::<Request>());
    hold(&folder("../../docs/schema/reply.json"), &generator().into_root_schema_for::<Reply>());
    hold(&folder("../../docs/schema/settings.json"), &generator().into_root_schema_for::<Settings>());
}
