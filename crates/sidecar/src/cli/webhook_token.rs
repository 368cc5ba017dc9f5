//! `connector webhook-token`: what to enter in Zammad so that it sends signed webhooks to this sidecar.

use crate::config::Config;

/// Endpoint and token for Zammad's webhook form, one per line. The token is a secret: print it to a terminal only.
#[must_use]
pub fn run(config: &Config) -> String {
    let endpoint = format!("{}/hooks/zammad", config.public_url.as_str().trim_end_matches('/'));
    format!("Endpoint: {endpoint}\nHMAC SHA1 Signature Token: {}\n", config.webhook_token.expose())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::support::Setup;

    #[tokio::test]
    async fn prints_the_endpoint_and_the_token_that_webhooks_are_checked_with() {
        let config = Setup::new().await.config;
        let printed = run(&config);
        let lines: Vec<&str> = printed.lines().collect();
        let token = config.webhook_token.expose();
        assert_eq!(lines[0], "Endpoint: https://help.example/jira/hooks/zammad");
        assert_eq!(lines[1..], [format!("HMAC SHA1 Signature Token: {token}")]);
        assert!(token.len() == 64 && printed.ends_with('\n'));
    }
}
