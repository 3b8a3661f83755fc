//! Models and rows to serve, trained once for all tests.

use crate::util::{Numbers, Tree, amount, class_of_three, csv, sapwood};
use flate2::read::GzDecoder;
use std::fs::File;
use std::io::Read;
use std::sync::OnceLock;

/// `adult`: text classes, numbers, categories; `amount`: regression without names; `three`: probabilities of three classes; `best`: the
/// class of three; `raw`: margins; `sparse`: libsvm, indices from 1.
pub fn tree() -> &'static Tree {
    static TREE: OnceLock<Tree> = OnceLock::new();
    TREE.get_or_init(|| {
        let tree = Tree::lasting();
        let adult = format!("{}/../datasets/adult/train.csv.gz", env!("CARGO_MANIFEST_DIR"));
        train(&tree, "adult", &adult, &["--label", "income"], &["objective=binary:logistic", "num_round=20"]);
        tree.write("amount.csv", csv(400, 1, amount));
        tree.write("three.csv", csv(400, 1, class_of_three));
        tree.write("two.csv", csv(400, 1, |x, _| u8::from(x[0] > 0.5).to_string()));
        tree.write("sparse.libsvm", sparse(300, true));
        train(&tree, "amount", &tree.text("amount.csv"), &[], &["num_round=5"]);
        train(&tree, "three", &tree.text("three.csv"), &[], &["num_round=3", "objective=multi:softprob", "num_class=3"]);
        train(&tree, "best", &tree.text("three.csv"), &[], &["num_round=3", "objective=multi:softmax", "num_class=3"]);
        train(&tree, "raw", &tree.text("two.csv"), &[], &["num_round=3", "objective=binary:logitraw"]);
        train(&tree, "sparse", &tree.text("sparse.libsvm"), &[], &["num_round=5"]);
        tree
    })
}

/// Trains a model that is called `name`.
pub fn train(tree: &Tree, name: &str, data: &str, flags: &[&str], words: &[&str]) {
    let model = tree.text(name);
    let head = ["train", "--train", data, "--model-out", &model];
    sapwood(head.iter().chain(flags).chain(words)).ok();
}

/// Rows of libsvm text with indices from 1, with labels or without.
pub fn sparse(rows: usize, labels: bool) -> String {
    let mut numbers = Numbers::new(3);
    let row = |_| {
        let present = (1..=4).filter_map(|index| {
            let x = numbers.next();
            (numbers.next() < 0.7 || index == 1).then_some((index, x))
        });
        let present: Vec<_> = present.collect();
        let label = format!("{:.3} ", present.iter().map(|(index, x)| *index as f64 * x).sum::<f64>());
        let pairs: Vec<_> = present.iter().map(|(index, x)| format!("{index}:{x}")).collect();
        format!("{}{}\n", if labels { &label } else { "" }, pairs.join(" "))
    };
    (0..rows).map(row).collect()
}

/// What `sapwood predict` writes for a file with a model of [`tree`].
pub fn predicted(model: &str, file: &str, content: impl AsRef<[u8]>, words: &[&str]) -> String {
    predicted_with(&tree().text(model), file, content, words)
}

/// What `sapwood predict` writes for a file with the model of that path.
pub fn predicted_with(model: &str, file: &str, content: impl AsRef<[u8]>, words: &[&str]) -> String {
    let own = Tree::new();
    let data = own.write(file, content);
    let head = ["predict", "--model", model, "--data", data.to_str().unwrap()];
    sapwood(head.iter().chain(words)).ok().stdout
}

/// Names and rows of the census data without the label; some cells are blank.
pub fn census(rows: usize) -> (Vec<String>, Vec<Vec<String>>) {
    let file = format!("{}/../datasets/adult/test.csv.gz", env!("CARGO_MANIFEST_DIR"));
    let mut text = String::new();
    GzDecoder::new(File::open(file).unwrap()).read_to_string(&mut text).unwrap();
    let cells = |line: &str| line.split(',').take(14).map(String::from).collect::<Vec<_>>();
    let mut lines = text.lines();
    let names = cells(lines.next().unwrap());
    let mut numbers = Numbers::new(9);
    let mut rows: Vec<_> = lines.take(rows).map(cells).collect();
    rows.iter_mut().flatten().filter(|_| numbers.next() < 0.05).for_each(String::clear);
    (names, rows)
}

/// Rows as CSV.
pub fn to_csv(names: Option<&[String]>, rows: &[Vec<String>]) -> String {
    let lines = names.into_iter().map(|names| names.join(",")).chain(rows.iter().map(|row| row.join(",")));
    lines.map(|line| line + "\n").collect()
}

/// A cell as JSON: numbers and truth values as they stand, blanks as null.
pub fn to_json(cell: &str) -> String {
    match cell {
        "" => "null".to_string(),
        _ if cell.parse::<f64>().is_ok() || cell.parse::<bool>().is_ok() => cell.to_string(),
        _ => format!("{cell:?}"),
    }
}
