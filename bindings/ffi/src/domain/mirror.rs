//! The shapes that repeat, as the domain declares them. Docs are repeated: generators see the text here, not the domain's.
//!
//! A field or variant that the domain has and the mirror lacks does not compile.

/// Mirrors an enum whose unknown values are kept as they came.
macro_rules! open_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident),* $(,)? }) => {
        use caseweave::domain::$name;

        $(#[$doc])*
        #[uniffi::remote(Enum)]
        pub enum $name {
            $($(#[$vdoc])* $variant,)*
            /// A value that this version does not know, as it was written. Show it as it is.
            Other {
                /// The code as it stands in the record.
                raw: String,
            },
        }
    };
}
pub(crate) use open_enum;

/// Mirrors an entity: `set` fields are written by its update, `own` fields only by edits of their own.
macro_rules! entity {
    (
        $(#[$doc:meta])*
        $name:ident { own { $($(#[$odoc:meta])* $o:ident: $oty:ty),* $(,)? } }
    ) => {
        use caseweave::domain::$name;

        $(#[$doc])*
        #[uniffi::remote(Record)]
        pub struct $name {
            /// Id, who made and last changed it, whether it is removed, extensions.
            pub meta: caseweave::domain::Meta,
            $($(#[$odoc])* #[uniffi(default)] pub $o: Option<$oty>,)*
        }
    };
    (
        $(#[$doc:meta])*
        $name:ident, $update:ident, $field:ident {
            set { $($(#[$sdoc:meta])* $s:ident $S:ident: $sty:ty),* $(,)? }
            own { $($(#[$odoc:meta])* $o:ident: $oty:ty),* $(,)? }
        }
    ) => {
        use caseweave::domain::{$field, $name, $update};

        $(#[$doc])*
        #[uniffi::remote(Record)]
        pub struct $name {
            /// Id, who made and last changed it, whether it is removed, extensions.
            pub meta: caseweave::domain::Meta,
            $($(#[$sdoc])* #[uniffi(default)] pub $s: Option<$sty>,)*
            $($(#[$odoc])* #[uniffi(default)] pub $o: Option<$oty>,)*
        }

        /// New values for some fields: only what is set is written.
        #[uniffi::remote(Record)]
        pub struct $update {
            $($(#[$sdoc])* #[uniffi(default)] pub $s: Option<$sty>,)*
            /// Fields to clear.
            #[uniffi(default)]
            pub clear: Vec<$field>,
        }

        /// A field that can be cleared.
        #[uniffi::remote(Enum)]
        pub enum $field { $($(#[$sdoc])* $S),* }
    };
}
pub(crate) use entity;

/// Mirrors the edits of an entity that is only added and updated.
macro_rules! added_and_updated {
    ($(#[$doc:meta])* $edit:ident of $update:ident) => {
        use caseweave::domain::$edit;

        $(#[$doc])*
        #[uniffi::remote(Enum)]
        pub enum $edit {
            /// Adds it.
            Add {
                /// Its new id.
                id: caseweave::EntityId,
                /// Its values.
                fields: $update,
            },
            /// Changes the fields that are named.
            Update {
                /// Which one.
                id: caseweave::EntityId,
                /// The new values.
                fields: $update,
            },
        }
    };
}
pub(crate) use added_and_updated;

/// Mirrors the edits of an entity that is added, updated, and moved from one status to the next.
macro_rules! tracked {
    ($(#[$doc:meta])* $edit:ident of $update:ident by $status:ident) => {
        use caseweave::domain::$edit;

        $(#[$doc])*
        #[uniffi::remote(Enum)]
        pub enum $edit {
            /// Adds it.
            Add {
                /// Its new id.
                id: caseweave::EntityId,
                /// Its values.
                fields: $update,
            },
            /// Changes the fields that are named.
            Update {
                /// Which one.
                id: caseweave::EntityId,
                /// The new values.
                fields: $update,
            },
            /// Moves it on.
            SetStatus {
                /// Which one.
                id: caseweave::EntityId,
                /// To where.
                status: $status,
                /// Why; required where somebody will ask.
                #[uniffi(default)]
                reason: Option<String>,
            },
        }
    };
}
pub(crate) use tracked;
