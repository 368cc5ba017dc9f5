//! Incoming requests: faults are applied first, then the API, the admin API or the page answers.

use std::{pin::Pin, sync::Arc};

use super::{admin, fault_answers, gitlab, shared::Shared, ui};
use crate::{
    clock::{Millis, calendar},
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
            return fault_answers::server_error(inbound).into();
        }
        let (mut answer, question) = self.call(inbound, None);
        if let Some(question) = question {
            let (body, changed) = gitlab::ask(question).await;
            if let Some(changed) = changed {
                self.store_links(changed);
            }
            answer.body = body.to_string().into();
        }
        if struck.contains(&FaultKind::ResetAfterApply) {
            return Outcome::Reset;
        }
        if struck.contains(&FaultKind::HangAfterApply) {
            std::future::pending::<()>().await;
        }
        let answer = answer.rewritten(&struck);
        // A wrong clock of the server shows in the `Date` of every response.
        match self.faults.clock_skew() {
            0 => answer.into(),
            skew => answer.with("date", http_date(self.clock.now().saturating_add(skew))).into(),
        }
    }
}

/// A time as HTTP writes it.
fn http_date(at: Millis) -> String {
    let at = calendar(at);
    let (day, month) = (at.weekday().to_string(), at.month().to_string());
    let short = |name: &str| name.chars().take(3).collect::<String>();
    let (day, month) = (short(&day), short(&month));
    let clock = format!("{:02}:{:02}:{:02}", at.hour(), at.minute(), at.second());
    format!("{day}, {:02} {month} {} {clock} GMT", at.day(), at.year())
}

impl Handler for Shared {
    fn handle(self: Arc<Self>, request: Inbound) -> Pin<Box<dyn Future<Output = Outcome> + Send>> {
        Box::pin(async move {
            if request.path.starts_with("/__sim/") {
                admin::answer(&self, &request).into()
            } else if request.path == "/" || request.path.starts_with("/__ui/") {
                ui::answer(&self, &request).into()
            } else {
                self.with_faults(&request).await
            }
        })
    }
}
