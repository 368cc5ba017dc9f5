//! A real CONNECT proxy and a TLS server behind it, on loopback.
#![expect(clippy::disallowed_methods, reason = "the servers end with their test")]

use std::io::Write as _;
use std::sync::Mutex;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::PrivatePkcs8KeyDer;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::support::Setup;

/// A name that has no address anywhere (RFC 2606).
const FORGE: &str = "forge.hello.invalid";
const URL: (&str, &str) = ("FORGE_WEBTRIGGER_URL", "https://forge.hello.invalid/x1/abc");

/// Reads the head of an HTTP message.
async fn head(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        let Ok(byte) = stream.read_u8().await else { break };
        bytes.push(byte);
    }
    String::from_utf8(bytes).unwrap()
}

/// A TLS server in the name of the web trigger; returns its port and its certificate.
async fn forge() -> (u16, String) {
    let made = rcgen::generate_simple_self_signed([FORGE.to_owned()]).unwrap();
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key.into())
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = TlsAcceptor::from(Arc::new(config.clone())).accept(stream).await else { continue };
            head(&mut stream).await;
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nforge").await.unwrap();
        }
    });
    (port, made.cert.pem())
}

/// A proxy that leads every connection to this port, and the heads that it received.
async fn proxy(target: u16) -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("localhost:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let heads: Arc<Mutex<Vec<String>>> = Arc::default();
    let seen = Arc::clone(&heads);
    tokio::spawn(async move {
        while let Ok((mut inside, _)) = listener.accept().await {
            let head = head(&mut inside).await;
            seen.lock().unwrap().push(head);
            let mut outside = TcpStream::connect(("127.0.0.1", target)).await.unwrap();
            inside.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await.unwrap();
            tokio::spawn(async move {
                let _ = tokio::io::copy_bidirectional(&mut inside, &mut outside).await;
            });
        }
    });
    (port, heads)
}

/// A proxy inside the network with a name, as companies have it.
#[tokio::test]
async fn a_proxy_with_a_name_and_a_password_leads_to_forge() {
    let (forge, certificate) = forge().await;
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(certificate.as_bytes()).unwrap();
    let file = file.path().to_str().unwrap();
    let (port, heads) = proxy(forge).await;
    let address = format!("http://anna:hunter2@localhost:{port}");
    let setup = Setup::with(&[URL, ("HTTPS_PROXY", &address), ("EXTRA_CA_FILE", file)]).await;
    let client = ForgeClient::new(&setup.config).unwrap();
    let answer = client.post(&[], "{}".to_owned()).await.unwrap();
    assert_eq!((answer.status, answer.body.as_slice()), (200, b"forge".as_slice()));
    let head = heads.lock().unwrap().remove(0);
    assert!(head.starts_with(&format!("CONNECT {FORGE}:443 HTTP/1.1\r\n")), "{head}");
    let credentials = format!("Basic {}", STANDARD.encode("anna:hunter2"));
    assert!(head.contains(&credentials), "{head}");
    assert!(!format!("{:?}", setup.config).contains("hunter2"));
}

/// An operator must learn what is wrong with the certificate.
#[tokio::test]
async fn a_certificate_that_cannot_be_trusted_is_named() {
    let (forge, _) = forge().await;
    let (port, _) = proxy(forge).await;
    let address = format!("http://localhost:{port}");
    let setup = Setup::with(&[URL, ("HTTPS_PROXY", &address)]).await;
    let client = ForgeClient::new(&setup.config).unwrap();
    assert_eq!(client.post(&[], "{}".to_owned()).await.err(), Some(NoAnswer::Tls(TlsFault::UnknownIssuer)));
}

/// The list of names without a proxy has suffixes.
#[tokio::test]
async fn a_name_on_the_list_is_reached_without_the_proxy() {
    let (port, heads) = proxy(1).await;
    let address = format!("http://localhost:{port}");
    for list in [FORGE, ".hello.invalid", "other.example, hello.invalid", "*"] {
        let setup = Setup::with(&[URL, ("HTTPS_PROXY", &address), ("NO_PROXY", list)]).await;
        let client = ForgeClient::new(&setup.config).unwrap();
        assert_eq!(client.post(&[], "{}".to_owned()).await.err(), Some(NoAnswer::Connect), "{list}");
        assert!(heads.lock().unwrap().is_empty(), "{list}");
    }
}
