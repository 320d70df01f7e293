//! Instruments a device knows, scoring, and scores over time.

use std::sync::Arc;

use caseweave_engine::domain::{TrendPoint, trend};
use caseweave_engine::ids::CaseId;
use caseweave_engine::instruments::{Instrument, Instruments, ItemAnswer, Judgement};

use crate::cases::no_record;
use crate::handle::{Caseweave, Open};
use crate::{Error, Result};

impl Caseweave {
    /// Every instrument this device knows, in all versions, by id, then by version: those that come with the library and those
    /// the agency registered.
    ///
    /// # Errors
    /// - [`Error::NotAllowed`], while locked.
    pub fn instruments(&self) -> Result<Vec<Arc<Instrument>>> {
        Ok(self.opened()?.instruments().iter().cloned().collect())
    }

    /// One instrument: in a version, or in its newest.
    ///
    /// # Errors
    /// - [`Error::NotFound`]: this device does not know it, or not in that version.
    /// - [`Error::NotAllowed`], while locked.
    pub fn instrument(&self, id: &str, version: Option<i64>) -> Result<Arc<Instrument>> {
        let instruments = self.opened()?.instruments();
        find(&instruments, id, version).cloned()
    }

    /// Registers an agency's own instrument from its definition in JSON, for good. The same once more does nothing. Its id has a
    /// namespace, such as `org.example.falls`; the shipped definitions show the form. Writes disk.
    ///
    /// # Errors
    /// - [`Error::InvalidInput`]: the field that cannot stand, and in the reason the line.
    /// - [`Error::AlreadyExists`]: that version says something else; give the new one a new number.
    /// - [`Error::NotAllowed`], while locked or with too many registered. [`Error::StorageFull`], [`Error::Unexpected`].
    pub fn register_instrument(&self, definition: &str) -> Result<Arc<Instrument>> {
        self.opened()?.register_instrument(definition)
    }

    /// Scores answers without keeping them, as for a form that is being filled in. An item that is answered more than once
    /// scores by its first answer and alerts by each.
    ///
    /// # Errors
    /// As [`Self::instrument`].
    pub fn score(&self, id: &str, version: i64, answers: &[ItemAnswer]) -> Result<Judgement> {
        Ok(self.instrument(id, Some(version))?.score(answers))
    }

    /// The scores of an instrument in a case or a restricted compartment over time: each completed assessment, the earliest first, scored by the version it
    /// names.
    ///
    /// # Errors
    /// As [`Self::case`].
    pub fn assessment_trend(&self, case: CaseId, instrument: &str) -> Result<Vec<TrendPoint>> {
        let open = self.readable()?;
        let (record, rules) = (open.record(case)?, open.rules());
        let assessments = match record.view(&rules) {
            Some(view) => Some(view.assessments),
            None => record.compartment(&rules).map(|view| view.assessments),
        };
        let assessments = assessments.ok_or_else(|| no_record(case))?;
        Ok(trend(&assessments, instrument))
    }
}

impl Open {
    /// The instruments this device knows.
    pub(crate) fn instruments(&self) -> Instruments {
        self.rules.read().instruments.clone()
    }

    fn register_instrument(&self, definition: &str) -> Result<Arc<Instrument>> {
        let instrument = self.keep_instrument(definition)?;
        self.bring_rows_up_to_date()?;
        Ok(instrument)
    }

    fn keep_instrument(&self, definition: &str) -> Result<Arc<Instrument>> {
        let _writing = self.writing.lock();
        let mut instruments = self.instruments();
        let instrument = instruments.register(definition)?;
        self.store
            .write(|tx| tx.add_instrument(&instrument.id, instrument.version, definition))?;
        self.rules.write().instruments = instruments;
        Ok(instrument)
    }
}

fn find<'a>(
    instruments: &'a Instruments,
    id: &str,
    version: Option<i64>,
) -> Result<&'a Arc<Instrument>> {
    let found = match version {
        Some(version) => instruments.get(id, version),
        None => instruments.newest(id),
    };
    found.ok_or_else(|| Error::NotFound {
        id: id.to_owned(),
        reason: match version {
            Some(version) => format!("no instrument in version {version} on this device"),
            None => "no instrument on this device".into(),
        },
    })
}
