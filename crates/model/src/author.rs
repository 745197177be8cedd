//! Who decided something, as it is kept beside what was decided.
//!
//! The name is a copy from the moment of the decision, so that a history reads the same after a
//! user was renamed or removed.

use serde::{Deserialize, Serialize};

/// Who decided something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Author {
    /// The user's identifier; `None` for a program, such as the command line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// What a person reads.
    pub name: String,
}

impl Author {
    /// A user of the product.
    pub fn user(id: impl Into<String>, name: impl Into<String>) -> Author {
        Author { user: Some(id.into()), name: name.into() }
    }

    /// A program that acts for nobody in particular.
    pub fn program(name: impl Into<String>) -> Author {
        Author { user: None, name: name.into() }
    }
}
