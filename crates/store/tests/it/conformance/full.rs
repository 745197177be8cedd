//! A full disk is an error that loses nothing.

use almanac_store::StoreError;
use almanac_store::testing::{Engine, fresh};

use crate::fixture::{client, fixture, row_counts};

pub(super) async fn a_full_disk_is_said_and_loses_nothing(engine: Engine) {
    // PostgreSQL's disk cannot be limited from here; its 53100 is in the error's table.
    if engine == Engine::Postgres {
        return;
    }
    let Some(test) = fresh(engine).await else { return };
    let acme = fixture(&test, "acme").await;
    acme.commit(1, vec![client("1", "A")]).await;
    test.leave_pages(20).await;
    let counts = row_counts(&test).await;
    let rows: Vec<_> = (0..500).map(|id| client(&id.to_string(), &"long ".repeat(200))).collect();
    let refused = acme.view.page_commit(&acme.page(1, rows.clone())).await;
    let Err(error @ StoreError::Full(_)) = refused else { panic!("{refused:?}") };
    assert_eq!(error.code().map(|code| code.code), Some("STORE-032"));
    assert_eq!(row_counts(&test).await, counts);
    assert_eq!(acme.records().await[0].body, client("1", "A").body);
    // With space again, the same page goes through.
    test.leave_pages(100_000).await;
    acme.commit(1, rows).await;
    assert_eq!(row_counts(&test).await["record"], 500);
}
