//! Which format bytes are of, by what they begin with; the name of a file says nothing (SageMaker's built-in XGBoost calls its model
//! `xgboost-model`).

use crate::Error;

/// A format that models are read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// Sapwood's own.
    Sapwood,
    /// XGBoost's JSON.
    XgboostJson,
    /// XGBoost's UBJSON.
    XgboostUbjson,
}

/// Of XGBoost's old binary format, the bytes in which the name of the booster comes.
const OLD_BINARY_HEAD: usize = 400;

impl Format {
    /// The format that bytes are of.
    ///
    /// # Errors
    /// None of these, with what to do where it is one that is known.
    pub fn of(bytes: &[u8]) -> Result<Self, Error> {
        let text = bytes.trim_ascii_start();
        let after_brace = text.strip_prefix(b"{").map(|rest| (rest.first().copied(), rest.trim_ascii_start().first().copied()));
        match after_brace {
            _ if bytes.starts_with(b"SAPWOOD\0") => Ok(Self::Sapwood),
            Some((_, Some(b'"' | b'}'))) => Ok(Self::XgboostJson),
            Some((Some(b'L' | b'l' | b'I' | b'i' | b'U' | b'#' | b'$'), _)) => Ok(Self::XgboostUbjson),
            _ => Err(unknown(bytes)),
        }
    }
}

fn unknown(bytes: &[u8]) -> Error {
    const SAVE_AGAIN: &str = "load it with the XGBoost that made it and save it with booster.save_model(\"m.json\")";
    let head = &bytes[..bytes.len().min(OLD_BINARY_HEAD)];
    let has = |name: &[u8]| head.windows(name.len()).any(|window| window == name);
    let (what, remedy) = match bytes {
        [] => ("the file is empty", "save the model again"),
        [0x80, 2..=5, ..] => ("the file is a pickle of Python, which cannot be read without running it", SAVE_AGAIN),
        [0x1f, 0x8b, ..] => ("the file is packed with gzip", "unpack it"),
        _ if bytes.starts_with(b"CONFIG-offset:") => ("the file is a snapshot of XGBoost with its configuration", SAVE_AGAIN),
        _ if bytes.starts_with(b"binf") || bytes.starts_with(b"bs64") || has(b"gbtree") || has(b"gblinear") || has(b"dart") => {
            ("the file is a model in XGBoost's old binary format, which its own releases no longer read", SAVE_AGAIN)
        }
        _ => ("the file is no model: neither Sapwood's nor XGBoost's JSON or UBJSON", "save the model in one of these formats"),
    };
    Error::Unknown { what: what.into(), remedy }
}
