//! What a person decides about an asset: one decision a request, each its own transaction.
//!
//! A change names the version that it was decided on; it is refused only when somebody changed
//! the same field since. Asking for what applies already changes nothing, so a request may be
//! sent twice. Where a decision can be taken back, null does so, and leaving it out is refused.

use almanac_fleet::Fleet;
use almanac_model::chain::Target;
use almanac_model::choice::{AssetEdit, EditProblem, REASON_MAX};
use almanac_model::class::ClassId;
use almanac_model::fact::FactValue;
use almanac_model::grade::{Grade, Kept, Manual};
use almanac_model::id::RemoteId;
use almanac_model::kind::Kind;
use almanac_model::lock::{LOCKED_TEXT_MAX, NotAValue};
use almanac_model::typed::typed;
use almanac_store::{ChangeAsset, EditRefused};
use axum::Json;
use axum::extract::State;
use jiff::civil::Date;
use serde::Deserialize;
use utoipa::ToSchema;

use super::asset_why::{AssetDetail, detail};
use super::caller::Caller;
use super::names::{ClassNumber, ManualGradeName, TargetName};
use super::problem::{ChangeProblems, Problem};
use super::request::{ApiJson, ApiPath, Version, null_or, whole_or_null};
use crate::error::WebError;
use crate::extract::needs;
use crate::state::WebState;

type Editor = Caller<needs::EditAssets>;
type Changed = Result<Json<AssetDetail>, Problem>;

/// A value to set over the PSA's.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LockBody {
    /// The version that was read.
    version: Version,
    /// Of what.
    #[schema(value_type = TargetName)]
    target: Target,
    /// The value; for a date such as `2024-03-31`, ahead of today only for the end of a warranty.
    #[schema(min_length = 1, max_length = 2000)]
    value: String,
    /// In the person's words; may be empty.
    #[serde(default)]
    #[schema(max_length = 1000)]
    reason: String,
}

/// A value to leave to the PSA again.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UnlockBody {
    /// The version that was read.
    version: Version,
    /// Of what.
    #[schema(value_type = TargetName)]
    target: Target,
}

/// A grade to give by hand.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ManualBody {
    /// The version that was read.
    version: Version,
    /// The grade; null lets the rules grade again.
    #[serde(deserialize_with = "null_or")]
    #[schema(required)]
    manual: Option<ManualChoice>,
}

/// A grade with its reason.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ManualChoice {
    /// The grade.
    #[schema(value_type = ManualGradeName)]
    grade: Grade,
    /// In the person's words.
    #[schema(pattern = r"[^\s\x00-\x1f\x7f-\x9f]", max_length = 1000)]
    reason: String,
}

/// A risk to accept.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct KeptBody {
    /// The version that was read.
    version: Version,
    /// Until when; null accepts it no longer.
    #[serde(deserialize_with = "null_or")]
    #[schema(required)]
    kept: Option<KeptChoice>,
}

/// A day with its reason.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct KeptChoice {
    /// The last day it holds: today or later, and within 10 years.
    until: Date,
    /// In the person's words.
    #[schema(pattern = r"[^\s\x00-\x1f\x7f-\x9f]", max_length = 1000)]
    reason: String,
}

/// A class to choose.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ClassBody {
    /// The version that was read.
    version: Version,
    /// A class of the asset's kind; null leaves it to the kind.
    #[serde(deserialize_with = "whole_or_null")]
    #[schema(required, value_type = Option<ClassNumber>)]
    class: Option<u32>,
}

/// One decision as a body asks for it.
trait Decision {
    /// The field of the body that says what is decided.
    const FIELD: &'static str;

    /// The version that it was decided on.
    fn version(&self) -> Version;

    /// As an edit of an asset of this kind.
    fn edit(self, fleet: &Fleet, kind: Kind) -> Result<AssetEdit, Problem>;
}

/// A reason as it is kept. Its length, as that of a value, is that of what was sent: the description
/// says so, and knows nothing of characters that are left out.
fn reason(sent: &str) -> Result<String, Problem> {
    if sent.chars().count() > REASON_MAX {
        return Err(Problem::fault("reason", EditProblem::LongReason.to_string()));
    }
    Ok(typed(sent))
}

/// Carries one decision out and gives the asset as it is then.
async fn decide<D: Decision>(caller: &Editor, web: &WebState, asset: String, body: D) -> Changed {
    let id = RemoteId::new(asset);
    let fleet = caller.fleet(web).await?;
    let kind = fleet.asset(caller.asset(&fleet, &id)?).kind;
    let connection = fleet.connection().ok_or(WebError::NotFound)?;
    let expected_version = body.version().0;
    let edit = body.edit(&fleet, kind)?;
    edit.check_on(web.today()).map_err(|wrong| {
        let field = if wrong.is_of_reason() { "reason" } else { D::FIELD };
        Problem::fault(field, wrong.to_string())
    })?;
    let change = ChangeAsset {
        connection,
        remote_id: &id,
        expected_version,
        edit: &edit,
        by: &caller.author(),
        at_ms: web.now_ms(),
    };
    match caller.store.asset_choice_change(&change).await? {
        Ok(_) => {}
        Err(EditRefused::NoSuchAsset) => return Err(WebError::NotFound.into()),
        Err(EditRefused::Conflict(conflict)) => return Err(Problem::edited(*conflict)),
    }
    let fleet = caller.fleet(web).await?;
    Ok(Json(detail(caller, &fleet, &id).await?))
}

impl Decision for LockBody {
    const FIELD: &'static str = "value";

    fn version(&self) -> Version {
        self.version
    }

    fn edit(self, _: &Fleet, _: Kind) -> Result<AssetEdit, Problem> {
        let value = match self.value.chars().count() {
            0..=LOCKED_TEXT_MAX => FactValue::of_person(self.target, &self.value),
            _ => Err(NotAValue::TooLong),
        };
        let value = value.map_err(|wrong| Problem::fault(Self::FIELD, wrong.to_string()))?;
        Ok(AssetEdit::Lock { target: self.target, value, reason: reason(&self.reason)? })
    }
}

impl Decision for UnlockBody {
    const FIELD: &'static str = "target";

    fn version(&self) -> Version {
        self.version
    }

    fn edit(self, _: &Fleet, _: Kind) -> Result<AssetEdit, Problem> {
        Ok(AssetEdit::Unlock { target: self.target })
    }
}

impl Decision for ManualBody {
    const FIELD: &'static str = "grade";

    fn version(&self) -> Version {
        self.version
    }

    fn edit(self, _: &Fleet, _: Kind) -> Result<AssetEdit, Problem> {
        let Some(chosen) = self.manual else { return Ok(AssetEdit::ClearManual) };
        let reason = reason(&chosen.reason)?;
        Ok(AssetEdit::Manual(Manual { grade: chosen.grade, reason }))
    }
}

impl Decision for KeptBody {
    const FIELD: &'static str = "until";

    fn version(&self) -> Version {
        self.version
    }

    fn edit(self, _: &Fleet, _: Kind) -> Result<AssetEdit, Problem> {
        let Some(chosen) = self.kept else { return Ok(AssetEdit::ClearKeep) };
        let reason = reason(&chosen.reason)?;
        Ok(AssetEdit::Keep(Kept { until: chosen.until, reason }))
    }
}

impl Decision for ClassBody {
    const FIELD: &'static str = "class";

    fn version(&self) -> Version {
        self.version
    }

    fn edit(self, fleet: &Fleet, kind: Kind) -> Result<AssetEdit, Problem> {
        let Some(class) = self.class.map(ClassId) else {
            return Ok(AssetEdit::ClearClass);
        };
        if fleet.class(class).is_none_or(|class| class.kind != kind) {
            let repair = format!("Give a class of the kind {kind}; the rulebook lists them.");
            return Err(Problem::fault(Self::FIELD, repair));
        }
        Ok(AssetEdit::Class(class))
    }
}

/// Sets a value over the PSA's; no sync changes it until it is unlocked.
#[utoipa::path(post, path = "/api/v1/assets/{asset}/lock", tag = "assets", operation_id = "asset_lock",
    params(("asset" = String, Path, description = "The PSA's identifier.")), request_body = LockBody,
    responses((status = 200, description = "The asset as it is now.", body = AssetDetail), ChangeProblems))]
pub(super) async fn lock(
    caller: Editor,
    State(web): State<WebState>,
    ApiPath(route): ApiPath<super::AssetLock>,
    ApiJson(body): ApiJson<LockBody>,
) -> Changed {
    decide(&caller, &web, route.asset, body).await
}

/// Lets the PSA's value apply again.
#[utoipa::path(post, path = "/api/v1/assets/{asset}/unlock", tag = "assets", operation_id = "asset_unlock",
    params(("asset" = String, Path, description = "The PSA's identifier.")), request_body = UnlockBody,
    responses((status = 200, description = "The asset as it is now.", body = AssetDetail), ChangeProblems))]
pub(super) async fn unlock(
    caller: Editor,
    State(web): State<WebState>,
    ApiPath(route): ApiPath<super::AssetUnlock>,
    ApiJson(body): ApiJson<UnlockBody>,
) -> Changed {
    decide(&caller, &web, route.asset, body).await
}

/// Gives a grade by hand, or lets the rules grade again.
#[utoipa::path(post, path = "/api/v1/assets/{asset}/manual", tag = "assets", operation_id = "asset_manual",
    params(("asset" = String, Path, description = "The PSA's identifier.")), request_body = ManualBody,
    responses((status = 200, description = "The asset as it is now.", body = AssetDetail), ChangeProblems))]
pub(super) async fn manual(
    caller: Editor,
    State(web): State<WebState>,
    ApiPath(route): ApiPath<super::AssetManual>,
    ApiJson(body): ApiJson<ManualBody>,
) -> Changed {
    decide(&caller, &web, route.asset, body).await
}

/// Accepts the risk until a day, or no longer.
#[utoipa::path(post, path = "/api/v1/assets/{asset}/kept", tag = "assets", operation_id = "asset_kept",
    params(("asset" = String, Path, description = "The PSA's identifier.")), request_body = KeptBody,
    responses((status = 200, description = "The asset as it is now.", body = AssetDetail), ChangeProblems))]
pub(super) async fn kept(
    caller: Editor,
    State(web): State<WebState>,
    ApiPath(route): ApiPath<super::AssetKept>,
    ApiJson(body): ApiJson<KeptBody>,
) -> Changed {
    decide(&caller, &web, route.asset, body).await
}

/// Chooses a class of the asset's kind, or leaves it to the kind.
#[utoipa::path(post, path = "/api/v1/assets/{asset}/class", tag = "assets", operation_id = "asset_class",
    params(("asset" = String, Path, description = "The PSA's identifier.")), request_body = ClassBody,
    responses((status = 200, description = "The asset as it is now.", body = AssetDetail), ChangeProblems))]
pub(super) async fn class(
    caller: Editor,
    State(web): State<WebState>,
    ApiPath(route): ApiPath<super::AssetClass>,
    ApiJson(body): ApiJson<ClassBody>,
) -> Changed {
    decide(&caller, &web, route.asset, body).await
}
