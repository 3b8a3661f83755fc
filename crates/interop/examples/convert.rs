//! Writes a model in another format, for `scripts/check-interop`: `convert MODEL OUT`, where the name of OUT ends with .json, .ubj, .txt or
//! .sapwood.

use sapwood_interop::{Format, read, write};
use std::error::Error;
use std::fs;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [model, out] = &args[..] else { return Err("convert MODEL OUT".into()) };
    let format = Format::of_name(out).ok_or("the name of OUT says no format")?;
    let (bytes, _) = write(&read(&fs::read(model)?)?, format)?;
    Ok(fs::write(out, bytes)?)
}
