//! The release binary with no more memory than the delivered container has, and tickets that are far larger: everything
//! arrives in order, and the kernel kills nothing.
//!
//! `cgroup` is the limit, `env` a site whose connector lives in one, `run` the scenarios.

mod cgroup;
mod env;
mod run;

pub(super) use run::run;
