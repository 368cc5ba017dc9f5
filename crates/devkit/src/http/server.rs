//! Accepting connections. On hyper directly and not on axum, because a simulator must be able to close a connection
//! instead of answering, after it did what was asked.

use std::{future::Future, io, net::SocketAddr, pin::Pin, sync::Arc};

use http_body_util::{BodyExt, Limited};
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

use super::{Answer, Inbound, Outcome};

/// Larger than anything that the servers we imitate take.
const BODY_LIMIT: usize = 64 * 1024 * 1024;

/// Answers requests.
pub(crate) trait Handler: Send + Sync + 'static {
    /// The outcome of this request.
    fn handle(self: Arc<Self>, request: Inbound) -> Pin<Box<dyn Future<Output = Outcome> + Send>>;
}

/// A running server: its address and its task. Dropping it closes all connections.
#[derive(Debug)]
pub(crate) struct Listening {
    /// Where it listens.
    pub address: SocketAddr,
    tasks: JoinSet<()>,
}

impl Listening {
    /// Runs a further task for as long as the server.
    pub fn run(&mut self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(task);
    }
}

/// A bound socket that does not accept yet.
pub(crate) async fn listen(address: SocketAddr) -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

impl Listening {
    /// Starts to answer.
    pub fn start(listener: TcpListener, address: SocketAddr, handler: Arc<impl Handler>) -> Self {
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, handler));
        Self { address, tasks }
    }
}

async fn accept(listener: TcpListener, handler: Arc<impl Handler>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(serve(stream, Arc::clone(&handler)));
                }
                // No file handles, or a peer that closed before it was accepted: later connections may still succeed.
                Err(_) => tokio::task::yield_now().await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve(stream: TcpStream, handler: Arc<impl Handler>) {
    // Small answers must not wait for more; a socket without the option still works.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let handler = Arc::clone(&handler);
        async move {
            let outcome = match read(request).await {
                Some(inbound) => handler.handle(inbound).await,
                None => Answer::empty(413).into(),
            };
            match outcome {
                Outcome::Answer(answer) => Ok(answer.into_response()),
                Outcome::Reset => Err(io::Error::from(io::ErrorKind::ConnectionReset)),
            }
        }
    });
    // An error here is a closed connection or a requested reset; nothing is left to do.
    let _ = http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service).await;
}

async fn read(request: Request<Incoming>) -> Option<Inbound> {
    let (head, body) = request.into_parts();
    let body = Limited::new(body, BODY_LIMIT).collect().await.ok()?.to_bytes();
    Some(Inbound {
        method: head.method,
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers: head.headers,
        body,
    })
}
