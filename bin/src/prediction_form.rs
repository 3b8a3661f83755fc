//! The forms in which predictions are written: lines of CSV, JSON, JSON lines, Parquet; packed or not.

use crate::report::Failure;
use std::path::Path;

/// How predictions are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// One line of comma-separated values a row.
    Csv,
    /// One array of objects.
    Json,
    /// One object a line.
    JsonLines,
    /// One Parquet file.
    Parquet,
}

/// What the name of the output says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packed {
    /// The form.
    pub form: Form,
    /// Whether it is compressed by gzip.
    pub gzip: bool,
}

/// Names of formats that people expect a program to write when they give them, and that this one does not.
const OTHERS: [&str; 14] =
    ["arrow", "avro", "bz2", "feather", "h5", "ipc", "libsvm", "npy", "orc", "pkl", "tsv", "xlsx", "zip", "zst"];

impl Packed {
    /// The form for the name of a file, or for standard output. Names that say nothing stand for lines of CSV.
    ///
    /// # Errors
    /// A name that stands for a format that cannot be written.
    pub fn of(path: Option<&Path>) -> Result<Self, Failure> {
        let Some(path) = path else { return Ok(Self { form: Form::Csv, gzip: false }) };
        let extension = |path: &Path| path.extension().map(|text| text.to_string_lossy().to_ascii_lowercase());
        let gzip = extension(path).as_deref() == Some("gz");
        let name = if gzip { path.with_extension("") } else { path.to_path_buf() };
        let form = match extension(&name).as_deref() {
            Some("json") => Form::Json,
            Some("jsonl" | "jsonlines" | "ndjson") => Form::JsonLines,
            Some("parquet" | "pq") if gzip => {
                return Err(Failure::user(format!(
                    "{}: a Parquet file is compressed within; leave .gz out of its name",
                    path.display()
                )));
            }
            Some("parquet" | "pq") => Form::Parquet,
            Some(other) if OTHERS.contains(&other) => {
                return Err(Failure::user(format!(
                    "{}: predictions cannot be written as .{other}; use .csv, .json, .jsonl or .parquet, the first three also with .gz",
                    path.display()
                )));
            }
            _ => Form::Csv,
        };
        Ok(Self { form, gzip })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_says_the_form() {
        let of = |name: &str| Packed::of(Some(Path::new(name))).map(|packed| (packed.form, packed.gzip)).ok();
        assert_eq!(of("p.csv"), Some((Form::Csv, false)));
        assert_eq!(of("s3://bucket/p.PARQUET"), Some((Form::Parquet, false)));
        assert_eq!(of("a.b/p.json.gz"), Some((Form::Json, true)));
        assert_eq!(of("p.ndjson"), Some((Form::JsonLines, false)));
        assert_eq!(of("/dev/null"), Some((Form::Csv, false)));
        assert_eq!(of("predictions.gz"), Some((Form::Csv, true)));
        assert_eq!(of("p.xlsx"), None);
        assert_eq!(of("p.parquet.gz"), None);
        assert_eq!(Packed::of(None).unwrap(), Packed { form: Form::Csv, gzip: false });
    }
}
