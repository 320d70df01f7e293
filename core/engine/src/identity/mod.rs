//! Who made a change: device keys, actors, envelopes and request signatures.
//!
//! Automerge lets anyone write any actor, author and time into a change. What is proven here, before automerge sees a
//! change, is that the holder of one device's key made it, in this document, in this run of the app. Which worker a device
//! belongs to is not decided here: that is the device directory's word.
//!
//! Every signature covers a *statement*: a purpose and fixed-layout fields, so that no signature given for one purpose can
//! be shown for another.

mod actor;
mod device_key;
mod envelope;
mod receipt;
mod request;
mod statement;
mod window;

pub use actor::{ActorBytes, Author, InvalidAuthor, Session, actor_for};
pub use device_key::{
    BadSignature, DeviceKey, DevicePublicKey, ServerKey, ServerPublicKey, SnapshotClaim,
};
pub use envelope::{
    ADOPTION_VERSION, ENVELOPE_VERSION, Envelope, EnvelopeError, EnvelopeFields, verify_run,
};
pub use receipt::{Receipt, ReceiptKey};
pub use request::{
    EnrolmentClaim, InvalidProof, RequestProof, SignedRequest, hash_secret, sign_enrolment,
    sign_request, verify_enrolment, verify_request,
};
pub use window::{InvalidWindow, NumberWindow, Replay, WINDOW_WIDTH};
