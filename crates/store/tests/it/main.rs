//! The store's tests: one conformance list run whole on each engine, and what compares engines.

mod compare;
mod conformance;
mod fixture;
mod sql;

use almanac_model::id::TenantId;
use almanac_store::{ClaimJobs, LeaseTake, PageCommit, ScanFinish, Store};

/// Never called: that it compiles is the proof that work can move between threads while it waits.
#[expect(dead_code, reason = "only its types matter")]
fn futures_can_be_sent(store: &Store, page: &PageCommit<'_>, finish: &ScanFinish<'_>) {
    fn is_send(_: impl Send) {}
    let view = store.tenant(TenantId(1));
    is_send(view.page_commit(page));
    is_send(view.scan_finish(finish));
    let take = LeaseTake { name: "", owner: "", ttl_ms: 0, now_ms: 0 };
    is_send(view.lease_take(take, |_| false));
    let claim = ClaimJobs {
        owner: "",
        lease_ms: 0,
        now_ms: 0,
        limit: 0,
        kinds: &[],
        tenant_running_max: 0,
    };
    is_send(store.job_claim(&claim));
    is_send(store.backup(std::io::sink()));
    is_send(store.restore(std::io::empty(), 0));
    is_send(store.clone().close());
}
