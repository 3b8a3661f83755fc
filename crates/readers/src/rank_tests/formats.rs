//! Other formats, and query groups, on several ranks.

use super::*;
use crate::recordio::{self, Features, Record};

#[test]
fn libsvm_files() {
    let body: String =
        (0..100).map(|i| format!("{} {}:{} {}:1.5 # {i}\n\n", i % 2, 1 + i % 7, f64::from(i) * 0.3, 9 + i % 5)).collect();
    let shares = check_text("sparse rows", &body);
    assert!(shares[2].hosts.iter().all(|share| share.rows > 25), "{:?}", shares[2]);
    check_text("an index 0 at the end", body.clone() + "1 0:3\n");
    check_text("a weight at the end", body.clone() + "1:0.5 1:3\n");
    check_text("a high index at the end", body.clone() + "1 77:3\n");
    check_text("groups", (0..100).map(|i| format!("{} qid:{} 1:{i}\n", i % 2, i)).collect::<String>());
    check_text("groups and none", "1 1:2\n0 2:2\n".repeat(60) + &"0 qid:3 1:2\n".repeat(60));
    check_files("two files", &Files::new(&[("a", body.clone()), ("b", "1 3:4\n".into())]), &options());
}

pub(super) fn records(rows: impl IntoIterator<Item = Features>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (i, features) in rows.into_iter().enumerate() {
        recordio::encode(&Record { features, label: Some((i % 3) as f64) }, &mut bytes).unwrap();
    }
    bytes
}

#[test]
fn recordio_files() {
    let dense = |i: u32| Features::Dense(vec![f64::from(i) * 0.3, f64::from(i % 4)]);
    let shares = check_text("dense", records((0..90).map(dense)));
    assert!(shares[2].hosts.iter().all(|share| share.rows > 25), "{:?}", shares[2]);
    let sparse = |i: u32| Features::Sparse { keys: vec![i % 7, 7 + i % 5], values: vec![f64::from(i) * 0.3, 1.5], width: None };
    check_text("sparse", records((0..90).map(sparse)));
    let mixed = |i: u32| if i < 80 { Features::Dense(vec![f64::from(i); 12]) } else { sparse(i) };
    check_text("sparse ones at the end", records((0..90).map(mixed)));
    check_text("widths that differ", records((0..90).map(|i| Features::Dense(vec![1.0; if i == 70 { 3 } else { 2 }]))));
    let mut broken = records((0..90).map(dense));
    broken.truncate(broken.len() - 5);
    check_text("truncated", broken);
    // What looks like a frame in the middle of a record.
    let inner: Vec<u8> = records((0..6).map(dense));
    let doubles = |i: u32| {
        let words = inner.chunks_exact(8).map(|bytes| f64::from_le_bytes(bytes.try_into().unwrap()));
        let values: Vec<_> = words.filter(|x| x.is_finite()).chain([f64::from(i)]).collect();
        Features::Dense(values)
    };
    check_text("records in records", records((0..60).map(doubles)));
}

pub(super) fn parquet(rows: std::ops::Range<usize>, group_rows: usize) -> Vec<u8> {
    let column = |of: fn(usize) -> f64| rows.clone().map(of).collect::<Vec<_>>();
    let texts: Vec<_> = rows.clone().map(|i| format!("t{}", i / 40)).collect();
    let days: Vec<_> = rows.clone().map(|i| 20_240_101 + i as i64 % 28).collect();
    let labels: Vec<_> = rows.clone().map(|i| ["no", "yes", "unknown"][if i > 390 { 2 } else { i % 2 }]).collect();
    let weights = column(|i| (i % 3) as f64);
    let mut frame =
        polars::prelude::df!["y" => labels, "x" => column(|i| i as f64 * 0.1), "t" => texts, "d" => days, "w" => weights].unwrap();
    let mut bytes = Vec::new();
    polars::prelude::ParquetWriter::new(&mut bytes).with_row_group_size(Some(group_rows)).finish(&mut frame).unwrap();
    bytes
}

#[test]
fn parquet_files() {
    let one = Files::new(&[("a.parquet", parquet(0..400, 20))]);
    let shares = check_files("one file", &one, &options());
    assert!(shares[1].hosts.iter().all(|share| share.rows >= 160), "{:?}", shares[1]);
    let parts = ReadOptions { weight: Some("w".into()), ..options() };
    check_files("weights", &one, &parts);
    let many = [
        ("year=1/a.parquet", parquet(0..30, 7)),
        ("year=2/b.parquet", parquet(30..300, 50)),
        ("year=3/c.parquet", parquet(300..400, 400)),
    ];
    check_files("many files", &Files::new(&many), &options());
    let shares = check_files("one row group", &Files::new(&[("a.parquet", parquet(0..400, 400))]), &options());
    assert!(shares[1].notes[0].contains("has one row group"), "{:?}", shares[1]);
    let damaged = [("a.parquet", parquet(0..100, 20)), ("b.parquet", b"PAR1nothing".to_vec())];
    check_files("a damaged file", &Files::new(&damaged), &options());
}

#[test]
fn query_groups_stay_whole() {
    let groups = |q: &dyn Fn(usize) -> String| (0..300).map(|i| format!("{},{},{}\n", i % 3, q(i), i % 7)).collect::<String>();
    let grouped = ReadOptions { group: Some("q".into()), label: Some("y".into()), ..options() };
    for (name, text) in [("numbers", groups(&|i| (i / 11).to_string())), ("texts", groups(&|i| format!("query {}", i / 11)))] {
        check_files(name, &Files::new(&[("a", format!("y,q,x\n{text}"))]), &grouped);
    }
    check_files("one group", &Files::new(&[("a", format!("y,q,x\n{}", groups(&|_| "7".into())))]), &grouped);
    check_text("libsvm", (0..300).map(|i| format!("{} qid:{} 1:{}\n", i % 3, i / 11, i)).collect::<String>());
    let column = |of: fn(usize) -> f64| (0..300).map(of).collect::<Vec<_>>();
    let mut frame =
        polars::prelude::df!["y" => column(|i| (i % 3) as f64), "q" => column(|i| (i / 11) as f64), "x" => column(|i| i as f64)]
            .unwrap();
    let mut bytes = Vec::new();
    polars::prelude::ParquetWriter::new(&mut bytes).with_row_group_size(Some(20)).finish(&mut frame).unwrap();
    check_files("Parquet", &Files::new(&[("a.parquet", bytes)]), &grouped);
    let apart = Files::new(&[("a", format!("y,q,x\n{}", groups(&|i| (i % 50).to_string())))]);
    let errors = Threads::run(2, |collective| {
        let ranks = Ranks::new(collective, RankFiles::Shared);
        training_on(&apart.sources(), &grouped, ranks, USUAL).map(drop).unwrap_err().to_string()
    });
    assert!(errors.iter().all(|error| error.contains("rows of one query group lie apart")), "{errors:?}");
}

#[test]
fn json_files() {
    let lines = |from: usize, to: usize| -> String {
        let line = |i: usize| match i % 4 {
            0 => format!("{{\"y\": {}, \"x\": {i}}}\n", i % 2),
            1 => format!("{{\"y\": {}, \"t\": \"t{}\"}}\n\n", i % 2, i / 9),
            _ => format!("{{\"y\": {}, \"x\": {}.5, \"t\": null}}\n", i % 2, i),
        };
        (from..to).map(line).collect()
    };
    let shares = check_text("lines", lines(0, 200));
    assert!(shares[2].hosts.iter().all(|share| share.rows > 50), "{:?}", shares[2]);
    check_text("a column at the end", lines(0, 200) + "{\"y\": 1, \"new\": true}\n");
    check_text("a column that becomes text", lines(0, 150) + &"{\"y\": 1, \"x\": \"late\"}\n".repeat(150));
    check_text("a stray", lines(0, 150) + "{\"y\": 1, \"x\": \"late\"}\n" + &lines(0, 10));
    check_text("disordered", lines(0, 150) + "{\"x\": 1, \"y\": 0}\n" + &lines(0, 10));
    check_text("lists", (0..100).map(|i| format!("[{}, {i}, \"t{}\"]\n", i % 2, i % 3)).collect::<String>());
    check_text("a short list", "[1, 2, 3]\n[0, 5, 6]\n".repeat(40) + "[1, 2]\n" + &"[1, 2, 3]\n".repeat(5));
    check_text("short lists", "[1, 2, 3]\n[0, 5, 6]\n".repeat(40) + &"[1, 2]\n[0, 1]\n".repeat(80));
    check_text("lists and objects", "[1, 2, 3]\n[0, 5, 6]\n".repeat(40) + &"{\"y\": 1}\n".repeat(80));
    check_text(
        "dates and codes",
        (0..90).map(|i| format!("{{\"y\": {}, \"d\": 202401{:02}, \"c\": \"0{i}\"}}\n", i % 2, 1 + i % 28)).collect::<String>(),
    );
    check_text("dressed", (0..90).map(|i| format!("{{\"y\": {}, \"d\": \"${i}\"}}\n", i % 2)).collect::<String>());
    check_text(
        "truth",
        (0..90).map(|i| format!("{{\"y\": {}, \"x\": {}}}\n", i % 2 == 0, if i < 70 { "1" } else { "true" })).collect::<String>(),
    );
    let document = format!("[{}]", lines(0, 40).trim_end().lines().filter(|line| !line.is_empty()).collect::<Vec<_>>().join(","));
    check_files(
        "documents",
        &Files::new(&[("a.json", document.clone()), ("b.json", document), ("c.jsonl", lines(0, 60))]),
        &options(),
    );
}
