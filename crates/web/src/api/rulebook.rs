//! The rules that grade: policies, classes and rules, as they are now. Read only.

use std::collections::HashSet;

use almanac_fleet::{Fleet, Visible};
use almanac_model::class::{Amounts, Class};
use almanac_model::id::RemoteId;
use almanac_model::kind::Kind;
use almanac_model::rule::{Condition, Rule};
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::caller::Caller;
use super::grading::{ClockCounts, ClockOf};
use super::names::{GradeName, KindName};
use super::problem::{Problem, ReadProblems};
use crate::extract::needs;
use crate::state::WebState;

/// The rules that grade.
#[derive(Serialize, ToSchema)]
#[schema(as = Rulebook)]
pub(super) struct RulebookItem {
    /// The version that was saved last; null for the defaults.
    version: Option<i64>,
    /// How long each kind is used, and which clocks count.
    policies: Vec<KindPolicyItem>,
    /// What was agreed with clients instead.
    client_policies: Vec<ClientPolicyItem>,
    /// What replacing costs.
    classes: Vec<ClassItem>,
    /// How clocks become grades; the first that matches counts.
    rules: Vec<RuleItem>,
}

/// The policy of a kind.
#[derive(Serialize, ToSchema)]
#[schema(as = KindPolicy)]
struct KindPolicyItem {
    #[schema(value_type = KindName)]
    kind: &'static str,
    /// Policy age in months; null where age says nothing.
    age_months: Option<u32>,
    /// Whether policy age counts.
    age: ClockCounts,
    /// Whether the warranty counts.
    warranty: ClockCounts,
    /// Whether support of the operating system counts.
    operating_system: ClockCounts,
}

/// What was agreed with a client for a kind.
#[derive(Serialize, ToSchema)]
#[schema(as = ClientPolicy)]
struct ClientPolicyItem {
    /// The client, by the PSA's identifier.
    client: String,
    #[schema(value_type = KindName)]
    kind: &'static str,
    /// Policy age in months.
    age_months: u32,
}

/// What replacing an asset costs. Amounts are minor units (cents) of `currency`.
#[derive(Serialize, ToSchema)]
#[schema(as = Class)]
struct ClassItem {
    id: u32,
    #[schema(value_type = KindName)]
    kind: &'static str,
    name: String,
    /// The machine itself.
    hardware_minor: i64,
    /// Preparing it before delivery.
    set_up_minor: i64,
    /// Work at the client's site.
    on_site_minor: i64,
    /// The currency, by its ISO 4217 code.
    currency: String,
    /// Its own policy age in months; null for its kind's.
    age_months: Option<u32>,
}

/// One rule.
#[derive(Serialize, ToSchema)]
#[schema(as = Rule)]
struct RuleItem {
    /// Stays the same through edits.
    id: String,
    /// What an asset must be.
    when: RuleWhen,
    /// Calendar months ahead, for `ends_within`.
    months: Option<u32>,
    /// The only clock to look at.
    only: Option<ClockOf>,
    /// The grade it gives; null is the one that a person gave.
    #[schema(value_type = Option<GradeName>)]
    grade: Option<&'static str>,
}

/// What an asset must be for a rule to match.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum RuleWhen {
    /// A person accepted the risk.
    Kept,
    /// A person gave a grade.
    Manual,
    /// A date that is needed is missing.
    Missing,
    /// A counted clock has ended.
    Ended,
    /// A counted clock has ended or ends within `months`.
    EndsWithin,
    /// Every asset.
    Always,
}

impl From<&Rule> for RuleItem {
    fn from(rule: &Rule) -> RuleItem {
        let (when, months, only) = match rule.when {
            Condition::Kept => (RuleWhen::Kept, None, None),
            Condition::Manual => (RuleWhen::Manual, None, None),
            Condition::Missing => (RuleWhen::Missing, None, None),
            Condition::Ended { only } => (RuleWhen::Ended, None, only),
            Condition::EndsWithin { months, only } => (RuleWhen::EndsWithin, Some(months), only),
            Condition::Always => (RuleWhen::Always, None, None),
        };
        RuleItem {
            id: rule.id.to_string(),
            when,
            months,
            only: only.map(ClockOf::from),
            grade: rule.grade.map(|grade| grade.name()),
        }
    }
}

impl RulebookItem {
    fn new(fleet: &Fleet, visible: &Visible) -> RulebookItem {
        let book = fleet.rulebook();
        let policy = |kind: Kind| {
            let policy = book.policies.kind(kind);
            KindPolicyItem {
                kind: kind.name(),
                age_months: policy.age_months,
                age: policy.counts.age.into(),
                warranty: policy.counts.warranty.into(),
                operating_system: policy.counts.os.into(),
            }
        };
        let class = |class: &Class| {
            let Amounts { hardware, set_up, on_site } = class.amounts();
            let own = book.policies.classes().find(|(id, _)| *id == class.id);
            ClassItem {
                id: class.id.0,
                kind: class.kind.name(),
                name: class.name.clone(),
                hardware_minor: hardware,
                set_up_minor: set_up,
                on_site_minor: on_site,
                currency: class.currency().code().to_owned(),
                age_months: own.map(|(_, months)| months),
            }
        };
        let shown = fleet.clients().iter().filter(|client| visible.shows(client));
        let shown: HashSet<&RemoteId> = shown.map(|client| &client.remote_id).collect();
        let agreed = book.policies.clients().filter(|(client, ..)| shown.contains(client));
        let agreed = agreed.map(|(client, kind, age_months)| ClientPolicyItem {
            client: client.to_string(),
            kind: kind.name(),
            age_months,
        });
        RulebookItem {
            version: fleet.rulebook_version(),
            policies: Kind::ALL.map(policy).into(),
            client_policies: agreed.collect(),
            classes: book.classes.all().iter().map(class).collect(),
            rules: book.rules.rules().iter().map(RuleItem::from).collect(),
        }
    }
}

/// Gives the rules that grade.
#[utoipa::path(get, path = "/api/v1/rulebook", tag = "rulebook", operation_id = "rulebook",
    responses((status = 200, description = "The rules.", body = RulebookItem), ReadProblems))]
pub(super) async fn get(
    caller: Caller<needs::ViewClients>,
    State(web): State<WebState>,
) -> Result<Json<RulebookItem>, Problem> {
    let fleet = caller.fleet(&web).await?;
    Ok(Json(RulebookItem::new(&fleet, &caller.visible())))
}
