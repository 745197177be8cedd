//! Changes sent to the simulator: what is sent, what comes of it, and what is said of failures.

use almanac_halo_sim::{Fault, PostAnswer};
use almanac_model::asset::{RemoteAsset, RemoteField};
use almanac_model::fact::FactValue;
use almanac_model::id::RemoteId;
use almanac_model::projection::Projection;
use almanac_model::stream::Stream;
use almanac_psa::conformance::walk_all;
use almanac_psa::{
    Connector, FieldChange, Mapper, PsaError, RawRow, RecordChange, Recovery, Writer,
};
use almanac_psa_halo::{HaloConnector, HaloMapper, HaloOptions, SCOPES_TO_WRITE};
use jiff::tz::Offset;

use crate::server::{halo_like, http};
use crate::subject::{SimSubject, options};

/// May write as well as read.
fn writing(options: &mut HaloOptions) {
    options.scopes.extend(SCOPES_TO_WRITE.map(str::to_owned));
}

async fn subject() -> SimSubject {
    SimSubject::start_with(|_| {}, writing).await
}

fn mapped(row: &RawRow) -> RemoteAsset {
    match HaloMapper.project(Stream::Assets, &row.body, None) {
        Ok(Projection::Asset(asset)) => asset,
        other => panic!("{other:?}"),
    }
}

async fn read(subject: &SimSubject, id: &RemoteId) -> RawRow {
    let found = subject.connector.fetch_one(Stream::Assets, id).await.expect("an answer");
    found.expect("the asset")
}

/// An asset that has a value in a field of its type, and that field.
async fn asset_with_a_typed_text(subject: &SimSubject) -> (RawRow, RemoteField) {
    for (id, row) in walk_all(&subject.connector, Stream::Assets).await {
        let typed = mapped(&row).values.into_iter().find(
            |value| matches!(&value.field, RemoteField::Typed { name, .. } if name == "Model"),
        );
        if let Some(value) = typed {
            return (read(subject, &id).await, value.field);
        }
    }
    panic!("the simulator has an asset with a model");
}

fn day(text: &str) -> Option<FactValue> {
    Some(FactValue::Date(text.parse().expect("a day")))
}

fn warranty_end(value: &str) -> [FieldChange; 1] {
    let field = RemoteField::Standard("warranty_end".to_owned());
    [FieldChange { field, value: day(value) }]
}

fn value_of(asset: &RemoteAsset, field: &RemoteField) -> Option<String> {
    let found = asset.values.iter().find(|value| value.field == *field);
    found.map(|value| value.value.clone())
}

async fn send(
    subject: &SimSubject,
    current: &RawRow,
    fields: &[FieldChange],
) -> Result<(), PsaError> {
    let change = RecordChange { stream: Stream::Assets, current, fields, zone: Offset::UTC };
    subject.connector.write(change).await
}

fn posts(subject: &SimSubject) -> usize {
    let lines = subject.sim.requests();
    lines.iter().filter(|line| line.method == "POST" && !line.target.contains("token")).count()
}

#[tokio::test]
async fn q_40_a_change_is_taken_in_each_form_of_the_answer_and_changes_nothing_else() {
    for (form, status) in
        [(PostAnswer::Object, 201), (PostAnswer::Array, 200), (PostAnswer::Wrapped, 201)]
    {
        let subject = SimSubject::start_with(
            |sim| {
                sim.switches.post_answer = form;
                sim.switches.post_status = status;
            },
            writing,
        )
        .await;
        let (before, field) = asset_with_a_typed_text(&subject).await;
        let [dated] = warranty_end("2031-05-06");
        let text = Some(FactValue::Text("Written <b>\u{e9}</b>".to_owned()));
        let change = [dated, FieldChange { field: field.clone(), value: text }];
        send(&subject, &before, &change).await.expect("taken");
        let (old, new) = (mapped(&before), mapped(&read(&subject, &before.remote_id).await));
        let end = RemoteField::Standard("warranty_end".to_owned());
        assert_eq!(value_of(&new, &end).as_deref(), Some("2031-05-06T12:00:00"), "{form:?}");
        assert_eq!(value_of(&new, &field).as_deref(), Some("Written <b>\u{e9}</b>"));
        let others = |asset: &RemoteAsset| -> Vec<_> {
            let is_other = |name: &RemoteField| *name != end && *name != field;
            let shown = |value: &&almanac_model::asset::RemoteValue| is_other(&value.field);
            let mut others: Vec<_> = asset.values.iter().filter(shown).cloned().collect();
            others.retain(|value| !is_key_field(&value.field));
            others.sort_by(|a, b| a.field.cmp(&b.field));
            others
        };
        assert_eq!(others(&new), others(&old), "{form:?}");
        assert_eq!(posts(&subject), 1);
    }
}

/// A display copy of a field, which follows it.
fn is_key_field(field: &RemoteField) -> bool {
    matches!(field, RemoteField::Standard(name) if name.starts_with("key_field"))
}

#[tokio::test]
async fn q_41_a_change_whose_answer_is_lost_is_told_as_unknown_and_sent_once() {
    let subject = subject().await;
    let (before, _) = asset_with_a_typed_text(&subject).await;
    for (fault, is_done) in [("lost", true), ("500", false), ("502html", false), ("cut", true)] {
        let fault: Fault = format!("{fault}=100").parse().expect("a fault");
        let sent_before = posts(&subject);
        subject.sim.change(|switches| switches.faults = vec![fault]);
        let value = format!("2032-01-{:02}", 1 + sent_before);
        let error = send(&subject, &before, &warranty_end(&value)).await.expect_err("no answer");
        subject.sim.change(|switches| switches.faults.clear());
        assert!(matches!(error, PsaError::OutcomeUnknown { .. }), "{fault:?}: {error}");
        assert_eq!(error.recovery(), Recovery::Verify);
        assert_eq!(posts(&subject), sent_before + 1, "{fault:?}: sent once");
        let now = mapped(&read(&subject, &before.remote_id).await);
        let end = RemoteField::Standard("warranty_end".to_owned());
        let now = value_of(&now, &end).unwrap_or_default();
        assert_eq!(now.starts_with(&value), is_done, "{fault:?}: {now}");
    }
}

#[tokio::test]
async fn q_13_without_the_right_to_write_it_is_said_so_and_nothing_is_sent_again() {
    for (denied, status) in [("assets=401", 401), ("assets=403", 403)] {
        let subject = subject().await;
        let (before, _) = asset_with_a_typed_text(&subject).await;
        subject.sim.change(|switches| {
            switches.deny = vec![denied.parse().expect("a denial")];
        });
        let error = send(&subject, &before, &warranty_end("2031-05-06")).await;
        match error {
            Err(PsaError::Forbidden { status: said, .. }) => assert_eq!(said, status),
            other => panic!("{other:?}"),
        }
        assert!(posts(&subject) <= 2, "one renewal of the token at most");
    }
    let reader = SimSubject::start(|_| {}).await;
    let (before, _) = asset_with_a_typed_text(&reader).await;
    let error = send(&reader, &before, &warranty_end("2031-05-06")).await.expect_err("no scope");
    assert!(matches!(error, PsaError::Forbidden { status: 403, .. }), "{error}");
}

#[tokio::test]
async fn q_44_each_rule_that_halo_names_is_told_in_its_words() {
    let subject = subject().await;
    let (before, _) = asset_with_a_typed_text(&subject).await;
    for words in ["Username must be entered", "A Site must be selected"] {
        let server = halo_like(move |_| {
            let body = format!("\"{words}\"");
            http("400 Bad Request", "application/json", "", body.as_bytes())
        })
        .await;
        let connector = HaloConnector::new(options(&server.base_url())).expect("a connector");
        let fields = warranty_end("2031-05-06");
        let change = RecordChange {
            stream: Stream::Assets,
            current: &before,
            fields: &fields,
            zone: Offset::UTC,
        };
        let error = connector.write(change).await.expect_err("refused");
        assert!(matches!(error, PsaError::Refused { .. }), "{error:?}");
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[tokio::test]
async fn a_change_of_a_record_that_is_gone_says_so() {
    let subject = subject().await;
    let (before, _) = asset_with_a_typed_text(&subject).await;
    let gone = RawRow { remote_id: RemoteId::new("99999999"), ..before };
    let error = send(&subject, &gone, &warranty_end("2031-05-06")).await.expect_err("gone");
    assert!(matches!(error, PsaError::NoSuchPath { .. }), "{error}");
}

#[tokio::test]
async fn q_51_no_field_is_added_to_the_type() {
    let subject = subject().await;
    let types = walk_all(&subject.connector, Stream::AssetTypes).await;
    let (before, _) = asset_with_a_typed_text(&subject).await;
    let unknown = RemoteField::Typed { field_id: "987654".to_owned(), name: "New".to_owned() };
    let value = Some(FactValue::Text("x".to_owned()));
    let error = send(&subject, &before, &[FieldChange { field: unknown, value }]).await;
    assert!(matches!(error, Err(PsaError::Refused { .. })), "{error:?}");
    assert_eq!(posts(&subject), 0, "it is not even sent");
    send(&subject, &before, &warranty_end("2031-05-06")).await.expect("taken");
    assert_eq!(walk_all(&subject.connector, Stream::AssetTypes).await, types);
}
