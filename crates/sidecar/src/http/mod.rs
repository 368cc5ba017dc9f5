//! The sidecar's own server. A request's way: `framing` (is it one request, unambiguously?) → `limits` → `routes` →
//! `webhook` or `health`.

mod framing;
mod head;
mod health;
pub mod limits;
mod routes;
pub mod server;
mod webhook;

pub use routes::{Hook, router};
