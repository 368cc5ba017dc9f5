//! JSON Schema of request, reply and settings, for readers without Rust: this test compares docs/schema/*.json.

use schema::{Reply, Request, Settings};
use schemars::generate::SchemaSettings;

use crate::support::{compare_with_golden, folder};

#[test]
fn published_json_schema_matches_the_types() {
    let generator = || SchemaSettings::draft2020_12().into_generator();
    compare_with_golden(&folder("../../docs/schema/request.json"), &generator().into_root_schema_for::<Request>());
    compare_with_golden(&folder("../../docs/schema/reply.json"), &generator().into_root_schema_for::<Reply>());
    compare_with_golden(&folder("../../docs/schema/settings.json"), &generator().into_root_schema_for::<Settings>());
}
