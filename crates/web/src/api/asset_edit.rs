//! What a person decides about an asset: one decision a request, each its own transaction.
//!
//! A change names the version that it was decided on; it is refused only when somebody changed
//! the same field since. Asking for what applies already changes nothing, so a request may be
//! sent twice. Where a decision can be taken back, null does so, and leaving it out is refused.

use almanac_model::chain::Target;
use almanac_model::choice::AssetEdit;
use almanac_model::class::ClassId;
use almanac_model::fact::FactValue;
use almanac_model::grade::{Grade, Kept, Manual};
use almanac_model::id::RemoteId;
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
use super::request::{ApiJson, ApiPath, Version, null_or};
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
    /// The value; for a date such as `2024-03-31`.
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
    #[schema(pattern = r"\S", max_length = 1000)]
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
    /// The last day it holds; today or later.
    until: Date,
    /// In the person's words.
    #[schema(pattern = r"\S", max_length = 1000)]
    reason: String,
}

/// A class to choose.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ClassBody {
    /// The version that was read.
    version: Version,
    /// A class of the asset's kind; null leaves it to the kind.
    #[serde(deserialize_with = "null_or")]
    #[schema(required)]
    class: Option<ClassNumber>,
}

/// Carries one decision out and gives the asset as it is then.
async fn change(
    caller: &Editor,
    web: &WebState,
    id: &RemoteId,
    version: Version,
    edit: &AssetEdit,
) -> Changed {
    let fleet = caller.fleet(web).await?;
    caller.asset(&fleet, id)?;
    let connection = fleet.connection().ok_or(WebError::NotFound)?;
    edit.check().map_err(|wrong| Problem::fault("reason", wrong.to_string()))?;
    let by = caller.author();
    let change = ChangeAsset {
        connection,
        remote_id: id,
        expected_version: version.0,
        edit,
        by: &by,
        at_ms: web.now_ms(),
    };
    match caller.store.asset_choice_change(&change).await? {
        Ok(_) => {}
        Err(EditRefused::NoSuchAsset) => return Err(WebError::NotFound.into()),
        Err(EditRefused::Conflict(conflict)) => return Err(Problem::edited(*conflict)),
    }
    let fleet = caller.fleet(web).await?;
    Ok(Json(detail(caller, &fleet, id).await?))
}

/// Text that a database takes.
fn check_text(field: &'static str, text: &str) -> Result<(), Problem> {
    let is_wrong = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    if text.contains(is_wrong) {
        return Err(Problem::fault(field, "Leave control characters out."));
    }
    Ok(())
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
    let id = RemoteId::new(route.asset);
    caller.asset(&*caller.fleet(&web).await?, &id)?;
    check_text("value", &body.value)?;
    check_text("reason", &body.reason)?;
    let value = FactValue::of_person(body.target, &body.value);
    let value = value.map_err(|wrong| Problem::fault("value", wrong.to_string()))?;
    let edit = AssetEdit::Lock { target: body.target, value, reason: body.reason };
    change(&caller, &web, &id, body.version, &edit).await
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
    let edit = AssetEdit::Unlock { target: body.target };
    change(&caller, &web, &RemoteId::new(route.asset), body.version, &edit).await
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
    let id = RemoteId::new(route.asset);
    caller.asset(&*caller.fleet(&web).await?, &id)?;
    let edit = match body.manual {
        None => AssetEdit::ClearManual,
        Some(ManualChoice { grade: Grade::Kept | Grade::Unknown, .. }) => {
            return Err(Problem::fault("grade", "By hand it is replace, plan or healthy."));
        }
        Some(ManualChoice { grade, reason }) => {
            check_text("reason", &reason)?;
            AssetEdit::Manual(Manual { grade, reason })
        }
    };
    change(&caller, &web, &id, body.version, &edit).await
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
    let id = RemoteId::new(route.asset);
    caller.asset(&*caller.fleet(&web).await?, &id)?;
    let edit = match body.kept {
        None => AssetEdit::ClearKeep,
        Some(KeptChoice { until, .. }) if until < web.today() => {
            return Err(Problem::fault("until", "This day is past; give today or a later one."));
        }
        Some(KeptChoice { until, reason }) => {
            check_text("reason", &reason)?;
            AssetEdit::Keep(Kept { until, reason })
        }
    };
    change(&caller, &web, &id, body.version, &edit).await
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
    let id = RemoteId::new(route.asset);
    let fleet = caller.fleet(&web).await?;
    let kind = fleet.asset(caller.asset(&fleet, &id)?).kind;
    let edit = match body.class.map(|class| ClassId(class.0)) {
        None => AssetEdit::ClearClass,
        Some(class) if fleet.class(class).is_some_and(|class| class.kind == kind) => {
            AssetEdit::Class(class)
        }
        Some(_) => {
            let repair = format!("Give a class of the kind {kind}; the rulebook lists them.");
            return Err(Problem::fault("class", repair));
        }
    };
    change(&caller, &web, &id, body.version, &edit).await
}
