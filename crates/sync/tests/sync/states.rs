//! States and statuses: what comes back to the agent, what an agent may do then, resolutions, and states of the customer's own.

use schema::settings::{Direction, StatePair, StateSelector, StatusSelector};
use schema::{FieldOutcome, NamedText, Settings};
use sync::{Answered, ApplyOutcome, FieldName, Issue, Memory, Plan, Policy, StateInfo, Ticket, TicketWrite, reconcile};

use crate::support::{STATES, close_with_the_issue, issue, policy, ticket};

/// A link over time, with sides that store what they receive.
struct LinkOverTime {
    settings: Settings,
    etag: u32,
    states: Vec<StateInfo>,
    memory: Memory,
    ticket: Ticket,
    issue: Issue,
    at: i64,
}

const TO_DO: (&str, &str) = ("10000", "new");
const IN_PROGRESS: (&str, &str) = ("10001", "indeterminate");
const DONE: (&str, &str) = ("10002", "done");

impl LinkOverTime {
    /// An open ticket whose issue is in progress.
    fn new(settings: Settings) -> Self {
        let mut states = STATES.to_vec();
        states.extend([StateInfo { id: 17, type_id: 2, active: true }, StateInfo { id: 18, type_id: 5, active: true }]);
        let mut link =
            Self { settings, etag: 1, states, memory: Memory::default(), ticket: ticket(1), issue: issue(1), at: 1 };
        link.visit();
        link
    }

    fn agent_sets(&mut self, state: u64) -> Plan {
        let state = *self.states.iter().find(|known| known.id == state).unwrap();
        (self.ticket.state, self.ticket.state_type) = (state.id, state.type_id);
        self.at += 1;
        self.ticket.changed_at = schema::UnixMs(self.at);
        self.visit()
    }

    fn engineer_sets(&mut self, (id, category): (&str, &str), resolution: Option<&str>) -> Plan {
        let snapshot = &mut self.issue.snapshot;
        (snapshot.status_id, snapshot.status_category) = (id.into(), category.into());
        snapshot.resolution = resolution.map(|id| NamedText { id: id.into(), name: format!("Resolution {id}") });
        self.at += 1;
        self.issue.changed_at = schema::UnixMs(self.at);
        self.visit()
    }

    fn settings_change(&mut self, change: impl FnOnce(&mut Settings)) -> Plan {
        change(&mut self.settings);
        self.etag += 1;
        self.visit()
    }

    /// Merges and makes the writes. The status is reached by a transition into the first one that fits.
    fn visit(&mut self) -> Plan {
        let (settings, states, etag) = (self.settings.clone(), self.states.clone(), self.etag.to_string());
        let now = schema::UnixMs(self.at * 100_000);
        let policy = Policy { states: &states, etag: &etag, now, ..policy(&settings) };
        let step = reconcile(self.memory.clone(), None, &self.ticket, &self.issue, &policy);
        let (mut memory, plan) = (step.memory, step.plan);
        if let Some(TicketWrite::State(id, _)) = plan.zammad.get(&FieldName::State) {
            let state = states.iter().find(|state| state.id == *id).unwrap();
            (self.ticket.state, self.ticket.state_type) = (state.id, state.type_id);
        }
        memory.record_zammad_writes(&plan, &self.ticket, &self.issue, &policy);
        if let Some(wanted) = &plan.jira.status {
            memory.record_jira_writes(&plan, "m".into(), now);
            let all = [TO_DO, IN_PROGRESS, DONE];
            let reached = wanted.any_of.iter().find_map(|one| {
                all.iter().find(|(id, category)| one.matches(id, category)).map(|status| (one, status))
            });
            let (selector, (id, category)) = reached.unwrap();
            let snapshot = &mut self.issue.snapshot;
            (snapshot.status_id, snapshot.status_category) = ((*id).into(), (*category).into());
            let resolution = selector.resolution.as_deref().or((*category == "done").then_some("workflow"));
            snapshot.resolution = resolution.map(|id| NamedText { id: id.into(), name: format!("Resolution {id}") });
            let outcome = FieldOutcome { snapshot: snapshot.clone(), refused: vec![], stale: vec![] };
            let answered = Answered { message: "m".into(), outcome: ApplyOutcome::Applied(Box::new(outcome)) };
            let again = reconcile(memory, Some(&answered), &self.ticket, &self.issue, &policy);
            assert!(again.plan.is_empty(), "an echo: {:?}", again.plan);
            memory = again.memory;
        }
        self.memory = memory;
        plan
    }

    fn resolution(&self) -> Option<&str> {
        self.issue.snapshot.resolution.as_ref().map(|resolution| resolution.id.as_str())
    }

    fn now(&self) -> (u64, &str) {
        (self.ticket.state, &self.issue.snapshot.status_id)
    }
}

fn pair(zammad: StateSelector, category: &str, resolution: Option<&str>, direction: Direction) -> StatePair {
    let jira = StatusSelector { resolution: resolution.map(str::to_owned), ..StatusSelector::of_category(category) };
    StatePair { zammad, jira, direction }
}

const fn state(id: u64) -> StateSelector {
    StateSelector { id: Some(id), type_id: None }
}

#[test]
fn done_issue_gives_a_pending_ticket_back_and_leaves_an_open_or_closed_one() {
    for (before, after) in [(2, 2), (3, 2), (6, 2), (1, 2), (17, 17), (4, 4)] {
        let mut link = LinkOverTime::new(Settings::default());
        // A closed ticket beside an issue in progress: possible while the state does not sync to Jira.
        link.settings_change(|settings| settings.fields.state.direction = Direction::ToZammad);
        link.agent_sets(before);
        link.settings_change(|settings| settings.fields.state.direction = Direction::Both);
        let plan = link.engineer_sets(DONE, Some("10000"));
        assert_eq!((link.now(), plan.jira.status), ((after, "10002"), None), "from state {before}");
    }
}

#[test]
fn agent_goes_on_with_the_ticket_and_the_issue_stays_done() {
    let mut link = LinkOverTime::new(Settings::default());
    link.engineer_sets(DONE, None);
    for next in [3, 2, 6, 17, 1, 2, 4] {
        let plan = link.agent_sets(next);
        assert!(plan.is_empty(), "state {next}: {plan:?}");
        assert_eq!(link.now(), (next, "10002"));
    }
}

#[test]
fn closed_ticket_moves_the_issue_to_done_and_an_opened_one_moves_it_back() {
    for closes in [false, true] {
        let mut settings = Settings::default();
        if closes {
            close_with_the_issue(&mut settings);
        }
        let mut link = LinkOverTime::new(settings);
        link.agent_sets(4);
        assert_eq!(link.now(), (4, "10002"));
        link.agent_sets(2);
        assert_eq!(link.now(), (2, "10001"));
    }
}

#[test]
fn reopened_issue_opens_a_closed_ticket_and_leaves_any_other() {
    for (meanwhile, after) in [(2, 2), (3, 3), (4, 2)] {
        let mut link = LinkOverTime::new(Settings::default());
        link.engineer_sets(DONE, None);
        link.agent_sets(meanwhile);
        let plan = link.engineer_sets(IN_PROGRESS, None);
        assert_eq!((link.now(), plan.jira.status), ((after, "10001"), None), "{meanwhile}");
        link.engineer_sets(DONE, None);
        assert_eq!(link.now(), (2, "10002"), "and is given back when it is done again");
    }
}

#[test]
fn done_wins_over_a_change_that_says_nothing_about_the_status() {
    let mut link = LinkOverTime::new(Settings::default());
    // Both change before the next visit, the agent last.
    (link.issue.snapshot.status_id, link.issue.snapshot.status_category) = ("10002".into(), "done".into());
    link.issue.changed_at = schema::UnixMs(5);
    link.at = 6;
    let plan = link.agent_sets(3);
    assert_eq!((link.now(), plan.jira.status, plan.conflicts.len()), ((2, "10002"), None, 1));
}

#[test]
fn ticket_closes_with_its_issue_if_the_pair_holds_both_ways() {
    let mut settings = Settings::default();
    close_with_the_issue(&mut settings);
    let mut link = LinkOverTime::new(settings);
    link.engineer_sets(DONE, None);
    assert_eq!(link.now(), (4, "10002"));
    link.engineer_sets(IN_PROGRESS, None);
    assert_eq!(link.now(), (2, "10001"));
}

/// The states "closed" (4) and "closed unsuccessful" (18), each with a resolution.
fn with_resolutions(settings: &mut Settings) {
    let pairs = &mut settings.fields.state.pairs;
    pairs.push(pair(state(4), "done", Some("10000"), Direction::Both));
    pairs.push(pair(state(18), "done", Some("10001"), Direction::Both));
}

#[test]
fn resolution_follows_the_state() {
    let mut settings = Settings::default();
    with_resolutions(&mut settings);
    for (closed, resolution) in [(4, "10000"), (18, "10001")] {
        let mut link = LinkOverTime::new(settings.clone());
        link.agent_sets(closed);
        assert_eq!((link.now(), link.resolution()), ((closed, "10002"), Some(resolution)));
    }
}

#[test]
fn state_follows_the_resolution_and_pairs_without_one_take_the_rest() {
    let mut settings = Settings::default();
    with_resolutions(&mut settings);
    for (resolution, after) in [(Some("10000"), 4), (Some("10001"), 18), (Some("10002"), 2), (None, 2)] {
        let mut link = LinkOverTime::new(settings.clone());
        link.agent_sets(3);
        link.engineer_sets(DONE, resolution);
        assert_eq!(link.now(), (after, "10002"), "{resolution:?}");
    }
    // The resolution may be set after the status, by an automation of Jira's.
    let mut link = LinkOverTime::new(settings);
    link.engineer_sets(DONE, None);
    link.engineer_sets(DONE, Some("10001"));
    assert_eq!(link.now(), (18, "10002"));
}

#[test]
fn pairs_with_a_resolution_change_no_ticket_of_the_past() {
    let mut link = LinkOverTime::new(Settings::default());
    link.engineer_sets(DONE, Some("10001"));
    link.agent_sets(3);
    let plan = link.settings_change(with_resolutions);
    assert!(plan.is_empty() && link.now() == (3, "10002"), "{plan:?}");
    let plan = link.settings_change(|settings| settings.fields.state.pairs.truncate(11));
    assert!(plan.is_empty() && link.now() == (3, "10002"), "{plan:?}");
}

/// A state of the customer's own follows its type until an admin maps it.
#[test]
fn state_of_the_customers_own_follows_its_type_until_it_is_mapped() {
    let mut link = LinkOverTime::new(Settings::default());
    link.agent_sets(18);
    assert_eq!(link.now(), (18, "10002"));
    link.agent_sets(17);
    assert_eq!(link.now(), (17, "10001"));
    link.settings_change(|settings| {
        settings.fields.state.pairs.push(pair(state(17), "new", None, Direction::Both));
    });
    link.agent_sets(2);
    link.agent_sets(17);
    assert_eq!(link.now(), (17, "10000"), "a pair that names the state comes before those of its type");
}
