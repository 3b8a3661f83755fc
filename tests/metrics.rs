//! Metrics against values that XGBoost and scikit-learn compute on the same predictions.

use ndarray::Array2;
use sapwood::data::TargetsView;
use sapwood::metric::{Evaluation, metrics};
use sapwood::params::AftDistribution;
use sapwood::{Dataset, Objective, Params};

// Computed by Python 3.11 with xgboost 3.2.0, scikit-learn 1.9.1 and numpy 2.4.6:
//
// import json, numpy as np, xgboost as xgb
// from sklearn import metrics as sk
//
// # Exact in binary, with ties; weights vary.
// margin = np.array([-1.5, 0.25, 0.25, 2.0, -0.5, 0.75, -2.0, 0.25, 1.25, -0.5])
// binary = np.array([0, 1, 0, 1, 0, 1, 0, 1, 0, 1.0])
// weight = np.array([1, 2, 0.5, 1, 1.5, 1, 1, 0.25, 3, 1])
// soft = np.array([0, 0.5, 0.25, 1, 0.125, 0.75, 0, 0.5, 0.75, 0.25])
// real = np.array([-1, 0.5, 1, 2.5, -1, 0.5, -3, 0.75, 1, 0.5])
// count = np.array([0, 1, 3, 7, 1, 2, 0, 0, 5, 1.0])
// positive = np.array([0.25, 1, 3, 7, 1, 2, 0.5, 0.125, 5, 1.0])
// classes = np.array([0, 1, 2, 2, 0, 1, 1, 0, 2, 1.0])
// softmax = np.stack([margin, margin[::-1], np.roll(margin, 3)], axis=1)
//
// def booster(objective, names, label, margins, weights, outputs=1):
//     data = xgb.DMatrix(np.zeros((len(label), 1)), label=label, weight=weights, base_margin=margins)
//     params = {"objective": objective, "eta": 0, "eval_metric": names}
//     if outputs > 1: params["num_class"] = outputs
//     result = {}
//     xgb.train(params, data, 1, evals=[(data, "d")], evals_result=result, verbose_eval=False)
//     return {name: values[0] for name, values in result["d"].items()}
//
// sigmoid = lambda x: 1 / (1 + np.exp(-x))
// for title, weights in [("plain", None), ("weighted", weight)]:
//     table = {}
//     p = sigmoid(margin)
//     table |= booster("reg:squarederror", ["rmse", "mae", "mape"], real, margin, weights)
//     table["mse"] = sk.mean_squared_error(real, margin, sample_weight=weights)
//     table["r2"] = sk.r2_score(real, margin, sample_weight=weights)
//     table |= booster("binary:logistic", ["logloss", "error", "error@0.7", "auc", "aucpr"], binary, margin, weights)
//     table["accuracy"] = sk.accuracy_score(binary, p > 0.5, sample_weight=weights)
//     table |= {"soft " + k: v for k, v in booster("reg:logistic", ["rmse", "logloss", "error"], soft, margin, weights).items()}
//     table |= booster("count:poisson", ["poisson-nloglik"], count, margin, weights)
//     table |= booster("multi:softprob", ["mlogloss", "merror"], classes, softmax, weights, 3)
//     table |= booster("reg:gamma", ["gamma-nloglik", "gamma-deviance"], positive, margin, weights)
//     table |= booster("reg:tweedie", ["tweedie-nloglik@1.5", "tweedie-nloglik@1.2"], count, margin, weights)
//     table |= booster("reg:pseudohubererror", ["mphe"], real, margin, weights)
//     table |= booster("reg:squaredlogerror", ["rmsle"], count, abs(margin), weights)
//     table |= booster("survival:cox", ["cox-nloglik"], times, margin, None) (XGBoost does not weigh it)
//     table |= booster("binary:hinge", ["error"], binary, margin, weights)
//     (and scikit-learn's functions of the same names for the others, of p > 0.5 and of softmax.argmax(axis=1))
//     table["multi accuracy"] = sk.accuracy_score(classes, softmax.argmax(axis=1), sample_weight=weights)
//     check = {"auc": sk.roc_auc_score(binary, margin, sample_weight=weights),
//              "logloss": sk.log_loss(binary, p, sample_weight=weights),
//              "mlogloss": sk.log_loss(classes, np.exp(softmax)/np.exp(softmax).sum(1, keepdims=True), sample_weight=weights),
//              "rmse": sk.root_mean_squared_error(real, margin, sample_weight=weights),
//              "mape": sk.mean_absolute_percentage_error(real, margin, sample_weight=weights)}
//     for name, value in check.items():
//         assert abs(table[name] - value) < 1e-6, (title, name, table[name], value)
//     print(title, "\n".join(f'("{n}", {float(v):.9}),' for n, v in table.items()))

const MARGIN: [f64; 10] = [-1.5, 0.25, 0.25, 2.0, -0.5, 0.75, -2.0, 0.25, 1.25, -0.5];
const WEIGHT: [f64; 10] = [1.0, 2.0, 0.5, 1.0, 1.5, 1.0, 1.0, 0.25, 3.0, 1.0];

/// Objective, metric, its value without weights and with [`WEIGHT`]. XGBoost computes in single precision.
#[rustfmt::skip]
const EXPECTED: [(Objective, &str, f64, f64); 56] = [
    (Objective::SquaredError, "rmse", 0.612_372_436, 0.541_633_96),
    (Objective::SquaredError, "mae", 0.55, 0.469_387_755),
    (Objective::SquaredError, "mape", 0.620_000_003, 0.536_734_695),
    (Objective::SquaredError, "mse", 0.375, 0.293_367_347),
    (Objective::SquaredError, "r2", 0.814_871_953, 0.835_156_799),
    (Objective::BinaryLogistic, "logloss", 0.577_004_167, 0.713_628_86),
    (Objective::BinaryLogistic, "error", 0.3, 0.367_346_939),
    (Objective::BinaryLogistic, "error@0.7", 0.5, 0.591_836_735),
    (Objective::BinaryLogistic, "auc", 0.74, 0.603_741_497),
    (Objective::BinaryLogistic, "aucpr", 0.714_341_852, 0.561_970_584),
    (Objective::BinaryLogistic, "accuracy", 0.7, 0.632_653_061),
    (Objective::Logistic, "rmse", 0.158_961_673, 0.139_476_129),
    (Objective::Logistic, "logloss", 0.489_504_173, 0.496_792_122),
    (Objective::Logistic, "error", 0.262_5, 0.239_795_918),
    (Objective::Poisson, "poisson-nloglik", 1.246_756_26, 1.304_866_25),
    (Objective::Softprob, "mlogloss", 1.634_141_76, 1.551_148_77),
    (Objective::Softprob, "merror", 0.7, 0.734_693_878),
    (Objective::Softprob, "accuracy", 0.3, 0.265_306_122),
    (Objective::Gamma, "gamma-nloglik", 1.489_955_01, 1.658_289_45),
    (Objective::Gamma, "gamma-deviance", 0.742_260_647, 0.432_106_573),
    (Objective::Tweedie, "tweedie-nloglik@1.5", 4.912_578_45, 5.544_306_24),
    (Objective::Tweedie, "tweedie-nloglik@1.2", 10.036_628_9, 11.961_153_6),
    (Objective::PseudoHuber, "mphe", 0.164_289_224, 0.129_037_787),
    (Objective::SquaredLogError, "rmsle", 0.777_833_223, 0.783_648_023),
    (Objective::BinaryHinge, "error", 0.3, 0.367_346_939),
    (Objective::BinaryLogistic, "brier", 0.199_823_295, 0.258_595_324),
    (Objective::BinaryLogistic, "balanced_accuracy", 0.7, 0.654_761_905),
    (Objective::BinaryLogistic, "f1", 0.696_969_697, 0.631_270_903),
    (Objective::BinaryLogistic, "f1_macro", 0.696_969_697, 0.631_270_903),
    (Objective::BinaryLogistic, "f1_binary", 0.727_272_727, 0.653_846_154),
    (Objective::BinaryLogistic, "f1_micro", 0.7, 0.632_653_061),
    (Objective::BinaryLogistic, "precision", 0.666_666_667, 0.548_387_097),
    (Objective::BinaryLogistic, "precision_macro", 0.708_333_333, 0.663_082_437),
    (Objective::BinaryLogistic, "precision_micro", 0.7, 0.632_653_061),
    (Objective::BinaryLogistic, "recall", 0.8, 0.809_523_81),
    (Objective::BinaryLogistic, "recall_macro", 0.7, 0.654_761_905),
    (Objective::BinaryLogistic, "recall_micro", 0.7, 0.632_653_061),
    (Objective::BinaryLogistic, "mcc", 0.408_248_29, 0.317_735_416),
    (Objective::BinaryLogistic, "kappa", 0.4, 0.292_134_831),
    (Objective::Softprob, "balanced_accuracy", 0.277_777_778, 0.230_303_03),
    (Objective::Softprob, "f1", 0.264_550_265, 0.228_070_175),
    (Objective::Softprob, "precision_macro", 0.277_777_778, 0.234_567_901),
    (Objective::Softprob, "recall_macro", 0.277_777_778, 0.230_303_03),
    (Objective::Softprob, "recall_micro", 0.3, 0.265_306_122),
    (Objective::Softprob, "mcc", -0.050_251_890_8, -0.063_904_423_1),
    (Objective::Softprob, "kappa", -0.044_776_119_4, -0.055_023_923_4),
    // Weighted by numpy, from the definition: XGBoost does not weigh it.
    (Objective::Cox, "cox-nloglik", 1.065_344_96, 1.294_580_19),
    (Objective::SquaredError, "medae", 0.5, 0.5),
    (Objective::SquaredError, "smape", 0.717_777_778, 0.593_650_794),
    // By numpy, from the definition.
    (Objective::BinaryLogistic, "ece", 0.207_734_169, 0.312_956_343),
    (Objective::BinaryLogistic, "ece@5", 0.143_569_91, 0.260_577_355),
    (Objective::Logistic, "ece", 0.133_556_337, 0.112_317_494),
    (Objective::Softprob, "ece@15", 0.401_693_182, 0.459_370_476),
    (Objective::Softprob, "ece@5", 0.247_945_25, 0.279_450_586),
    // By LightGBM 4.7, with init_score=softmax and multi_error_top_k; every row has a class beside its own with the same margin, or a wrong one above.
    (Objective::Softprob, "merror@1", 1.0, 1.0),
    (Objective::Softprob, "multi_error@2", 0.4, 0.326_530_612),
];

/// The labels that the table's values were computed with.
fn labels(objective: Objective) -> [f64; 10] {
    match objective {
        Objective::SquaredError
        | Objective::PseudoHuber
        | Objective::AbsoluteError
        | Objective::Quantile
        | Objective::Expectile => [-1.0, 0.5, 1.0, 2.5, -1.0, 0.5, -3.0, 0.75, 1.0, 0.5],
        Objective::Logistic => [0.0, 0.5, 0.25, 1.0, 0.125, 0.75, 0.0, 0.5, 0.75, 0.25],
        Objective::BinaryLogistic | Objective::BinaryLogitraw | Objective::BinaryHinge => {
            [0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0]
        }
        Objective::Gamma => [0.25, 1.0, 3.0, 7.0, 1.0, 2.0, 0.5, 0.125, 5.0, 1.0],
        Objective::Poisson | Objective::Tweedie | Objective::SquaredLogError => [0.0, 1.0, 3.0, 7.0, 1.0, 2.0, 0.0, 0.0, 5.0, 1.0],
        Objective::Cox => [4.0, -2.5, 3.0, 0.5, 5.0, 1.0, -7.0, -3.0, 0.75, 6.0],
        Objective::RankNdcg | Objective::RankMap | Objective::RankPairwise | Objective::RankXendcg | Objective::Aft => [0.0; 10],
        Objective::Softmax | Objective::Softprob => [0.0, 1.0, 2.0, 2.0, 0.0, 1.0, 1.0, 0.0, 2.0, 1.0],
    }
}

/// The margins, output by output: of the three classes, the second has them reversed, the third rotated by three rows.
fn margins(objective: Objective) -> Vec<f64> {
    let mut margins = MARGIN.to_vec();
    if objective == Objective::SquaredLogError {
        margins.iter_mut().for_each(|margin| *margin = margin.abs());
    }
    if objective.is_multiclass() {
        margins.extend(MARGIN.iter().rev());
        margins.extend(MARGIN.iter().cycle().skip(7).take(10));
    }
    margins
}

#[test]
fn metrics_agree_with_xgboost_and_scikit_learn() {
    for (objective, name, plain, weighted) in EXPECTED {
        let metric = metrics(&[name.to_string()], objective).unwrap().remove(0);
        let (margins, labels) = (margins(objective), labels(objective));
        for (weights, expected) in [(None, plain), (Some(&WEIGHT[..]), weighted)] {
            let value =
                metric.evaluate(&Evaluation::new(objective, &margins, TargetsView::new(&labels, weights).unwrap()).unwrap());
            assert!(
                (value - expected).abs() < 5e-7 * expected.abs().max(1.0),
                "{name} of {}: {value} is not {expected}",
                objective.name()
            );
        }
    }
}

// lower = np.array([0.25, 1, 0, 2, 0.5, 1.5, 0, 0.125, 5, 1.0])
// upper = np.array([0.25, 4, 3, np.inf, 0.5, 2.5, 0.5, np.inf, 5, 1.0])
// data = xgb.DMatrix(np.zeros((10, 1)), weight=weights, base_margin=margin)
// data.set_float_info("label_lower_bound", lower); data.set_float_info("label_upper_bound", upper)
// xgb.train({"objective": "survival:aft", "eta": 0, "eval_metric": ["aft-nloglik", "interval-regression-accuracy"],
//            "aft_loss_distribution": distribution, "aft_loss_distribution_scale": scale}, data, 1, …)
const LOWER: [f64; 10] = [0.25, 1.0, 0.0, 2.0, 0.5, 1.5, 0.0, 0.125, 5.0, 1.0];
const UPPER: [f64; 10] = [0.25, 4.0, 3.0, f64::INFINITY, 0.5, 2.5, 0.5, f64::INFINITY, 5.0, 1.0];

#[test]
fn metrics_of_times_between_bounds_agree_with_xgboost() {
    for (distribution, scale, plain, weighted) in [
        (AftDistribution::Normal, 1.0, 0.621_089_73, 0.992_210_84),
        (AftDistribution::Logistic, 0.75, 0.745_249_72, 1.137_230_57),
        (AftDistribution::Extreme, 1.5, 0.942_421_24, 1.370_871_39),
    ] {
        let params = Params::builder().num_round(1).objective(Objective::Aft).aft_loss_distribution(distribution);
        let spec = params.aft_loss_distribution_scale(scale).build().unwrap().objective_spec();
        let names = ["aft-nloglik", "interval-regression-accuracy"].map(String::from);
        let metrics = metrics(&names, spec).unwrap();
        for (weights, expected) in [(None, [plain, 0.6]), (Some(&WEIGHT[..]), [weighted, 0.469_387_755])] {
            let targets = TargetsView::new(&LOWER, weights).unwrap().with_label_bounds(&LOWER, &UPPER).unwrap();
            let evaluation = Evaluation::new(Objective::Aft, &MARGIN, targets).unwrap();
            for (metric, expected) in metrics.iter().zip(expected) {
                let value = metric.evaluate(&evaluation);
                assert!((value - expected).abs() < 5e-7, "{} of {distribution:?}: {value} is not {expected}", metric.name());
            }
        }
    }
}

/// Means over two targets: the second has the margins reversed. By XGBoost, as above, from two columns of labels and of margins.
#[test]
fn metrics_of_several_targets_agree_with_xgboost() {
    let reversed = |values: [f64; 10]| values.into_iter().rev().collect::<Vec<_>>();
    let margins = [&MARGIN[..], &reversed(MARGIN)].concat();
    let (real, count) = (labels(Objective::SquaredError), labels(Objective::Poisson));
    let (binary, other) = (labels(Objective::BinaryLogistic), [1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]);
    for (objective, name, first, second, plain, weighted) in [
        (Objective::SquaredError, "rmse", real, count.to_vec(), 2.567_221_26, 2.657_656_44),
        (Objective::SquaredError, "mae", real, count.to_vec(), 1.512_5, 1.584_183_67),
        (Objective::PseudoHuber, "mphe", real, count.to_vec(), 1.015_508_54, 1.102_703_29),
        (Objective::Poisson, "poisson-nloglik", count, reversed(count), 1.246_756_26, 1.257_827_84),
        (Objective::BinaryLogistic, "logloss", binary, other.to_vec(), 0.777_004_156, 0.814_359_765),
        (Objective::BinaryLogistic, "error", binary, other.to_vec(), 0.55, 0.561_224_49),
    ] {
        let metric = metrics(&[name.to_string()], objective).unwrap().remove(0);
        let data =
            Dataset::from_array(Array2::zeros((10, 1)).view(), first.to_vec(), None).unwrap().with_another_target(second).unwrap();
        for (data, expected) in [(data.clone(), plain), (data.with_weights(WEIGHT.to_vec()).unwrap(), weighted)] {
            let value = metric.evaluate(&Evaluation::new(objective, &margins, data.targets()).unwrap());
            assert!((value - expected).abs() < 5e-7 * expected.max(1.0), "{name}: {value} is not {expected}");
        }
    }
}
