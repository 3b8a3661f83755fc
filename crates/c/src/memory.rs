//! From C's pointers to slices and texts.

use crate::status::Failure;
use std::ffi::{CStr, c_char};

/// A slice of `length` values, which may be null if there are none.
///
/// # Safety
/// `pointer` is null, or points at `length` values that nobody writes during `'a`.
pub(crate) unsafe fn slice<'a, T>(name: &str, pointer: *const T, length: usize) -> Result<&'a [T], Failure> {
    if length == 0 {
        return Ok(&[]);
    }
    check(name, pointer, length)?;
    // SAFETY: not null, aligned, and no longer than memory can be; the rest is the caller's promise.
    Ok(unsafe { std::slice::from_raw_parts(pointer, length) })
}

/// A slice of `length` values to be written, which may be null if there are none.
///
/// # Safety
/// `pointer` is null, or points at `length` initialised values that nobody else uses during `'a`.
pub(crate) unsafe fn slice_mut<'a, T>(name: &str, pointer: *mut T, length: usize) -> Result<&'a mut [T], Failure> {
    if length == 0 {
        return Ok(&mut []);
    }
    check(name, pointer, length)?;
    // SAFETY: as in `slice`.
    Ok(unsafe { std::slice::from_raw_parts_mut(pointer, length) })
}

fn check<T>(name: &str, pointer: *const T, length: usize) -> Result<(), Failure> {
    if pointer.is_null() {
        return Err(Failure::argument(format!("{name} is a null pointer; it must point at {length} values")));
    }
    if !pointer.is_aligned() {
        return Err(Failure::argument(format!("{name} is not aligned to {} bytes", align_of::<T>())));
    }
    match length.checked_mul(size_of::<T>()) {
        Some(bytes) if isize::try_from(bytes).is_ok() => Ok(()),
        _ => Err(Failure::argument(format!("{name} cannot have {length} values: that is more than memory can hold"))),
    }
}

/// A text in UTF-8 that ends with a zero byte.
///
/// # Safety
/// `pointer` is null, or points at such a text, which nobody writes during `'a`.
pub(crate) unsafe fn text<'a>(name: &str, pointer: *const c_char) -> Result<&'a str, Failure> {
    if pointer.is_null() {
        return Err(Failure::argument(format!("{name} is a null pointer; it must point at a text")));
    }
    // SAFETY: the caller's promise.
    let text = unsafe { CStr::from_ptr(pointer) };
    text.to_str().map_err(|error| Failure::argument(format!("{name} is not UTF-8: {error}")))
}
