//! Valid bytes made invalid, as seed and number say.

use crate::score::models::Random;

/// Bytes that mean something to some reader.
const PIECES: [&[u8]; 34] = [
    b"\"",
    b"\"\"",
    b",",
    b"\n",
    b"\r",
    b"\r\n",
    b"\0",
    b"\0\0\0\0\0\0\0\0",
    b"\xff",
    b"\xc3\x28",
    b"\xed\xa0\x80",
    b"\xf0\x9f\x92",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"[",
    b"]",
    b"{",
    b"}",
    b":",
    b"null",
    b"true",
    b"1e999",
    b"-0",
    b"NaN",
    b"inf",
    b"\\u0000",
    b"\\ud800",
    b"99999999999999999999",
    b"16777217:1",
    b"1:1",
    b"qid:1",
    b"PAR1",
    // The magic number of records; the longest number of protobuf.
    b"\x0a\x23\xd7\xce",
    b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
];

/// Lengths that somebody may believe.
const LENGTHS: [u64; 8] =
    [0, 1 << 20, 0x1fff_ffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0x7fff_ffff_ffff_ffff, 0xffff_ffff_ffff_ffff];

/// The input `number` of `seed`: one of `originals` with one or two kinds of damage.
pub fn damaged(seed: u64, number: usize, originals: &[Vec<u8>]) -> Vec<u8> {
    let mut random = Random(seed.wrapping_mul(0x2545_f491_4f6c_dd1d).wrapping_add(number as u64));
    let mut bytes = originals[random.below(originals.len())].clone();
    for _ in 0..1 + random.below(4) / 2 {
        let other = &originals[random.below(originals.len())];
        damage(&mut random, &mut bytes, other);
    }
    bytes
}

/// Does some damage; `other` is what parts may come from.
pub fn damage(random: &mut Random, bytes: &mut Vec<u8>, other: &[u8]) {
    let at = random.below(bytes.len() + 1);
    let end = |length: usize, bytes: &[u8]| (at + length).min(bytes.len());
    match random.below(12) {
        0 => bytes.truncate(at),
        1 | 2 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
        3 if at < bytes.len() => bytes[at] = random.next() as u8,
        4 => drop(bytes.splice(at..at, PIECES[random.below(PIECES.len())].iter().copied())),
        5 => drop(bytes.drain(at..end(random.below(20), bytes))),
        6 => {
            let copy = bytes[at..end(random.below(60), bytes)].to_vec();
            bytes.splice(at..at, copy);
        }
        7 => {
            let from = random.below(other.len() + 1);
            bytes.truncate(at);
            bytes.extend_from_slice(&other[from..]);
        }
        8 => {
            let length = LENGTHS[random.below(LENGTHS.len())].to_le_bytes();
            let (end, width) = (end(8, bytes), [4, 8][random.below(2)]);
            bytes.splice(at..end.min(at + width), length[..width].iter().copied());
        }
        9 if random.below(8) == 0 => {
            let nesting = [&b"["[..], b"{\"a\":", b"[{\"instances\":", b"\x0a\xff\x01"][random.below(4)];
            bytes.splice(at..at, nesting.repeat(1 + random.below(20_000)));
        }
        10 if random.below(8) == 0 => {
            let run = vec![[b'9', b',', b'"', b' ', b'\n', 0, 0xff, b'x'][random.below(8)]; random.below(200_000)];
            bytes.splice(at..at, run);
        }
        _ => drop(bytes.splice(at..at, PIECES[random.below(PIECES.len())].iter().copied())),
    }
}
