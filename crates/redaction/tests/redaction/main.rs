//! The boundary, the egress check and the log layer, against everything the wire knows and against anything else.
#![expect(clippy::unwrap_used, reason = "tests")]

mod boundary;
mod egress;
mod log_lines;
