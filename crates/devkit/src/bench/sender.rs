//! Zammad's webhooks without Zammad: signed bytes on a connection that is kept.

use std::fmt::Write as _;
use std::net::SocketAddr;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::report::unexpected;
use crate::harness::{HarnessError, io};

/// Bytes of a webhook's body, as in docs/benchmarks.md.
pub(super) const BODY: usize = 2_048;

/// A webhook's body about a ticket, exactly [`BODY`] bytes.
pub(super) fn body(ticket: u64) -> String {
    let head = format!("{{\"ticket\":{{\"id\":{ticket},\"title\":\"");
    let tail = format!("\"}},\"article\":{{\"id\":{ticket},\"internal\":true}}}}");
    let filling = "x".repeat(BODY.saturating_sub(head.len() + tail.len()));
    format!("{head}{filling}{tail}")
}

/// `sha1=` and the HMAC over the body.
pub(super) fn signature(token: &str, body: &str) -> String {
    // Any length of key is legal (RFC 2104 §2); an empty signature would be refused, and the bench end.
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(token.as_bytes()) else { return String::new() };
    mac.update(body.as_bytes());
    format!("sha1={}", hex::encode(mac.finalize().into_bytes()))
}

/// Job ids as Zammad makes them, each once in a bench.
pub(super) fn delivery(number: u64) -> String {
    format!("018f7a6e-0000-7000-8000-{number:012x}")
}

/// A kept connection.
pub(super) struct Sender {
    stream: TcpStream,
    answer: Vec<u8>,
}

impl Sender {
    pub(super) async fn connect(address: SocketAddr) -> Result<Self, HarnessError> {
        let stream = TcpStream::connect(address).await.map_err(io("connecting"))?;
        stream.set_nodelay(true).map_err(io("connecting"))?;
        Ok(Self { stream, answer: Vec::new() })
    }

    /// Sends one webhook and waits for its 202.
    pub(super) async fn send(&mut self, request: &[u8]) -> Result<(), HarnessError> {
        self.stream.write_all(request).await.map_err(io("sending"))?;
        self.answer.clear();
        // All our answers are this short, and end with the brace that ends their JSON.
        while !self.answer.ends_with(b"}") {
            if self.stream.read_buf(&mut self.answer).await.map_err(io("reading"))? == 0 {
                return Err(unexpected("the connection was closed"));
            }
        }
        if self.answer.starts_with(b"HTTP/1.1 202") {
            return Ok(());
        }
        Err(unexpected(String::from_utf8_lossy(&self.answer).into_owned()))
    }
}

/// A whole request about a ticket of this number.
pub(super) fn request(token: &str, number: u64) -> Vec<u8> {
    let body = body(number);
    let mut request = String::from("POST /hooks/zammad HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n");
    let _ = write!(request, "X-Hub-Signature: {}\r\n", signature(token, &body));
    let _ = write!(request, "X-Zammad-Delivery: {}\r\nContent-Length: {}\r\n\r\n{body}", delivery(number), body.len());
    request.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_json_of_the_agreed_size() {
        let body = body(123_456);
        assert_eq!(body.len(), BODY);
        let json: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!(json["ticket"]["id"], 123_456);
        assert!(request("t", 1).ends_with(b"}"));
    }
}
