//! `connector webhook-token`: what to enter in Zammad so that it sends signed webhooks to this sidecar.

use crate::config::Config;

/// Endpoint and token for Zammad's webhook form, one per line. The token is a secret: print it to a terminal only.
#[must_use]
pub fn run(config: &Config) -> String {
    let endpoint = format!("{}/hooks/zammad", config.public_url.as_str().trim_end_matches('/'));
    format!("Endpoint: {endpoint}\nHMAC SHA1 Signature Token: {}\n", config.webhook_token.expose())
}
