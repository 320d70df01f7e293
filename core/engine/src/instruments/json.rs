//! JSON with the line on which everything stands, so that a refusal can say where. `serde_json` reads it; this only notes where it is.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::io;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::InvalidDefinition;

/// A value and the line it begins on, from 1. An entry of an object has the line of its key.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) line: u32,
    pub(crate) value: Json,
}

#[derive(Debug)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    Integer(i64),
    Number(f64),
    Text(String),
    List(Vec<Node>),
    Object(Vec<(String, Node)>),
}

/// Reads one JSON value.
pub(crate) fn read(text: &str) -> Result<Node, InvalidDefinition> {
    let place = Place {
        line: Cell::new(1),
        path: RefCell::default(),
    };
    let lines = Lines {
        rest: text.as_bytes(),
        line: &place.line,
    };
    let mut reader = serde_json::Deserializer::from_reader(lines);
    let node = (&place).deserialize(&mut reader);
    node.and_then(|node| reader.end().map(|()| node))
        .map_err(|error| InvalidDefinition {
            line: u32::try_from(error.line()).unwrap_or(u32::MAX),
            field: place.path.borrow().concat(),
            reason: match error.classify() {
                serde_json::error::Category::Eof => "ends too early".to_owned(),
                _ => format!("is not JSON at column {}", error.column()),
            },
        })
}

/// Where reading stands: the line, and the keys and positions that lead there.
struct Place {
    line: Cell<u32>,
    path: RefCell<Vec<String>>,
}

impl Place {
    /// Reads what stands under a key or position. When that fails, the path stays where it failed.
    fn within<T, E>(&self, part: String, read: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        self.path.borrow_mut().push(part);
        let value = read()?;
        self.path.borrow_mut().pop();
        Ok(value)
    }
}

/// Gives one byte at a time and counts lines, so that the count is right whenever a value begins.
struct Lines<'a> {
    rest: &'a [u8],
    line: &'a Cell<u32>,
}

impl io::Read for Lines<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let (Some((byte, rest)), Some(first)) = (self.rest.split_first(), buffer.first_mut())
        else {
            return Ok(0);
        };
        if *byte == b'\n' {
            self.line.set(self.line.get().saturating_add(1));
        }
        *first = *byte;
        self.rest = rest;
        Ok(1)
    }
}

impl<'de> DeserializeSeed<'de> for &Place {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        let line = self.line.get();
        let value = deserializer.deserialize_any(self)?;
        Ok(Node { line, value })
    }
}

/// A key and the line it stands on.
struct Key<'a>(&'a Place);

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = (u32, String);

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        let line = self.0.line.get();
        serde::Deserialize::deserialize(deserializer).map(|key| (line, key))
    }
}

impl<'de> Visitor<'de> for &Place {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Integer(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(i64::try_from(value).map_or(Json::Number(f64::INFINITY), Json::Integer))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(Json::Number(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Json, A::Error> {
        let mut nodes = Vec::new();
        loop {
            let part = format!("[{}]", nodes.len());
            match self.within(part, || seq.next_element_seed(self))? {
                Some(node) => nodes.push(node),
                None => return Ok(Json::List(nodes)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut fields = Vec::new();
        while let Some((line, key)) = map.next_key_seed(Key(self))? {
            let dot = if self.path.borrow().is_empty() {
                ""
            } else {
                "."
            };
            let node = self.within(format!("{dot}{key}"), || map.next_value_seed(self))?;
            let value = node.value;
            fields.push((key, Node { line, value }));
        }
        Ok(Json::Object(fields))
    }
}
