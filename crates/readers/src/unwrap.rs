//! Text in RecordIO frames, as SageMaker wraps it on request (`RecordWrapperType`): each frame holds whole lines.

use super::recordio::{MAGIC, frame_length};
use std::io::{self, Read};

/// The text without the frames; a line end is added to frames that do not end with one.
pub(super) struct Unwrapped<R> {
    frames: R,
    /// Bytes of the payload that are still to come.
    left: usize,
    padding: usize,
    ends_line: bool,
}

impl<R: Read> Unwrapped<R> {
    pub fn new(frames: R) -> Self {
        Self { frames, left: 0, padding: 0, ends_line: true }
    }

    /// Goes on to the next frame; `false` at the end.
    fn next_frame(&mut self) -> io::Result<bool> {
        let mut rest = [0; 3];
        self.frames.read_exact(&mut rest[..self.padding]).map_err(|_| truncated())?;
        let mut header = Vec::with_capacity(8);
        self.frames.by_ref().take(8).read_to_end(&mut header)?;
        if header.is_empty() {
            self.padding = 0;
            return Ok(false);
        }
        if !header.starts_with(&MAGIC) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a frame is followed by something that is not a frame"));
        }
        let Some(word) = header[MAGIC.len()..].first_chunk() else { return Err(truncated()) };
        let Some(length) = frame_length(*word) else {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a record is cut into parts, which text never is"));
        };
        self.left = length;
        self.padding = length.next_multiple_of(4) - length;
        Ok(true)
    }
}

impl<R: Read> Read for Unwrapped<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        while self.left == 0 {
            if !std::mem::replace(&mut self.ends_line, true) {
                buffer[0] = b'\n';
                return Ok(1);
            }
            if !self.next_frame()? {
                return Ok(0);
            }
        }
        let wanted = buffer.len().min(self.left);
        match self.frames.read(&mut buffer[..wanted])? {
            0 => Err(truncated()),
            read => {
                self.left -= read;
                self.ends_line = buffer[read - 1] == b'\n';
                Ok(read)
            }
        }
    }
}

fn truncated() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "the last frame is truncated")
}

/// Whether the first frame of `sample`, which may be cut off anywhere, holds text.
pub(super) fn holds_text(sample: &[u8]) -> bool {
    let Some(payload) = sample.get(8..) else { return false };
    let length = sample[4..].first_chunk().and_then(|word| frame_length(*word));
    let Some(payload) = length.map(|length| &payload[..length.min(payload.len())]) else { return false };
    let is_text = match std::str::from_utf8(payload) {
        Ok(_) => true,
        // A character that is cut off is none that is wrong.
        Err(error) => error.error_len().is_none(),
    };
    is_text && !payload.contains(&0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(text: &str) -> Vec<u8> {
        let mut out = [&MAGIC[..], &(text.len() as u32).to_le_bytes(), text.as_bytes()].concat();
        out.resize(out.len().next_multiple_of(4), 0);
        out
    }

    fn unwrap(bytes: &[u8], piece: usize) -> io::Result<String> {
        let mut reader = Unwrapped::new(bytes);
        let (mut text, mut buffer) = (Vec::new(), vec![0; piece]);
        loop {
            match reader.read(&mut buffer)? {
                0 => return Ok(String::from_utf8(text).unwrap()),
                read => text.extend_from_slice(&buffer[..read]),
            }
        }
    }

    #[test]
    fn every_frame_ends_a_line() {
        let bytes = [frame("1,2"), frame("3,4\n5,6\n"), frame(""), frame("7,8")].concat();
        for piece in [1, 2, 3, 100] {
            assert_eq!(unwrap(&bytes, piece).unwrap(), "1,2\n3,4\n5,6\n7,8\n", "{piece}");
        }
        assert!(holds_text(&bytes) && holds_text(&bytes[..9]) && !holds_text(&bytes[..7]));
        assert!(!holds_text(&frame("1\0")));
    }

    #[test]
    fn damage_is_an_error() {
        let whole = frame("1,2,3");
        for length in 1..whole.len() {
            assert!(unwrap(&whole[..length], 100).is_err(), "{length}");
        }
        assert!(unwrap(&[whole.as_slice(), b"4,5,6,7,8"].concat(), 100).unwrap_err().to_string().contains("not a frame"));
    }
}
