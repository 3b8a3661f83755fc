#![no_main]
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| sapwood_fuzz::imported(sapwood_interop::onnx::from_bytes(bytes)));
