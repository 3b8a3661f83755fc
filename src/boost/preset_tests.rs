//! A preset's model is the mean of the models that a trainer makes of its folds, whatever trains side by side; what is given stays.

use super::{Checkpoint, MemberReport, PresetReport, RoundReport};
use crate::metric::{Evaluation, metrics};
use crate::params::{Booster, MultiStrategy, ParamsBuilder, Preset};
use crate::predict::predict_margins;
use crate::preset::Plan;
use crate::sampling::mix;
use crate::{Dataset, Feature, FeatureKind, FeatureSchema, Objective, Observer, Params, Trained, Trainer};
use ndarray::Array2;

const ROWS: usize = 400;

/// Two numeric features of few values, so that all folds have the same bins, some missing, and a category; labels are classes or numbers.
fn data(classes: usize) -> Dataset {
    let levels = (0..4).map(|level| level.to_string()).collect();
    let kinds = [FeatureKind::Numeric, FeatureKind::Numeric, FeatureKind::Categorical { levels }];
    let features = kinds.into_iter().zip(["a", "b", "c"]).map(|(kind, name)| Feature { name: name.into(), kind }).collect();
    let schema = FeatureSchema { features, named: true, index_base: None };
    let x = Array2::from_shape_fn((ROWS, 3), |(row, column)| match mix((row * 3 + column) as u64) % [9, 7, 4][column] {
        0 if column == 1 => f64::NAN,
        value => value as f64,
    });
    let noise = |row: usize| (mix(row as u64 + 999) % 5) as f64;
    let signal = |row: usize| x[[row, 0]] + 2.0 * x[[row, 2]] + noise(row);
    let label = |row: usize| if classes > 0 { (signal(row) * classes as f64 / 19.0).floor() } else { signal(row) };
    Dataset::from_array(x.view(), (0..ROWS).map(label).collect(), Some(schema)).unwrap()
}

fn preset() -> ParamsBuilder {
    Params::builder().preset(Preset::Best).quality(3)
}

fn fit(params: ParamsBuilder, data: &Dataset) -> Trained {
    Trainer::new(params.build().unwrap()).fit_observed(data, &mut ()).unwrap()
}

/// The mean of the margins that trainers' models of the folds have, and of each row that of the models which did not learn from it; row by row.
fn twin(params: &ParamsBuilder, data: &Dataset, extra_trees: &[bool]) -> [Vec<f64>; 2] {
    let plan = Plan::new(&params.clone().build().unwrap(), data).unwrap();
    let (mut sum, mut count, mut held_out) = (Vec::new(), 0.0, Vec::new());
    for (number, fold) in data.cut(&plan.params, plan.folds, plan.repeats).unwrap().iter().enumerate() {
        for extra_trees in extra_trees {
            let seed = plan.params.seed + number as i64;
            let of_fold = Params { seed, extra_trees: *extra_trees, preset: Preset::Default, ..plan.params.clone() };
            let model = Trainer::new(of_fold).validation("validation", &fold.held_out).fit(&fold.train).unwrap();
            let margins = predict_margins(&model, data).unwrap();
            sum.resize(margins.len(), 0.0);
            let outputs = margins.len() / data.rows();
            held_out.resize(margins.len(), f64::NAN);
            for &row in &fold.rows {
                let row = row as usize * outputs..(row as usize + 1) * outputs;
                held_out[row.clone()]
                    .iter_mut()
                    .zip(&margins[row])
                    .for_each(|(sum, margin)| *sum = margin + if sum.is_nan() { 0.0 } else { *sum });
            }
            sum.iter_mut().zip(margins).for_each(|(sum, margin)| *sum += margin);
            count += 1.0;
        }
    }
    held_out.iter_mut().for_each(|sum| *sum /= extra_trees.len() as f64);
    [sum.into_iter().map(|sum| sum / count).collect(), held_out]
}

fn objectives() -> Vec<(ParamsBuilder, Dataset)> {
    let weights = (0..ROWS).map(|row| f64::from(row as u32 % 4) / 2.0).collect();
    let margins = (0..ROWS).map(|row| (mix(row as u64) % 10) as f64 / 10.0).collect();
    vec![
        (preset(), data(0)),
        (preset().objective(Objective::BinaryLogistic), data(2)),
        (preset().objective(Objective::Softprob).num_class(3), data(3)),
        (preset().objective(Objective::Softmax).num_class(3).multi_strategy(MultiStrategy::MultiOutputTree), data(3)),
        (preset(), data(0).with_weights(weights).unwrap()),
        (preset(), data(0).with_base_margin(margins).unwrap()),
        (preset().booster(Booster::Dart).rate_drop(0.1).num_round(30), data(0)),
        (preset().linear_tree(true), data(0)),
        (preset().objective(Objective::AbsoluteError), data(0)),
        (preset().num_parallel_tree(2), data(0)),
    ]
}

#[test]
fn the_model_is_the_mean_of_what_a_trainer_makes_of_the_folds() {
    for (number, (params, data)) in objectives().into_iter().enumerate() {
        let trained = fit(params.clone(), &data);
        let PresetReport { plan, members, held_out, factor, .. } = trained.preset.as_ref().unwrap();
        let choice = plan.choices.iter().find(|choice| choice.parameter == "race").unwrap();
        let values: Vec<bool> = choice.value.split('+').map(|value| value == "extra_trees").collect();
        assert_eq!(members.len(), plan.folds * values.len());
        assert_eq!(trained.model.num_rounds(), members.iter().map(|member| member.rounds).sum::<usize>());
        let (margins, [mut expected, of_rows_held_out]) =
            (predict_margins(&trained.model, &data).unwrap(), twin(&params, &data, &values));
        let outputs = margins.len() / data.rows();
        for (at, margin) in held_out.iter().enumerate() {
            let twin = factor * of_rows_held_out[(at % data.rows()) * outputs + at / data.rows()];
            assert!((margin - twin).abs() < 1e-9 || (margin.is_nan() && twin.is_nan()), "{number}, {at}: {margin} {twin}");
        }
        // One factor may scale all margins of classes.
        let is_scaled = trained.model.objective.name.contains(':') && !trained.model.objective.name.starts_with("reg");
        assert!(if is_scaled { (0.5..=2.0).contains(factor) } else { *factor == 1.0 }, "{number}: {factor}");
        expected.iter_mut().for_each(|margin| *margin *= factor);
        let off = margins.iter().zip(&expected).map(|(x, y)| (x - y).abs()).fold(0.0, f64::max);
        assert!(off < 1e-9, "{number}: {off}");
    }
}

#[test]
fn the_bytes_do_not_depend_on_threads() {
    for (number, (params, data)) in objectives().into_iter().enumerate() {
        let bytes = |threads| fit(params.clone().nthread(threads), &data).model.to_bytes().unwrap();
        let one = bytes(1);
        assert!([2, 3, 7].into_iter().all(|threads| bytes(threads) == one), "{number}");
    }
}

#[test]
fn what_is_given_stays() {
    let data = data(2);
    let plan = |params: ParamsBuilder| Plan::new(&params.objective(Objective::BinaryLogistic).build().unwrap(), &data).unwrap();
    let chosen = |plan: &Plan| plan.choices.iter().map(|choice| choice.parameter).collect::<Vec<_>>();
    let all = plan(preset());
    assert!(chosen(&all).contains(&"eta") && chosen(&all).contains(&"max_leaves") && all.race.is_some());
    // Also where it is the table's default.
    let some = plan(preset().eta(0.3).max_depth(6).subsample(1.0).extra_trees(false).early_stopping_rounds(7));
    let Params { eta, max_depth, max_leaves, subsample, early_stopping_rounds, .. } = some.params;
    assert_eq!((eta, max_depth, max_leaves, subsample, early_stopping_rounds), (0.3, 6, 0, 1.0, Some(7)));
    assert!(some.race.is_none());
    assert_eq!(chosen(&some), ["num_round", "min_child_weight", "colsample_bynode"]);
    assert!(all.choices.iter().all(|choice| choice.to_string().contains(" because ")));
}

#[test]
fn metrics_of_validation_data_are_those_of_the_model() {
    let (params, data) = (preset().objective(Objective::BinaryLogistic).eval_metric(vec!["auc".into(), "logloss".into()]), data(2));
    let fold = data.fold(&(0..300).collect::<Vec<_>>(), &(300..400).collect::<Vec<_>>()).unwrap();
    let trainer = Trainer::new(params.build().unwrap()).validation("validation", &fold.held_out);
    let trained = trainer.fit_observed(&fold.train, &mut ()).unwrap();
    let margins = predict_margins(&trained.model, &fold.held_out).unwrap();
    let evaluation = Evaluation::new(Objective::BinaryLogistic, &margins, fold.held_out.targets()).unwrap();
    for metric in metrics(&["auc".to_string(), "logloss".to_string()], Objective::BinaryLogistic).unwrap() {
        let (_, _, told) =
            trained.report.values.iter().find(|(set, name, _)| set == "validation" && name == metric.name()).unwrap();
        assert!((metric.evaluate(&evaluation) - told).abs() < 1e-9);
    }
    let sets: Vec<&str> = trained.report.values.iter().map(|(set, ..)| &set[..]).collect();
    assert_eq!(sets, ["train", "train", "validation", "validation", "held-out", "held-out"]);
    assert_eq!(trained.history.last(), Some(&trained.report));
}

#[test]
fn query_groups_stay_whole() {
    let groups = (0..ROWS).map(|row| row as u64 / 8).collect();
    let data = data(4).with_groups(groups).unwrap();
    let trained = fit(preset().objective(Objective::RankNdcg), &data);
    let plan = trained.preset.unwrap().plan;
    for fold in data.cut(&plan.params, plan.folds, plan.repeats).unwrap() {
        let group = |rows: &[u32]| rows.iter().map(|row| row / 8).collect::<std::collections::BTreeSet<_>>();
        assert!(group(&fold.rows).is_disjoint(&group(&fold.learned)));
    }
}

/// Ends training after so many rounds of all members.
struct Ends(usize);

impl Observer for Ends {
    fn member_round(&mut self, _: usize, _: &RoundReport) -> bool {
        self.0 -= 1;
        self.0 > 0
    }
}

#[test]
fn training_that_is_ended_early_gives_the_members_so_far() {
    for rounds in [1, 40, 150] {
        let params = preset().nthread(1).build().unwrap();
        let trained = Trainer::new(params).fit_observed(&data(0), &mut Ends(rounds)).unwrap();
        let members = trained.preset.unwrap().members;
        let kept = members.iter().map(|MemberReport { rounds, .. }| rounds).sum::<usize>();
        assert!((1..=rounds).contains(&kept) && trained.model.num_rounds() == kept, "{rounds}: {kept}");
    }
}

/// Keeps a checkpoint of every member after every tenth round, and ends training after so many rounds.
#[derive(Default)]
struct Keeps {
    left: Option<usize>,
    rounds: usize,
    kept: std::collections::BTreeMap<String, Checkpoint>,
}

impl Observer for Keeps {
    fn member_round(&mut self, _: usize, report: &RoundReport) -> bool {
        self.rounds = report.round;
        self.left = self.left.map(|left| left - 1);
        self.left != Some(0)
    }

    fn keeps_checkpoints(&self) -> bool {
        true
    }

    fn wants_member_checkpoint(&mut self, _: &str) -> bool {
        self.rounds.is_multiple_of(10)
    }

    fn member_checkpoint(&mut self, member: &str, checkpoint: &Checkpoint) {
        self.kept.insert(member.to_string(), checkpoint.clone());
    }
}

#[test]
fn a_resumed_run_gives_the_model_of_an_uninterrupted_one() {
    let (params, data) = (preset().nthread(1).objective(Objective::BinaryLogistic).build().unwrap(), data(2));
    let whole = Trainer::new(params.clone()).fit(&data).unwrap().to_bytes().unwrap();
    for rounds in [15, 60, 200] {
        let mut keeps = Keeps { left: Some(rounds), ..Keeps::default() };
        Trainer::new(params.clone()).fit_observed(&data, &mut keeps).unwrap();
        let kept: Vec<_> = keeps.kept.into_iter().collect();
        assert!(!kept.is_empty() && kept[0].0.starts_with("fold-0"), "{rounds}");
        let resumed = Trainer::new(params.clone()).resume_members(kept.clone()).fit(&data).unwrap();
        assert!(resumed.to_bytes().unwrap() == whole, "{rounds}");
        let other = preset().nthread(1).objective(Objective::BinaryLogistic).eta(0.2).build().unwrap();
        let error = Trainer::new(other).resume_members(kept).fit(&data).unwrap_err();
        assert!(error.to_string().contains("made with other parameters: eta is"), "{error}");
    }
}

#[test]
fn what_presets_cannot_do_is_refused() {
    let build = |params: ParamsBuilder| params.build().unwrap_err().to_string();
    assert!(build(preset().nfold(5)).contains("nfold cannot be combined with preset=best"));
    assert!(build(preset().validation_fraction(0.2)).contains("validation_fraction cannot be combined with preset=best"));
    assert!(build(Params::builder().num_round(5).quality(2)).contains("quality is about preset=best"));
    assert!(build(Params::builder().preset(Preset::Fast).quality(2)).contains("quality is about preset=best"));
    let model = Trainer::new(Params::builder().num_round(1).build().unwrap()).fit(&data(0)).unwrap();
    let error = Trainer::new(preset().build().unwrap()).init_model(model).fit(&data(0)).unwrap_err().to_string();
    assert!(error.contains("a model to go on from cannot be combined with preset=best"), "{error}");
}
