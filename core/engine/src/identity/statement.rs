//! The bytes a signature covers.

/// Collects the fields of one statement in a fixed order.
///
/// Layout: length of the purpose (one byte), the purpose, then the fields: fixed-width ones as they are, integers
/// big-endian, anything of variable width behind its length in eight bytes. Purposes differ and carry their own length, so
/// no statement is a prefix of one with another purpose.
pub(super) struct Statement(Vec<u8>);

impl Statement {
    pub(super) fn new(purpose: &'static str) -> Self {
        let length = u8::try_from(purpose.len()).expect("purposes are short constants");
        let mut bytes = vec![length];
        bytes.extend_from_slice(purpose.as_bytes());
        Self(bytes)
    }

    pub(super) fn fixed<const N: usize>(mut self, field: &[u8; N]) -> Self {
        self.0.extend_from_slice(field);
        self
    }

    pub(super) fn variable(mut self, field: &[u8]) -> Self {
        self.0
            .extend_from_slice(&(field.len() as u64).to_be_bytes());
        self.0.extend_from_slice(field);
        self
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_unequal_length_never_run_into_each_other() {
        let one = Statement::new("purpose").variable(b"ab").variable(b"c");
        let other = Statement::new("purpose").variable(b"a").variable(b"bc");
        assert_ne!(one.bytes(), other.bytes());
    }

    #[test]
    fn a_purpose_that_begins_another_gives_other_bytes() {
        let short = Statement::new("visit").fixed(b"signed");
        let long = Statement::new("visitsigned").fixed(b"");
        assert_ne!(short.bytes(), long.bytes());
    }
}
