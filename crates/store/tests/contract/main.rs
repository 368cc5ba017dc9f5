//! The contract of every backend. A further backend adds one `contract!` call.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod clock;
mod commands;
mod crash;
mod inbox;
mod journal;
mod leases;
mod links;
mod metadata;
mod model;
mod outbox;
mod rechecks;
mod support;

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use store::Store;
use store::sqlite::SqliteStore;
use tempfile::TempDir;

/// One fresh, empty place to store in; opened as often as a test likes.
#[async_trait]
trait Backend: Send + Sync {
    /// Opens what is stored, like a process that starts.
    async fn open(&self) -> Arc<dyn Store>;
}

struct Sqlite {
    folder: TempDir,
}

impl Sqlite {
    fn fresh() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("connector.db")
    }
}

#[async_trait]
impl Backend for Sqlite {
    async fn open(&self) -> Arc<dyn Store> {
        Arc::new(SqliteStore::open(&self.path()).await.expect("the store opens"))
    }
}

/// A test per named function, against a fresh backend each.
macro_rules! contract {
    ($backend:ident, $fresh:expr, $($module:ident :: { $($case:ident),+ $(,)? })+) => {
        mod $backend {
            $(mod $module {
                $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    crate::$module::$case(&$fresh).await;
                })+
            })+

            #[test]
            fn behaves_like_the_model() {
                crate::model::behaves_like_the_model(|| $fresh);
            }
        }
    };
}

contract! { sqlite, crate::Sqlite::fresh(),
    inbox::{
        stores_a_delivery_once, remembers_a_processed_delivery_until_pruned, leases_the_longest_waiting_first,
        one_reading_answers_all_earlier_notifications, a_notification_during_the_work_keeps_the_ticket_queued,
        a_late_worker_is_fenced_and_writes_nothing, a_retried_ticket_waits_and_counts_attempts, an_abandoned_ticket_blocks_no_other,
        a_later_reading_clears_abandoned_notifications, abandoned_tickets_are_listed, lists_tickets_with_recent_notifications,
        two_hundred_callers_store_each_delivery_once,
        a_cancelled_call_is_stored_once, prunes_only_the_old, a_ticket_with_many_notifications_takes_one_place, an_id_that_cannot_be_stored_is_refused,
    }
    outbox::{
        keeps_the_order_of_a_ticket, a_claimed_ticket_contributes_nothing_more, an_open_message_keeps_its_ticket,
        batches_are_fair_between_tickets, limits_bytes_but_sends_the_large_alone, an_expired_claim_is_taken_over_and_fenced,
        an_expired_claim_nobody_took_may_settle, a_second_settlement_is_fenced, a_retry_holds_back_its_ticket, postponed_messages_are_due_on_request,
        dead_letters_block_nothing,
        replay_works_once_and_keeps_the_order, a_deduplication_key_is_kept_for_ever, an_id_is_appended_once, done_results_stay_a_while,
        reports_when_the_next_message_is_due, counts_waiting_rows, a_ticket_is_idle_when_nothing_of_it_waits,
    }
    links::{
        replaces_a_link_by_its_pair, finds_the_oldest_link_of_an_issue_that_has_not_ended, an_origin_stays_and_the_rest_follows, facts_are_replaced_and_deleted,
        lists_links_that_have_not_ended, history_is_sent_from_then_on, lists_recorded_objects_of_a_ticket,
    }
    rechecks::{
        a_known_cause_is_ignored, waits_until_it_is_due, a_ticket_that_ends_the_process_is_set_aside, an_earlier_request_ends_the_deferral, a_request_does_not_end_a_lease,
        a_visit_may_request_the_next, an_id_that_cannot_be_stored_rolls_everything_back,
    }
    journal::{ trouble_is_listed_until_it_is_resolved, history_is_kept_newest_first, counts_what_only_a_comparison_found }
    metadata::{ settings_are_replaced, watermarks_are_replaced_by_name, suggestions_keep_the_better_reason, forgets_people }
    commands::{
        is_claimed_once, an_interrupted_command_is_reported, a_released_command_is_interrupted,
        an_acknowledgement_is_pending_until_delivered, a_command_that_comes_again_is_acknowledged_again,
        only_a_failure_is_replaced, prunes_only_delivered_acknowledgements, claims_race_to_one,
    }
    clock::{ nothing_waits_for_a_day_that_the_clock_took_back, the_longest_waits_are_kept }
    leases::{ one_holder_at_a_time, a_suspended_holder_is_fenced, a_released_lease_is_free_at_once }
    crash::{
        everything_acknowledged_is_there, effects_are_stored_whole_or_not_at_all,
        leases_of_a_dead_process_expire, probe_writes,
    }
}
