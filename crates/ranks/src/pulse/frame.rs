//! What ranks tell each other beside MPI: that they are alive, why they fail, that they are done.

use crate::progress::Position;
use std::io::{self, ErrorKind, Read};

/// The last thing that a rank has to say, or what is said of one that says nothing: why the job ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// The exit code.
    pub code: u8,
    /// The cause, with the host that it is about.
    pub text: String,
}

/// A message.
#[derive(Debug, PartialEq, Eq)]
pub enum Frame {
    /// A sign of life, and where its sender is.
    Beat(Position),
    /// The job ends.
    Word(Word),
    /// The sender has done its part, and may go away.
    Done,
}

const BEAT: u8 = 1;
const WORD: u8 = 2;
const DONE: u8 = 3;

/// Bytes of a word that are sent.
const LONGEST: usize = 8 << 10;

impl Frame {
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Beat(position) => [&[BEAT][..], &position.to_bytes()].concat(),
            Self::Word(Word { code, text }) => {
                let text = &text[..text.floor_char_boundary(LONGEST)];
                [&[WORD, *code][..], &(text.len() as u32).to_le_bytes(), text.as_bytes()].concat()
            }
            Self::Done => vec![DONE],
        }
    }

    /// Waits for the next message.
    ///
    /// # Errors
    /// The connection is closed or silent, or something else is at its other end.
    pub fn read(mut from: impl Read) -> io::Result<Self> {
        Ok(match read::<1>(&mut from)? {
            [BEAT] => Self::Beat(Position::from_bytes(read(&mut from)?)),
            [DONE] => Self::Done,
            [WORD] => {
                let [code] = read(&mut from)?;
                let length = u32::from_le_bytes(read(&mut from)?) as usize;
                let mut text = vec![0; length.min(LONGEST)];
                from.read_exact(&mut text)?;
                Self::Word(Word { code, text: String::from_utf8_lossy(&text).into_owned() })
            }
            _ => return Err(ErrorKind::InvalidData.into()),
        })
    }
}

/// Reads some bytes.
pub fn read<const N: usize>(mut from: impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    from.read_exact(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::{Operation, Progress};

    #[test]
    fn frames_survive_the_wire() {
        let progress = Progress::default();
        progress.enter(Operation::BARRIER);
        let word = |text: &str| Frame::Word(Word { code: 2, text: text.to_string() });
        let frames = [Frame::Beat(progress.position()), word("no läbel"), word(""), Frame::Done];
        let bytes: Vec<u8> = frames.iter().flat_map(Frame::to_bytes).collect();
        let mut rest = &bytes[..];
        for frame in frames {
            assert_eq!(Frame::read(&mut rest).unwrap(), frame);
        }
        assert!(Frame::read(rest).is_err() && Frame::read(&[9u8][..]).is_err());
    }

    #[test]
    fn a_word_is_cut_between_characters() {
        let long = Frame::Word(Word { code: 1, text: "ä".repeat(LONGEST) });
        let Frame::Word(word) = Frame::read(&long.to_bytes()[..]).unwrap() else { unreachable!("a word was sent") };
        assert_eq!(word.text, "ä".repeat(LONGEST / 2));
    }
}
