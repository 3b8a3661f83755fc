//! Cases that users of gradient-boosting libraries reported, one file a kind. Each test is named by the report that it comes from.

mod content_types;
mod nothing_learnt;
mod target_scale;
mod trained_reading;
mod undefined_metric;
