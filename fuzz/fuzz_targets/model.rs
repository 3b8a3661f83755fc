#![no_main]
use libfuzzer_sys::fuzz_target;
use sapwood_score::{Model, Scorer};

fn read(bytes: &[u8]) {
    if let Ok(model) = Model::from_bytes(bytes) {
        let features = model.schema.len();
        let again = model.to_bytes().expect("what was read can be written");
        assert_eq!(Model::from_bytes(&again).expect("what was written can be read"), model);
        if let Ok(scorer) = Scorer::new(model) {
            let rows = ndarray::Array2::from_shape_fn((3, features), |(row, feature)| [0.0, f64::NAN, -1.5][(row + feature) % 3]);
            let _ = scorer.predict(rows.view());
        }
    }
}

fuzz_target!(|bytes: &[u8]| {
    read(bytes);
    if let Some(file) = sapwood_fuzz::file(b"SAPWOOD\0", 1, bytes) {
        read(&file);
    }
});
