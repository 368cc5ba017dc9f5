//! A port that stays the same while the process behind it changes, like a container's name in its network.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::{HarnessError, io};

/// The port. Without a process behind it, connections are closed at once.
#[derive(Debug)]
pub struct Front {
    /// `127.0.0.1:<port>`.
    pub address: SocketAddr,
    behind: Arc<Mutex<Option<SocketAddr>>>,
    // Ends with us.
    _task: JoinSet<()>,
}

impl Front {
    /// Opens a free port of 127.0.0.1.
    ///
    /// # Errors
    /// No port can be opened.
    pub async fn open() -> Result<Self, HarnessError> {
        let listener = TcpListener::bind("127.0.0.1:0").await.map_err(io("front port"))?;
        let address = listener.local_addr().map_err(io("front port"))?;
        let behind = Arc::new(Mutex::new(None));
        let mut task = JoinSet::new();
        task.spawn(forward(listener, Arc::clone(&behind)));
        Ok(Self { address, behind, _task: task })
    }

    /// Forwards new connections to this address, or to none.
    pub fn set(&self, behind: Option<SocketAddr>) {
        *self.behind.lock().unwrap_or_else(PoisonError::into_inner) = behind;
    }
}

async fn forward(listener: TcpListener, behind: Arc<Mutex<Option<SocketAddr>>>) {
    let mut open = JoinSet::new();
    while let Ok((mut client, _)) = listener.accept().await {
        while open.try_join_next().is_some() {}
        let target = *behind.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(target) = target {
            open.spawn(async move {
                if let Ok(mut server) = TcpStream::connect(target).await {
                    let _ = copy_bidirectional(&mut client, &mut server).await;
                }
            });
        }
    }
}
