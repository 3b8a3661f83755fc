//! Writes a model in another format, for `scripts/check-interop`: `convert MODEL OUT [5]`, where the name of OUT ends with .json, .ubj, .txt,
//! .onnx or .sapwood; 5 asks for the operators of that version of ONNX.

use sapwood_interop::{Format, read, write};
use std::error::Error;
use std::fs;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [model, out, rest @ ..] = &args[..] else { return Err("convert MODEL OUT [5]".into()) };
    let format = match Format::of_name(out).ok_or("the name of OUT says no format")? {
        Format::Onnx if !rest.is_empty() => Format::OnnxV5,
        format => format,
    };
    let (bytes, _) = write(&read(&fs::read(model)?)?, format)?;
    Ok(fs::write(out, bytes)?)
}
