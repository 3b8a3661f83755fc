//! RecordIO-protobuf: SageMaker's records (`application/x-recordio-protobuf`), one frame and one protobuf message each.
//!
//! Features and labels stand under the name `values`, as tensors of 32-bit or 64-bit floats or 32-bit integers, dense or sparse. A
//! sparse tensor's shape is the number of features. Records without frames are refused: nothing tells where one ends.

mod encode;
mod frames;
mod message;
mod read;
mod record;
mod wire;

pub use encode::{encode, encode_answer};
pub(super) use frames::{MAGIC, count_records, frame_length, is_record_chain, last_record_end, record_end_from};
pub(super) use read::RecordioReader;
pub use record::{Features, Labels, Record, is_recordio, records};
