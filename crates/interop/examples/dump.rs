//! Shows the first tree of a model as XGBoost's JSON, for `scripts/check-interop`: `dump MODEL`.

#![allow(clippy::disallowed_methods, reason = "the streams of the executable are out of reach")]

use sapwood_interop::dump::{TreeForm, tree};
use std::error::Error;
use std::io::{Write, stdout};
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let model = env::args().nth(1).ok_or("dump MODEL")?;
    let model = sapwood_interop::read(&fs::read(model)?)?;
    let tree = tree(&model, 0, TreeForm::Json).ok_or("the model has no trees")?;
    Ok(stdout().write_all(tree.as_bytes())?)
}
