//! The fake's side of writing: fields of an asset are members of its row's `values`.

use almanac_model::asset::RemoteField;
use almanac_model::id::RemoteId;
use serde_json::{Value, json};

use super::{FakeConnector, State, number};
use crate::error::PsaError;
use crate::writer::{FieldChange, RecordChange, Writer};

/// What the fake does with a change.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum FakeWrite {
    /// Takes it.
    #[default]
    Takes,
    /// Takes it, and the answer is lost.
    LosesTheAnswer,
    /// The change is lost before it arrives, which looks the same.
    LosesTheChange,
    /// Says yes and keeps what it had.
    KeepsItsOwn,
    /// Takes it and changes the member `rule` as well.
    ChangesMore,
    /// Refuses it in these words.
    Refuses(String),
    /// Allows no writing.
    Forbids,
}

/// A change that arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FakeWritten {
    /// The record.
    pub remote_id: RemoteId,
    /// What was sent.
    pub fields: Vec<FieldChange>,
}

impl FakeConnector {
    /// Every change that arrived, in order, taken or not.
    pub fn written(&self) -> Vec<FakeWritten> {
        self.lock().written.clone()
    }
}

impl Writer for FakeConnector {
    async fn write(&self, change: RecordChange<'_>) -> Result<(), PsaError> {
        let mut state = self.lock();
        state.begin_call()?;
        let path = "fake".to_owned();
        let lost = |path| {
            let detail = "the answer was lost".to_owned();
            Err(PsaError::OutcomeUnknown { path, detail })
        };
        let how = state.switches.writing.clone();
        if how == FakeWrite::LosesTheChange {
            return lost(path);
        }
        state.written.push(FakeWritten {
            remote_id: change.current.remote_id.clone(),
            fields: change.fields.to_vec(),
        });
        match how {
            FakeWrite::Refuses(message) => return Err(PsaError::Refused { path, message }),
            FakeWrite::Forbids => return Err(PsaError::Forbidden { path, status: 403 }),
            FakeWrite::KeepsItsOwn => return Ok(()),
            _ => {}
        }
        let row = state.row_mut(&change);
        let Some(mut body) =
            row.as_deref().and_then(|row| serde_json::from_slice::<Value>(row).ok())
        else {
            return Err(PsaError::NoSuchPath { path });
        };
        for FieldChange { field, value } in change.fields {
            let RemoteField::Standard(name) = field else { continue };
            body["values"][name] = json!(value.as_ref().map(ToString::to_string));
        }
        if how == FakeWrite::ChangesMore {
            body["values"]["rule"] = json!("set by a rule");
        }
        if let Some(row) = row {
            *row = body.to_string().into_bytes();
        }
        // Our own writes come back among the changes.
        state.touch(&change);
        if how == FakeWrite::LosesTheAnswer { lost(path) } else { Ok(()) }
    }
}

impl State {
    fn row_mut(&mut self, change: &RecordChange<'_>) -> Option<&mut Vec<u8>> {
        let id = number(&change.current.remote_id)?;
        self.rows.get_mut(&change.stream)?.get_mut(&id)
    }

    fn touch(&mut self, change: &RecordChange<'_>) {
        if let Some(id) = number(&change.current.remote_id) {
            self.changed_at.insert((change.stream, id), self.switches.now_ms);
        }
    }
}
