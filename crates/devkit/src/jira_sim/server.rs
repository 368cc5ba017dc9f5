//! Incoming requests: faults are applied first, then the API, the admin API or the page answers.

use std::{
    pin::Pin,
    sync::{Arc, PoisonError},
};

use super::{admin, api, fault_answers, recorder::Exchange, shared::Shared, ui};
use crate::{
    faults::FaultKind,
    http::{Handler, Inbound, Outcome},
};

impl Shared {
    async fn with_faults(&self, inbound: &Inbound) -> Outcome {
        if self.away_until().is_some() {
            return Outcome::Reset;
        }
        let struck = self.faults.strike(inbound);
        for fault in &struck {
            match fault {
                FaultKind::Latency { ms } => self.clock.sleep_until(self.clock.now() + i64::from(*ms)).await,
                FaultKind::Hang => std::future::pending().await,
                FaultKind::Reset => return Outcome::Reset,
                other => {
                    if let Some(answer) = fault_answers::answer(other, inbound) {
                        return answer.into();
                    }
                }
            }
        }
        if self.faults.is_database_away() {
            return api::failure(500, "Internal server error").into();
        }
        let answer = self.call(inbound, None);
        // A restart that began meanwhile closes the connection.
        if struck.contains(&FaultKind::ResetAfterApply) || self.away_until().is_some() {
            return Outcome::Reset;
        }
        if struck.contains(&FaultKind::HangAfterApply) {
            std::future::pending::<()>().await;
        }
        answer.rewritten(&struck).into()
    }

    fn keep(&self, inbound: &Inbound, outcome: &Outcome) {
        if let Some(exchanges) = &self.exchanges {
            let answer = if let Outcome::Answer(answer) = outcome { Some(answer) } else { None };
            let mut exchanges = exchanges.lock().unwrap_or_else(PoisonError::into_inner);
            exchanges.push(Exchange::new(inbound, answer));
        }
    }
}

impl Handler for Shared {
    fn handle(self: Arc<Self>, request: Inbound) -> Pin<Box<dyn Future<Output = Outcome> + Send>> {
        Box::pin(async move {
            if request.path.starts_with("/__sim/") {
                admin::answer(&self, &request).into()
            } else if request.path.starts_with("/rest/") {
                let outcome = self.with_faults(&request).await;
                self.keep(&request, &outcome);
                outcome
            } else if let Some(file) = request.path.strip_prefix("/media/file/") {
                api::media(&self.state(), file).into()
            } else {
                ui::answer(&self, &request).into()
            }
        })
    }
}
