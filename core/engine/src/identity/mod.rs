//! Who made a change: device keys, actors, envelopes and request signatures.
