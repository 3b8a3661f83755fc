//! The same rows in every form that a request may have.

use super::models::{to_csv, to_json};
use polars::prelude::{Column, DataFrame, NamedFrom, ParquetWriter, Series};
use sapwood_readers::recordio::{Features, Record, encode};

/// Rows to predict. A blank cell is missing.
pub struct Rows {
    pub names: Vec<String>,
    pub cells: Vec<Vec<String>>,
}

/// A request: what it is called in messages, its content type and its body.
pub type Request = (&'static str, &'static str, Vec<u8>);

impl Rows {
    /// The same rows with their columns in another order.
    pub fn shuffled(&self) -> Self {
        let count = self.names.len();
        let step = [5, 3, 1].into_iter().find(|step| !count.is_multiple_of(*step)).unwrap_or(1);
        let pick = |row: &Vec<String>| (0..count).map(|at| row[(at * step + count / 2) % count].clone()).collect();
        Self { names: pick(&self.names), cells: self.cells.iter().map(pick).collect() }
    }

    /// CSV with names or without.
    pub fn csv(&self, header: bool) -> String {
        to_csv(header.then_some(&self.names), &self.cells)
    }

    /// The rows as JSON arrays.
    pub fn arrays(&self) -> Vec<String> {
        let array = |row: &Vec<String>| format!("[{}]", row.iter().map(|cell| to_json(cell)).collect::<Vec<_>>().join(","));
        self.cells.iter().map(array).collect()
    }

    /// The rows as JSON objects.
    pub fn objects(&self) -> Vec<String> {
        let member = |(name, cell): (&String, &String)| format!("{name:?}: {}", to_json(cell));
        let object = |row: &Vec<String>| self.names.iter().zip(row).map(member).collect::<Vec<_>>().join(", ");
        self.cells.iter().map(|row| format!("{{{}}}", object(row))).collect()
    }

    /// As pandas writes `orient="split"`.
    pub fn split(&self) -> String {
        format!("{{\"columns\": {:?}, \"index\": [0], \"data\": [{}]}}", self.names, self.arrays().join(",\n"))
    }

    /// Numbers, truth values and texts, each as its own type.
    pub fn parquet(&self) -> Vec<u8> {
        let column = |(at, name): (usize, &String)| -> Column {
            let cells = || self.cells.iter().map(|row| Some(row[at].as_str()).filter(|cell| !cell.is_empty()));
            let name = name.as_str().into();
            let series = if cells().flatten().all(|cell| cell.parse::<f64>().is_ok()) {
                Series::new(name, cells().map(|cell| cell?.parse().ok()).collect::<Vec<Option<f64>>>())
            } else if cells().flatten().all(|cell| cell.parse::<bool>().is_ok()) {
                Series::new(name, cells().map(|cell| cell?.parse().ok()).collect::<Vec<Option<bool>>>())
            } else {
                Series::new(name, cells().collect::<Vec<_>>())
            };
            series.into()
        };
        let mut bytes = Vec::new();
        let mut frame = DataFrame::new_infer_height(self.names.iter().enumerate().map(column).collect()).unwrap();
        ParquetWriter::new(&mut bytes).finish(&mut frame).unwrap();
        bytes
    }

    /// Records; cells must be numbers.
    pub fn recordio(&self, sparse: bool) -> Vec<u8> {
        let mut bytes = Vec::new();
        for row in &self.cells {
            let values = row.iter().map(|cell| if cell.is_empty() { f64::NAN } else { cell.parse().unwrap() });
            let features = match sparse {
                false => Features::Dense(values.collect()),
                true => {
                    let (keys, values) = (0..).zip(values).filter(|(_, value)| !value.is_nan()).unzip();
                    Features::Sparse { keys, values, width: Some(row.len()) }
                }
            };
            encode(&Record { features, label: None }, &mut bytes).unwrap();
        }
        bytes
    }

    /// libsvm rows with indices from 1; cells must be numbers.
    pub fn libsvm(&self) -> String {
        let row = |row: &Vec<String>| {
            let present = (1..).zip(row).filter(|(_, cell)| !cell.is_empty());
            present.map(|(index, cell): (usize, _)| format!("{index}:{cell}")).collect::<Vec<_>>().join(" ") + "\n"
        };
        self.cells.iter().map(row).collect()
    }

    /// Requests with columns by position, in JSON also by name.
    pub fn requests(&self) -> Vec<Request> {
        let other = self.shuffled();
        let (arrays, objects) = (self.arrays(), other.objects());
        let framed = |open: &str, close: &str| arrays.iter().map(|row| format!("{open}{row}{close}")).collect::<Vec<_>>();
        let (features, values) = (framed("{\"features\": ", "}"), framed("{\"data\": {\"features\": {\"values\": ", "}}}"));
        let instances = |rows: &[String]| format!("{{\"instances\": [{}]}}", rows.join(", "));
        let (json, lines) = ("application/json", "application/jsonlines");
        let text: [(&'static str, &'static str, String); 12] = [
            ("CSV without header", "text/csv; charset=utf-8", self.csv(false)),
            ("tab-separated", "text/csv", self.csv(false).replace(',', "\t")),
            ("JSON by name", json, instances(&objects)),
            ("JSON by name, no frame", json, format!("[{}]", objects.join(","))),
            ("JSON by position", json, instances(&arrays)),
            ("JSON by position, no frame", json, format!(" [{}]\n", arrays.join(",\n"))),
            ("JSON features", json, instances(&features)),
            ("JSON values", json, instances(&values)),
            ("JSON split", json, other.split()),
            ("JSON lines by name", lines, objects.join("\n")),
            ("JSON lines by position", lines, arrays.join("\r\n") + "\r\n\r\n"),
            ("JSON lines values", lines, values.join("\n")),
        ];
        let mut requests: Vec<Request> = text.into_iter().map(|(name, kind, body)| (name, kind, body.into_bytes())).collect();
        requests.push(("Parquet", "application/x-parquet", self.parquet()));
        requests
    }

    /// Those requests, and others with columns by name; the model must have names.
    pub fn requests_by_name(&self) -> Vec<Request> {
        let other = self.shuffled();
        let mut requests = self.requests();
        requests.push(("CSV with header", "text/csv", self.csv(true).into_bytes()));
        requests.push(("CSV with shuffled header", "Text/CSV", other.csv(true).replace('\n', "\r\n").into_bytes()));
        requests.push(("shuffled Parquet", "application/vnd.apache.parquet", other.parquet()));
        requests
    }

    /// Those by position, and formats that know numbers only; the model must be trained on libsvm data.
    pub fn requests_of_numbers(&self) -> Vec<Request> {
        let mut requests = self.requests();
        requests.push(("libsvm", "text/libsvm", self.libsvm().into_bytes()));
        requests.push(("dense recordio", "application/x-recordio-protobuf", self.recordio(false)));
        requests.push(("sparse recordio", "application/x-recordio-protobuf", self.recordio(true)));
        requests
    }
}
