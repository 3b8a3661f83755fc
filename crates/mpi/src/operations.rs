//! Collective operations of any length: MPI counts in 31 bits, so that long ones are done piece by piece.

use ferrompi::{Communicator, MpiDatatype, ReduceOp};

/// Why an operation failed.
pub type Result<T> = std::result::Result<T, String>;

/// The most elements of one call, over all ranks.
const MOST: usize = 1 << 24;

/// Sums of so many times the values that there are cost more than to give all sums to all ranks.
const PADDED: usize = 2;

fn explained<T>(result: ferrompi::Result<T>) -> Result<T> {
    result.map_err(|error| error.to_string())
}

pub fn broadcast(world: &Communicator, root: i32, bytes: &mut [u8]) -> Result<()> {
    bytes.chunks_mut(MOST).try_for_each(|bytes| explained(world.broadcast(bytes, root)))
}

pub fn all_reduce<T: MpiDatatype>(world: &Communicator, values: &mut [T], operation: ReduceOp) -> Result<()> {
    values.chunks_mut(MOST).try_for_each(|values| explained(world.allreduce_inplace(values, operation)))
}

/// Sums `values` over all ranks; each gets the block that is its own. MPI wants blocks of one length: shorter ones are filled with zeros.
pub fn reduce_scatter(world: &Communicator, values: &[u64], blocks: &[usize], own: &mut [u64]) -> Result<()> {
    let (ranks, widest) = (blocks.len(), blocks.iter().copied().max().unwrap_or(0));
    if blocks.iter().all(|&block| block == widest) && values.len() <= MOST {
        return explained(world.reduce_scatter_block(values, own, ReduceOp::Sum));
    }
    let begins: Vec<usize> = blocks.iter().scan(0, |end, block| Some(std::mem::replace(end, *end + block))).collect();
    if ranks * widest > PADDED * values.len() {
        let mut sums = values.to_vec();
        all_reduce(world, &mut sums, ReduceOp::Sum)?;
        own.copy_from_slice(&sums[begins[world.rank() as usize]..][..own.len()]);
        return Ok(());
    }
    let step = widest.min(MOST / ranks);
    let (mut padded, mut sums) = (vec![0; ranks * step], vec![0; step]);
    for done in (0..widest).step_by(step) {
        for ((padded, &begin), &block) in padded.chunks_exact_mut(step).zip(&begins).zip(blocks) {
            let piece = &values[begin..begin + block][done.min(block)..(done + step).min(block)];
            let (filled, rest) = padded.split_at_mut(piece.len());
            filled.copy_from_slice(piece);
            rest.fill(0);
        }
        explained(world.reduce_scatter_block(&padded, &mut sums, ReduceOp::Sum))?;
        let own = own.get_mut(done..).unwrap_or_default();
        let length = own.len().min(step);
        own[..length].copy_from_slice(&sums[..length]);
    }
    Ok(())
}

/// Gives all ranks the bytes of all, which lie one behind the other in `all`.
pub fn all_gather(world: &Communicator, own: &[u8], lengths: &[usize], all: &mut [u8]) -> Result<()> {
    let ranks = lengths.len();
    let begins: Vec<usize> = lengths.iter().scan(0, |end, length| Some(std::mem::replace(end, *end + length))).collect();
    if all.len() <= MOST {
        let [counts, begins] = [lengths, &begins].map(|numbers| numbers.iter().map(|&number| number as i32).collect::<Vec<_>>());
        return explained(world.allgatherv(own, all, &counts, &begins));
    }
    let (step, longest) = (MOST / ranks, lengths.iter().copied().max().unwrap_or(0));
    let mut pieces = vec![0; ranks * step];
    for done in (0..longest).step_by(step) {
        let piece = |length: usize| done.min(length)..(done + step).min(length);
        let counts: Vec<i32> = lengths.iter().map(|&length| piece(length).len() as i32).collect();
        let places: Vec<i32> = (0..ranks).map(|rank| (rank * step) as i32).collect();
        explained(world.allgatherv(&own[piece(own.len())], &mut pieces, &counts, &places))?;
        for ((&begin, &length), received) in begins.iter().zip(lengths).zip(pieces.chunks_exact(step)) {
            let piece = piece(length);
            all[begin..begin + length][piece.clone()].copy_from_slice(&received[..piece.len()]);
        }
    }
    Ok(())
}
