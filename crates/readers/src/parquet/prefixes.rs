//! What values unpack to that take over the beginning of the one before (`DELTA_BYTE_ARRAY`): in the file, every row of a long text takes
//! no more bytes than a small number.

use super::pages::Input;
use polars::prelude::{PolarsResult, polars_err};
use polars_parquet::parquet::encoding::Encoding;
use polars_parquet::parquet::page::split_buffer;
use polars_parquet::parquet::read::{BasicDecompressor, PageMetaData, PageReader};
use std::io::Cursor;

/// Bytes of the values of a chunk, all of them side by side. `chunk` are its bytes in the file, whose pages were checked.
pub(super) fn unpacked(chunk: Vec<u8>, column: PageMetaData) -> PolarsResult<u64> {
    let reader = PageReader::new_with_page_meta(Cursor::new(chunk.into()), column, Vec::new(), usize::MAX);
    let mut pages = BasicDecompressor::new(reader, Vec::new());
    pages.read_dict_page()?;
    let mut bytes = 0u64;
    while let Some(page) = pages.next() {
        let page = page?.decompress(&mut pages)?;
        bytes = bytes.saturating_add(page.buffer().len() as u64);
        if page.encoding() == Encoding::DeltaByteArray {
            let taken_over = sum(split_buffer(&page)?.values, page.num_values() as u64);
            let taken_over = taken_over.ok_or_else(|| polars_err!(ComputeError: "lengths of prefixes cannot be read"))?;
            bytes = bytes.saturating_add(taken_over);
        }
        pages.reuse_page_buffer(page);
    }
    Ok(bytes)
}

/// The sum of lengths in `DELTA_BINARY_PACKED`, of which there are at most `most`: the first one, then blocks of differences, each with
/// the least of them and how many bits the others take above it. `None` where the bytes make no sense.
fn sum(bytes: &[u8], most: u64) -> Option<u64> {
    let mut input = Input { bytes, at: 0 };
    let (block, parts, count) = (input.varint()?, input.varint()?, input.varint()?);
    let mut last = input.integer()?;
    if count > most {
        return None;
    }
    let per_part = usize::try_from(block.checked_div(parts)?).ok()?;
    let mut total = if count > 0 { u64::try_from(last).ok()? } else { 0 };
    let mut rest = usize::try_from(count.saturating_sub(1)).ok()?;
    while rest > 0 {
        let least = input.integer()?;
        let widths = input.bytes.get(input.at..)?.get(..usize::try_from(parts).ok()?)?;
        input.at += widths.len();
        for width in widths.iter().map(|&width| usize::from(width)) {
            let packed = input.bytes.get(input.at..)?;
            let values = per_part.min(rest);
            if width > 64 || values.checked_mul(width)?.div_ceil(8) > packed.len() {
                return None;
            }
            for at in 0..values {
                last = last.wrapping_add(least).wrapping_add(number(packed, at * width, width) as i64);
                total = total.saturating_add(u64::try_from(last).ok()?);
            }
            rest -= values;
            input.at += (per_part.checked_mul(width)?.div_ceil(8)).min(packed.len());
        }
        if per_part == 0 {
            return None;
        }
    }
    Some(total)
}

/// The number of `width` bits that begins with bit `at`.
fn number(packed: &[u8], at: usize, width: usize) -> u64 {
    // 64 bits lie in nine bytes at most.
    let bytes = packed.get(at / 8..).unwrap_or_default().iter().take(9).rev();
    let bits = bytes.fold(0u128, |bits, &byte| bits << 8 | u128::from(byte)) >> (at % 8);
    (bits & ((1u128 << width) - 1)) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn varint(mut value: u64, bytes: &mut Vec<u8>) {
        while value >= 0x80 {
            bytes.push(value as u8 | 0x80);
            value >>= 7;
        }
        bytes.push(value as u8);
    }

    fn zigzag(value: i64, bytes: &mut Vec<u8>) {
        varint((value << 1 ^ value >> 63) as u64, bytes);
    }

    /// Blocks of 128 differences in parts of 32, each with the fewest bits that do.
    fn packed(values: &[u32]) -> Vec<u8> {
        let mut bytes = Vec::new();
        [128, 4, values.len() as u64].into_iter().for_each(|number| varint(number, &mut bytes));
        zigzag(values.first().map_or(0, |&first| i64::from(first)), &mut bytes);
        let steps: Vec<_> = values.windows(2).map(|two| i64::from(two[1]) - i64::from(two[0])).collect();
        for block in steps.chunks(128) {
            let least = block.iter().min().copied().unwrap();
            zigzag(least, &mut bytes);
            let width = |part: &[i64]| part.iter().map(|step| 64 - (step - least).leading_zeros()).max().unwrap_or(0) as usize;
            let widths: Vec<_> = (0..4).map(|part| width(block.chunks(32).nth(part).unwrap_or_default())).collect();
            bytes.extend(widths.iter().map(|&width| width as u8));
            for (part, &width) in block.chunks(32).zip(&widths) {
                let mut bits = vec![0u8; 32 * width / 8];
                for (at, step) in part.iter().enumerate() {
                    (0..width).filter(|bit| (step - least) >> bit & 1 == 1).for_each(|bit| {
                        bits[(at * width + bit) / 8] |= 1 << ((at * width + bit) % 8);
                    });
                }
                bytes.extend(bits);
            }
        }
        bytes
    }

    proptest! {
        #[test]
        fn lengths_are_added_up(values in prop::collection::vec(any::<u32>(), 0..400)) {
            let expected = values.iter().map(|&value| u64::from(value)).sum();
            prop_assert_eq!(sum(&packed(&values), values.len() as u64), Some(expected));
        }

        #[test]
        fn random_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            sum(&bytes, 1000);
        }
    }
}
