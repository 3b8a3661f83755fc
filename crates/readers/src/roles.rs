//! Which column plays which part: label, weight, group, base margin, feature, or none.

use crate::feature_count;
use crate::names::{list, nearest};
use crate::options::listed;
use crate::params::ParamValue;
use crate::{Error, LabelColumn, ReadOptions, Reading, Result};
use sapwood::text::counted;

/// What a column is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ColumnRole {
    /// The feature at this position of the schema.
    Feature(usize),
    /// The label, or the first of several.
    Label,
    /// One of several labels, counted from 1.
    OtherLabel(usize),
    LowerBound,
    UpperBound,
    Weight,
    Group,
    BaseMargin,
    Unused,
}

impl ColumnRole {
    /// Whether its values are numbers, whatever other columns hold.
    pub fn is_number(self) -> bool {
        matches!(self, Self::OtherLabel(_) | Self::LowerBound | Self::UpperBound | Self::Weight | Self::BaseMargin)
    }

    /// Whether predictions depend on it.
    pub fn is_of_scoring(self) -> bool {
        matches!(self, Self::Feature(_) | Self::BaseMargin)
    }

    /// The part as a word, for messages.
    pub fn word(self) -> &'static str {
        match self {
            Self::Feature(_) => "feature",
            Self::Label | Self::OtherLabel(_) => "label",
            Self::LowerBound => "lower label bound",
            Self::UpperBound => "upper label bound",
            Self::Weight => "weight",
            Self::Group => "group",
            Self::BaseMargin => "base margin",
            Self::Unused => "unused",
        }
    }
}

/// The column of each feature of training data, where features are in the order of their columns.
pub(super) fn feature_columns(roles: &[ColumnRole]) -> Vec<usize> {
    (0..roles.len()).filter(|&at| matches!(roles[at], ColumnRole::Feature(_))).collect()
}

/// The columns that a set of files has.
pub(super) struct ColumnLayout<'a> {
    /// Their names, where the files have names.
    pub names: Option<&'a [String]>,
    pub width: usize,
    /// The first file, for messages.
    pub file: String,
}

impl ColumnLayout<'_> {
    /// A column's position: `column` is its name or else its 0-based index.
    pub fn find(&self, column: &str, what: &str) -> Result<usize> {
        if let Some(at) = self.names.and_then(|names| names.iter().position(|n| n == column)) {
            return Ok(at);
        }
        match column.parse::<usize>() {
            Ok(index) if index < self.width => Ok(index),
            Ok(index) => Err(Error::schema(format!(
                "no {what} column {index}: {} has {}, numbered 0 to {}",
                self.file,
                counted(self.width, "column"),
                self.width.saturating_sub(1)
            ))),
            Err(_) => Err(self.unknown(column, what)),
        }
    }

    fn unknown(&self, column: &str, what: &str) -> Error {
        let Some(names) = self.names else {
            return Error::schema(format!(
                "no {what} column {column:?}: {} has no column names; give a 0-based index, or header=true if its first line holds names",
                self.file
            ));
        };
        if let Some(delimiter) = other_delimiter(names, column) {
            return Error::schema(format!("no {what} column {column:?} in {}; {}", self.file, delimiter));
        }
        let with_comma = names.iter().find(|name| name.split(',').any(|part| part.trim() == column) && name.contains(','));
        let hint = match with_comma {
            Some(name) => format!("a name that holds commas stands in quotes in a list: '{name:?}'; "),
            None => hint(column, names),
        };
        Error::schema(format!("no {what} column {column:?} in {}; {hint}its columns are {}", self.file, list(names)))
    }

    /// A column as messages call it.
    pub fn describe(&self, column: usize) -> String {
        match self.names {
            Some(names) => format!("column {}", names[column]),
            None => format!("column {column} (counted from 0)"),
        }
    }

    /// The roles of training data: what the options name, the label by default in column 0, everything else a feature.
    pub fn training_roles(&self, options: &ReadOptions) -> Result<Vec<ColumnRole>> {
        let mut roles = self.attribute_roles(options, Some(0))?;
        let free = roles.iter_mut().filter(|role| **role == ColumnRole::Feature(0));
        let features = free.enumerate().map(|(position, role)| *role = ColumnRole::Feature(position)).count();
        if features == 0 {
            return Err(Error::schema(format!(
                "no feature column: the columns found in {} ({}) are label, bounds, weight, group, base margin or ignored; leave delimiter out to have it detected, and check header",
                self.file, self.width
            )));
        }
        feature_count::check_most(features, &self.file)?;
        Ok(roles)
    }

    /// Which columns are meant by indices that the options give, where columns have names: other libraries count without the label.
    pub fn index_warnings(&self, options: &ReadOptions) -> Vec<String> {
        let Some(names) = self.names else { return Vec::new() };
        let single = [
            ("label_lower_bound_column", &options.label_lower_bound),
            ("label_upper_bound_column", &options.label_upper_bound),
            ("weight_column", &options.weight),
            ("group_column", &options.group),
            ("base_margin_column", &options.base_margin),
        ];
        let single = single.into_iter().filter_map(|(parameter, column)| Some((parameter, std::slice::from_ref(column.as_ref()?))));
        let lists = [("categorical_features", &options.categorical[..]), ("ignore_columns", &options.ignore[..])];
        let named = single.chain(lists).filter_map(|(parameter, columns)| {
            let by_index = columns.iter().filter(|column| !names.contains(column));
            let meant: Vec<_> = by_index
                .filter_map(|column| names.get(column.parse::<usize>().ok()?).map(|name| format!("{column} is {name}")))
                .collect();
            (!meant.is_empty()).then(|| {
                format!(
                    "{parameter}: indices count all columns of {}, the label included: {}; give names to be sure",
                    self.file,
                    list(&meant)
                )
            })
        });
        named.collect()
    }

    /// For every column, whether the options name it as categorical.
    pub fn categorical(&self, options: &ReadOptions, roles: &[ColumnRole]) -> Result<Vec<bool>> {
        let mut categorical = vec![false; self.width];
        for column in &options.categorical {
            let at = self.find(column, "categorical")?;
            if !matches!(roles[at], ColumnRole::Feature(_)) {
                return Err(Error::schema(format!(
                    "{} of {} is named in categorical_features, but it is not a feature: it is the {} column",
                    self.describe(at),
                    self.file,
                    roles[at].word()
                )));
            }
            categorical[at] = true;
        }
        Ok(categorical)
    }

    /// Roles of all columns but the features; these are all [`ColumnRole::Feature`]`(0)` yet. `default_label` is used where the options name none.
    pub fn attribute_roles(&self, options: &ReadOptions, default_label: Option<usize>) -> Result<Vec<ColumnRole>> {
        let mut roles = vec![ColumnRole::Feature(0); self.width];
        let labels = match &options.label {
            Some(label) => self.labels(label)?,
            None if options.names_bounds() => Vec::new(),
            None => default_label.into_iter().filter(|at| *at < self.width).collect(),
        };
        let label = labels.first().copied();
        let mut given = self.bounds(options)?;
        given.extend(
            labels.into_iter().enumerate().map(|(n, at)| (if n == 0 { ColumnRole::Label } else { ColumnRole::OtherLabel(n) }, at)),
        );
        for (role, column) in [
            (ColumnRole::Weight, &options.weight),
            (ColumnRole::Group, &options.group),
            (ColumnRole::BaseMargin, &options.base_margin),
        ] {
            if let Some(column) = column {
                given.push((role, self.find(column, role.word())?));
            }
        }
        if options.csv_weights && options.names_bounds() {
            let cause = "csv_weights says that weights follow the label, and there are bounds in its place";
            return Err(Error::parameter(cause).with_remedy("name the column of weights (weight_column)"));
        }
        if let (true, Some(label)) = (options.csv_weights, label) {
            if given.iter().any(|(role, _)| matches!(role, ColumnRole::OtherLabel(_))) {
                let cause = "csv_weights says that weights follow the label, and there are several";
                return Err(Error::parameter(cause).with_remedy("name the column of weights (weight_column)"));
            }
            let next = label + 1;
            if next >= self.width {
                return Err(Error::schema(format!("csv_weights is on, but no column follows the label in {}", self.file)));
            }
            if given.iter().all(|&(role, at)| role != ColumnRole::Weight || at != next) {
                given.push((ColumnRole::Weight, next));
            }
        }
        for (role, at) in given {
            if matches!(role, ColumnRole::OtherLabel(_)) && roles[at].word() == role.word() {
                return Err(Error::schema(format!("{} is named twice in label_column; name it once", self.describe(at))));
            }
            if roles[at] != ColumnRole::Feature(0) {
                return Err(Error::schema(format!(
                    "{} of {} cannot be both {} and {}",
                    self.describe(at),
                    self.file,
                    roles[at].word(),
                    role.word()
                )));
            }
            if role == ColumnRole::Weight && roles.contains(&ColumnRole::Weight) {
                return Err(Error::schema("csv_weights and weight_column name different columns; give one of them"));
            }
            roles[at] = role;
        }
        for at in self.ignored(options)? {
            if roles[at] != ColumnRole::Feature(0) && roles[at] != ColumnRole::Unused {
                return Err(Error::schema(format!(
                    "{} of {} cannot be both ignored and the {}",
                    self.describe(at),
                    self.file,
                    roles[at].word()
                )));
            }
            roles[at] = ColumnRole::Unused;
        }
        Ok(roles)
    }

    /// The columns of the labels that a text names: the one that it is the name or the index of, else those of a list.
    fn labels(&self, label: &str) -> Result<Vec<usize>> {
        match self.find(label, "label") {
            Ok(at) => Ok(vec![at]),
            Err(error) => {
                let items = listed(label);
                if items.is_empty() || items == [label] {
                    return Err(error);
                }
                items.iter().map(|item| self.find(item, "label")).collect()
            }
        }
    }

    /// The columns of the labels' bounds, which take the place of a label.
    fn bounds(&self, options: &ReadOptions) -> Result<Vec<(ColumnRole, usize)>> {
        let (lower, upper) = match (&options.label_lower_bound, &options.label_upper_bound) {
            (None, None) => return Ok(Vec::new()),
            (Some(lower), Some(upper)) => (lower, upper),
            (one, _) => {
                let other = if one.is_some() { "label_upper_bound_column" } else { "label_lower_bound_column" };
                return Err(
                    Error::parameter("one bound of the label is named without the other").with_remedy(format!("give {other}, too"))
                );
            }
        };
        if let Some(label) = &options.label {
            let cause = format!("label_column={label} beside the columns of the label's bounds");
            return Err(Error::parameter(cause).with_remedy("leave it out: bounds take the place of the label"));
        }
        let (lower, upper) = (self.find(lower, ColumnRole::LowerBound.word())?, self.find(upper, ColumnRole::UpperBound.word())?);
        Ok(vec![(ColumnRole::LowerBound, lower), (ColumnRole::UpperBound, upper)])
    }

    /// The columns that the options leave out. A name that holds commas and is no column may be several names.
    fn ignored(&self, options: &ReadOptions) -> Result<Vec<usize>> {
        let mut ignored = Vec::new();
        for column in &options.ignore {
            match self.find(column, "ignored") {
                Ok(at) => ignored.push(at),
                Err(error) => {
                    let parts = column.split(',').map(|part| self.find(part.trim(), "ignored"));
                    ignored.extend(parts.collect::<Result<Vec<_>>>().map_err(|_| error)?);
                }
            }
        }
        Ok(ignored)
    }

    /// How these training data are read, for the model.
    pub fn reading(&self, options: &ReadOptions, roles: &[ColumnRole]) -> Reading {
        let column = |at: usize| self.names.map_or_else(|| at.to_string(), |names| names[at].clone());
        let all = |wanted: ColumnRole| (0..roles.len()).filter(move |&at| roles[at] == wanted).map(column);
        let mut reading = options.reading();
        reading.ignored_columns = all(ColumnRole::Unused).collect();
        // The first column is where labels are unless somebody says another.
        let is_said = self.names.is_some() || options.label.is_some();
        reading.label_column = label_text(label_positions(roles).into_iter().map(column).collect()).filter(|_| is_said);
        reading.label_lower_bound_column = all(ColumnRole::LowerBound).next();
        reading.label_upper_bound_column = all(ColumnRole::UpperBound).next();
        reading.weight_column = all(ColumnRole::Weight).next();
        reading.group_column = all(ColumnRole::Group).next();
        reading.base_margin_column = all(ColumnRole::BaseMargin).next();
        reading
    }

    /// Where the labels of training data are, and a warning where they might be elsewhere: the columns have names, and nobody named the
    /// label's.
    pub fn label(&self, options: &ReadOptions, roles: &[ColumnRole]) -> (Option<LabelColumn>, Option<String>) {
        let Some(at) = roles.iter().position(|&role| role == ColumnRole::Label) else { return (None, None) };
        let is_default = options.label.is_none();
        let name = match self.names {
            Some(names) => names[at].clone(),
            None if is_default => "column 0".to_string(),
            None => self.describe(at),
        };
        let warning = (is_default && self.names.is_some()).then(|| {
            format!(
                "{name:?}, the first column of {}, is taken for the label, because none is named; name it with label_column",
                self.file
            )
        });
        let called = |at: usize| self.names.map_or_else(|| at.to_string(), |names| names[at].clone());
        let others: Vec<_> = label_positions(roles).into_iter().skip(1).map(called).collect();
        let name = if others.is_empty() { name } else { called(at) };
        (Some(LabelColumn { name, is_default, others }), warning)
    }
}

/// The columns of the labels, in their order.
fn label_positions(roles: &[ColumnRole]) -> Vec<usize> {
    let number = |at: usize| match roles[at] {
        ColumnRole::Label => Some((0, at)),
        ColumnRole::OtherLabel(number) => Some((number, at)),
        _ => None,
    };
    let mut labels: Vec<_> = (0..roles.len()).filter_map(number).collect();
    labels.sort_unstable();
    labels.into_iter().map(|(_, at)| at).collect()
}

/// The columns of labels as one text: the name of one, a list of several.
fn label_text(mut columns: Vec<String>) -> Option<String> {
    match columns.len() {
        0 | 1 => columns.pop(),
        _ => Some(columns.render()),
    }
}

/// The names of the columns of labels that a text means where these are the names of all columns.
pub(super) fn labels_among(label: &str, names: &[String]) -> impl Iterator<Item = String> {
    let items = listed(label);
    let is_list = items.len() > 1 && !names.iter().any(|name| name == label);
    if is_list { items } else { vec![label.to_string()] }.into_iter()
}

/// What to do where the only column seems to be several, cut by another delimiter than that of the file.
pub(super) fn other_delimiter(names: &[String], column: &str) -> Option<String> {
    let [only] = names else { return None };
    let is_other = |mark: &char| only.contains(*mark) && only.split(*mark).any(|part| part.trim().trim_matches('"') == column);
    let mark = [',', ';', '\t', '|', ' '].into_iter().find(is_other)?;
    Some(format!(
        "its only column is called {only:?}, which looks like several with {mark:?} between them: leave delimiter out, or say delimiter={}",
        if mark == '\t' { "tab".to_string() } else { mark.to_string() }
    ))
}

/// A name in which characters that may look like others are told by their numbers: é can be one character or two.
pub(super) fn code_points(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii() { c.to_string() } else { c.escape_unicode().to_string() }).collect()
}

/// A question after the nearest name, if one is near.
pub(super) fn hint(name: &str, names: &[String]) -> String {
    match nearest(name, names.iter().map(String::as_str)) {
        None => String::new(),
        Some(nearest) if name.is_ascii() || nearest.is_ascii() => format!("did you mean {nearest:?}? "),
        Some(nearest) => format!("did you mean {nearest:?}? ({} is not {}) ", code_points(name), code_points(nearest)),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::params::Header;

    /// Options of which nothing is set.
    pub(crate) fn options() -> ReadOptions {
        ReadOptions {
            format: None,
            unwrap_records: false,
            header: Header::Auto,
            delimiter: None,
            decimal: None,
            label: None,
            label_lower_bound: None,
            label_upper_bound: None,
            weight: None,
            group: None,
            base_margin: None,
            ignore: Vec::new(),
            categorical: Vec::new(),
            missing: vec!["NA".into(), "?".into()],
            csv_weights: false,
            strict: false,
            extra_columns: crate::ExtraColumns::default(),
            missing_keys: crate::MissingKeys::default(),
            trained: Reading::default(),
            meter: crate::Meter::default(),
            cancellation: crate::CancellationToken::default(),
        }
    }

    fn names(text: &str) -> Vec<String> {
        text.split(' ').map(String::from).collect()
    }

    fn layout(names: Option<&[String]>, width: usize) -> ColumnLayout<'_> {
        ColumnLayout { names, width, file: "x.csv".into() }
    }

    #[test]
    fn columns_are_named_or_counted() {
        let names = names("y age 0");
        let layout = layout(Some(&names), 3);
        assert_eq!(layout.find("0", "label").unwrap(), 2);
        assert_eq!(layout.find("1", "label").unwrap(), 1);
        assert!(layout.find("agee", "label").unwrap_err().to_string().contains("did you mean \"age\"?"));
        assert!(layout.find("7", "label").unwrap_err().to_string().contains("numbered 0 to 2"));
        let headerless = ColumnLayout { names: None, ..layout };
        assert!(headerless.find("age", "label").unwrap_err().to_string().contains("has no column names"));
    }

    #[test]
    fn indices_of_named_columns_are_told_by_name() {
        let names = names("y age plan 1");
        let given = ReadOptions {
            categorical: vec!["2".into(), "age".into()],
            ignore: vec!["1".into()],
            weight: Some("0".into()),
            ..options()
        };
        let warnings = layout(Some(&names), 4).index_warnings(&given);
        assert_eq!(warnings.len(), 2, "{warnings:?}");
        assert!(warnings[0].starts_with("weight_column: ") && warnings[0].contains(": 0 is y; "), "{warnings:?}");
        assert!(warnings[1].contains("the label included: 2 is plan; give names"), "{warnings:?}");
        assert!(layout(None, 4).index_warnings(&given).is_empty());
    }

    #[test]
    fn training_roles_follow_the_options() {
        use ColumnRole::*;
        let roles = |o: &ReadOptions| layout(None, 4).training_roles(o);
        assert_eq!(roles(&options()).unwrap(), [Label, Feature(0), Feature(1), Feature(2)]);
        let weights = ReadOptions { csv_weights: true, ..options() };
        assert_eq!(roles(&weights).unwrap(), [Label, Weight, Feature(0), Feature(1)]);
        let all = ReadOptions { label: Some("3".into()), group: Some("0".into()), ignore: vec!["1".into()], ..options() };
        assert_eq!(roles(&all).unwrap(), [Group, Unused, Feature(0), Label]);
        let twice = ReadOptions { weight: Some("0".into()), ..options() };
        assert!(roles(&twice).unwrap_err().to_string().contains("cannot be both label and weight"));
        let ignored = ReadOptions { ignore: vec!["0".into()], ..options() };
        assert!(roles(&ignored).unwrap_err().to_string().contains("cannot be both ignored and the label"));
        let nothing = ReadOptions { ignore: names("1 2 3"), ..options() };
        assert!(roles(&nothing).unwrap_err().to_string().starts_with("no feature column"));
    }

    #[test]
    fn names_match_in_any_order_and_headerless_files_by_count() {
        use ColumnRole::*;
        let mut schema = crate::FeatureSchema::numeric(2);
        schema.named = true;
        let columns = names("f1 extra f0 y");
        let (roles, notes) = layout(Some(&columns), 4).matching_roles(&options(), &schema, false).unwrap();
        assert_eq!(roles, [Feature(1), Unused, Feature(0), Unused]);
        assert!(notes[0].contains("extra, y"));
        let few = names("f1 y");
        let error = layout(Some(&few), 2).matching_roles(&options(), &schema, false).unwrap_err().to_string();
        assert!(error.starts_with("missing columns: x.csv has no f0"), "{error}");
        let error = layout(Some(&columns), 4).matching_roles(&options(), &schema, true).unwrap_err().to_string();
        assert!(error.contains("is named as the label, but it is a feature"), "{error}");

        let count = |width, label: Option<&str>, need| {
            let options = ReadOptions { label: label.map(Into::into), ..options() };
            layout(None, width).matching_roles(&options, &schema, need).map(|(roles, _)| roles).map_err(|e| e.to_string())
        };
        assert_eq!(count(2, None, false).unwrap(), [Feature(0), Feature(1)]);
        assert_eq!(count(3, None, true).unwrap(), [Label, Feature(0), Feature(1)]);
        // Whoever needs no labels gets none.
        assert_eq!(count(3, Some("2"), false).unwrap(), [Feature(0), Feature(1), Unused]);
        assert!(count(3, None, false).unwrap_err().contains("say which (label_column)"));
        assert!(count(1, None, false).unwrap_err().starts_with("wrong number of columns: x.csv has 1 column, "));
        assert!(count(2, Some("0"), false).unwrap_err().contains("do not name one"));
    }
}
