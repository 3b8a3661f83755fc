//! Cases that users of gradient-boosting libraries reported, one file a kind. Each test is named by the report that it comes from.

mod blank_lines;
mod content_types;
mod dates_in_text;
mod file_formats;
mod first_lines;
mod hive_directories;
mod json_rows;
mod json_types;
mod labels_and_classes;
mod misread_columns;
mod missing_markers;
mod nothing_learnt;
mod number_texts;
pub mod reading;
mod same_file_twice;
mod sparse_indices;
mod target_scale;
mod thresholds;
mod trained_reading;
mod typed_columns;
mod unclosed_quotes;
mod undefined_metric;
