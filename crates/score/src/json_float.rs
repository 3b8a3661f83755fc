//! Floats in JSON, which has no infinities and no NaN: those are written as the texts `"inf"`, `"-inf"` and `"nan"`.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// The JSON value of a float.
pub(crate) fn to_value(x: f64) -> Value {
    match x {
        _ if x.is_nan() => Value::from("nan"),
        f64::INFINITY => Value::from("inf"),
        f64::NEG_INFINITY => Value::from("-inf"),
        _ => Value::from(x),
    }
}

/// For `#[serde(with = …)]` on an `Option<f64>`.
pub(crate) fn serialize<S: Serializer>(x: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    x.map(to_value).serialize(serializer)
}

/// The inverse of [`serialize`].
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    match Option::<Value>::deserialize(deserializer)? {
        None => Ok(None),
        Some(Value::String(text)) => match text.as_str() {
            "nan" => Ok(Some(f64::NAN)),
            "inf" => Ok(Some(f64::INFINITY)),
            "-inf" => Ok(Some(f64::NEG_INFINITY)),
            _ => Err(D::Error::custom(format!("{text:?} is not a number"))),
        },
        Some(value) => value.as_f64().map(Some).ok_or_else(|| D::Error::custom(format!("{value} is not a number"))),
    }
}
