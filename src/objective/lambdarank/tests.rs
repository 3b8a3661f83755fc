//! Gradients against XGBoost's, and what they must not depend on.
//!
//! The numbers are those of a plain numpy implementation of LambdaMART, which agrees with the leaves of trees of XGBoost 3.2.0 to 2e-7 for
//! each objective and parameter here: `benches/peers/lambdarank.py`.

use crate::collective::{Collective, Solo, Threads};
use crate::objective::{self, GradientPair, Round};
use crate::params::PairMethod;
use crate::sampling::mix;
use crate::{Dataset, ErrorKind, Objective, Params, ParamsBuilder};
use ndarray::Array2;

const GROUPS: [u64; 12] = [4, 2, 4, 4, 2, 9, 4, 2, 2, 4, 4, 2];
const GRADES: [f64; 12] = [0., 1., 2., 0., 0., 1., 3., 2., 1., 1., 0., 3.];
const SCORES: [f64; 12] = [0.5, -0.5, -1., 0.5, 0.5, 0., 0.25, -0.5, 1.5, -1., -2., 0.];

fn data(labels: &[f64], groups: &[u64]) -> Dataset {
    let x = Array2::zeros((labels.len(), 1));
    Dataset::from_array(x.view(), labels.to_vec(), None).unwrap().with_groups(groups.to_vec()).unwrap()
}

fn params(objective: Objective) -> ParamsBuilder {
    Params::builder().num_round(1).objective(objective)
}

/// The gradients in the last of some rounds with the same scores.
fn gradients(params: ParamsBuilder, data: &Dataset, scores: &[f64], rounds: usize, ranks: &dyn Collective) -> Vec<GradientPair> {
    let params = params.build().unwrap();
    let targets = objective::check_labels_of_ranks(&params.objective_spec(), 1, data, ranks).unwrap();
    let mut loss = objective::loss(&params, 1).unwrap();
    let round = Round { targets, margins: scores };
    (0..rounds).for_each(|number| loss.start_round(number, &round, ranks));
    let mut out = vec![GradientPair::default(); data.rows()];
    loss.gradients(0, &round, &mut out);
    let rows: Vec<u32> = (0..data.rows() as u32).rev().collect();
    let mut picked = vec![GradientPair::default(); data.rows()];
    loss.gradients_of(0, &round, &rows, &mut picked);
    picked.reverse();
    assert_eq!(picked, out);
    out
}

#[track_caller]
fn assert_gradients(found: &[GradientPair], grad: [f64; 12], hess: [f64; 12]) {
    for (row, pair) in found.iter().enumerate() {
        let distance = (f64::from(pair.grad) - grad[row]).abs().max((f64::from(pair.hess) - hess[row]).abs());
        assert!(distance < 5e-7, "row {row}: {pair:?} is not {} {}", grad[row], hess[row]);
    }
}

#[test]
#[rustfmt::skip]
fn gradients_are_those_of_xgboost() {
    let of = |params, labels: &[f64], rounds| gradients(params, &data(labels, &GROUPS), &SCORES, rounds, &Solo);
    let ndcg = || params(Objective::RankNdcg);
    assert_gradients(
        &of(ndcg(), &GRADES, 1),
        [0.5913968, 0.3780298, -0.3781728, 0.1634637, 0.1573412, 0.0000000, -0.6541528, -0.4253837, 0.1716116, 0.2700854, 0.0073797, -0.2815990],
        [0.4748335, 0.4028411, 0.3351966, 0.1274777, 0.1123920, 0.0000000, 0.5831539, 0.4335305, 0.0718941, 0.3183456, 0.0117780, 0.1861062],
    );
    assert_gradients(
        &of(ndcg().lambdarank_num_pair_per_sample(2), &GRADES, 1),
        [0.7133238, -0.0167137, -0.1010462, 0.1971647, 0.2181447, 0.0000000, -0.7719243, -0.1230776, 0.2379298, -0.0375181, 0.0000000, -0.3162832],
        [0.5727290, 0.0089900, 0.0368668, 0.1537595, 0.1558251, 0.0000000, 0.6759332, 0.0476447, 0.0996772, 0.0136885, 0.0000000, 0.1657301],
    );
    assert_gradients(
        &of(ndcg().lambdarank_normalization(false).lambdarank_score_normalization(false), &GRADES, 1),
        [0.4115182, 0.0055440, -0.2054462, 0.1283917, 0.1375734, 0.0000000, -0.2972250, -0.1515120, 0.3495285, -0.0547308, 0.0174921, -0.3411340],
        [0.2571453, 0.0323779, 0.0975592, 0.0748634, 0.0959506, 0.0000000, 0.2851964, 0.0816393, 0.1320829, 0.0581951, 0.0291230, 0.1765018],
    );
    assert_gradients(
        &of(ndcg().ndcg_exp_gain(false), &GRADES, 1),
        [0.5667354, 0.3532405, -0.4126253, 0.1620105, 0.1768705, 0.0000000, -0.5628488, -0.4486770, 0.1170166, 0.2378024, 0.0089258, -0.1984506],
        [0.4307575, 0.3940158, 0.3477725, 0.1177619, 0.1271831, 0.0000000, 0.4999505, 0.4191081, 0.0666233, 0.3291640, 0.0139049, 0.1301232],
    );
    assert_gradients(
        &of(params(Objective::RankPairwise), &GRADES, 1),
        [0.1937377, 3.0719934, -3.0550775, 0.1937377, 0.1802315, 0.0000000, -0.2817988, -3.0968866, 0.0438149, 2.9150876, 0.0343134, -0.1991532],
        [0.1366230, 3.1514986, 3.0483180, 0.1366230, 0.1283410, 0.0000000, 0.2634366, 3.1579152, 0.0424623, 3.0483180, 0.0510446, 0.1819431],
    );
    assert_gradients(
        &of(params(Objective::RankMap), &GRADES.map(|grade| if grade > 1.0 { 1.0 } else { 0.0 }), 1),
        [0.3889361, 1.1470801, -1.1664023, 0.1111419, 0.1171792, 0.0000000, -0.3790971, -1.2968667, 0.1744869, 1.0341341, 0.0112873, -0.1418795],
        [0.2932100, 1.1505041, 1.0881699, 0.0783768, 0.0730412, 0.0000000, 0.3384998, 1.1934299, 0.0519420, 1.0378271, 0.0172558, 0.0820574],
    );
    assert_gradients(
        &of(ndcg().lambdarank_num_pair_per_sample(4).lambdarank_unbiased(true), &GRADES, 2),
        [0.1239595, 0.0218392, -0.4938263, 0.0832829, 0.1849660, 0.0000000, -0.1066032, -0.1006386, 0.2315307, 0.3835047, 0.0096825, -0.3376974],
        [0.0727406, 0.1093267, 0.4531216, 0.0488030, 0.1261642, 0.0000000, 0.1057009, 0.1120226, 0.0801762, 0.4499847, 0.0155572, 0.2231811],
    );
}

/// Weights are made 1 on average over groups before a loss sees them: here they are 1.5, 0.75 and 3, whose mean is 1.75.
#[test]
#[rustfmt::skip]
fn a_group_counts_by_its_weight() {
    let weight = |group| match group { 4 => 1.5, 2 => 0.75, _ => 3.0 };
    let weighted = data(&GRADES, &GROUPS).with_weights(GROUPS.map(weight).to_vec()).unwrap();
    let normalised = objective::normalised_weights(&params(Objective::RankNdcg).build().unwrap(), weighted.targets(), &Solo).unwrap();
    let weighted = weighted.with_weights(normalised.unwrap()).unwrap();
    assert_gradients(
        &gradients(params(Objective::RankNdcg), &weighted, &SCORES, 1, &Solo),
        [0.5069115, 0.1620128, -0.3241481, 0.1401118, 0.0674320, 0.0000000, -0.5607024, -0.1823073, 0.0735478, 0.2315017, 0.0063254, -0.1206853],
        [0.4070002, 0.1726462, 0.2873114, 0.1092666, 0.0481680, 0.0000000, 0.4998462, 0.1857988, 0.0308118, 0.2728677, 0.0100954, 0.0797598],
    );
}

/// With two rows in each group there is one pair, which both rows draw: twice the gradient of the pair, whatever the number of pairs.
#[test]
fn drawn_pairs_count_as_one_each() {
    let (labels, groups) = ([0.0, 1.0, 2.0, 1.0], [0, 0, 1, 1]);
    let scores = [0.3, -0.2, 1.0, 0.0];
    let of = |params: ParamsBuilder| {
        let params = params.lambdarank_score_normalization(false);
        gradients(params, &data(&labels, &groups), &scores, 1, &Solo)
    };
    let all = of(params(Objective::RankPairwise).lambdarank_normalization(false));
    for pairs in [1, 2, 8] {
        let drawn =
            of(params(Objective::RankPairwise).lambdarank_pair_method(PairMethod::Mean).lambdarank_num_pair_per_sample(pairs));
        for (drawn, all) in drawn.iter().zip(&all) {
            assert!((drawn.grad - 2.0 * all.grad).abs() < 1e-6 && (drawn.hess - 2.0 * all.hess).abs() < 1e-6, "{drawn:?} {all:?}");
        }
    }
}

/// On average over draws, each row is compared with all rows of other grades alike.
#[test]
fn drawn_pairs_are_on_average_all() {
    let of = |seed: i64, number: usize| {
        let params = params(Objective::RankPairwise).lambdarank_pair_method(PairMethod::Mean).seed(seed).build().unwrap();
        let data = data(&GRADES, &GROUPS);
        let round = Round { targets: objective::check_labels(params.objective, 1, &data).unwrap(), margins: &[0.0; 12] };
        let mut loss = objective::loss(&params, 1).unwrap();
        loss.start_round(number, &round, &Solo);
        let mut out = vec![GradientPair::default(); 12];
        loss.gradients(0, &round, &mut out);
        out
    };
    assert_ne!(of(1, 0), of(2, 0));
    assert_ne!(of(1, 0), of(1, 1));
    assert_eq!(of(3, 5), of(3, 5));
    let rounds = 4000;
    let mut sums = [0.0; 12];
    for number in 0..rounds {
        sums.iter_mut().zip(of(7, number)).for_each(|(sum, pair)| *sum += f64::from(pair.grad) / f64::from(rounds as u32));
    }
    // At equal scores a pair's gradient is ½. A row of six is drawn by each of those of another grade with a chance of 1 / their others.
    let expected = |row: usize| {
        let group: Vec<usize> = (0..12).filter(|&other| GROUPS[other] == GROUPS[row]).collect();
        let others = |row: usize| group.iter().filter(|&&other| GRADES[other] != GRADES[row]).count() as f64;
        let pairs = group.iter().filter(|&&other| GRADES[other] != GRADES[row]);
        pairs
            .map(|&other| if GRADES[row] > GRADES[other] { -0.5 } else { 0.5 } * (1.0 / others(row) + 1.0 / others(other)))
            .sum::<f64>()
    };
    for (row, sum) in sums.into_iter().enumerate() {
        assert!((sum - expected(row)).abs() < 0.05, "row {row}: {sum} is not {}", expected(row));
    }
}

/// A few large groups and many small ones, whose rows are mixed; scores and grades tie.
fn many() -> (Vec<f64>, Vec<u64>, Vec<f64>) {
    let hash = |row: usize, salt: u64| mix(row as u64 ^ salt << 40);
    let group = |row: usize| if row.is_multiple_of(3) { hash(row, 1) % 4 } else { 4 + hash(row, 2) % 300 };
    let labels = (0..4000).map(|row| (hash(row, 3) % 4) as f64);
    (labels.collect(), (0..4000).map(group).collect(), (0..4000).map(|row| (hash(row, 4) % 50) as f64 * 0.1).collect())
}

fn all_kinds() -> Vec<ParamsBuilder> {
    let ndcg = || params(Objective::RankNdcg).seed(5);
    vec![
        ndcg(),
        params(Objective::RankPairwise).lambdarank_num_pair_per_sample(7),
        ndcg().lambdarank_unbiased(true),
        ndcg().lambdarank_pair_method(PairMethod::Mean).lambdarank_num_pair_per_sample(3),
        params(Objective::RankPairwise).lambdarank_pair_method(PairMethod::Mean).lambdarank_unbiased(true),
    ]
}

#[test]
fn neither_threads_nor_where_rows_lie_nor_ranks_matter() {
    let (labels, groups, scores) = many();
    let all = data(&labels, &groups);
    for params in all_kinds() {
        let expected = gradients(params.clone(), &all, &scores, 3, &Solo);
        assert!(expected.iter().any(|pair| pair.grad > 0.0));
        for threads in [1, 3] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            assert!(pool.install(|| gradients(params.clone(), &all, &scores, 3, &Solo)) == expected);
        }
        let order: Vec<u32> = (0..4000).map(|place| (place * 1237) % 4000).collect();
        let mut moved = data(&labels, &groups);
        moved.targets = moved.targets.gather(&order);
        let of = |values: &[f64]| order.iter().map(|&row| values[row as usize]).collect::<Vec<_>>();
        let found = gradients(params.clone(), &moved, &of(&scores), 3, &Solo);
        assert!(order.iter().zip(found).all(|(&row, pair)| pair == expected[row as usize]));
        // Groups with odd numbers on one rank, the others on a second; a third has no rows.
        let parts = Threads::run(3, |ranks| {
            let rows: Vec<u32> = (0..4000).filter(|&row| groups[row as usize] % 2 == ranks.rank() as u64).collect();
            let mut part = if rows.is_empty() { data(&[], &[]) } else { data(&labels, &groups) };
            let of = |values: &[f64]| rows.iter().map(|&row| values[row as usize]).collect::<Vec<_>>();
            if !rows.is_empty() {
                part = data(&of(&labels), &rows.iter().map(|&row| groups[row as usize]).collect::<Vec<_>>());
            }
            let found = gradients(params.clone(), &part, &of(&scores), 3, ranks);
            rows.into_iter().zip(found).collect::<Vec<_>>()
        });
        assert!(parts.into_iter().flatten().all(|(row, pair)| pair == expected[row as usize]));
    }
}

#[test]
fn the_vector_kernel_is_the_plain_loop_over_pairs() {
    use super::list::{List, Pairing};
    use super::measure::{AveragePrecision, Measure, Ndcg};
    use crate::simd::Simd;
    let count = 61;
    let rows: Vec<u32> = (0..count).collect();
    let scores: Vec<f64> = rows.iter().map(|&row| (mix(u64::from(row)) % 20) as f64 * 0.3 - 3.0).collect();
    let labels: Vec<f64> = rows.iter().map(|&row| (mix(u64::from(row) + 99) % 2) as f64).collect();
    fn check<M: Measure>(measure: M, scores: &[f64], labels: &[f64], rows: &[u32]) {
        let list = || {
            let mut list = List::default();
            list.rank(rows, scores, labels);
            let factor = measure.prepare(&list.grades, &mut list.facts);
            (list, Pairing { measure, factor, by_distance: true })
        };
        let results: Vec<_> = Simd::all()
            .into_iter()
            .map(|simd| {
                let (mut list, pairing) = list();
                let magnitude = list.add_top_pairs(simd, pairing, 17);
                (list.gradients, list.hessians, magnitude)
            })
            .collect();
        assert!(results.iter().all(|result| *result == results[0]));
        let (mut plain, pairing) = list();
        let grades = plain.grades.clone();
        super::pairs::with_first(&grades, 17, |a, b| _ = plain.add_pair(pairing, (a, b), 1.0));
        for (fast, plain) in results[0].0.iter().zip(&plain.gradients).chain(results[0].1.iter().zip(&plain.hessians)) {
            assert!((fast - plain).abs() < 1e-12, "{fast} {plain}");
        }
    }
    check(Ndcg { depth: 17, exp_gain: true }, &scores, &labels, &rows);
    check(AveragePrecision, &scores, &labels, &rows);
}

#[test]
fn groups_with_nothing_to_compare_have_no_gradients() {
    let (labels, groups) = ([1.0, 2.0, 2.0, 0.0, 0.0], [0, 1, 1, 2, 2]);
    for params in all_kinds() {
        let found = gradients(params, &data(&labels, &groups), &[0.0, 1.0, 2.0, 3.0, 3.0], 2, &Solo);
        assert_eq!(found, vec![GradientPair::default(); 5]);
    }
}

#[track_caller]
fn assert_error(objective: Objective, data: &Dataset, parts: &[&str]) {
    let error = objective::check_labels(objective, 1, data).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Data);
    for part in parts {
        assert!(error.to_string().contains(part), "{part:?} is not in {error}");
    }
}

#[test]
fn what_cannot_be_ranked_is_an_error() {
    let ungrouped = data(&[0.0, 1.0], &[1, 1]).without_groups();
    for objective in [Objective::RankNdcg, Objective::RankMap, Objective::RankPairwise] {
        assert_error(objective, &ungrouped, &["no groups", objective.name(), "group_column", "qid"]);
    }
    for label in [0.5, -1.0, 32.0, 1e300] {
        let data = data(&[1.0, label], &[1, 1]);
        assert_error(Objective::RankNdcg, &data, &["a whole number from 0 to 31", "at row 1", "ndcg_exp_gain=false"]);
    }
    assert_error(Objective::RankMap, &data(&[0.0, 2.0], &[1, 1]), &["0 or 1", "rank:ndcg"]);
    let linear = params(Objective::RankPairwise).ndcg_exp_gain(false).build().unwrap().objective_spec();
    assert!(objective::check_labels(linear.clone(), 1, &data(&[0.5, 77.0], &[1, 1])).is_ok());
    let negative = objective::check_labels(linear, 1, &data(&[0.5, -0.5], &[1, 1])).unwrap_err().to_string();
    assert!(negative.contains("0 or more") && negative.contains("add a constant"), "{negative}");
    let unequal = data(&[0.0, 1.0, 0.0], &[1, 2, 1]).with_weights(vec![1.0, 5.0, 2.0]).unwrap();
    assert_error(Objective::RankNdcg, &unequal, &["different weights", "1 at row 0", "2 at row 2"]);
    let errors = Threads::run(2, |ranks| {
        let part = data(&[0.0, 1.0, 2.0], &[1, 2, 3 + ranks.rank() as u64]);
        objective::check_labels_of_ranks(&Objective::RankNdcg.into(), 1, &part, ranks).unwrap_err().to_string()
    });
    assert!(errors.iter().all(|error| error.contains("query group 1") && error.contains("several hosts")), "{errors:?}");
}
