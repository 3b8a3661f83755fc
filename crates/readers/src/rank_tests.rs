//! Any number of ranks reads the data set that one host does: the same columns, classes and warnings, its rows in order, its errors.

use super::load::{Expected, matching_on, training_on};
use super::ranks::{RankFiles, Ranks};
use super::reader::Limits;
use super::recordio::{self, Features, Record};
use super::roles::tests::options;
use super::shares::Shares;
use super::{Block, Dataset, ReadOptions, Result, Source};
use crate::params::Header;
use proptest::prelude::*;
use sapwood::collective::Threads;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

const USUAL: Limits = Limits { block_bytes: 1 << 20, cache_bytes: usize::MAX, slice_rows: 1 << 20 };
const TINY: Limits = Limits { block_bytes: 48, cache_bytes: 0, slice_rows: 1 };

/// Files in a directory of their own.
struct Files(tempfile::TempDir);

impl Files {
    fn new<T: AsRef<[u8]>>(files: &[(&str, T)]) -> Self {
        let root = Self(tempfile::tempdir().unwrap());
        files.iter().for_each(|(name, bytes)| root.write(name, bytes.as_ref()));
        root
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.0.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    fn sources(&self) -> Vec<Source> {
        vec![self.0.path().to_path_buf().into()]
    }
}

/// All that a data set says of its rows, in order.
#[derive(Debug, Default, PartialEq)]
struct Rows {
    values: Vec<Vec<u64>>,
    targets: Vec<Vec<u64>>,
    places: Vec<String>,
}

/// To find where a row came from, its file is read again.
const FEW_ROWS: u64 = 130;

fn rows(data: &Dataset, all_rows: u64) -> Rows {
    let cells = Mutex::new(vec![vec![0; data.rows()]; data.schema().len()]);
    let visit = |block: &Block<'_>| {
        let mut cells = cells.lock().unwrap();
        for (feature, chunk) in &block.columns {
            (0..block.rows).for_each(|row| cells[*feature][block.first_row + row] = chunk.get(row).to_bits());
        }
        Ok(())
    };
    data.source().visit(&visit).unwrap();
    let bits = |values: Option<&[f64]>| values.map_or_else(Vec::new, |values| values.iter().map(|x| x.to_bits()).collect());
    let targets = data.targets();
    let bounds = targets.label_bounds();
    let mut all = vec![bits(data.weights()), bits(data.base_margin()), data.groups().unwrap_or(&[]).to_vec()];
    all.extend([bits(bounds.map(|(lower, _)| lower)), bits(bounds.map(|(_, upper)| upper))]);
    all.extend((0..targets.num_targets()).map(|target| bits(Some(targets.of_target(target).labels()))));
    Rows {
        values: cells.into_inner().unwrap(),
        targets: all,
        places: (0..if all_rows <= FEW_ROWS { data.rows() } else { 0 }).map(|row| data.source().locate(row)).collect(),
    }
}

fn joined(parts: Vec<Rows>) -> Rows {
    let mut parts = parts.into_iter();
    let mut all = parts.next().unwrap_or_default();
    for part in parts {
        all.values.iter_mut().zip(part.values).for_each(|(all, more)| all.extend(more));
        all.targets.iter_mut().zip(part.targets).for_each(|(all, more)| all.extend(more));
        all.places.extend(part.places);
    }
    all
}

/// What is said of a data set as a whole.
fn said(data: &Dataset) -> String {
    let targets = data.targets();
    let has = (data.labels().is_some(), data.weights().is_some(), data.groups().is_some(), data.base_margin().is_some());
    let more = (has, targets.label_bounds().is_some(), targets.num_targets());
    let texts = (data.notes(), data.warnings(), data.classes(), data.label_column(), data.reading());
    format!("{:?}\n{texts:?}\n{more:?}", data.schema())
}

type Read<'r> = &'r (dyn Fn(Ranks<'_>, Limits) -> Result<(Dataset, Shares)> + Sync);

/// Checks that ranks read what one host does; `read` reads the shares.
fn check(name: &str, read: Read<'_>) -> Vec<Shares> {
    let mut found = Vec::new();
    for limits in [USUAL, TINY] {
        let alone = read(Ranks::alone(), limits);
        let alone = alone.map(|(data, all)| (said(&data), rows(&data, all.rows()), all.rows())).map_err(|error| error.to_string());
        for size in [1, 2, 3, 5] {
            let parts = Threads::run(size, |collective| {
                let read = read(Ranks::new(collective, RankFiles::Shared), limits);
                read.map(|(data, shares)| (said(&data), rows(&data, shares.rows()), data.rows() as u64, shares))
                    .map_err(|error| error.to_string())
            });
            let Ok((whole, all, count)) = &alone else {
                for part in parts {
                    assert_eq!(part.map(|(text, ..)| text), Err(alone.as_ref().unwrap_err().clone()), "{name}: {size} ranks");
                }
                continue;
            };
            let parts: Vec<_> =
                parts.into_iter().map(|part| part.unwrap_or_else(|error| panic!("{name}: {size} ranks: {error}"))).collect();
            let shares = parts[0].3.clone();
            assert_eq!(shares.rows(), *count);
            for (rank, (text, _, rows, others)) in parts.iter().enumerate() {
                assert_eq!(text, whole, "{name}: rank {rank} of {size}");
                assert_eq!(others, &shares);
                assert_eq!(shares.hosts[rank].rows, *rows);
            }
            let ours = joined(parts.into_iter().map(|(_, rows, ..)| rows).collect());
            assert_eq!(&ours, all, "{name}: {size} ranks");
            let read: u64 = shares.hosts.iter().map(|share| share.bytes).sum();
            assert_eq!(shares.bytes, read, "{name}: {size} ranks");
            found.push(shares);
        }
    }
    found
}

/// Checks training data, and the same as data that are to fit the schema.
fn check_files(name: &str, files: &Files, options: &ReadOptions) -> Vec<Shares> {
    let sources = files.sources();
    let shares = check(name, &|ranks, limits| training_on(&sources, options, ranks, limits));
    let Ok((model, _)) = training_on(&sources, options, Ranks::alone(), USUAL) else { return shares };
    let expected = Expected { schema: model.schema(), classes: model.classes(), needs_labels: true };
    check(&format!("{name}, matching"), &|ranks, limits| matching_on(&sources, options, expected, ranks, limits));
    shares
}

fn check_text(name: &str, text: impl AsRef<[u8]>) -> Vec<Shares> {
    check_files(name, &Files::new(&[("a", text)]), &options())
}

#[test]
fn one_csv_file() {
    let body: String =
        (0..300).map(|i| format!("{},{},{}\n", i % 3, f64::from(i) * 0.1, ["p", "q", "r s"][i as usize % 3])).collect();
    let shares = check_text("rows", &body);
    assert!(shares[1].hosts.iter().all(|share| (143..=157).contains(&share.rows)), "{:?}", shares[1]);
    check_text("a header", format!("y,x,t\n{body}"));
    check_text("CRLF", format!("y,x,t\n{body}").replace('\n', "\r\n"));
    check_text("a mark and a header", format!("\u{feff}y,x,t\n{body}"));
    check_text("no line end", body.trim_end());
    check_text("blank lines", body.replace("\n1,", "\n\n  \n1,"));
    check_text("few rows", "1,2\n0,3\n");
    check_text("one row", "1,2\n");
    check_text("classes", (0..90).map(|i| format!("{},{i}\n", ["cat", "dog", "5"][i % 3])).collect::<String>());
    check_text("truth", (0..90).map(|i| format!("{},{}\n", i % 2 == 0, i % 7 == 0)).collect::<String>());
    check_text(
        "one class at the end",
        (0..90).map(|i| format!("{},{i}\n", if i < 88 { "cat" } else { "dog" })).collect::<String>(),
    );
    let late = (0..200).map(|i| format!("1,{}\n", if i < 90 { i.to_string() } else { format!("w{}", i % 90) }));
    check_text("text comes late", late.collect::<String>());
    check_text("dates", (0..80).map(|i| format!("{},2024-01-{:02}\n", i % 2, 1 + i % 28)).collect::<String>());
    check_text("packed dates", (0..80).map(|i| format!("{},202401{:02}\n", i % 2, 1 + i % 28)).collect::<String>());
    check_text(
        "packed dates but one",
        (0..80).map(|i| format!("{},202401{:02}\n", i % 2, if i == 77 { 99 } else { 10 })).collect::<String>(),
    );
    check_text("identifiers", (0..80).map(|i| format!("{},id{i},{}\n", i % 2, i % 5)).collect::<String>());
    check_text(
        "spellings",
        (0..80)
            .map(|i| {
                format!(
                    "{},{}\n",
                    i % 2,
                    if i == 3 {
                        "Red"
                    } else if i == 70 {
                        "red"
                    } else {
                        "blue"
                    }
                )
            })
            .collect::<String>(),
    );
}

#[test]
fn cells_in_quotes() {
    let cell = |i: usize| match i % 5 {
        0 => "\"two\nlines\"".to_string(),
        1 => "\"a \"\"quoted\"\" word,\nand more\n\"".to_string(),
        2 => "plain".to_string(),
        3 => "\"\"".to_string(),
        _ => format!("\"{}\"", "long\n".repeat(i % 40)),
    };
    let body: String = (0..200).map(|i| format!("{},{},{}\n", i % 3, cell(i), i)).collect();
    check_text("quotes", &body);
    check_text("quotes and a header", format!("y,\"a\nb\",x\n{body}"));
    // Nothing tells for long that it is in quotes.
    let long: String = (0..5).map(|i| format!("{},\"{}\",{i}\n", i % 2, "1,2,3\n".repeat(2000))).collect();
    check_text("long cells that look like rows", &long);
    let mut mixed: String = (0..2000).map(|i| format!("{},{},{i}\n", i % 2, i % 9)).collect();
    mixed += &format!("1,\"{}\",5\n", "0,7,1\n".repeat(3000));
    mixed += &(0..2000).map(|i| format!("{},{},{i}\n", i % 2, i % 9)).collect::<String>();
    check_files(
        "a long cell in the middle",
        &Files::new(&[("a", mixed)]),
        &ReadOptions { categorical: vec!["1".into()], ..options() },
    );
}

#[test]
fn one_column_and_blank_lines() {
    let text: String = (0..120).map(|i| if i % 4 == 1 || i > 110 { "\n".to_string() } else { format!("{}\n", i % 3) }).collect();
    let files = Files::new(&[("a", &text)]);
    let schema = crate::FeatureSchema::numeric(1);
    let expected = Expected { schema: &schema, classes: None, needs_labels: false };
    let sources = files.sources();
    check("one column", &|ranks, limits| matching_on(&sources, &options(), expected, ranks, limits));
}

#[test]
fn many_files() {
    let body = |from: usize, to: usize| (from..to).map(|i| format!("{},{},t{}\n", i % 2, i * 7 % 100, i % 6)).collect::<String>();
    let with_header = |from, to| format!("y,x,t\n{}", body(from, to));
    let files = [
        ("a.csv", with_header(0, 3)),
        ("b.csv", with_header(3, 200)),
        ("c/d.csv", with_header(200, 201)),
        ("e.csv", "y,x,t\n".into()),
    ];
    check_files("uneven files", &Files::new(&files), &options());
    let empty = [("a.csv", String::new()), ("b.csv", with_header(3, 20)), ("c.csv", "\n".into()), ("d.csv", with_header(20, 40))];
    check_files("empty files", &Files::new(&empty), &options());
    let files = Files::new(&[("a", body(0, 10)), ("b", body(10, 12))]);
    check_files("no header", &files, &options());
    let disagree = [("a.csv", with_header(0, 30)), ("b.csv", with_header(0, 30).replace("y,x,t", "y,x,z"))];
    check_files("names that differ", &Files::new(&disagree), &options());
    let kinds = [("a.csv", body(0, 30)), ("b.svm", "1 1:2\n".repeat(9))];
    check_files("formats that differ", &Files::new(&kinds), &options());
    let widths = [("a.csv", body(0, 30)), ("b.csv", body(0, 30)), ("c.csv", "1,2\n".repeat(9)), ("d.csv", "1,2\n".repeat(9))];
    check_files("widths that differ", &Files::new(&widths), &options());
    check_files("only headers", &Files::new(&[("a", "y,x\n"), ("b", "y,x\n")]), &ReadOptions { header: Header::Yes, ..options() });
    check_files("nothing", &Files::new(&[("a", ""), ("b", "")]), &options());
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn compressed_files_go_whole_to_one_rank() {
    let body = |from: usize, to: usize| (from..to).map(|i| format!("{},{},t{}\n", i % 2, i * 7 % 100, i % 6)).collect::<String>();
    let zstd = zstd::encode_all(body(400, 450).as_bytes(), 1).unwrap();
    let files = Files::new(&[("a.gz", gzip(&body(0, 400))), ("b.zst", zstd), ("c", body(450, 460).into_bytes())]);
    let shares = check_files("packed", &files, &options());
    assert!(shares[1].notes[0].contains("a.gz goes whole to one host"), "{:?}", shares[1]);
    check_files("one packed file", &Files::new(&[("a.gz", gzip(&body(0, 400)))]), &options());
}

#[test]
fn columns_with_parts() {
    let body: String =
        (0..200).map(|i| format!("{},{},{},{},{}\n", i % 2, i % 5, f64::from(i) * 0.5, i / 10, f64::from(i) / 3.0)).collect();
    let text = format!("y,w,m,q,x\n{body}");
    let files = Files::new(&[("a", &text)]);
    let parts = ReadOptions { weight: Some("w".into()), base_margin: Some("m".into()), label: Some("y".into()), ..options() };
    check_files("weights and margins", &files, &parts);
    let bounds = ReadOptions { label_lower_bound: Some("m".into()), label_upper_bound: Some("u".into()), ..options() };
    let body: String =
        (0..100).map(|i| format!("{},{},{}\n", i, if i % 3 == 0 { "inf".into() } else { (i + 5).to_string() }, i % 7)).collect();
    check_files("bounds", &Files::new(&[("a", format!("m,u,x\n{body}"))]), &bounds);
    let two = ReadOptions { label: Some("a,b".into()), ..options() };
    let body: String = (0..100).map(|i| format!("{},{},{}\n", i, i * 2, i % 7)).collect();
    check_files("two targets", &Files::new(&[("a", format!("a,b,x\n{body}"))]), &two);
}

#[test]
fn errors_are_those_of_the_whole_file() {
    let rows = |n: usize| "1,2,3\n0,\"5\n\",7\n".repeat(n);
    let plain = |n: usize| "1,2,3\n0,5,7\n".repeat(n);
    for (name, bad) in
        [("ragged", "1,2\n"), ("infinite", "1,2,inf\n"), ("quote", "1,2,\"3\n"), ("text", "1,2,x\n"), ("bytes", "1,2,\u{e9}\n")]
    {
        for (before, after) in [(0, 100), (20, 100), (70, 30), (100, 1), (100, 0)] {
            check_text(&format!("{name} behind {before}"), rows(before.max(1)) + bad + &rows(after));
            check_text(&format!("{name} behind {before} plain rows"), plain(before.max(1)) + bad + &plain(after) + bad);
        }
    }
    check_text("dressed", "1,$1.50\n0,$2\n".repeat(60));
    check_text("two strays", plain(60) + "1,x,3\n" + &plain(10) + "0,x,y\n");
    check_text("missing label", plain(60) + ",2,3\n" + &plain(10));
    check_text("libsvm", "1 1:2 2:3\n0 2:2\n".repeat(60) + "0 1:x\n" + &"1 1:2\n".repeat(50));
    let files = Files::new(&[("a", plain(50)), ("b", plain(9) + "1,2\n"), ("c", plain(20) + "1\n")]);
    check_files("two bad files", &files, &options());
    let known = crate::FeatureSchema::numeric(1);
    let classes = ["a".to_string(), "b".to_string()];
    let expected = Expected { schema: &known, classes: Some(&classes), needs_labels: true };
    let files = Files::new(&[("a", "a,1\nb,2\n".repeat(40) + "c,1\n" + &"a,3\n".repeat(9) + "d,1\n")]);
    check("unknown class", &|ranks, limits| matching_on(&files.sources(), &options(), expected, ranks, limits));
}

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

fn records(rows: impl IntoIterator<Item = Features>) -> Vec<u8> {
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

fn parquet(rows: std::ops::Range<usize>, group_rows: usize) -> Vec<u8> {
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

#[test]
fn ranks_with_files_of_their_own() {
    let body = |from: usize, to: usize| (from..to).map(|i| format!("{},{},t{}\n", i % 2, i * 7 % 100, i / 20)).collect::<String>();
    type Make<'a> = &'a dyn Fn(usize, usize) -> Vec<u8>;
    let formats: [(&str, Make<'_>); 3] = [
        ("CSV", &|from, to| body(from, to).into_bytes()),
        ("Parquet", &|from, to| parquet(from..to, 30)),
        ("libsvm", &|from, to| (from..to).map(|i| format!("{} {}:2\n", i % 2, 1 + i / 10)).collect::<String>().into_bytes()),
    ];
    for (name, make) in formats {
        // The second rank has nothing.
        let hosts =
            [Files::new(&[("a", make(0, 30)), ("b", make(30, 80))]), Files::new::<&[u8]>(&[]), Files::new(&[("c", make(80, 400))])];
        let order: Vec<Source> =
            [(0, "a"), (0, "b"), (2, "c")].map(|(host, file): (usize, &str)| hosts[host].0.path().join(file).into()).into();
        let (alone, _) = training_on(&order, &options(), Ranks::alone(), USUAL).unwrap();
        let parts = Threads::run(3, |collective| {
            let ranks = Ranks::new(collective, RankFiles::Own);
            let (data, shares) = training_on(&hosts[ranks.rank()].sources(), &options(), ranks, TINY).unwrap();
            assert_eq!((shares.files, shares.hosts[1].rows, shares.rows()), (3, 0, 400));
            (said(&data), rows(&data, 400))
        });
        assert!(parts.iter().all(|(text, _)| *text == said(&alone)), "{name}: {} {}", parts[1].0, said(&alone));
        assert_eq!(joined(parts.into_iter().map(|(_, rows)| rows).collect()), rows(&alone, 400), "{name}");
    }
}

/// The errors of three ranks, each with files of its own.
fn refusal(hosts: &[Files], files: RankFiles) -> String {
    let errors = Threads::run(hosts.len(), |collective| {
        let ranks = Ranks::new(collective, files);
        training_on(&hosts[ranks.rank()].sources(), &options(), ranks, USUAL).map(drop).unwrap_err().to_string()
    });
    assert!(errors.iter().all(|error| *error == errors[0]), "{errors:?}");
    errors.into_iter().next().unwrap()
}

#[test]
fn hosts_that_see_other_data_than_was_said_are_refused() {
    let files = |files: &[(&str, &str)]| Files::new(files);
    let (a, b) = (("a", "1,2\n0,3\n"), ("b", "1,4\n0,5\n"));
    assert!(refusal(&[files(&[a, b]), files(&[a])], RankFiles::Shared).contains("b is on host 0 and not on host 1"));
    assert!(refusal(&[files(&[a]), files(&[a, b])], RankFiles::Shared).contains("b is on host 1 and not on host 0"));
    assert!(refusal(&[files(&[a]), files(&[b])], RankFiles::Shared).contains("no file in common"));
    assert!(
        refusal(&[files(&[a]), files(&[("a", "1,2\n0,33\n")])], RankFiles::Shared)
            .contains("a has 8 bytes on host 0 and 9 on host 1")
    );
    assert!(refusal(&[files(&[a]), files(&[("a", "1,2\n0,4\n")])], RankFiles::Shared).contains("a has other content on host 1"));
    assert!(
        refusal(&[files(&[a]), files(&[b]), files(&[a])], RankFiles::Own)
            .contains("the same file is on several hosts: a (host 0, host 2)")
    );
    assert!(refusal(&[files(&[a]), files(&[("b", "1\n0\n")])], RankFiles::Own).contains("files disagree"));
    let bad = refusal(&[files(&[a]), files(&[("b", "1,2\n0,inf\n")])], RankFiles::Own);
    assert!(bad.starts_with("host 1: infinite value"), "{bad}");
    assert!(refusal(&[files(&[]), files(&[])], RankFiles::Own).contains("no data in"));
}

#[test]
fn every_byte_is_read_once() {
    let text: String = (0..150_000).map(|i| format!("{},{},{}\n", i % 2, f64::from(i) * 0.1, i % 100)).collect();
    let beginning = |rows: usize| text.split_inclusive('\n').take(rows).collect::<String>();
    let parquet = parquet(0..100_000, 10_000);
    let sets = [
        Files::new(&[("a", &text), ("b", &text)]),
        Files::new(&[("a", beginning(9000)), ("b", beginning(5000))]),
        Files::new(&[("a.parquet", &parquet), ("b.parquet", &parquet)]),
    ];
    for files in sets {
        let meters = Threads::run(4, |collective| {
            let options = ReadOptions { meter: crate::Meter::default(), ..options() };
            let (data, shares) =
                training_on(&files.sources(), &options, Ranks::new(collective, RankFiles::Shared), Limits::default()).unwrap();
            (0..2).for_each(|_| drop(rows(&data, u64::MAX)));
            (options.meter.stats().bytes_read, shares.bytes)
        });
        let (read, bytes) = (meters.iter().map(|(read, _)| read).sum::<u64>(), meters[0].1);
        assert!(read * 100 >= bytes * 85 && read * 100 <= bytes * 105, "{meters:?}");
    }
}

/// All data sets of a few MB that are there, where somebody has fetched them.
#[test]
fn real_data() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../datasets/data");
    let listed = |directory: PathBuf| std::fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.path());
    let is_data =
        |path: &PathBuf| path.extension().is_some_and(|end| ["csv", "parquet", "libsvm"].iter().any(|known| end == *known));
    let is_small = |path: &PathBuf| path.metadata().is_ok_and(|facts| facts.len() < 6 << 20);
    for path in listed(root).flat_map(listed).filter(|path| is_data(path) && is_small(path)) {
        let sources: Vec<Source> = vec![path.clone().into()];
        let alone = training_on(&sources, &options(), Ranks::alone(), Limits::default());
        let parts = Threads::run(3, |collective| {
            let options = ReadOptions { meter: crate::Meter::default(), ..options() };
            let read = training_on(&sources, &options, Ranks::new(collective, RankFiles::Shared), Limits::default());
            let read = read.map_err(|error| error.to_string());
            read.map(|(data, shares)| (said(&data), values_of(&data), shares, options.meter.stats().bytes_read))
        });
        match alone {
            Err(error) => assert!(parts.iter().all(|part| part.as_ref().err() == Some(&error.to_string())), "{path:?}: {error}"),
            Ok((data, _)) => {
                let parts: Vec<_> = parts.into_iter().map(Result::unwrap).collect();
                assert!(parts.iter().all(|(text, ..)| *text == said(&data)), "{path:?}");
                let read: u64 = parts.iter().map(|part| part.3).sum();
                println!("{path:?}: {} with {read} bytes read", parts[0].2);
                assert!(joined(parts.into_iter().map(|(_, rows, ..)| rows).collect()) == values_of(&data), "{path:?}");
            }
        }
    }
}

/// Trained models do not tell how many ranks read the data.
#[test]
fn models_are_those_of_one_host() {
    use sapwood::{Objective, Params};
    let row = |i: usize| {
        let (a, b) = (i * 7919 % 1000, i * 104_729 % 97);
        format!(
            "{},{a},\"{}\n{}\",{},{}\n",
            usize::from(a + 5 * b > 700),
            b % 13,
            b % 3,
            i % 4,
            if b == 7 { String::new() } else { b.to_string() }
        )
    };
    let text = format!("y,a,t,w,b\n{}", (0..3000).map(row).collect::<String>());
    let files = Files::new(&[("a.csv", &text), ("b.csv", &format!("y,a,t,w,b\n{}", row(77)))]);
    let read = ReadOptions { weight: Some("w".into()), label: Some("y".into()), ..options() };
    let params =
        Params::builder().num_round(8).max_leaves(12).objective(Objective::BinaryLogistic).subsample(0.7).colsample_bytree(0.8);
    let params = params.nthread(1).build().unwrap();
    let model = |collective: &dyn sapwood::collective::Collective| {
        let (data, _) = training_on(&files.sources(), &read, Ranks::new(collective, RankFiles::Shared), USUAL).unwrap();
        let trainer = sapwood::Trainer::new(params.clone()).collective(collective).validation("validation", &data);
        let trained = trainer.fit_observed(&data, &mut ()).unwrap();
        (trained.model.to_bytes().unwrap(), trained.history)
    };
    let alone = model(&sapwood::collective::Solo);
    for size in [2, 3, 5] {
        assert!(Threads::run(size, model).into_iter().all(|other| other == alone), "{size} ranks");
    }
}

/// The rows without their places, which take long to find.
fn values_of(data: &Dataset) -> Rows {
    rows(data, u64::MAX)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn random_csv(
        rows in prop::collection::vec(
            (0u8..3, prop::option::of(-9f64..9.0), prop_oneof!["[a-c]{1,3}", "\"([a-c,\n]|\"\"){0,9}\"", Just("\"x\ny,\"".to_string())]),
            1..60,
        ),
    ) {
        let row = |(y, x, t): &(u8, Option<f64>, String)| format!("{y},{},{t}\n", x.map_or(String::new(), |x| x.to_string()));
        let text: String = rows.iter().map(row).collect();
        let given = ReadOptions { header: Header::No, categorical: vec!["2".into()], delimiter: Some(b','), ..options() };
        check_files("random", &Files::new(&[("a", text)]), &given);
    }
}
