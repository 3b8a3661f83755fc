//! Folds share no row, group or time with what judges them; each model is the one that a trainer makes of its fold.

use super::{FoldsReport, SharedBins, cross_validate, out_of_fold};
use crate::data::Fold;
use crate::params::Booster;
use crate::predict::{Output, Scorer, predict};
use crate::sampling::mix;
use crate::{Dataset, FeatureSchema, Objective, Params, ParamsBuilder, Trainer};
use ndarray::Array2;
use proptest::prelude::*;

/// Feature 0 is the row, feature 1 a group or time of `per` rows each, in no order; feature 2 tells of the label.
fn data(rows: usize, per: usize, classes: usize) -> Dataset {
    let group = |row: usize| (mix(row as u64 / per as u64) % 1000) as f64;
    let x = Array2::from_shape_fn((rows, 3), |(row, feature)| match feature {
        0 => row as f64,
        1 => group(row),
        _ => (mix(row as u64) % 97 + mix(row as u64 + 7777) % 60) as f64,
    });
    let labels = (0..rows).map(|row| ((mix(row as u64) % 97) as f64 * classes as f64 / 97.0).floor()).collect();
    Dataset::from_array(x.view(), labels, Some(FeatureSchema::numeric(3))).unwrap()
}

/// A column of a part of the data, whatever feature it is by now.
fn values(data: &Dataset, feature: usize) -> Vec<f64> {
    let mut values = vec![f64::NAN; data.rows()];
    let cells = std::sync::Mutex::new(&mut values);
    let copy = |block: &crate::data::Block<'_>| {
        for (_, chunk) in block.columns.iter().filter(|(found, _)| *found == feature) {
            (0..block.rows).for_each(|row| cells.lock().unwrap()[block.first_row + row] = chunk.get(row));
        }
        Ok(())
    };
    data.source().visit(&copy).unwrap();
    values
}

fn folds(data: &Dataset, params: ParamsBuilder) -> Vec<Fold> {
    data.folds(&params.num_round(1).build().unwrap()).unwrap()
}

#[test]
fn a_fold_of_given_rows_has_them_in_order_and_no_others() {
    let groups: Vec<u64> = (0..30).map(|row| row / 3).collect();
    let data = data(30, 3, 2).with_weights((0..30).map(|row| f64::from(row % 3)).collect()).unwrap();
    let fold = data.fold(&[7, 3, 29], &[5, 1]).unwrap();
    assert_eq!((values(&fold.train, 0), values(&fold.held_out, 0)), (vec![3.0, 7.0, 29.0], vec![1.0, 5.0]));
    assert_eq!((fold.rows, fold.train.weights()), (vec![1, 5], Some(&[0.0, 1.0, 2.0][..])));
    let grouped = data.clone().with_groups(groups).unwrap();
    assert!(grouped.fold(&[0, 1, 2], &[3]).is_ok());
    for (data, learned, held_out, cause) in [
        (&data, &[0, 30][..], &[1][..], "there is no row 30: there are 30"),
        (&data, &[0], &[1, 1], "row 1 is named twice among those that the fold is judged by"),
        (&data, &[0, 1], &[1], "row 1 is in both parts"),
        (&data, &[], &[1], "learns from no rows"),
        (&grouped, &[0, 1], &[2], "query group 0 has rows in both parts"),
    ] {
        let error = data.fold(learned, held_out).unwrap_err().to_string();
        assert!(error.contains(cause), "{error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn every_row_is_held_out_once_a_repeat(rows in 12usize..300, count in 2u32..7, repeats in 1u32..4, seed: i32, stratified: bool) {
        let data = data(rows, 3, 2);
        let params = Params::builder().objective(Objective::BinaryLogistic).nfold(count).num_cv_round(repeats).seed(i64::from(seed));
        let params = if stratified { params.split(crate::params::SplitMethod::Stratified) } else { params.split(crate::params::SplitMethod::Random) };
        let folds = folds(&data, params);
        prop_assert_eq!(folds.len() as u32, count * repeats);
        for repeat in folds.chunks(count as usize) {
            let mut held: Vec<u32> = repeat.iter().flat_map(|fold| fold.rows.clone()).collect();
            held.sort_unstable();
            prop_assert_eq!(held, (0..rows as u32).collect::<Vec<_>>());
            for fold in repeat {
                // Feature 0 is the row.
                let (learned, judged) = (values(&fold.train, 0), values(&fold.held_out, 0));
                prop_assert_eq!(&judged, &fold.rows.iter().map(|row| f64::from(*row)).collect::<Vec<_>>());
                prop_assert!(learned.iter().all(|row| !judged.contains(row)) && learned.len() + judged.len() == rows);
                let positives = |data: &Dataset| data.labels().unwrap().iter().sum::<f64>();
                let share = positives(&data) * judged.len() as f64 / rows as f64;
                prop_assert!(!stratified || (positives(&fold.held_out) - share).abs() <= 2.0);
            }
        }
        let sizes: Vec<_> = folds.iter().map(|fold| fold.rows.len()).collect();
        prop_assert!(sizes.iter().max().unwrap() - sizes.iter().min().unwrap() <= 1);
    }

    #[test]
    fn no_group_and_no_time_is_on_both_sides(rows in 60usize..300, per in 1usize..8, count in 2u32..5, seed: i32, purge in 0.0..40.0f64) {
        // With the column itself as a feature of another data set, rows tell their groups.
        let whole = data(rows, per, 2);
        let of = |fold: &Fold| {
            let all = values(&whole, 1);
            let learned: Vec<f64> = values(&fold.train, 0).iter().map(|row| all[*row as usize]).collect();
            (learned, fold.rows.iter().map(|row| all[*row as usize]).collect::<Vec<_>>())
        };
        let by = |split| Params::builder().nfold(count).seed(i64::from(seed)).split(split).split_column("f1".into());
        for fold in folds(&whole, by(crate::params::SplitMethod::Group)) {
            let (learned, judged) = of(&fold);
            prop_assert!(learned.iter().all(|group| !judged.contains(group)) && fold.train.schema().len() == 2);
        }
        let params = by(crate::params::SplitMethod::Time).purge(purge).num_round(1).build().unwrap();
        // Too few times before a window are an error.
        for fold in whole.folds(&params).unwrap_or_default() {
            let (learned, judged) = of(&fold);
            let begin = judged.iter().copied().fold(f64::INFINITY, f64::min);
            prop_assert!(learned.iter().all(|time| *time < begin && *time <= begin - purge));
        }
    }
}

#[test]
fn query_groups_are_never_divided() {
    let groups: Vec<u64> = (0..240).map(|row| mix(row / 5) % 30).collect();
    let data = data(240, 3, 2).with_groups(groups.clone()).unwrap();
    for fold in folds(&data, Params::builder().objective(Objective::RankNdcg).nfold(4)) {
        let judged: Vec<u64> = fold.rows.iter().map(|row| groups[*row as usize]).collect();
        assert!(values(&fold.train, 0).iter().all(|row| !judged.contains(&groups[*row as usize])));
    }
}

#[test]
fn models_are_those_of_trainers_and_end_where_the_mean_is_best() {
    for booster in [Booster::Gbtree, Booster::Dart] {
        check_models(booster);
    }
}

fn check_models(booster: Booster) {
    let data = data(400, 3, 3);
    let with = |params: ParamsBuilder| params.booster(booster).rate_drop(if booster == Booster::Dart { 0.3 } else { 0.0 });
    let build =
        |params: ParamsBuilder| with(params).objective(Objective::Softprob).num_class(3).eta(0.5).max_depth(3).build().unwrap();
    let params = build(Params::builder().num_round(200).nfold(3).early_stopping_rounds(4));
    let folds = data.folds(&params).unwrap();
    let result = cross_validate(&params, &folds, &[], &mut |_| true).unwrap();
    let best = result.last.mean.round;
    assert_eq!(result.history.len(), best + 1 + 4, "training ends by the mean");
    let mut sums = vec![0.0; result.history.len()];
    for (model, fold) in result.models.iter().zip(&folds) {
        let alone = |more: u32| {
            let trainer = Trainer::new(build(Params::builder().num_round(best as u32 + more)));
            trainer.validation("validation", &fold.held_out).fit_observed(&fold.train, &mut ()).unwrap()
        };
        assert_eq!(model.trees, alone(1).model.trees);
        let trained = alone(5);
        assert_eq!((model.num_rounds(), model.best_iteration), (best + 1, Some(best as u32)));
        trained.history.iter().zip(&mut sums).for_each(|(report, sum)| *sum += report.values.last().unwrap().2);
    }
    for (report, sum) in result.history.iter().zip(&sums) {
        assert!((report.mean.values.last().unwrap().2 - sum / 3.0).abs() < 1e-12);
    }
    let worst = sums.iter().enumerate().min_by(|a, b| a.1.total_cmp(b.1)).unwrap();
    assert_eq!(worst.0, best);
    // Out of fold, each row has what its own fold's model says.
    let found = out_of_fold(&result.models, &folds, 400, Output::Value).unwrap();
    for (model, fold) in result.models.iter().zip(&folds) {
        let expected = predict(&Scorer::new(model.clone()).unwrap(), &fold.held_out, Output::Value).unwrap();
        for (place, row) in fold.rows.iter().enumerate() {
            assert_eq!(expected.row(place), &found[*row as usize * 3..][..3]);
        }
    }
}

#[test]
fn a_fold_that_fails_ends_all_and_is_named() {
    // Nothing but positive rows in some fold: with as few, the base score has no estimate.
    let x = Array2::from_shape_fn((6, 1), |(row, _)| row as f64);
    let data = Dataset::from_array(x.view(), vec![0.0, 0.0, 0.0, 0.0, 0.0, f64::MAX], None).unwrap();
    let params = Params::builder().num_round(3).nfold(3).build().unwrap();
    let folds = data.folds(&params).unwrap();
    let error = cross_validate(&params, &folds, &[], &mut |_| true).unwrap_err();
    assert!(error.to_string().starts_with("fold ") && error.is_user_error(), "{error}");
}

#[test]
fn an_observer_ends_all_folds_alike() {
    let data = data(200, 3, 2);
    let params = Params::builder().num_round(50).nfold(4).build().unwrap();
    let folds = data.folds(&params).unwrap();
    let result =
        cross_validate(&params, &folds, &[("all".into(), &data)], &mut |report: &FoldsReport| report.mean.round < 6).unwrap();
    assert!(result.models.iter().all(|model| model.num_rounds() == 7) && result.history.len() == 7);
    let line = result.last.line();
    assert!(line.starts_with("[6]\ttrain-rmse:0.") && line.contains("\tall-rmse:0.") && line.matches('+').count() == 3, "{line}");
}

#[test]
fn a_fold_of_shared_bins_has_the_model_of_its_own_where_cuts_are_the_same() {
    // Seventeen values each: all of them are in each fold, so that cuts are those of the fold.
    let x = Array2::from_shape_fn((600, 3), |(row, column)| ((row * (column + 3) + row / 17) % 17) as f64);
    let y = x.rows().into_iter().map(|row| row[0] * 2.0 + row[1] * row[2] % 5.0).collect();
    let data = Dataset::from_array(x.view(), y, None).unwrap();
    let params = Params::builder().num_round(8).nfold(3).build().unwrap();
    let shared = SharedBins::new(&data, &params).unwrap();
    for fold in data.folds(&params).unwrap() {
        assert_eq!(fold.rows.len() + fold.learned.len(), 600);
        let trainer = Trainer::new(params.clone()).validation("validation", &fold.held_out);
        let own = trainer.fit_observed(&fold.train, &mut ()).unwrap();
        let of_shared = trainer.fit_binned(&fold.train, shared.of_fold(&fold).unwrap(), &mut ()).unwrap();
        assert_eq!(own.history, of_shared.history);
        assert!(own.model.to_bytes().unwrap() == of_shared.model.to_bytes().unwrap());
    }
    let whole = Trainer::new(params.clone()).fit_binned(&data, shared.of_all(), &mut ()).unwrap();
    assert!(whole.model.to_bytes().unwrap() == Trainer::new(params.clone()).fit(&data).unwrap().to_bytes().unwrap());
    let few = Dataset::from_array(x.slice(ndarray::s![..100, ..]), vec![0.0; 100], None).unwrap();
    let error = SharedBins::new(&few, &params).unwrap().of_fold(&data.folds(&params).unwrap()[0]).unwrap_err();
    assert!(error.to_string().contains("the fold is one of other data: these have 100 rows"), "{error}");
}
