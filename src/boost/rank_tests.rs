//! Any number of ranks trains the model that one with all rows does.

use crate::collective::{Collective, Solo, Threads};
use crate::params::{
    AftDistribution, Booster, FeatureName, MonotoneMethod, MultiStrategy, PairMethod, ParamsBuilder, PerFeature, SamplingMethod,
};
use crate::sampling::mix;
use crate::{Dataset, Feature, FeatureKind, FeatureSchema, GrowPolicy, Objective, Params, Trainer};
use ndarray::{Array2, ArrayView1, Axis, Slice};

/// Rows with labels and weights, to be cut into those of several ranks.
struct Rows {
    x: Array2<f64>,
    schema: FeatureSchema,
    labels: Vec<f64>,
    weights: Option<Vec<f64>>,
    groups: Option<Vec<u64>>,
    /// Of targets behind the first.
    more_labels: Vec<Vec<f64>>,
    /// Lower and upper ones, in the place of labels.
    bounds: Option<[Vec<f64>; 2]>,
}

impl Rows {
    /// The rows whose positions are in a range.
    fn part(&self, begin: usize, end: usize) -> Dataset {
        let x = self.x.slice_axis(Axis(0), Slice::from(begin..end));
        let data = Dataset::from_array(x, self.labels[begin..end].to_vec(), Some(self.schema.clone())).unwrap();
        let another = |data: Dataset, labels: &Vec<f64>| data.with_another_target(labels[begin..end].to_vec()).unwrap();
        let data = self.more_labels.iter().fold(data, another);
        let data = match &self.bounds {
            Some(bounds) => {
                let [lower, upper] = bounds.each_ref().map(|bounds| bounds[begin..end].to_vec());
                data.with_label_bounds(lower, upper).unwrap()
            }
            None => data,
        };
        let data = match &self.groups {
            Some(groups) => data.with_groups(groups[begin..end].to_vec()).unwrap(),
            None => data,
        };
        match &self.weights {
            Some(weights) => data.with_weights(weights[begin..end].to_vec()).unwrap(),
            None => data,
        }
    }

    /// Where the rows of each rank end; the second of three has none.
    fn ends(&self, ranks: usize) -> Vec<usize> {
        let rows = self.x.nrows();
        match ranks {
            1 => vec![rows],
            2 => vec![rows / 3, rows],
            _ => vec![rows / 7, rows / 7, rows],
        }
    }

    fn rank_part(&self, ranks: &dyn Collective) -> Dataset {
        let ends = self.ends(ranks.size());
        self.part(ranks.rank().checked_sub(1).map_or(0, |before| ends[before]), ends[ranks.rank()])
    }
}

/// Trains on 1, 2 and 3 ranks: all must have the same model, byte for byte, and the same metrics. The training rows are evaluated a second
/// time, as a validation set.
fn check(name: &str, rows: &Rows, params: ParamsBuilder) {
    let params = params.build().unwrap();
    let trained = |data: &Dataset, ranks: &dyn Collective| {
        let trained =
            Trainer::new(params.clone()).validation("validation", data).collective(ranks).fit_observed(data, &mut ()).unwrap();
        (trained.model, trained.history)
    };
    let (model, history) = trained(&rows.part(0, rows.x.nrows()), &Solo);
    assert!(model.trees.iter().all(|tree| tree.nodes.len() > 3), "{name}: the trees are too small to tell anything");
    for size in [1, 2, 3] {
        for (rank, (other, metrics)) in Threads::run(size, |ranks| trained(&rows.rank_part(ranks), ranks)).into_iter().enumerate() {
            assert!(other.to_bytes().unwrap() == model.to_bytes().unwrap(), "{name}: the model of rank {rank} of {size}");
            assert_eq!(metrics, history, "{name}: metrics of rank {rank} of {size}");
        }
    }
}

fn numeric_schema(features: usize) -> FeatureSchema {
    let feature = |i| Feature { name: format!("x{i}"), kind: FeatureKind::Numeric };
    FeatureSchema { features: (0..features).map(feature).collect(), named: true, index_base: None }
}

fn hash(row: usize, column: usize) -> u64 {
    mix((row * 1024 + column) as u64)
}

fn rows(x: Array2<f64>, schema: FeatureSchema, label: impl Fn(ArrayView1<'_, f64>) -> f64) -> Rows {
    let labels = x.rows().into_iter().map(label).collect();
    Rows { x, schema, labels, weights: None, groups: None, more_labels: Vec::new(), bounds: None }
}

fn base(rounds: u32, leaves: u32) -> ParamsBuilder {
    Params::builder().num_round(rounds).max_leaves(leaves).max_depth(0).grow_policy(GrowPolicy::Lossguide).nthread(2)
}

fn metrics(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

/// Values without ties, and labels with a heavy tail, so that gradients need wide integers.
#[test]
fn on_numbers() {
    let x = Array2::from_shape_fn((9000, 7), |(row, column)| (hash(row, column) >> 11) as f64);
    let scale = (1u64 << 53) as f64;
    let tailed = |row: ArrayView1<'_, f64>| (row[0] / scale * 9.0).exp() + 50.0 * row[1] / scale;
    let all = rows(x, numeric_schema(7), tailed);
    check("leaf-wise", &all, base(6, 40));
    check("level by level", &all, base(4, 0).max_depth(5).grow_policy(GrowPolicy::Depthwise));
}

/// Categories with few levels and with many, missing values, and weights, some of which are zero.
#[test]
fn on_categories_with_weights_and_samples() {
    let levels = |count: usize| FeatureKind::Categorical { levels: (0..count).map(|level| format!("{level:03}")).collect() };
    let kinds = [FeatureKind::Numeric, levels(3), levels(90), FeatureKind::Numeric, FeatureKind::Numeric];
    let features = kinds.into_iter().enumerate().map(|(i, kind)| Feature { name: format!("x{i}"), kind }).collect();
    let schema = FeatureSchema { features, named: true, index_base: None };
    let x = Array2::from_shape_fn((6000, 5), |(row, column)| match (hash(row, column), column) {
        (hash, _) if hash % 13 == column as u64 => f64::NAN,
        (hash, 1) => (hash % 3) as f64,
        (hash, 2) => (hash % 90) as f64,
        (hash, _) => (hash % 500) as f64,
    });
    let is_large = |row: ArrayView1<'_, f64>| {
        let effect = if row[2] % 7.0 < 3.0 { 200.0 } else { 0.0 };
        f64::from(u8::from(row[0] + effect + 40.0 * row[1] > 400.0))
    };
    let mut all = rows(x, schema, is_large);
    all.weights = Some((0..6000).map(|row| (row % 5) as f64 * 0.75).collect());
    let params = || {
        base(6, 12)
            .objective(Objective::BinaryLogistic)
            .early_stopping_rounds(3)
            .eval_metric(metrics(&["logloss", "aucpr", "auc"]))
            .min_data_per_group(20.0)
    };
    check("all rows", &all, params());
    check("half of the rows", &all, params().subsample(0.5));
    let directions = || params().monotone_constraints(PerFeature::List(vec![-1.0, 0.0, 0.0, 1.0, 0.0]));
    check("monotone", &all, directions());
    check("monotone, intermediate", &all, directions().monotone_constraints_method(MonotoneMethod::Intermediate));
    let group = |features: &[usize]| features.iter().map(|&feature| FeatureName::Index(feature)).collect();
    check("groups of features", &all, params().interaction_constraints(vec![group(&[0, 2]), group(&[1, 2, 3])]));
    check("random thresholds", &all, params().extra_trees(true).path_smooth(20.0));
    let weighted = params().colsample_bytree(0.8).colsample_bynode(0.7);
    check("features by weight", &all, weighted.feature_weights(PerFeature::List(vec![1.0, 2.0, 0.5, 0.0, 3.0])));
    let by_gradient = params().subsample(0.4).sampling_method(SamplingMethod::GradientBased);
    check("by gradient", &all, by_gradient);
}

/// Leaves that are quantiles of rows on several ranks.
#[test]
fn on_quantiles() {
    let x = Array2::from_shape_fn((4000, 4), |(row, column)| (hash(row, column) % 300) as f64);
    let mut all = rows(x, numeric_schema(4), |row| row[0] + (row[1] * row[2]) % 41.0);
    all.weights = Some((0..4000).map(|row| (row % 4) as f64 * 0.5).collect());
    let params = || base(4, 12).eta(0.3).min_child_weight(5.0);
    let levels = || params().objective(Objective::Quantile).quantile_alpha(vec![0.1, 0.5, 0.9]).eval_metric(metrics(&["quantile"]));
    check("all rows", &all, levels());
    check("copies of few rows", &all, levels().subsample(0.3));
    check("monotone", &all, levels().monotone_constraints(PerFeature::List(vec![1.0, -1.0, 0.0, 0.0])));
    check(
        "samples in place",
        &all,
        params().objective(Objective::AbsoluteError).subsample(0.8).eval_metric(metrics(&["mae", "medae"])),
    );
    check(
        "several means",
        &all,
        params().objective(Objective::PseudoHuber).huber_slope(20.0).eval_metric(metrics(&["mphe", "smape"])),
    );
}

/// Risk sets of rows on several ranks, which share times.
#[test]
fn on_hazards() {
    let x = Array2::from_shape_fn((4000, 4), |(row, column)| (hash(row, column) % 300) as f64);
    let mut all = rows(x, numeric_schema(4), |row| {
        let time = 1.0 + (row[0] + 3.0 * row[1]).floor() % 200.0;
        if row[2] < 90.0 { -time } else { time }
    });
    let params = || base(5, 12).objective(Objective::Cox).eta(0.3).eval_metric(metrics(&["cox-nloglik"]));
    check("all rows", &all, params());
    all.weights = Some((0..4000).map(|row| (row % 4) as f64 * 0.5).collect());
    check("half of the rows", &all, params().subsample(0.5));
}

/// Times of which bounds are known, of every kind.
#[test]
fn on_times_between_bounds() {
    let x = Array2::from_shape_fn((4000, 4), |(row, column)| (hash(row, column) % 300) as f64);
    let mut all = rows(x, numeric_schema(4), |row| 1.0 + (row[0] + 3.0 * row[1]).floor() % 200.0);
    let bounds = |row: usize| match row % 4 {
        0 => (all.labels[row], all.labels[row]),
        1 => (all.labels[row] * 0.5, f64::INFINITY),
        2 => (0.0, all.labels[row] * 2.0),
        _ => (all.labels[row] * 0.75, all.labels[row] * 1.5),
    };
    let (lower, upper) = (0..4000).map(bounds).unzip();
    all.bounds = Some([lower, upper]);
    let names = metrics(&["interval-regression-accuracy", "aft-nloglik"]);
    let params =
        |distribution| base(5, 12).objective(Objective::Aft).aft_loss_distribution(distribution).eval_metric(names.clone());
    check("normal", &all, params(AftDistribution::Normal));
    check("extreme", &all, params(AftDistribution::Extreme).aft_loss_distribution_scale(0.5));
    all.weights = Some((0..4000).map(|row| (row % 7) as f64 * 0.5).collect());
    check("samples", &all, params(AftDistribution::Logistic).subsample(0.4));
}

/// Several targets, each with trees of its own.
#[test]
fn on_several_targets() {
    let x = Array2::from_shape_fn((4000, 4), |(row, column)| (hash(row, column) % 300) as f64);
    let mut all = rows(x, numeric_schema(4), |row| (row[0] + 3.0 * row[1]).floor() % 200.0);
    let other = |column: usize| all.x.rows().into_iter().map(|row| row[column] * row[3] / 90.0).collect();
    all.more_labels = vec![other(1), other(2)];
    all.weights = Some((0..4000).map(|row| (row % 4) as f64 * 0.5).collect());
    check("means", &all, base(4, 10).eval_metric(metrics(&["rmse", "r2"])));
    check("medians", &all, base(4, 10).objective(Objective::AbsoluteError).subsample(0.5).num_parallel_tree(2));
}

/// Query groups, each on one rank, some of which weigh nothing.
#[test]
fn on_query_groups() {
    let x = Array2::from_shape_fn((4200, 5), |(row, column)| (hash(row, column) % 80) as f64);
    let mut all = rows(x, numeric_schema(5), |row| ((row[0] + row[1] * row[2] / 80.0) / 40.0).floor());
    all.groups = Some((0..4200).map(|row| hash(row / 20, 3)).collect());
    let params =
        |objective| base(5, 12).objective(objective).min_child_weight(0.1).eval_metric(metrics(&["map@5", "auc", "aucpr", "ndcg"]));
    check("ndcg", &all, params(Objective::RankNdcg).num_parallel_tree(2).colsample_bynode(0.6));
    check("drawn pairs", &all, params(Objective::RankPairwise).lambdarank_pair_method(PairMethod::Mean));
    all.weights = Some((0..4200).map(|row| (row / 20 % 4) as f64 * 0.75).collect());
    check("weights", &all, params(Objective::RankNdcg).subsample(0.4));
    check("biases", &all, params(Objective::RankNdcg).lambdarank_unbiased(true).lambdarank_num_pair_per_sample(6));
    check("drawn distributions", &all, params(Objective::RankXendcg).subsample(0.6).min_child_weight(0.001));
    check("goss", &all, params(Objective::RankPairwise).sampling_method(SamplingMethod::Goss).eta(0.5));
}

/// Several classes, trees side by side, and goss.
#[test]
fn on_several_classes() {
    let x = Array2::from_shape_fn((5000, 9), |(row, column)| (hash(row, column) % 60) as f64);
    let class = |row: ArrayView1<'_, f64>| ((row[0] + row[1] * row[2] / 60.0) / 40.0).floor().min(2.0);
    let all = rows(x, numeric_schema(9), class);
    let params = || {
        base(5, 8)
            .objective(Objective::Softprob)
            .eval_metric(metrics(&["merror@2", "ece", "mlogloss"]))
            .num_class(3)
            .num_parallel_tree(2)
    };
    check("samples of features", &all, params().colsample_bytree(0.6).colsample_bynode(0.7).subsample(0.7));
    check("dart", &all, params().booster(Booster::Dart).rate_drop(0.4).subsample(0.7));
    let goss = || params().sampling_method(SamplingMethod::Goss).top_rate(0.2).other_rate(0.2).eta(0.5);
    check("goss", &all, goss());
    let vectors = |params: ParamsBuilder| params.multi_strategy(MultiStrategy::MultiOutputTree);
    check("trees of all classes", &all, vectors(params()));
    check("trees of all classes and goss", &all, vectors(goss()).sketch_outputs(2));
    check("trees of all classes and dart", &all, vectors(params().booster(Booster::Dart).rate_drop(0.4)));
    check("trees of all classes, drawn", &all, vectors(params().subsample(0.4).grow_policy(GrowPolicy::Depthwise).max_depth(5)));
}

/// So many features that nearly all rows have in one bin that trees get matrices of their own, and more features than ranks scan at once.
#[test]
fn on_sparse_features() {
    let x = Array2::from_shape_fn((4000, 150), |(row, column)| match hash(row, column) {
        hash if column < 8 => (hash % 300) as f64,
        // Too rare to split on.
        hash if column > 50 => f64::from(u8::from(hash % 1500 == 0)),
        hash if hash % 12 > 0 => f64::NAN,
        hash => (hash % 9) as f64,
    });
    let score = |row: ArrayView1<'_, f64>| row[0] + 90.0 * row[9].max(0.0) - row[3] + 60.0 * row[20].max(0.0);
    let all = rows(x, numeric_schema(150), score);
    check("narrowed", &all, base(5, 16).min_child_weight(20.0));
    let level_by_level = base(4, 20).max_depth(4).grow_policy(GrowPolicy::Depthwise).colsample_bytree(0.3).min_child_weight(5.0);
    check("drawn", &all, level_by_level);
}

/// So much data on one rank that rows are laid out anew, and too little on each of several.
#[test]
fn on_rows_that_are_laid_out_anew() {
    let x = Array2::from_shape_fn((5400, 200), |(row, column)| (hash(row, column) % 7) as f64);
    let sum = |row: ArrayView1<'_, f64>| row[0] + 2.0 * row[1] * row[2] + row[7];
    let all = rows(x, numeric_schema(200), sum);
    check("wide rows", &all, base(3, 10).objective(Objective::Poisson));
    check("wide rows and dropped trees", &all, base(4, 10).booster(Booster::Dart).one_drop(true));
    let mut ranked = all;
    ranked.labels.iter_mut().for_each(|label| *label = (*label / 20.0).floor());
    ranked.groups = Some((0..5400).map(|row| hash(row / 3, 7)).collect());
    let ndcg = || base(4, 10).objective(Objective::RankNdcg).min_child_weight(0.1);
    check("wide rows in groups", &ranked, ndcg());
    check("wide rows in groups with biases", &ranked, ndcg().lambdarank_unbiased(true).subsample(0.8));
}

/// Rows cut anywhere, also so that several ranks have none, and more ranks than features.
#[test]
fn wherever_rows_are_cut() {
    for case in 0..8 {
        let features = 1 + case % 4;
        let x = Array2::from_shape_fn((1200, features), |(row, column)| (hash(row, 50 * case + column) % 90) as f64);
        let all = rows(x, numeric_schema(features), |row| row[0] * 0.25 + row[features - 1] % 10.0);
        let params = base(3, 9).subsample([1.0, 0.6][case % 2]).eta(0.4).build().unwrap();
        let expected = Trainer::new(params.clone()).fit(&all.part(0, 1200)).unwrap().to_bytes().unwrap();
        let mut cuts: Vec<usize> = (0..4).map(|cut| (hash(cut, 900 + case) % 1300).min(1200) as usize).collect();
        cuts[0] = cuts[1];
        cuts.extend([0, 1200]);
        cuts.sort_unstable();
        let models = Threads::run(5, |ranks| {
            let data = all.part(cuts[ranks.rank()], cuts[ranks.rank() + 1]);
            Trainer::new(params.clone()).collective(ranks).fit(&data).unwrap().to_bytes().unwrap()
        });
        assert!(models.iter().all(|model| *model == expected), "{features} features, rows cut at {cuts:?}");
    }
}

#[test]
fn what_is_wrong_on_one_rank_is_an_error_of_all() {
    let x = Array2::from_shape_fn((300, 2), |(row, column)| (hash(row, column) % 9) as f64);
    let mut all = rows(x, numeric_schema(2), |row| f64::from(u8::from(row[0] > 4.0)));
    all.labels[250] = 2.0;
    let params = base(2, 4).objective(Objective::BinaryLogistic).build().unwrap();
    let errors = Threads::run(3, |ranks| Trainer::new(params.clone()).collective(ranks).fit(&all.rank_part(ranks)).unwrap_err());
    for (rank, error) in errors.into_iter().enumerate() {
        let message = error.to_string();
        assert!(error.is_user_error() && message.contains("but it is 2 at row 208"), "{message}");
        assert_eq!(message.starts_with("host 3: "), rank != 2, "{message}");
    }
    all.labels[250] = 1.0;
    let errors = Threads::run(2, |ranks| {
        let mut data = all.rank_part(ranks);
        if ranks.rank() == 1 {
            let weights = vec![1.0; data.rows()];
            data = data.with_weights(weights).unwrap();
        }
        Trainer::new(params.clone()).collective(ranks).fit(&data).unwrap_err().to_string()
    });
    assert!(errors.iter().all(|error| error.contains("there are weights on other hosts, none on this one")), "{errors:?}");
}
