//! Sending webhooks: one background worker, one after the other, five attempts each.

use super::{
    automation::{
        custom_payload,
        job::{Job, RETRY_GAPS},
        payload,
    },
    model::{
        entities::{HttpLog, Webhook},
        state::State,
    },
    shared::Shared,
};
use crate::{clock::millis, outgoing};
use std::{sync::Arc, time::Duration};

use hmac::{Hmac, KeyInit, Mac};
use reqwest::{Client, Method, RequestBuilder, Url};
use sha1::Sha1;

/// The worker. Ends with the simulator.
pub(in crate::zammad_sim) async fn work(shared: Arc<Shared>) {
    let mut client = None;
    loop {
        let mut job = shared.queue.next(&*shared.clock).await;
        // Neither a server without its database nor a restarting one sends anything.
        shared.faults.database_back().await;
        while let Some(back) = shared.away_until() {
            shared.clock.sleep_until(back).await;
        }
        if client.is_none() {
            // Made at the first delivery: it costs more than all the rest of starting a simulator.
            client = outgoing::client(shared.pace.timeout).ok();
        }
        let delivered = match &client {
            Some(client) => attempt(&shared, client, &job).await,
            None => true,
        };
        let gap = RETRY_GAPS.get(job.made).filter(|_| !delivered);
        let back = gap.map(|gap| {
            let wait = Duration::from_secs(u64::from(*gap)).mul_f64(shared.pace.retry_scale);
            job.made += 1;
            (job, shared.clock.now() + millis(wait))
        });
        shared.queue.done(back);
    }
}

/// Makes one attempt. Returns whether the job is finished: delivered, or without anything to send.
async fn attempt(shared: &Shared, client: &Client, job: &Job) -> bool {
    let Some((request, hook)) = prepare(shared, client, job) else { return true };
    let known = resolves(shared, &hook.endpoint).await;
    if !known && shared.state().version.drops_unknown_hosts() {
        return true;
    }
    let answer = if known { request.send().await.ok() } else { None };
    let mut statuses = vec![answer.as_ref().map_or(0, |answer| answer.status().as_u16())];
    let mut delivered = false;
    if let Some(answer) = answer {
        delivered = answer.status().is_success();
        let target = answer.headers().get("location").and_then(|target| target.to_str().ok().map(str::to_owned));
        if answer.status().is_redirection() {
            let follows = shared.state().version.follows_redirects();
            let followed = match target.filter(|_| follows) {
                Some(target) => follow(shared, client, job, answer.url(), &target).await,
                None => None,
            };
            delivered = followed.is_some_and(|status| (200..300).contains(&status));
            // A redirect has two rows: itself and its target's response; a refused one counts as a transport error.
            statuses.push(followed.unwrap_or(0));
        }
    }
    let mut state = shared.state();
    let (at, delivery) = (shared.clock.now(), job.delivery.to_string());
    for status in statuses {
        let id = state.next_id("http_log");
        let (url, status, delivery) = (hook.endpoint.clone(), status.to_string(), delivery.clone());
        state.http_logs.push(HttpLog { id, url, status, at, delivery });
    }
    delivered
}

/// Whether the host of an address resolves. Where that makes no difference, the request itself finds out.
async fn resolves(shared: &Shared, endpoint: &str) -> bool {
    let Ok(url) = Url::parse(endpoint) else { return true };
    let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else { return true };
    let (unknown, asks) = {
        let state = shared.state();
        (state.unknown_hosts.contains(host), state.version.drops_unknown_hosts())
    };
    !unknown && (!asks || tokio::net::lookup_host((host, port)).await.is_ok())
}

/// Makes the request of an attempt from the current database; `None` if there is nothing to send any more.
fn prepare(shared: &Shared, client: &Client, job: &Job) -> Option<(RequestBuilder, Webhook)> {
    let state = shared.state();
    let hook = state.webhooks.get(&job.webhook.webhook).filter(|hook| hook.active)?.clone();
    let body = body(&state, &hook, job)?;
    let version = state.version;
    drop(state);
    let method = Method::from_bytes(hook.http_method.to_uppercase().as_bytes()).ok()?;
    let mut request =
        headers(client.request(method, &hook.endpoint), job).header("Content-Type", version.webhook_content_type());
    if let Some(token) = hook.signature_token.as_deref().filter(|token| !token.is_empty()) {
        request = request.header("X-Hub-Signature", signature(token.as_bytes(), &body)?);
    }
    if let (Some(user), Some(password)) = (&hook.basic_auth_username, &hook.basic_auth_password) {
        request = request.basic_auth(user, Some(password));
    }
    Some((request.body(body), hook))
}

fn body(state: &State, hook: &Webhook, job: &Job) -> Option<Vec<u8>> {
    let ticket = state.tickets.get(&job.webhook.ticket)?;
    let article = match job.webhook.article {
        Some(id) => Some(state.articles.get(&id)?),
        None => None,
    };
    let template = hook.custom_payload.as_deref().filter(|_| hook.customized_payload);
    match template {
        Some(template) => custom_payload::filled(state, ticket, article, template),
        None => Some(payload::default(state, ticket, article)),
    }
}

fn headers(request: RequestBuilder, job: &Job) -> RequestBuilder {
    request
        .header("Accept-Encoding", "gzip;q=1.0,deflate;q=0.6,identity;q=0.3")
        .header("Accept", "*/*")
        .header("User-Agent", "Zammad User Agent")
        .header("X-Zammad-Trigger", job.webhook.trigger.as_str())
        .header("X-Zammad-Delivery", job.delivery.to_string())
        .header("Connection", "close")
}

/// `sha1=` and the HMAC over the body's bytes.
fn signature(token: &[u8], body: &[u8]) -> Option<String> {
    let mut mac = Hmac::<Sha1>::new_from_slice(token).ok()?;
    mac.update(body);
    Some(format!("sha1={}", hex::encode(mac.finalize().into_bytes())))
}

/// Follows a redirect as 6.1 does: GET, the content in the query in Ruby's form, no signature.
async fn follow(shared: &Shared, client: &Client, job: &Job, from: &Url, target: &str) -> Option<u16> {
    let mut target = from.join(target).ok()?;
    {
        let state = shared.state();
        let ticket = state.tickets.get(&job.webhook.ticket)?;
        let article = job.webhook.article.and_then(|id| state.articles.get(&id));
        let (ticket, article) = payload::objects(&state, ticket, article);
        let mut query = target.query_pairs_mut();
        query.append_pair("ticket", &payload::inspect(&ticket)).append_pair("article", &payload::inspect(&article));
    }
    let answer = headers(client.get(target), job).send().await.ok()?;
    Some(answer.status().as_u16())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signature_matches_the_recorded_one() {
        let signed = signature(b"s3cr3t-t0k3n", br#"{"ticket":{},"article":{}}"#);
        assert_eq!(signed.as_deref(), Some("sha1=caf67549118642f811ed9ad5fe708d35bdc4cc3c"));
    }
}
