//! Which targets an objective accepts, and how many outputs they call for.

use super::query_groups;
use crate::collective::{self, Collective, Solo};
use crate::data::{LabelColumn, TargetsView};
use crate::params::ClassWeight;
use crate::text::counted;
use crate::{Dataset, Error, Objective, Params, Result};
use rayon::prelude::*;
use sapwood_score::ObjectiveSpec;

/// Grades beyond this would leave others without weight.
const LARGEST_GRADE: f64 = 31.0;

/// Some weight must reach this.
const SMALLEST_WEIGHT: f64 = 1e-20;

/// The number of margins per row that the objective has on these data: 1, for `multi:*` the number of classes, for quantiles and expectiles
/// the number of levels.
///
/// # Errors
/// `multi:*` with numeric labels and without `num_class`, or with a `num_class` that contradicts the labels' texts.
pub fn num_outputs(params: &Params, data: &Dataset) -> Result<usize> {
    refuse_targets(params.objective, data)?;
    match params.objective {
        Objective::Quantile => return Ok(params.quantile_alpha.len()),
        Objective::Expectile => return Ok(params.expectile_alpha.len()),
        objective if !objective.is_multiclass() => return num_targets(params, data),
        _ => {}
    }
    let given = params.num_class as usize;
    match data.classes() {
        Some(classes) if given != 0 && given != classes.len() => {
            let cause = format!("num_class={given}, but the labels hold {} ({})", counted(classes.len(), "class"), listed(classes));
            Err(Error::parameter(cause).with_parameter("num_class").with_remedy("leave num_class out"))
        }
        Some(classes) => Ok(classes.len()),
        None if given == 0 => Err(missing_num_class(params.objective, data)),
        None => Ok(given),
    }
}

/// The number of targets, where the objective can have several.
fn num_targets(params: &Params, data: &Dataset) -> Result<usize> {
    let targets = data.targets().num_targets();
    if targets > 1 {
        refuse_targets(params.objective, data)?;
        if params.class_weight != ClassWeight::Equal || params.is_unbalance {
            let cause = "class_weight and is_unbalance weigh the classes of one target, and there are several";
            return Err(Error::parameter(cause)
                .with_parameter("class_weight")
                .with_remedy("use scale_pos_weight, or weights of rows"));
        }
    }
    Ok(targets)
}

/// Refuses several targets that an objective cannot have, as in XGBoost.
fn refuse_targets(objective: Objective, data: &Dataset) -> Result<()> {
    if data.targets().num_targets() == 1 || takes_targets(objective) {
        return Ok(());
    }
    let cause = format!(
        "there are {} labels ({}), and objective={} has one target",
        data.targets().num_targets(),
        data.target_names().join(", "),
        objective.name()
    );
    Err(Error::data(cause).with_parameter("label_column").with_remedy("train a model for each"))
}

/// Whether the loss of a row is one of each of its labels alone.
fn takes_targets(objective: Objective) -> bool {
    let is_joint = objective.is_multiclass() || objective.is_ranking() || objective.has_levels();
    !is_joint && !matches!(objective, Objective::Cox | Objective::Aft)
}

fn missing_num_class(objective: Objective, data: &Dataset) -> Error {
    let hint = data.labels().and_then(classes_seen).map_or_else(String::new, |(least, largest)| match least {
        0 => format!(": the labels run up to {largest}, so num_class={} would fit", largest + 1),
        _ => format!(
            ": the labels run from {least} to {largest}, and classes are counted from 0: subtract {least} and give num_class={}",
            largest - least + 1
        ),
    });
    Error::parameter(format!("missing required parameter num_class for objective={}{hint}", objective.name()))
        .with_parameter("num_class")
}

/// The least and the largest of labels that are class numbers; `None` where they are none, or too few or too many classes.
fn classes_seen(labels: &[f64]) -> Option<(u32, u32)> {
    let largest = labels.iter().copied().fold(-1.0, f64::max);
    let least = labels.iter().copied().fold(largest, f64::min);
    let classes = labels.iter().all(|&y| y >= 0.0 && y.fract() == 0.0) && (1.0..100_000.0).contains(&largest);
    classes.then_some((least as u32, largest as u32))
}

/// The targets of a data set, if the labels of all rows that count are in the domain of `objective` with `outputs` margins per row, and
/// nothing else goes with the rows that the objective would pass over.
///
/// Evaluation data need this check as much as training data do: metrics take labels for granted.
///
/// # Errors
/// No rows or no labels; texts as labels where the objective needs numbers, or another number of classes; a label outside the domain;
/// weights that are all zero; query groups that are lacking or of no use, label bounds. A message about a label says where it stands, what it is, and what would do.
pub fn check_labels(objective: impl Into<ObjectiveSpec>, outputs: usize, data: &Dataset) -> Result<TargetsView<'_>> {
    check_labels_of_ranks(&objective.into(), outputs, data, &Solo)
}

/// The same for the rows of all ranks, each of which gets its own. A rank may have none.
pub(crate) fn check_labels_of_ranks<'a>(
    spec: &ObjectiveSpec,
    outputs: usize,
    data: &'a Dataset,
    ranks: &dyn Collective,
) -> Result<TargetsView<'a>> {
    if ranks.sum(data.rows() as u64) == 0 {
        return Err(Error::data("the data set has no rows; give at least one file with data"));
    }
    ranks.agree(check_rows(spec, outputs, data))?;
    let targets = data.targets();
    check_groups_of_ranks(targets, ranks)?;
    if ranks.any(targets.weights().is_some()) {
        let heaviest = targets.weights().unwrap_or_default().iter().copied().fold(0.0, f64::max);
        let [heaviest] = ranks.max_magnitudes([heaviest]);
        check_weights(heaviest)?;
    }
    Ok(targets)
}

/// Checks what each row has besides its features.
fn check_rows(spec: &ObjectiveSpec, outputs: usize, data: &Dataset) -> Result<()> {
    let objective =
        spec.known().ok_or_else(|| Error::parameter(format!("objective={} is none that models are judged by here", spec.name)))?;
    if data.rows() == 0 {
        return Ok(());
    }
    let targets = data.targets();
    refuse_unused(objective, targets)?;
    if objective == Objective::Aft {
        return check_bounds(data);
    }
    if objective.is_ranking() {
        let groups = targets.by_group().ok_or_else(|| no_groups(objective))?;
        query_groups::check(data, groups)?;
    }
    data.labels().ok_or_else(|| {
        Error::data(format!(
            "the data set has no labels, and objective={} needs them; name their column with label_column",
            objective.name()
        ))
    })?;
    refuse_targets(objective, data)?;
    let count = data.targets().num_targets();
    if takes_targets(objective) && count != outputs {
        return Err(Error::data(format!(
            "the rows have {}, and the model has {outputs} targets; give the columns that training had",
            counted(count, "label")
        )));
    }
    if let Some(classes) = data.classes() {
        if count > 1 {
            let cause = format!("labels of several targets must be numbers, and there are texts ({})", listed(classes));
            return Err(Error::data(cause).with_parameter("label_column").with_remedy("write 0 and 1 for two classes"));
        }
        check_classes(objective, classes, data.label_column())?;
    }
    let domain = Domain::of(objective, spec, outputs);
    (0..count).try_for_each(|target| check_domain(objective, domain, data, target))
}

/// Checks that all labels of a target are what the objective takes.
fn check_domain(objective: Objective, domain: Domain, data: &Dataset, target: usize) -> Result<()> {
    let targets = data.targets().of_target(target);
    let labels = targets.labels();
    let is_wrong = |row: usize| !domain.contains(labels[row]) && targets.weight(row) > 0.0;
    let column = |column: &LabelColumn| match data.targets().num_targets() {
        1 => format!(", column {column}"),
        _ => format!(", column {}", column.names().nth(target).unwrap_or_default()),
    };
    match (0..labels.len()).into_par_iter().position_first(is_wrong) {
        None => Ok(()),
        Some(row) => Err(Error::data(format!(
            "label must be {} for {}, but it is {} at {}{}; {}{}",
            domain.rule(),
            objective.name(),
            labels[row],
            data.source().locate(row),
            data.label_column().map_or_else(String::new, column),
            other_column(data),
            domain.remedy(labels[row])
        ))),
    }
}

/// Checks the bounds of times. That none is NaN, and the lower ones are not above the upper ones, has been checked before.
fn check_bounds(data: &Dataset) -> Result<()> {
    let targets = data.targets();
    let Some((lower, upper)) = targets.label_bounds() else {
        return Err(no_bounds("the rows have none"));
    };
    let is_wrong = |row: usize| targets.weight(row) > 0.0 && !(lower[row] >= 0.0 && lower[row].is_finite() && upper[row] > 0.0);
    match (0..targets.rows()).into_par_iter().position_first(is_wrong) {
        None => Ok(()),
        Some(row) => Err(Error::data(format!(
            "bounds of a time must be 0 or more, the upper one above 0, and the lower one finite, but they are {} and {} at {}",
            lower[row],
            upper[row],
            data.source().locate(row)
        ))),
    }
}

fn no_bounds(but: &str) -> Error {
    let cause = format!("objective=survival:aft needs two bounds of each row's time, and {but}");
    Error::data(cause).with_parameter("label_lower_bound_column").with_remedy(
        "name their columns (label_lower_bound_column, label_upper_bound_column), which libsvm and recordio data cannot have",
    )
}

/// Checks that the columns of bounds are named, where the objective takes bounds. Of data that are read without, they would be features, and
/// an upper bound of `inf` a value that none may have.
///
/// # Errors
/// There are no names.
pub fn check_bound_columns(params: &Params) -> Result<()> {
    let is_lacking = params.objective == Objective::Aft && params.data.label_upper_bound_column.is_none();
    if is_lacking { Err(no_bounds("no column is named for them")) } else { Ok(()) }
}

/// What to do first where nobody said which column the labels are in.
fn other_column(data: &Dataset) -> &'static str {
    let is_default = data.label_column().is_some_and(|column| column.is_default);
    if is_default { "name the label's column with label_column, or " } else { "" }
}

/// Checks that the heaviest row has weight enough.
fn check_weights(heaviest: f64) -> Result<()> {
    if heaviest == 0.0 {
        return Err(Error::data("the weights of all rows are zero, so no row counts; check weight_column"));
    }
    // Gradients in single precision would come to nothing.
    match heaviest < SMALLEST_WEIGHT {
        true => Err(Error::data(format!(
            "the weights of all rows are below {SMALLEST_WEIGHT:e}; multiply them by a constant, ideally so that their mean is 1"
        ))),
        false => Ok(()),
    }
}

/// The error for rows that are to be ranked, nobody knows among which.
fn no_groups(objective: Objective) -> Error {
    let cause = format!("objective={} puts rows in order within their query groups, and the rows have no groups", objective.name());
    Error::data(cause)
        .with_parameter("group_column")
        .with_remedy("name the column that says which rows belong together (group_column), in libsvm data give each row its qid")
}

/// Checks that no group has rows on several ranks: each computes the gradients of its own.
fn check_groups_of_ranks(targets: TargetsView<'_>, ranks: &dyn Collective) -> Result<()> {
    if ranks.is_alone() {
        return Ok(());
    }
    let mut ids = targets.groups().unwrap_or_default().to_vec();
    ids.sort_unstable();
    ids.dedup();
    let mut all: Vec<u64> =
        ranks.all_gather(bytemuck::cast_slice(&ids)).iter().flat_map(|bytes| collective::words(bytes)).collect();
    all.sort_unstable();
    match all.windows(2).find(|pair| pair[0] == pair[1]) {
        None => Ok(()),
        Some(pair) => Err(Error::data(format!(
            "rows of query group {} are on several hosts; give all rows of a group to one host, for example as one file",
            pair[0]
        ))),
    }
}

/// Refuses targets that no objective makes use of: who gives them expects them to count.
fn refuse_unused(objective: Objective, targets: TargetsView<'_>) -> Result<()> {
    let name = objective.name();
    if targets.groups().is_some() && !objective.is_ranking() {
        return Err(Error::data(format!(
            "the rows have query groups, and objective={name} would ignore them; to put rows in order within their groups, use \
             objective=rank:ndcg; else remove them (qid, group_column)"
        )));
    }
    if targets.label_bounds().is_some() && objective != Objective::Aft {
        return Err(Error::data(format!(
            "the rows have label bounds, and objective={name} would ignore them; give labels without bounds, or use objective=survival:aft"
        )));
    }
    Ok(())
}

/// Checks labels that were texts.
fn check_classes(objective: Objective, classes: &[String], column: Option<&LabelColumn>) -> Result<()> {
    let name = objective.name();
    let column = column.map_or_else(String::new, |column| format!(" of column {column}"));
    let listed = format!("{}{column}", listed(classes));
    if !objective.is_classification() {
        return Err(Error::data(format!(
            "the labels are texts ({listed}), but {name} needs numbers; name another column with label_column, or choose a classification objective"
        )));
    }
    match classes.len() {
        0 | 1 => Err(Error::data(format!("the labels are all the same class ({listed}); name another column with label_column"))),
        2 => Ok(()),
        n if !objective.is_multiclass() => Err(Error::data(format!(
            "the labels hold {n} classes ({listed}), but {name} distinguishes two; use objective=multi:softprob"
        ))),
        _ => Ok(()),
    }
}

/// The first few classes, quoted.
fn listed(classes: &[String]) -> String {
    const SHOWN: usize = 5;
    let mut quoted: Vec<_> = classes.iter().take(SHOWN).map(|class| format!("{class:?}")).collect();
    if classes.len() > SHOWN {
        quoted.push("…".to_string());
    }
    quoted.join(", ")
}

/// The set of labels that an objective accepts.
#[derive(Clone, Copy, Debug)]
enum Domain {
    /// What single precision can hold: gradients are stored in it.
    Real,
    /// 0 and up.
    NotNegative,
    /// Above 0.
    Positive,
    /// Above −1.
    AboveMinusOne,
    /// 0 to 1.
    Probability,
    /// 0 or 1.
    Binary,
    /// 0, 1, … 31: gains of 2^grade − 1 are told apart.
    Grade,
    /// 0, 1, … 31: powers of 2.
    Power,
    /// What a row gains, from 0.
    Gain,
    /// 0 or 1: whether a row is relevant.
    Relevance,
    /// 0, 1, … below the number of classes.
    Class(usize),
}

impl Domain {
    fn of(objective: Objective, spec: &ObjectiveSpec, outputs: usize) -> Self {
        let has_gains = spec.flag("ndcg_exp_gain").unwrap_or(true);
        match objective {
            Objective::RankNdcg | Objective::RankPairwise if has_gains => Self::Grade,
            Objective::RankNdcg | Objective::RankPairwise => Self::Gain,
            Objective::RankMap => Self::Relevance,
            Objective::RankXendcg => Self::Power,
            Objective::SquaredError
            | Objective::PseudoHuber
            | Objective::AbsoluteError
            | Objective::Quantile
            | Objective::Expectile
            | Objective::Cox
            | Objective::Aft => Self::Real,
            Objective::Logistic => Self::Probability,
            Objective::BinaryLogistic | Objective::BinaryLogitraw | Objective::BinaryHinge => Self::Binary,
            Objective::Poisson | Objective::Tweedie => Self::NotNegative,
            Objective::Gamma => Self::Positive,
            Objective::SquaredLogError => Self::AboveMinusOne,
            Objective::Softmax | Objective::Softprob => Self::Class(outputs),
        }
    }

    fn contains(self, y: f64) -> bool {
        const LARGEST: f64 = f32::MAX as f64;
        match self {
            Self::Real => y.abs() <= LARGEST,
            Self::NotNegative | Self::Gain => (0.0..=LARGEST).contains(&y),
            Self::Positive => y > 0.0 && y <= LARGEST,
            Self::AboveMinusOne => y > -1.0 && y <= LARGEST,
            Self::Probability => (0.0..=1.0).contains(&y),
            Self::Binary | Self::Relevance => y == 0.0 || y == 1.0,
            Self::Grade | Self::Power => (0.0..=LARGEST_GRADE).contains(&y) && y.fract() == 0.0,
            Self::Class(classes) => y >= 0.0 && y < classes as f64 && y.fract() == 0.0,
        }
    }

    fn rule(self) -> String {
        match self {
            Self::Real => "at most 3.4e38 in magnitude".to_string(),
            Self::NotNegative | Self::Gain => "0 or more (and at most 3.4e38)".to_string(),
            Self::Positive => "above 0 (and at most 3.4e38)".to_string(),
            Self::AboveMinusOne => "above -1 (and at most 3.4e38)".to_string(),
            Self::Probability => "in [0,1]".to_string(),
            Self::Binary | Self::Relevance => "0 or 1".to_string(),
            Self::Grade | Self::Power => "a grade of relevance, a whole number from 0 to 31,".to_string(),
            Self::Class(classes) => format!("an integer in [0, {classes})"),
        }
    }

    fn remedy(self, label: f64) -> &'static str {
        match self {
            Self::Real => "divide the labels by a constant",
            Self::NotNegative | Self::AboveMinusOne => "use objective=reg:squarederror for other numbers",
            Self::Positive => "use objective=reg:tweedie where labels may be 0, objective=reg:squarederror for other numbers",
            Self::Probability => "scale the labels, or use objective=reg:squarederror",
            Self::Binary if label > 0.0 && label < 1.0 => "use objective=reg:logistic for probabilities",
            Self::Binary if label.fract() == 0.0 => {
                "renumber two classes to 0 and 1, or use objective=multi:softprob for more classes, objective=reg:squarederror for other numbers"
            }
            Self::Binary => "use objective=reg:squarederror for numbers that are no classes",
            Self::Power => "for other grades use objective=rank:ndcg with ndcg_exp_gain=false",
            Self::Gain => "add a constant, so that the lowest grade is 0",
            Self::Relevance => "for several grades of relevance use objective=rank:ndcg",
            Self::Grade => "with ndcg_exp_gain=false a grade is what it gains, and may be any number from 0",
            Self::Class(_) => "classes are counted from 0 to num_class - 1: renumber them, or raise num_class",
        }
    }
}
