//! Parquet files that came through one pipe run into one another. The last one's footer would then be read with the first one's pages.

use crate::source::DataFile;
use crate::source::display;
use crate::{Error, Result};
use std::io::Read;

/// How one Parquet file ends and the next begins.
const SEAM: &[u8] = b"PAR1PAR1";
const CHUNK_BYTES: usize = 1 << 20;

/// Makes sure that a pipe brought one file only. Files that lie on a disk are what they are, and are not read for this.
pub(super) fn refuse_several(path: &DataFile) -> Result<()> {
    if path.is_spooled() && has_seam(path.open()?, CHUNK_BYTES).map_err(|error| Error::io(path, error))? {
        return Err(Error::data(format!(
            "several Parquet files came through one pipe: {}; use input mode FastFile or File, or put the rows into one file",
            display(path)
        )));
    }
    Ok(())
}

fn has_seam(mut file: impl Read, chunk_bytes: usize) -> std::io::Result<bool> {
    let mut bytes = Vec::new();
    loop {
        let read = file.by_ref().take(chunk_bytes as u64).read_to_end(&mut bytes)?;
        if bytes.windows(SEAM.len()).any(|window| window == SEAM) {
            return Ok(true);
        }
        if read == 0 {
            return Ok(false);
        }
        // What may be the beginning of a seam.
        bytes.drain(..bytes.len().saturating_sub(SEAM.len() - 1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seam_is_found_wherever_it_lies() {
        for chunk_bytes in 1..20 {
            assert!(has_seam(&b"PAR1abcPAR1PAR1abcPAR1"[..], chunk_bytes).unwrap());
            assert!(!has_seam(&b"PAR1abcPAR1abcPAR"[..], chunk_bytes).unwrap());
            assert!(!has_seam(&b""[..], chunk_bytes).unwrap());
        }
    }
}
