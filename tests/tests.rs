//! Integration tests: the library's and the executable's, as modules of one binary.

mod cli;
mod sagemaker;
mod util;
