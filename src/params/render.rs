//! The table as documentation (Markdown) and for programs (JSON).

use super::compatibility::COMPATIBILITY;
use super::habits::OTHERS;
use super::parse::group_word;
use super::spec::{self, Effect, Group, ParamKind, ParamSpec, Range};
use serde_json::{Value, json};
use std::fmt::Write;

/// The table as Markdown: the text of `docs/PARAMETERS.md`.
pub fn markdown() -> String {
    let mut out =
        String::from("# Parameters\n\nMade by `sapwood params --markdown` from the table in `src/params/spec.rs`; do not edit.\n");
    let sections = [
        (Group::Model, "Model", "They decide the model."),
        (Group::Data, "Data", "They say how the data are read."),
        (Group::Runtime, "Runtime", "They never change the model."),
    ];
    for (group, title, about) in sections {
        let _ = write!(
            out,
            "\n## {title}\n\n{about}\n\n| name | aliases | type | default | range | tune | meaning |\n|---|---|---|---|---|---|---|\n"
        );
        for row in spec::active().filter(|row| row.group == group) {
            let _ = writeln!(out, "{}", markdown_row(row));
        }
    }
    out.push_str(
        "\n## Compatibility\n\nXGBoost's parameters that Sapwood knows. Those whose effect Sapwood does not implement are refused; so are values that a parameter \
         cannot have.\n\n| name | type | range | |\n|---|---|---|---|\n",
    );
    for row in COMPATIBILITY {
        let _ = writeln!(out, "{}", compatibility_row(row));
    }
    out.push_str(
        "\n## Habits from other libraries\n\nParameters of LightGBM, CatBoost and scikit-learn, and older ones of XGBoost, with no counterpart in Sapwood.\n\n\
         | name | aliases | |\n|---|---|---|\n",
    );
    for row in OTHERS {
        let _ = writeln!(out, "| `{}` | {} | {} |", row.name, code(row.aliases), without_effect(row, "`"));
    }
    out.push_str("\nTheir words for objectives are in [OBJECTIVES.md](OBJECTIVES.md), for metrics in [METRICS.md](METRICS.md). For other values: ");
    let listed_elsewhere = |row: &&ParamSpec| ["objective", "eval_metric"].contains(&row.name);
    let synonyms = spec::active().filter(|row| !listed_elsewhere(row));
    let synonyms = synonyms.flat_map(|row| row.synonyms.iter().map(move |words| (row, words)));
    let meaning = |ours: &str| if ours.is_empty() { "the same as leaving it out".to_string() } else { format!("`{ours}`") };
    let synonyms: Vec<_> = synonyms.map(|(row, (other, ours))| format!("`{}={other}` is {}", row.name, meaning(ours))).collect();
    let _ = writeln!(
        out,
        "{}. Where the type is *true or false*, `1`, `yes`, `on` and `0`, `no`, `off` do as well, in any case.",
        synonyms.join(", ")
    );
    out
}

fn compatibility_row(row: &ParamSpec) -> String {
    format!("| `{}` | {} | {} | {} |", row.name, kind(row), range(row), without_effect(row, "`"))
}

/// What becomes of a parameter that is not acted on; its values stand in `quotes`.
pub fn without_effect(row: &ParamSpec, quotes: &str) -> String {
    match row.effect {
        Effect::Accepted { reason, .. } => format!("accepted without effect: {reason}"),
        Effect::InertOnly { values, remedy } => {
            let values: Vec<_> =
                values.iter().map(|v| if v.is_empty() { "empty".into() } else { format!("{quotes}{v}{quotes}") }).collect();
            if values.is_empty() { remedy.to_string() } else { format!("accepted at {}; otherwise {remedy}", values.join(", ")) }
        }
        Effect::Active => String::new(),
    }
}

fn markdown_row(row: &ParamSpec) -> String {
    let default = match (row.required, row.default) {
        (true, _) => "required".to_string(),
        (_, "") => String::new(),
        (_, text) => format!("`{text}`"),
    };
    let tune = row.tunable.map_or_else(String::new, |t| format!("{}–{}{}", t.min, t.max, if t.log { " (log)" } else { "" }));
    let (aliases, kind, range) = (code(row.aliases), kind(row), range(row));
    format!("| `{}` | {aliases} | {kind} | {default} | {range} | {tune} | {} |", row.name, row.doc.trim())
}

fn code(texts: &[&str]) -> String {
    texts.iter().map(|text| format!("`{text}`")).collect::<Vec<_>>().join(", ")
}

/// The type of a parameter in a word or two.
fn kind(row: &ParamSpec) -> &'static str {
    match row.effect {
        Effect::Accepted { kind: ParamKind::Words, .. } => row.expected,
        _ if row.words.is_empty() => row.expected,
        _ => "choice",
    }
}

/// The words or numbers that a value may be.
fn range(row: &ParamSpec) -> String {
    match (row.words, row.range == Range::ANY) {
        ([], true) => String::new(),
        ([], false) => row.range.to_string(),
        (words, _) => code(words),
    }
}

/// The table as a JSON list, one object a parameter.
pub fn json() -> Value {
    spec::all().map(json_row).collect()
}

fn json_row(row: &ParamSpec) -> Value {
    let finite = |x: f64| x.is_finite().then_some(x);
    let effect = match row.effect {
        Effect::Active => json!("active"),
        Effect::Accepted { .. } => json!("accepted without effect"),
        Effect::InertOnly { .. } => json!("not supported"),
    };
    let Range { min, max, min_open, max_open } = row.range;
    json!({
        "name": row.name,
        "aliases": row.aliases,
        "type": kind(row),
        "choices": row.words,
        "default": if row.default.is_empty() || row.required { Value::Null } else { json!(row.default) },
        "required": row.required,
        "range": {"min": finite(min), "max": finite(max), "min_excluded": min_open, "max_excluded": max_open},
        "tunable": row.tunable.map(|t| json!({"min": t.min, "max": t.max, "scale": if t.log { "Logarithmic" } else { "Auto" }})),
        "group": group_word(row.group),
        "effect": effect,
        "doc": row.doc.trim(),
    })
}
