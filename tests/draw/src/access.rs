//! How the parts of a value are drawn: fields, elements, variants.

use serde::de::value::{Error, StrDeserializer};
use serde::de::{
    DeserializeSeed, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess, Visitor,
};

use crate::{Drawer, same};

/// The elements of a list.
pub(crate) struct Drawn<'d, 'a> {
    pub(crate) drawer: &'d mut Drawer<'a>,
    pub(crate) left: u64,
}

impl<'de> SeqAccess<'de> for Drawn<'_, '_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        let Some(left) = self.left.checked_sub(1) else {
            return Ok(None);
        };
        self.left = left;
        seed.deserialize(&mut *self.drawer).map(Some)
    }
}

/// The fields of a struct or of a variant: all of them, or some.
pub(crate) struct Fields<'d, 'a> {
    drawer: &'d mut Drawer<'a>,
    chosen: std::vec::IntoIter<&'static str>,
    field: &'static str,
    /// Whether `id` names something new: it stands beside the id of what it belongs to.
    new_id: bool,
}

impl<'d, 'a> Fields<'d, 'a> {
    /// Where only some are drawn, it is a few, half of them, or most.
    pub(crate) fn of(
        drawer: &'d mut Drawer<'a>,
        fields: &'static [&'static str],
        some: bool,
    ) -> Self {
        let part_of = |field: &&str| !same(field, "id") && drawer.is_about(field);
        let new_id = fields.contains(&"id") && fields.iter().any(part_of);
        let eighths = drawer.pick(&[2, 4, 7]).unwrap_or_default();
        let wanted = |_: &&'static str| !some || drawer.chance.below(8) < eighths;
        let chosen: Vec<_> = fields.iter().copied().filter(wanted).collect();
        Self {
            drawer,
            chosen: chosen.into_iter(),
            field: "",
            new_id,
        }
    }
}

impl<'de> MapAccess<'de> for Fields<'_, '_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        let Some(field) = self.chosen.next() else {
            return Ok(None);
        };
        self.field = field;
        let name: StrDeserializer<'_, Error> = field.into_deserializer();
        seed.deserialize(name).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Error> {
        self.drawer.new = self.new_id && self.field == "id";
        self.drawer.names.push(self.field);
        let value = seed.deserialize(&mut *self.drawer);
        self.drawer.names.pop();
        value
    }
}

/// One variant of an enum.
pub(crate) struct Variant<'d, 'a> {
    pub(crate) drawer: &'d mut Drawer<'a>,
    pub(crate) variant: &'static str,
}

impl<'de> EnumAccess<'de> for Variant<'_, '_> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Error> {
        let name: StrDeserializer<'_, Error> = self.variant.into_deserializer();
        Ok((seed.deserialize(name)?, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_, '_> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        self.drawer.unit = self.variant;
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(self.drawer)
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(Drawn {
            drawer: self.drawer,
            left: len as u64,
        })
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.drawer.unit = "";
        visitor.visit_map(Fields::of(self.drawer, fields, false))
    }
}
