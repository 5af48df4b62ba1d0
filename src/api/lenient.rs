//! Reading that never fails on a value of another type than expected: such a value counts as absent.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// What can be read from whatever stands there; the default is what absence means.
pub trait Lenient<'de>: Default {
    /// Takes a text.
    fn text(_: &str) -> Self {
        Self::default()
    }

    /// Takes a boolean.
    fn flag(_: bool) -> Self {
        Self::default()
    }

    /// Takes an integer.
    fn number(_: i64) -> Self {
        Self::default()
    }

    /// Takes a list.
    fn list<A: SeqAccess<'de>>(mut list: A) -> Result<Self, A::Error> {
        skip_list(&mut list)?;
        Ok(Self::default())
    }

    /// Takes a mapping.
    fn mapping<A: MapAccess<'de>>(mut mapping: A) -> Result<Self, A::Error> {
        while mapping.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Self::default())
    }
}

impl Lenient<'_> for String {
    fn text(text: &str) -> Self {
        text.into()
    }
}

impl Lenient<'_> for bool {
    fn flag(flag: bool) -> Self {
        flag
    }
}

impl Lenient<'_> for i64 {
    fn number(number: i64) -> Self {
        number
    }
}

/// A part that is a mapping.
#[derive(Default)]
struct Part<T>(Option<T>);

impl<'de, T: Deserialize<'de>> Lenient<'de> for Part<T>
where
    Self: Default,
{
    fn mapping<A: MapAccess<'de>>(mapping: A) -> Result<Self, A::Error> {
        T::deserialize(MapAccessDeserializer::new(mapping)).map(|part| Self(Some(part)))
    }
}

impl<'de, T: Deserialize<'de> + Default> Deserialize<'de> for Part<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        lenient(deserializer)
    }
}

/// A list of mappings.
#[derive(Default)]
struct Parts<T>(Vec<T>);

impl<'de, T: Deserialize<'de> + Default> Lenient<'de> for Parts<T> {
    fn list<A: SeqAccess<'de>>(mut list: A) -> Result<Self, A::Error> {
        let mut parts = Vec::new();
        while let Some(Part(part)) = list.next_element()? {
            parts.extend(part);
        }
        // Room is made for four at once, and there is mostly one; ten thousand rows would keep all of it.
        parts.shrink_to_fit();
        Ok(Self(parts))
    }
}

/// The first element of a list of mappings.
#[derive(Default)]
struct First<T>(Option<T>);

impl<'de, T: Deserialize<'de> + Default> Lenient<'de> for First<T> {
    fn list<A: SeqAccess<'de>>(mut list: A) -> Result<Self, A::Error> {
        let first = list.next_element::<Part<T>>()?.and_then(|Part(part)| part);
        skip_list(&mut list)?;
        Ok(Self(first))
    }
}

/// Reads a text, a boolean or an integer.
pub fn lenient<'de, D: Deserializer<'de>, T: Lenient<'de>>(deserializer: D) -> Result<T, D::Error> {
    deserializer.deserialize_any(Any(PhantomData))
}

/// Reads a mapping; one that is empty where there is none.
pub fn part<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    optional_part(deserializer).map(Option::unwrap_or_default)
}

/// Reads a mapping, where there is one.
pub fn optional_part<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    lenient(deserializer).map(|Part(part)| part)
}

/// Reads a list of mappings.
pub fn parts<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    lenient(deserializer).map(|Parts(parts)| parts)
}

/// Reads the first mapping of a list, and stores nothing of the others.
pub fn first<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    lenient(deserializer).map(|First(first)| first)
}

/// Reads a list to its end, and stores nothing of it.
fn skip_list<'de, A: SeqAccess<'de>>(list: &mut A) -> Result<(), A::Error> {
    while list.next_element::<IgnoredAny>()?.is_some() {}
    Ok(())
}

/// Accepts any value, and gives it to the type that wants it.
struct Any<T>(PhantomData<T>);

impl<'de, T: Lenient<'de>> Visitor<'de> for Any<T> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any value")
    }

    fn visit_str<E>(self, text: &str) -> Result<T, E> {
        Ok(T::text(text))
    }

    fn visit_bool<E>(self, flag: bool) -> Result<T, E> {
        Ok(T::flag(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<T, E> {
        Ok(T::number(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<T, E> {
        Ok(i64::try_from(number).map_or_else(|_| T::default(), T::number))
    }

    fn visit_f64<E>(self, _: f64) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_unit<E>(self) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<T, A::Error> {
        T::list(list)
    }

    fn visit_map<A: MapAccess<'de>>(self, mapping: A) -> Result<T, A::Error> {
        T::mapping(mapping)
    }
}
