//! What clients did: counts, the last few thousand request lines, and every write. Never a secret.
//!
//! Token requests are recorded without query and body, and values of query parameters that can
//! carry a secret are masked. Of a write nothing is kept but which values of which rows it changed.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use serde_json::Value;

/// Request lines that are kept.
const LINES_MAX: usize = 4_096;
/// Writes that are kept; [`Counts::writes`] tells whether there were more.
const WRITES_MAX: usize = 50_000;
const SECRET_PARAMS: [&str; 4] = ["client_secret", "access_token", "password", "key"];

/// One request.
#[derive(Debug, Clone, Serialize)]
pub struct RequestLine {
    /// Counts from 1.
    pub number: u64,
    /// Simulated milliseconds since 1970.
    pub at_millis: i64,
    /// GET, POST, ...
    pub method: String,
    /// Path and query, secrets masked.
    pub target: String,
    /// Status of the answer.
    pub status: u16,
    /// The fault that hit it.
    pub fault: Option<&'static str>,
}

/// A request that asked to change something, granted or not; asking for a token is none.
#[derive(Debug, Clone, Serialize)]
pub struct WriteLine {
    /// Number, time, method, target, status and fault of the request.
    #[serde(flatten)]
    pub request: RequestLine,
    /// What it changed, whatever was answered.
    pub changes: Vec<WriteChange>,
}

/// One value that a write changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WriteChange {
    /// The row; `None` where the write made it.
    pub id: Option<i64>,
    /// The property; `fields/ID` for a field of an asset's type, `deleted` for a row that went.
    pub name: String,
    /// Its value before.
    pub before: Value,
    /// Its value as it was sent.
    pub after: Value,
}

/// Counts since the start.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Counts {
    /// Requests to the Halo side.
    pub requests: u64,
    /// Answered with 429.
    pub throttled: u64,
    /// Tokens issued.
    pub tokens: u64,
    /// Requests hit by a fault.
    pub faults: u64,
    /// Requests that asked to change something.
    pub writes: u64,
    /// Changes made between pages.
    pub moved_rows: u64,
    /// Requests by method and path, ids as `{id}`.
    pub by_path: BTreeMap<String, u64>,
}

/// The record of what clients did.
#[derive(Debug, Default)]
pub(crate) struct Recording(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    counts: Counts,
    lines: VecDeque<RequestLine>,
    writes: Vec<WriteLine>,
}

impl Recording {
    /// Adds a request with what it changed; its number comes from [`Recording::number`].
    pub(crate) fn add(&self, mut line: RequestLine, changes: Vec<WriteChange>) {
        line.target = masked(&line.target);
        let is_write = is_write(&line.method, &line.target);
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.counts.throttled += u64::from(line.status == 429);
        state.counts.faults += u64::from(line.fault.is_some());
        let path = format!("{} {}", line.method, shape(&line.target));
        // A client that walks made-up paths must not grow this without bound.
        if state.counts.by_path.len() < 500 || state.counts.by_path.contains_key(&path) {
            *state.counts.by_path.entry(path).or_default() += 1;
        }
        state.counts.writes += u64::from(is_write);
        if is_write && state.writes.len() < WRITES_MAX {
            state.writes.push(WriteLine { request: line.clone(), changes });
        }
        if state.lines.len() == LINES_MAX {
            state.lines.pop_front();
        }
        state.lines.push_back(line);
    }

    /// The number of a request that has just come.
    pub(crate) fn number(&self) -> u64 {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.counts.requests += 1;
        state.counts.requests
    }

    /// A token was issued.
    pub(crate) fn token(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).counts.tokens += 1;
    }

    /// A row moved between pages; false when so many have already.
    pub(crate) fn move_row(&self, moves_max: u32) -> bool {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let has_left = state.counts.moved_rows < u64::from(moves_max);
        state.counts.moved_rows += u64::from(has_left);
        has_left
    }

    /// Rows may move again from the start.
    pub(crate) fn reset_moves(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).counts.moved_rows = 0;
    }

    /// The counts.
    pub(crate) fn counts(&self) -> Counts {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).counts.clone()
    }

    /// The last requests, oldest first.
    pub(crate) fn lines(&self) -> Vec<RequestLine> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).lines.iter().cloned().collect()
    }

    /// Every write, oldest first.
    pub(crate) fn writes(&self) -> Vec<WriteLine> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).writes.clone()
    }
}

/// Whether a request asks to change something. Only asking for a token is a POST that does not.
fn is_write(method: &str, target: &str) -> bool {
    let path = target.split('?').next().unwrap_or(target).to_lowercase();
    !matches!(method, "GET" | "HEAD" | "OPTIONS") && !path.ends_with("/token")
}

fn masked(target: &str) -> String {
    let Some((path, query)) = target.split_once('?') else { return target.to_owned() };
    if path.to_lowercase().ends_with("/token") {
        return path.to_owned();
    }
    let pairs = query.split('&').map(|pair| match pair.split_once('=') {
        Some((name, _)) if SECRET_PARAMS.iter().any(|secret| name.eq_ignore_ascii_case(secret)) => {
            format!("{name}=***")
        }
        _ => pair.to_owned(),
    });
    format!("{path}?{}", pairs.collect::<Vec<_>>().join("&"))
}

fn shape(target: &str) -> String {
    let path = target.split('?').next().unwrap_or(target);
    let parts = path.split('/').map(|part| {
        let is_id = !part.is_empty() && part.trim_start_matches('-').parse::<i64>().is_ok();
        if is_id { "{id}" } else { part }
    });
    parts.collect::<Vec<_>>().join("/").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_kept() {
        assert_eq!(masked("/auth/token?client_secret=s&tenant=x"), "/auth/token");
        assert_eq!(
            masked("/api/Asset?Client_Secret=s&page_no=1"),
            "/api/Asset?Client_Secret=***&page_no=1"
        );
    }

    #[test]
    fn only_a_token_is_asked_for_without_a_write() {
        for target in ["/auth/token?tenant=x", "/token", "/Auth/Token"] {
            assert!(!is_write("POST", target), "{target}");
        }
        for target in ["/api/Asset", "/api/Asset?x=/token", "/nowhere"] {
            assert!(is_write("POST", target) && is_write("DELETE", target), "{target}");
            assert!(!is_write("GET", target), "{target}");
        }
    }

    #[test]
    fn ids_are_one_path() {
        assert_eq!(shape("/api/Asset/1203?includedetails=true"), "/api/asset/{id}");
        assert_eq!(shape("/api/Agent/me"), "/api/agent/me");
    }
}
