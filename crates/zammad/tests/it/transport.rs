//! Answers that do not come, break off, are too long or are something else.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use zammad::{ClientError, Reason, Verdict};

use crate::Response;
use crate::replay::{Replay, client};

/// A server that sends these bytes to whoever asks, and hangs up.
async fn sends(bytes: Vec<u8>) -> (String, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let mut server = JoinSet::new();
    server.spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let _ = socket.read(&mut request).await;
            let _ = socket.write_all(&bytes).await;
        }
    });
    (address, server)
}

#[tokio::test]
async fn q5_nobody_there_and_hung_up_are_tried_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = client(&nobody).me().await.unwrap_err();
    assert_eq!(error, ClientError::Connect { operation: "me" });
    assert_eq!(error.verdict(), Verdict::Retry { after: None });

    let started = b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{\"id\":".to_vec();
    for bytes in [Vec::new(), b"HTTP/1.1 200".to_vec(), started] {
        let (address, _server) = sends(bytes).await;
        let error = client(&address).me().await.unwrap_err();
        assert_eq!(error, ClientError::Interrupted { operation: "me" });
        assert_eq!(error.verdict(), Verdict::Retry { after: None });
    }
}

#[tokio::test]
async fn an_endless_answer_is_cut_off() {
    let mut bytes = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n".to_vec();
    bytes.resize(3 << 20, b' ');
    let (address, _server) = sends(bytes).await;
    let error = client(&address).ticket(7).await.unwrap_err();
    assert_eq!(error, ClientError::TooLarge { operation: "ticket" });
    let error = client(&address).attachment(1, 2, 3, 100_000).await.unwrap_err();
    assert_eq!(error, ClientError::TooLarge { operation: "attachment" });
    assert_eq!(error.verdict(), Verdict::GiveUp(Reason::TooLarge));
}

#[tokio::test]
async fn an_attachment_up_to_its_limit_is_taken() {
    let replay = Replay::start().await;
    let mut response = Response::of(200, "hello\n".into());
    response.headers.insert("content-type".to_owned(), "text/plain".into());
    replay.will_answer(response);
    assert_eq!(replay.client.attachment(1, 2, 3, 6).await.unwrap(), b"hello\n");
    assert!(replay.client.attachment(1, 2, 3, 5).await.is_err());
}

#[tokio::test]
async fn something_else_than_the_answer_is_said_without_it() {
    let replay = Replay::start().await;
    for body in [serde_json::json!("canary"), serde_json::json!({ "id": "canary" }), serde_json::json!([])] {
        replay.will_answer(Response::of(200, body));
        let error = replay.client.ticket(7).await.unwrap_err();
        assert!(matches!(error, ClientError::Unreadable { .. }));
        assert!(!format!("{error} {error:?}").contains("canary"));
    }
}
