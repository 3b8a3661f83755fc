//! Parameters: one table ([`spec`], [`compatibility`]), from which the typed [`Params`], parsing, checks and documentation follow.
//!
//! Text or builder calls give a [`ParamsBuilder`]; only [`ParamsBuilder::build`] makes [`Params`], so that whoever holds them
//! holds checked ones.

mod class_weight;
pub mod compatibility;
mod features;
mod given;
pub mod habits;
mod items;
mod parse;
mod relevance;
mod render;
mod row;
mod seconds;
pub mod spec;
mod trials;
mod value;

pub use class_weight::ClassWeight;
pub use features::{FeatureName, InteractionConstraints, MonotoneConstraints, PerFeature};
pub use given::Given;
pub use parse::{Note, known, objective_named};
pub use render::{json, markdown, without_effect};
pub use seconds::Seconds;
pub use spec::{DataParams, Params};
pub use trials::Trials;
pub use value::{
    AftDistribution, Booster, Decimal, Every, GrowPolicy, Header, MemorySize, MonotoneMethod, MultiStrategy, NormalizeType,
    PairMethod, ParamValue, Preset, ProcessType, SameData, SampleType, SamplingMethod, SplitMethod,
};

use crate::{Error, Result};
use sapwood_score::{Objective, ObjectiveSpec, Outputs};

const PAIR_METHOD: &str = "lambdarank_pair_method";
const NUM_PAIR: &str = "lambdarank_num_pair_per_sample";

/// Collects parameters; [`ParamsBuilder::build`] checks them.
#[derive(Clone, Debug)]
pub struct ParamsBuilder {
    params: Params,
    /// Names that were given, in order; a default does not count.
    given: Vec<&'static str>,
}

impl Default for DataParams {
    fn default() -> Self {
        Self::defaults()
    }
}

impl Params {
    /// A builder in which every parameter is at its default. `num_round` has none and must be given.
    ///
    /// ```
    /// use sapwood::{Objective, Params};
    /// let params = Params::builder().objective(Objective::BinaryLogistic).num_round(50).eta(0.1).build()?;
    /// assert_eq!(params.max_depth, 6);
    /// # Ok::<(), sapwood::Error>(())
    /// ```
    pub fn builder() -> ParamsBuilder {
        ParamsBuilder { params: Self::defaults(), given: Vec::new() }
    }

    /// The limit of leaf values before shrinkage (0: none), the objective's default included.
    pub fn max_delta_step(&self) -> f64 {
        self.max_delta_step.unwrap_or(if self.objective == Objective::Poisson { 0.7 } else { 0.0 })
    }

    /// Whether a part of the rows is kept back, to judge what was learnt from the others.
    pub fn holds_out(&self) -> bool {
        self.validation_fraction.is_some() || self.nfold.is_some() || self.has_preset() || self.is_searched()
    }

    /// Whether a search chooses some of them.
    pub fn is_searched(&self) -> bool {
        self.tune != Trials::None
    }

    /// Whether a preset chooses what is not given.
    pub fn has_preset(&self) -> bool {
        self.preset != Preset::Default
    }

    /// Checks that they are for one model.
    ///
    /// # Errors
    /// They ask for a search.
    pub(crate) fn refuse_search(&self) -> Result<()> {
        if !self.is_searched() {
            return Ok(());
        }
        let error =
            Error::parameter("tune asks for a search of parameters, and this trains with given ones").with_parameter("tune");
        Err(error.with_remedy("call tune, or leave it out"))
    }

    /// What splits of trees of so many outputs are found by: these, or so many combinations of them.
    pub(crate) fn combinations(&self, outputs: usize) -> usize {
        match self.sketch_outputs as usize {
            0 => outputs,
            combinations => combinations.min(outputs),
        }
    }

    /// What is minimised: the objective with its parameters.
    pub fn objective_spec(&self) -> ObjectiveSpec {
        let parameters: &[&str] = match self.objective {
            Objective::Tweedie => &["tweedie_variance_power"],
            Objective::PseudoHuber => &["huber_slope"],
            Objective::Quantile => &["quantile_alpha"],
            Objective::Expectile => &["expectile_alpha"],
            Objective::Aft => &["aft_loss_distribution", "aft_loss_distribution_scale"],
            Objective::RankNdcg | Objective::RankPairwise => &[PAIR_METHOD, NUM_PAIR, "ndcg_exp_gain"],
            Objective::RankMap => &[PAIR_METHOD, NUM_PAIR],
            _ => &[],
        };
        let rendered = parameters.iter().filter_map(|name| Some((name.to_string(), self.render(name)?)));
        ObjectiveSpec::new(self.objective.name(), rendered.collect())
    }

    /// How many of so many outputs each tree has.
    pub(crate) fn outputs_of_tree(&self, outputs: usize) -> usize {
        match self.multi_strategy {
            MultiStrategy::OneOutputPerTree => 1,
            MultiStrategy::MultiOutputTree => outputs,
        }
    }

    /// What the outputs of the model are.
    pub fn outputs(&self) -> Outputs {
        match self.objective {
            Objective::Quantile => Outputs::Quantiles(self.quantile_alpha.clone()),
            Objective::Expectile => Outputs::Expectiles(self.expectile_alpha.clone()),
            objective => objective.outputs(),
        }
    }

    /// The parameters that decide the model, with their values as text, in the table's order; then the columns that were named for
    /// labels, weights and base margins, for whoever evaluates the model.
    pub fn model_affecting(&self) -> Vec<(String, String)> {
        let model = spec::active().filter(|s| s.group == spec::Group::Model);
        let mut pairs: Vec<_> = model.filter_map(|s| Some((s.name.to_string(), self.render(s.name)?))).collect();
        let columns = [
            ("label_column", &self.data.label_column),
            ("label_lower_bound_column", &self.data.label_lower_bound_column),
            ("label_upper_bound_column", &self.data.label_upper_bound_column),
            ("weight_column", &self.data.weight_column),
            ("group_column", &self.data.group_column),
            ("base_margin_column", &self.data.base_margin_column),
        ];
        pairs.extend(columns.into_iter().filter_map(|(name, column)| Some((name.to_string(), column.clone()?))));
        pairs
    }

    /// The parameters that decide how data are read and binned, with their values as text, in the table's order.
    pub fn bin_deciding(&self) -> Vec<(&'static str, String)> {
        let deciding = spec::active().filter(|row| row.decides_bins());
        deciding.filter_map(|row| Some((row.name, self.render(row.name)?))).collect()
    }

    /// Sentences about parameters that fight with each other; training goes on.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        let full = 2f64.powi(self.max_depth.min(64) as i32);
        if self.max_depth > 0 && f64::from(self.max_leaves) > full {
            warnings.push(format!(
                "max_leaves={} cannot be reached: max_depth={} allows {full} leaves; raise max_depth, or set it to 0 for no limit",
                self.max_leaves, self.max_depth
            ));
        }
        if self.eta == 0.0 {
            warnings.push("eta=0 multiplies all leaf values by 0, so trees change no prediction; give a number above 0".into());
        }
        if self.sampling_method == SamplingMethod::GradientBased && self.subsample >= 1.0 {
            warnings.push("sampling_method=gradient_based has no effect with subsample=1; give the share of rows to draw".into());
        }
        if self.booster == Booster::Dart && (self.skip_drop >= 1.0 || self.rate_drop == 0.0 && !self.one_drop) {
            let cause = if self.skip_drop >= 1.0 { "skip_drop=1" } else { "rate_drop=0" };
            warnings
                .push(format!("booster=dart never drops a tree with {cause}, and is gbtree then; give rate_drop=0.1, for example"));
        }
        warnings.extend(relevance::warnings(self));
        if !self.monotone_constraints.0.is_empty() && self.objective.is_multiclass() {
            warnings.push(format!(
                "monotone_constraints hold for the margin of each class; with objective={} a probability, which depends on all margins, \
                 may go either way",
                self.objective.name()
            ));
        }
        warnings
    }

    /// Checks every range and what parameters demand of each other.
    fn check(&self, given: &[&str]) -> Result<()> {
        for row in spec::active() {
            if row.required && !given.contains(&row.name) {
                if self.has_preset() || self.is_searched() {
                    continue;
                }
                let error = Error::parameter(format!("missing required parameter {}", row.name)).with_parameter(row.name);
                return Err(error.with_remedy(format!("give it, for example {}=100", row.name)));
            }
            if let Some(number) = self.number(row.name)
                && !row.range.contains(number)
            {
                let number = row::number(number);
                let error = Error::parameter(format!("{}={number} is out of range: it must lie in {}", row.name, row.range));
                return Err(error.with_parameter(row.name));
            }
        }
        // Of parameters that exclude each other the error names the one that was given last.
        let refuse = |names: &[&str], cause: String, remedy: &str| {
            let last = given.iter().rev().find(|name| names.contains(name)).or(names.first());
            let error = Error::parameter(cause).with_remedy(remedy);
            Err(last.into_iter().fold(error, |error, name| error.with_parameter(*name)))
        };
        if self.max_depth == 0 && self.max_leaves == 0 {
            let cause = "max_depth=0 and max_leaves=0 leave trees unlimited".to_string();
            return refuse(&["max_depth", "max_leaves"], cause, "set one of them");
        }
        if self.max_leaves == 1 {
            return refuse(&["max_leaves"], "max_leaves=1 allows no split".to_string(), "use 0 for no limit, or at least 2");
        }
        if self.sampling_method == SamplingMethod::Goss && self.subsample < 1.0 {
            let remedy = "remove it, top_rate and other_rate say how many rows are drawn";
            let cause = "subsample cannot be combined with sampling_method=goss".to_string();
            return refuse(&["subsample", "sampling_method"], cause, remedy);
        }
        if self.sampling_method == SamplingMethod::Goss && self.top_rate + self.other_rate > 1.0 {
            let cause = format!("top_rate={} and other_rate={} are more than all rows", self.top_rate, self.other_rate);
            return refuse(&["top_rate", "other_rate"], cause, "their sum must be at most 1");
        }
        if self.process_type == ProcessType::Update {
            let remedy = "leave it out, or use process_type=default";
            let conflicts = [
                ("booster", self.booster == Booster::Dart, "no tree is dropped where none is grown"),
                ("nfold", self.nfold.is_some(), "folds train models anew"),
                (
                    "multi_strategy",
                    self.multi_strategy == MultiStrategy::MultiOutputTree,
                    "leaves of several outputs are not computed anew",
                ),
                ("monotone_constraints", !self.monotone_constraints.0.is_empty(), "new values of leaves may go either way"),
                ("linear_tree", self.linear_tree, "leaves are computed anew as constants"),
            ];
            if let Some((name, _, why)) = conflicts.iter().find(|(_, holds, _)| *holds) {
                let cause = format!("{name} cannot be combined with process_type=update: {why}");
                return refuse(&[name, "process_type"], cause, remedy);
            }
        }
        if let Some(column) = self.data.group_column.as_ref().filter(|_| !self.objective.is_ranking()) {
            let cause = format!("group_column={column}: objective={} does not use query groups", self.objective.name());
            let remedy =
                "to put rows in order within their groups, use rank:ndcg; else leave it out, and name the column in ignore_columns";
            return refuse(&["group_column", "objective"], cause, remedy);
        }
        let bounds = [
            ("label_lower_bound_column", &self.data.label_lower_bound_column),
            ("label_upper_bound_column", &self.data.label_upper_bound_column),
        ];
        if let Some((name, Some(column))) = bounds.iter().find(|(_, column)| column.is_some()) {
            if self.objective != Objective::Aft {
                let cause = format!("{name}={column}: objective={} takes labels, not their bounds", self.objective.name());
                let remedy = "use objective=survival:aft; else leave it out, and name the column in ignore_columns";
                return refuse(&[name, "objective"], cause, remedy);
            }
            if let Some((absent, _)) = bounds.iter().find(|(_, column)| column.is_none()) {
                let remedy = format!("name the other bound's column, too ({absent})");
                return refuse(&[name], format!("{name}={column} is one of two bounds"), &remedy);
            }
            if let Some(label) = &self.data.label_column {
                let cause = format!("label_column={label} beside the columns of the label's bounds");
                let remedy =
                    "leave it out, and name the column in ignore_columns if it tells the time: bounds take the place of the label";
                return refuse(&["label_column", bounds[0].0, bounds[1].0], cause, remedy);
            }
            if self.data.csv_weights {
                let cause = "csv_weights says that weights follow the label, and there are bounds in its place".to_string();
                return refuse(&["csv_weights", bounds[0].0, bounds[1].0], cause, "name the column of weights (weight_column)");
            }
        }
        for (name, levels) in [("quantile_alpha", &self.quantile_alpha), ("expectile_alpha", &self.expectile_alpha)] {
            let are_levels = levels.iter().all(|&level| level > 0.0 && level < 1.0) && levels.is_sorted_by(|a, b| a < b);
            if levels.is_empty() || !are_levels {
                let cause = format!("{name}={} are not levels", levels.render());
                return refuse(
                    &[name],
                    cause,
                    "give numbers between 0 and 1 in ascending order, each once, for example 0.1,0.5,0.9",
                );
            }
        }
        if let Some(other) = self.monotone_constraints.0.values().find(|direction| ![-1.0, 0.0, 1.0].contains(direction)) {
            let cause = format!("monotone_constraints={} has the direction {other}", self.monotone_constraints.render());
            return refuse(&["monotone_constraints"], cause, "each must be 1 (up), -1 (down) or 0 (either)");
        }
        if let Some(other) = self.feature_weights.values().find(|weight| *weight < 0.0 || !weight.is_finite()) {
            let cause = format!("feature_weights={} has the weight {other}", self.feature_weights.render());
            return refuse(&["feature_weights"], cause, "each must be a number from 0 on");
        }
        if self.path_smooth > 0.0 && matches!(self.objective, Objective::AbsoluteError | Objective::Quantile) {
            let cause = format!("path_smooth cannot be combined with objective={}", self.objective.name());
            return refuse(&["path_smooth", "objective"], cause, "leave it out: leaves become quantiles of their rows' residuals");
        }
        if self.linear_tree {
            let others = [
                ("monotone_constraints", !self.monotone_constraints.0.is_empty(), "slopes of leaves keep to no direction"),
                ("path_smooth", self.path_smooth > 0.0, "it draws constants"),
                ("multi_strategy", self.multi_strategy == MultiStrategy::MultiOutputTree, "leaves of several outputs are constant"),
                (
                    "objective",
                    matches!(self.objective, Objective::AbsoluteError | Objective::Quantile),
                    "its leaves are quantiles of their rows' residuals",
                ),
            ];
            if let Some((other, _, why)) = others.into_iter().find(|(_, is_given, _)| *is_given) {
                let cause =
                    format!("linear_tree cannot be combined with {other}={}: {why}", self.render(other).unwrap_or_default());
                return refuse(&["linear_tree", other], cause, "leave one of them out");
            }
        }
        if self.multi_strategy == MultiStrategy::MultiOutputTree {
            let remedy = "leave it out, or use multi_strategy=one_output_per_tree";
            let others =
                [("monotone_constraints", !self.monotone_constraints.0.is_empty()), ("path_smooth", self.path_smooth > 0.0)];
            if let Some((other, _)) = others.into_iter().find(|(_, is_given)| *is_given) {
                let cause = format!("{other} cannot be combined with multi_strategy=multi_output_tree");
                return refuse(&[other, "multi_strategy"], cause, remedy);
            }
        }
        if self.is_searched() && self.has_preset() {
            let cause = "preset cannot be combined with a search, which chooses parameters by itself (tune)".to_string();
            return refuse(&["preset", "tune"], cause, "leave out one of the two");
        }
        if self.has_preset() {
            let others = [
                ("nfold", self.nfold.is_some(), "it cuts folds of its own: quality says how many"),
                ("validation_fraction", self.validation_fraction.is_some(), "its models hold out rows of their own"),
                ("process_type", self.process_type == ProcessType::Update, "it trains models anew"),
                (
                    "split",
                    self.split == SplitMethod::Time,
                    "its models would learn from the earliest rows alone, or never from the latest",
                ),
            ];
            if let Some((other, _, why)) = others.iter().find(|(_, is_given, _)| *is_given) {
                let cause = format!("{other} cannot be combined with preset={}: {why}", self.preset.render());
                return refuse(&[other, "preset"], cause, "leave one of them out");
            }
        }
        if self.quality.is_some_and(|quality| self.preset == Preset::Default || self.preset == Preset::Fast && quality > 1) {
            let cause = format!("quality is about preset=best, and preset is {}", self.preset.render());
            return refuse(&["quality", "preset"], cause, "give preset=best, or leave quality out");
        }
        let of_searches = [("tune_search", self.tune_search.is_some()), ("tune_time_budget", self.tune_time_budget.is_some())];
        if let Some((name, _)) = of_searches.iter().find(|(_, is_given)| *is_given && !self.is_searched()) {
            let cause = format!("{name} is about a search, and tune is {}", self.tune.render());
            return refuse(&[name, "tune"], cause, "give tune=true or a number of trials, or leave it out");
        }
        if self.preset != Preset::Best
            && let Some(time) = self.time_budget
        {
            let cause = format!(
                "time_budget={} is about preset=best, which trains as many models as there is time for, and preset is {}",
                time.render(),
                self.preset.render()
            );
            return refuse(
                &["time_budget", "preset"],
                cause,
                "give preset=best, or leave time_budget out: num_round limits one model",
            );
        }
        if self.time_budget.is_some() && self.quality.is_some() {
            let cause = "time_budget and quality both say how much time to spend".to_string();
            return refuse(&["time_budget", "quality"], cause, "give one of them");
        }
        let of_presets = [("num_models", self.num_models.is_some()), ("race_folds", self.race_folds.is_some())];
        if !self.has_preset()
            && let Some((name, _)) = of_presets.iter().find(|(_, is_given)| *is_given)
        {
            let cause = format!("{name} is about the models of a preset, and preset is default");
            return refuse(&[name, "preset"], cause, "give preset=best, or leave it out");
        }
        let by_column = matches!(self.split, SplitMethod::Group | SplitMethod::Time);
        if !self.holds_out() && (self.split != SplitMethod::Auto || self.split_column.is_some()) {
            let cause =
                "split and split_column say how validation_fraction or nfold divides rows, and neither is given".to_string();
            return refuse(&["split", "split_column"], cause, "give one, for example validation_fraction=0.2");
        }
        if self.nfold.is_some() && self.validation_fraction.is_some() {
            let cause = "nfold and validation_fraction both keep back rows".to_string();
            return refuse(
                &["nfold", "validation_fraction"],
                cause,
                "give one of them: each fold is judged by the rows that it holds out",
            );
        }
        if self.nfold.is_none() && (self.num_cv_round > 1 || self.purge > 0.0) {
            let cause = "num_cv_round and purge are about folds, and nfold is not given".to_string();
            return refuse(&["num_cv_round", "purge"], cause, "give it, for example nfold=5, or leave them out");
        }
        if self.purge > 0.0 && self.split != SplitMethod::Time {
            let cause = format!("purge={} is about time, and split is {}", self.purge, self.split.render());
            return refuse(&["purge", "split"], cause, "give split=time and split_column, or leave it out");
        }
        if self.split == SplitMethod::Time && self.num_cv_round > 1 {
            let cause = "num_cv_round repeats what is drawn, and split=time draws nothing".to_string();
            return refuse(&["num_cv_round", "split"], cause, "leave num_cv_round out");
        }
        if by_column != self.split_column.is_some() {
            let cause = if by_column { "needs split_column" } else { "has no use for split_column" };
            let remedy =
                if by_column { "name the column of groups or times" } else { "leave it out, or give split=group or split=time" };
            return refuse(&["split", "split_column"], format!("split={} {cause}", self.split.render()), remedy);
        }
        if self.split == SplitMethod::Stratified && !self.objective.is_classification() {
            let cause = format!("split=stratified needs classes, which objective={} has not", self.objective.name());
            return refuse(&["split", "objective"], cause, "use split=random");
        }
        let names = ["class_weight", "is_unbalance", "scale_pos_weight"];
        let is_weighted = self.class_weight != ClassWeight::Equal;
        if is_weighted && !self.objective.is_classification() {
            let cause = format!("class_weight needs classes, which objective={} has not", self.objective.name());
            return refuse(&names[..1], cause, "give rows their weights in a weight column");
        }
        if self.positive_class.is_some() && (!self.objective.is_classification() || self.objective.is_multiclass()) {
            let cause = format!("positive_class needs two classes, which objective={} has not", self.objective.name());
            return refuse(&["positive_class", "objective"], cause, "leave it out, or use objective=binary:logistic");
        }
        if self.is_unbalance && (!self.objective.is_classification() || self.objective.is_multiclass()) {
            let cause = format!("is_unbalance needs two classes, which objective={} has not", self.objective.name());
            return refuse(&names[1..2], cause, "for several classes give class_weight=balanced");
        }
        if [is_weighted, self.is_unbalance, self.scale_pos_weight != 1.0].into_iter().filter(|given| *given).count() > 1 {
            let cause = "class_weight, is_unbalance and scale_pos_weight all weigh classes".to_string();
            return refuse(&names, cause, "give one of them");
        }
        if self.objective.is_multiclass() && self.num_class == 1 {
            let cause = "num_class=1 is not a classification".to_string();
            return refuse(&["num_class", "objective"], cause, "it must be at least 2");
        }
        Ok(())
    }
}

impl ParamsBuilder {
    /// Checks everything that was set.
    ///
    /// # Errors
    /// A value out of range, a required parameter that is missing, or parameters that exclude each other.
    pub fn build(self) -> Result<Params> {
        let Self { mut params, given } = self;
        params.check(&given)?;
        if params.has_preset() {
            params.given = Given(given);
        }
        Ok(params)
    }

    /// These parameters with others as if they had been given, so that a preset leaves them alone.
    ///
    /// # Errors
    /// As [`ParamsBuilder::chosen`].
    pub(crate) fn as_given(params: &Params, choices: &[(&'static str, String)]) -> Result<Params> {
        let mut params = Self::chosen(params, choices.iter().cloned())?;
        params.given.0.extend(choices.iter().map(|(name, _)| name));
        Ok(params)
    }

    /// These parameters with others that a preset chooses, as texts.
    ///
    /// # Errors
    /// A value that is none, or that excludes another.
    pub(crate) fn chosen(params: &Params, choices: impl IntoIterator<Item = (&'static str, String)>) -> Result<Params> {
        let mut params = params.clone();
        let mut given = params.given.0.clone();
        for (name, value) in choices {
            let wrong = || Error::internal(format!("a preset chose {name}={value}, which is no value of it"));
            params.assign(name, &value).ok_or_else(wrong)?;
            given.push(name);
        }
        params.check(&given)?;
        Ok(params)
    }
}
