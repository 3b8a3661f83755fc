//! Which format bytes are of, by what they begin with; the name of a file says nothing (SageMaker's built-in XGBoost calls its model
//! `xgboost-model`).

use crate::{Error, onnx};

/// A format that models are read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// Sapwood's own.
    Sapwood,
    /// LightGBM's text.
    LightgbmText,
    /// XGBoost's JSON.
    XgboostJson,
    /// XGBoost's UBJSON.
    XgboostUbjson,
    /// ONNX of any version; written with the operators of `ai.onnx.ml` 3.
    Onnx,
    /// ONNX that is written with the operator of `ai.onnx.ml` 5.
    OnnxV5,
}

/// Of XGBoost's old binary format, the bytes in which the name of the booster comes.
const OLD_BINARY_HEAD: usize = 400;

impl Format {
    /// Of how many bytes at the beginning of a file its format can be told.
    pub const HEAD_BYTES: u64 = 4096;

    /// The format that bytes are of.
    ///
    /// # Errors
    /// None of these, with what to do where it is one that is known.
    pub fn of(bytes: &[u8]) -> Result<Self, Error> {
        let text = bytes.trim_ascii_start();
        let after_brace = text.strip_prefix(b"{").map(|rest| (rest.first().copied(), rest.trim_ascii_start().first().copied()));
        match after_brace {
            _ if bytes.starts_with(b"SAPWOOD\0") => Ok(Self::Sapwood),
            _ if bytes.starts_with(b"tree\n") || bytes.starts_with(b"tree\r\n") => Ok(Self::LightgbmText),
            _ if onnx::is_head(bytes) => Ok(Self::Onnx),
            Some((_, Some(b'"' | b'}'))) => Ok(Self::XgboostJson),
            Some((Some(b'L' | b'l' | b'I' | b'i' | b'U' | b'#' | b'$'), _)) => Ok(Self::XgboostUbjson),
            _ => Err(unknown(bytes)),
        }
    }

    /// The format that the name of a file stands for, if it stands for one.
    pub fn of_name(name: &str) -> Option<Self> {
        match name.rsplit_once('.')?.1 {
            "sapwood" => Some(Self::Sapwood),
            "json" => Some(Self::XgboostJson),
            "ubj" => Some(Self::XgboostUbjson),
            "txt" => Some(Self::LightgbmText),
            "onnx" => Some(Self::Onnx),
            _ => None,
        }
    }

    /// Whether a file that begins like this is most likely a model of another library, and not any other text.
    pub fn is_certain(head: &[u8]) -> bool {
        match Self::of(head) {
            Ok(Self::XgboostJson) => head.windows(9).any(|window| window == b"\"learner\""),
            Ok(Self::XgboostUbjson | Self::LightgbmText | Self::Onnx | Self::OnnxV5) => true,
            Ok(Self::Sapwood) | Err(_) => false,
        }
    }
}

fn unknown(bytes: &[u8]) -> Error {
    const SAVE_AGAIN: &str = "load it with the XGBoost that made it and save it with booster.save_model(\"m.json\")";
    let head = &bytes[..bytes.len().min(OLD_BINARY_HEAD)];
    let has = |name: &[u8]| head.windows(name.len()).any(|window| window == name);
    let (what, remedy) = match bytes {
        [] => ("the file is empty", "save the model again"),
        [0x80, 1..=5, ..] => ("the file is a pickle of Python, which cannot be read without running it", SAVE_AGAIN),
        [0x1f, 0x8b, ..] => ("the file is packed with gzip", "unpack it"),
        _ if bytes.starts_with(b"CONFIG-offset:") => ("the file is a snapshot of XGBoost with its configuration", SAVE_AGAIN),
        _ if bytes.starts_with(b"binf") || bytes.starts_with(b"bs64") || has(b"gbtree") || has(b"gblinear") || has(b"dart") => {
            ("the file is a model in XGBoost's old binary format, which its own releases no longer read", SAVE_AGAIN)
        }
        _ => (
            "not a Sapwood model (the file does not begin with the magic bytes), nor XGBoost's JSON or UBJSON, nor LightGBM's text, nor ONNX",
            "was it made by `sapwood train`?",
        ),
    };
    Error::Unknown { what: what.into(), remedy }
}
