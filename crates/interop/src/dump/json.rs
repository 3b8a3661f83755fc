//! XGBoost's JSON.

use super::view::{Step, View, indents};
use sapwood_score::{Condition, LeafValue, Node, Split};
use serde_json::{Value, json};

/// One object, children within.
pub fn write(view: &View<'_>) -> String {
    let mut text = String::new();
    // The children of the nodes around the next one that were told.
    let mut told: Vec<usize> = vec![0];
    view.walk(|step| match step {
        Step::Node(number, depth) => {
            if let Some(before) = told.last_mut() {
                text.push_str(if *before > 0 {
                    ", \n"
                } else if depth > 0 {
                    "\n"
                } else {
                    ""
                });
                *before += 1;
            }
            text.push_str(&indents("  ", depth + 1));
            match &view.tree.nodes[number] {
                Node::Leaf(leaf) => {
                    let values: Vec<_> = view.values(leaf).into_iter().map(|value| view.number(value)).collect();
                    let value = match (&leaf.value, &values[..]) {
                        (LeafValue::Vector(_), values) => format!("[{}]", values.join(", ")),
                        (_, values) => values.join(", "),
                    };
                    let linear = match &leaf.value {
                        LeafValue::Linear(linear) => format!(", \"linear\": {}", Value::from(view.function(linear))),
                        _ => String::new(),
                    };
                    let cover = view.number(leaf.cover);
                    text.push_str(&format!(r#"{{ "nodeid": {number}, "leaf": {value}{linear} , "cover": {cover} }}"#));
                }
                Node::Split(split) => {
                    told.push(0);
                    text.push_str(&self::split(view, number, depth, split));
                }
            }
        }
        Step::End(_, depth) => {
            told.pop();
            text.push('\n');
            text.push_str(&indents("  ", depth + 1));
            text.push_str("]}");
        }
    });
    text
}

fn split(view: &View<'_>, number: usize, depth: usize, split: &Split) -> String {
    let name = Value::from(view.model.feature_name(split.feature as usize).unwrap_or_default());
    let condition = match &split.condition {
        Condition::Threshold(threshold) => match view.strict(*threshold) {
            Some(limit) if limit.is_finite() => limit.to_string(),
            // Every finite number but the greatest is less.
            _ => view.number(threshold.next_up().clamp(f64::MIN, f64::MAX)),
        },
        Condition::Levels(words) => {
            let levels = view.levels(split, words);
            match view.model.schema.features.get(split.feature as usize).is_some_and(|feature| feature.kind.is_categorical()) {
                true => json!(levels).to_string(),
                false => format!("[{}]", levels.join(", ")),
            }
        }
        _ => "null".into(),
    };
    let rule = View::rule(split).map_or(String::new(), |rule| format!(r#", "missing_rule": "{rule}""#));
    let ((yes, no), missing) = (View::sides(split), View::missing(split));
    let (gain, cover) = (view.number(split.gain), view.number(split.cover));
    format!(
        r#"{{ "nodeid": {number}, "depth": {depth}, "split": {name}, "split_condition": {condition}, "yes": {yes}, "no": {no}, "#
    ) + &format!(r#""missing": {missing}{rule} , "gain": {gain}, "cover": {cover}, "children": ["#)
}
