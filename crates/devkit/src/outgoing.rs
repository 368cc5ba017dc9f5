//! The one place that makes HTTP clients: what the simulators send goes to loopback receivers over plain HTTP.

use std::time::Duration;

use reqwest::{Client, ClientBuilder, redirect::Policy};

/// A client that follows no redirect, uses no proxy and keeps no connection, as Zammad's.
///
/// # Errors
/// If TLS cannot be set up, which reqwest does even for plain HTTP.
pub(crate) fn client(read_timeout: Duration) -> reqwest::Result<Client> {
    builder(read_timeout).pool_max_idle_per_host(0).build()
}

/// The same, but it keeps its connections.
///
/// # Errors
/// See [`client`].
pub(crate) fn keeping_client(read_timeout: Duration) -> reqwest::Result<Client> {
    builder(read_timeout).build()
}

fn builder(read_timeout: Duration) -> ClientBuilder {
    // reqwest is built without a crypto provider and would panic; a second installation is refused, harmlessly.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .no_proxy()
        .redirect(Policy::none())
        .http1_only()
        .http1_title_case_headers()
        .connect_timeout(Duration::from_secs(4))
        .read_timeout(read_timeout)
        .timeout(read_timeout * 2)
}
