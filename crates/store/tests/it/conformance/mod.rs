//! The rules that hold on every engine. A rule stands in the list once and runs on all; an engine
//! is one line at the end.

mod api_key;
mod ask;
mod audit;
mod backup;
mod bulk_edit;
mod call_budget;
mod change;
mod child;
mod choice;
mod full;
mod job;
mod lease;
mod projection;
mod psa_call;
mod receipt;
mod record;
mod request_key;
mod rulebook;
mod scan;
mod schema;
mod secret;
mod session;
mod tenancy;
mod throttle;
mod user;
mod vitals;
mod webhook;
mod write_plan;

use almanac_store::testing::Engine;

macro_rules! suite {
    ($engine:expr; $($area:ident { $($rule:ident)* })*) => {
        $($(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $rule() {
                super::$area::$rule($engine).await;
            }
        )*)*
    };
}

macro_rules! engine {
    ($module:ident, $engine:expr) => {
        mod $module {
            use super::Engine;
            suite! { $engine;
                api_key {
                    a_secret_leads_to_its_key_and_user
                    a_key_is_of_no_use_when_its_user_may_not
                    a_revoked_key_is_of_no_use_and_stays_listed
                    a_key_needs_a_user_a_name_and_a_scope
                }
                ask {
                    a_sync_asked_for_twice_runs_once
                    two_clicks_at_once_enqueue_one_sync
                    a_sync_that_waits_is_brought_forward_and_one_that_failed_does_not_count
                    a_test_is_asked_for_once_and_its_result_kept
                    old_tests_are_forgotten
                    a_page_tells_how_far_the_sync_is
                }
                audit {
                    a_chain_of_entries_is_intact
                    a_changed_entry_is_noticed
                    a_removed_entry_is_noticed
                    cut_entries_are_noticed
                    entries_written_at_once_form_one_chain
                    a_tenants_work_cannot_change_an_entry
                }
                backup {
                    a_restored_database_is_the_same
                    a_damaged_file_is_refused_and_nothing_changes
                    a_cut_file_is_refused_and_nothing_changes
                    a_newer_file_is_refused
                    a_target_with_data_is_refused
                    a_backup_is_of_one_instant
                    a_file_that_cannot_be_written_is_an_error
                }
                vitals {
                    an_operator_sees_all_tenants_in_numbers
                }
                webhook {
                    a_delivery_is_known_by_its_signature_alone
                    a_secret_counts_until_a_while_after_the_next_one_is_told
                    what_deliveries_name_is_read_once_and_never_falls_between
                    many_names_become_their_stream
                    a_problem_keeps_its_beginning_and_a_silent_webhook_that_speaks_is_well
                }
                receipt {
                    a_chain_of_receipts_is_intact
                    a_changed_receipt_is_noticed
                    a_removed_receipt_is_noticed_at_either_end
                    old_receipts_are_forgotten_and_the_chain_holds
                }
                write_plan {
                    nothing_is_handed_out_before_it_is_switched_on_and_approved
                    a_write_is_begun_and_settled_by_who_has_the_lease
                    what_was_given_up_is_not_sent
                    a_plan_is_taken_back_by_the_values_that_were_there
                }
                bulk_edit {
                    a_bulk_edit_changes_all_and_is_undone_as_a_whole
                    a_bulk_edit_is_refused_whole_and_names_what_is_in_the_way
                    a_bulk_edit_that_is_sent_twice_is_carried_out_once
                    an_undo_is_refused_whole_where_somebody_changed_something_since
                    a_bulk_edit_is_bounded
                }
                call_budget {
                    processes_at_once_never_spend_one_call_twice
                    a_refusal_of_one_process_holds_all_of_them_and_no_other_connection
                }
                change {
                    what_is_written_is_numbered_and_named
                    what_a_person_changes_is_told_apart
                    a_refused_page_takes_no_number
                    whoever_sees_a_number_sees_what_it_stands_for
                    too_long_ago_is_not_told
                    changes_of_tenants_are_apart
                }
                child {
                    what_changed_is_kept_with_how_far_it_was_read
                    children_are_due_when_their_parent_changed
                    children_of_a_parent_that_is_gone_become_tombstones
                    a_moved_connection_forgets_how_far_it_was_read_by_changes
                }
                choice {
                    an_edit_is_kept_with_its_history_and_audit
                    edits_of_two_fields_merge_and_of_one_conflict
                    only_an_asset_that_is_there_can_be_edited
                    choices_are_listed_by_their_change
                    two_editors_at_once_lose_nothing
                    a_changed_fact_leaves_its_earlier_value
                }
                full {
                    a_full_disk_is_said_and_loses_nothing
                }
                job {
                    two_claimers_never_hold_one_job
                    the_same_work_is_enqueued_once
                    a_lapsed_job_is_claimed_anew_and_the_old_claim_is_refused
                    a_job_whose_worker_always_dies_fails
                    a_failed_attempt_is_begun_again_until_none_is_left
                    a_handed_back_job_loses_no_attempt
                    a_job_handed_back_for_later_waits
                    priority_goes_first_and_the_future_waits
                    one_tenant_cannot_take_every_place
                    who_waited_longest_goes_first_among_equals
                    a_backfill_of_hundreds_does_not_delay_anothers_poke
                    jobs_of_a_process_that_is_gone_are_due_at_once
                    a_slot_gives_one_job_however_many_tick
                    a_schedule_has_one_job_at_a_time
                    ended_jobs_are_pruned
                }
                lease {
                    two_takers_never_hold_one_lease
                    an_expired_lease_can_be_taken_and_the_old_fence_is_refused
                    a_dead_owners_lease_can_be_taken
                    a_released_lease_can_be_taken_and_tokens_grow
                    a_renewed_lease_holds
                    a_reader_that_is_dropped_anywhere_harms_nobody
                }
                projection {
                    every_kind_survives_a_round_trip
                    a_new_mapper_projects_again_without_touching_raw
                    an_asset_is_listed_with_names
                    assets_are_listed_by_client_and_page
                    assets_in_short_are_those_that_are_shown
                }
                psa_call {
                    calls_are_counted_in_spans_and_forgotten_after_days
                }
                record {
                    a_pull_may_be_repeated
                    a_changed_record_keeps_when_it_was_first_seen
                    bodies_survive_byte_for_byte
                    a_nul_in_text_becomes_a_replacement_character
                    the_last_of_two_rows_with_one_id_counts
                    a_page_of_another_stream_is_refused
                    a_row_that_is_not_understood_is_kept_and_listed
                    a_large_page_is_written_whole
                    paging_is_stable_while_rows_change
                    text_sorts_by_bytes
                    instants_survive
                    a_dropped_commit_is_whole_or_absent
                    a_page_without_rows_moves_the_checkpoint_only
                }
                request_key {
                    a_doubled_form_is_led_where_the_first_led
                    a_form_whose_work_was_not_done_can_be_sent_again
                    of_many_at_once_one_does_the_work
                }
                rulebook {
                    versions_are_added_and_never_changed
                    a_version_saved_meanwhile_is_told
                    a_rulebook_that_is_not_sound_is_refused
                    one_old_fault_is_mended_beside_another
                }
                scan {
                    a_finished_scan_tombstones_what_it_did_not_see
                    a_removed_record_that_returns_is_restored
                    a_held_scan_removes_nothing_and_the_next_clears_it
                    a_stream_held_before_its_first_page_gets_the_mappers_version
                    an_open_scan_is_resumed
                    an_abandoned_scan_leaves_its_records
                    live_ids_come_in_pages
                }
                schema {
                    every_key_begins_with_the_tenant
                    migrating_again_does_nothing
                    two_programs_migrate_at_once
                    a_newer_database_is_refused
                    an_unmigrated_database_says_so
                    an_unreachable_database_says_so_at_once
                    an_edited_migration_is_noticed
                    a_mistyped_value_names_table_and_column
                    runs_are_kept
                }
                secret {
                    a_secret_comes_back_and_is_shown_nowhere
                    a_backup_holds_no_secret
                    rotation_keeps_secrets_and_retires_the_old_key
                    an_open_store_follows_a_rotation_by_another_program
                    a_lost_key_is_said_and_a_new_secret_helps
                    a_sealed_value_does_not_open_elsewhere
                }
                session {
                    a_token_leads_to_its_user_in_its_tenant
                    a_session_sees_its_user_as_of_now
                    an_idle_or_old_session_ends_by_itself
                    that_it_was_seen_is_written_once_a_minute
                    sessions_are_listed_and_ended
                    a_new_password_ends_the_other_sessions
                    a_backup_signs_nobody_in
                    a_proof_names_the_accounts_that_took_a_password
                }
                tenancy {
                    tenants_are_apart_when_reading
                    tenants_are_apart_when_writing
                    the_database_itself_keeps_tenants_apart
                    deleting_a_tenant_leaves_nothing
                    slugs_are_unique
                    a_tenant_is_renamed_alone
                    tenants_made_at_once_are_distinct
                    setting_a_connection_again_keeps_its_id
                    another_address_is_refused_once_something_was_read
                    a_moved_connection_begins_its_open_scans_anew
                    a_missing_wall_is_noticed_at_open
                }
                throttle {
                    an_account_waits_longer_with_each_failure
                    an_address_waits_after_more_failures
                    success_forgives_itself_alone
                    after_a_quiet_quarter_of_an_hour_all_is_forgotten
                    attempts_at_once_do_not_slip_through
                }
                user {
                    the_owner_signs_in_with_the_password_only
                    an_address_leads_to_the_tenants_where_it_signs_in
                    a_user_is_made_once_and_read_as_made
                    what_cannot_be_a_user_is_refused
                    the_last_active_owner_stays_one
                    two_owners_cannot_demote_each_other_at_once
                    a_limit_to_clients_is_kept_and_lifted
                    changes_of_a_user_are_in_the_audit
                    nobody_is_none_and_not_an_error
                    a_set_up_is_done_once
                    users_of_the_first_schema_are_kept
                }
            }
        }
    };
}

engine!(sqlite, Engine::Sqlite);
engine!(postgres, Engine::Postgres);
