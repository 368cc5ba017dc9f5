//! A webhook whose payload was changed in Zammad.

use serde_json::json;

use crate::support::{LinkedSite, eventually_async};

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_with_a_custom_payload_is_named_and_loses_nothing() {
    let env = LinkedSite::with(|options| options.settings.push(("SWEEP_SECONDS".into(), "1".into()))).await;
    let hook = format!("webhooks/{}", env.site.zammad.state().webhooks.keys().next().unwrap());
    let custom = json!({ "customized_payload": true, "custom_payload": r##"{"text": "#{ticket.title}"}"## });
    env.administer("PUT", &hook, &custom).await;
    env.change_ticket(json!({ "title": "Sent without its id" })).await;
    eventually_async("the warning", || async { env.warns_of("webhook-payload").await }).await;
    let (status, report) = env.readiness().await;
    let help = report["health"]["help"]["webhook-payload"].as_str().unwrap();
    assert!(status == 200 && help.contains("remove the custom payload"), "{report}");
    // The sweep brings the change.
    eventually_async("the title", || async { env.field("summary").await == "Sent without its id" }).await;
    env.administer("PUT", &hook, &json!({ "customized_payload": false })).await;
    env.change_ticket(json!({ "title": "Sent with its id" })).await;
    eventually_async("the end of the warning", || async { !env.warns_of("webhook-payload").await }).await;
    eventually_async("the title", || async { env.field("summary").await == "Sent with its id" }).await;
}
