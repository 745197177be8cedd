//! One asset with why: every value with its source, the clocks, the rule, what people decided.

use almanac_fleet::{Fleet, Why};
use almanac_model::chain::Target;
use almanac_model::fact::{Facts, ProblemKind};
use almanac_model::id::RemoteId;
use almanac_model::lock::Lock;
use almanac_store::{ChangeCause, FactChange};
use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use super::assets::AssetItem;
use super::caller::Caller;
use super::grading::Grading;
use super::instant;
use super::names::{FieldName, ManualGradeName, TargetName};
use super::problem::{Problem, ReadProblems};
use super::psa_field::Field;
use super::request::ApiPath;
use crate::error::WebError;
use crate::extract::needs;
use crate::state::WebState;

/// Older changes are on the asset's page.
const HISTORY_MAX: u32 = 50;

/// An asset with why it is as it is.
#[derive(Serialize, ToSchema)]
pub(super) struct AssetDetail {
    /// The asset as in a list.
    asset: AssetItem,
    /// The version of what people decided; a change names it.
    version: i64,
    /// Every value that is known, with its source.
    values: Vec<Value>,
    /// What the PSA holds that could not be used.
    unusable: Vec<Unusable>,
    /// What people decided.
    decisions: Decisions,
    /// Why it has its grade; null for an asset that is not graded.
    grading: Option<Grading>,
    /// What its values were, the newest change first; at most 50.
    history: Vec<Change>,
    /// When assets were last read whole.
    as_of: Option<Timestamp>,
}

/// One value with its source.
#[derive(Serialize, ToSchema)]
struct Value {
    /// Of what.
    #[schema(value_type = TargetName)]
    target: &'static str,
    /// What applies.
    value: Option<String>,
    /// What the PSA says; null where it says nothing usable.
    psa: Option<PsaValue>,
    /// What a person set over it.
    lock: Option<LockItem>,
}

/// What the PSA says.
#[derive(Serialize, ToSchema)]
struct PsaValue {
    /// The value.
    value: String,
    /// The PSA's text, as it is.
    text: String,
    /// The PSA's field.
    field: Field,
    /// Which link of the target's chain gave it, from 0.
    link: u8,
}

/// A value that a person set over the PSA's.
#[derive(Serialize, ToSchema)]
#[schema(as = Lock)]
struct LockItem {
    /// What applies.
    value: String,
    /// In the person's words; may be empty.
    reason: String,
    /// Who.
    by: String,
    /// When.
    at: Timestamp,
    /// What the PSA said then.
    before: Option<String>,
}

/// A value of the PSA that could not be used.
#[derive(Serialize, ToSchema)]
struct Unusable {
    /// What it would have been a value of.
    #[schema(value_type = TargetName)]
    target: &'static str,
    /// The PSA's field.
    field: Field,
    /// The PSA's text, as it is.
    text: String,
    /// Why it is of no use.
    problem: UnusableWhy,
}

/// Why a value is of no use.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum UnusableWhy {
    /// A date was wanted, and the text is none or can be read two ways.
    UnreadableDate,
    /// The text stands in for a serial number.
    PlaceholderSerial,
}

/// What people decided.
#[derive(Serialize, ToSchema)]
struct Decisions {
    /// The class that was chosen; null leaves it to the kind.
    class: Option<u32>,
    /// The risk is accepted until a day.
    kept: Option<KeptItem>,
    /// A grade given by hand.
    manual: Option<ManualItem>,
}

/// A person's acceptance of a risk.
#[derive(Serialize, ToSchema)]
#[schema(as = Kept)]
struct KeptItem {
    /// The last day it holds.
    until: Date,
    /// In the person's words.
    reason: String,
}

/// A grade that a person gave.
#[derive(Serialize, ToSchema)]
#[schema(as = Manual)]
struct ManualItem {
    /// The grade.
    #[schema(value_type = ManualGradeName)]
    grade: &'static str,
    /// In the person's words.
    reason: String,
}

/// One change of one value.
#[derive(Serialize, ToSchema)]
struct Change {
    /// Of what.
    #[schema(value_type = FieldName)]
    field: &'static str,
    /// When.
    at: Timestamp,
    /// What changed it.
    cause: ChangedHow,
    /// Who; null for the PSA.
    by: Option<String>,
    /// In the person's words; null where none were given.
    reason: Option<String>,
    /// What applied before; null is nothing.
    before: Option<String>,
    /// What applied then; null is nothing.
    after: Option<String>,
}

/// What changed a value.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum ChangedHow {
    /// The PSA's value became another.
    Psa,
    /// The PSA's record is as before and read in another way.
    Mapping,
    /// A person set another value over the PSA's.
    Locked,
    /// A person let the PSA's value apply again.
    Unlocked,
    /// A person decided.
    Decided,
    /// A person took a decision back.
    Cleared,
}

impl From<&Lock> for LockItem {
    fn from(lock: &Lock) -> LockItem {
        LockItem {
            value: lock.value.to_string(),
            reason: lock.reason.clone(),
            by: lock.by.name.clone(),
            at: instant(lock.at_ms),
            before: lock.before.as_ref().map(ToString::to_string),
        }
    }
}

/// Every value that is known, in the order of lists.
fn values(facts: &Facts) -> Vec<Value> {
    let known = Target::ALL.into_iter().filter_map(|target| {
        let provenance = facts.provenance(target);
        provenance.value.or(provenance.psa.map(|fact| &fact.value))?;
        Some(Value {
            target: target.name(),
            value: provenance.value.map(ToString::to_string),
            psa: provenance.psa.map(|fact| PsaValue {
                value: fact.value.to_string(),
                text: fact.text.clone(),
                field: Field::from(&fact.field),
                link: fact.link,
            }),
            lock: provenance.lock.map(LockItem::from),
        })
    });
    known.collect()
}

fn unusable(facts: &Facts) -> Vec<Unusable> {
    let all = facts.problems.iter().map(|problem| Unusable {
        target: problem.target.name(),
        field: Field::from(&problem.field),
        text: problem.text.clone(),
        problem: match problem.kind {
            ProblemKind::UnreadableDate => UnusableWhy::UnreadableDate,
            ProblemKind::PlaceholderSerial => UnusableWhy::PlaceholderSerial,
        },
    });
    all.collect()
}

fn decisions(why: &Why) -> Decisions {
    let choices = &why.choice.choices;
    let kept = choices.kept.as_ref();
    let manual = choices.manual.as_ref();
    Decisions {
        class: choices.class.map(|class| class.0),
        kept: kept.map(|kept| KeptItem { until: kept.until, reason: kept.reason.clone() }),
        manual: manual
            .map(|one| ManualItem { grade: one.grade.name(), reason: one.reason.clone() }),
    }
}

impl From<FactChange> for Change {
    fn from(change: FactChange) -> Change {
        let (cause, by, reason) = match change.cause {
            ChangeCause::Psa { .. } => (ChangedHow::Psa, None, None),
            ChangeCause::Mapping { .. } => (ChangedHow::Mapping, None, None),
            ChangeCause::Locked { by, reason } => (ChangedHow::Locked, Some(by), Some(reason)),
            ChangeCause::Unlocked { by } => (ChangedHow::Unlocked, Some(by), None),
            ChangeCause::Decided { by, reason } => (ChangedHow::Decided, Some(by), Some(reason)),
            ChangeCause::Cleared { by } => (ChangedHow::Cleared, Some(by), None),
        };
        Change {
            field: change.field.name(),
            at: instant(change.at),
            cause,
            by: by.map(|author| author.name),
            reason: reason.filter(|text| !text.is_empty()),
            before: change.old_value,
            after: change.new_value,
        }
    }
}

/// An asset that the caller may see, with why.
pub(super) async fn detail<N>(
    caller: &Caller<N>,
    fleet: &Fleet,
    id: &RemoteId,
) -> Result<AssetDetail, Problem> {
    let at = caller.asset(fleet, id)?;
    let why = fleet.why(&caller.store, id).await?.ok_or(WebError::NotFound)?;
    let connection = fleet.connection().ok_or(WebError::NotFound)?;
    let history = caller.store.fact_changes(connection, id, HISTORY_MAX).await?;
    Ok(AssetDetail {
        asset: AssetItem::new(fleet, fleet.asset(at)),
        version: why.choice.version,
        values: values(&why.facts),
        unusable: unusable(&why.facts),
        decisions: decisions(&why),
        grading: why.verdict.as_ref().map(|verdict| Grading::from(&verdict.graded.reason)),
        history: history.into_iter().map(Change::from).collect(),
        as_of: fleet.as_of_ms().map(instant),
    })
}

/// Gives one asset, with why.
#[utoipa::path(get, path = "/api/v1/assets/{asset}", tag = "assets", operation_id = "asset",
    params(("asset" = String, Path, description = "The PSA's identifier.")),
    responses((status = 200, description = "The asset.", body = AssetDetail), ReadProblems))]
pub(super) async fn get(
    caller: Caller<needs::ViewClients>,
    State(web): State<WebState>,
    ApiPath(route): ApiPath<super::Asset>,
) -> Result<Json<AssetDetail>, Problem> {
    let fleet = caller.fleet(&web).await?;
    Ok(Json(detail(&caller, &fleet, &RemoteId::new(route.asset)).await?))
}
