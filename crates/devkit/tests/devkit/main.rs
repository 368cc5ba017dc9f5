//! The simulators compared with recordings and contracts, over real HTTP.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod access;
mod attributes;
mod determinism;
mod faults;
mod incoming;
mod jira;
mod jira_contract;
mod jira_limits;
mod jira_outages;
mod jira_rules;
mod jira_service;
mod mandatory;
mod pages;
mod support;
mod version72;
mod webhooks;
mod worker;
