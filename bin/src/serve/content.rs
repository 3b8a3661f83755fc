//! Content types: what a body is, and what an answer may be.

use super::explanation::{Explained, KINDS};
use super::refusal::Refusal;
use axum::http::{HeaderMap, StatusCode, header};
use sapwood::predict::Output;
use sapwood_readers::Encoding;

const READABLE: &str =
    "text/csv, text/libsvm, application/x-recordio-protobuf, application/json, application/jsonlines, application/x-parquet";

/// What the body is. Without a `Content-Type` it is CSV, as it is for the built-in XGBoost.
///
/// # Errors
/// 415 for a type that is not read.
pub fn encoding(headers: &HeaderMap) -> Result<Encoding, Refusal> {
    if let Some(packed) = headers.get(header::CONTENT_ENCODING).filter(|packed| *packed != "identity") {
        return Err(unsupported(format!("Content-Encoding {packed:?} is not supported; send the body as it is")));
    }
    let Some(text) = headers.get(header::CONTENT_TYPE) else { return Ok(Encoding::Csv) };
    let text = String::from_utf8_lossy(text.as_bytes()).to_ascii_lowercase();
    let mut parts = text.split(';').map(str::trim);
    let encoding = match parts.next().unwrap_or_default() {
        "" | "text/csv" | "csv" => Encoding::Csv,
        "text/libsvm" | "text/x-libsvm" | "libsvm" => Encoding::Libsvm,
        "application/x-recordio-protobuf" | "recordio-protobuf" => Encoding::Recordio,
        "application/json" | "json" => Encoding::Json,
        "application/jsonlines" | "application/x-jsonlines" | "application/x-ndjson" | "jsonlines" => Encoding::JsonLines,
        "application/x-parquet" | "parquet" | "application/parquet" | "application/vnd.apache.parquet" => Encoding::Parquet,
        other => return Err(unsupported(format!("Content-Type {other:?} is not supported; use {READABLE}"))),
    };
    parts.try_for_each(check_parameter)?;
    Ok(encoding)
}

/// Refuses parameters that would have the body read otherwise than it is.
fn check_parameter(parameter: &str) -> Result<(), Refusal> {
    let (name, value) = parameter.split_once('=').map_or((parameter, ""), |(name, value)| (name.trim(), value.trim()));
    match (name, value.trim_matches('"')) {
        ("charset", "utf8" | "utf-8" | "us-ascii" | "ascii") | ("label_size", "0") => Ok(()),
        ("charset", _) => Err(unsupported(format!("charset {value} is not supported; send UTF-8"))),
        ("label_size", _) => Err(unsupported(format!("label_size={value} is not supported: rows to predict have no label"))),
        _ => Ok(()),
    }
}

fn unsupported(message: String) -> Refusal {
    Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message)
}

/// The form of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accept {
    /// One line a row.
    Csv,
    /// `{"predictions": […]}`.
    Json,
    /// One JSON object a line.
    JsonLines,
    /// One record a row, numbers in single precision.
    Recordio,
}

impl Accept {
    const ALL: [Self; 4] = [Self::Csv, Self::Json, Self::JsonLines, Self::Recordio];
    /// All forms, for messages.
    pub const NAMES: &str = "text/csv, application/json, application/jsonlines, application/x-recordio-protobuf";

    /// The form that answers to a body have: JSON to JSON, else CSV, as the built-in XGBoost answers.
    pub fn like(body: Encoding) -> Self {
        match body {
            Encoding::Json => Self::Json,
            Encoding::JsonLines => Self::JsonLines,
            Encoding::Csv | Encoding::Libsvm | Encoding::Recordio | Encoding::Parquet => Self::Csv,
        }
    }

    /// The form's content type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Json => "application/json",
            Self::JsonLines => "application/jsonlines",
            Self::Recordio => "application/x-recordio-protobuf",
        }
    }

    /// The form of that content type, parameters aside.
    pub fn named(text: &str) -> Option<Self> {
        match text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
            "text/csv" | "csv" => Some(Self::Csv),
            "application/json" | "json" => Some(Self::Json),
            "application/jsonlines" | "application/x-jsonlines" | "application/x-ndjson" | "jsonlines" => Some(Self::JsonLines),
            "application/x-recordio-protobuf" | "recordio-protobuf" => Some(Self::Recordio),
            _ => None,
        }
    }

    /// How much a list of ranges likes this form: what the most specific range says.
    fn liking(self, accept: &str) -> Liking {
        let mut found = Liking::default();
        for range in accept.split(',') {
            let specific = match range.split(';').next().unwrap_or_default().trim() {
                "*/*" | "*" => 1,
                "text/*" if self == Self::Csv => 2,
                "application/*" if self != Self::Csv => 2,
                _ if Self::named(range) == Some(self) => 3,
                _ => continue,
            };
            let quality = quality(range);
            if specific > found.specific || (specific == found.specific && quality > found.quality) {
                found = Liking { specific, quality, explained: explained(range).unwrap_or_default() };
            }
        }
        found
    }
}

/// What a range of `Accept` says about a form.
#[derive(Clone, Copy, Default)]
struct Liking {
    /// How closely the range names the form; 3 is by its own name.
    specific: u8,
    /// In thousandths.
    quality: u32,
    explained: [Option<bool>; KINDS.len()],
}

/// What an answer is to be like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Its form.
    pub form: Accept,
    /// What it tells besides, to explain itself.
    pub explained: Explained,
}

impl Wanted {
    /// The form of that content type, which may have the parameters `contributions=true` and `interactions=true`.
    pub fn named(text: &str) -> Option<Self> {
        Some(Self { form: Accept::named(text)?, explained: explained(text).ok()?.map(|wanted| wanted.unwrap_or(false)) })
    }

    /// The outputs that explain.
    pub fn explanations(self) -> impl Iterator<Item = Output> {
        KINDS.into_iter().zip(self.explained).filter(|(_, wanted)| *wanted).map(|(kind, _)| kind)
    }

    /// What the client likes best; `default` where it does not say, or likes it as much as any other.
    ///
    /// # Errors
    /// 406 where it likes no form that there is, or where a parameter that asks for an explanation is neither true nor false.
    pub fn of(headers: &HeaderMap, default: Self) -> Result<Self, Refusal> {
        let lines = headers.get_all(header::ACCEPT).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
        let text = lines.collect::<Vec<_>>().join(",");
        if text.trim().is_empty() {
            return Ok(default);
        }
        let unacceptable = |message| Refusal::new(StatusCode::NOT_ACCEPTABLE, message);
        text.split(',').try_for_each(|range| explained(range).map(drop)).map_err(unacceptable)?;
        let mut best = (Liking::default(), default.form);
        for form in std::iter::once(default.form).chain(Accept::ALL) {
            let liking = form.liking(&text);
            if liking.quality > best.0.quality {
                best = (liking, form);
            }
        }
        let (liking, form) = best;
        if liking.quality == 0 {
            let names = Accept::NAMES;
            return Err(unacceptable(format!("cannot answer in the form Accept {text:?}; ask for one of {names}, or */*")));
        }
        // A range that leaves the choice leaves this one, too.
        let left_open = |at: usize| liking.specific < 3 && default.explained[at];
        Ok(Self { form, explained: std::array::from_fn(|at| liking.explained[at].unwrap_or_else(|| left_open(at))) })
    }
}

/// The parameters of a range that ask for explanations, as far as it has them.
fn explained(range: &str) -> Result<[Option<bool>; KINDS.len()], String> {
    let mut found = [None; KINDS.len()];
    for (found, kind) in found.iter_mut().zip(KINDS) {
        *found = match parameter(range, kind.name()) {
            None => None,
            Some("true" | "1") => Some(true),
            Some("false" | "0") => Some(false),
            Some(other) => return Err(format!("Accept: {}={other} is neither true nor false", kind.name())),
        };
    }
    Ok(found)
}

/// The value of a parameter of a range.
fn parameter<'r>(range: &'r str, name: &str) -> Option<&'r str> {
    range.split(';').skip(1).find_map(|parameter| {
        let (known, value) = parameter.split_once('=')?;
        known.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"'))
    })
}

/// The `q` of a range, in thousandths; 1 where it has none, 0 where it is nonsense.
fn quality(range: &str) -> u32 {
    let value = parameter(range, "q").map_or(1.0, |value| value.parse::<f32>().unwrap_or(0.0));
    (value.clamp(0.0, 1.0) * 1000.0) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn headers(name: header::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_str(value).unwrap())])
    }

    #[test]
    fn types_have_parameters_and_any_case() {
        let found = |text| encoding(&headers(header::CONTENT_TYPE, text)).map_err(|refusal| refusal.status.as_u16());
        assert_eq!(found("Text/CSV; charset=UTF-8"), Ok(Encoding::Csv));
        assert_eq!(found("text/csv;label_size=0"), Ok(Encoding::Csv));
        assert_eq!(found("application/x-recordio-protobuf"), Ok(Encoding::Recordio));
        assert_eq!(found("CSV; charset=utf-8"), Ok(Encoding::Csv));
        assert_eq!(found("libsvm"), Ok(Encoding::Libsvm));
        assert_eq!(found(" Parquet "), Ok(Encoding::Parquet));
        assert_eq!(found("json"), Ok(Encoding::Json));
        assert_eq!(found("jsonlines;x=y"), Ok(Encoding::JsonLines));
        assert_eq!(found("application/json;charset=\"utf-8\""), Ok(Encoding::Json));
        for text in ["image/png", "text/csv; charset=utf-16", "text/csv; label_size=1"] {
            assert_eq!(found(text), Err(415), "{text}");
        }
        assert_eq!(encoding(&HeaderMap::new()).ok(), Some(Encoding::Csv));
        assert!(encoding(&headers(header::CONTENT_ENCODING, "gzip")).is_err());
    }

    #[test]
    fn the_best_liked_form_is_chosen() {
        let default = Wanted { form: Accept::Csv, explained: [false; 2] };
        let wanted = |text| {
            let wanted = Wanted::of(&headers(header::ACCEPT, text), default);
            wanted.map(|wanted| wanted.form).map_err(|refusal| refusal.status.as_u16())
        };
        for text in ["*/*", "text/*", "text/csv", "TEXT/CSV;q=0.1", "application/json;q=0.5, */*", "image/png, */*;q=0.1"] {
            assert_eq!(wanted(text), Ok(Accept::Csv), "{text}");
        }
        for text in ["application/json", "application/*", "text/csv;q=0.5, application/json", "*/*, text/csv;q=0"] {
            assert_eq!(wanted(text), Ok(Accept::Json), "{text}");
        }
        assert_eq!(wanted("application/jsonlines"), Ok(Accept::JsonLines));
        assert_eq!(
            (wanted("JSON"), wanted("jsonlines;q=0.5"), wanted("csv")),
            (Ok(Accept::Json), Ok(Accept::JsonLines), Ok(Accept::Csv))
        );
        assert_eq!(wanted("application/x-recordio-protobuf, text/csv;q=0.9"), Ok(Accept::Recordio));
        for text in ["image/png", "*/*;q=0", "text/csv;q=x"] {
            assert_eq!(wanted(text), Err(406), "{text}");
        }
    }

    #[test]
    fn explanations_are_parameters_of_the_chosen_form() {
        let wanted = |text, default| {
            let wanted = Wanted::of(&headers(header::ACCEPT, text), Wanted { form: Accept::Csv, explained: default });
            wanted.map(|wanted| (wanted.form, wanted.explained)).map_err(|refusal| refusal.status.as_u16())
        };
        let (none, contributions, interactions) = ([false, false], [true, false], [false, true]);
        assert_eq!(wanted("application/json; contributions=true", none), Ok((Accept::Json, contributions)));
        assert_eq!(wanted("application/json;Contributions=1;q=0.5, text/csv;q=0.1", none), Ok((Accept::Json, contributions)));
        assert_eq!(wanted("application/json, text/csv;contributions=true;q=0.1", none), Ok((Accept::Json, none)));
        assert_eq!(wanted("*/*;contributions=true", none), Ok((Accept::Csv, contributions)));
        assert_eq!(wanted("*/*", contributions), Ok((Accept::Csv, contributions)));
        assert_eq!(wanted("text/csv", contributions), Ok((Accept::Csv, none)));
        assert_eq!(wanted("*/*;contributions=false", contributions), Ok((Accept::Csv, none)));
        assert_eq!(wanted("application/json; interactions=true", none), Ok((Accept::Json, interactions)));
        assert_eq!(wanted("text/csv; interactions=1; contributions=true", none), Ok((Accept::Csv, [true, true])));
        assert_eq!(wanted("*/*;interactions=true", contributions), Ok((Accept::Csv, [true, true])));
        assert_eq!(wanted("text/csv;contributions=maybe", none), Err(406));
        assert_eq!(wanted("text/csv;contributions=true;interactions=", none), Err(406));
        assert_eq!(Wanted::named("json; interactions=true").map(|wanted| wanted.explained), Some(interactions));
        assert_eq!(Wanted::named("json; contributions=perhaps"), None);
    }
}
