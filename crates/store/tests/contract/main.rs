//! What every backend must do, whatever it is made of. A further backend adds one line at the end of this file.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod commands;
mod crash;
mod fixtures;
mod inbox;
mod journal;
mod leases;
mod links;
mod memos;
mod model;
mod outbox;
mod rings;

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
        stores_a_delivery_once, remembers_a_worked_off_delivery_until_forgotten, leases_the_longest_waiting_first,
        one_reading_answers_all_doorbells_so_far, a_doorbell_during_the_work_keeps_the_ticket_waiting,
        a_late_worker_is_fenced_and_writes_nothing, put_back_waits_and_counts, bury_lets_others_go_on,
        a_later_reading_clears_the_dead, the_buried_are_listed, tells_who_was_rung_for,
        two_hundred_callers_store_each_delivery_once,
        a_caller_that_hangs_up_is_stored_once, forgets_only_the_old, an_id_that_cannot_be_stored_is_refused,
    }
    outbox::{
        keeps_the_order_of_a_ticket, a_claimed_ticket_gives_nothing_more, an_open_message_keeps_its_ticket,
        tickets_take_turns, limits_bytes_but_sends_the_large_alone, an_expired_claim_is_taken_over_and_fenced,
        an_expired_claim_nobody_took_may_settle, a_second_word_is_fenced, retry_holds_the_line, dead_letters_hold_nobody,
        replay_works_once_and_keeps_the_place, once_is_for_ever, an_id_is_appended_once, done_results_stay_a_while,
        says_when_the_next_is_due, counts_what_waits, a_ticket_is_idle_when_nothing_of_it_waits,
    }
    links::{
        replaces_a_link_by_its_pair, an_origin_stays_and_the_rest_follows, bases_are_replaced_and_forgotten,
        walks_links_that_have_not_ended, history_is_sent_from_then_on, known_objects_of_a_ticket,
    }
    rings::{
        a_known_key_does_nothing, waits_until_it_is_due, whoever_rings_sooner_frees_the_line, a_lease_is_not_freed,
        a_reading_may_ask_for_the_next, an_id_that_cannot_be_stored_takes_all_of_it_back,
    }
    journal::{ trouble_lasts_until_it_is_over, history_is_kept_newest_first, tells_what_nobody_had_rung_for }
    memos::{ settings_are_replaced, watermarks_are_replaced_by_name, suggestions_keep_the_better_reason }
    commands::{
        is_claimed_once, an_interrupted_command_says_so, an_unclaimed_command_is_interrupted,
        an_acknowledgement_is_pending_until_heard, a_command_that_comes_again_is_acknowledged_again,
        only_a_failure_is_replaced, forgets_only_what_was_heard, claims_race_to_one,
    }
    leases::{ one_holder_at_a_time, a_holder_that_slept_is_fenced, giving_up_spares_the_wait }
    crash::{
        everything_acknowledged_is_there, effects_are_stored_whole_or_not_at_all,
        leases_outlive_their_holder_only_so_long, probe_writes,
    }
}
