//! The JSON of the image, by the OCI image specification 1.1, with Docker's `Healthcheck` in the configuration, which other
//! engines ignore.

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};

use super::recipe::Recipe;
use crate::arch::Arch;
use crate::digest;
use crate::source::Source;

const NANOSECONDS: u64 = 1_000_000_000;
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// Sorted keys, no spaces: serde_json keeps a map sorted.
pub(super) fn json(value: &Value) -> Result<Vec<u8>> {
    serde_json::to_vec(value).context("JSON of the image")
}

/// Configuration; its digest is the image's id in Docker's classic store and in podman. `diff_id` is the digest of the layer unpacked.
pub(super) fn config(recipe: &Recipe, arch: Arch, source: &Source, diff_id: &str) -> Result<Value> {
    let created = source.date()?;
    let mut labels: Map<String, Value> = recipe.labels.iter().map(|(name, text)| (name.clone(), json!(text))).collect();
    labels.insert("org.opencontainers.image.version".into(), json!(source.version));
    labels.insert("org.opencontainers.image.revision".into(), json!(source.commit));
    labels.insert("org.opencontainers.image.created".into(), json!(created));
    let variables = recipe.env.iter().map(|(name, value)| format!("{name}={value}"));
    let env: Vec<String> = std::iter::once("PATH=/".to_owned()).chain(variables).collect();
    let health = &recipe.healthcheck;
    Ok(json!({
        "created": created,
        "architecture": arch.oci(),
        "os": "linux",
        "config": {
            "User": recipe.user,
            "ExposedPorts": { &recipe.port: {} },
            "Env": env,
            "Entrypoint": recipe.entrypoint,
            "Cmd": recipe.command,
            "Volumes": { &recipe.volume: {} },
            "WorkingDir": recipe.work_dir,
            "Labels": labels,
            "StopSignal": recipe.stop_signal,
            "Healthcheck": {
                "Test": health.command,
                "Interval": health.interval_seconds * NANOSECONDS,
                "Timeout": health.timeout_seconds * NANOSECONDS,
                "StartPeriod": health.start_period_seconds * NANOSECONDS,
                "StartInterval": health.start_interval_seconds * NANOSECONDS,
                "Retries": health.retries,
            },
        },
        "rootfs": { "type": "layers", "diff_ids": [diff_id] },
        "history": [{ "created": created, "created_by": "cargo xtask kit", "comment": "from nothing" }],
    }))
}

/// Manifest; its digest is the image's id in Docker's containerd store.
pub(super) fn manifest(config: &[u8], layer: &[u8]) -> Value {
    json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": descriptor(CONFIG, config),
        "layers": [descriptor(LAYER, layer)],
    })
}

/// The layout's entry.
pub(super) fn index(manifest: &[u8], arch: Arch, reference: &str, version: &str) -> Value {
    let mut entry = descriptor(MANIFEST, manifest);
    entry["platform"] = json!({ "architecture": arch.oci(), "os": "linux" });
    // containerd expects the whole reference, the specification and skopeo the tag alone.
    entry["annotations"] = json!({
        "io.containerd.image.name": format!("docker.io/{reference}"),
        "org.opencontainers.image.ref.name": version,
    });
    json!({ "schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [entry] })
}

fn descriptor(media_type: &str, bytes: &[u8]) -> Value {
    json!({ "mediaType": media_type, "digest": digest::oci(bytes), "size": bytes.len() })
}
