//! What leaves the agency, made of records: pure, text out. Whoever calls has the right to what they give in.

mod evv;

#[cfg(test)]
mod tests;

pub use evv::{EvvCorrection, EvvFormat, EvvPoint, EvvRecord, EvvReport, EvvSigned};
