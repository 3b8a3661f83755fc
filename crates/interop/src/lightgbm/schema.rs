//! The features of a LightGBM file, and the categories of those that pandas numbered.

use super::sections::Sections;
use super::{FORMAT, inconsistent};
use crate::Error;
use sapwood_score::{Feature, FeatureKind, FeatureSchema, write_number};
use serde_json::Value;

/// The schema: names from the header, categories from the last line.
///
/// # Errors
/// Names in another number than there are features, or categories of which it is not clear whose they are.
pub fn read(sections: &Sections<'_>) -> Result<FeatureSchema, Error> {
    let count = sections.header.number::<usize>("max_feature_idx").map_err(inconsistent)?.saturating_add(1);
    let names: Vec<_> = sections.header.get("feature_names").unwrap_or_default().split_ascii_whitespace().collect();
    if names.len() != count {
        return Err(inconsistent(format!("{} feature_names for {count} features", names.len())));
    }
    let is_own = names.iter().enumerate().any(|(index, name)| *name != format!("Column_{index}"));
    let feature = |name: &&str| Feature { name: name.to_string(), kind: FeatureKind::Numeric };
    let mut schema = FeatureSchema { features: names.iter().map(feature).collect(), named: is_own, index_base: None };
    crate::schema::check_names(&schema, FORMAT)?;
    let categories = categories(sections.pandas_categorical.unwrap_or("null"))?;
    if !categories.is_empty() {
        for (feature, levels) in whose(sections, categories.len(), count)?.into_iter().zip(categories) {
            schema.features[feature].kind = FeatureKind::Categorical { levels };
        }
    }
    Ok(schema)
}

/// The categories of each column of pandas that has such, in code order.
fn categories(text: &str) -> Result<Vec<Vec<String>>, Error> {
    let wrong = || inconsistent(format!("pandas_categorical is {:?}", text.chars().take(60).collect::<String>()));
    let value: Value = serde_json::from_str(text).map_err(|_| wrong())?;
    let level = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Number(number) => Some(match number.as_i64() {
            Some(whole) => whole.to_string(),
            None => {
                let mut text = String::new();
                write_number(number.as_f64()?, &mut text);
                text
            }
        }),
        _ => None,
    };
    match value {
        Value::Null => Ok(Vec::new()),
        Value::Array(columns) => columns
            .iter()
            .map(|column| column.as_array()?.iter().map(level).collect::<Option<Vec<_>>>())
            .collect::<Option<_>>()
            .ok_or_else(wrong),
        _ => Err(wrong()),
    }
}

/// The features whose categories pandas numbered: the file tells their number, and which features are categorical.
fn whose(sections: &Sections<'_>, count: usize, features: usize) -> Result<Vec<usize>, Error> {
    let told = ["categorical_feature", "categorical_column"].iter().find_map(|name| sections.params.get(name));
    let of_params =
        || told?.split(',').map(|text| text.trim().parse().ok().filter(|&feature: &usize| feature < features)).collect();
    let infos: Vec<_> = sections.header.get("feature_infos").unwrap_or_default().split_ascii_whitespace().collect();
    // Of numbers the range is told in brackets, of categories all.
    let of_infos = |is_categorical: fn(&str) -> bool| -> Option<Vec<usize>> {
        Some((0..infos.len()).filter(|&feature| is_categorical(infos[feature])).collect())
    };
    let lists = of_infos(|info| !info.starts_with('[') && info != "none");
    // Of features that no split could use, nothing is told.
    let candidates = [of_params(), lists, of_infos(|info| !info.starts_with('['))];
    let found = candidates.into_iter().flatten().find(|found| found.len() == count);
    found.filter(|found| found.iter().all(|&feature| feature < features)).ok_or_else(|| {
        Error::unsupported(
            format!("{FORMAT} has the categories of {count} columns of pandas and does not tell which features they are"),
            "train with columns of numbers in their place, or with all categorical features as columns of dtype category",
        )
    })
}
