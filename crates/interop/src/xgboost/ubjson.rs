//! UBJSON as XGBoost reads and writes it: big-endian numbers, texts and keys after their lengths, arrays of numbers as `[$type#count`.
//!
//! A length is held against the bytes that are left before anything is made of it.

use super::json::{Fault, MAX_DEPTH};
use serde::de::value::BorrowedStrDeserializer;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

type Result<T> = std::result::Result<T, Fault>;

/// Bytes that are read from the front.
pub struct Ubjson<'de> {
    bytes: &'de [u8],
    at: usize,
    depth: u32,
    /// The type of the elements of the array that is being read, where it is said once for all.
    element: Option<u8>,
}

impl<'de> Ubjson<'de> {
    /// A reader of a value.
    pub fn new(bytes: &'de [u8]) -> Self {
        Self { bytes, at: 0, depth: 0, element: None }
    }

    /// Where reading has come to.
    pub fn place(&self) -> String {
        format!("byte {}", self.at)
    }

    /// Checks that nothing is left.
    ///
    /// # Errors
    /// Something is.
    pub fn end(&self) -> Result<()> {
        if self.at == self.bytes.len() { Ok(()) } else { Err(Fault("the value is followed by more".into())) }
    }

    fn peek(&mut self) -> Option<u8> {
        while self.bytes.get(self.at) == Some(&b'N') {
            self.at += 1;
        }
        self.bytes.get(self.at).copied()
    }

    fn marker(&mut self) -> Result<u8> {
        let marker = self.peek().ok_or_else(|| Fault("the file breaks off".into()))?;
        self.at += 1;
        Ok(marker)
    }

    fn take(&mut self, count: usize) -> Result<&'de [u8]> {
        let left = self.bytes.len() - self.at;
        if count > left {
            return Err(Fault(format!("{count} bytes are announced and {left} are left: the file breaks off")));
        }
        self.at += count;
        Ok(&self.bytes[self.at - count..self.at])
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let bytes = self.take(N)?;
        Ok(std::array::from_fn(|at| bytes[at]))
    }

    fn whole(&mut self, marker: u8) -> Result<i128> {
        Ok(match marker {
            b'i' => i8::from_be_bytes(self.array()?).into(),
            b'U' => u8::from_be_bytes(self.array()?).into(),
            b'I' => i16::from_be_bytes(self.array()?).into(),
            b'u' => u16::from_be_bytes(self.array()?).into(),
            b'l' => i32::from_be_bytes(self.array()?).into(),
            b'm' => u32::from_be_bytes(self.array()?).into(),
            b'L' => i64::from_be_bytes(self.array()?).into(),
            b'M' => u64::from_be_bytes(self.array()?).into(),
            other => return Err(unknown(other, "a whole number")),
        })
    }

    fn length(&mut self) -> Result<usize> {
        let marker = self.marker()?;
        let length = self.whole(marker)?;
        usize::try_from(length).map_err(|_| Fault(format!("{length} is no length")))
    }

    fn text(&mut self) -> Result<&'de str> {
        let length = self.length()?;
        std::str::from_utf8(self.take(length)?).map_err(|error| Fault(format!("a text that is not UTF-8: {error}")))
    }

    fn value<V: Visitor<'de>>(&mut self, marker: u8, visitor: V) -> Result<V::Value> {
        match marker {
            b'Z' => visitor.visit_unit(),
            b'T' => visitor.visit_bool(true),
            b'F' => visitor.visit_bool(false),
            b'd' => visitor.visit_f32(f32::from_be_bytes(self.array()?)),
            b'D' => visitor.visit_f64(f64::from_be_bytes(self.array()?)),
            b'M' => visitor.visit_u64(u64::from_be_bytes(self.array()?)),
            b'S' => visitor.visit_borrowed_str(self.text()?),
            b'C' => visitor.visit_char(char::from(self.array::<1>()?[0])),
            b'[' => self.nested(|reader| {
                let items = Items::of_array(reader)?;
                visitor.visit_seq(items)
            }),
            b'{' => self.nested(|reader| {
                let items = Items::of_object(reader)?;
                visitor.visit_map(items)
            }),
            other => {
                let number = self.whole(other)?;
                visitor.visit_i64(i64::try_from(number).map_err(|_| Fault(format!("{number} is too large")))?)
            }
        }
    }

    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.depth == MAX_DEPTH {
            return Err(Fault(format!("values lie more than {MAX_DEPTH} deep in each other")));
        }
        self.depth += 1;
        let element = self.element.take();
        let value = read(self)?;
        self.element = element;
        self.depth -= 1;
        Ok(value)
    }
}

fn unknown(marker: u8, wanted: &str) -> Fault {
    Fault(format!("byte {marker:#04x} in place of {wanted}"))
}

/// The bytes that a number of this type takes.
fn size_of_number(marker: u8) -> Option<usize> {
    match marker {
        b'i' | b'U' => Some(1),
        b'I' | b'u' => Some(2),
        b'l' | b'm' | b'd' => Some(4),
        b'L' | b'M' | b'D' => Some(8),
        _ => None,
    }
}

impl<'de> Deserializer<'de> for &mut Ubjson<'de> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        let marker = match self.element {
            Some(element) => element,
            None => self.marker()?,
        };
        self.value(marker, visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        if self.element.is_none() && self.peek() == Some(b'Z') {
            self.at += 1;
            return visitor.visit_none();
        }
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map
        struct enum identifier ignored_any
    }
}

/// The items of an array or object.
struct Items<'a, 'de> {
    reader: &'a mut Ubjson<'de>,
    /// How many are left, where their number is said; else they end with a mark.
    left: Option<usize>,
    end: u8,
}

impl<'a, 'de> Items<'a, 'de> {
    fn of_array(reader: &'a mut Ubjson<'de>) -> Result<Self> {
        if reader.peek() == Some(b'$') {
            reader.at += 1;
            let element = reader.marker()?;
            let size = size_of_number(element).ok_or_else(|| unknown(element, "a type of numbers"))?;
            match reader.marker()? {
                b'#' => {}
                other => return Err(unknown(other, "a number of elements")),
            }
            let count = reader.length()?;
            let left = reader.bytes.len() - reader.at;
            if count > left / size {
                return Err(Fault(format!("{count} numbers are announced and {left} bytes are left: the file breaks off")));
            }
            reader.element = Some(element);
            return Ok(Self { reader, left: Some(count), end: b']' });
        }
        let left = reader.count()?;
        Ok(Self { reader, left, end: b']' })
    }

    fn of_object(reader: &'a mut Ubjson<'de>) -> Result<Self> {
        let left = reader.count()?;
        Ok(Self { reader, left, end: b'}' })
    }

    /// Whether there is another item.
    fn advance(&mut self) -> Result<bool> {
        if let Some(left) = &mut self.left {
            let more = left.checked_sub(1);
            *left = more.unwrap_or(0);
            return Ok(more.is_some());
        }
        match self.reader.peek() {
            None => Err(Fault("the file breaks off".into())),
            Some(found) if found == self.end => {
                self.reader.at += 1;
                Ok(false)
            }
            Some(_) => Ok(true),
        }
    }
}

impl Ubjson<'_> {
    /// The number of items, if it is said. Each takes a byte at least.
    fn count(&mut self) -> Result<Option<usize>> {
        if self.peek() != Some(b'#') {
            return Ok(None);
        }
        self.at += 1;
        let (count, left) = (self.length()?, self.bytes.len() - self.at);
        if count > left {
            return Err(Fault(format!("{count} values are announced and {left} bytes are left: the file breaks off")));
        }
        Ok(Some(count))
    }
}

impl<'de> SeqAccess<'de> for Items<'_, 'de> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>> {
        if self.advance()? { seed.deserialize(&mut *self.reader).map(Some) } else { Ok(None) }
    }

    fn size_hint(&self) -> Option<usize> {
        self.left
    }
}

impl<'de> MapAccess<'de> for Items<'_, 'de> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>> {
        if !self.advance()? {
            return Ok(None);
        }
        let key = self.reader.text()?;
        seed.deserialize(BorrowedStrDeserializer::new(key)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value> {
        seed.deserialize(&mut *self.reader)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use serde::de::IgnoredAny;
    use std::collections::BTreeMap;

    fn read<'de, T: Deserialize<'de>>(bytes: &'de [u8]) -> Result<T> {
        let mut reader = Ubjson::new(bytes);
        let value = T::deserialize(&mut reader)?;
        reader.end()?;
        Ok(value)
    }

    #[test]
    fn arrays_are_read_in_every_form() {
        assert_eq!(read::<Vec<i32>>(b"[$l#L\0\0\0\0\0\0\0\x02\0\0\0\x07\xff\xff\xff\xff").unwrap(), [7, -1]);
        assert_eq!(read::<Vec<f32>>(b"[$d#i\x01\x3f\x80\0\0").unwrap(), [1.0]);
        assert_eq!(read::<Vec<u8>>(b"[#i\x02U\x05i\x06").unwrap(), [5, 6]);
        assert_eq!(read::<Vec<i64>>(b"[NI\x01\x00L\0\0\0\0\0\0\0\x01]").unwrap(), [256, 1]);
        assert_eq!(read::<Vec<Vec<u8>>>(b"[[$U#i\x01\x09[]]").unwrap(), [vec![9], vec![]]);
        assert_eq!(read::<Vec<bool>>(b"[TF]").unwrap(), [true, false]);
    }

    #[test]
    fn objects_are_read_in_every_form() {
        let map = BTreeMap::from([("ab".to_string(), "é".to_string())]);
        assert_eq!(read::<BTreeMap<String, String>>(b"{i\x02abSi\x02\xc3\xa9}").unwrap(), map);
        assert_eq!(read::<BTreeMap<String, String>>(b"{#i\x01L\0\0\0\0\0\0\0\x02abSU\x02\xc3\xa9").unwrap(), map);
    }

    #[test]
    fn lengths_are_not_believed() {
        for bytes in [
            &b"[$d#L\x7f\xff\xff\xff\xff\xff\xff\xff"[..],
            b"[$d#L\xff\xff\xff\xff\xff\xff\xff\xff",
            b"[$Z#L\x7f\xff\xff\xff\xff\xff\xff\xff",
            b"[#L\x7f\xff\xff\xff\xff\xff\xff\xff",
            b"{#L\x7f\xff\xff\xff\xff\xff\xff\xff",
            b"SL\x7f\xff\xff\xff\xff\xff\xff\xff",
            b"{L\x7f\xff\xff\xff\xff\xff\xff\xff",
            b"[$d#i\x02\0\0\0\0\0\0\0",
            b"[",
            b"[$",
            b"{i\x01a",
            b"Si\x01\xff",
            b"x",
            b"TT",
            b"",
        ] {
            assert!(read::<IgnoredAny>(bytes).is_err(), "{bytes:?}");
        }
        assert!(read::<IgnoredAny>(&[b'['; 100_000]).unwrap_err().0.contains("64 deep"));
    }
}
