//! S3 in the shell commands: `s3://bucket/key` in the place of a file's path, and `s3://bucket/directory/` in that of a directory's.
//!
//! Nothing here runs, and nobody looks for credentials, unless such a URI is given. SageMaker's jobs have their data under `/opt/ml`
//! and never give one.

mod failure;
mod fetch;
mod list;
mod object;
mod store;
mod upload;
mod uri;

pub use fetch::{fetch, open};
pub use list::{exists, objects_of};
pub use object::Object;
pub use upload::{check_writable, write};
pub use uri::{Uri, refuse};
