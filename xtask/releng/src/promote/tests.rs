//! Promotions in real git repositories, with real signatures. In `real_cli` the real Forge CLI calls a gateway on loopback;
//! elsewhere a script takes its place, records its calls, and fails on request.

mod approvals;
mod chain;
mod cli;
mod forwards;
mod gateway;
mod real_cli;
mod releases;
mod rollback;
mod support;
