use schema::{AckStatus, Command};
use serde_json::json;

use crate::health::ZammadState;
use crate::support::Setup;

fn command(kind: &str) -> Command {
    serde_json::from_value(json!({ "id": "01M3250V000000000000000001", "kind": kind, "data": {} })).unwrap()
}

/// They work while Zammad does not.
#[tokio::test]
async fn commands_about_the_connection_are_carried_out_once() {
    for (kind, code) in [("status.requested", None), ("disconnect", Some("disconnected"))] {
        let setup = Setup::new().await;
        setup.health.zammad(ZammadState::Unreachable);
        let handler = setup.commands();
        assert!(handler.admit(vec![Ok(command(kind))]).await);
        let acks = setup.store.pending_acks(9).await.unwrap();
        assert_eq!(
            acks.iter().map(|ack| (ack.status, ack.code.as_deref())).collect::<Vec<_>>(),
            [(AckStatus::Done, code)]
        );
        let asked = tokio::time::timeout(std::time::Duration::ZERO, handler.status_requested.notified()).await.is_ok();
        assert_eq!(asked, kind == "status.requested");
        let ended =
            crate::inbound::connection_end::is_ended(setup.store.as_ref(), &setup.config.secrets).await.unwrap();
        assert_eq!(ended, kind == "disconnect");
        setup.store.acks_delivered(&[command(kind).id.to_string()]).await.unwrap();
        assert!(handler.admit(vec![Ok(command(kind))]).await, "delivered again, acknowledged again");
        let asked = tokio::time::timeout(std::time::Duration::ZERO, handler.status_requested.notified()).await.is_ok();
        assert!(!asked, "and carried out once");
    }
}
