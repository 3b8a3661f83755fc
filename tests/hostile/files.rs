//! Damaged files, given to `sapwood train` and `sapwood predict`.

use super::Plan;
use super::damage::damaged;
use crate::serve::forms::Rows;
use crate::serve::models::{census, sparse, tree};
use crate::util::{Run, SAPWOOD, Tree, run, with_clean_environment};
use flate2::Compression;
use flate2::write::GzEncoder;
use sapwood_readers::recordio::{Features, Record, encode};
use std::io::Write;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The addresses that a process may take, KiB: far more than these files need, far less than they may ask for.
const ADDRESS_SPACE: usize = 2 << 20;
/// Whoever needs longer hangs.
const PATIENCE: &str = "60";

/// Runs the executable with little memory and time.
pub fn confined(args: &[&str]) -> Run {
    let script = format!("ulimit -v {ADDRESS_SPACE}; exec timeout {PATIENCE} \"$@\"");
    run(with_clean_environment(Command::new("sh"), [&["-c", &script, "sh", SAPWOOD], args].concat()))
}

/// Files of one format: their name, the model that scores them, how training finds labels, and their contents.
struct Kind {
    file: &'static str,
    model: &'static str,
    label: &'static [&'static str],
    contents: Vec<Vec<u8>>,
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Records with labels.
fn recordio(sparse: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    for row in 0..12 {
        let values: Vec<_> = (0..4).map(|at| f64::from(row * at % 5) + 0.1).collect();
        let features = match sparse {
            true => Features::Sparse { keys: vec![0, 3], values: values[..2].to_vec(), width: Some(4) },
            false => Features::Dense(values),
        };
        encode(&Record { features, label: Some(f64::from(row % 3)) }, &mut bytes).unwrap();
    }
    bytes
}

fn kinds() -> Vec<Kind> {
    let (mut names, mut cells) = census(12);
    names.push("income".into());
    cells.iter_mut().enumerate().for_each(|(at, row)| row.push(["<=50K", ">50K"][at % 2].into()));
    let rows = Rows { names, cells };
    let (csv, libsvm) = (rows.csv(true).into_bytes(), sparse(12, true).into_bytes());
    let kind = |file, model, label, contents| Kind { file, model, label, contents };
    let income: &[&str] = &["--label", "income", "objective=binary:logistic"];
    vec![
        kind("rows.csv", "adult", income, vec![csv.clone()]),
        kind(
            "plain.csv",
            "amount",
            &[],
            vec![b"0.5,1,2,3\n1,,0.25,-4e3\n7,8,9,1\n".repeat(4), b"1\t2\t3\t4\r\n5\t6\t7\t8\r\n".repeat(5)],
        ),
        kind("rows.csv.gz", "adult", income, vec![packed(&csv)]),
        kind("rows.jsonl", "adult", income, vec![rows.objects().join("\n").into_bytes()]),
        kind(
            "rows.json",
            "adult",
            income,
            vec![format!("[{}]", rows.objects().join(",\n")).into_bytes(), rows.split().into_bytes()],
        ),
        kind("rows.libsvm", "sparse", &[], vec![libsvm.clone()]),
        kind("rows.libsvm.gz", "sparse", &[], vec![packed(&libsvm)]),
        kind("rows.recordio", "sparse", &[], vec![recordio(false), recordio(true)]),
        kind("rows.parquet", "adult", income, vec![rows.parquet(), rows.shuffled().parquet()]),
    ]
}

#[test]
fn files() {
    let (kinds, plan, next) = (kinds(), Plan::of(600), AtomicUsize::new(0));
    let (read, refused) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let numbers = plan.numbers();
    let work = || {
        let own = Tree::new();
        loop {
            let number = numbers.start + next.fetch_add(1, Ordering::Relaxed);
            if number >= numbers.end {
                return;
            }
            let run = try_one(&own, &kinds[number % kinds.len()], &plan, number);
            let again = plan.again("files", number);
            match run.code {
                Some(0) => read.fetch_add(1, Ordering::Relaxed),
                Some(2) if run.stderr.contains("UserError: ") => refused.fetch_add(1, Ordering::Relaxed),
                _ => panic!("{:?}: {run:#?}\n{again}", kinds[number % kinds.len()].file),
            };
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(work);
        scope.spawn(work);
    });
    let (read, refused) = (read.into_inner(), refused.into_inner());
    let (count, formats, limit) = (numbers.len(), kinds.len(), ADDRESS_SPACE >> 10);
    println!("{count} damaged files of {formats} kinds (seed {}): {read} read, {refused} refused, within {limit} MiB", plan.seed);
    assert_eq!(read + refused, count);
    assert!(plan.only.is_some() || (read > count / 100 && refused > count / 10), "the damage is not worth its name");
}

/// Predicts and trains in turn.
fn try_one(own: &Tree, kind: &Kind, plan: &Plan, number: usize) -> Run {
    own.write(kind.file, damaged(plan.seed, number, &kind.contents));
    if (number / 7).is_multiple_of(2) { predict(own, kind) } else { train(own, kind) }
}

fn predict(own: &Tree, kind: &Kind) -> Run {
    confined(&["predict", "--model", &tree().text(kind.model), "--data", &own.text(kind.file), "--threads", "1"])
}

fn train(own: &Tree, kind: &Kind) -> Run {
    let (data, model) = (own.text(kind.file), own.text("model"));
    let head = ["train", "--train", &data, "--model-out", &model, "--threads", "1", "num_round=1"];
    confined(&[&head[..], kind.label].concat())
}

#[test]
fn undamaged_files_are_read() {
    let own = Tree::new();
    for kind in kinds() {
        for content in &kind.contents {
            own.write(kind.file, content);
            predict(&own, &kind).ok();
            train(&own, &kind).ok();
        }
    }
}
