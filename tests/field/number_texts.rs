//! Numbers as people write them: decimal commas, thousands, currencies, percentages.

use crate::util::{Run, Tree, sapwood};

fn train(tree: &Tree, file: &str, more: &[&str]) -> Run {
    let (data, model) = (tree.text(file), tree.text("m"));
    let args = ["train", "--train", &data, "--model-out", &model, "num_round=3", "objective=binary:logistic"];
    sapwood(args.iter().chain(more))
}

fn rows(header: &str, row: impl Fn(usize) -> String) -> String {
    format!("{header}{}", (0..60).map(|i| format!("{}\n", row(i))).collect::<String>())
}

#[test]
fn readr_799_decimal_commas_are_asked_for_and_read() {
    let tree = Tree::new();
    for (name, header, delimiter) in
        [("c.csv", "", ';'), ("h.csv", "y;a;b\n", ';'), ("t.csv", "", '\t'), ("w.csv", "", ' '), ("q.csv", "y,a,b\n", ',')]
    {
        let cell =
            |whole: usize, part: usize| if delimiter == ',' { format!("\"{whole},{part}\"") } else { format!("{whole},{part}") };
        tree.write(name, rows(header, |i| [(i % 2).to_string(), cell(i % 2, 5), cell(i % 7, 25)].join(&delimiter.to_string())));
        train(&tree, name, &[]).user_error(&["decimal comma in a column", name, "decimal=,"]);
        train(&tree, name, &["decimal=,"]).ok();
        let plain = tree.read(name).replace("\",", "\"\t").replace(',', ".");
        tree.write("plain.csv", plain.replace("\"\t", "\",").replace("y.a.b", "y,a,b").replace(".\"", ",\""));
        train(&tree, "plain.csv", &[]).ok();
    }
}

#[test]
fn readr_799_the_decimal_mark_is_remembered() {
    let tree = Tree::new();
    tree.write("h.csv", rows("y;a\n", |i| format!("{};{},{}", i % 2, i % 2, i % 5)));
    train(&tree, "h.csv", &["decimal=,"]).ok();
    let scored = |text: &str, more: &[&str]| {
        tree.write("r.csv", text);
        let (data, model) = (tree.text("r.csv"), tree.text("m"));
        sapwood(["predict", "--model", &model, "--data", &data].iter().chain(more))
    };
    let comma = scored("a\n\"0,5\"\n\"1,5\"\n", &[]).ok().stdout;
    assert_eq!(comma.lines().count(), 2);
    assert_eq!(scored("a\n0.5\n1.5\n", &["decimal=."]).ok().stdout, comma);
    scored("a\n0.5\n1.5\n", &[]).user_error(&["text in a column of numbers"]);
}

/// Writes a number down.
type Form = fn(usize) -> String;

#[test]
fn pandas_22584_thousands_currencies_and_percentages_are_no_categories() {
    let tree = Tree::new();
    let forms: [(&str, Form); 5] = [
        ("separators between thousands", |i| format!("\"{},{:03}.5\"", i + 1, i)),
        ("currency sign", |i| format!("${i}.50")),
        ("currency sign", |i| format!("{i} €")),
        ("percentage", |i| format!("{i}%")),
        ("separators between thousands", |i| format!("\"{} {:03}\"", i + 1, i)),
    ];
    for (what, form) in forms {
        // At any share of the rows, and in every place.
        for share in [1, 2, 3, 30] {
            tree.write("m.csv", rows("y,m\n", |i| format!("{},{}", i % 2, if i % share == 0 { form(i) } else { i.to_string() })));
            train(&tree, "m.csv", &[]).user_error(&["m.csv:", "(column m)", "write plain numbers"]);
        }
        tree.write("m.csv", rows("y,m\n", |i| format!("{},{}", i % 2, form(i))));
        train(&tree, "m.csv", &[]).user_error(&[what]);
        train(&tree, "m.csv", &["categorical_features=m"]).ok();
        tree.write("l.csv", rows("y,m\n", |i| format!("{},{i}", form(i % 2))));
        train(&tree, "l.csv", &[]).user_error(&["(column y)"]);
    }
    tree.write("w.csv", rows("y,m\n", |i| format!("{},{}", i % 2, ["low", "high", "none", "100%"][i % 4])));
    assert!(train(&tree, "w.csv", &[]).ok().stderr.contains("warning: percentage in a column"));
}

#[test]
fn pandas_forms_of_other_programs_are_no_categories() {
    let tree = Tree::new();
    for form in
        ["0x{}F", "{}.5D+03", "{}-", "'{}", "\"=\"\"{}\"\"\"", "\u{2212}{}", "{}\u{200b}", "{}.5x10^3", "\u{ff11}{}\u{ff12}"]
    {
        let cell = |i: usize| form.replace("{}", &(1 + i % 7).to_string());
        tree.write("m.csv", rows("y,m\n", |i| format!("{},{}", i % 2, cell(i))));
        train(&tree, "m.csv", &[]).user_error(&[
            "number in a form that is not read",
            "m.csv:2:2 (column m)",
            "plain decimal numbers",
        ]);
        train(&tree, "m.csv", &["categorical_features=m"]).ok();
    }
}

#[test]
fn pandas_numbers_of_a_unit_are_told() {
    let tree = Tree::new();
    let warned = |cell: &dyn Fn(usize) -> String| {
        tree.write("m.csv", rows("y,m\n", |i| format!("{},{}", i % 2, cell(i))));
        train(&tree, "m.csv", &[]).ok().stderr.contains("are numbers with something beside them, such as")
    };
    assert!(
        warned(&|i| format!("{}kg", i % 7))
            && warned(&|i| format!("{} months", 36 + 24 * (i % 2)))
            && warned(&|i| format!("<{}", i % 7))
    );
    assert!(!warned(&|i| format!("{}{}", i % 3, ["A", "B", "C", "D"][i % 4])) && !warned(&|i| format!("A{}", i % 7)));
    assert!(!warned(&|i| format!("{}-{}", i % 7, 9 + i % 7)));
}

#[test]
fn pandas_spellings_of_one_category_are_told() {
    let tree = Tree::new();
    tree.write("m.csv", rows("y,m\n", |i| format!("{},{}", ["no", "yes", "Yes"][i % 3], ["a", "b", "A"][i % 3])));
    let (data, model) = (tree.text("m.csv"), tree.text("m"));
    let run = sapwood(["train", "--train", &data, "--model-out", &model, "num_round=3", "objective=multi:softmax"]).ok();
    for fragment in [
        "warning: the label has texts that differ in case alone",
        "warning: column m has texts that differ in case",
        "\"Yes\", \"yes\"",
    ] {
        assert!(run.stderr.contains(fragment), "{}", run.stderr);
    }
}
