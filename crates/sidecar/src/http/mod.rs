//! The sidecar's HTTP server: `framing` and `head` (is this exactly one well-formed request?) → `limits` → `routes` →
//! `bodies` → `webhook` (`deliveries`: which came before) or `health`, which build on `state` and `respond`.

pub mod bodies;
mod deliveries;
mod framing;
mod head;
mod health;
pub mod limits;
mod respond;
mod routes;
pub mod server;
mod state;
mod webhook;

pub use deliveries::Deliveries;
pub use routes::router;
pub use state::HttpState;
