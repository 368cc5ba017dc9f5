//! Accepts connections, with the limits that hyper and axum do not set by default (docs/testing.md findings 4 and 8).

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use axum::Router;
use hyper::Request;
use hyper::body::Incoming;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::framing::Framed;
pub use super::framing::Timeouts;
use super::limits::Connections;

/// Accepts and serves connections until `stop` is cancelled, then finishes the open requests and returns.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    table: Connections,
    timeouts: Timeouts,
    stop: CancellationToken,
) {
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next(), if !connections.is_empty() => continue,
            () = stop.cancelled() => break,
        };
        match accepted {
            // If every connection has a complete request, the new one is closed at once; Zammad sends the webhook again.
            Ok((stream, address)) => {
                if let Some((slot, evicted)) = table.take() {
                    let _ = stream.set_nodelay(true);
                    let framed = Framed::new(stream, timeouts, slot);
                    connections.spawn(connection(framed, router.clone(), Sender(address.ip()), evicted, stop.clone()));
                }
            }
            // Out of file descriptors, for example: the pause prevents a busy loop until another connection ends.
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
    while connections.join_next().await.is_some() {}
}

/// The address that a request came from: Zammad's, or that of a proxy in front of here.
#[derive(Clone, Copy)]
pub(super) struct Sender(pub(super) IpAddr);

async fn connection(
    framed: Framed<TcpStream>,
    router: Router,
    sender: Sender,
    evicted: CancellationToken,
    stop: CancellationToken,
) {
    let service = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(sender);
        service.call(request)
    });
    let mut builder = hyper::server::conn::http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(None)
        .max_headers(128)
        .max_buf_size(32 * 1024)
        .keep_alive(true);
    let serving = builder.serve_connection(TokioIo::new(framed), service);
    let mut serving = std::pin::pin!(serving);
    tokio::select! {
        _ = serving.as_mut() => {}
        () = evicted.cancelled() => {}
        () = stop.cancelled() => {
            serving.as_mut().graceful_shutdown();
            let _ = serving.await;
        }
    }
}

/// Opens the listening socket.
///
/// # Errors
/// If the address cannot be bound.
pub async fn bind(address: SocketAddr) -> std::io::Result<TcpListener> {
    TcpListener::bind(address).await
}
