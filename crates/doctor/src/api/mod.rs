//! The requests of SageMaker's API: which fields there are, what they take, and which of them the two operators' resources have.
//!
//! Facts read off the API's own model (`sagemaker/2017-07-24`) and the CustomResourceDefinitions that the operators' projects publish:
//! aws-controllers-k8s/sagemaker-controller (config/crd/bases, commits 0d5cbbad and 041fdbf5) and aws/amazon-sagemaker-operator-for-k8s
//! (config/crd/bases, commit 0f5ab1e9).
//! Instance types, of which there are new ones every month, are left to [`crate::rules`].

mod debugging;
mod hosting;
mod shape;
mod training;
mod tuning;

pub use hosting::{CREATE_ENDPOINT_CONFIG_INPUT, CREATE_ENDPOINT_INPUT, CREATE_MODEL_INPUT, CREATE_TRANSFORM_JOB_REQUEST};
pub use shape::{Field, Shape, Structure};
pub use training::CREATE_TRAINING_JOB_REQUEST;
pub use tuning::CREATE_HYPER_PARAMETER_TUNING_JOB_REQUEST;
