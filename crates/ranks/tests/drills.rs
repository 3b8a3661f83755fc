//! Ranks under `mpiexec`: that operations do what they promise, and that every rank ends, with the cause, when one is killed, stopped, fails or says nothing.
//!
//! The test starts itself: without an argument that names a drill it runs all of them. It needs MPICH's `mpiexec` and the library that `scripts/build-mpi`
//! makes.
#![allow(
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and this one has no runner that prints"
)]

use sapwood::collective::Collective;
use sapwood_ranks::{Place, Ranks, Settings};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

/// Seconds of silence that end a job here.
const SILENCE: u64 = 2;

/// A drill: its name, the number of ranks, the rank that ends first, and words of the cause that all others must have.
const DRILLS: [(&str, usize, usize, &[&str]); 10] = [
    ("operations", 1, 9, &[]),
    ("operations", 2, 9, &[]),
    ("operations", 3, 9, &[]),
    ("slowness", 2, 9, &[]),
    ("killed", 3, 1, &["host 2 of 3 (algo-2) ended without a word", "all_reduce_sum"]),
    ("killed", 3, 0, &["host 1 of 3 (algo-1) ended without a word", "all_reduce_sum"]),
    ("stopped", 3, 2, &["host 3 of 3 (algo-3) has given no sign of life for 2 s", "all_reduce_sum"]),
    ("stopped", 2, 0, &["host 1 of 2 (algo-1) has given no sign of life for 2 s", "all_reduce_sum"]),
    ("failed", 3, 1, &["host 2 of 3 (algo-2): no label; host ", " collective operation"]),
    ("stuck", 2, 9, &["all hosts have waited for each other"]),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, drill, first, directory] = &arguments[..] {
        rank(drill, first.parse().unwrap(), Path::new(directory));
        return ExitCode::SUCCESS;
    }
    let library = std::env::current_exe().unwrap().parent().unwrap().parent().unwrap().join("libsapwood_mpi.so");
    let has_mpiexec = Command::new("mpiexec").arg("--version").output().is_ok_and(|output| output.status.success());
    if !has_mpiexec || !library.exists() {
        eprintln!("SKIPPED: drills of several hosts: needs mpiexec and {} (scripts/build-mpi)", library.display());
        return ExitCode::SUCCESS;
    }
    for (drill, size, first, words) in DRILLS {
        run(drill, size, first, words, &library);
    }
    println!("test result: ok. {} drills passed", DRILLS.len());
    ExitCode::SUCCESS
}

/// Runs a drill under `mpiexec` and looks at what its ranks left.
fn run(drill: &str, size: usize, first: usize, words: &[&str], library: &Path) {
    let directory = std::env::temp_dir().join(format!("sapwood-drill-{}-{drill}-{size}-{first}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let started = Instant::now();
    let output = Command::new("mpiexec")
        // A host for each rank, all on this machine. Without the first, mpiexec kills all ranks of a host when one is killed.
        .args(["-disable-auto-cleanup", "-launcher", "fork", "-localhost", "127.0.0.1", "-hosts", "a:1,b:1,c:1"])
        .args(["-n", &size.to_string()])
        .arg(std::env::current_exe().unwrap())
        .args([drill, &first.to_string()])
        .arg(&directory)
        .env("SAPWOOD_MPI_LIBRARY", library)
        .env("SAPWOOD_HOST_SILENCE", SILENCE.to_string())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let took = started.elapsed();
    let text = format!("{drill} {size}: {output:?}");
    println!("{drill} of {size} ranks, first {first}: {:.1} s, {}", took.as_secs_f64(), output.status);
    assert_eq!(output.status.success(), words.is_empty(), "{text}");
    assert!(took < Duration::from_secs(60), "{text}");
    for rank in (0..size).filter(|rank| *rank != first && !words.is_empty()) {
        let failure =
            std::fs::read_to_string(failure(&directory, rank)).unwrap_or_else(|_| panic!("no cause on rank {rank}: {text}"));
        words.iter().for_each(|word| assert!(failure.contains(word), "rank {rank}: {failure:?} lacks {word:?}"));
    }
    std::fs::remove_dir_all(&directory).unwrap();
}

fn failure(directory: &Path, rank: usize) -> PathBuf {
    directory.join(format!("failure-{rank}"))
}

/// What a rank does.
fn rank(drill: &str, first: usize, directory: &Path) {
    let variable = |name: &str| std::env::var(name).ok();
    let Some(place) = Place::of(variable).unwrap() else {
        // One rank needs no MPI.
        return;
    };
    let path = failure(directory, place.rank);
    let own_name = format!("algo-{}", place.rank + 1);
    let on_end = move |word: &sapwood_ranks::Word| std::fs::write(&path, &word.text).unwrap();
    let ranks = Ranks::join(place, &own_name, Settings::of(variable).unwrap(), Box::new(on_end)).unwrap();
    let is_first = ranks.rank() == first;
    match drill {
        "operations" => operations(&ranks),
        "slowness" => std::thread::sleep(Duration::from_secs(if ranks.rank() == 0 { 0 } else { 4 * SILENCE })),
        "killed" => (0..u64::MAX).for_each(|round| meet(&ranks, round, is_first, rustix::process::Signal::KILL)),
        "stopped" => (0..u64::MAX).for_each(|round| meet(&ranks, round, is_first, rustix::process::Signal::STOP)),
        "failed" if is_first => {
            ranks.fail(2, "no label");
            ranks.exit(2);
        }
        "failed" => ranks.barrier(),
        // The last operation of one, which the other never calls.
        "stuck" if ranks.rank() == 0 => ranks.all_reduce_sum(&mut [0; 100_000]),
        "stuck" => ranks.barrier(),
        other => panic!("{other} is no drill"),
    }
    ranks.finish(0);
}

/// A round of a job in which a rank is sent a signal.
fn meet(ranks: &Ranks, round: u64, is_first: bool, signal: rustix::process::Signal) {
    if is_first && round == 20 {
        rustix::process::kill_process(rustix::process::getpid(), signal).unwrap();
    }
    let mut sum = [1];
    ranks.all_reduce_sum(&mut sum);
    assert_eq!(sum, [ranks.size() as i64]);
}

fn operations(ranks: &Ranks) {
    let (rank, size) = (ranks.rank() as i64, ranks.size() as i64);
    let (mut sums, mut largest) = ([rank, i64::MAX], [rank, -rank]);
    ranks.all_reduce_sum(&mut sums);
    ranks.all_reduce_max(&mut largest);
    assert_eq!((sums, largest), ([size * (size - 1) / 2, i64::MAX.wrapping_mul(size)], [size - 1, 0]));
    // Blocks that are alike, that are not, that are few, and none.
    for blocks in [vec![3; size as usize], (2..2 + size as usize).collect(), one_block(size), vec![0; size as usize]] {
        scatter(ranks, &blocks);
    }
    let mut bytes = if rank == size - 1 { vec![7, 8, 9] } else { vec![1; 50] };
    ranks.broadcast(size as usize - 1, &mut bytes);
    assert_eq!(bytes, [7, 8, 9]);
    // Some bytes have room beside their lengths, others do not.
    for each in [5, 200, 20_000, 0, 60] {
        let gathered = ranks.all_gather(&vec![rank as u8; each * rank as usize]);
        assert!(gathered.iter().enumerate().all(|(rank, bytes)| *bytes == vec![rank as u8; each * rank]), "{each} bytes a rank");
    }
    large(ranks);
    ranks.barrier();
}

fn one_block(size: i64) -> Vec<usize> {
    let mut blocks = vec![0; size as usize];
    blocks[size as usize - 1] = 4;
    blocks
}

fn scatter(ranks: &Ranks, blocks: &[usize]) {
    let size = ranks.size() as i64;
    let values: Vec<i64> =
        (0..blocks.iter().sum::<usize>() as i64).map(|value| value * i64::MAX / 3 + ranks.rank() as i64).collect();
    let mut own = vec![0; blocks[ranks.rank()]];
    ranks.reduce_scatter_sum(&values, blocks, &mut own);
    let begin: usize = blocks[..ranks.rank()].iter().sum();
    for (index, sum) in own.into_iter().enumerate() {
        let value = ((begin + index) as i64).wrapping_mul(i64::MAX) / 3;
        assert_eq!(sum, value.wrapping_mul(size).wrapping_add(size * (size - 1) / 2), "{blocks:?}");
    }
}

/// More elements than one call of MPI takes here.
fn large(ranks: &Ranks) {
    let (size, length) = (ranks.size(), (1 << 24) + 5);
    let mut values: Vec<i64> = (0..length).collect();
    ranks.all_reduce_sum(&mut values);
    assert!(values.iter().enumerate().all(|(index, sum)| *sum == (index * size) as i64));
    let bytes: Vec<u8> = (0..length as usize + ranks.rank()).map(|index| (index % 251) as u8).collect();
    for (rank, gathered) in ranks.all_gather(&bytes).into_iter().enumerate() {
        assert_eq!(gathered.len(), length as usize + rank);
        assert!(gathered.into_iter().enumerate().all(|(index, byte)| byte == (index % 251) as u8));
    }
    let mut told = bytes.clone();
    ranks.broadcast(0, &mut told);
    assert!(told == bytes[..length as usize]);
    let mut blocks = vec![length as usize / size; size];
    blocks[0] += 11;
    let values: Vec<i64> = (0..blocks.iter().sum::<usize>() as i64).collect();
    let mut own = vec![0; blocks[ranks.rank()]];
    ranks.reduce_scatter_sum(&values, &blocks, &mut own);
    let begin: usize = blocks[..ranks.rank()].iter().sum();
    assert!(own.into_iter().enumerate().all(|(index, sum)| sum == ((begin + index) * size) as i64));
}
