//! Time from a change on one side until the other side shows it, on the harness: everything is real but the two
//! systems. One change at a time, then fifty a second (`busy`); how long it takes and what it costs (`cost`).

mod busy;
mod cost;
mod direction;
mod env;
mod run;

pub(super) use run::run;
