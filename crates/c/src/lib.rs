//! The C interface of the scoring library: load a model, ask for its schema, score rows. The header `include/sapwood.h` is made from this
//! package.
//!
//! Every function may be called from several threads at once, on the same model, too. A function that can fail returns a
//! [`SapwoodStatus`]; [`sapwood_error`] tells what was wrong in the last call that failed on the calling thread. No panic crosses the border.
#![expect(unsafe_code, reason = "C hands over pointers")]

mod memory;
mod model;
mod predict;
mod schema;
mod status;

pub use model::{SapwoodModel, sapwood_free, sapwood_load_file, sapwood_load_memory};
pub use predict::{
    SapwoodOutput, sapwood_columns, sapwood_predict, sapwood_predict_csr, sapwood_predict_float, sapwood_requires_base_margin,
};
pub use schema::{
    sapwood_class_name, sapwood_feature_name, sapwood_feature_type, sapwood_level, sapwood_level_code, sapwood_num_classes,
    sapwood_num_features, sapwood_num_levels, sapwood_num_outputs, sapwood_version,
};
pub use status::{SapwoodStatus, sapwood_error};
