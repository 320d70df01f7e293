//! What embedding apps keep with an entity.

use serde::{Deserialize, Serialize};

use super::plan::check as checked;
use super::record::EXTENSION_PREFIX;
use super::{Invalid, Kind, Plan, Value, check};
use crate::ids::EntityId;

/// A value an embedding app keeps with an entity.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Extension {
    /// Namespaced key, such as `org.example.room`.
    pub key: String,
    /// The value as JSON text.
    pub json: String,
}

/// Edits of extensions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ExtensionEdit {
    /// Sets a value, or clears it.
    Set {
        /// The entity's kind.
        kind: Kind,
        /// The entity's id.
        id: EntityId,
        /// Namespaced key: at least one dot, at most 100 characters.
        key: String,
        /// JSON text of at most 20,000 characters; nothing clears it.
        json: Option<String>,
    },
}

impl ExtensionEdit {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Set { .. } => "set_extension",
        }
    }

    pub(crate) fn plan(&self, plan: &mut Plan<'_>) -> Result<(), Invalid> {
        let Self::Set {
            kind,
            id,
            key,
            json,
        } = self;
        plan.present(*kind, *id)?;
        checked("extension.key", key.as_str(), check::code)?;
        if !key.contains('.') {
            return Err(Invalid::field(
                "extension.key",
                "has no namespace such as org.example",
            ));
        }
        let value = match json {
            None => Value::Null,
            Some(json) => {
                checked(
                    "extension.json",
                    json.as_str(),
                    check::lines::<{ super::MAX_TEXT }>,
                )?;
                if serde_json::from_str::<serde::de::IgnoredAny>(json).is_err() {
                    return Err(Invalid::field("extension.json", "is not JSON"));
                }
                Value::Text(json.clone())
            }
        };
        plan.put(*kind, *id, &format!("{EXTENSION_PREFIX}{key}"), value);
        Ok(())
    }
}
