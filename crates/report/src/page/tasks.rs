//! What each task has beyond metrics.

use super::tables::{cell, table};
use crate::chart::{Axis, Line, Lines, Panel, Title, columns, panels, scatter};
use crate::facts::{BinaryFacts, ClassCurves, ClassFacts, RankingFacts, RegressionFacts, ThresholdFacts};
use crate::text;
use maud::{Markup, html};

/// From the lower left to the upper right corner.
const DIAGONAL: Option<[(f64, f64); 2]> = Some([(0.0, 0.0), (1.0, 1.0)]);

/// Two classes.
pub fn binary(facts: &BinaryFacts) -> Markup {
    let positive = text::name(&facts.positive);
    let area = facts.auc.map_or_else(String::new, |auc| format!("The area under it is {}. ", text::number(auc)));
    let share = facts.share;
    let shares = |name, x, y, points: &[(f64, f64)], title, text: &str, reference| {
        let lines = vec![Line { name, points: points.to_vec(), is_marked: false }];
        Lines { title: Title { title, text }, x: Axis::share(x), y: Axis::share(y), lines, reference, mark: None }.draw()
    };
    let most = facts.probabilities.iter().flatten().map(|bar| bar.value).fold(0.05, f64::max);
    html! {
        p.note { "The positive class, number 1, is " strong { (positive) } ": " (text::percent(share)) " of the rows." }
        div.charts {
            (shares("model", "false positive rate", "true positive rate", &facts.roc, "ROC curve",
                &format!("{area}Chance is the dashed line."), DIAGONAL))
            (shares("model", "recall", "precision", &facts.precision_recall, "Precision and recall",
                "The dashed line is the share of the positive class, which chance gives.", Some([(0.0, share), (1.0, share)])))
            (calibration(&facts.calibration, "mean probability", "share of positives"))
            (columns(
                Title { title: "Probabilities", text: "How the predicted probabilities of each class's rows are distributed: the further apart, the better." },
                "predicted probability", &Axis::between("share of the class's rows", 0.0, most).in_percent(),
                &[("negative", &facts.probabilities[0]), ("positive", &facts.probabilities[1])],
            ))
            @if !facts.gain.is_empty() {
                (shares("model", "share of rows, most probable first", "share of positives found", &facts.gain, "Cumulative gain",
                    "How many of the positives are found if only the most probable rows are looked at.", DIAGONAL))
                (lift(&facts.gain))
            }
        }
        h3 { "At a threshold" }
        p.note { "Rows whose probability is at least the threshold are taken for the positive class." }
        (table(&["threshold", "precision", "recall", "F1", "accuracy", "true negatives", "false positives", "false negatives", "true positives"],
            facts.thresholds.iter().map(threshold)))
    }
}

fn threshold(facts: &ThresholdFacts) -> Vec<Markup> {
    let scores = [facts.precision, facts.recall, facts.f1, facts.accuracy].map(text::maybe);
    std::iter::once(facts.name.clone()).chain(scores).chain(facts.counts.map(text::number)).map(cell).collect()
}

fn calibration(points: &[(f64, f64, f64)], x: &str, y: &str) -> Markup {
    let points = points.iter().map(|point| (point.0, point.1)).collect();
    Lines {
        title: Title { title: "Calibration", text: "Whether probabilities come true: on the dashed line they do." },
        x: Axis::share(x),
        y: Axis::share(y),
        lines: vec![Line { name: "model", points, is_marked: true }],
        reference: DIAGONAL,
        mark: None,
    }
    .draw()
}

fn lift(gain: &[(f64, f64)]) -> Markup {
    let points: Vec<_> = gain.iter().filter(|point| point.0 >= 0.01).map(|(rows, hits)| (*rows, hits / rows)).collect();
    let most = points.iter().map(|point| point.1).fold(1.0, f64::max);
    Lines {
        title: Title {
            title: "Lift",
            text: "How many times as many positives there are among the most probable rows as among all.",
        },
        x: Axis::share("share of rows, most probable first"),
        y: Axis::between("lift", 0.0, 1.05 * most),
        lines: vec![Line { name: "model", points, is_marked: false }],
        reference: Some([(0.0, 1.0), (1.0, 1.0)]),
        mark: None,
    }
    .draw()
}

/// Several classes.
pub fn classes(facts: &ClassFacts) -> Markup {
    let shown = facts.classes.len();
    let f1: Vec<_> = facts
        .classes
        .iter()
        .map(|class| crate::facts::Bar { label: text::name(&class.name), value: class.f1.unwrap_or(0.0) })
        .collect();
    let support: Vec<_> =
        facts.classes.iter().map(|class| crate::facts::Bar { label: text::name(&class.name), value: class.support }).collect();
    html! {
        @if let Some(accuracy) = facts.accuracy { p { "The right class is predicted for " (text::percent(accuracy)) " of the rows." } }
        @if shown < facts.num_classes {
            p.note { "Of " (text::count(facts.num_classes)) " classes these are the " (shown) " with the most mistakes." }
        }
        div.charts {
            (crate::chart::horizontal(Title { title: "F1 by class", text: "The harmonic mean of precision and recall." }, &f1, text::number))
            (crate::chart::horizontal(Title { title: "Rows by class", text: "The weight of rows that belong to it." }, &support, text::number))
            @if !facts.calibration.is_empty() { (calibration(&facts.calibration, "mean probability of the predicted class", "share of right ones")) }
        }
        @if !facts.curves.is_empty() { div.charts { (of_each_class(facts)) } }
        (table(&["class", "precision", "recall", "F1", "AUC against the others", "rows"], facts.classes.iter().map(|class| {
            let scores = [class.precision, class.recall, class.f1, class.auc].map(text::maybe);
            std::iter::once(text::name(&class.name)).chain(scores).chain([text::number(class.support)]).map(cell).collect()
        })))
        h3 { "Confusion" }
        p.note { "A row of the table is a true class, a column a predicted one; numbers are weights of rows, and the shade is the share of the true class." }
        (confusion(facts))
        @if !facts.confused.is_empty() {
            h3 { "Confused most" }
            (table(&["true class", "taken for", "rows"], facts.confused.iter().map(|pair| {
                [text::name(&pair.truth), text::name(&pair.predicted), text::number(pair.rows)].map(cell).to_vec()
            })))
        }
    }
}

/// ROC curves, and precision by recall, of each class against all others.
fn of_each_class(facts: &ClassFacts) -> Markup {
    let which = if facts.curves.len() < facts.num_classes { " Shown are the largest and the rarest classes." } else { "" };
    let (roc, precision): (Vec<_>, Vec<_>) = facts.curves.iter().map(|class| (roc(class), precision(class))).unzip();
    let of_roc = format!(
        "Each class against all others: true positive rate (upwards) by false positive rate; chance is the dashed line.{which}"
    );
    let of_precision = format!(
        "Each class against all others: precision (upwards) by recall; chance gives the dashed line, the share of the class.{which}"
    );
    html! {
        (panels(Title { title: "ROC curves", text: &of_roc }, &roc))
        (panels(Title { title: "Precision and recall", text: &of_precision }, &precision))
    }
}

fn roc(class: &ClassCurves) -> Panel<'_> {
    let ClassCurves { name, auc, roc, .. } = class;
    let note = format!("AUC {}", text::maybe(auc.map(|auc| (auc * 1e3).round() / 1e3)));
    Panel { name, note, points: roc, reference: [(0.0, 0.0), (1.0, 1.0)] }
}

fn precision(class: &ClassCurves) -> Panel<'_> {
    let ClassCurves { name, share, precision_recall, .. } = class;
    let note = format!("{} of rows", text::percent(*share));
    Panel { name, note, points: precision_recall, reference: [(0.0, *share), (1.0, *share)] }
}

fn confusion(facts: &ClassFacts) -> Markup {
    let has_others = facts.classes.len() < facts.num_classes;
    html! {
        div.wide tabindex="0" {
            table {
                thead {
                    tr {
                        th { "true \\ predicted" }
                        @for class in &facts.classes { th scope="col" { (text::shortened(&class.name, 14)) } }
                        @if has_others { th scope="col" { "others" } }
                    }
                }
                tbody {
                    @for (class, counts) in facts.classes.iter().zip(&facts.confusion) {
                        @let whole = counts.iter().sum::<f64>().max(f64::MIN_POSITIVE);
                        tr {
                            th scope="row" { (text::shortened(&class.name, 24)) }
                            @for count in counts.iter().take(if has_others { usize::MAX } else { facts.classes.len() }) {
                                td.heat style=(format!("--v:{:.2}", count / whole)) { (text::number(*count)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Numbers.
pub fn regression(facts: &RegressionFacts) -> Markup {
    let all = facts.scatter.iter().flat_map(|point| [point.0, point.1]);
    let (low, high) = all.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
    let [q5, _, median, _, q95] = facts.residual_quantiles;
    let most = facts.residuals.iter().map(|bar| bar.value).fold(0.02, f64::max);
    let errors: Vec<_> = facts
        .by_label
        .iter()
        .map(|bin| crate::facts::Bar { label: format!("≤ {}", text::number(bin.to)), value: bin.error })
        .collect();
    let largest = errors.iter().map(|bar| bar.value).fold(f64::MIN_POSITIVE, f64::max);
    let means: Vec<_> = facts.calibration.iter().map(|bin| (bin.0, bin.1)).collect();
    let ends = |points: &[(f64, f64)]| points.first().zip(points.last()).map(|(a, b)| [(a.0, a.0), (b.0, b.0)]);
    html! {
        @if let Some(target) = &facts.target { p { "Charts and tables are about the target " strong { (text::name(target)) } "." } }
        @if let Some(r2) = facts.r2 { p { "The model explains " (text::percent(r2)) " of the labels' variance (R²)." } }
        div.charts {
            (scatter(
                Title { title: "Predicted and actual", text: "Each dot is a row; on the dashed line predictions are right." },
                &Axis::of("predicted", facts.scatter.iter().map(|point| point.0)), &Axis::of("actual", facts.scatter.iter().map(|point| point.1)),
                &facts.scatter, Some([(low, low), (high, high)]).filter(|_| low < high).map(|line| clipped(line, facts)),
            ))
            @if !facts.residuals.is_empty() {
                (columns(
                    Title { title: "Residuals", text: "Actual minus predicted. The outermost hundredths are in the first and the last bar." },
                    "residual", &Axis::between("share of rows", 0.0, most).in_percent(), &[("rows", &facts.residuals)],
                ))
            }
            (columns(
                Title { title: "Error by label", text: "The mean absolute error where labels are small and large, in parts with about as many rows." },
                "label", &Axis::between("mean absolute error", 0.0, largest), &[("rows", &errors)],
            ))
            (Lines {
                title: Title { title: "Actual mean by prediction", text: "Rows with like predictions: on the dashed line they are right on average." },
                x: Axis::of("mean prediction", means.iter().map(|point| point.0)),
                y: Axis::of("mean label", means.iter().flat_map(|point| [point.0, point.1])),
                reference: ends(&means),
                lines: vec![Line { name: "model", points: means.clone(), is_marked: true }],
                mark: None,
            }.draw())
        }
        p { "Half of the residuals are below " (text::number(median)) "; nine in ten are between " (text::number(q5)) " and " (text::number(q95)) "." }
        @if !facts.coverage.is_empty() {
            (table(&["level", "share of labels not above it"], facts.coverage.iter().map(|(level, covered)| {
                [text::number(*level), text::percent(*covered)].map(cell).to_vec()
            })))
        }
        (table(&["label", "rows", "mean error (predicted − actual)", "mean absolute error"], facts.by_label.iter().map(|bin| {
            let range = format!("{} to {}", text::number(bin.from), text::number(bin.to));
            [range, text::count(bin.rows), text::number(bin.bias), text::number(bin.error)].map(cell).to_vec()
        })))
    }
}

/// The part of the line of right predictions that the chart has room for: labels or predictions may span less.
fn clipped(line: [(f64, f64); 2], facts: &RegressionFacts) -> [(f64, f64); 2] {
    let ends = |values: &mut dyn Iterator<Item = f64>| {
        values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)))
    };
    let (x, y) = (ends(&mut facts.scatter.iter().map(|p| p.0)), ends(&mut facts.scatter.iter().map(|p| p.1)));
    let (low, high) = (x.0.max(y.0).max(line[0].0), x.1.min(y.1).min(line[1].0));
    [(low, low), (high, high)]
}

/// Queries.
pub fn ranking(facts: &RankingFacts) -> Markup {
    let most = facts.ndcg.iter().map(|bar| bar.value).fold(1.0, f64::max);
    let places = |grades: &[f64]| grades.iter().enumerate().map(|(at, grade)| (at as f64 + 1.0, *grade)).collect::<Vec<_>>();
    let both = facts.grades_by_place.iter().chain(&facts.best_by_place).copied();
    html! {
        p.note { "Of " (text::counted(facts.queries, "query").replace("querys", "queries")) " whose rows are not all alike." }
        div.charts {
            (columns(
                Title { title: "NDCG@10 by query", text: "How many queries are ordered so well; 1 is the best order." },
                "NDCG@10, from", &Axis::between("queries", 0.0, most), &[("queries", &facts.ndcg)],
            ))
            (Lines {
                title: Title { title: "Grade by place", text: "The mean grade of the row that the model puts at each place, and in the best order." },
                x: Axis::between("place", 1.0, facts.grades_by_place.len().max(2) as f64),
                y: Axis::of("mean grade", both.chain([0.0])),
                lines: vec![
                    Line { name: "model", points: places(&facts.grades_by_place), is_marked: true },
                    Line { name: "best order", points: places(&facts.best_by_place), is_marked: false },
                ],
                reference: None,
                mark: None,
            }.draw())
        }
        h3 { "Worst queries" }
        (table(&["query", "NDCG@10", "rows"], facts.worst_queries.iter().map(|(query, ndcg, rows)| {
            [query.to_string(), text::number(*ndcg), text::count(*rows)].map(cell).to_vec()
        })))
    }
}
