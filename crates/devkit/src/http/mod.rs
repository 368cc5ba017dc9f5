//! The little HTTP that both simulators share: they imitate other servers' routing and must be able to break off an
//! answer, so requests come as plain values and answers go as plain values.

mod answer;
mod inbound;
mod multipart;
mod server;

pub(crate) use answer::{Answer, Outcome};
pub(crate) use inbound::Inbound;
pub(crate) use multipart::parts;
pub(crate) use server::{Handler, Listening, listen};
