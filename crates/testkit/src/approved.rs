//! No write outside an approved plan: what arrived at a PSA beside what people approved.
//!
//! Worlds look when a test ends, so that every test of theirs proves it. Each approved field lets
//! one value arrive once; anything else that arrived was sent by nobody's leave.

use std::collections::BTreeMap;

use almanac_model::asset::RemoteField;
use almanac_model::id::RemoteId;
use almanac_model::write::WriteState;
use almanac_store::testing::TestStore;
use almanac_store::{OutboxEntry, Store};

/// Plans and entries of the audit that are looked at; a test makes far fewer.
const ROWS_MAX: u32 = 100_000;

/// A value that arrived at a PSA.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ArrivedWrite {
    /// The record.
    pub remote_id: RemoteId,
    /// Its field, as [`field_name`] has it.
    pub field: String,
    /// The value; `None` emptied it.
    pub value: Option<String>,
}

/// What people approved of writing to a PSA.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Approved {
    /// Every approved write, whatever became of it.
    pub writes: Vec<OutboxEntry>,
    /// Whether a person asked for a webhook, or for its end.
    pub has_webhook: bool,
}

/// A field by the name that is the same whatever people call it.
pub fn field_name(field: &RemoteField) -> String {
    match field {
        RemoteField::Standard(name) => name.clone(),
        RemoteField::Typed { field_id, .. } => format!("fields/{field_id}"),
        RemoteField::Custom { field_id, .. } => format!("customfields/{field_id}"),
    }
}

/// What people of every tenant approved.
///
/// # Panics
/// When the database cannot be read.
pub async fn approved(store: &Store) -> Approved {
    let mut approved = Approved::default();
    for tenant in store.tenant_list().await.expect("the tenants can be read") {
        let view = store.tenant(tenant.id);
        let audit = view.audit_list(None, ROWS_MAX).await.expect("the audit can be read");
        let asked = ["webhook.register", "webhook.remove"];
        approved.has_webhook |= audit.iter().any(|of| asked.contains(&of.audit.action.as_str()));
        let connection = view.connection_active().await.expect("the connection can be read");
        let Some(connection) = connection else { continue };
        let plans = view.write_plan_list(connection.id, None, ROWS_MAX).await;
        for plan in plans.expect("the plans can be read") {
            let whole = view.write_plan_by_id(connection.id, plan.id).await;
            let whole = whole.expect("a plan can be read");
            let writes = whole.filter(|(plan, _)| plan.approved.is_some());
            approved.writes.extend(writes.into_iter().flat_map(|(_, writes)| writes));
        }
    }
    approved
}

/// What arrived that no approved write sent, or more often than it was approved.
pub fn unapproved(arrived: &[ArrivedWrite], writes: &[OutboxEntry]) -> Vec<ArrivedWrite> {
    let mut left: BTreeMap<ArrivedWrite, usize> = BTreeMap::new();
    for write in writes.iter().filter(|write| may_have_been_sent(write.state)) {
        for field in &write.fields {
            let one = ArrivedWrite {
                remote_id: write.remote_id.clone(),
                field: field_name(&field.field),
                value: field.wanted.as_ref().map(ToString::to_string),
            };
            *left.entry(one).or_default() += 1;
        }
    }
    let mut is_unapproved = |one: &&ArrivedWrite| match left.get_mut(*one) {
        Some(times) if *times > 0 => {
            *times -= 1;
            false
        }
        _ => true,
    };
    arrived.iter().filter(|one| is_unapproved(one)).cloned().collect()
}

/// Fails the test whose PSA got what nobody approved. Says nothing where it has failed already.
///
/// # Panics
/// When something arrived outside an approved plan, or the database cannot be read.
pub fn expect_approved(database: &TestStore, arrived: &[ArrivedWrite]) {
    if arrived.is_empty() || std::thread::panicking() {
        return;
    }
    // A destructor cannot wait for a future of the test's own runtime.
    let looking = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(async {
            let store = database.reopen().await;
            let approved = approved(&store).await;
            store.close().await.expect("an orderly end");
            approved
        })
    };
    let approved = std::thread::scope(|scope| scope.spawn(looking).join());
    let writes = approved.expect("what was approved can be read").writes;
    let unapproved = unapproved(arrived, &writes);
    assert!(unapproved.is_empty(), "sent outside an approved plan: {unapproved:?}; {writes:?}");
}

/// Whether a write that stands there may have reached the PSA.
fn may_have_been_sent(state: WriteState) -> bool {
    use WriteState::{Already, Discarded, Planned, Queued, Rehearsed};
    !matches!(state, Planned | Queued | Rehearsed | Already | Discarded)
}

#[cfg(test)]
mod tests {
    use almanac_model::chain::Target;
    use almanac_model::fact::FactValue;
    use almanac_model::stream::Stream;
    use almanac_model::write::FieldWrite;

    use super::*;

    fn entry(state: WriteState, field: RemoteField) -> OutboxEntry {
        let wanted = Some(FactValue::Text("new".to_owned()));
        let target = Target::Notes;
        OutboxEntry {
            plan: Default::default(),
            place: 0,
            stream: Stream::Assets,
            remote_id: RemoteId::new("7"),
            label: "PC".to_owned(),
            client: None,
            state,
            fields: vec![FieldWrite { target, field, base: None, wanted, seen: None }],
            attempts: 1,
            settled_at: None,
            problem: None,
        }
    }

    fn arrived(id: &str, field: &str, value: Option<&str>) -> ArrivedWrite {
        let value = value.map(str::to_owned);
        ArrivedWrite { remote_id: RemoteId::new(id), field: field.to_owned(), value }
    }

    #[test]
    fn what_was_approved_may_arrive_once_and_nothing_else_may() {
        let notes = || RemoteField::Standard("notes".to_owned());
        let right = arrived("7", "notes", Some("new"));
        for state in WriteState::ALL {
            let found = unapproved(std::slice::from_ref(&right), &[entry(state, notes())]);
            assert_eq!(found.is_empty(), may_have_been_sent(state), "{state:?}");
        }
        let sent = [entry(WriteState::Applied, notes())];
        for wrong in [
            arrived("8", "notes", Some("new")),
            arrived("7", "tag", Some("new")),
            arrived("7", "notes", Some("old")),
            arrived("7", "notes", None),
        ] {
            assert_eq!(unapproved(std::slice::from_ref(&wrong), &sent), [wrong]);
        }
        let twice = [right.clone(), right.clone()];
        assert_eq!(unapproved(&twice, &sent), [right], "a doubled write is one too many");
        let typed = RemoteField::Typed { field_id: "9".to_owned(), name: "any".to_owned() };
        let sent = [entry(WriteState::Applied, typed)];
        assert!(unapproved(&[arrived("7", "fields/9", Some("new"))], &sent).is_empty());
    }
}
