//! Checks on bytes that come from outside, before automerge sees them.
