//! What a device knows of what its agency has laid down: instruments, the settings in force, and what earlier ones judged by.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{AgencySettings, EvvSettings};
use crate::instruments::{Instruments, RegisterError};

/// What a device knows of what its agency has laid down. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Rules {
    /// The instruments this device knows.
    pub instruments: Instruments,
    settings: Arc<AgencySettings>,
    judging: Arc<BTreeMap<i64, EvvSettings>>,
}

impl Default for Rules {
    /// The shipped instruments and the default settings.
    fn default() -> Self {
        let settings = AgencySettings::default();
        Self {
            instruments: Instruments::shipped(),
            judging: Arc::new(BTreeMap::from([(settings.version, settings.evv)])),
            settings: Arc::new(settings),
        }
    }
}

impl Rules {
    /// Takes in settings as the server told them. Those told last are in force. Gives the instruments that cannot be used: a device
    /// registered another under the same version, or the library is too old for them.
    pub fn tell(&mut self, settings: AgencySettings) -> Vec<RegisterError> {
        Arc::make_mut(&mut self.judging).insert(settings.version, settings.evv);
        let definitions = settings.instruments.iter();
        let unfit = definitions
            .filter_map(|text| self.instruments.register(text).err())
            .collect();
        self.settings = Arc::new(settings);
        unfit
    }

    /// The settings in force.
    pub fn settings(&self) -> &Arc<AgencySettings> {
        &self.settings
    }

    /// What a visit that names a version is judged by: that version, or the last before it that this device knows.
    pub(crate) fn judging(&self, version: i64) -> (i64, EvvSettings) {
        let known = self.judging.range(..=version).next_back();
        known.map_or_else(
            || (0, EvvSettings::default()),
            |(version, evv)| (*version, *evv),
        )
    }
}
