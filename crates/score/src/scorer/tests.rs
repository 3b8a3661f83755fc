//! Rules of other libraries for zeros and categories, by walks, by sets and one row at a time, against the splits themselves.

use crate::meaning::is_plain;
use crate::{Condition, FeatureSchema, Leaf, MissingRule, Model, Node, Objective, Precision, Scorer, Split, Tree};
use ndarray::{Array2, ArrayView2};

/// Numbers that only depend on where they are asked for.
fn mixed(seed: u64) -> u64 {
    let mixed = (seed ^ 0x9e37_79b9_7f4a_7c15).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (mixed ^ mixed >> 29).wrapping_mul(0x94d0_49bb_1331_11eb) >> 20
}

/// The greatest double that is rounded to `number`.
fn last_rounded_to(number: f32) -> f64 {
    let middle = f64::midpoint(f64::from(number), f64::from(number.next_up()));
    if middle as f32 == number { middle } else { middle.next_down() }
}

/// Trees of three splits, one on each column: a number, a number whose zeros are missing, categories without a dictionary.
fn model(rule: MissingRule, words: usize, precision: Precision) -> Model {
    let tree = |t: u64| {
        let left = |at: u64| mixed(7 * t + at).is_multiple_of(2);
        let set = (0..words as u64).map(|word| mixed(31 * t + word) << 40 ^ mixed(53 * t + word)).collect();
        let split = |feature, condition, at: u32, missing| {
            let mut split = Split::new(feature, condition, left(u64::from(feature)), (at, at + 1), 1.0, 2.0);
            split.missing = missing;
            Node::Split(split)
        };
        let threshold = |at: u64| {
            let number = (mixed(t + at) % 40) as f32 / 4.0 - 5.0;
            Condition::Threshold(if precision == Precision::Single { last_rounded_to(number) } else { f64::from(number) })
        };
        let zeros = if precision == Precision::Double { MissingRule::NanOrZero } else { MissingRule::Nan };
        let mut nodes = vec![
            split(2, Condition::Levels(set), 1, rule),
            split(0, threshold(1), 3, MissingRule::Nan),
            split(1, threshold(2), 5, zeros),
        ];
        nodes.extend((0..4).map(|leaf| Node::Leaf(Leaf::new((mixed(t * 4 + leaf) % 1000) as f64 / 64.0, 1.0))));
        Tree::new(nodes)
    };
    let mut model = Model::new(FeatureSchema::numeric(3), Objective::SquaredError, vec![0.5], (0..40).map(tree).collect());
    model.precision = precision;
    model
}

fn rows() -> Array2<f64> {
    let special = [f64::NAN, 0.0, -0.0, 1e-36, -1e-36, 1e-34, f64::INFINITY, f64::NEG_INFINITY, -0.5, -1.0, -0.999_999_999_99];
    let codes = [
        0.5,
        2.999,
        2.999_999_999_99,
        63.0,
        64.0,
        127.9,
        128.0,
        253.0,
        254.0,
        255.0,
        256.0,
        400.0,
        2147483648.0,
        4294967296.0,
        1e300,
    ];
    Array2::from_shape_fn((700, 3), |(row, column)| {
        let number = mixed((3 * row + column) as u64) as usize;
        match (number % 5, column) {
            (0, _) => special[number / 5 % special.len()],
            (1, 2) => codes[number / 5 % codes.len()],
            (_, 2) => (number / 5 % 260) as f64,
            _ => (number / 5 % 80) as f64 / 8.0 - 5.0,
        }
    })
}

#[test]
fn rules_of_other_libraries_hold_in_every_way_of_scoring() {
    for rule in [MissingRule::UnseenLeft, MissingRule::UnseenRight] {
        for (words, precision) in [(1, Precision::Double), (3, Precision::Single), (4, Precision::Double), (9, Precision::Single)] {
            let (model, rows) = (model(rule, words, precision), rows());
            assert!(is_plain(&model));
            let scorer = Scorer::new(model.clone()).unwrap();
            let together = scorer.margins(rows.view()).unwrap();
            for (row, margin) in rows.outer_iter().zip(together) {
                let seen: Vec<f64> = match precision {
                    Precision::Single => row.iter().map(|&x| f64::from(x as f32)).collect(),
                    Precision::Double => row.to_vec(),
                };
                let expected = model.trees.iter().fold(0.5, |sum, tree| {
                    let Node::Leaf(leaf) = &tree.nodes[tree.leaf_index(&seen)] else { panic!("a walk ended at a split") };
                    precision.sum(sum, leaf.scalar().unwrap())
                });
                let row = row.to_vec();
                let mut alone = [0.0];
                scorer.margins_into(&row, &mut alone).unwrap();
                let few = scorer.margins(ArrayView2::from_shape((1, 3), &row).unwrap()).unwrap();
                assert_eq!([margin, alone[0], few[[0, 0]]], [expected; 3], "{rule:?}, {words} words, {row:?}");
            }
            // Too few for sets.
            let few = scorer.margins(rows.slice(ndarray::s![..50, ..])).unwrap();
            assert_eq!(few, scorer.margins(rows.view()).unwrap().slice(ndarray::s![..50, ..]));
        }
    }
}

#[test]
fn columns_of_several_meanings_are_scored_node_by_node() {
    let mut model = model(MissingRule::UnseenLeft, 1, Precision::Double);
    let leaf = || Node::Leaf(Leaf::new(1.0, 1.0));
    let split = Split::new(2, Condition::Threshold(3.0), false, (1, 2), 1.0, 1.0);
    model.trees.push(Tree::new(vec![Node::Split(split), leaf(), leaf()]));
    assert!(!is_plain(&model));
    Scorer::new(model).unwrap();
}
