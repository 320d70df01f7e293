//! The agency's settings: what the server told last is in force, and stays so without a network.

use std::sync::Arc;

use caseweave_engine::settings::{AgencySettings, Rules};
use caseweave_engine::sync::wire::WireSettings;
use caseweave_store::{Store, WriteTx};

use crate::Result;
use crate::handle::{Caseweave, Open};

impl Caseweave {
    /// The agency's settings in force on this device: those the server told last, or the defaults of version 0 before it told any.
    ///
    /// # Errors
    /// - [`crate::Error::NotAllowed`], while locked.
    pub fn settings(&self) -> Result<Arc<AgencySettings>> {
        Ok(self.opened()?.settings())
    }
}

impl Open {
    pub(crate) fn settings(&self) -> Arc<AgencySettings> {
        Arc::clone(self.rules.read().settings())
    }

    /// What the agency has laid down, as far as this device knows.
    pub(crate) fn rules(&self) -> Rules {
        self.rules.read().clone()
    }

    /// Keeps what the server told. It is in force once [`Self::read_rules`] was called.
    pub(crate) fn keep_settings(&self, tx: &WriteTx<'_>, told: &[WireSettings]) -> Result<()> {
        for WireSettings { version, text } in told {
            tx.add_settings(*version, text)?;
        }
        Ok(())
    }

    /// Reads the rules anew, after something was told.
    pub(crate) fn read_rules(&self) -> Result<()> {
        *self.rules.write() = load(&self.store)?;
        Ok(())
    }
}

/// The rules as the store has them. Settings and instruments that this version of the library cannot read are passed over: the last
/// readable settings are in force, and assessments of the instruments show their answers without a score.
pub(crate) fn load(store: &Store) -> Result<Rules> {
    let (told, registered) =
        store.read(|tx| -> Result<_> { Ok((tx.settings()?, tx.instruments()?)) })?;
    let mut rules = Rules::default();
    for text in told {
        match AgencySettings::read(&text) {
            Some(settings) => {
                for error in rules.tell(settings) {
                    tracing::warn!(target: "caseweave", %error, "an instrument of the agency's settings cannot be used");
                }
            }
            None => tracing::warn!(target: "caseweave", "settings of the agency cannot be read"),
        }
    }
    for definition in registered {
        if let Err(error) = rules.instruments.register(&definition) {
            tracing::warn!(target: "caseweave", %error, "a registered instrument cannot be used");
        }
    }
    Ok(rules)
}
