//! One wake-up for screens that follow the record. What changed is asked with `changes_since`.

use std::sync::Arc;

use parking_lot::Mutex;

use crate::Caseweave;

type Call = dyn Fn() + Send + Sync;

/// Whom to wake, if anybody.
#[derive(Default)]
pub(crate) struct Listener(Mutex<Option<Arc<Call>>>);

impl Listener {
    /// Wakes the listener. Called with no lock held: the listener may call back in.
    pub(crate) fn call(&self) {
        let listener = self.0.lock().clone();
        if let Some(listener) = listener {
            listener();
        }
    }
}

impl Caseweave {
    /// Has a function called after each edit, each decision about access and each answer of the server that changed something; it takes the place of the
    /// one before. It is called on the thread that made the change and should only wake somebody: what changed is asked with
    /// [`Self::changes_since`]. It stays through locking.
    pub fn on_change(&self, listener: impl Fn() + Send + Sync + 'static) {
        *self.listener.0.lock() = Some(Arc::new(listener));
    }
}
