//! `connector healthcheck`: the container's health probe; the image has neither a shell nor curl.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::app;
use crate::config::Config;

/// Checks `/readyz` of the sidecar with this configuration.
///
/// # Errors
/// The sidecar does not answer within 3 s, or is not ready; the text names its problems.
pub async fn run(config: &Config) -> Result<()> {
    let url = format!("http://{}/readyz", reachable(listening(config)?));
    let client = zammad::http_client_builder().timeout(Duration::from_secs(3)).build()?;
    let response = client.get(url).send().await.context("the sidecar does not answer")?;
    if response.status().is_success() {
        return Ok(());
    }
    let report: serde_json::Value = response.json().await.unwrap_or_default();
    let problems: Vec<&str> =
        report["health"]["problems"].as_array().into_iter().flatten().filter_map(|p| p.as_str()).collect();
    bail!("not ready: {}", problems.join(", "))
}

/// The address of the running instance: as configured or, with port 0, as stored when it started.
fn listening(config: &Config) -> Result<SocketAddr> {
    if config.listen.port() != 0 {
        return Ok(config.listen);
    }
    let stored =
        std::fs::read_to_string(app::lock_file(&config.data_dir, &app::instance_name(config))).unwrap_or_default();
    stored.parse().ok().context("the sidecar does not run: the data directory contains no address")
}

/// A listener on all addresses is reached through loopback.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}
