//! [`LeafOrder`]: which leaves of a growing tree must not exceed which others, and the bounds that follow from it.
//!
//! Two leaves are ordered where a row could go from one to the other by a change of one feature that has a direction: there the values that
//! they take of this feature lie apart, and of every other feature they have some in common. Whatever else is ordered follows by steps.

use crate::binning::{BinMapper, FeatureBins};
use crate::split::{BinCondition, Bounds, FeatureRules, SplitInfo};
use std::collections::BTreeMap;
use std::ops::Range;

/// The leaves of a tree, by their numbers.
pub(super) struct LeafOrder<'a> {
    rules: &'a FeatureRules,
    mapper: &'a BinMapper,
    leaves: BTreeMap<usize, OrderedLeaf>,
}

/// A leaf: which rows it takes, its weight, and the weights that it and its children may have.
#[derive(Clone)]
struct OrderedLeaf {
    /// Of features that nodes above are split on.
    spans: BTreeMap<u32, Span>,
    weight: f64,
    bounds: Bounds,
}

/// What a leaf takes of a feature.
#[derive(Clone, Debug, PartialEq)]
struct Span {
    values: Values,
    missing: bool,
}

#[derive(Clone, Debug, PartialEq)]
enum Values {
    /// Bins of numbers.
    Bins(Range<usize>),
    /// Levels whose bit is set.
    Levels(Vec<u64>),
}

impl<'a> LeafOrder<'a> {
    /// The order of a tree that is but its root, with this number.
    pub fn new(rules: &'a FeatureRules, mapper: &'a BinMapper, root: usize) -> Self {
        let leaf = OrderedLeaf { spans: BTreeMap::new(), weight: 0.0, bounds: Bounds::default() };
        Self { rules, mapper, leaves: BTreeMap::from([(root, leaf)]) }
    }

    /// The weights that a leaf and its children may have: on the better side of the weights of all leaves that it is ordered with.
    pub fn bounds(&self, leaf: usize) -> Bounds {
        self.leaves.get(&leaf).map_or(Bounds::default(), |leaf| leaf.bounds)
    }

    /// Puts children, each with its number, weight and bounds, in the place of a leaf that is split. Their weights are within its bounds.
    ///
    /// Bounds of other leaves become narrower, never wider, as in LightGBM: so no gain of theirs becomes larger.
    pub fn split(&mut self, leaf: usize, split: &SplitInfo, children: [(usize, f64, Bounds); 2]) {
        let Some(parent) = self.leaves.remove(&leaf) else { return };
        let whole = parent.spans.get(&split.feature).cloned().unwrap_or_else(|| self.whole(split.feature));
        for (span, (child, weight, bounds)) in whole.split(split).into_iter().zip(children) {
            let mut spans = parent.spans.clone();
            spans.insert(split.feature, span);
            let added = OrderedLeaf { spans, weight, bounds };
            for other in self.leaves.values_mut() {
                match order(self.rules, &added, other) {
                    Order::Below => other.bounds.lower = other.bounds.lower.max(weight),
                    Order::Above => other.bounds.upper = other.bounds.upper.min(weight),
                    Order::None => {}
                }
            }
            self.leaves.insert(child, added);
        }
    }

    /// The values that leaves may have: between two that are ordered lies the middle of their weights. So any values within these bounds are in
    /// order, such as weights that are computed anew with more digits.
    pub fn final_bounds(&self) -> BTreeMap<usize, Bounds> {
        let bounds = |leaf: &OrderedLeaf| {
            self.leaves.values().fold(Bounds::default(), |bounds, other| match order(self.rules, leaf, other) {
                Order::Below => Bounds { upper: bounds.upper.min(f64::midpoint(leaf.weight, other.weight)), ..bounds },
                Order::Above => Bounds { lower: bounds.lower.max(f64::midpoint(other.weight, leaf.weight)), ..bounds },
                Order::None => bounds,
            })
        };
        self.leaves.iter().map(|(&number, leaf)| (number, bounds(leaf))).collect()
    }

    /// All that a feature has.
    fn whole(&self, feature: u32) -> Span {
        let bins = &self.mapper.features()[feature as usize];
        let values = match bins {
            FeatureBins::Numeric { .. } => Values::Bins(0..bins.value_bins()),
            FeatureBins::Categorical { levels } => Values::Levels((0..*levels).fold(vec![0; levels.div_ceil(64)], with_level)),
        };
        Span { values, missing: true }
    }
}

fn with_level(mut words: Vec<u64>, level: usize) -> Vec<u64> {
    words[level / 64] |= 1 << (level % 64);
    words
}

/// How two leaves are ordered.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Order {
    /// The first must not exceed the second.
    Below,
    /// The other way round.
    Above,
    None,
}

fn order(rules: &FeatureRules, leaf: &OrderedLeaf, other: &OrderedLeaf) -> Order {
    let both = leaf.spans.iter().filter_map(|(feature, span)| Some((*feature, span, other.spans.get(feature)?)));
    let mut apart = both.filter(|(_, a, b)| !a.meets(b));
    let (Some((feature, Values::Bins(a), Values::Bins(b))), None) =
        (apart.next().map(|(feature, a, b)| (feature, &a.values, &b.values)), apart.next())
    else {
        return Order::None;
    };
    let direction = if a.is_empty() || b.is_empty() { 0.0 } else { rules.direction(feature) };
    let rises = if a.start < b.start { direction } else { -direction };
    match rises {
        rises if rises > 0.0 => Order::Below,
        rises if rises < 0.0 => Order::Above,
        _ => Order::None,
    }
}

impl Span {
    /// What goes left and what goes right.
    fn split(&self, split: &SplitInfo) -> [Self; 2] {
        let [left, right] = match (&self.values, &split.condition) {
            (Values::Bins(bins), BinCondition::Bin(bin)) => {
                let middle = (bin + 1).clamp(bins.start, bins.end.max(bins.start));
                [Values::Bins(bins.start..middle), Values::Bins(middle..bins.end)]
            }
            (Values::Levels(levels), BinCondition::Levels(words)) => {
                let chosen = |at: usize| words.get(at).copied().unwrap_or(0);
                let some =
                    |keep: fn(u64, u64) -> u64| levels.iter().enumerate().map(|(at, &word)| keep(word, chosen(at))).collect();
                [Values::Levels(some(|all, chosen| all & chosen)), Values::Levels(some(|all, chosen| all & !chosen))]
            }
            // A feature has conditions of one kind.
            (values, _) => [values.clone(), values.clone()],
        };
        let missing = |goes: bool| self.missing && goes;
        [Self { values: left, missing: missing(split.missing_left) }, Self { values: right, missing: missing(!split.missing_left) }]
    }

    /// Whether the two have something in common.
    fn meets(&self, other: &Self) -> bool {
        let values = match (&self.values, &other.values) {
            (Values::Bins(a), Values::Bins(b)) => a.start.max(b.start) < a.end.min(b.end),
            (Values::Levels(a), Values::Levels(b)) => a.iter().zip(b).any(|(a, b)| a & b != 0),
            _ => false,
        };
        values || (self.missing && other.missing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::histogram::Sums;
    use crate::sampling::mix;

    /// Two features with directions, one without, one of levels; the last value of each stands for missing.
    const VALUES: [usize; 4] = [5, 4, 3, 3];

    fn rules() -> FeatureRules {
        let params = crate::Params::builder().num_round(1);
        let params = params.monotone_constraints(crate::params::PerFeature::List(vec![1.0, -1.0, 0.0, 0.0])).build().unwrap();
        FeatureRules::new(&params, &crate::FeatureSchema::numeric(4)).unwrap()
    }

    fn mapper() -> BinMapper {
        let numeric = |bins: usize| FeatureBins::Numeric { cuts: (1..=bins).map(|cut| cut as f64).collect() };
        BinMapper::of(vec![numeric(4), numeric(3), numeric(2), FeatureBins::Categorical { levels: 2 }], vec![None; 4])
    }

    fn random_split(hash: u64) -> SplitInfo {
        let feature = (hash % 4) as u32;
        let values = VALUES[feature as usize] - 1;
        let condition = match feature {
            3 => BinCondition::Levels(vec![1 + (hash >> 8) % 2]),
            _ => BinCondition::Bin((hash >> 8) as usize % values),
        };
        let none = Sums::default();
        SplitInfo {
            gain: 0.0,
            feature,
            condition,
            missing_left: hash >> 60 & 1 == 1,
            left: none,
            right: none,
            left_outputs: Vec::new(),
        }
    }

    fn takes(span: &Span, value: usize, values: usize) -> bool {
        match &span.values {
            _ if value + 1 == values => span.missing,
            Values::Bins(bins) => bins.contains(&value),
            Values::Levels(words) => words[0] >> value & 1 == 1,
        }
    }

    fn points() -> Vec<[usize; 4]> {
        let all = (0..VALUES.iter().product::<usize>()).map(|mut number| {
            VALUES.map(|values| {
                let value = number % values;
                number /= values;
                value
            })
        });
        all.collect()
    }

    /// Every pair of points that differ in one value of one feature with a direction orders the leaves that they are in, and nothing else does.
    #[test]
    fn leaves_are_ordered_where_rows_may_go_from_one_to_the_other() {
        let (rules, mapper, points) = (rules(), mapper(), points());
        let mut ordered = 0;
        for case in 0..60 {
            let mut leaves = LeafOrder::new(&rules, &mapper, 0);
            for number in 0..9 {
                let hash = mix(case << 32 | number);
                let open: Vec<usize> = leaves.leaves.keys().copied().collect();
                let leaf = open[(hash >> 16) as usize % open.len()];
                let child = |at: usize| (1 + 2 * number as usize + at, 0.0, Bounds::default());
                leaves.split(leaf, &random_split(hash), [child(0), child(1)]);
            }
            let is_in = |leaf: &OrderedLeaf, point: &[usize; 4]| {
                leaf.spans.iter().all(|(&feature, span)| takes(span, point[feature as usize], VALUES[feature as usize]))
            };
            let inside = |leaf: &OrderedLeaf| points.iter().filter(|point| is_in(leaf, point)).collect::<Vec<_>>();
            assert_eq!(leaves.leaves.values().map(|leaf| inside(leaf).len()).sum::<usize>(), points.len());
            for (a, b) in leaves.leaves.values().flat_map(|a| leaves.leaves.values().map(move |b| (a, b))) {
                let below = |p: &[usize; 4], q: &[usize; 4]| {
                    let differing: Vec<usize> = (0..4).filter(|&feature| p[feature] != q[feature]).collect();
                    let is_value = |feature: usize, point: &[usize; 4]| point[feature] + 1 < VALUES[feature];
                    match differing[..] {
                        [0] => is_value(0, p) && is_value(0, q) && p[0] < q[0],
                        [1] => is_value(1, p) && is_value(1, q) && p[1] > q[1],
                        _ => false,
                    }
                };
                let (ps, qs) = (inside(a), inside(b));
                // No split leaves a side without rows.
                if ps.is_empty() || qs.is_empty() {
                    continue;
                }
                let expected = !std::ptr::eq(a, b) && ps.iter().any(|p| qs.iter().any(|q| below(p, q)));
                assert_eq!(order(&rules, a, b) == Order::Below, expected, "{:?} {:?}", a.spans, b.spans);
                assert_eq!(order(&rules, b, a) == Order::Above, expected);
                ordered += usize::from(expected);
            }
        }
        assert!(ordered > 200, "{ordered}");
    }
}
