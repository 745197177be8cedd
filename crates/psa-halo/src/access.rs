//! What this connection may do: each area read once, in Halo's own words.
//!
//! Two layers must both allow an area, the application's scopes and the agent's access levels
//! (HALO-API 5), and a missing right often shows as nothing at all. So every stream is
//! really read, its count is shown, and a refusal names the box to tick.

use almanac_model::code::Code;
use almanac_model::stream::Stream;
use almanac_psa::{AccessCheck, AccessReport, AccessState, PsaError};
use jiff::Timestamp;

use crate::decode::Listing;
use crate::endpoint::endpoint;
use crate::exchange::date;
use crate::listing::{list, list_children};
use crate::options::{SCOPES_NEEDED, SCOPES_TO_WRITE, SCOPES_WANTED};
use crate::status::good_json;
use crate::transport::Transport;

/// Beyond this the clocks are a finding: tokens seem to end early, ages are wrong.
const CLOCK_OFFSET_MAX_SECONDS: i64 = 300;

/// What a stream needs ticked: scope of the application, access level of the agent (the latter in
/// the words of Halo's page *Permissions* of an agent).
struct Right {
    scope: Option<&'static str>,
    agent_box: &'static str,
}

fn right(stream: Stream) -> Right {
    let (scope, agent_box) = match stream {
        Stream::Clients | Stream::Sites => {
            (Some("read:customers"), "Customers Access Level - Read Only")
        }
        Stream::Contacts => (Some("read:customers"), "Users Access - Read Only"),
        Stream::Assets => (Some("read:assets"), "Assets Access Level - Read Only"),
        Stream::AssetTypes => {
            (Some("read:assets"), "Assets Access Level - Read Only, with all asset types allowed")
        }
        Stream::Tickets | Stream::TicketActions => {
            (Some("read:tickets"), "Tickets Access Level - Read Only, as a member of all teams")
        }
        Stream::Opportunities => {
            (Some("read:sales"), "Sales/Opportunities Access Level - Read Only")
        }
        Stream::Projects => (Some("read:projects"), "Projects Access Level - Read Only"),
        Stream::Contracts => (Some("read:contracts"), "Contracts Access Level - Read Only"),
        Stream::Invoices => (Some("read:invoices"), "Billing Access Level - Read Only"),
        Stream::ClientTypes
        | Stream::AssetStatuses
        | Stream::Agents
        | Stream::Teams
        | Stream::TicketStatuses
        | Stream::TicketTypes
        | Stream::Priorities
        | Stream::Categories
        | Stream::Workflows => (None, "Account Active and Is API-only Agent"),
    };
    Right { scope, agent_box }
}

/// Reaches Halo, takes a fresh token, reads one page of each stream, compares clocks.
pub(crate) async fn check(
    transport: &Transport,
    now: fn() -> Timestamp,
) -> Result<AccessReport, PsaError> {
    let (version, clock_offset_seconds) = ask_instance(transport, now).await;
    let mut findings = Vec::new();
    let refused_scopes = take_token(transport, &mut findings).await?;
    let token = transport.auth.token(&transport.exchange, None).await?;
    let scopes = token.scopes.clone();
    let mut checks: Vec<AccessCheck> = Vec::new();
    for stream in Stream::ALL {
        checks.push(check_stream(transport, stream, &refused_scopes).await);
    }
    if let Some(offset) = clock_offset_seconds.filter(|o| o.abs() > CLOCK_OFFSET_MAX_SECONDS) {
        let side = if offset > 0 { "ahead of" } else { "behind" };
        let text = format!("Halo's clock is {} seconds {side} this machine's", offset.abs());
        findings.push((Code::CONN_CLOCK, text));
    }
    if checks.iter().all(|check| check.state == AccessState::Missing) {
        let text = "Halo refuses every area although the token is good: the agent that the \
                    application logs in as is disabled or has no permission";
        findings.push((Code::CONN_NO_PERMISSION, text.to_owned()));
    }
    // What was asked for is used, such as a scope to write where something is written.
    let asked = transport.auth.scopes();
    let is_used = |scope: &str| {
        SCOPES_NEEDED.contains(&scope)
            || SCOPES_WANTED.contains(&scope)
            || SCOPES_TO_WRITE.contains(&scope) && asked.iter().any(|asked| asked == scope)
    };
    let is_excess = |scope: &&String| !is_used(scope);
    Ok(AccessReport {
        base_url: transport.address.as_understood(),
        token_url: transport.auth.token_url().await.unwrap_or_default(),
        version,
        clock_offset_seconds,
        excess_scopes: scopes.iter().filter(is_excess).cloned().collect(),
        scopes,
        checks,
        findings,
    })
}

/// `InstanceInfo` is anonymous on current builds (HALO-API 1.5). Older ones may lack it, so
/// nothing depends on it; whatever answers carries a clock.
async fn ask_instance(
    transport: &Transport,
    now: fn() -> Timestamp,
) -> (Option<String>, Option<i64>) {
    let Ok(received) = transport.get_anonymous("/InstanceInfo").await else {
        return (None, None);
    };
    let offset = date(&received.headers).map(|theirs| theirs.as_second() - now().as_second());
    let info: Option<serde_json::Value> = good_json(&received, "/InstanceInfo")
        .ok()
        .and_then(|body| serde_json::from_slice(body).ok());
    let version = info.and_then(|info| {
        let keys = ["version", "Version", "api_version", "build"];
        let text = keys.iter().find_map(|key| info.get(*key)?.as_str())?;
        Some(crate::excerpt::printable(text))
    });
    (version, offset)
}

/// Takes a fresh token (Q-19: scopes are frozen in it). When a scope is refused each is asked
/// for alone (Q-15: one bad scope kills the whole request), so that the report can name it.
async fn take_token(
    transport: &Transport,
    findings: &mut Vec<(Code, String)>,
) -> Result<Vec<String>, PsaError> {
    let asked = transport.auth.scopes();
    let all = transport.auth.fresh_token(&transport.exchange, asked).await;
    let Err(PsaError::ScopeRefused { asked: together }) = all else {
        return all.map(|_| Vec::new());
    };
    let (mut granted, mut refused) = (Vec::new(), Vec::new());
    for scope in asked {
        let alone = [scope.clone()];
        match transport.auth.fresh_token(&transport.exchange, &alone).await {
            Ok(_) => granted.push(scope.clone()),
            Err(PsaError::ScopeRefused { .. }) => refused.push(scope.clone()),
            Err(error) => return Err(error),
        }
    }
    let is_needed = |scope: &String| !SCOPES_WANTED.contains(&scope.as_str());
    if !granted.iter().any(is_needed) || refused.is_empty() {
        return Err(PsaError::ScopeRefused { asked: together });
    }
    transport.auth.fresh_token(&transport.exchange, &granted).await?;
    // What is lost without the others is told by their streams.
    for scope in refused.iter().filter(|scope| !SCOPES_WANTED.contains(&scope.as_str())) {
        let text = format!("{scope} is not granted to the application, or does not exist");
        findings.push((Code::CONN_SCOPE_REFUSED, text));
    }
    Ok(refused)
}

async fn check_stream(
    transport: &Transport,
    stream: Stream,
    refused_scopes: &[String],
) -> AccessCheck {
    let right = right(stream);
    let tick_scope = |scope: &str| format!("in the application's Permissions tick {scope}");
    let tick_agent = format!("in the permissions of the agent it logs in as: {}", right.agent_box);
    let refused = right.scope.filter(|scope| refused_scopes.iter().any(|r| r == scope));
    if let Some(scope) = refused {
        return AccessCheck {
            stream,
            state: AccessState::Missing,
            remedy: Some(tick_scope(scope)),
            detail: Some(format!("the scope {scope} was refused")),
        };
    }
    match first_rows(transport, stream).await {
        Ok(None) => AccessCheck {
            stream,
            state: AccessState::Granted(None),
            remedy: None,
            detail: Some("there is nothing to try it with".to_owned()),
        },
        Ok(Some(listing)) => AccessCheck {
            stream,
            // Where one parent's children, or one of two lists, was looked at, the count says
            // nothing of the stream's.
            state: AccessState::Granted(match listing.claimed_total {
                _ if is_a_share(stream) => None,
                Some(total) => Some(total),
                None => Some(listing.rows.len() as u64),
            }),
            remedy: None,
            detail: None,
        },
        Err(error @ PsaError::Forbidden { .. }) => AccessCheck {
            stream,
            state: AccessState::Missing,
            remedy: Some(match right.scope {
                Some(scope) => format!("{}; {tick_agent}", tick_scope(scope)),
                None => tick_agent,
            }),
            detail: Some(error.to_string()),
        },
        Err(error) => AccessCheck {
            stream,
            state: AccessState::Unknown,
            remedy: None,
            detail: Some(error.to_string()),
        },
    }
}

fn is_a_share(stream: Stream) -> bool {
    let endpoint = endpoint(stream);
    endpoint.parent.is_some() || endpoint.path_of_negative.is_some()
}

/// A look at a stream; of one that is listed by its parents, at the children of the first. `None`
/// where there is no parent.
async fn first_rows(transport: &Transport, stream: Stream) -> Result<Option<Listing>, PsaError> {
    let endpoint_of = |stream| endpoint(stream).page_query(1, 1);
    let Some((parents, _)) = endpoint(stream).parent else {
        return list(transport, stream, &endpoint_of(stream)).await.map(Some);
    };
    let parent = list(transport, parents, &endpoint_of(parents)).await?.rows.into_iter().next();
    match parent {
        Some(parent) => list_children(transport, stream, parent.remote_id.as_str()).await.map(Some),
        None => Ok(None),
    }
}
