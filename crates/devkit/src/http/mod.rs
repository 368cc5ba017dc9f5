//! The HTTP that both simulators share: they simulate other servers' routing and must be able to break off a
//! response, so requests and responses are plain values.

mod answer;
mod inbound;
mod multipart;
pub(crate) mod proxy;
mod server;

pub(crate) use answer::{Answer, Outcome};
pub(crate) use inbound::Inbound;
pub(crate) use multipart::parts;
pub(crate) use server::{Handler, Listening, listen};
