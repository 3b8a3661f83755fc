//! What the model uses, and what it makes of it.

use super::tables::{cell, table};
use crate::chart::{Axis, Title, effect, horizontal, scatter, swarm};
use crate::facts::{Bar, FeatureEffect, Features};
use crate::text;
use maud::{Markup, html};

/// Features whose charts are shown.
const CHARTS: usize = 6;

pub fn section(features: &Features) -> Markup {
    let bars = |value: &dyn Fn(&crate::facts::Importance) -> Option<f64>| {
        let mut bars: Vec<_> =
            features.importance.iter().filter_map(|row| Some(Bar { label: text::name(&row.name), value: value(row)? })).collect();
        bars.sort_by(|a, b| b.value.total_cmp(&a.value));
        bars.truncate(15);
        bars
    };
    let shap = bars(&|row| row.shap);
    let of = features.shap.as_ref().map_or_else(String::new, |shap| shap.of.clone());
    html! {
        p.note {
            (text::counted(features.num_features, "feature")) ", " (text::count(features.unused)) " of them not used by any tree."
            @if let Some(shap) = &features.shap {
                " SHAP values tell what a feature adds to " (shap.of) " of a row; they are exact, and from " (text::counted(shap.rows, "row")) "."
            }
            @if let Some(reason) = &features.without_shap { " There are no SHAP values: " (reason) "." }
        }
        div.charts {
            @if !shap.is_empty() {
                (horizontal(Title { title: "Importance", text: "The mean of each feature's absolute SHAP values." }, &shap, text::number))
            }
            (horizontal(Title { title: "Gain", text: "The share of all splits' gain that each feature's splits have." }, &bars(&|row| Some(row.gain)), text::percent))
            @if features.shap.is_some() && !features.effects.is_empty() {
                (swarm(Title { title: "SHAP values", text: &format!("Each dot is a row: to the right, the feature raises {of}.") }, &features.effects))
            }
            @if !features.interactions.is_empty() {
                @let pairs: Vec<_> = features.interactions.iter().map(|pair| Bar {
                    label: format!("{} × {}", text::shortened(&pair.one, 10), text::shortened(&pair.other, 10)), value: pair.value,
                }).collect();
                (horizontal(Title { title: "Interactions", text: "What pairs of features contribute together beyond what each does alone: mean of absolute values." },
                    &pairs, text::number))
            }
        }
        @if features.shap.is_some() { (dependence(&features.effects)) }
        (means(features))
        (importance(features))
    }
}

fn dependence(effects: &[FeatureEffect]) -> Markup {
    html! {
        h3 { "What values contribute" }
        div.charts {
            @for effect in effects.iter().take(CHARTS) {
                @let name = text::name(&effect.name);
                @if !effect.dependence.is_empty() {
                    (scatter(
                        Title { title: &name, text: "Value and SHAP value, a dot for each row." },
                        &Axis::of(&name, effect.dependence.iter().map(|point| point.0)),
                        &Axis::of("SHAP value", effect.dependence.iter().map(|point| point.1)), &effect.dependence, None,
                    ))
                } @else if !effect.levels.is_empty() {
                    (levels(&name, &effect.levels))
                }
            }
        }
    }
}

/// Mean contributions of levels, which may be negative.
fn levels(name: &str, levels: &[Bar]) -> Markup {
    let contributions: Vec<_> = levels
        .iter()
        .map(|level| crate::facts::Contribution { feature: level.label.clone(), value: String::new(), contribution: level.value })
        .collect();
    crate::chart::apart(Title { title: name, text: "The mean SHAP value of each of the most frequent levels." }, &contributions)
}

fn means(features: &Features) -> Markup {
    let effects: Vec<_> = features.effects.iter().filter(|effect| effect.bins.len() > 1).take(CHARTS).collect();
    html! {
        @if !effects.is_empty() {
            h3 { "Actual and predicted means" }
            p.note { "Rows with like values of a feature. Where the lines part, the model is wrong on average." }
            div.charts {
                @for of in effects {
                    @let name = text::name(&of.name);
                    (effect(Title { title: &name, text: "Mean label and mean prediction; bars are shares of rows." }, &name, &features.label, &of.bins, !of.is_category))
                }
            }
        }
    }
}

fn importance(features: &Features) -> Markup {
    let rows = features.importance.iter().map(|row| {
        [text::name(&row.name), text::maybe(row.shap), text::percent(row.gain), text::count(row.splits as usize)].map(cell).to_vec()
    });
    html! {
        details {
            summary { "All numbers of the first " (features.importance.len()) " features" }
            (table(&["feature", "mean |SHAP|", "share of gain", "splits"], rows))
        }
    }
}
