//! The memory that training will need, against what this machine allows.

use crate::finding::Report;
use sapwood::memory::{self, TrainingSize};
use sapwood::text::counted;
use sapwood_sagemaker::Channel;

/// Says how much it will be, and whether there is so much.
pub fn check(channel: &Channel, size: &TrainingSize, report: &mut Report) {
    let need = size.bytes();
    let text = format!(
        "channel {}: about {}; training on them takes about {} MiB of memory",
        channel.name,
        counted(size.rows as usize, "row"),
        need >> 20
    );
    match memory::limit() {
        Some(limit) if size.beside_bins() > limit => report.warning(
            None,
            format!("{text}, but only {} MiB are allowed, even less than what is needed besides the bins", limit >> 20),
            "use an instance or a limit with more memory",
        ),
        Some(limit) if need > limit => report.warning(
            None,
            format!(
                "{text}, but only {} MiB are allowed: bins will be kept in a file and read again for every level of every tree",
                limit >> 20
            ),
            "use an instance or a limit with more memory, if that takes too long",
        ),
        _ => report.note(None, text, ""),
    }
}
