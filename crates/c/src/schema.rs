//! What a model expects of a row, and what its outputs are. These functions cannot fail: of what there is not they return 0 or null.

use crate::memory;
use crate::model::{SapwoodModel, model_of};
use crate::status::{Failure, SapwoodStatus, guard};
use std::ffi::{CStr, CString, c_char};

/// The release of this library, such as "0.1.0".
#[unsafe(no_mangle)]
pub extern "C" fn sapwood_version() -> *const c_char {
    const VERSION: &CStr = match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
        Ok(version) => version,
        Err(_) => c"",
    };
    VERSION.as_ptr()
}

/// The number of values in a row.
///
/// # Safety
/// `model` must be null or a model that is loaded.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sapwood_num_features(model: *const SapwoodModel) -> usize {
    // SAFETY: the caller's promise.
    unsafe { model.as_ref() }.map_or(0, |model| model.names.len())
}

/// The number of margins of a row: the number of classes, targets or quantiles, else 1.
///
/// # Safety
/// `model` must be null or a model that is loaded.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sapwood_num_outputs(model: *const SapwoodModel) -> usize {
    // SAFETY: the caller's promise.
    unsafe { model.as_ref() }.map_or(0, |model| model.scorer.num_outputs())
}

/// The number of classes; 0 if the model does not tell classes apart.
///
/// # Safety
/// `model` must be null or a model that is loaded.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sapwood_num_classes(model: *const SapwoodModel) -> usize {
    // SAFETY: the caller's promise.
    unsafe { model.as_ref() }.and_then(|model| model.scorer.model().num_classes()).unwrap_or(0)
}

/// The text of a class; null where the labels of the training data were numbers. It lives as long as the model.
///
/// # Safety
/// `model` must be null or a model that is loaded.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sapwood_class_name(model: *const SapwoodModel, class_index: usize) -> *const c_char {
    // SAFETY: the caller's promise.
    pointer(unsafe { model.as_ref() }.and_then(|model| model.classes.get(class_index)))
}

/// The name of a feature, in the order of the values in a row. It lives as long as the model.
///
/// # Safety
/// `model` must be null or a model that is loaded.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sapwood_feature_name(model: *const SapwoodModel, feature: usize) -> *const c_char {
    // SAFETY: the caller's promise.
    pointer(unsafe { model.as_ref() }.and_then(|model| model.names.get(feature)))
}

/// What the values of a feature are: "numeric", "boolean" (0 and 1), "date" (days since 1970), "datetime" (microseconds since 1970) or
/// "categorical" (codes of levels).
///
/// # Safety
/// `model` must be null or a model that is loaded.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sapwood_feature_type(model: *const SapwoodModel, feature: usize) -> *const c_char {
    // SAFETY: the caller's promise.
    let feature = unsafe { model.as_ref() }.and_then(|model| model.scorer.model().schema.features.get(feature));
    let word = feature.map(|feature| match feature.kind.word() {
        "numeric" => c"numeric",
        "boolean" => c"boolean",
        "date" => c"date",
        "datetime" => c"datetime",
        _ => c"categorical",
    });
    word.map_or(std::ptr::null(), CStr::as_ptr)
}

/// The number of levels of a categorical feature; 0 for others.
///
/// # Safety
/// `model` must be null or a model that is loaded.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sapwood_num_levels(model: *const SapwoodModel, feature: usize) -> usize {
    // SAFETY: the caller's promise.
    unsafe { model.as_ref() }.and_then(|model| model.levels.get(feature)).map_or(0, Vec::len)
}

/// The text of a level of a categorical feature, by its code. It lives as long as the model.
///
/// # Safety
/// `model` must be null or a model that is loaded.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sapwood_level(model: *const SapwoodModel, feature: usize, code: usize) -> *const c_char {
    // SAFETY: the caller's promise.
    pointer(unsafe { model.as_ref() }.and_then(|model| model.levels.get(feature)).and_then(|levels| levels.get(code)))
}

/// Stores in `*code` the value that stands for the level `text` of a categorical feature. A level that the model does not know is a
/// failure; to score it nevertheless, score NaN in its place: it goes where missing values go.
///
/// # Safety
/// `model` must be null or a model that is loaded, `text` null or a text that ends with a zero byte, `code` null or a place for a double.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sapwood_level_code(
    model: *const SapwoodModel,
    feature: usize,
    text: *const c_char,
    code: *mut f64,
) -> SapwoodStatus {
    guard(|| {
        // SAFETY: the caller's promise.
        let (model, text) = unsafe { (model_of(model)?, memory::text("text", text)?) };
        if code.is_null() {
            return Err(Failure::argument("code is a null pointer; it must be a place for a double"));
        }
        let found = model.scorer.code(feature, text)?;
        // SAFETY: not null; the rest is the caller's promise.
        unsafe { code.write(found) };
        Ok(())
    })
}

fn pointer(text: Option<&CString>) -> *const c_char {
    text.map_or(std::ptr::null(), |text| text.as_ptr())
}
