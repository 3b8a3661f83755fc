//! Arrow's C data interface: its structs as they are defined there (https://arrow.apache.org/docs/format/CDataInterface.html), and who owns them.
#![expect(unsafe_code, reason = "the structs are C's; each block says what makes them valid")]

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyCapsuleMethods};
use sapwood::{Error, Result};
use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;
use std::sync::Arc;

/// `struct ArrowSchema`.
#[repr(C)]
pub struct CSchema {
    format: *const c_char,
    name: *const c_char,
    metadata: *const c_char,
    flags: i64,
    n_children: i64,
    children: *mut *mut CSchema,
    dictionary: *mut CSchema,
    release: Option<unsafe extern "C" fn(*mut CSchema)>,
    private_data: *mut c_void,
}

/// `struct ArrowArray`.
#[repr(C)]
pub struct CArray {
    pub length: i64,
    pub null_count: i64,
    pub offset: i64,
    pub n_buffers: i64,
    pub n_children: i64,
    pub buffers: *mut *const c_void,
    children: *mut *mut CArray,
    dictionary: *mut CArray,
    release: Option<unsafe extern "C" fn(*mut CArray)>,
    private_data: *mut c_void,
}

/// `struct ArrowArrayStream`.
#[repr(C)]
pub struct CStream {
    get_schema: Option<unsafe extern "C" fn(*mut CStream, *mut CSchema) -> c_int>,
    get_next: Option<unsafe extern "C" fn(*mut CStream, *mut CArray) -> c_int>,
    get_last_error: Option<unsafe extern "C" fn(*mut CStream) -> *const c_char>,
    release: Option<unsafe extern "C" fn(*mut CStream)>,
    private_data: *mut c_void,
}

/// A C struct that is ours to release.
trait Released: Sized {
    const CAPSULE: &'static CStr;

    /// What releases it; none where it was released before, or moved elsewhere.
    fn release(&mut self) -> &mut Option<unsafe extern "C" fn(*mut Self)>;
}

macro_rules! released {
    ($type:ty, $name:literal) => {
        impl Released for $type {
            const CAPSULE: &'static CStr = $name;

            fn release(&mut self) -> &mut Option<unsafe extern "C" fn(*mut Self)> {
                &mut self.release
            }
        }
    };
}

released!(CSchema, c"arrow_schema");
released!(CArray, c"arrow_array");
released!(CStream, c"arrow_array_stream");

/// A struct that is released when it is dropped. It is boxed, as some producers remember where it lies.
struct Owned<T: Released>(Box<T>);

impl<T: Released> Drop for Owned<T> {
    fn drop(&mut self) {
        if let Some(release) = *self.0.release() {
            // SAFETY: the producer's own function, called once, on its struct.
            unsafe { release(&raw mut *self.0) }
        }
    }
}

impl<T: Released> Owned<T> {
    /// Moves the struct out of its capsule, as the interface says consumers do.
    fn of(capsule: &Bound<'_, PyCapsule>) -> PyResult<Self> {
        let pointer = capsule.pointer_checked(Some(T::CAPSULE))?.cast::<T>().as_ptr();
        // SAFETY: a capsule of this name holds such a struct; the interpreter is held, so nobody else looks at it.
        let mut moved = Box::new(unsafe { ptr::read(pointer) });
        // SAFETY: the same; from now on it is released here alone.
        unsafe { *(*pointer).release() = None };
        match moved.release().is_some() {
            true => Ok(Self(moved)),
            false => Err(PyValueError::new_err("the Arrow data were read before; ask for them again")),
        }
    }
}

/// The type of an array.
pub struct Schema(Owned<CSchema>);

/// A schema within another.
#[derive(Clone, Copy)]
pub struct SchemaRef<'a>(&'a CSchema);

impl Schema {
    pub fn of(capsule: &Bound<'_, PyCapsule>) -> PyResult<Self> {
        Owned::of(capsule).map(Self)
    }

    pub fn top(&self) -> SchemaRef<'_> {
        SchemaRef(&self.0.0)
    }
}

fn text<'a>(pointer: *const c_char) -> Result<&'a str> {
    if pointer.is_null() {
        return Ok("");
    }
    // SAFETY: the interface has texts that end with 0, and live as long as their schema, which all callers hold.
    let text = unsafe { CStr::from_ptr(pointer) };
    text.to_str().map_err(|_| Error::schema("a name in the Arrow schema is no UTF-8"))
}

impl<'a> SchemaRef<'a> {
    /// What its values are, in the interface's letters.
    pub fn format(self) -> Result<&'a str> {
        text(self.0.format)
    }

    pub fn name(self) -> Result<String> {
        text(self.0.name).map(str::to_string)
    }

    pub fn children(self) -> Result<Vec<SchemaRef<'a>>> {
        let count = usize::try_from(self.0.n_children).map_err(|_| damaged("a negative number of children"))?;
        if count > 0 && self.0.children.is_null() {
            return Err(damaged("no children where there should be some"));
        }
        // SAFETY: the interface has as many pointers to schemas, which are released with this one.
        let child = |index| unsafe { (*self.0.children.add(index)).as_ref() };
        let children = (0..count).map(|index| child(index).map(Self).ok_or_else(|| damaged("a child that is none")));
        children.collect()
    }

    /// The type of a dictionary's values, where the array's are positions in one.
    pub fn dictionary(self) -> Option<SchemaRef<'a>> {
        // SAFETY: null, or a schema that is released with this one.
        unsafe { self.0.dictionary.as_ref() }.map(Self)
    }
}

/// An array.
pub struct Array(Owned<CArray>);

// SAFETY: producers let any thread read an array, and release it.
unsafe impl Send for Array {}
// SAFETY: the same.
unsafe impl Sync for Array {}

/// An array that views and columns share.
pub struct SharedArray(Arc<Array>);

impl Array {
    pub fn of(capsule: &Bound<'_, PyCapsule>) -> PyResult<Self> {
        Owned::of(capsule).map(Self)
    }

    pub fn shared(self) -> SharedArray {
        SharedArray(Arc::new(self))
    }
}

impl SharedArray {
    /// Who keeps its buffers.
    pub fn owner(&self) -> &Arc<Array> {
        &self.0
    }

    pub fn array(&self) -> &CArray {
        &self.0.0.0
    }
}

impl CArray {
    /// A column of a table.
    pub fn child(&self, index: usize) -> Option<&CArray> {
        if index as i64 >= self.n_children || self.children.is_null() {
            return None;
        }
        // SAFETY: the interface has as many pointers to arrays, which are released with this one.
        unsafe { (*self.children.add(index)).as_ref() }
    }

    /// What positions are positions of.
    pub fn dictionary(&self) -> Option<&CArray> {
        // SAFETY: null, or an array that is released with this one.
        unsafe { self.dictionary.as_ref() }
    }
}

/// Arrays of one type, one after the other.
pub struct Stream(Owned<CStream>);

impl Stream {
    pub fn of(capsule: &Bound<'_, PyCapsule>) -> PyResult<Self> {
        Owned::of(capsule).map(Self)
    }

    pub fn schema(&mut self) -> Result<Schema> {
        let get = self.0.0.get_schema.ok_or_else(|| damaged("no schema"))?;
        // SAFETY: a struct of zeros is one that is released.
        let mut schema = Box::new(unsafe { std::mem::zeroed::<CSchema>() });
        // SAFETY: the producer's own function, on its struct.
        let code = unsafe { get(&raw mut *self.0.0, &raw mut *schema) };
        let schema = Owned(schema);
        if code == 0 { Ok(Schema(schema)) } else { Err(self.error(code)) }
    }

    /// The next array; none at the end.
    pub fn next(&mut self) -> Result<Option<Array>> {
        let get = self.0.0.get_next.ok_or_else(|| damaged("no arrays"))?;
        // SAFETY: a struct of zeros is one that is released.
        let mut array = Box::new(unsafe { std::mem::zeroed::<CArray>() });
        // SAFETY: the producer's own function, on its struct.
        let code = unsafe { get(&raw mut *self.0.0, &raw mut *array) };
        let array = Owned(array);
        match (code, array.0.release.is_some()) {
            (0, true) => Ok(Some(Array(array))),
            (0, false) => Ok(None),
            _ => Err(self.error(code)),
        }
    }

    fn error(&mut self, code: c_int) -> Error {
        // SAFETY: the producer's own function, on its struct, after a call that failed.
        let told = self.0.0.get_last_error.map(|get| unsafe { get(&raw mut *self.0.0) });
        let told = told.and_then(|told| text(told).ok()).filter(|told| !told.is_empty());
        Error::data(format!("the Arrow data cannot be read: {}", told.map_or_else(|| format!("error {code}"), str::to_string)))
    }
}

/// The error for a struct that contradicts itself.
pub fn damaged(what: &str) -> Error {
    Error::data(format!("the Arrow data are damaged: {what}"))
}
