//! Outages that last for minutes of the day: something between the connector and a side answers in its place, a side refuses
//! everybody, or the connector's account loses a right. Each ends after a number of edits, but not before the connector has
//! met it.

use devkit::faults::{Fault, FaultKind, Faults};
use devkit::jira_sim::{APP_ROLE, Holder, PERMISSIONS, PermissionScheme};
use serde_json::json;

use crate::support::{LinkedSite, eventually_async};

/// Requests that an outage may hit.
const STRIKES: u32 = 1_000_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outage {
    /// A proxy before Zammad knows no such address; people reach Zammad by another.
    ProxyBeforeZammad,
    /// A proxy before Jira knows no such address.
    ProxyBeforeJira,
    /// A proxy before Zammad wants a login.
    LoginBeforeZammad,
    /// Something before Jira wants a login.
    LoginBeforeJira,
    /// Zammad refuses everybody; people work in Jira only.
    Maintenance,
    /// The bot is not in the group of the tickets.
    BotWithoutGroup,
    /// The bot may read the tickets, but write nothing.
    BotReadsOnly,
    /// The app may not see the project of the issues.
    ProjectHidden,
    /// The app may read the issues, but write nothing.
    AppReadsOnly,
}

impl Outage {
    pub(super) const ALL: [Self; 9] = [
        Self::ProxyBeforeZammad,
        Self::ProxyBeforeJira,
        Self::LoginBeforeZammad,
        Self::LoginBeforeJira,
        Self::Maintenance,
        Self::BotWithoutGroup,
        Self::BotReadsOnly,
        Self::ProjectHidden,
        Self::AppReadsOnly,
    ];

    /// The side that answers wrongly, if it is one, with the answer and whom it meets.
    fn fault(self, env: &LinkedSite) -> Option<(&Faults, Fault)> {
        let (zammad, jira) = (env.site.zammad.faults(), env.site.jira.faults());
        let of_client = |kind: FaultKind, credentials: &str| Fault {
            times: Some(STRIKES),
            ..Fault::always(kind).of_client(credentials)
        };
        let (bot, app) = (env.site.sample.bot_token.as_str(), "Bearer app:");
        let not_found = FaultKind::ProxyNotFound { plain: false };
        match self {
            Self::ProxyBeforeZammad => Some((zammad, of_client(not_found, bot))),
            Self::ProxyBeforeJira => Some((jira, of_client(not_found, app))),
            Self::LoginBeforeZammad => Some((zammad, of_client(FaultKind::LoginPage, bot))),
            Self::LoginBeforeJira => Some((jira, of_client(FaultKind::LoginPage, app))),
            Self::Maintenance => Some((zammad, of_client(FaultKind::Maintenance, ""))),
            _ => None,
        }
    }

    fn begin(self, env: &LinkedSite, reach: &Reach) {
        if let Some((faults, fault)) = self.fault(env) {
            faults.add(fault);
        }
        match self {
            Self::BotWithoutGroup => reach.bot_may(env, &[]),
            Self::BotReadsOnly => reach.bot_may(env, &["read"]),
            Self::ProjectHidden => reach.hide_projects(env, true),
            Self::AppReadsOnly => reach.set_permissions(env, &app_reads_only()),
            _ => {}
        }
    }

    async fn end(self, env: &LinkedSite, reach: &Reach) {
        eventually_async(&format!("{self:?} to be met"), || self.is_met(env)).await;
        if let Some((faults, fault)) = self.fault(env) {
            assert!(faults.remove(&fault.kind).is_some());
        }
        match self {
            Self::BotWithoutGroup | Self::BotReadsOnly => reach.bot_may(env, &["full"]),
            Self::ProjectHidden => reach.hide_projects(env, false),
            Self::AppReadsOnly => reach.set_permissions(env, &PermissionScheme::default()),
            _ => {}
        }
    }

    /// Whether the connector has met it: `/readyz` names what is wrong with Zammad; the app has asked Jira in vain.
    async fn is_met(self, env: &LinkedSite) -> bool {
        match self {
            Self::ProxyBeforeZammad | Self::LoginBeforeZammad => env.health("problems").await == ["zammad-not-zammad"],
            Self::Maintenance => env.health("problems").await == ["zammad-maintenance"],
            Self::BotWithoutGroup | Self::BotReadsOnly => {
                env.health("warnings").await.iter().any(|code| code == "bot-lacks-rights")
            }
            Self::ProxyBeforeJira | Self::LoginBeforeJira => {
                // Other faults hit a few requests only.
                let is_used = |left: u64| (u64::from(STRIKES / 2)..u64::from(STRIKES)).contains(&left);
                let set = env.site.jira.faults().dump();
                set["requests"].as_array().unwrap().iter().any(|fault| fault["times"].as_u64().is_some_and(is_used))
            }
            Self::ProjectHidden => app_logged(env, "issue-not-readable").await,
            Self::AppReadsOnly => app_logged(env, "jira-forbidden").await,
        }
    }
}

/// The groups of the tickets and the projects of the issues, from which rights are taken.
pub(super) struct Reach {
    pub(super) groups: Vec<u64>,
    pub(super) projects: &'static [&'static str],
}

impl Reach {
    fn bot_may(&self, env: &LinkedSite, levels: &[&str]) {
        for group in &self.groups {
            assert!(env.site.zammad.state().set_group_access(env.site.sample.bot.id, *group, levels));
        }
    }

    fn hide_projects(&self, env: &LinkedSite, hidden: bool) {
        for project in self.projects {
            assert!(env.site.jira.state().hide_project(project, hidden));
        }
    }

    fn set_permissions(&self, env: &LinkedSite, scheme: &PermissionScheme) {
        for project in self.projects {
            env.site.jira.state().set_permissions(project, scheme.clone());
        }
    }
}

/// The outages of a day of so many edits, one after the other. Half of the day there is one, and before each and after the last
/// there is none.
pub(super) struct Outages {
    pub(super) kinds: &'static [Outage],
    pub(super) edits: usize,
    pub(super) reach: Reach,
    pub(super) now: Option<Outage>,
}

impl Outages {
    fn at(&self, number: usize) -> Option<Outage> {
        let part = number * (2 * self.kinds.len() + 1) / self.edits;
        self.kinds.get(part / 2).copied().filter(|_| part % 2 == 1)
    }

    /// Ends the outage that does not last longer than so many edits, and begins the next one.
    pub(super) async fn pass(&mut self, env: &LinkedSite, number: usize) {
        let next = self.at(number);
        if next == self.now {
            return;
        }
        if let Some(outage) = self.now {
            outage.end(env, &self.reach).await;
        }
        if let Some(outage) = next {
            outage.begin(env, &self.reach);
        }
        self.now = next;
    }
}

/// Ends all faults of a storm.
pub(super) async fn clear_faults(env: &LinkedSite) {
    env.site.zammad.clear_faults();
    env.site.jira.clear_faults();
    env.site.emulator.fault(json!({ "target": "webtrigger", "mode": "none" })).await.unwrap();
    env.site.emulator.fault(json!({ "target": "events", "lose": 0, "duplicate": 0, "reorder": 0 })).await.unwrap();
    env.site.emulator.idle().await.unwrap();
}

/// Everything but seeing the project is for people only.
fn app_reads_only() -> PermissionScheme {
    let people = [Holder::Role("Developers".to_owned())];
    let taken = PERMISSIONS.iter().map(|permission| permission.key).filter(|key| *key != "BROWSE_PROJECTS");
    let scheme = taken.fold(PermissionScheme::default(), |scheme, key| scheme.only(key, &people));
    scheme.only("BROWSE_PROJECTS", &[Holder::LoggedIn, Holder::Role(APP_ROLE.to_owned())])
}

async fn app_logged(env: &LinkedSite, words: &str) -> bool {
    let log = env.site.emulator.log().await.unwrap();
    log.iter().any(|entry| entry["line"].as_str().is_some_and(|line| line.contains(words)))
}
