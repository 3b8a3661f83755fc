//! The parts that columns play where data must fit a model: they are found again by name, or by position.

use super::roles::{ColumnLayout, ColumnRole, code_points, hint, labels_among, other_delimiter};
use crate::names::{list, nearest};
use crate::{Error, ExtraColumns, FeatureSchema, ReadOptions, Result};
use sapwood::text::counted;
use std::collections::HashMap;

impl ColumnLayout<'_> {
    /// The roles of columns that are to fit `schema`, and notes about columns left out.
    pub fn matching_roles(
        &self,
        options: &ReadOptions,
        schema: &FeatureSchema,
        need_label: bool,
    ) -> Result<(Vec<ColumnRole>, Vec<String>)> {
        let options = &self.repeated(options, schema, need_label)?;
        let mut roles = self.attribute_roles(options, need_label.then_some(0))?;
        let notes = match self.names {
            Some(names) if schema.named => {
                let is_strict = options.strict && options.extra_columns == ExtraColumns::Refused;
                self.match_names(&mut roles, names, schema, is_strict)?
            }
            _ => self.match_positions(&mut roles, schema, need_label)?,
        };
        if !need_label {
            roles.iter_mut().filter(|role| !role.is_of_scoring()).for_each(|role| *role = ColumnRole::Unused);
        }
        Ok((roles, notes))
    }

    /// The options with the parts that columns had in training, where the options give these to no other column.
    fn repeated(&self, options: &ReadOptions, schema: &FeatureSchema, need_label: bool) -> Result<ReadOptions> {
        let mut repeated = options.clone();
        let trained = &options.trained;
        if options.base_margin.is_none()
            && let Some(column) = &trained.base_margin_column
        {
            repeated.base_margin = Some(self.margin_again(column, options, schema, need_label)?);
        }
        let (lower, upper) = (trained.label_lower_bound_column.as_ref(), trained.label_upper_bound_column.as_ref());
        let bounds = lower.zip(upper).filter(|_| options.label.is_none() && !options.names_bounds());
        let group = trained.group_column.as_ref().filter(|_| options.group.is_none());
        let weight = trained.weight_column.as_ref().filter(|_| options.weight.is_none() && !options.csv_weights);
        let Some(names) = self.names.filter(|_| schema.named) else {
            if need_label && !schema.named {
                if !options.names_bounds() {
                    repeated.label = repeated.label.or_else(|| trained.label_column.clone());
                }
                repeated.weight = weight.cloned().or(repeated.weight);
                repeated.group = group.cloned().or(repeated.group);
                repeated.take_bounds(bounds);
            } else if let (true, Some(column)) = (need_label, weight) {
                return Err(self.lost("weight", column, "weight_column"));
            } else if let (true, Some((column, _))) = (need_label, bounds) {
                return Err(self.lost("lower label bound", column, "label_lower_bound_column"));
            } else if let (true, Some(column)) = (need_label, group) {
                return Err(self.lost("query group", column, "group_column"));
            }
            return Ok(repeated);
        };
        let has = |column: &String| names.contains(column) && schema.position(column).is_none();
        match trained.label_column.as_ref().filter(|_| !options.names_bounds()) {
            Some(label) if options.label.is_none() && need_label => {
                if let Some(lost) = labels_among(label, names).find(|label| !names.contains(label)) {
                    return Err(self.lost("label", &lost, "label_column"));
                }
                repeated.label = Some(label.clone());
            }
            // Nobody asks for labels, and that they are left out is no news. A request has none.
            Some(label) if options.label.is_none() && !options.strict => {
                repeated.ignore.extend(labels_among(label, names).filter(has));
            }
            _ => {}
        }
        if let Some((lower, upper)) = bounds {
            match [lower, upper].into_iter().find(|column| !names.contains(column)) {
                Some(column) if need_label => {
                    return Err(self.lost("label bound", column, "label_lower_bound_column, label_upper_bound_column"));
                }
                None if need_label => repeated.take_bounds(bounds),
                _ if !options.strict => repeated.ignore.extend([lower, upper].into_iter().filter(|column| has(column)).cloned()),
                _ => {}
            }
        }
        match weight {
            Some(column) if need_label && !names.contains(column) => return Err(self.lost("weight", column, "weight_column")),
            Some(column) if need_label => repeated.weight = Some(column.clone()),
            // Weights do not change predictions.
            Some(column) if !options.strict && has(column) => repeated.ignore.push(column.clone()),
            _ => {}
        }
        match group {
            Some(column) if need_label && !names.contains(column) => return Err(self.lost("query group", column, "group_column")),
            Some(column) if need_label => repeated.group = Some(column.clone()),
            // A score is that of a row, whatever its group.
            Some(column) if !options.strict && has(column) => repeated.ignore.push(column.clone()),
            _ => {}
        }
        let taken = repeated.attributes();
        repeated.ignore.extend(trained.ignored_columns.iter().filter(|column| has(column) && !taken.contains(column)).cloned());
        Ok(repeated)
    }

    /// Where the base margins of a model are that had them in `column`.
    fn margin_again(&self, column: &str, options: &ReadOptions, schema: &FeatureSchema, need_label: bool) -> Result<String> {
        match self.names {
            Some(names) if schema.named => match names.iter().any(|name| name == column) {
                true => Ok(column.to_string()),
                false => Err(self.lost("base margin", column, "base_margin_column")),
            },
            // A request that has one column too few or too many is told so by their count.
            _ if options.strict => Ok(self.width.saturating_sub(1).to_string()),
            // With labels, data without names are laid out as in training.
            _ if need_label && !schema.named => Ok(column.to_string()),
            _ => Err(Error::schema(format!(
                "missing base margins: the model was trained with those of column {column}, and {} has no column names to find them by; say \
                 which column holds them (base_margin_column), or base_margin_column=none to begin with the base score",
                self.file
            ))),
        }
    }

    /// The error for a column with a part in training that the data do not have.
    fn lost(&self, part: &str, column: &str, parameter: &str) -> Error {
        let names = self.names.unwrap_or_default();
        if let Some(remedy) = other_delimiter(names, column) {
            return Error::schema(format!("missing {part} column {column:?}: {} does not have it; {remedy}", self.file));
        }
        let waiver = match parameter {
            "base_margin_column" => ", or say base_margin_column=none to begin with the base score",
            "weight_column" => ", or say weight_column=none to count all rows alike",
            _ => "",
        };
        Error::schema(format!(
            "missing {part} column {column:?}: the model was trained with it, and {} does not have it; {}its columns are {}; name another one \
             ({parameter}){waiver}",
            self.file,
            hint(column, names),
            list(names)
        ))
    }

    fn match_names(&self, roles: &mut [ColumnRole], names: &[String], schema: &FeatureSchema, strict: bool) -> Result<Vec<String>> {
        let positions: HashMap<&str, usize> =
            schema.features.iter().enumerate().rev().map(|(position, feature)| (feature.name.trim(), position)).collect();
        let mut extra = Vec::new();
        for (at, name) in names.iter().enumerate() {
            match (roles[at], positions.get(name.as_str()).copied()) {
                (ColumnRole::Feature(_), Some(position)) => roles[at] = ColumnRole::Feature(position),
                (ColumnRole::Feature(_), None) => {
                    roles[at] = ColumnRole::Unused;
                    extra.push(name.clone());
                }
                (ColumnRole::Unused, _) | (_, None) => {}
                (role, Some(_)) => {
                    return Err(Error::schema(format!(
                        "column {name} of {} is named as the {}, but it is a feature of the model; name another one",
                        self.file,
                        role.word()
                    )));
                }
            }
        }
        if let (true, Some(unknown)) = (strict, extra.first()) {
            return Err(unknown_name(unknown, &self.file, schema));
        }
        let mut is_there = vec![false; schema.len()];
        for role in roles.iter() {
            if let ColumnRole::Feature(position) = role {
                is_there[*position] = true;
            }
        }
        let absent = schema.features.iter().zip(&is_there).filter(|(_, is_there)| !**is_there).map(|(f, _)| f.name.clone());
        let absent: Vec<_> = absent.collect();
        if !absent.is_empty() {
            return Err(missing_names(&absent, names, &self.file));
        }
        let note = format!("ignored columns that the model does not have: {} ({})", list(&extra), self.file);
        Ok(if extra.is_empty() { Vec::new() } else { vec![note] })
    }

    fn match_positions(&self, roles: &mut [ColumnRole], schema: &FeatureSchema, need_label: bool) -> Result<Vec<String>> {
        let free = roles.iter_mut().filter(|role| matches!(role, ColumnRole::Feature(_)));
        let found = free.enumerate().map(|(position, role)| *role = ColumnRole::Feature(position)).count();
        if found != schema.len() {
            let others = self.width - found;
            let remedy = match (found == schema.len() + 1, roles.contains(&ColumnRole::Label) || need_label) {
                (true, false) => "; if one of them is the label, say which (label_column)",
                (false, true) if self.width == schema.len() => "; if there is no label among them, do not name one",
                _ => "; give exactly the model's features, in the order of training",
            };
            return Err(Error::schema(format!(
                "wrong number of columns: {} has {}, {others} of them label, bounds, weight, group, base margin or ignored, which leaves \
                 {found} for the model's {}{remedy}",
                self.file,
                counted(self.width, "column"),
                counted(schema.len(), "feature")
            )));
        }
        Ok(match (self.names, schema.named) {
            (Some(_), false) => vec![format!("the model has no column names: columns of {} are matched by position", self.file)],
            (None, true) => vec![format!("{} has no column names: its columns are matched by position", self.file)],
            _ => Vec::new(),
        })
    }
}

/// The error for a name that is none of the model's.
pub(super) fn unknown_name(name: &str, place: &str, schema: &FeatureSchema) -> Error {
    let names: Vec<_> = schema.features.iter().map(|feature| feature.name.clone()).collect();
    let hint = hint(name, &names);
    Error::schema(format!("unknown column {name:?}: {place}; {hint}the model's columns are {}", list(&names)))
}

/// The error for names of the model that the data do not have.
pub(super) fn missing_names(absent: &[String], names: &[String], place: &str) -> Error {
    if let Some(remedy) = absent.iter().find_map(|name| other_delimiter(names, name)) {
        return Error::schema(format!("missing columns: {place} has no {}; {remedy}", list(absent)));
    }
    let alike = absent.iter().find_map(|name| {
        let other = nearest(name, names.iter().map(String::as_str)).filter(|other| !name.is_ascii() && !other.is_ascii())?;
        Some(format!(" ({} is not {})", code_points(name), code_points(other)))
    });
    let alike = alike.unwrap_or_default();
    Error::schema(format!("missing columns: {place} has no {}{alike}; its columns are {}", list(absent), list(names)))
}
