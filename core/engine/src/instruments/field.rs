//! One field of a definition with its path and line, read as what it should be or refused by name.

use super::InvalidDefinition;
use super::json::{Json, Node};

pub(crate) type Result<T> = std::result::Result<T, InvalidDefinition>;

/// A value of a definition and where it stands.
#[derive(Clone)]
pub(crate) struct Field<'a> {
    path: String,
    node: &'a Node,
}

impl<'a> Field<'a> {
    pub(crate) fn root(node: &'a Node) -> Self {
        Self {
            path: String::new(),
            node,
        }
    }

    /// The refusal of this field.
    pub(crate) fn wrong(&self, reason: impl Into<String>) -> InvalidDefinition {
        InvalidDefinition {
            line: self.node.line,
            field: self.path.clone(),
            reason: reason.into(),
        }
    }

    pub(crate) fn is_text(&self) -> bool {
        matches!(self.node.value, Json::Text(_))
    }

    /// Text of 1 to `most` characters, trimmed.
    pub(crate) fn text(&self, most: usize) -> Result<String> {
        let Json::Text(text) = &self.node.value else {
            return Err(self.wrong("is not text"));
        };
        let text = text.trim();
        if text.is_empty() {
            return Err(self.wrong("is empty"));
        }
        if text.chars().nth(most).is_some() {
            return Err(self.wrong(format!("is longer than {most} characters")));
        }
        if text.contains('\0') {
            return Err(self.wrong("holds a NUL character"));
        }
        Ok(text.to_owned())
    }

    /// A code of at most `most` letters, digits, dots, hyphens and underscores.
    pub(crate) fn code(&self, most: usize) -> Result<String> {
        let code = self.text(most)?;
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
        if code.bytes().all(plain) {
            Ok(code)
        } else {
            Err(self.wrong(
                "is not a code: codes are of letters, digits, dots, hyphens and underscores",
            ))
        }
    }

    /// A LOINC code with its check digit: of a term where the prefix is empty, of an answer where it is `LA`.
    pub(crate) fn loinc(&self, prefix: &str) -> Result<String> {
        let code = self.text(20)?;
        let is_number = |number: &str| {
            (1..=8).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit())
        };
        match code.split_once('-') {
            Some((body, digit))
                if body.strip_prefix(prefix).is_some_and(is_number)
                    && check_digit(body) == digit =>
            {
                Ok(code)
            }
            _ => Err(self.wrong(format!(
                "is not a LOINC code such as {prefix}6568 with its check digit"
            ))),
        }
    }

    /// Yes or no.
    pub(crate) fn flag(&self) -> Result<bool> {
        match self.node.value {
            Json::Bool(value) => Ok(value),
            _ => Err(self.wrong("is neither true nor false")),
        }
    }

    /// A whole number within bounds.
    pub(crate) fn integer(&self, least: i64, most: i64) -> Result<i64> {
        match self.node.value {
            Json::Integer(value) if (least..=most).contains(&value) => Ok(value),
            Json::Integer(_) => Err(self.wrong(format!("is not from {least} to {most}"))),
            _ => Err(self.wrong("is not a whole number")),
        }
    }

    /// A number of at most nine digits before the point.
    pub(crate) fn number(&self) -> Result<f64> {
        let value = match self.node.value {
            Json::Integer(value) => i32::try_from(value).map_or(f64::INFINITY, f64::from),
            Json::Number(value) => value,
            _ => return Err(self.wrong("is not a number")),
        };
        if value.abs() < 1e9 {
            Ok(value)
        } else {
            Err(self.wrong("is too large a number"))
        }
    }

    /// One of a few words.
    pub(crate) fn one_of(&self, words: &[&str]) -> Result<String> {
        let word = self.text(100)?;
        if words.contains(&word.as_str()) {
            Ok(word)
        } else {
            Err(self.wrong(format!("is none of {}", words.join(", "))))
        }
    }

    /// The elements of a list of 1 to `most`.
    pub(crate) fn list(&self, most: usize) -> Result<Vec<Field<'a>>> {
        let Json::List(nodes) = &self.node.value else {
            return Err(self.wrong("is not a list"));
        };
        if nodes.is_empty() {
            return Err(self.wrong("is an empty list"));
        }
        if let Some(beyond) = nodes.get(most) {
            return Err(Self {
                path: self.path.clone(),
                node: beyond,
            }
            .wrong(format!("has more than {most} entries")));
        }
        let field = |(position, node)| Self {
            path: format!("{}[{position}]", self.path),
            node,
        };
        Ok(nodes.iter().enumerate().map(field).collect())
    }

    /// The entries of an object, whatever their keys; none twice.
    pub(crate) fn entries(&self) -> Result<Vec<(&'a str, Field<'a>)>> {
        let Json::Object(entries) = &self.node.value else {
            return Err(self.wrong("is not an object"));
        };
        let dot = if self.path.is_empty() { "" } else { "." };
        let mut fields: Vec<(&str, Field<'a>)> = Vec::new();
        for (key, node) in entries {
            let path = format!("{}{dot}{key}", self.path);
            let field = Self { path, node };
            if fields.iter().any(|(known, _)| known == key) {
                return Err(field.wrong("stands there twice"));
            }
            fields.push((key, field));
        }
        Ok(fields)
    }

    /// The entries of an object that may have some keys and no others.
    pub(crate) fn object(&self, keys: &[&str]) -> Result<Object<'a>> {
        let entries = self.entries()?;
        if let Some((_, unknown)) = entries.iter().find(|(key, _)| !keys.contains(key)) {
            return Err(unknown.wrong(format!("is unknown here; known are {}", keys.join(", "))));
        }
        Ok(Object {
            whole: self.clone(),
            entries,
        })
    }
}

/// An object of a definition.
pub(crate) struct Object<'a> {
    whole: Field<'a>,
    entries: Vec<(&'a str, Field<'a>)>,
}

impl<'a> Object<'a> {
    pub(crate) fn get(&self, key: &str) -> Option<&Field<'a>> {
        let entry = self.entries.iter().find(|(known, _)| *known == key);
        entry.map(|(_, field)| field)
    }

    /// The entry, or a refusal that names it.
    pub(crate) fn need(&self, key: &str) -> Result<&Field<'a>> {
        self.get(key).ok_or_else(|| {
            let mut missing = self.wrong("is missing");
            let dot = if missing.field.is_empty() { "" } else { "." };
            missing.field = format!("{}{dot}{key}", missing.field);
            missing
        })
    }

    /// The refusal of the object as a whole.
    pub(crate) fn wrong(&self, reason: impl Into<String>) -> InvalidDefinition {
        self.whole.wrong(reason)
    }
}

/// The mod 10 check digit: from the right, every other character counts double less 9 for each 5 in it. Letters count by their
/// place in ASCII after the digit 0. Source: LOINC Users' Guide, check digits; the letters as in the published LA codes.
fn check_digit(body: &str) -> String {
    let counts = body.bytes().rev().enumerate().map(|(position, byte)| {
        let value = u32::from(byte.saturating_sub(b'0'));
        if position % 2 == 0 {
            2 * value - value / 5 * 9
        } else {
            value
        }
    });
    ((10 - counts.sum::<u32>() % 10) % 10).to_string()
}
