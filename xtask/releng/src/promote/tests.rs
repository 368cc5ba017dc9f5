//! Promotions in real git repositories, with real signatures. In `real_cli` the real Forge CLI talks to a gateway on
//! loopback; elsewhere a stand-in for it records how it is called, and fails when it is told to.

mod approvals;
mod chain;
mod cli;
mod forwards;
mod gateway;
mod real_cli;
mod releases;
mod rollback;
mod scene;
