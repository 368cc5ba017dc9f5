//! Promotions in real git repositories, with real signatures; only the Forge CLI is a stand-in, which records how it is
//! called. What the real CLI does with the same words is shown by `promote --self-test`.

mod approvals;
mod chain;
mod cli;
mod forwards;
mod releases;
mod rollback;
mod scene;
