//! `/metrics` for Prometheus, on a listener of its own: it names tenants, so it is never served
//! where pages are.
//!
//! All of it is read when asked, from the database that all processes share: every node tells the
//! same, and nothing is counted in memory. A line that is not there has nothing to tell.

use std::fmt::{Display, Write as _};
use std::sync::Arc;

use almanac_store::{Store, Vitals};
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;

/// The version of Prometheus' text format.
const FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What metrics are made of.
pub struct Metrics {
    /// The database.
    pub store: Store,
    /// The time, in milliseconds UTC.
    pub now_ms: fn() -> i64,
    /// The program's version.
    pub version: &'static str,
    /// The most memory this process has used, in bytes.
    pub peak_memory: fn() -> u64,
}

/// Serves until it is dropped.
pub async fn serve_metrics(listener: TcpListener, metrics: Metrics) -> std::io::Result<()> {
    let app = Router::new().route("/metrics", get(answer)).with_state(Arc::new(metrics));
    axum::serve(listener, app).await
}

async fn answer(State(metrics): State<Arc<Metrics>>) -> Response {
    let now_ms = (metrics.now_ms)();
    match metrics.store.vitals(now_ms).await {
        Ok(vitals) => {
            let mut text = Text::default();
            tell_process(&mut text, metrics.version, (metrics.peak_memory)());
            tell_vitals(&mut text, &vitals, now_ms);
            ([(header::CONTENT_TYPE, FORMAT)], text.0).into_response()
        }
        Err(error) => {
            tracing::error!(error = %error, "Metrics could not be read.");
            (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n").into_response()
        }
    }
}

fn tell_process(text: &mut Text, version: &str, peak_memory: u64) {
    text.family("almanac_build_info", "The program's version.");
    text.sample("almanac_build_info", &[("version", version)], 1);
    text.family("almanac_process_peak_memory_bytes", "The most memory this process has used.");
    text.sample("almanac_process_peak_memory_bytes", &[], peak_memory);
}

fn tell_vitals(text: &mut Text, vitals: &Vitals, now_ms: i64) {
    let seconds_since = |at_ms: i64| now_ms.saturating_sub(at_ms).max(0) / 1_000;
    text.family("almanac_stream_records", "Records that Halo has, by tenant and stream.");
    for stream in &vitals.streams {
        let labels = [("tenant", &*stream.tenant), ("stream", &*stream.stream)];
        text.sample("almanac_stream_records", &labels, stream.live);
    }
    text.family("almanac_stream_bad_records", "Those of them that are not understood.");
    for stream in &vitals.streams {
        let labels = [("tenant", &*stream.tenant), ("stream", &*stream.stream)];
        text.sample("almanac_stream_bad_records", &labels, stream.bad);
    }
    text.family("almanac_stream_scan_age_seconds", "Time since a stream was last read whole.");
    for stream in &vitals.streams {
        let labels = [("tenant", &*stream.tenant), ("stream", &*stream.stream)];
        if let Some(at_ms) = stream.last_scan_at {
            text.sample("almanac_stream_scan_age_seconds", &labels, seconds_since(at_ms));
        }
    }
    text.family("almanac_stream_held", "1 for a stream that waits for a person, with its code.");
    for stream in &vitals.streams {
        let Some(code) = &stream.held_code else { continue };
        let labels = [("tenant", &*stream.tenant), ("stream", &*stream.stream), ("code", code)];
        text.sample("almanac_stream_held", &labels, 1);
    }
    tell_work(text, vitals, seconds_since);
    text.family("almanac_halo_calls", "Calls to Halo of the last five minutes.");
    for calls in &vitals.calls {
        text.sample("almanac_halo_calls", &[("tenant", &calls.tenant)], calls.calls);
    }
    text.family("almanac_halo_calls_refused", "Those of them that Halo answered by 429.");
    for calls in &vitals.calls {
        text.sample("almanac_halo_calls_refused", &[("tenant", &calls.tenant)], calls.refused);
    }
    text.family("almanac_webhook_well", "1 for a webhook that is well, 0 with what is wrong.");
    for webhook in &vitals.webhooks {
        let problem = webhook.problem.as_deref().unwrap_or_default();
        let labels = [("tenant", &*webhook.tenant), ("problem", problem)];
        text.sample("almanac_webhook_well", &labels, u8::from(webhook.problem.is_none()));
    }
}

fn tell_work(text: &mut Text, vitals: &Vitals, seconds_since: impl Fn(i64) -> i64) {
    text.family("almanac_jobs", "Background work, by kind and state.");
    for jobs in &vitals.jobs {
        for (state, count) in [("due", jobs.due), ("later", jobs.later), ("running", jobs.running)]
        {
            text.sample("almanac_jobs", &[("kind", &jobs.kind), ("state", state)], count);
        }
    }
    text.family("almanac_jobs_wait_seconds", "How long the first job that could run waits.");
    for jobs in &vitals.jobs {
        let wait = jobs.due_since.map_or(0, &seconds_since);
        text.sample("almanac_jobs_wait_seconds", &[("kind", &jobs.kind)], wait);
    }
    text.family("almanac_writes_waiting", "Approved writes that are not carried out.");
    for writes in &vitals.writes {
        text.sample("almanac_writes_waiting", &[("tenant", &writes.tenant)], writes.waiting);
    }
    text.family("almanac_writes_wait_seconds", "How long the first of them waits.");
    for writes in &vitals.writes {
        let wait = writes.since.map_or(0, &seconds_since);
        text.sample("almanac_writes_wait_seconds", &[("tenant", &writes.tenant)], wait);
    }
}

/// Lines of Prometheus' text format; everything told is a gauge.
#[derive(Default)]
struct Text(String);

impl Text {
    fn family(&mut self, name: &str, help: &str) {
        self.line(format_args!("# HELP {name} {help}\n# TYPE {name} gauge"));
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        let labels: Vec<String> =
            labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
        match labels.as_slice() {
            [] => self.line(format_args!("{name} {value}")),
            labels => self.line(format_args!("{name}{{{}}} {value}", labels.join(","))),
        }
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        // Writing to a text does not fail.
        let _ = writeln!(self.0, "{line}");
    }
}

/// As the format wants a label's value.
fn escaped(value: &str) -> String {
    value.replace('\\', r"\\").replace('"', "\\\"").replace('\n', r"\n")
}

#[cfg(test)]
mod tests {
    use almanac_store::{CallVitals, JobVitals, StreamVitals, WebhookVitals, WriteVitals};

    use super::*;

    #[test]
    fn everything_is_told_in_the_format() {
        let stream = |stream: &str, held: Option<&str>| StreamVitals {
            tenant: "acme".to_owned(),
            stream: stream.to_owned(),
            live: 41,
            bad: 2,
            last_scan_at: held.is_none().then_some(1_000),
            held_code: held.map(str::to_owned),
        };
        let vitals = Vitals {
            streams: vec![stream("assets", None), stream("clients", Some("SYNC-010"))],
            jobs: vec![JobVitals {
                kind: "poke".to_owned(),
                due: 1,
                later: 0,
                running: 2,
                due_since: Some(59_000),
            }],
            writes: vec![WriteVitals { tenant: "acme".to_owned(), waiting: 3, since: Some(1_000) }],
            calls: vec![CallVitals { tenant: "acme".to_owned(), calls: 120, refused: 1 }],
            webhooks: vec![WebhookVitals {
                tenant: "acme".to_owned(),
                problem: Some("silent".to_owned()),
            }],
        };
        let mut text = Text::default();
        tell_vitals(&mut text, &vitals, 61_000);
        for line in [
            r#"almanac_stream_records{tenant="acme",stream="assets"} 41"#,
            r#"almanac_stream_scan_age_seconds{tenant="acme",stream="assets"} 60"#,
            r#"almanac_stream_held{tenant="acme",stream="clients",code="SYNC-010"} 1"#,
            r#"almanac_jobs{kind="poke",state="running"} 2"#,
            r#"almanac_jobs_wait_seconds{kind="poke"} 2"#,
            r#"almanac_writes_wait_seconds{tenant="acme"} 60"#,
            r#"almanac_halo_calls_refused{tenant="acme"} 1"#,
            r#"almanac_webhook_well{tenant="acme",problem="silent"} 0"#,
        ] {
            assert!(text.0.lines().any(|told| told == line), "{line}\n{}", text.0);
        }
        assert_eq!(text.0.matches("scan_age_seconds{").count(), 1, "never read is not told");
    }

    #[test]
    fn a_value_cannot_end_its_line() {
        let mut text = Text::default();
        text.sample("a", &[("b", "x\"} 1\n\\")], 0);
        assert_eq!(text.0, "a{b=\"x\\\"} 1\\n\\\\\"} 0\n");
    }
}
