//! The connection with the sidecar, as the admin page shows it.

use envelope::Secret;
use schema::{Ack, AckStatus, Command, CommandBody, Hello, Message, MessageBody, SidecarStatus};
use serde_json::{Value, json};

use crate::support::{A, NOW, TestEnv, id, opened, request, run, send};

fn admin(env: &TestEnv, function: &str, payload: Value) -> Value {
    run(forge::admin(&env.as_user(A, "admin-1"), &json!({ "functionKey": function, "payload": payload }))).unwrap()
}

fn commands(env: &TestEnv, secret: &Secret, nonce: u8) -> Vec<Command> {
    opened(&send(env, secret, nonce, &request(A, Vec::new())), secret, nonce).commands
}

fn message(number: u128, body: MessageBody) -> Message {
    Message { id: id(number), ticket_id: None, body }
}

fn state(env: &TestEnv) -> Value {
    admin(env, "connection.status", Value::Null)["state"].clone()
}

fn status(waiting: u64) -> MessageBody {
    MessageBody::SidecarStatus(SidecarStatus {
        problems: Vec::new(),
        warnings: vec!["webhooks-missing".into()],
        skew_seconds: 2,
        waiting_tickets: waiting,
        waiting_messages: 0,
        failed_messages: 0,
        oldest_ms: 0,
    })
}

fn hello() -> MessageBody {
    let zammad_url = Some("https://help.example".to_owned());
    MessageBody::Hello(Hello {
        capabilities: Vec::new(),
        privacy_mode: true,
        zammad_version: Some("6.5.1".into()),
        zammad_url,
    })
}

#[test]
fn from_the_first_secret_to_a_connected_sidecar() {
    let env = TestEnv::new();
    assert_eq!(state(&env), "new");
    let made = admin(&env, "connection.create", Value::Null);
    let secret = made["secret"].as_str().unwrap();
    assert!(made["texts"]["env"].as_str().unwrap().contains(&format!("FORGE_SHARED_SECRET={secret}\n")));
    assert_eq!(state(&env), "waiting");
    let secret = Secret::parse(secret).unwrap();
    let messages = vec![message(1, hello()), message(2, status(3))];
    assert_eq!(send(&env, &secret, 1, &request(A, messages)).status_code, 200);
    env.now.set(NOW + 4_000);
    let shown = admin(&env, "connection.status", Value::Null);
    assert_eq!(
        (&shown["state"], &shown["ageMs"], &shown["status"]["waitingTickets"]),
        (&json!("connected"), &json!(4_000), &json!(3))
    );
    assert_eq!(shown["sidecar"]["hello"]["privacyMode"], true);
    assert!(commands(&env, &secret, 2).is_empty(), "nobody asked");
}

/// The sidecar is asked once in ten seconds, however many pages are open, and only while it is connected.
#[test]
fn a_page_that_waits_asks_the_sidecar() {
    let env = TestEnv::new();
    let ask = || admin(&env, "connection.status", json!({ "ask": true }));
    ask();
    let secret = env.connect(A);
    ask();
    assert!(commands(&env, &secret, 1).is_empty(), "no sidecar has answered yet");
    send(&env, &secret, 2, &request(A, vec![message(1, hello()), message(2, status(0))]));
    ask();
    assert!(commands(&env, &secret, 3).is_empty(), "it has just reported");
    env.now.set(NOW + 20_000);
    ask();
    ask();
    let asked = commands(&env, &secret, 4);
    assert_eq!(asked.iter().map(|command| command.body.kind()).collect::<Vec<_>>(), ["status.requested"]);
}

#[test]
fn the_secrets_are_deleted_when_the_sidecar_has_stopped() {
    let env = TestEnv::new();
    assert_eq!(admin(&env, "connection.disconnect", Value::Null), json!({ "error": "not-connected" }));
    let secret = env.connect(A);
    assert_eq!(admin(&env, "connection.disconnect", Value::Null), json!({}));
    assert_eq!(admin(&env, "connection.disconnect", Value::Null), json!({}));
    assert_eq!(state(&env), "ending");
    let asked = commands(&env, &secret, 1);
    assert!(
        matches!(asked[..], [ref one] if matches!(one.body, CommandBody::Disconnect(_))),
        "asked twice, one command"
    );
    let ack = |nonce, code: Option<&str>| {
        let mut acking = request(A, Vec::new());
        let code = code.map(str::to_owned);
        acking.acks = vec![Ack { command_id: asked[0].id, status: AckStatus::Done, code, detail: None }];
        opened(&send(&env, &secret, nonce, &acking), &secret, nonce)
    };
    ack(2, None);
    assert_eq!(state(&env), "ending", "an older sidecar does not know the command");
    ack(3, Some("disconnected"));
    assert_eq!(state(&env), "ended");
    assert!(env.secrets.borrow().is_empty());
    assert_eq!(send(&env, &secret, 4, &request(A, Vec::new())).status_code, 401);
    admin(&env, "connection.create", Value::Null);
    assert_eq!(state(&env), "waiting");
}

#[test]
fn a_sidecar_that_does_not_answer_is_cut_off_by_force() {
    let env = TestEnv::new();
    let secret = env.connect(A);
    assert_eq!(admin(&env, "connection.disconnect", json!({ "force": true })), json!({}));
    assert_eq!(state(&env), "ended");
    assert_eq!(send(&env, &secret, 1, &request(A, Vec::new())).status_code, 401);
    let audit = format!("{:?}", env.kv.borrow());
    assert!(audit.contains("disconnected"));
}
