//! Models of XGBoost and LightGBM and in ONNX in the place of Sapwood's: the commands that take a model, and a server over `/opt/ml/model`. That margins
//! are right is tested in `crates/interop`.

use crate::serve::client::Server;
use crate::serve::forms::Rows;
use crate::util::{Tree, command, run, sapwood};
use serde_json::Value;
use std::fs;
use std::path::Path;

/// A golden model of `crates/interop`, and its rows as CSV with the margins that they must have.
pub(crate) struct Golden {
    pub(crate) tree: Tree,
    margins: Vec<String>,
}

pub(crate) fn golden(name: &str) -> Golden {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/interop/tests/golden").join(name);
    let told: Value = serde_json::from_slice(&fs::read(path.with_added_extension("json")).unwrap()).unwrap();
    let lines = |key: &str| -> Vec<String> {
        let cell = |cell: &Value| if cell.is_null() { String::new() } else { cell.to_string() };
        let line = |row: &Value| row.as_array().unwrap().iter().map(cell).collect::<Vec<_>>().join(",");
        told[key].as_array().unwrap().iter().map(line).collect()
    };
    let tree = Tree::new();
    // A row of nothing but missing values would be an empty line.
    tree.write("rows.csv", lines("rows").join("\n") + "\n");
    fs::copy(path.with_added_extension("model"), tree.path("m")).unwrap();
    Golden { tree, margins: lines("margins") }
}

fn numbers(lines: &str) -> Vec<f64> {
    lines.split(['\n', ',']).filter(|cell| !cell.is_empty()).map(|cell| cell.parse().unwrap()).collect()
}

#[test]
fn commands_take_models_of_other_libraries() {
    for name in [
        "xgboost-categories-3.2.0",
        "xgboost-softprob_ubj-1.7.6",
        "xgboost-vector-3.2.0",
        "lightgbm-zero-4.7.0",
        "onnx-xgboost-1.32.0",
        "onnx-categories-1.32.0",
    ] {
        let Golden { tree, margins } = golden(name);
        let predict = |model: &str| {
            let arguments = ["predict", "--model", &tree.text(model), "--data", &tree.text("rows.csv"), "--output", "margin"];
            sapwood(arguments.into_iter().chain(["header=false"])).ok().stdout
        };
        let found = predict("m");
        assert_eq!(numbers(&found), numbers(&margins.join("\n")), "{name}");
        sapwood(["convert", &tree.text("m"), &tree.text("m.sapwood")]).ok();
        assert_eq!(predict("m.sapwood"), found, "{name}");
        let told = sapwood(["inspect", "--json", "--model", &tree.text("m")]).ok().stdout;
        let told: Value = serde_json::from_str(&told).unwrap();
        assert_eq!(told["num_features"].as_u64().or(told["schema"]["features"].as_array().map(|all| all.len() as u64)), Some(4));
    }
}

#[test]
fn models_are_written_for_xgboost_and_read_again() {
    let Golden { tree, margins } = golden("xgboost-softprob-3.2.0");
    tree.write("train.csv", (0..60).map(|row| format!("{},{}.1,{}\n", row % 2, row * row % 17, row % 5)).collect::<String>());
    for (out, flags) in [("m.json", &[][..]), ("m.ubj", &[]), ("other", &["--to", "xgboost-ubjson"])] {
        let told = sapwood([&["convert", &tree.text("m"), &tree.text(out)], flags].concat()).ok();
        assert_eq!(told.stderr, "", "{told:?}");
        let rows = tree.text("rows.csv");
        let found = sapwood(["predict", "--model", &tree.text(out), "--data", &rows, "--output", "margin", "header=false"]).ok();
        assert_eq!(numbers(&found.stdout), numbers(&margins.join("\n")), "{out}");
    }
    let convert = |model: &str, out: &str, more: &[&str]| sapwood([&["convert", model, out], more].concat());
    convert(&tree.text("m"), &tree.text("m.bin"), &[]).user_error(&["m.bin: the name says no format", "--to"]);
    convert(&tree.text("m"), &tree.text("m"), &["--to", "sapwood"]).user_error(&["/m"]);

    let (data, own) = (tree.text("train.csv"), tree.text("own.sapwood"));
    let words = ["objective=reg:squarederror", "num_round=3", "header=false", "min_child_weight=0"];
    sapwood([&["train", "--train", &data, "--label", "0", "--model-out", &own][..], &words].concat()).ok();
    convert(&own, &tree.text("own.json"), &[]).user_error(&["own.sapwood: ", "would move", "--allow-rounding"]);
    let told = convert(&own, &tree.text("own.json"), &["--allow-rounding"]).ok().stderr;
    assert!(told.contains("thresholds moved") && told.contains("leaf values rounded to four bytes"), "{told}");
    let predict =
        |model: &str| numbers(&sapwood(["predict", "--model", model, "--data", &data, "--label", "0", "header=false"]).ok().stdout);
    for (before, after) in predict(&own).into_iter().zip(predict(&tree.text("own.json"))) {
        approx::assert_relative_eq!(before, after, max_relative = 1e-5, epsilon = 1e-6);
    }
}

#[test]
fn models_are_written_as_onnx_and_read_again() {
    let tree = Tree::new();
    let colours = ["red", "green", "blue"];
    let line = |row: usize| format!("{},{}.1,{}\n", ["no", "yes"][row * row % 7 % 2], row * row % 17, colours[row % 3]);
    tree.write("train.csv", format!("y,size,colour\n{}", (0..80).map(line).collect::<String>()));
    let (data, own) = (tree.text("train.csv"), tree.text("own.sapwood"));
    let train = |words: &[&str]| sapwood([&["train", "--train", &data, "--model-out", &own][..], words].concat()).ok();
    train(&["label_column=y", "objective=binary:logistic", "num_round=5", "min_child_weight=0"]);
    let predict = |model: &str, output: &str| {
        sapwood(["predict", "--model", model, "--data", &data, "--label", "y", "--output", output]).ok().stdout
    };
    for (out, flags, note) in [("m.onnx", &[][..], "told in four bytes"), ("m5", &["--to", "onnx-v5"], "")] {
        let told = sapwood([&["convert", &own, &tree.text(out)], flags].concat()).ok();
        assert!(told.stderr.contains(note) && told.stderr.is_empty() == note.is_empty(), "{told:?}");
        for output in ["margin", "class"] {
            assert_eq!(predict(&tree.text(out), output), predict(&own, output), "{out} {output}");
        }
    }
    let model = tree.text("m.onnx");
    let contributions = ["predict", "--model", &model, "--data", &data, "--label", "y", "--output", "contributions"];
    sapwood(contributions).user_error(&["how many training rows", "--background"]);
    sapwood([&contributions[..], &["--background", &data]].concat()).ok();
    sapwood(["explain", "--model", &model, "--data", &data, "--label", "y"]).user_error(&["how many training rows"]);
}

#[test]
fn models_are_written_for_lightgbm_and_read_again() {
    let tree = Tree::new();
    let row = |row: usize| format!("{},{}.1,{},{}\n", row % 2, row * row % 17, row % 5 + 1, ["red", "blue", "green"][row % 3]);
    tree.write("train.csv", String::from("y,a b,n,colour\n") + &(0..90).map(row).collect::<String>());
    let data = tree.text("train.csv");
    let train = |name: &str, words: &[&str]| {
        let model = tree.text(name);
        let flags = ["train", "--train", &data, "--label", "y", "--model-out", &model];
        sapwood([&flags[..], &["num_round=4", "min_child_weight=0"], words].concat()).ok();
        model
    };
    let convert = |model: &str, out: &str, more: &[&str]| sapwood([&["convert", model, out], more].concat());
    tree.write("renamed.csv", tree.read("train.csv").replace("a b", "a_b"));
    let renamed = tree.text("renamed.csv");
    let predict = |model: &str, data: &str| {
        sapwood(["predict", "--model", model, "--data", data, "--label", "y", "--output", "margin"]).ok().stdout
    };
    for (name, words) in [
        ("binary", &["objective=binary:logistic"][..]),
        ("dart", &["objective=binary:logistic", "booster=dart", "rate_drop=0.5"]),
        ("classes", &["objective=multi:softprob", "num_class=2", "multi_strategy=multi_output_tree"]),
        ("poisson", &["objective=count:poisson", "num_parallel_tree=2", "subsample=0.7"]),
    ] {
        let (model, out) = (train(name, words), tree.text(&format!("{name}.txt")));
        let told = convert(&model, &out, &[]).ok().stderr;
        assert_eq!(told, "note: 1 name written with _ for spaces\n", "{name}");
        assert_eq!(predict(&model, &data), predict(&out, &renamed), "{name}");
    }
    // Linear leaves lose the limits of their values, which training rows do not reach.
    let linear = train("linear", &["objective=reg:squarederror", "linear_tree=true", "max_depth=1"]);
    let out = tree.text("linear.txt");
    convert(&linear, &out, &[]).user_error(&["would lose the limits of", "--allow-rounding"]);
    let told = convert(&linear, &out, &["--allow-rounding", "--to", "lightgbm-text"]).ok().stderr;
    assert!(told.contains("without limits of values"), "{told}");
    assert_eq!(predict(&linear, &data), predict(&out, &renamed));
    let hinge = train("hinge", &["objective=binary:hinge"]);
    convert(&hinge, &out, &[]).user_error(&["LightGBM's format cannot say it: the objective binary:hinge"]);
}

#[test]
fn trees_are_shown() {
    let Golden { tree, .. } = golden("xgboost-categories-3.2.0");
    let inspect = |more: &[&str]| sapwood([&["inspect", "--model", &tree.text("m")], more].concat());
    let text = inspect(&["--tree", "0"]).ok().stdout;
    assert!(text.starts_with("0:[") && text.contains("\n\t1:") && text.contains(",gain="), "{text}");
    let json: Value = serde_json::from_str(&inspect(&["--tree", "1", "--format", "json"]).ok().stdout).unwrap();
    assert_eq!(json["children"].as_array().map(Vec::len), Some(2));
    let all: Value = serde_json::from_str(&inspect(&["--tree", "all", "--format", "json"]).ok().stdout).unwrap();
    assert_eq!((all.as_array().map(Vec::len), &all[1]), (Some(4), &json));
    assert!(inspect(&["--tree", "0", "--format", "dot"]).ok().stdout.starts_with("digraph {"));
    assert!(inspect(&["--tree", "0", "--format", "svg"]).ok().stdout.starts_with("<svg "));
    inspect(&["--tree", "4"]).user_error(&["there is no tree 4: the model has 4 trees, counted from 0"]);
    inspect(&["--tree", "all", "--format", "svg"]).user_error(&["a picture is of one tree"]);
    inspect(&["--tree", "first"]).user_error(&["give the number of a tree"]);
}

/// The table of nodes has the columns of XGBoost's `trees_to_dataframe`, in every form the same.
#[test]
fn nodes_are_written_as_a_table() {
    let Golden { tree, .. } = golden("xgboost-categories-3.2.0");
    let write = |name: &str| {
        let out = if name == "-" { "-".to_string() } else { tree.text(name) };
        sapwood(["inspect", "--model", &tree.text("m"), "--trees-table", &out]).ok().stdout
    };
    for name in ["t.csv", "t.jsonl", "t.json", "t.parquet"] {
        assert_eq!(write(name), "");
    }
    let csv = tree.read("t.csv");
    assert_eq!(write("-"), csv);
    let mut lines = csv.lines();
    assert_eq!(lines.next().unwrap(), "Tree,Node,ID,Feature,Split,Yes,No,Missing,Gain,Cover,Category");
    let first: Vec<_> = lines.next().unwrap().splitn(11, ',').map(String::from).collect();
    assert_eq!((&first[..3], &first[5][..], &first[6][..]), (&["0", "0", "0-0"].map(String::from)[..], "0-1", "0-2"));
    let told: Value = serde_json::from_str(&sapwood(["inspect", "--json", "--model", &tree.text("m")]).ok().stdout).unwrap();
    assert_eq!(csv.lines().count() as u64, 1 + told["num_nodes"].as_u64().unwrap());
    let rows: Value = serde_json::from_str(&tree.read("t.json")).unwrap();
    assert_eq!(rows.as_array().unwrap().len(), csv.lines().count() - 1);
    assert_eq!(rows[0], serde_json::from_str::<Value>(tree.read("t.jsonl").lines().next().unwrap()).unwrap());
    let root = &told["trees"][0]["nodes"][0];
    assert_eq!((&rows[0]["Feature"], &rows[0]["Cover"]), (&root["feature"], &root["cover"]));
    assert!(fs::read(tree.path("t.parquet")).unwrap().starts_with(b"PAR1"));
    sapwood(["inspect", "--model", &tree.text("m"), "--trees-table", &tree.text("t.xlsx")]).user_error(&["xlsx"]);
}

#[test]
fn the_model_of_the_built_in_is_served() {
    let Golden { tree, margins } = golden("xgboost-categories_ubj-3.2.0");
    let opt = Tree::new();
    opt.mkdir("model");
    fs::copy(tree.path("m"), opt.path("model/xgboost-model")).unwrap();
    opt.write("model/report.json", "{\"auc\": 1}");
    let server = Server::start(&[], &[("SAGEMAKER_BASE_DIR", &opt.text(""))]);
    let answer = server.csv(tree.read("rows.csv"));
    for (probability, margin) in numbers(&answer.body).into_iter().zip(numbers(&margins.join("\n"))) {
        assert!((probability - 1.0 / (1.0 + (-margin).exp())).abs() < 1e-6, "{probability} and {margin}");
    }
    drop(server);

    // Folds of the built-in are averaged.
    fs::rename(opt.path("model/xgboost-model"), opt.path("model/xgboost-model-0")).unwrap();
    fs::copy(opt.path("model/xgboost-model-0"), opt.path("model/xgboost-model-1")).unwrap();
    let folds = Server::start(&[], &[("SAGEMAKER_BASE_DIR", &opt.text(""))]);
    for (mean, one) in numbers(&folds.csv(tree.read("rows.csv")).body).into_iter().zip(numbers(&answer.body)) {
        assert!((mean - one).abs() < 1e-9, "{mean} and {one}");
    }
    drop(folds);

    opt.write("model/xgboost-model-7", "binf");
    let mut serve = command(["serve", "--port", "0"]);
    serve.env("SAGEMAKER_BASE_DIR", opt.path(""));
    run(serve).user_error(&["several models", "xgboost-model-0, xgboost-model-1, xgboost-model-7"]);
}

#[test]
fn what_is_no_model_is_refused_with_a_remedy() {
    let tree = Tree::new();
    for (content, remedy) in
        [(&b"\x80\x04\x95"[..], "save_model(\"m.json\")"), (b"x,y\n", "was it made by `sapwood train`?"), (b"", "empty")]
    {
        tree.write("m", content);
        sapwood(["inspect", "--model", &tree.text("m")]).user_error(&["/m: ", remedy]);
    }
    let Golden { tree, .. } = golden("lightgbm-zero-4.7.0");
    tree.write("rows.csv", "1,2,3,4,5\n0,2,3,4,5\n".repeat(9));
    let rows = tree.text("rows.csv");
    let train = ["train", "--train", &rows, "--label", "0", "--model-in", &tree.text("m"), "--model-out", &tree.text("out")];
    sapwood(train.into_iter().chain(["header=false", "num_round=1", "objective=binary:logistic"]))
        .user_error(&["no new trees can be added to it"]);
}

/// Rows with a first and a second column that are beyond all numbers, `low` and `high` being how that is written.
fn beyond_all(low: &str, high: &str) -> Rows {
    let cells =
        [[high, "0.5", "1", "2"], [low, "-0.3", "0", "7"], ["0.2", high, "3", "1"], ["-0.1", low, "2", "0"], ["", low, "1", "3"]];
    let cells = cells.into_iter().map(|row| row.into_iter().map(String::from).collect()).collect();
    // As LightGBM calls columns.
    Rows { names: (0..4).map(|column| format!("Column_{column}")).collect(), cells }
}

/// That they divide so in the libraries themselves, `scripts/check-interop` says.
#[test]
fn infinite_values_are_greater_and_less_than_all_thresholds() {
    for name in ["lightgbm-binary-4.7.0", "xgboost-softprob-3.2.0"] {
        let Golden { tree, .. } = golden(name);
        sapwood(["convert", &tree.text("m"), &tree.text("m.sapwood")]).ok();
        let predict = |file: &str, content: &[u8], model: &str, words: &[&str]| {
            tree.write(file, content);
            let arguments = ["predict", "--model", &tree.text(model), "--data", &tree.text(file), "--output", "margin"];
            sapwood([&arguments, words].concat()).ok().stdout
        };
        let expected = predict("large.csv", beyond_all("-3e38", "3e38").csv(false).as_bytes(), "m", &["header=false"]);
        let missing = predict("missing.csv", beyond_all("", "").csv(false).as_bytes(), "m", &["header=false"]);
        assert!(expected != missing && expected.lines().count() == 5, "{expected}");
        for (low, high) in [("-inf", "inf"), ("-Infinity", "Infinity"), ("-1e400", "1e400"), ("-INF", "+1e+999")] {
            let rows = beyond_all(low, high);
            for model in ["m", "m.sapwood"] {
                assert_eq!(predict("rows.csv", rows.csv(false).as_bytes(), model, &["header=false"]), expected, "{name} {low}");
            }
        }
        let rows = beyond_all("-1e400", "1e400");
        assert_eq!(predict("rows.jsonl", (rows.arrays().join("\n") + "\n").as_bytes(), "m", &[]), expected);
        assert_eq!(predict("rows.parquet", &rows.parquet(), "m", &[]), expected);
        assert_eq!(predict("rows.pbr", &rows.recordio(false), "m", &[]), expected);
        assert_eq!(predict("sparse.pbr", &rows.recordio(true), "m", &[]), expected);
        if name.starts_with("xgboost") {
            let line = |row: &Vec<String>| {
                let cells = row.iter().enumerate().filter(|(_, cell)| !cell.is_empty());
                cells.map(|(at, cell)| format!(" {at}:{cell}")).collect::<String>()
            };
            let text: String = rows.cells.iter().map(|row| format!("0{}\n", line(row))).collect();
            assert_eq!(predict("rows.libsvm", text.as_bytes(), "m", &["--label", "0"]), expected);
        }

        // Who says that they are missing means it.
        let words = ["header=false", "missing_values=inf,-inf"];
        assert_eq!(predict("rows.csv", beyond_all("-inf", "inf").csv(false).as_bytes(), "m", &words), missing);

        let server = Server::of(&tree, "m", &[], &[]);
        let large = server.post("text/csv", "application/json", beyond_all("-3e38", "3e38").csv(false)).is(200, &[]).body;
        for (content_type, body) in [
            ("text/csv", beyond_all("-inf", "inf").csv(false).into_bytes()),
            ("application/json", format!("{{\"instances\": [{}]}}", rows.arrays().join(",")).into_bytes()),
            ("application/x-recordio-protobuf", rows.recordio(false)),
            ("application/x-parquet", rows.parquet()),
        ] {
            assert_eq!(server.post(content_type, "application/json", body).is(200, &[]).body, large, "{name} {content_type}");
        }
    }
}

/// LightGBM's text of a tree with one split, at 0.5.
const STUMP: &str = "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\nmax_feature_idx=0\nobjective=regression\n\
    feature_names=x\nfeature_infos=[0:9]\n\nTree=0\nnum_leaves=2\nnum_cat=0\nsplit_feature=0\nsplit_gain=1\nthreshold=0.5\ndecision_type=10\n\
    left_child=-1\nright_child=-2\nleaf_value=-1 1\nleaf_weight=30 30\nleaf_count=30 30\ninternal_value=0\ninternal_weight=60\n\
    internal_count=60\nis_linear=0\nshrinkage=1\n\nend of trees\n";

#[test]
fn sapwoods_own_models_and_training_take_no_infinite_values() {
    let tree = Tree::new();
    tree.write("stump", STUMP);
    let data = |last: &str| -> String {
        let row = |at: usize| format!("{},{}\n", at % 7, at % 5);
        "y,x\n".to_string() + &(0..60).map(row).collect::<String>() + &format!("1,{last}\n")
    };
    tree.write("finite.csv", data("3"));
    tree.write("infinite.csv", data("-inf"));
    let train = |data: &str, out: &str, more: &[&str]| {
        let (data, out) = (tree.text(data), tree.text(out));
        let words = ["objective=reg:squarederror", "num_round=2", "min_child_weight=0"];
        sapwood([&["train", "--train", &data, "--label", "y", "--model-out", &out][..], more, &words].concat())
    };
    let is_refused = ["infinite value: ", "infinite.csv:62:2"];
    let further = ["--model-in", &tree.text("stump")];
    train("infinite.csv", "own", &[]).user_error(&is_refused);
    train("infinite.csv", "more", &further).user_error(&is_refused);
    train("finite.csv", "own", &[]).ok();
    train("finite.csv", "more", &further).ok();
    let told = |command: &str, model: &str| {
        sapwood([command, "--model", &tree.text(model), "--data", &tree.text("infinite.csv"), "--label", "y"])
    };
    for (command, model) in [("predict", "own"), ("evaluate", "own"), ("predict", "more")] {
        told(command, model).user_error(&is_refused);
    }
    told("evaluate", "stump").ok();
    assert!(told("predict", "stump").ok().stdout.ends_with("\n-1\n"));
}
