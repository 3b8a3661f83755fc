//! First touch: every file is opened, and its first byte read, as early as can be and all at once.
//!
//! A file system for Lustre that is linked to S3 fetches a file when it is first opened, and whoever opens it waits until all of it is there.
//! Files that are opened one after the other are fetched one after the other.

use super::meter::{Meter, first_byte};
use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Instant;

/// Files that are opened at the same time.
const AT_ONCE: usize = 64;

/// Files that are being touched.
pub struct FirstTouch {
    threads: Vec<JoinHandle<()>>,
}

impl FirstTouch {
    /// Begins to touch files, the first ones first; they may be read meanwhile. What cannot be opened is left to whoever reads it.
    pub fn begin(files: Vec<PathBuf>, meter: &Meter) -> Self {
        let (files, next, since) = (Arc::new(files), Arc::new(AtomicUsize::new(0)), Instant::now());
        let threads = (0..files.len().min(AT_ONCE)).map_while(|index| {
            let (files, next, meter) = (files.clone(), next.clone(), meter.clone());
            let touch_all = move || {
                while let Some(path) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let started = Instant::now();
                    if let Ok(metadata) = File::open(path).and_then(|file| first_byte(&file)) {
                        meter.touched(&metadata, started.elapsed(), since);
                    }
                }
            };
            // Without threads files are touched when they are read.
            std::thread::Builder::new().name(format!("touch-{index}")).spawn(touch_all).ok()
        });
        Self { threads: threads.collect() }
    }

    /// Waits until every file has been touched.
    pub fn finish(self) {
        for thread in self.threads {
            // A thread that panicked has nothing to say that its files will not.
            let _ = thread.join();
        }
    }
}
