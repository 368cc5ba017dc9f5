//! The image that is shipped, in a real engine: loaded, run as the kit says, upgraded and taken back. Needs root for an
//! engine of its own, and kits: `cargo xtask kit --out target/kit` and another version in `target/kit-next`. `cargo
//! xtask test` builds all of it and runs these; elsewhere `.config/nextest.toml` leaves them out.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod formats;
mod runs;
mod support;
mod upgrade;
