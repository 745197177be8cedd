//! Why a fleet could not be had.

use almanac_model::code::Code;
use almanac_store::StoreError;

/// Why a fleet could not be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FleetError {
    /// The database did not give what is needed.
    #[error("the assets could not be read")]
    Store(#[from] StoreError),
    /// Grading was stopped halfway, as when the program ends.
    #[error("grading was interrupted")]
    Interrupted,
}

impl FleetError {
    /// The code under which an operator finds the remedy, if there is one.
    pub fn code(&self) -> Option<Code> {
        match self {
            Self::Store(error) => error.code(),
            Self::Interrupted => None,
        }
    }
}
