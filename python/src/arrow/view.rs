//! [`View`]: consecutive values of an Arrow array.
#![expect(unsafe_code, reason = "buffers are C's; each block says what makes them valid")]

use super::abi::{Array, CArray, SchemaRef, SharedArray, damaged};
use crate::foreign::Foreign;
use sapwood::{Error, Result};
use std::ffi::c_void;
use std::sync::Arc;

/// Consecutive values of an array. As the interface tells no sizes of buffers, producers are believed that these hold as many values as the
/// array has; everything that buffers say is checked.
pub struct View<'a> {
    pub schema: SchemaRef<'a>,
    array: &'a CArray,
    /// The position of the first value in buffers.
    first: usize,
    pub len: usize,
    /// What keeps the buffers alive.
    owner: Option<&'a Arc<Array>>,
}

/// The buffer of validity, and that of values or of offsets.
const VALIDITY: usize = 0;
const VALUES: usize = 1;
const TEXTS: usize = 2;

/// All values of an array, which is a column.
///
/// # Errors
/// An array that contradicts itself.
pub fn whole<'a>(shared: &'a SharedArray, schema: SchemaRef<'a>) -> Result<View<'a>> {
    let array = shared.array();
    View::new(schema, array, 0, usize::try_from(array.length).map_err(|_| damaged("a negative length"))?, Some(shared.owner()))
}

/// The values of all columns of an array, which is a table.
///
/// # Errors
/// An array that contradicts itself or its schema, or rows that are null.
pub fn columns<'a>(shared: &'a SharedArray, schema: SchemaRef<'a>) -> Result<Vec<View<'a>>> {
    let array = shared.array();
    let schemas = schema.children()?;
    let number = |value: i64| usize::try_from(value).map_err(|_| damaged("a negative number"));
    if number(array.n_children)? != schemas.len() {
        return Err(damaged("other columns than its schema"));
    }
    if array.null_count > 0 {
        return Err(Error::data("some rows of the table are null as a whole; leave them out"));
    }
    let (offset, length) = (number(array.offset)?, number(array.length)?);
    let view = |(index, schema): (usize, &SchemaRef<'a>)| {
        let child = array.child(index).ok_or_else(|| damaged("a column that is none"))?;
        View::new(*schema, child, offset, length, Some(shared.owner()))
    };
    schemas.iter().enumerate().map(view).collect()
}

impl<'a> View<'a> {
    /// The values from `offset` on.
    ///
    /// # Errors
    /// More values than the array has.
    pub fn new(schema: SchemaRef<'a>, array: &'a CArray, offset: usize, len: usize, owner: Option<&'a Arc<Array>>) -> Result<Self> {
        let (own, length) = (usize::try_from(array.offset).ok(), usize::try_from(array.length).ok());
        let (Some(own), Some(length)) = (own, length) else { return Err(damaged("a negative length")) };
        match offset.checked_add(len).is_some_and(|end| end <= length) {
            true => Ok(Self { schema, array, first: own + offset, len, owner }),
            false => Err(damaged("a column is shorter than its table")),
        }
    }

    fn buffer(&self, index: usize) -> Result<*const c_void> {
        if index as i64 >= self.array.n_buffers || self.array.buffers.is_null() {
            return Err(damaged("a buffer is lacking"));
        }
        // SAFETY: there are as many pointers to buffers.
        Ok(unsafe { *self.array.buffers.add(index) })
    }

    /// A buffer that must be there, as there are values.
    fn present(&self, index: usize) -> Result<*const c_void> {
        let buffer = self.buffer(index)?;
        if buffer.is_null() && self.len > 0 { Err(damaged("a buffer is lacking")) } else { Ok(buffer) }
    }

    /// Whether there is a value, row by row; `None` where all rows have one.
    pub fn validity(&self) -> Result<Option<impl Fn(usize) -> bool>> {
        let bits = if self.array.null_count == 0 { std::ptr::null() } else { self.buffer(VALIDITY)?.cast::<u8>() };
        let (first, len) = (self.first, self.len);
        Ok((!bits.is_null() && len > 0).then_some(move |row: usize| {
            assert!(row < len, "callers stay within the view");
            // SAFETY: the buffer has a bit for each value up to the last of the view.
            unsafe { *bits.add((first + row) / 8) >> ((first + row) % 8) & 1 == 1 }
        }))
    }

    /// The truth values.
    pub fn bits(&self) -> Result<impl Iterator<Item = bool>> {
        let (bits, first) = (self.present(VALUES)?.cast::<u8>(), self.first);
        // SAFETY: the buffer has a bit for each value up to the last of the view.
        Ok((0..self.len).map(move |row| unsafe { *bits.add((first + row) / 8) >> ((first + row) % 8) & 1 == 1 }))
    }

    /// The values, which are of type `T`.
    pub fn values<T: Copy>(&self) -> Result<impl Iterator<Item = T>> {
        let (values, first) = (self.present(VALUES)?.cast::<T>(), self.first);
        // SAFETY: the buffer has a value for each up to the last of the view; any bits are a number.
        Ok((0..self.len).map(move |row| unsafe { values.add(first + row).read_unaligned() }))
    }

    /// The values where they lie, if all rows have one and they are aligned.
    pub fn in_place<T: Copy>(&self) -> Result<Option<Foreign<T>>> {
        let Some(owner) = self.owner.filter(|_| self.len > 0) else { return Ok(None) };
        let values = self.present(VALUES)?.cast::<T>();
        let is_whole = match self.validity()? {
            None => true,
            Some(is_valid) => (0..self.len).all(is_valid),
        };
        // SAFETY: the buffer goes as far; the owner keeps it, and it does not change.
        Ok((is_whole && values.is_aligned())
            .then(|| unsafe { Foreign::new(values.add(self.first), self.len, Arc::clone(owner) as Arc<dyn Send + Sync>) }))
    }

    /// Texts whose offsets are of type `O`.
    pub fn texts<O: Copy + TryInto<usize>>(&self) -> Result<impl Iterator<Item = Result<&'a str>>> {
        let offsets = self.present(VALUES)?.cast::<O>();
        let bytes = self.buffer(TEXTS)?.cast::<u8>();
        let first = self.first;
        // SAFETY: the buffer has one offset more than values.
        let offset = move |index: usize| unsafe { offsets.add(index).read_unaligned() }.try_into().unwrap_or(usize::MAX);
        Ok((0..self.len).map(move |row| {
            let (begin, end) = (offset(first + row), offset(first + row + 1));
            if begin > end || end == usize::MAX || (bytes.is_null() && end > begin) {
                return Err(damaged("the offsets of texts are out of order"));
            }
            if begin == end {
                return Ok("");
            }
            // SAFETY: offsets are in order, and the producer's buffer goes as far as the last one.
            utf8(unsafe { std::slice::from_raw_parts(bytes.add(begin), end - begin) })
        }))
    }

    /// Texts that are views: of up to 12 bytes in the view itself, else in one of several buffers.
    pub fn text_views(&self) -> Result<impl Iterator<Item = Result<&'a str>>> {
        const INLINE: usize = 12;
        let views = self.present(VALUES)?.cast::<[u8; 16]>();
        let count = usize::try_from(self.array.n_buffers).unwrap_or(0).saturating_sub(3);
        // The last buffer has the sizes of those between.
        let sizes = if count > 0 { self.present(TEXTS + count)?.cast::<i64>() } else { std::ptr::null() };
        let buffers = (0..count).map(|index| {
            // SAFETY: there are as many sizes.
            let size = unsafe { sizes.add(index).read_unaligned() };
            Ok((self.buffer(TEXTS + index)?.cast::<u8>(), usize::try_from(size).unwrap_or(0)))
        });
        let buffers: Vec<(*const u8, usize)> = buffers.collect::<Result<_>>()?;
        let first = self.first;
        Ok((0..self.len).map(move |row| {
            // SAFETY: the buffer has a view for each value up to the last one.
            let view: &'a [u8; 16] = unsafe { &*views.add(first + row) };
            let word = |at: usize| u32::from_le_bytes([view[at], view[at + 1], view[at + 2], view[at + 3]]) as usize;
            let length = word(0);
            if length <= INLINE {
                return utf8(&view[4..4 + length]);
            }
            let (buffer, offset) = (word(8), word(12));
            match buffers.get(buffer).filter(|(bytes, size)| !bytes.is_null() && offset + length <= *size) {
                // SAFETY: within the size that the producer tells of the buffer.
                Some((bytes, _)) => utf8(unsafe { std::slice::from_raw_parts(bytes.add(offset), length) }),
                None => Err(damaged("a text lies outside its buffer")),
            }
        }))
    }

    /// The values that positions are positions of.
    pub fn dictionary(&self) -> Result<Option<View<'a>>> {
        let Some(schema) = self.schema.dictionary() else { return Ok(None) };
        let array = self.array.dictionary().ok_or_else(|| damaged("a dictionary is lacking"))?;
        let len = usize::try_from(array.length).map_err(|_| damaged("a negative length"))?;
        View::new(schema, array, 0, len, None).map(Some)
    }
}

fn utf8(bytes: &[u8]) -> Result<&str> {
    std::str::from_utf8(bytes).map_err(|_| damaged("a text is no UTF-8"))
}
