//! Devices that this server forgot when it was set back to a backup from before they were enrolled. Colleagues bring their work back
//! and show whose they are; what makes that certain is judged by [`caseweave_engine::sync::server`].

use std::collections::{HashMap, HashSet};

use caseweave_engine::identity::Author;
use caseweave_engine::ids::DeviceId;
use caseweave_engine::sync::wire::WireDevice;

use crate::audit::{self, Entry};
use crate::device::{add_device, find_device, find_owner};
use crate::error::Error;
use crate::everybody::{add_worker, is_worker};
use crate::step::Step;

/// Most letters of a name that is taken over from a colleague's device.
const MOST_OF_A_NAME: usize = 200;

/// The devices that a request shows and this server does not know. One whose key another device has is left out.
pub(crate) fn shown(step: &Step<'_>) -> Result<HashMap<DeviceId, WireDevice>, Error> {
    let mut keys = HashSet::new();
    let mut shown = HashMap::new();
    for device in &step.request.signers {
        let known = find_device(step.transaction, device.device)?.is_some()
            || find_owner(step.transaction, &device.key)?.is_some();
        if !known && keys.insert(device.key.0) {
            shown.insert(device.device, device.clone());
        }
    }
    Ok(shown)
}

/// Makes a device known again, and its worker where that one was forgotten too. Both are what they were, as the server's own receipt
/// says; the worker's name is what a colleague's device says it was told. Nobody remembers when the device was enrolled, or which of
/// its request numbers were used.
pub(crate) fn take_back(step: &Step<'_>, device: &WireDevice) -> Result<(), Error> {
    if !is_worker(step.transaction, device.worker)? {
        let name: String = device.name.chars().take(MOST_OF_A_NAME).collect();
        add_worker(step.transaction, device.worker, &name)?;
        let by = Some(step.device.author.device);
        let entry = Entry::new("worker_returned", by, "returned");
        audit::append(step.transaction, step.now_ms, &entry)?;
    }
    let author = Author {
        worker: device.worker,
        device: device.device,
    };
    add_device(step.transaction, author, &device.key, 0)?;
    let entry = Entry::new("device_returned", Some(device.device), "returned");
    audit::append(step.transaction, step.now_ms, &entry)
}
