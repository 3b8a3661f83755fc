//! What names and texts become, and what is said of those that become nothing.

use super::*;

fn error(pairs: &[(&str, &str)]) -> String {
    Params::from_pairs(pairs.iter().copied()).unwrap_err().to_string()
}

#[test]
fn defaults_in_the_table_are_values_in_their_ranges() {
    let (params, notes) = Params::from_pairs([("num_round", "1")]).unwrap();
    assert!(notes.is_empty());
    assert_eq!((params.eta, params.max_depth, params.max_bin), (0.3, 6, 256));
}

#[test]
fn names_and_aliases_are_unique() {
    let mut names: Vec<_> = spec::all().flat_map(|r| std::iter::once(r.name).chain(r.aliases.iter().copied())).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
}

#[test]
fn aliases_numbers_and_json_integers_are_understood() {
    let pairs = [("n_estimators", "10.0"), ("learning_rate", "0.30000000000000004"), ("num_leaves", " 7 ")];
    let (params, _) = Params::from_pairs(pairs).unwrap();
    assert_eq!((params.num_round, params.max_leaves), (10, 7));
    assert_eq!(params.eta, 0.300_000_000_000_000_04);
}

#[test]
fn wrong_values_name_parameter_and_range() {
    assert_eq!(error(&[("num_round", "5"), ("eta", "-1")]), "eta=-1 is out of range: it must lie in [0, 1]");
    assert!(error(&[("num_round", "-5")]).contains("out of range"));
    assert!(
        error(&[("num_round", "1"), ("eta", "fast")]).starts_with("eta=\"fast\" is not a valid value: expected number in [0, 1]")
    );
    assert!(error(&[("num_round", "1"), ("lambda", "inf")]).contains("out of range"));
    assert!(error(&[("eta", "0.1")]).starts_with("missing required parameter num_round"));
    assert!(error(&[("num_round", "1"), ("eta", "0.1"), ("learning_rate", "0.2")]).contains("given twice"));
}

#[test]
fn errors_name_the_parameter_as_it_was_given() {
    let blamed = |pairs: &[(&str, &str)]| {
        Params::from_pairs(pairs.iter().copied()).unwrap_err().details().parameter.clone().expect("a parameter")
    };
    let base = ("num_round", "1");
    for (name, value) in [
        ("learning_rate", "fast"),
        ("eta", "-1"),
        ("booster", "gblinear"),
        ("objective", "reg:nonsense"),
        ("what", "1"),
        ("verbosity", "9"),
        ("num_round", "2"),
        ("max_leaves", "1"),
    ] {
        assert_eq!(blamed(&[base, (name, value)]), name);
    }
    assert_eq!(blamed(&[base, ("learning_rate", "2")]), "eta");
    assert_eq!(blamed(&[base, ("eta", "0.1"), ("learning_rate", "0.2")]), "learning_rate");
    assert_eq!(blamed(&[("eta", "0.1")]), "num_round");
    // Of those that exclude each other, the last one.
    assert_eq!(blamed(&[base, ("max_leaves", "0"), ("max_depth", "0")]), "max_depth");
    assert_eq!(blamed(&[base, ("max_depth", "0"), ("max_leaves", "0")]), "max_leaves");
    assert_eq!(blamed(&[base, ("subsample", "0.5"), ("sampling_method", "goss")]), "sampling_method");
    assert_eq!(blamed(&[base, ("sampling_method", "goss"), ("top_rate", "0.99")]), "top_rate");
    assert_eq!(blamed(&[base, ("objective", "multi:softmax"), ("num_class", "1")]), "num_class");
}

#[test]
fn unknown_names_suggest_the_nearest() {
    assert!(error(&[("learning_ratte", "1")]).contains("did you mean learning_rate?"));
    assert!(error(&[("zzzzzzzzzzzz", "1")]).contains("`sapwood params` lists all"));
}

#[test]
fn unsupported_parameters_are_refused_only_where_they_matter() {
    let base = ("num_round", "1");
    let message = error(&[base, ("booster", "gblinear")]);
    assert!(message.starts_with("booster=\"gblinear\" is not supported; use gbtree; for linear models "), "{message}");
    let message = error(&[base, ("monotone_penalty", "2")]);
    assert!(message.contains("is not supported; leave it out: "), "{message}");
    let message = error(&[base, ("mc_method", "advanced")]);
    assert!(message.contains("\"advanced\" is not a valid value: expected basic or intermediate"), "{message}");
    let (_, notes) = Params::from_pairs([base, ("booster", "gbtree"), ("monotone_penalty", "0"), ("silent", "0")]).unwrap();
    assert_eq!(notes.len(), 2);
}

#[test]
fn values_without_effect_must_be_values_all_the_same() {
    let refused = |name: &str, value: &str| error(&[("num_round", "1"), (name, value)]);
    assert_eq!(refused("verbosity", "4"), "verbosity=\"4\" is out of range: expected integer in [0, 3]");
    assert_eq!(refused("verbosity", "0.5"), "verbosity=\"0.5\" is not a valid value: expected integer in [0, 3]");
    assert_eq!(refused("sketch_eps", "1"), "sketch_eps=\"1\" is out of range: expected number in (0, 1)");
    assert_eq!(refused("refresh_leaf", "2"), "refresh_leaf=\"2\" is not a valid value: expected true or false");
    assert_eq!(refused("dsplit", "both"), "dsplit=\"both\" is not a valid value: expected auto or row or col");
    let message = refused("updater", "prune,shotgun");
    let start = "updater=\"prune,shotgun\" is not a valid value: expected comma-separated list of grow_colmaker, ";
    assert!(message.starts_with(start), "{message}");
    assert!(
        refused("quantile_alpha", "0.5,1.5").starts_with("quantile_alpha=0.5,1.5 are not levels; give numbers between 0 and 1")
    );
    assert!(refused("quantile_alpha", "0.9,0.1").contains("in ascending order"));
    assert!(refused("expectile_alpha", "[]").contains("are not levels"));
    for (name, value) in [
        ("verbosity", "-1"),
        ("verbosity", "NaN"),
        ("sketch_eps", "0"),
        ("sketch_eps", ""),
        ("silent", "loud"),
        ("prob_buffer_row", "0"),
    ] {
        assert!(refused(name, value).starts_with(&format!("{name}={value:?} ")), "{name}");
    }
}

#[test]
fn values_without_effect_are_read_like_all_others() {
    let pairs = [
        ("num_round", "1"),
        ("silent", "0"),
        ("verbosity", "2.0"),
        ("prob_buffer_row", "1.0"),
        ("updater", "grow_colmaker,prune"),
        ("save_model_on_termination", "True"),
        ("sketch_eps", "3e-2"),
    ];
    let (_, notes) = Params::from_pairs(pairs).unwrap();
    assert_eq!(notes.len(), pairs.len() - 1);
    assert_eq!(notes[0].to_string(), "silent=0 has no effect: verbose_eval says how many rounds are printed");
}

#[test]
fn habits_of_other_libraries_mean_the_same() {
    let read = |pairs: &[(&str, &str)]| Params::from_pairs(pairs.iter().copied()).unwrap().0;
    let ours = [("num_round", "7"), ("max_leaves", "31")];
    for (others, pair) in [
        (&[("iterations", "7"), ("num_leaves", "31")], None),
        (&[("num_trees", "7"), ("max_leaf", "31")], Some((("depth", "5"), ("max_depth", "5")))),
        (&[("nrounds", "7"), ("num_leaves", "31")], Some((("max_depth", "-1"), ("max_depth", "0")))),
        (&[("n_iter", "7"), ("num_leaves", "31")], Some((("max_depth", "None"), ("max_depth", "0")))),
        (&[("n_estimators", "7"), ("num_leaves", "31")], Some((("n_jobs", "-1"), ("nthread", "0")))),
        (&[("n_estimators", "7"), ("num_leaves", "31")], Some((("nthread", "-1"), ("nthread", "0")))),
        (&[("n_estimators", "7"), ("num_leaves", "31")], Some((("objective", "binary"), ("objective", "binary:logistic")))),
        (&[("n_estimators", "7"), ("num_leaves", "31")], Some((("loss_function", "MultiClass"), ("objective", "multi:softprob")))),
        (&[("n_estimators", "7"), ("num_leaves", "31")], Some((("loss", "squared_error"), ("objective", "reg:squarederror")))),
        (&[("n_estimators", "7"), ("num_leaves", "31")], Some((("metric", "l1,rmse"), ("eval_metric", "mae,rmse")))),
        (&[("n_estimators", "7"), ("num_leaves", "31")], Some((("early_stopping_round", "0"), ("early_stopping_rounds", "")))),
        (&[("n_estimators", "7"), ("num_leaves", "31")], Some((("l2_leaf_reg", "3"), ("lambda", "3")))),
    ] {
        let (theirs, same) = pair.unzip();
        let given = others.iter().copied().chain(theirs).collect::<Vec<_>>();
        assert_eq!(read(&given), read(&ours.into_iter().chain(same).collect::<Vec<_>>()), "{given:?}");
    }
}

#[test]
fn habits_without_a_counterpart_are_told_what_to_use() {
    for (name, value, remedy) in [
        ("min_child_samples", "20", "use min_child_weight"),
        ("min_data_in_leaf", "20", "use min_child_weight"),
        ("auto_class_weights", "Balanced", "class_weight=balanced"),
        ("subsample_freq", "5", "rows are drawn anew for every tree"),
        ("boosting_type", "rf", "num_parallel_tree"),
        ("verbose", "-1", "verbose_eval"),
        ("rsm", "0.5", "colsample_bylevel"),
    ] {
        let message = error(&[("num_round", "1"), (name, value)]);
        assert!(message.starts_with(&format!("{name}={value:?} is not supported")) && message.contains(remedy), "{message}");
    }
    let inert =
        [("min_samples_leaf", "1"), ("auto_class_weights", "None"), ("criterion", "friedman_mse"), ("xgboost_dart_mode", "true")];
    let (_, notes) = Params::from_pairs([("num_round", "1")].into_iter().chain(inert)).unwrap();
    assert_eq!(notes.len(), inert.len());
}

#[test]
fn classes_are_weighed_in_one_way_and_only_where_there_are_classes() {
    let pairs = |objective: &'static str, pairs: &[(&'static str, &'static str)]| {
        [&[("num_round", "1"), ("objective", objective)], pairs].concat()
    };
    for (parameter, value) in [("class_weight", "{0: 1, 1: 5}"), ("class_weight", "balanced"), ("is_unbalance", "true")] {
        assert!(Params::from_pairs(pairs("binary:logistic", &[(parameter, value)])).is_ok());
        assert!(
            error(&pairs("reg:squarederror", &[(parameter, value)])).contains("classes, which objective=reg:squarederror has not")
        );
        let message = error(&pairs("binary:logistic", &[(parameter, value), ("scale_pos_weight", "2")]));
        assert!(message.contains("all weigh classes; give one of them"), "{message}");
    }
    assert!(Params::from_pairs(pairs("multi:softprob", &[("class_weight", "balanced")])).is_ok());
    assert!(
        error(&pairs("multi:softprob", &[("is_unbalance", "true")])).ends_with("for several classes give class_weight=balanced")
    );
    let message = error(&pairs("binary:logistic", &[("class_weight", "heavy")]));
    assert!(message.contains("expected balanced, or a factor above 0 for each class"), "{message}");
    let (params, _) =
        Params::from_pairs(pairs("reg:squarederror", &[("class_weight", "None"), ("is_unbalance", "False")])).unwrap();
    assert_eq!(params.class_weight, super::super::ClassWeight::Equal);
}

#[test]
fn indices_under_other_libraries_names_are_refused_and_names_are_not() {
    for (name, value) in [
        ("categorical_feature", "1"),
        ("cat_features", "[0, 3]"),
        ("weight", "2"),
        ("ignore_column", "id,4"),
        ("ignored_features", "7"),
        ("categorical_feature", "-1"),
    ] {
        let message = error(&[("num_round", "1"), (name, value)]);
        assert!(message.starts_with(&format!("{name}={value:?} has the column index ")), "{message}");
        assert!(message.contains("the label included"), "{message}");
    }
    let read = |name, value| Params::from_pairs([("num_round", "1"), (name, value)]).unwrap().0.data;
    assert_eq!(read("categorical_feature", "name:plan,zip").categorical_features, ["plan", "zip"]);
    assert_eq!(read("cat_features", "[\"plan\"]").categorical_features, ["plan"]);
    assert_eq!(read("categorical_features", "1").categorical_features, ["1"]);
    assert_eq!(read("label", "name:y").label_column.as_deref(), Some("y"));
    assert_eq!(read("label", "0").label_column.as_deref(), Some("0"));
    assert_eq!(read("weight", "name:w").weight_column.as_deref(), Some("w"));
    assert_eq!(read("ignore_column", "name:a,b").ignore_columns, ["a", "b"]);
}

#[test]
fn columns_to_ignore_add_up() {
    let pairs = [("num_round", "1"), ("ignore_columns", "id"), ("ignore", "name,id"), ("ignore_feature", "\"a, b\"")];
    assert_eq!(Params::from_pairs(pairs).unwrap().0.data.ignore_columns, ["id", "name", "a, b"]);
}

#[test]
fn words_of_others_for_values_mean_ours() {
    // Not built: without a limit of depth, trees need another one.
    let read = |name, value| ParamsBuilder::from_pairs([(name, value)]).unwrap().0.params;
    for row in spec::active() {
        for (other, ours) in row.synonyms.iter().filter(|_| !["objective", "eval_metric"].contains(&row.name)) {
            assert_eq!(read(row.name, other), read(row.name, ours), "{}={other}", row.name);
        }
    }
}

#[test]
fn names_that_people_try_are_told_what_to_use() {
    for (name, value, remedy) in [
        ("missing", "-999", "use missing_values"),
        ("gpu_id", "0", "trains on CPUs"),
        ("od_type", "IncToDec", "early_stopping_rounds"),
        ("summary", "s.json", "--summary FILE"),
        ("format", "csv", "--format"),
    ] {
        let message = error(&[("num_round", "1"), (name, value)]);
        assert!(message.contains(remedy), "{message}");
    }
    let same = [("num_round", "1"), ("one_hot_max_size", "9"), ("use_label_encoder", "False"), ("od_type", "Iter")];
    let (params, notes) = Params::from_pairs(same).unwrap();
    assert_eq!((params.max_cat_to_onehot, notes.len()), (9, 2));
}

#[test]
fn large_numbers_are_short() {
    let message = error(&[("num_round", "1"), ("huber_slope", "1e40")]);
    assert_eq!(message, "huber_slope=1e40 is out of range: it must lie in (0, 1e30]");
}

#[test]
fn no_word_of_ours_is_another_one_s_synonym() {
    for row in spec::active() {
        for (other, ours) in row.synonyms {
            assert!(!row.words.contains(other) && (row.words.is_empty() || row.words.contains(ours)), "{other}");
        }
    }
    for (other, _) in OBJECTIVES_ELSEWHERE {
        assert!(
            crate::Objective::from_name(other).is_none() && !super::super::habits::OBJECTIVES.iter().any(|(word, _)| word == other)
        );
    }
}

#[test]
fn objectives_of_catboost_bring_their_parameters() {
    const PLAIN: (&str, &str) = ("eta", "0.3");
    let read = |pairs: &[(&str, &str)]| Params::from_pairs([("num_round", "1")].iter().chain(pairs).copied()).unwrap().0;
    for (theirs, ours) in [
        ("Quantile:alpha=0.9", [("objective", "reg:quantileerror"), ("quantile_alpha", "0.9"), PLAIN]),
        ("MultiQuantile:alpha=0.1,0.9", [("objective", "reg:quantileerror"), ("quantile_alpha", "0.1,0.9"), PLAIN]),
        ("Expectile:alpha=0.2", [("objective", "reg:expectileerror"), ("expectile_alpha", "0.2"), PLAIN]),
        (
            "SurvivalAft:dist=Extreme;scale=2",
            [("objective", "survival:aft"), ("aft_loss_distribution", "extreme"), ("aft_loss_distribution_scale", "2")],
        ),
        ("Tweedie:variance_power=1.3", [("objective", "reg:tweedie"), ("tweedie_variance_power", "1.3"), PLAIN]),
    ] {
        assert_eq!(read(&[("loss_function", theirs)]), read(&ours), "{theirs}");
    }
    let refused = |pairs: &[(&str, &str)]| error(&[&[("num_round", "1")], pairs].concat());
    assert!(refused(&[("loss_function", "Quantile:delta=1")]).contains("has an argument \"delta=1\"; Quantile takes alpha=…"));
    let twice = refused(&[("loss_function", "Quantile:alpha=0.9"), ("quantile_alpha", "0.5")]);
    assert!(twice.starts_with("quantile_alpha is given twice"), "{twice}");
    assert!(refused(&[("loss_function", "Huber:delta=1")]).contains("reg:pseudohubererror"));
}

#[test]
fn a_quantile_of_lightgbm_says_its_level_in_words_that_are_read_one_way() {
    let refused = |pairs: &[(&str, &str)]| error(&[&[("num_round", "1"), ("objective", "quantile")], pairs].concat());
    let message = refused(&[("alpha", "0.9")]);
    assert!(message.contains("in two ways") && message.contains("quantile_alpha=0.9"), "{message}");
    assert!(refused(&[]).contains("needs a level"));
    for pairs in [[("quantile_alpha", "0.9"), ("reg_alpha", "1")], [("quantile", "0.9"), ("lambda_l1", "1")]] {
        let pairs = [("num_round", "1"), ("objective", "quantile")].into_iter().chain(pairs);
        assert_eq!(Params::from_pairs(pairs).unwrap().0.quantile_alpha, [0.9]);
    }
    let plain = [("num_round", "1"), ("objective", "reg:quantileerror"), ("alpha", "0.9")];
    assert_eq!(Params::from_pairs(plain).unwrap().0.alpha, 0.9);
}

#[test]
fn objectives_of_others_are_told_what_there_is_instead() {
    for (value, remedy) in [
        ("reg:squarederor", "not supported; did you mean reg:squarederror? `sapwood objectives` lists all: reg:squarederror, "),
        ("multiclas", "did you mean multiclass? `sapwood objectives` lists all"),
        ("huber", "reg:pseudohubererror with huber_slope"),
        ("log_loss", "binary:logistic is for two classes"),
        ("YetiRank", "for the order within query groups use rank:ndcg"),
        ("qqqqqqqqqq", "is not supported; `sapwood objectives` lists all"),
    ] {
        let message = error(&[("num_round", "1"), ("objective", value)]);
        assert!(message.contains(remedy), "{message}");
    }
}

#[test]
fn sizes_have_units() {
    let size = |text: &str| <crate::params::MemorySize as crate::params::ParamValue>::parse(text).map(|size| size.0);
    let known = [
        ("4096", 4096),
        ("8GB", 8_000_000_000),
        ("8g", 8_000_000_000),
        ("1.5GiB", 3 << 29),
        ("700 Mi", 700 << 20),
        ("64KB", 64_000),
    ];
    for (text, bytes) in known {
        assert_eq!(size(text), Some(bytes), "{text}");
        let rendered = <crate::params::MemorySize as crate::params::ParamValue>::render(&crate::params::MemorySize(bytes));
        assert_eq!(size(&rendered), Some(bytes), "{rendered}");
    }
    assert!(["", "0", "-1GB", "8 parsecs", "GB", "1e30TB", "nan"].iter().all(|text| size(text).is_none()));
}
