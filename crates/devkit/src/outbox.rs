//! The queue of messages to send, with faults: shared by Zammad's webhooks and Jira's events.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;

use crate::{
    clock::{Clock, Millis},
    faults::SendFaultKind,
};

/// The state of a sending worker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeliveryStatus {
    /// Something is being sent right now.
    pub sending: bool,
    /// Number of waiting messages, retries included.
    pub waiting: usize,
    /// When the next one is due.
    pub next_due: Option<Millis>,
}

/// The fate of the messages that waited for a dead worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WaitingJobs {
    /// They are sent.
    Deliver,
    /// They are lost.
    Drop,
}

#[derive(Debug)]
struct Entries<T> {
    /// By when they are due, then in the order they came.
    waiting: BTreeMap<(Millis, u64), T>,
    /// These wait until another one was sent.
    held: BTreeMap<(Millis, u64), T>,
    order: u64,
    /// The worker is dead: everything waits.
    stopped: bool,
}

impl<T> Entries<T> {
    fn place(&mut self, due: Millis) -> (Millis, u64) {
        self.order += 1;
        (due, self.order)
    }
}

/// The queue of one worker.
#[derive(Debug)]
pub(crate) struct Outbox<T> {
    entries: Mutex<Entries<T>>,
    status: watch::Sender<DeliveryStatus>,
}

impl<T> Default for Outbox<T> {
    fn default() -> Self {
        Self {
            entries: Mutex::new(Entries { waiting: BTreeMap::new(), held: BTreeMap::new(), order: 0, stopped: false }),
            status: watch::Sender::default(),
        }
    }
}

impl<T: Clone> Outbox<T> {
    fn entries(&self) -> MutexGuard<'_, Entries<T>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state of the worker, as it changes.
    pub fn watch(&self) -> watch::Receiver<DeliveryStatus> {
        self.status.subscribe()
    }

    /// Puts something in; faults lose it, double it, or change its turn.
    pub fn push(&self, item: T, due: Millis, faults: &[SendFaultKind]) {
        let mut entries = self.entries();
        let (mut due, mut held, mut copies) = (due, false, 1);
        for fault in faults {
            match fault {
                SendFaultKind::Lose => copies = 0,
                SendFaultKind::Double => copies = 2,
                SendFaultKind::Reorder => held = true,
                SendFaultKind::Delay { ms } => due += Millis::from(*ms),
            }
        }
        for _ in 0..copies {
            let place = entries.place(due);
            let list = if held { &mut entries.held } else { &mut entries.waiting };
            list.insert(place, item.clone());
        }
        self.publish(&entries, None);
    }

    /// Releases the held messages.
    pub fn release(&self) {
        let mut entries = self.entries();
        let mut held = std::mem::take(&mut entries.held);
        entries.waiting.append(&mut held);
        self.publish(&entries, None);
    }

    /// Lets nothing out from now on; what comes in waits.
    pub fn stop(&self) {
        let mut entries = self.entries();
        entries.stopped = true;
        self.publish(&entries, None);
    }

    /// Lets everything out again: also what came in meanwhile, unless that is lost.
    pub fn resume(&self, waiting: WaitingJobs) {
        let mut entries = self.entries();
        entries.stopped = false;
        if waiting == WaitingJobs::Drop {
            entries.waiting.clear();
            entries.held.clear();
        }
        self.publish(&entries, None);
    }

    fn publish(&self, entries: &Entries<T>, sending: Option<bool>) {
        let next_due = entries.waiting.keys().next().map(|(due, _)| *due).filter(|_| !entries.stopped);
        self.status.send_modify(|status| {
            status.sending = sending.unwrap_or(status.sending);
            (status.waiting, status.next_due) = (entries.waiting.len() + entries.held.len(), next_due);
        });
    }

    /// The one whose turn it is. [`Self::done`] must follow.
    pub fn take(&self, now: Millis) -> Option<T> {
        let mut entries = self.entries();
        if entries.stopped {
            return None;
        }
        let item = entries.waiting.first_entry().filter(|entry| entry.key().0 <= now)?.remove();
        self.publish(&entries, Some(true));
        Some(item)
    }

    /// Ends a sending: held messages are released, and a failed one may be queued again for a later time.
    pub fn done(&self, back: Option<(T, Millis)>) {
        let mut entries = self.entries();
        let mut held = std::mem::take(&mut entries.held);
        entries.waiting.append(&mut held);
        if let Some((item, due)) = back {
            let place = entries.place(due);
            entries.waiting.insert(place, item);
        }
        self.publish(&entries, Some(false));
    }

    /// Waits for the next one that is due.
    pub async fn next(&self, clock: &dyn Clock) -> T {
        let mut woken = self.watch();
        loop {
            woken.mark_unchanged();
            if let Some(item) = self.take(clock.now()) {
                return item;
            }
            let next = woken.borrow().next_due;
            let due = async {
                match next {
                    Some(at) => clock.sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                // The sender is `self`, so it cannot be gone.
                _ = woken.changed() => {}
                () = due => {}
            }
        }
    }

    /// Ends when nothing is being sent or waits.
    pub async fn drained(&self) {
        let mut status = self.watch();
        // The sender is `self`, so waiting cannot fail.
        let _ = status.wait_for(|status| !status.sending && status.waiting == 0).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_held_message_waits_for_another() {
        let outbox = Outbox::default();
        outbox.push("first", 0, &[SendFaultKind::Reorder]);
        assert_eq!(outbox.take(10), None);
        outbox.push("second", 5, &[]);
        let taken = outbox.take(10);
        outbox.done(None);
        assert_eq!((taken, outbox.take(10)), (Some("second"), Some("first")));
    }

    #[test]
    fn nothing_leaves_a_stopped_queue_and_what_waited_is_sent_or_lost() {
        let outbox = Outbox::default();
        outbox.stop();
        outbox.push("kept", 0, &[]);
        assert_eq!((outbox.take(10), outbox.watch().borrow().waiting), (None, 1));
        assert_eq!(outbox.watch().borrow().next_due, None);
        outbox.resume(WaitingJobs::Deliver);
        let taken = outbox.take(10);
        outbox.done(None);
        assert_eq!(taken, Some("kept"));
        outbox.stop();
        outbox.push("lost", 0, &[]);
        outbox.resume(WaitingJobs::Drop);
        assert_eq!((outbox.take(10), outbox.watch().borrow().waiting), (None, 0));
    }

    #[test]
    fn faults_lose_double_and_delay_messages() {
        let outbox = Outbox::default();
        outbox.push("lost", 0, &[SendFaultKind::Lose]);
        outbox.push("late", 0, &[SendFaultKind::Delay { ms: 50 }]);
        outbox.push("twice", 1, &[SendFaultKind::Double]);
        let taken: Vec<_> = (0..4).map(|_| outbox.take(10)).collect();
        assert_eq!(taken, [Some("twice"), Some("twice"), None, None]);
        assert_eq!(outbox.take(50), Some("late"));
    }
}
