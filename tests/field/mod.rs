//! Cases that users of gradient-boosting libraries reported, one file a kind. Each test is named by the report that it comes from.

mod blank_lines;
mod content_types;
mod file_formats;
mod first_lines;
mod json_rows;
mod nothing_learnt;
mod number_texts;
mod same_file_twice;
mod sparse_indices;
mod target_scale;
mod trained_reading;
mod undefined_metric;
