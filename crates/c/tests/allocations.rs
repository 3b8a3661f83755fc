//! A single row is scored without allocating anything.
#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![expect(unsafe_code, reason = "an allocator that counts, and calls as from C")]

use sapwood_c::{SapwoodOutput, SapwoodStatus, sapwood_free, sapwood_load_memory, sapwood_predict, sapwood_predict_float};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::path::Path;
use std::ptr::null;

struct Counting;

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// SAFETY: the system's allocator does all.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.set(COUNT.get() + 1);
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[test]
fn a_single_row_of_an_ordinary_model_is_scored_without_allocating() {
    let models = [
        "tests/golden/v1-regression.sapwood",
        "crates/interop/tests/golden/xgboost-dart-3.2.0.model",
        "tests/golden/v1-quantiles.sapwood",
    ];
    for path in models {
        let bytes = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)).unwrap();
        let features = sapwood_interop::read(&bytes).unwrap().schema.len();
        let (row, floats) = (vec![1.0f64; features], vec![1.0f32; features]);
        let mut model = std::ptr::null_mut();
        // SAFETY: the slices are as long as said, and the model is let go once.
        unsafe {
            assert_eq!(sapwood_load_memory(bytes.as_ptr(), bytes.len(), &raw mut model), SapwoodStatus::Ok);
            let outputs = sapwood_c::sapwood_num_outputs(model);
            let mut out = vec![0.0; outputs];
            for output in [SapwoodOutput::Value, SapwoodOutput::Margin] {
                let mut score = || {
                    let (kind, out) = (output as i32, out.as_mut_ptr());
                    assert_eq!(sapwood_predict(model, kind, row.as_ptr(), 1, features, null(), out, outputs), SapwoodStatus::Ok);
                    let status = sapwood_predict_float(model, kind, floats.as_ptr(), 1, features, null(), out, outputs);
                    assert_eq!(status, SapwoodStatus::Ok);
                };
                score();
                let before = COUNT.get();
                score();
                assert_eq!(COUNT.get(), before, "{path}, {output:?}");
            }
            sapwood_free(model);
        }
    }
}
