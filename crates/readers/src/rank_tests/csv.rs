//! CSV on several ranks.

use super::*;
use crate::params::Header;
use proptest::prelude::*;
use std::io::Write;

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
