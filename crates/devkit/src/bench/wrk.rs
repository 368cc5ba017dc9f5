//! wrk: 64 connections from one core.

use std::fs;
use std::net::SocketAddr;

use tokio::process::Command;

use super::subject::Folder;
use super::{load::Load, report::unexpected};
use crate::harness::{HarnessError, io};

/// The request that wrk posts, always the same but for the delivery's id.
pub(super) struct Post {
    pub(super) body: String,
    pub(super) signature: String,
}

/// The result of one run.
pub(super) struct Run {
    pub(super) per_second: f64,
    pub(super) p99: String,
    /// Cores that other programs used meanwhile.
    pub(super) foreign: f64,
}

impl Post {
    /// The script that makes wrk post. Delivery ids are of this run and count up.
    fn script(&self, run: u32) -> String {
        format!(
            "wrk.method = 'POST'\nwrk.path = '/hooks/zammad'\nwrk.body = [[{}]]\n\
             wrk.headers['Content-Type'] = 'application/json'\nwrk.headers['X-Hub-Signature'] = '{}'\n\
             local id = 0\nfunction request()\n  id = id + 1\n  \
             wrk.headers['X-Zammad-Delivery'] = string.format('018f7a6e-0000-7000-{:04x}-%012x', id)\n  \
             return wrk.format()\nend\n",
            self.body,
            self.signature,
            0x8000 + run
        )
    }

    /// Four seconds of it; every answer must be of the expected kind.
    pub(super) async fn run(
        &self,
        folder: &Folder,
        (address, server): (SocketAddr, u32),
        number: u32,
        refused: bool,
    ) -> Result<Run, HarnessError> {
        let script = folder.0.join("post.lua");
        fs::write(&script, self.script(number)).map_err(io("wrk script"))?;
        let load = Load::begin(server);
        let mut wrk = Command::new("taskset");
        wrk.args(["-c", "1", "wrk", "-t", "1", "-c", "64", "-d", "4s", "--latency", "-s"]).arg(&script);
        let output = wrk.arg(format!("http://{address}/")).output().await.map_err(io("starting wrk"))?;
        let foreign = load.foreign();
        let text = String::from_utf8_lossy(&output.stdout);
        let word = |name: &str| {
            let line = text.lines().find_map(|line| line.trim_start().strip_prefix(name));
            line.map(|rest| rest.trim().to_owned()).unwrap_or_default()
        };
        let total = text.lines().find_map(|line| line.trim_start().split_once(" requests in"));
        let total: u64 = total.and_then(|(count, _)| count.parse().ok()).unwrap_or_default();
        let unlike_2xx: u64 = word("Non-2xx or 3xx responses:").parse().unwrap_or_default();
        if total == 0 || unlike_2xx != if refused { total } else { 0 } {
            return Err(unexpected(format!("not the expected answers: {text}")));
        }
        let per_second = word("Requests/sec:").parse().map_err(|_| unexpected(format!("wrk printed: {text}")))?;
        Ok(Run { per_second, p99: word("99%"), foreign })
    }
}
