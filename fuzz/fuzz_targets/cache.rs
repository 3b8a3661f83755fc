#![no_main]
use libfuzzer_sys::fuzz_target;
use std::io::Write;

fuzz_target!(|bytes: &[u8]| {
    if let Some(file) = sapwood_fuzz::file(b"SAPWOODB", 2, bytes) {
        let mut on_disk = tempfile::NamedTempFile::new().expect("a temporary file");
        on_disk.write_all(&file).expect("a temporary file can be written");
        let _ = sapwood::cache::read(on_disk.path(), "fuzz", None);
    }
});
