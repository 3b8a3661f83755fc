//! Directories that hold a column's value in their name: `year=2020/0.parquet`.

use super::reading::{fit, kinds, levels, parquet, train, values};
use crate::util::Tree;
use polars::prelude::df;

/// Two rows below each directory.
fn tree(directories: &[&str]) -> Tree {
    let tree = Tree::new();
    for directory in directories {
        parquet(&tree, &format!("data/{directory}/0.parquet"), df!["y" => [0, 1], "x" => [1.5, 2.5]].unwrap());
    }
    tree
}

#[test]
fn polars_10296_values_of_directories_are_a_column() {
    let years = tree(&["year=2020", "year=2021"]);
    let data = train(years.path("data"), &[]).unwrap();
    assert_eq!(kinds(&data), ["numeric", "numeric"]);
    assert_eq!(values(&data)[1], [2020.0, 2020.0, 2021.0, 2021.0].map(Some));
    // A model that has the column finds it above a single file, too.
    let one = fit(years.path("data/year=2021/0.parquet"), data.schema(), &[]).unwrap();
    assert_eq!(values(&one)[1], [2021.0, 2021.0].map(Some));
    let without = train(years.path("data"), &[("ignore_columns", "year")]).unwrap();
    assert_eq!(without.schema().len(), 1);
    assert_eq!(train(years.path("data/year=2020"), &[]).unwrap().schema().len(), 1);
}

#[test]
fn polars_17362_nulls_dates_and_escapes() {
    let nulls = tree(&["k=1/city=S%C3%A3o%20Paulo", "k=__HIVE_DEFAULT_PARTITION__/city=Rome"]);
    let data = train(nulls.path("data"), &[]).unwrap();
    assert_eq!(values(&data)[1], [Some(1.0), Some(1.0), None, None]);
    assert_eq!(levels(&data, 2), ["Rome", "São Paulo"]);
    let days = tree(&["dt=2024-01-05", "dt=2024-01-06"]);
    let data = train(days.path("data"), &[]).unwrap();
    assert_eq!((kinds(&data)[1], values(&data)[1][0]), ("date", Some(19_727.0)));
    let labels = tree(&["z=0", "z=1"]);
    let data = sapwood_readers::read_training(
        &[labels.path("data")],
        &sapwood_readers::ReadOptions { label: Some("z".into()), ..super::reading::options(&[]) },
    )
    .unwrap();
    assert_eq!(data.labels().unwrap(), [0.0, 0.0, 1.0, 1.0]);
}

#[test]
fn polars_10296_a_column_in_the_files_goes_first() {
    let tree = Tree::new();
    for year in [2020, 2021] {
        parquet(&tree, &format!("data/year={year}/0.parquet"), df!["y" => [0, 1], "year" => [7, year]].unwrap());
    }
    assert_eq!(values(&train(tree.path("data"), &[]).unwrap()), [[7.0, 2020.0, 7.0, 2021.0].map(Some)]);
}

#[test]
fn polars_10296_other_formats_do_not_lose_it_silently() {
    let tree = Tree::new();
    for year in [2020, 2021] {
        tree.write(&format!("csv/year={year}/0.csv"), "y,x\n0,1\n1,2\n");
        tree.write(&format!("svm/year={year}/0.libsvm"), "0 1:1\n1 1:2\n");
        tree.write(&format!("own/year={year}/0.csv"), format!("y,x,year\n0,1,{year}\n1,2,{year}\n"));
    }
    let error = train(tree.path("csv"), &[]).unwrap_err().to_string();
    assert!(error.starts_with("the column year would be lost") && error.contains("ignore_columns=year"), "{error}");
    assert_eq!(train(tree.path("csv"), &[("ignore_columns", "year")]).unwrap().schema().len(), 1);
    assert_eq!(train(tree.path("own"), &[]).unwrap().schema().len(), 2);
    let svm = |pairs: &[(&str, &str)]| sapwood_readers::read_training(&[tree.path("svm")], &super::reading::options(pairs));
    assert!(svm(&[]).unwrap_err().to_string().starts_with("the column year would be lost"));
    assert_eq!(svm(&[("ignore_columns", "year")]).unwrap().rows(), 4);
}

#[test]
fn polars_10296_directories_that_disagree_are_refused() {
    let tree = tree(&["year=2020", "month=1"]);
    let error = train(tree.path("data"), &[]).unwrap_err().to_string();
    assert!(error.starts_with("directories disagree about columns"), "{error}");
}
