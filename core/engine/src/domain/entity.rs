//! How an entity is declared: once, as a list of fields, from which its view, its update and its reading follow.

use super::cell::CellFormat;
use super::plan::Invalid;
use super::{CellFault, Entry, Kind, Value};

/// A read model of one entity.
pub(crate) trait Entity: Sized {
    const KIND: Kind;
    fn from_entry(entry: &Entry) -> Self;
}

/// New values for some fields of one entity, and the fields to clear.
pub(crate) trait Update {
    const KIND: Kind;
    /// The values that are set, each within its limits.
    fn checked(&self) -> Result<Vec<(String, Value)>, Invalid>;
    /// The keys of the fields to clear.
    fn cleared(&self) -> Vec<&'static str>;
    /// Sets a field to what a cell says; nothing where there is no such field.
    fn set_cell(
        &mut self,
        field: &str,
        cell: &str,
        format: &CellFormat,
    ) -> Option<Result<(), CellFault>>;
}

/// Declares an entity: `set` fields are written by its update, `own` fields only by the rules of its file.
///
/// Gives the read model and, where there are `set` fields, the update (every field optional, and a list of fields to clear) and the enum of clearable
/// fields. The field's name is its key in the document, so a name never changes.
macro_rules! entity {
    (
        $(#[$doc:meta])*
        $name:ident of $kind:ident { own { $($(#[$odoc:meta])* $o:ident: $oty:ty),* $(,)? } }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq)]
        pub struct $name {
            /// Id, who made and last changed it, whether it is removed, extensions.
            pub meta: crate::domain::Meta,
            $($(#[$odoc])* pub $o: Option<$oty>,)*
        }

        impl crate::domain::entity::Entity for $name {
            const KIND: crate::domain::Kind = crate::domain::Kind::$kind;
            fn from_entry(entry: &crate::domain::Entry) -> Self {
                Self { meta: entry.meta(), $($o: entry.get(stringify!($o)),)* }
            }
        }
    };
    (
        $(#[$doc:meta])*
        $name:ident, $update:ident, $field:ident of $kind:ident {
            set { $($(#[$sdoc:meta])* $s:ident $S:ident: $sty:ty = $check:expr),* $(,)? }
            own { $($(#[$odoc:meta])* $o:ident: $oty:ty),* $(,)? }
        }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq)]
        pub struct $name {
            /// Id, who made and last changed it, whether it is removed, extensions.
            pub meta: crate::domain::Meta,
            $($(#[$sdoc])* pub $s: Option<$sty>,)*
            $($(#[$odoc])* pub $o: Option<$oty>,)*
        }

        #[doc = concat!("New values for fields of a [`", stringify!($name), "`]: only what is set is written.")]
        #[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
        #[serde(default)]
        pub struct $update {
            $(
                $(#[$sdoc])*
                #[serde(skip_serializing_if = "Option::is_none")]
                pub $s: Option<$sty>,
            )*
            /// Fields to clear.
            #[serde(skip_serializing_if = "Vec::is_empty")]
            pub clear: Vec<$field>,
        }

        #[doc = concat!("A field of a [`", stringify!($name), "`] that can be cleared.")]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $field { $($(#[$sdoc])* $S),* }

        impl crate::domain::entity::Entity for $name {
            const KIND: crate::domain::Kind = crate::domain::Kind::$kind;
            fn from_entry(entry: &crate::domain::Entry) -> Self {
                Self {
                    meta: entry.meta(),
                    $($s: entry.get(stringify!($s)),)*
                    $($o: entry.get(stringify!($o)),)*
                }
            }
        }

        impl crate::domain::entity::Update for $update {
            const KIND: crate::domain::Kind = crate::domain::Kind::$kind;
            fn checked(&self) -> Result<Vec<(String, crate::domain::Value)>, crate::domain::Invalid> {
                let mut fields = Vec::new();
                $(if let Some(value) = &self.$s {
                    let field = stringify!($s);
                    ($check)(value).map_err(|reason: String| {
                        crate::domain::Invalid::field(format!("{}.{field}", Self::KIND.key()), reason)
                    })?;
                    fields.push((field.to_owned(), crate::domain::value::FieldType::to_value(value)));
                })*
                Ok(fields)
            }
            fn set_cell(
                &mut self,
                field: &str,
                cell: &str,
                format: &crate::domain::cell::CellFormat,
            ) -> Option<Result<(), crate::domain::CellFault>> {
                match field {
                    $(stringify!($s) => {
                        let value = crate::domain::cell::CellType::from_cell(cell, format);
                        Some(value.map(|value| self.$s = Some(value)))
                    })*
                    _ => None,
                }
            }
            fn cleared(&self) -> Vec<&'static str> {
                self.clear.iter().map(|field| match field { $($field::$S => stringify!($s)),* }).collect()
            }
        }
    };
}
pub(crate) use entity;

/// Declares the edits of an entity that is only added and updated.
macro_rules! added_and_updated {
    ($(#[$doc:meta])* $edit:ident of $update:ident, $add:literal, $change:literal, needs $($needs:ident),+ $(; within $within:path)?) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
        pub enum $edit {
            /// Adds it.
            Add {
                /// Its new id.
                id: crate::ids::EntityId,
                /// Its values.
                fields: $update,
            },
            /// Changes the fields that are named.
            Update {
                /// Which one.
                id: crate::ids::EntityId,
                /// The new values.
                fields: $update,
            },
        }

        impl $edit {
            pub(crate) fn name(&self) -> &'static str {
                match self {
                    Self::Add { .. } => $add,
                    Self::Update { .. } => $change,
                }
            }

            pub(crate) fn plan(&self, plan: &mut crate::domain::Plan<'_>) -> Result<(), crate::domain::Invalid> {
                use crate::domain::entity::{Update, kept, required};
                $($within(plan, self)?;)?
                match self {
                    Self::Add { id, fields } => {
                        $(required(<$update as Update>::KIND, stringify!($needs), fields.$needs.is_some())?;)+
                        plan.create(*id, fields, Vec::new())
                    }
                    Self::Update { id, fields } => {
                        $(kept(fields, stringify!($needs))?;)+
                        plan.update(*id, fields)
                    }
                }
            }
        }
    };
}
pub(crate) use added_and_updated;

/// Declares the edits of an entity that is added, updated, and moved from one status to the next; `within` what the agency
/// allows, which can add to what something new says.
macro_rules! tracked {
    ($(#[$doc:meta])* $edit:ident of $update:ident by $status:ident, $add:literal, $change:literal, $move:literal, needs $($needs:ident),+ $(; within $within:path)?) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
        pub enum $edit {
            /// Adds it.
            Add {
                /// Its new id.
                id: crate::ids::EntityId,
                /// Its values.
                fields: $update,
            },
            /// Changes the fields that are named.
            Update {
                /// Which one.
                id: crate::ids::EntityId,
                /// The new values.
                fields: $update,
            },
            /// Moves it on.
            SetStatus {
                /// Which one.
                id: crate::ids::EntityId,
                /// To where.
                status: $status,
                /// Why; required where somebody will ask.
                reason: Option<String>,
            },
        }

        impl $edit {
            pub(crate) fn name(&self) -> &'static str {
                match self {
                    Self::Add { .. } => $add,
                    Self::Update { .. } => $change,
                    Self::SetStatus { .. } => $move,
                }
            }

            pub(crate) fn plan(&self, plan: &mut crate::domain::Plan<'_>) -> Result<(), crate::domain::Invalid> {
                use crate::domain::entity::{Update, kept, required};
                use crate::domain::plan::Status;
                use crate::domain::status::set_status;
                use crate::domain::value::FieldType;
                let own = vec![("status", <$status as Status>::UNSET.to_value())];
                $(let own = $within(plan, self, own)?;)?
                match self {
                    Self::Add { id, fields } => {
                        $(required(<$update as Update>::KIND, stringify!($needs), fields.$needs.is_some())?;)+
                        plan.create(*id, fields, own)
                    }
                    Self::Update { id, fields } => {
                        $(kept(fields, stringify!($needs))?;)+
                        plan.update(*id, fields)
                    }
                    Self::SetStatus { id, status, reason } => set_status(plan, *id, status, reason.as_deref()),
                }
            }
        }
    };
}
pub(crate) use tracked;

/// Refuses something new that lacks the field without which it means nothing.
pub(crate) fn required(kind: Kind, field: &str, is_set: bool) -> Result<(), Invalid> {
    if is_set {
        Ok(())
    } else {
        Err(Invalid::field(
            format!("{}.{field}", kind.key()),
            "is missing",
        ))
    }
}

/// Refuses to clear the field without which the entity means nothing.
pub(crate) fn kept<U: Update>(update: &U, field: &str) -> Result<(), Invalid> {
    if update.cleared().contains(&field) {
        return Err(Invalid::field(
            format!("{}.{field}", U::KIND.key()),
            "cannot be cleared; remove the entry as a whole",
        ));
    }
    Ok(())
}

/// Refuses to set or clear a field that stands as things are.
pub(crate) fn untouched<U: Update>(
    update: &U,
    stands: &[&str],
    reason: &str,
) -> Result<(), Invalid> {
    let set = update.checked()?;
    let named = set.iter().map(|(key, _)| key.as_str());
    let touched = named
        .chain(update.cleared())
        .find(|key| stands.contains(key));
    touched.map_or(Ok(()), |key| {
        Err(Invalid::field(format!("{}.{key}", U::KIND.key()), reason))
    })
}
