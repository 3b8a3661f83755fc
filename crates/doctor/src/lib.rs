//! What is wrong with a job, before it costs anything: a request, a manifest, or a directory laid out as `/opt/ml`. Nothing here asks a
//! network, and nothing is written.
//!
//! Text → `yaml` (values with places) → `document` (what it is) → `request` (the API's names) → `rules` → [`Finding`] → [`to_text`] or [`to_json`].
//!
//! ```
//! let findings = sapwood_doctor::check_text("job.json", r#"{"TrainingJobName": "a", "AlgorithmSpecification": {}}"#, None);
//! assert!(findings.iter().any(|finding| finding.message == "RoleArn is missing"));
//! ```

mod api;
mod config_map;
mod dialect;
mod document;
mod emit;
mod finding;
mod job_files;
mod json;
mod kubeflow;
mod metadata;
mod nearest;
mod opt_ml;
mod pod_fields;
mod pod_hosts;
mod pod_memory;
mod pods;
mod print;
mod request;
mod rules;
mod scalar;
mod settings;
mod translate;
mod variables;
mod yaml;
mod yaml_parser;

pub use document::{Need, findings as check_text};
pub use finding::{Finding, Position, Severity};
pub use opt_ml::{Checked, check as check_opt_ml};
pub use print::{to_json, to_text};
pub use settings::{json_value, yaml_value};
pub use translate::{Translation, translate};
pub use variables::{VARIABLES, misspelt as misspelt_variable};
