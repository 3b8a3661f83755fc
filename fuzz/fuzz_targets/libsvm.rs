#![no_main]
use libfuzzer_sys::fuzz_target;
use sapwood_readers::{Encoding, Format};

fuzz_target!(|bytes: &[u8]| {
    sapwood_fuzz::training(Format::Libsvm, bytes);
    sapwood_fuzz::request(Encoding::Libsvm, bytes);
});
