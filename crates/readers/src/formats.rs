//! Which reader reads which format.

use crate::Format;
use crate::csv::CsvReader;
use crate::json::JsonReader;
use crate::libsvm::LibsvmReader;
use crate::parquet::ParquetReader;
use crate::reader::Reader;
use crate::recordio::RecordioReader;

/// The reader of a format.
pub(crate) fn reader(format: Format) -> &'static dyn Reader {
    match format {
        Format::Csv => &CsvReader,
        Format::Libsvm => &LibsvmReader,
        Format::Parquet => &ParquetReader,
        Format::Recordio => &RecordioReader,
        Format::Json | Format::JsonLines => &JsonReader,
    }
}
