//! Loading models and letting them go.

use crate::memory;
use crate::status::{Failure, SapwoodStatus, guard};
use sapwood_score::{Error, FeatureKind, Model, Scorer};
use std::ffi::{CString, c_char};
use std::fs::File;

/// A model, ready for scoring. Nothing changes it, so that any number of threads may use it at once.
pub struct SapwoodModel {
    pub(crate) scorer: Scorer,
    pub(crate) names: Vec<CString>,
    /// The levels of each feature; none of those that are not categorical.
    pub(crate) levels: Vec<Vec<CString>>,
    /// The texts of the classes; none where classes are numbers.
    pub(crate) classes: Vec<CString>,
}

impl SapwoodModel {
    fn new(model: Model) -> Result<Self, Failure> {
        let features = &model.schema.features;
        let names = features.iter().map(|feature| c_text("feature name", &feature.name)).collect::<Result<_, _>>()?;
        let levels = features.iter().map(|feature| match &feature.kind {
            FeatureKind::Categorical { levels } => c_texts("level", levels),
            _ => Ok(Vec::new()),
        });
        let levels = levels.collect::<Result<_, _>>()?;
        let classes = c_texts("class", model.classes.as_deref().unwrap_or_default())?;
        Ok(Self { scorer: Scorer::new(model)?, names, levels, classes })
    }
}

fn c_texts(what: &str, texts: &[String]) -> Result<Vec<CString>, Failure> {
    texts.iter().map(|text| c_text(what, text)).collect()
}

fn c_text(what: &str, text: &str) -> Result<CString, Failure> {
    CString::new(text).map_err(|_| {
        Failure::from(Error::Inconsistent(format!("its {what} {text:?} contains a zero byte, which texts in C cannot; rename it")))
    })
}

/// Loads the model file at `path`, Sapwood's, XGBoost's (JSON, UBJSON), LightGBM's (text) or in ONNX, and stores it in `*model`, which `sapwood_free` lets go. `*model` is set to null on failure.
///
/// # Safety
/// `path` must be null or a text that ends with a zero byte, `model` null or a place for a pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sapwood_load_file(path: *const c_char, model: *mut *mut SapwoodModel) -> SapwoodStatus {
    guard(|| {
        // SAFETY: the caller's promise.
        unsafe { store(model, || read_file(memory::text("path", path)?)) }
    })
}

fn read_file(path: &str) -> Result<Model, Failure> {
    let file = File::open(path).map_err(|source| Error::Io { path: path.to_string(), source })?;
    sapwood_interop::read_from(path, file).map_err(|error| {
        let Failure { status, text } = error.into();
        Failure { status, text: if status == SapwoodStatus::Io { text } else { format!("{path}: {text}") } }
    })
}

/// Loads a model from the `length` bytes of a model file at `bytes` and stores it in `*model`, which `sapwood_free` lets go. The bytes are
/// no longer needed afterwards. `*model` is set to null on failure.
///
/// # Safety
/// `bytes` must be null or point at `length` bytes, `model` must be null or a place for a pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sapwood_load_memory(bytes: *const u8, length: usize, model: *mut *mut SapwoodModel) -> SapwoodStatus {
    guard(|| {
        // SAFETY: the caller's promise.
        unsafe { store(model, || Ok(sapwood_interop::read(memory::slice("bytes", bytes, length)?)?)) }
    })
}

/// Stores the model that `load` gives in `*place`; null if it fails.
///
/// # Safety
/// `place` is null or a place for a pointer.
unsafe fn store(place: *mut *mut SapwoodModel, load: impl FnOnce() -> Result<Model, Failure>) -> Result<(), Failure> {
    if place.is_null() {
        return Err(Failure::argument("model is a null pointer; it must be a place for the model"));
    }
    // SAFETY: not null; the rest is the caller's promise. `write` drops nothing, so that the place may be uninitialised.
    unsafe { place.write(std::ptr::null_mut()) };
    let model = Box::new(SapwoodModel::new(load()?)?);
    // SAFETY: as above.
    unsafe { place.write(Box::into_raw(model)) };
    Ok(())
}

/// Lets a model go. Null is allowed.
///
/// # Safety
/// `model` must come from a function that loads, must not have been let go, and no other thread may be using it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sapwood_free(model: *mut SapwoodModel) {
    if !model.is_null() {
        // SAFETY: the pointer comes from `Box::into_raw`, once.
        drop(unsafe { Box::from_raw(model) });
    }
}

/// The model behind a pointer.
///
/// # Safety
/// `model` is null or a model that is not let go during `'a`.
pub(crate) unsafe fn model_of<'a>(model: *const SapwoodModel) -> Result<&'a SapwoodModel, Failure> {
    // SAFETY: the caller's promise.
    unsafe { model.as_ref() }.ok_or_else(|| Failure::argument("model is a null pointer; load a model first"))
}
