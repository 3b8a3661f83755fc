//! Protobuf's wire format: a message is a sequence of fields, a tag and a value each. Nothing is copied, and no length is believed.

/// What is wrong with a message, in a few words.
pub(super) type Malformed = &'static str;

const CUT: Malformed = "a field ends beyond its message";
const LONG_NUMBER: Malformed = "a number of more than 64 bits";
const NO_FIELD: Malformed = "a tag without a field number";
const NO_WIRE_TYPE: Malformed = "a tag of an unknown type";
const OTHER_TYPE: Malformed = "a field of another type than its number has";
const NO_TEXT: Malformed = "a name that is not UTF-8";

/// The value of a field, as far as the wire tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content<'a> {
    Varint(u64),
    Fixed64([u8; 8]),
    Fixed32([u8; 4]),
    /// A text, a message, or a packed list.
    Bytes(&'a [u8]),
}

impl<'a> Content<'a> {
    pub fn bytes(self) -> Result<&'a [u8], Malformed> {
        match self {
            Self::Bytes(bytes) => Ok(bytes),
            _ => Err(OTHER_TYPE),
        }
    }

    pub fn text(self) -> Result<&'a str, Malformed> {
        std::str::from_utf8(self.bytes()?).map_err(|_| NO_TEXT)
    }

    /// Appends one integer, or a packed list of them.
    pub fn integers<T>(self, of: impl Fn(u64) -> T, out: &mut Vec<T>) -> Result<(), Malformed> {
        match self {
            Self::Varint(number) => out.push(of(number)),
            Self::Bytes(mut bytes) => {
                while !bytes.is_empty() {
                    out.push(of(varint(&mut bytes)?));
                }
            }
            _ => return Err(OTHER_TYPE),
        }
        Ok(())
    }

    /// Appends one number in single precision, or a packed list of them.
    pub fn floats(self, out: &mut Vec<f64>) -> Result<(), Malformed> {
        let number = |bytes| f64::from(f32::from_le_bytes(bytes));
        match self {
            Self::Fixed32(bytes) => out.push(number(bytes)),
            Self::Bytes(bytes) => out.extend(whole(bytes)?.iter().map(|&bytes| number(bytes))),
            _ => return Err(OTHER_TYPE),
        }
        Ok(())
    }

    /// Appends one number in double precision, or a packed list of them.
    pub fn doubles(self, out: &mut Vec<f64>) -> Result<(), Malformed> {
        match self {
            Self::Fixed64(bytes) => out.push(f64::from_le_bytes(bytes)),
            Self::Bytes(bytes) => out.extend(whole(bytes)?.iter().map(|&bytes| f64::from_le_bytes(bytes))),
            _ => return Err(OTHER_TYPE),
        }
        Ok(())
    }
}

/// A packed list of numbers of `N` bytes.
fn whole<const N: usize>(bytes: &[u8]) -> Result<&[[u8; N]], Malformed> {
    match bytes.as_chunks() {
        (numbers, []) => Ok(numbers),
        _ => Err(CUT),
    }
}

/// The fields of a message with their numbers; after a fault there is nothing more.
pub(super) struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    pub fn new(message: &'a [u8]) -> Self {
        Self(message)
    }

    fn read(&mut self) -> Result<(u32, Content<'a>), Malformed> {
        let rest = &mut self.0;
        let tag = u32::try_from(varint(rest)?).map_err(|_| NO_FIELD)?;
        let content = match tag & 7 {
            0 => Content::Varint(varint(rest)?),
            1 => Content::Fixed64(*rest.split_off(..8).and_then(<[u8]>::first_chunk).ok_or(CUT)?),
            2 => {
                let length = usize::try_from(varint(rest)?).map_err(|_| CUT)?;
                Content::Bytes(rest.split_off(..length).ok_or(CUT)?)
            }
            5 => Content::Fixed32(*rest.split_off(..4).and_then(<[u8]>::first_chunk).ok_or(CUT)?),
            // Groups (3 and 4) have been out of use since before these records were thought of.
            _ => return Err(NO_WIRE_TYPE),
        };
        match tag >> 3 {
            0 => Err(NO_FIELD),
            number => Ok((number, content)),
        }
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u32, Content<'a>), Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.read();
        if field.is_err() {
            self.0 = &[];
        }
        Some(field)
    }
}

/// Takes an integer off: seven bits a byte, the lowest first; the eighth bit says that there are more.
fn varint(bytes: &mut &[u8]) -> Result<u64, Malformed> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let &byte = bytes.split_off_first().ok_or(CUT)?;
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            // The tenth byte has room for one bit.
            return if shift == 63 && byte > 1 { Err(LONG_NUMBER) } else { Ok(number) };
        }
    }
    Err(LONG_NUMBER)
}

pub(super) fn push_varint(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Appends a field with a length: a text, a message, or a packed list.
pub(super) fn push_bytes(field: u32, content: &[u8], out: &mut Vec<u8>) {
    push_varint(u64::from(field << 3 | 2), out);
    push_varint(content.len() as u64, out);
    out.extend_from_slice(content);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fields(bytes: &[u8]) -> Result<Vec<(u32, Content<'_>)>, Malformed> {
        Fields::new(bytes).collect()
    }

    fn number(bytes: &[u8]) -> Result<(u64, usize), Malformed> {
        let mut rest = bytes;
        varint(&mut rest).map(|number| (number, rest.len()))
    }

    #[test]
    fn each_type_of_field_is_read() {
        let bytes =
            [&[0x08, 0x96, 0x01, 0x11][..], &1f64.to_le_bytes(), &[0x1a, 2, b'h', b'i', 0x25], &2f32.to_le_bytes()].concat();
        let expected = [
            (1, Content::Varint(150)),
            (2, Content::Fixed64(1f64.to_le_bytes())),
            (3, Content::Bytes(b"hi")),
            (4, Content::Fixed32(2f32.to_le_bytes())),
        ];
        assert_eq!(fields(&bytes), Ok(expected.to_vec()));
        assert_eq!(fields(&[]), Ok(Vec::new()));
    }

    #[test]
    fn integers_have_at_most_64_bits() {
        assert_eq!(number(&[0x7f, 9]), Ok((127, 1)));
        assert_eq!(number(&[0x80, 0x00]), Ok((0, 0)));
        assert_eq!(number(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]), Ok((u64::MAX, 0)));
        assert_eq!(number(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02]), Err(LONG_NUMBER));
        assert_eq!(number(&[0x80; 11]), Err(LONG_NUMBER));
        assert_eq!(number(&[0x80; 9]), Err(CUT));
        assert_eq!(number(&[]), Err(CUT));
    }

    #[test]
    fn what_is_wrong_is_said() {
        let cases: [(&[u8], Malformed); 9] = [
            (&[0x0a, 3, 1, 2], CUT),
            (&[0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], CUT),
            (&[0x0d, 1, 2, 3], CUT),
            (&[0x09, 1, 2, 3, 4, 5, 6, 7], CUT),
            (&[0x08], CUT),
            (&[0x02, 0], NO_FIELD),
            (&[0x88, 0x80, 0x80, 0x80, 0x10, 0], NO_FIELD),
            (&[0x0b, 0x0c], NO_WIRE_TYPE),
            (&[0x0f], NO_WIRE_TYPE),
        ];
        for (bytes, what) in cases {
            assert_eq!(fields(bytes), Err(what), "{bytes:?}");
        }
    }

    #[test]
    fn lists_are_packed_or_not() {
        let (mut numbers, mut integers) = (Vec::new(), Vec::new());
        let packed = [1f32.to_le_bytes(), 2f32.to_le_bytes()].concat();
        assert_eq!(Content::Bytes(&packed).floats(&mut numbers), Ok(()));
        assert_eq!(Content::Fixed32(3f32.to_le_bytes()).floats(&mut numbers), Ok(()));
        assert_eq!(Content::Bytes(&4f64.to_le_bytes()).doubles(&mut numbers), Ok(()));
        assert_eq!(Content::Fixed64(5f64.to_le_bytes()).doubles(&mut numbers), Ok(()));
        assert_eq!(numbers, [1.0, 2.0, 3.0, 4.0, 5.0]);
        assert_eq!(Content::Bytes(&[1, 0x80, 1]).integers(|n| n, &mut integers), Ok(()));
        assert_eq!(Content::Varint(7).integers(|n| n, &mut integers), Ok(()));
        assert_eq!(integers, [1, 128, 7]);

        assert_eq!(Content::Bytes(&packed[1..]).floats(&mut numbers), Err(CUT));
        assert_eq!(Content::Bytes(&packed[..4]).doubles(&mut numbers), Err(CUT));
        assert_eq!(Content::Bytes(&[0x80]).integers(|n| n, &mut integers), Err(CUT));
        assert_eq!(Content::Varint(1).floats(&mut numbers), Err(OTHER_TYPE));
        assert_eq!(Content::Fixed32([0; 4]).doubles(&mut numbers), Err(OTHER_TYPE));
        assert_eq!(Content::Fixed64([0; 8]).integers(|n| n, &mut integers), Err(OTHER_TYPE));
        assert_eq!(Content::Bytes(&[0xff]).text(), Err(NO_TEXT));
        assert_eq!(Content::Varint(1).bytes(), Err(OTHER_TYPE));
    }

    proptest! {
        #[test]
        fn fields_come_back(content in prop::collection::vec((1u32..1 << 29, prop::collection::vec(any::<u8>(), 0..200)), 0..8)) {
            let mut bytes = Vec::new();
            content.iter().for_each(|(field, content)| push_bytes(*field, content, &mut bytes));
            let expected: Vec<_> = content.iter().map(|(field, content)| (*field, Content::Bytes(content))).collect();
            prop_assert_eq!(fields(&bytes), Ok(expected));
        }

        #[test]
        fn integers_come_back(expected in any::<u64>(), bits in 0u32..64) {
            let mut bytes = Vec::new();
            push_varint(expected >> bits, &mut bytes);
            prop_assert_eq!(number(&bytes), Ok((expected >> bits, 0)));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let _ = fields(&bytes);
        }
    }
}
