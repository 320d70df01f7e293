//! Assessment instruments: what they ask, how answers score, which of them raise an alert.
//!
//! A definition is a JSON file. Those in `shipped/` are part of the library; an agency registers its own at run time. Nothing here
//! knows of records or documents: answers go in, a [`Judgement`] comes out.

mod definition;
pub(crate) mod field;
pub(crate) mod json;
mod parse;
mod score;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

pub use definition::{
    AlertRule, AlertSource, Answer, AskedIf, Band, Instrument, InstrumentItem, ItemAnswer,
    ItemKind, ItemOption, Scale, Texts,
};
pub use parse::MAX_DEFINITION_BYTES;
pub use score::{Judgement, RaisedAlert, ScaleOutcome, ScaleScore};

/// Definitions that an agency can register.
pub const MAX_REGISTERED: usize = 500;

const SHIPPED: [&str; 6] = [
    include_str!("shipped/phq-2.json"),
    include_str!("shipped/phq-9.json"),
    include_str!("shipped/gad-7.json"),
    include_str!("shipped/adl.json"),
    include_str!("shipped/iadl.json"),
    include_str!("shipped/ahc-hrsn.json"),
];

/// What is wrong with a definition, or with an agency's settings, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {field} {reason}")]
pub struct InvalidDefinition {
    /// The line, from 1.
    pub line: u32,
    /// The field, such as `items[3].text.es`; empty for the file as a whole.
    pub field: String,
    /// What is wrong.
    pub reason: String,
}

/// Why a definition was not registered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegisterError {
    /// It cannot stand.
    #[error(transparent)]
    Invalid(#[from] InvalidDefinition),
    /// That version of the instrument is there and says something else. A version never changes: give the new one a new number.
    #[error("{id} has a version {version} that says something else")]
    Taken {
        /// The instrument.
        id: String,
        /// The version.
        version: i64,
    },
    /// There are too many.
    #[error("{MAX_REGISTERED} definitions are registered already")]
    TooMany,
}

/// The instruments a device knows, in all their versions. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Instruments {
    known: Arc<BTreeMap<(String, i64), Arc<Instrument>>>,
}

impl Default for Instruments {
    fn default() -> Self {
        Self::shipped()
    }
}

impl Instruments {
    /// Those that come with the library: PHQ-2, PHQ-9, GAD-7, ADL, IADL and the core of AHC-HRSN.
    pub fn shipped() -> Self {
        static READ: LazyLock<Instruments> = LazyLock::new(Instruments::read_shipped);
        READ.clone()
    }

    fn read_shipped() -> Self {
        let instrument = |text: &&str| {
            let instrument = parse::parse(text).expect("shipped definitions are read in the tests");
            (key(&instrument), Arc::new(instrument))
        };
        Self {
            known: Arc::new(SHIPPED.iter().map(instrument).collect()),
        }
    }

    /// Adds an agency's own definition. The same once more does nothing.
    ///
    /// # Errors
    /// - [`RegisterError::Invalid`]: the line and field that cannot stand.
    /// - [`RegisterError::Taken`]: that version says something else.
    /// - [`RegisterError::TooMany`].
    pub fn register(&mut self, text: &str) -> Result<Arc<Instrument>, RegisterError> {
        self.add(parse::parse_own(text)?)
    }

    /// As [`Self::register`], of a definition that stands inside another file.
    pub(crate) fn register_within(
        &mut self,
        field: &field::Field<'_>,
    ) -> Result<(), RegisterError> {
        self.add(parse::parse_own_within(field)?).map(|_| ())
    }

    fn add(&mut self, instrument: Instrument) -> Result<Arc<Instrument>, RegisterError> {
        let instrument = Arc::new(instrument);
        match self.known.get(&key(&instrument)) {
            Some(known) if *known == instrument => {}
            Some(_) => {
                let (id, version) = key(&instrument);
                return Err(RegisterError::Taken { id, version });
            }
            None if self.known.len() >= SHIPPED.len() + MAX_REGISTERED => {
                return Err(RegisterError::TooMany);
            }
            None => {
                let known = Arc::make_mut(&mut self.known);
                known.insert(key(&instrument), Arc::clone(&instrument));
            }
        }
        Ok(instrument)
    }

    /// An instrument in a version.
    pub fn get(&self, id: &str, version: i64) -> Option<&Arc<Instrument>> {
        self.known.get(&(id.to_owned(), version))
    }

    /// An instrument in its newest version.
    pub fn newest(&self, id: &str) -> Option<&Arc<Instrument>> {
        let versions = (id.to_owned(), i64::MIN)..=(id.to_owned(), i64::MAX);
        self.known
            .range(versions)
            .next_back()
            .map(|(_, found)| found)
    }

    /// All of them, by id, then by version.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Instrument>> {
        self.known.values()
    }
}

fn key(instrument: &Instrument) -> (String, i64) {
    (instrument.id.clone(), instrument.version)
}
