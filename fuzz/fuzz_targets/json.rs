#![no_main]
use libfuzzer_sys::fuzz_target;
use sapwood_readers::{Encoding, Format};

fuzz_target!(|bytes: &[u8]| {
    sapwood_fuzz::training(Format::Json, bytes);
    sapwood_fuzz::training(Format::JsonLines, bytes);
    sapwood_fuzz::request(Encoding::Json, bytes);
    sapwood_fuzz::request(Encoding::JsonLines, bytes);
});
