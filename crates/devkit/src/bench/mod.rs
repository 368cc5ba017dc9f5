//! `devkit bench`: measurements of the shipped binary, from outside. `cargo xtask bench` builds and calls it;
//! docs/benchmarks.md lists the results.
//!
//! * `hook`: rejected and accepted webhooks, compared with nginx; latency at 500 a second (`paced`)
//! * `start`: time from start to ready with a backlog, and memory
//! * `e2e`: time from a change on one side to the other side, one at a time and many a second, and what it costs
//! * `memory`: the binary in a memory cgroup of 64 MiB, with tickets that are far larger
//! * `wasm`: opening an envelope inside the module
//! * `jira_sim`, `zammad_sim`: the simulators, whose speed must not limit a load test
//! * `subject`, `sender`, `nginx`, `wrk`: the measured program and the tools that measure it
//! * `load`: the load of the machine meanwhile
//! * `report`: output and statistics

mod e2e;
mod hook;
mod jira_sim;
mod load;
mod memory;
mod nginx;
mod paced;
mod report;
mod run;
mod sender;
mod start;
mod subject;
mod wasm;
mod wrk;
mod zammad_sim;

pub use run::{Bench, run};
