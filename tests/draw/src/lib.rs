//! Draws values of any type that serde can read: what a type can hold follows from its own declaration, so a new edit, field or
//! code is drawn from the day it is there, and no list of generators has to be kept.
//!
//! What a declaration does not say comes from the names of fields: a `zone` is a time zone, a `phone` holds digits, and an id
//! is mostly one of a thing that exists and fits. Whether what was drawn is allowed is for the record to say.

mod access;
mod words;

use serde::de::value::Error;
use serde::de::{DeserializeOwned, Expected, Visitor};
use serde::{Deserializer, forward_to_deserialize_any};

use access::{Drawn, Fields};

/// Where chance and ids come from.
pub trait Chance {
    /// A number below `bound`, which is at least 1.
    fn below(&mut self, bound: u64) -> u64;
    /// An id that nothing bears yet.
    fn new_id(&mut self) -> [u8; 16];
}

/// Something that exists: the name of its kind, and its id.
pub type Known = (String, [u8; 16]);

/// Draws a value. `known` is what its ids may name.
///
/// # Panics
/// Where a type asks for something that no edit has held so far.
pub fn draw<T: DeserializeOwned>(chance: &mut dyn Chance, known: &[Known]) -> T {
    let mut drawer = Drawer {
        chance,
        known,
        names: Vec::new(),
        unit: "",
        new: false,
    };
    T::deserialize(&mut drawer).expect("what is drawn follows the type's own declaration")
}

/// The state of one drawing.
struct Drawer<'a> {
    chance: &'a mut dyn Chance,
    known: &'a [Known],
    /// The variants and fields around what is drawn now, outermost first.
    names: Vec<&'static str>,
    /// The unit variant drawn last: the kind that an id beside it is of.
    unit: &'static str,
    /// Whether the id that is drawn now names something new.
    new: bool,
}

impl Drawer<'_> {
    fn coin(&mut self) -> bool {
        self.chance.below(2) == 0
    }

    fn pick<T: Copy>(&mut self, things: &[T]) -> Option<T> {
        let place = self.chance.below(things.len().max(1) as u64);
        things.get(usize::try_from(place).ok()?).copied()
    }

    fn field(&self) -> &'static str {
        self.names.last().copied().unwrap_or_default()
    }

    fn is_about(&self, name: &str) -> bool {
        self.names.iter().any(|around| same(around, name))
    }

    /// Mostly the id of something that fits the names around: the field's own, the kind beside it, or the edit's.
    fn id(&mut self) -> [u8; 16] {
        if self.new || self.chance.below(4) == 0 {
            return self.chance.new_id();
        }
        let hints = [self.field(), self.unit]
            .into_iter()
            .chain(self.names.iter().copied());
        let fitting = hints
            .map(|hint| self.of_kind(hint))
            .find(|ids| !ids.is_empty());
        let found = fitting.and_then(|ids| self.pick(&ids));
        found.unwrap_or_else(|| self.chance.new_id())
    }

    fn of_kind(&self, hint: &str) -> Vec<[u8; 16]> {
        let ids = |fits: fn(&str, &str) -> bool| {
            let fitting = self.known.iter().filter(|(kind, _)| fits(kind, hint));
            fitting.map(|(_, id)| *id).collect::<Vec<_>>()
        };
        match ids(same) {
            exact if exact.is_empty() && !hint.is_empty() => ids(begins),
            exact => exact,
        }
    }
}

/// Whether two names say the same, in whatever case.
fn same(one: &str, other: &str) -> bool {
    plain(one) == plain(other)
}

fn begins(kind: &str, hint: &str) -> bool {
    hint.len() > 3 && plain(kind).starts_with(&plain(hint))
}

fn plain(name: &str) -> String {
    name.replace('_', "").to_lowercase()
}

macro_rules! drawn_numbers {
    ($($method:ident $visit:ident $number:ty),* $(,)?) => { $(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            let bound = words::bound(self.field());
            let number = <$number>::try_from(self.chance.below(bound)).unwrap_or_default();
            visitor.$visit(words::raised(self.field(), number))
        }
    )* };
}

impl<'de> Deserializer<'de> for &mut Drawer<'_> {
    type Error = Error;

    fn is_human_readable(&self) -> bool {
        // Ids then ask for bytes rather than for text, which tells them from words.
        false
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        Err(serde::de::Error::custom(format!(
            "asks for {}",
            &visitor as &dyn Expected
        )))
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_bool(self.coin())
    }

    drawn_numbers! {
        deserialize_i64 visit_i64 i64,
        deserialize_u32 visit_u32 u32,
        deserialize_u64 visit_u64 u64,
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let quarters = u32::try_from(self.chance.below(360)).unwrap_or_default();
        visitor.visit_f64(f64::from(quarters) / 4.0)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_string(visitor)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let wanted = (&visitor as &dyn Expected).to_string();
        visitor.visit_str(&words::text(self, &wanted))
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_bytes(&self.id())
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.chance.below(4) == 0 {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let length = if self.field() == "clear" {
            u64::from(self.chance.below(8) == 0)
        } else {
            self.chance.below(3)
        };
        visitor.visit_seq(Drawn {
            drawer: self,
            left: length,
        })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let thin = name.ends_with("Update");
        visitor.visit_map(Fields::of(self, fields, thin))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let variant = self.pick(variants).unwrap_or_default();
        self.names.push(variant);
        let value = visitor.visit_enum(access::Variant {
            drawer: &mut *self,
            variant,
        });
        self.names.pop();
        value
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i128 u8 u16 u128 f32 char byte_buf unit unit_struct tuple tuple_struct map identifier ignored_any
    }
}
