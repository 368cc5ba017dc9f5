//! The reference: nginx that responds 200 without a check, one process.

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::report::unexpected;
use super::subject::{Folder, free_port};
use crate::harness::{HarnessError, io};

/// A running nginx; killed when dropped.
pub(super) struct Nginx {
    pub(super) address: SocketAddr,
    child: Child,
}

impl Nginx {
    /// Starts it on this core.
    pub(super) fn start(folder: &Folder, core: &str) -> Result<Self, HarnessError> {
        let address = free_port()?;
        let place = folder.0.display();
        // Without a limit of requests per connection, since the connector has none.
        let config = format!(
            "daemon off; master_process off; pid {place}/nginx.pid; error_log /dev/null;\n\
             events {{ worker_connections 1024; }}\n\
             http {{\n  access_log off; keepalive_requests 1000000000; client_body_temp_path {place}/body;\n  \
             server {{ listen {address}; location / {{ return 200; }} }}\n}}\n"
        );
        let file = folder.0.join("nginx.conf");
        fs::write(&file, config).map_err(io("nginx.conf"))?;
        let mut command = Command::new("taskset");
        command.args(["-c", core, "nginx", "-e", "/dev/null", "-p"]).arg(&folder.0).arg("-c").arg(&file);
        let child = command.stdin(Stdio::null()).spawn().map_err(io("starting nginx"))?;
        let nginx = Self { address, child };
        for _ in 0..200 {
            if TcpStream::connect(address).is_ok() {
                return Ok(nginx);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Err(unexpected("nginx did not start"))
    }

    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
