//! The rules that hold on every engine. A rule stands in the list once and runs on all; an engine
//! is one line at the end.

mod audit;
mod backup;
mod full;
mod job;
mod lease;
mod projection;
mod record;
mod scan;
mod schema;
mod secret;
mod tenancy;

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
                }
                projection {
                    every_kind_survives_a_round_trip
                    a_new_mapper_projects_again_without_touching_raw
                    an_asset_is_listed_with_names
                    assets_are_listed_by_client_and_page
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
                tenancy {
                    tenants_are_apart_when_reading
                    tenants_are_apart_when_writing
                    the_database_itself_keeps_tenants_apart
                    deleting_a_tenant_leaves_nothing
                    slugs_are_unique
                    tenants_made_at_once_are_distinct
                    the_owner_signs_in_with_the_password_only
                    setting_a_connection_again_keeps_its_id
                    another_address_is_refused_once_something_was_read
                    a_moved_connection_begins_its_open_scans_anew
                    a_missing_wall_is_noticed_at_open
                }
            }
        }
    };
}

engine!(sqlite, Engine::Sqlite);
engine!(postgres, Engine::Postgres);
