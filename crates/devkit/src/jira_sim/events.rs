//! The worker that sends product events, as Forge delivers them to the app.

use std::sync::Arc;

use super::shared::Shared;
use crate::outgoing;

/// The worker: one event after the other, to every sink in turn. Ends with the simulator.
pub(super) async fn work(shared: Arc<Shared>) {
    let mut client = None;
    loop {
        let event = shared.outbox.next(&*shared.clock).await;
        while let Some(until) = shared.away_until() {
            shared.clock.sleep_until(until).await;
        }
        let sinks = shared.state().sinks.clone();
        if client.is_none() {
            client = outgoing::client(shared.sink_timeout).ok();
        }
        for sink in sinks {
            if let Some(client) = &client {
                // Events are sent once: the platform promises no more, and neither do we.
                let _ = client.post(&sink).json(&event).send().await;
            }
        }
        shared.outbox.done(None);
    }
}
