//! What may change while the simulator runs: paging, limits, faults, rights, unknowns.
//!
//! Each unknown of HALO-API.md 7 is a switch here, with the source of the fact in its help. The
//! control port patches this struct by the names of its fields, so a new switch needs no code there.

use std::fmt;
use std::str::FromStr;

use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::fault::Fault;
use crate::webhook::WebhookSwitches;

/// How the simulator behaves. Field names are the keys of `POST /settings`.
#[derive(Debug, Clone, PartialEq, Args, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Switches {
    /// Most rows on a page, whatever page_size asks for (Q-01: HA#90, KG, AT).
    #[arg(long, default_value_t = 100, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub page_cap: u32,
    /// Most rows on a page of /Asset; 0 means as --page-cap (Q-01: QX reports 50).
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub asset_page_cap: u32,
    /// Most rows in an answer without paging, however large `count` is. Halo's own bound is unknown.
    #[arg(long, default_value_t = 5_000, value_name = "N")]
    pub count_cap: u32,
    /// A page past the end: the last page again (Q-03: TL) or none with record_count 0 (Q-04: QX).
    #[arg(long, value_enum, default_value_t = PastEnd::Empty)]
    pub past_end: PastEnd,
    /// What record_count says.
    #[arg(long, value_enum, default_value_t = RecordCount::True)]
    pub record_count: RecordCount,
    /// What `idonly=true` does (HALO-API.md 2.1: "ids only; not compatible with paging").
    #[arg(long, value_enum, default_value_t = IdOnly::On)]
    pub idonly: IdOnly,
    /// Lists on which lastupdatefromdate works, comma separated; `all` or `none` (Q-11: proven for
    /// Tickets only).
    #[arg(long, default_value = "Tickets", value_name = "LISTS", value_delimiter = ',')]
    pub filter_works: Vec<String>,
    /// The envelope key of /TopLevel, which nobody has recorded (HALO-API.md 2.2).
    #[arg(long, default_value = "trees", value_name = "KEY")]
    pub toplevel_key: String,
    /// When list rows of /Asset carry filled fields[]: with includeassetfields and assettype_id (BL),
    /// with includeassetfields alone, or never.
    #[arg(long, value_enum, default_value_t = AssetFields::WithType)]
    pub asset_fields: AssetFields,
    /// Status of a successful POST: 201 (SW26) or 200 (SW25).
    #[arg(long, default_value_t = 201, value_name = "STATUS")]
    pub post_status: u16,
    /// Form of a POST's answer (Q-40: HA, CIPP, QX, KG).
    #[arg(long, value_enum, default_value_t = PostAnswer::Object)]
    pub post_answer: PostAnswer,
    /// Add properties that no published build knows.
    #[arg(long)]
    pub extra_properties: bool,
    /// Leave out client 1, agent 1 and the General Users (Q-30 has them present).
    #[arg(long)]
    pub no_placeholders: bool,
    /// Requests per window; 0 is no limit. Halo: 700 (2026), 300 (2022) (Q-18: HCLI, PSWR#51).
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub limit: u32,
    /// Length of the rolling window in simulated seconds.
    #[arg(long, default_value_t = 300, value_name = "SECONDS")]
    pub limit_window_seconds: u32,
    /// Whether 429 carries Retry-After; unknown for Halo. The value counts real seconds.
    #[arg(long, value_enum, default_value_t = Toggle::On)]
    pub retry_after: Toggle,
    /// Life of a token in simulated seconds (HALO-API.md 1.2: one hour).
    #[arg(long, default_value_t = 3_600, value_name = "SECONDS")]
    pub token_seconds: u32,
    /// Calls that a token serves before it ends, whatever the clock says; 0 is no limit (for tests:
    /// a scan meets the same ends on every machine).
    #[arg(long, default_value_t = 0, value_name = "CALLS")]
    pub token_calls: u32,
    /// A new token ends the older ones (unknown; TL locks because it might).
    #[arg(long)]
    pub new_token_revokes: bool,
    /// Where tokens are issued: HOST/auth/token, HOST/token, or both.
    #[arg(long, value_enum, default_value_t = TokenPaths::Both)]
    pub token_paths: TokenPaths,
    /// Refuse a token request that names no tenant, as a shared authorisation host does.
    #[arg(long)]
    pub tenant_required: bool,
    /// Status of the HTML answer to a wrong tenant (unknown: 400, 401 or 404).
    #[arg(long, default_value_t = 404, value_name = "STATUS")]
    pub wrong_tenant_status: u16,
    /// Scopes granted to the application, comma separated (HALO-API.md 5.1).
    #[arg(long = "scope", default_value = "all", value_name = "SCOPES", value_delimiter = ',')]
    pub scopes: Vec<String>,
    /// Status when the token lacks the scope of an area: 403 or 401.
    #[arg(long, default_value_t = 403, value_name = "STATUS")]
    pub scope_denied_status: u16,
    /// Refuse an area or a route whatever the token holds, as a narrow agent role does: AREA=401 or
    /// AREA=403, where AREA is `assets`, `Opportunities`, `ClientContract/id` ....
    #[arg(long = "deny", value_name = "AREA=STATUS", value_delimiter = ',')]
    pub deny: Vec<Denial>,
    /// The agent behind the application is disabled: every call is refused with this status.
    #[arg(long, value_name = "STATUS", num_args = 0..=1, default_missing_value = "401")]
    pub disabled_agent: Option<u16>,
    /// Percent of assets that the agent silently cannot see.
    #[arg(long, default_value_t = 0, value_name = "PERCENT")]
    pub hide_assets: u8,
    /// Milliseconds that each answer takes at least.
    #[arg(long, default_value_t = 0, value_name = "MS")]
    pub latency_ms: u32,
    /// Spoil a share of the answers: KIND=PERCENT, repeatable. Kinds: 500, 500html, 502html, 503html,
    /// 504stall, 200html, 200json, 401, 404html, empty, bom, cut, truncated, reset, lost.
    #[arg(long = "fault", value_name = "KIND=PERCENT", value_delimiter = ',')]
    pub faults: Vec<Fault>,
    /// Real seconds that a 504stall lasts (HALO-API.md 2.6: about 60).
    #[arg(long, default_value_t = 60, value_name = "SECONDS")]
    pub stall_seconds: u32,
    /// Delete, insert and restore rows between pages: this many changes in all.
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub move_rows: u32,
    /// Outcomes that POST /Actions refuses at every workflow step, by name, comma separated (Q-48: KG,
    /// CIPP#106). Without it, the outcome's own steps decide.
    #[arg(long = "refuse-outcome", value_name = "NAMES", value_delimiter = ',')]
    pub refuse_outcomes: Vec<String>,
    /// Whether an asset written without _dontaddnewfields adds field definitions that its type lacks
    /// PV).
    #[arg(long, value_enum, default_value_t = Toggle::On)]
    pub adds_fields: Toggle,
    /// The build that InstanceInfo names (Q-60: HCLI saw 2.236.133 and 2.250.32).
    #[arg(long, default_value = "2.250.32", value_name = "VERSION")]
    pub build: String,
    /// Webhooks; in `POST /settings` a patch of its own: `{"webhooks": {"drop": 5}}`.
    #[command(flatten)]
    pub webhooks: WebhookSwitches,
}

/// On or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Toggle {
    /// Do it.
    On,
    /// Leave it.
    Off,
}

/// What a page past the end holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PastEnd {
    /// The last page again (Q-03: TL).
    Repeat,
    /// Nothing, with `record_count` 0 (Q-04: QX).
    Empty,
}

/// What `record_count` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RecordCount {
    /// The number of rows that match.
    True,
    /// Seven more.
    WrongHigh,
    /// Seven fewer.
    WrongLow,
    /// The number of rows on this page.
    Page,
    /// Always 0.
    Zero,
}

/// What `idonly=true` does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IdOnly {
    /// All ids at once; paging parameters have no effect.
    On,
    /// Ids only, a page at a time.
    Paged,
    /// The parameter is ignored.
    Ignored,
}

/// Form of a POST's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PostAnswer {
    /// One object, of the last row.
    Object,
    /// An array.
    Array,
    /// An array in an object.
    Wrapped,
}

/// When list rows of /Asset carry filled `fields[]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AssetFields {
    /// With `includeassetfields=true` and `assettype_id` (BL).
    WithType,
    /// With `includeassetfields=true` alone.
    Always,
    /// Never: only get-by-id has them.
    Never,
}

/// Which token addresses answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TokenPaths {
    /// `/auth/token` and `/token`.
    Both,
    /// Only `/auth/token`, as hosted instances have.
    Auth,
    /// Only `/token`, as shared and trial authorisation hosts have.
    Plain,
}

/// A refusal that no token lifts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Denial {
    /// An area (`assets`), a route (`Opportunities`) or a route's get-by-id (`ClientContract/id`).
    pub area: String,
    /// 401 or 403.
    pub status: u16,
}

/// Why a switch's value was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SwitchError(pub(crate) String);

impl Toggle {
    /// Whether the switch is on.
    pub fn is_on(self) -> bool {
        self == Toggle::On
    }
}

impl FromStr for Denial {
    type Err = SwitchError;

    fn from_str(text: &str) -> Result<Denial, SwitchError> {
        let (area, status) = text.split_once('=').unwrap_or((text, "403"));
        match status {
            "401" => Ok(Denial { area: area.to_owned(), status: 401 }),
            "403" => Ok(Denial { area: area.to_owned(), status: 403 }),
            _ => Err(SwitchError(format!("{status:?} is neither 401 nor 403"))),
        }
    }
}

impl fmt::Display for Denial {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}={}", self.area, self.status)
    }
}

impl TryFrom<String> for Denial {
    type Error = SwitchError;

    fn try_from(text: String) -> Result<Denial, SwitchError> {
        text.parse()
    }
}

impl From<Denial> for String {
    fn from(denial: Denial) -> String {
        denial.to_string()
    }
}

impl Switches {
    /// These switches with the given ones replaced.
    ///
    /// # Errors
    ///
    /// A name that is no switch, or a value of the wrong form, changes nothing.
    pub fn patched(&self, patch: &Value) -> Result<Switches, serde_json::Error> {
        let mut all = serde_json::to_value(self)?;
        merge(&mut all, patch);
        serde_json::from_value(all)
    }
}

/// Replaces what a patch names, group by group.
fn merge(all: &mut Value, patch: &Value) {
    match (all, patch) {
        (Value::Object(all), Value::Object(patch)) => {
            for (name, value) in patch {
                merge(all.entry(name.clone()).or_insert(Value::Null), value);
            }
        }
        (all, patch) => all.clone_from(patch),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_changes_only_what_it_names() {
        let patch = serde_json::json!({"page_cap": 50, "faults": ["bom=5"]});
        let changed = Switches::default().patched(&patch).expect("valid patch");
        let expected = Switches {
            page_cap: 50,
            faults: vec!["bom=5".parse().expect("valid")],
            ..Switches::default()
        };
        assert_eq!(changed, expected);
        let slip = serde_json::json!({"page_capp": 50});
        assert!(Switches::default().patched(&slip).is_err());
        let nested = serde_json::json!({"webhooks": {"drop": 5}});
        let changed = Switches::default().patched(&nested).expect("valid patch");
        assert_eq!((changed.webhooks.drop, changed.webhooks.timeout_ms), (5, 10_000));
        let slip = serde_json::json!({"webhooks": {"dropp": 5}});
        assert!(Switches::default().patched(&slip).is_err());
    }
}
