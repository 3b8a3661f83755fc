//! Text in other encodings, lines that end otherwise, and files of other formats.

use crate::util::{Run, Tree, sapwood};

fn train(tree: &Tree, file: &str) -> Run {
    sapwood(["train", "--train", &tree.text(file), "--model-out", &tree.text("m"), "num_round=1"])
}

#[test]
fn polars_266_text_that_is_not_utf8_is_refused_with_its_place() {
    let tree = Tree::new();
    let rows: String = (0..60).map(|i| format!("{},{}\n", i % 2, i % 2)).collect();
    tree.write("l.csv", [b"y,\xe9\n", rows.as_bytes()].concat());
    train(&tree, "l.csv").user_error(&["text that is not UTF-8: ", "l.csv:1:2: \\xe9", "iconv"]);
    tree.write("c.csv", [b"y,a\n", rows.as_bytes(), b"1,caf\xe9\n"].concat());
    train(&tree, "c.csv").user_error(&["text that is not UTF-8: ", "c.csv:62:2 (column a)", "caf\\\\xe9"]);
    tree.write("u.csv", format!("y,é\n{rows}"));
    train(&tree, "u.csv").ok();
    let data = tree.write("r.csv", b"\xfc\n1\n").display().to_string();
    sapwood(["predict", "--model", &tree.text("m"), "--data", &data]).user_error(&["text that is not UTF-8: ", "r.csv:1:1"]);
}

#[test]
fn container_33_lone_carriage_returns_are_refused() {
    let tree = Tree::new();
    tree.write("cr.csv", (0..60).map(|i| format!("{},{}\r", i % 2, i)).collect::<String>());
    train(&tree, "cr.csv").user_error(&["a carriage return without a line feed ends a line: ", "cr.csv:1", "tr "]);
    tree.write("mixed.csv", (0..60).map(|i| format!("{},{}{}", i % 2, i, ["\n", "\r\n", "\r"][i % 3])).collect::<String>());
    train(&tree, "mixed.csv").user_error(&["a carriage return without a line feed", "mixed.csv:3"]);
    tree.write("cr.libsvm", (0..60).map(|i| format!("{} 1:{}\r", i % 2, i)).collect::<String>());
    train(&tree, "cr.libsvm").user_error(&["a carriage return without a line feed"]);
    tree.write("crlf.csv", (0..60).map(|i| format!("{},{}\r\n", i % 2, i)).collect::<String>());
    train(&tree, "crlf.csv").ok();
}

#[test]
fn files_of_other_formats_are_refused_by_name() {
    let tree = Tree::new();
    for (bytes, what) in [
        (&b"@relation iris\n@attribute a numeric\n@data\n1,2\n"[..], "ARFF"),
        (b"<?xml version=\"1.0\"?><rows><row>1</row></rows>", "XML"),
        (b"<!DOCTYPE html><html><body>Sign in</body></html>", "HTML"),
        (b"PK\x03\x04\x14\0\x06\0\x08\0\0\0", "xlsx"),
        (b"\x80\x04\x95\x10\0\0\0\0\0\0\0\x8c\x08", "pickle"),
        (b"ORC\x0a\x0b\0\x01\0", "ORC"),
        (b"Obj\x01\x04\x14avro", "Avro"),
        (b"\x93NUMPY\x01\0v\0{'descr': '<f8'}", "NumPy"),
        (b"ARROW1\0\0\xff\xff\xff\xff", "Arrow"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n", "Git LFS"),
    ] {
        tree.write("x.csv", bytes);
        train(&tree, "x.csv").user_error(&[what, "x.csv"]);
    }
}

#[test]
fn columns_that_are_aligned_with_blanks_are_read() {
    let tree = Tree::new();
    tree.write("a.txt", (0..60).map(|i| format!("{:>3} {:>8.2}   {:>5}\n", i % 2, i as f64 / 7.0, i)).collect::<String>());
    assert!(train(&tree, "a.txt").ok().stderr.contains("60 rows and 2 columns"));
}

#[test]
fn quotes_escaped_by_backslashes_are_refused() {
    let tree = Tree::new();
    let rows: String = (0..60).map(|i| format!("{},\"a{}\"\n", i % 2, i % 2)).collect();
    for cell in ["\"say \\\"hi\\\" to\"", "\"say \\\"hi, there\\\" to\""] {
        tree.write("e.csv", format!("{rows}1,{cell}\n"));
        train(&tree, "e.csv").user_error(&["a backslash in front of a quote inside quotes: ", "e.csv:61", "twice"]);
    }
}

#[test]
fn names_that_look_alike_are_shown_by_their_code_points() {
    let tree = Tree::new();
    tree.write("n.csv", (0..60).fold("y,caf\u{e9}\n".to_string(), |text, i| text + &format!("{},{}\n", i % 2, i % 2)));
    train(&tree, "n.csv").ok();
    let data = tree.write("r.csv", "cafe\u{301}\n1\n").display().to_string();
    sapwood(["predict", "--model", &tree.text("m"), "--data", &data, "header=true"])
        .user_error(&["missing columns: ", "caf\\u{e9} is not cafe\\u{301}"]);
}

#[test]
fn labels_that_read_as_missing_say_why() {
    let tree = Tree::new();
    tree.write("l.csv", (0..60).fold("y,a\n".to_string(), |text, i| text + &format!("{},{}\n", ["None", "some"][i % 2], i % 2)));
    train(&tree, "l.csv").user_error(&["missing label: ", "l.csv:2:1", "missing_values"]);
}
