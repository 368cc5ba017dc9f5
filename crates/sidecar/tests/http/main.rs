//! The sidecar's HTTP surface from outside: the real server and routes over real sockets, with a real store, driven by
//! raw bytes. A name begins with the case of docs/testing.md that the test covers.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod answers;
mod bodies;
mod content;
mod crowds;
mod framing;
mod paths;
mod readiness;
mod signatures;
mod store_full;
mod support;
mod timeouts;
