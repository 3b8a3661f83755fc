#![no_main]
use libfuzzer_sys::fuzz_target;
use sapwood::Checkpoint;

fuzz_target!(|bytes: &[u8]| {
    let _ = Checkpoint::from_bytes(bytes);
    if let Some(file) = sapwood_fuzz::file(b"SAPWOODC", 3, bytes)
        && let Ok(checkpoint) = Checkpoint::from_bytes(&file)
    {
        checkpoint.to_bytes().expect("what was read can be written");
    }
});
