//! A search for parameters on a page: which values its trials had, and how good they were.

use crate::chart::{Axis, Line, Lines, Title, figure, line};
use crate::page::{STYLE, tables};
use crate::text;
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// What is shown of a search.
#[derive(Clone, Debug, Default)]
pub struct Trials {
    /// What came of it, in sentences.
    pub verdict: Vec<String>,
    /// The metric that decides.
    pub metric: String,
    /// Whether high values of it are good.
    pub higher_is_better: bool,
    /// The parameters that trials differ in.
    pub axes: Vec<ParameterAxis>,
    /// The trials, in their order.
    pub trials: Vec<ShownTrial>,
}

/// A parameter that trials differ in.
#[derive(Clone, Debug)]
pub struct ParameterAxis {
    /// Its name.
    pub name: String,
    /// Values, and where between 0 and 1 they are.
    pub marks: Vec<(f64, String)>,
}

/// A trial.
#[derive(Clone, Debug)]
pub struct ShownTrial {
    /// Its number.
    pub number: usize,
    /// Where it is on each axis, between 0 and 1.
    pub places: Vec<f64>,
    /// Its value of each parameter.
    pub values: Vec<String>,
    /// The metric: over folds the mean.
    pub value: f64,
    /// Its standard deviation over folds.
    pub deviation: f64,
    /// The best round, counted from 0.
    pub best_round: usize,
    /// Whether it was judged by all folds, or by the validation set.
    pub finished: bool,
}

/// Trials of the table.
const BEST: usize = 20;

/// Lines of the chart: more could not be told apart.
const MOST_LINES: usize = 300;

/// The place of a chart's plot: width, height, and what stands beside axes.
const HEIGHT: f64 = 320.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 16.0;
const SIDE: f64 = 56.0;
const APART: f64 = 130.0;

impl Trials {
    /// The page, which needs nothing else: no network, no scripts.
    pub fn html(&self) -> String {
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:";
                    link rel="icon" href="data:,";
                    title { "Sapwood: search" }
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    header {
                        h1 { "Search for parameters" }
                        div.verdict { @for sentence in &self.verdict { p { (sentence) } } }
                    }
                    main {
                        section { h2 { "Parameters" } (self.parallel_coordinates()) }
                        section { h2 { "Progress" } div.charts { (self.progress()) } }
                        section { h2 { "The best trials" } (self.table()) }
                    }
                }
            }
        };
        page.into_string()
    }

    /// The trials that were judged by all folds, the best ones first.
    fn finished(&self) -> Vec<&ShownTrial> {
        let mut finished: Vec<_> = self.trials.iter().filter(|trial| trial.finished).collect();
        finished.sort_by(|a, b| self.badness(a).total_cmp(&self.badness(b)).then(a.number.cmp(&b.number)));
        finished
    }

    fn badness(&self, trial: &ShownTrial) -> f64 {
        match self.higher_is_better {
            _ if trial.value.is_nan() => f64::INFINITY,
            true => -trial.value,
            false => trial.value,
        }
    }

    /// A vertical axis for each parameter and one for the metric, and a line for each trial. Those that were judged by few folds have no place on the last.
    fn parallel_coordinates(&self) -> Markup {
        let finished = self.finished();
        let (text, best) =
            ("Each line is a trial. Coloured ones were judged by all folds, the darkest best; others by few.", finished.first());
        let values = Axis::of(&self.metric, finished.iter().map(|trial| trial.value));
        let (top, bottom) = (TOP, HEIGHT - BOTTOM);
        // Good is up.
        let scale = if self.higher_is_better { values.scale(bottom, top) } else { values.scale(top, bottom) };
        let across = |at: usize| SIDE + APART * at as f64;
        let width = 2.0 * SIDE + APART * self.axes.len() as f64;
        let points = |trial: &ShownTrial| {
            let places = trial.places.iter().enumerate().map(|(at, place)| (across(at), bottom - (bottom - top) * place));
            let end = trial.finished.then(|| (across(self.axes.len()), scale.at(trial.value)));
            line(places.chain(end).collect::<Vec<_>>().into_iter())
        };
        let others = self.trials.iter().filter(|trial| !trial.finished).take(MOST_LINES.saturating_sub(finished.len()));
        let shown = &finished[..finished.len().min(MOST_LINES)];
        let shade = |rank: usize| match 4 * rank / shown.len().max(1) {
            0 => "s0",
            1 => "s1",
            2 => "s2",
            _ => "s3",
        };
        let marks = html! {
            g.faint { @for trial in others { path.trial d=(points(trial)) {} } }
            @for (rank, trial) in shown.iter().enumerate().rev() {
                path.trial.(shade(rank)) d=(points(trial)) { title { (described(trial, &self.metric)) } }
            }
            @if let Some(best) = best { path.line.c1 d=(points(best)) { title { (described(best, &self.metric)) } } }
            @for (at, axis) in self.axes.iter().enumerate() { (vertical(across(at), &axis.name, axis.marks.iter().map(|(place, name)| (bottom - (bottom - top) * place, name.clone())))) }
            (vertical(across(self.axes.len()), &self.metric, values.ticks(6).into_iter().map(|tick| (scale.at(tick), values.label_of(tick)))))
        };
        html! {
            div.wide tabindex="0" {
                (figure(Title { title: "What trials had, and how good they were", text }, (width, HEIGHT), marks, html! {
                    ul.legend {
                        li { span.key.c1 {} " the best trial" }
                        li { span.key.s0 {} " the best quarter" }
                        li { span.key.s3 {} " the worst quarter" }
                        li { span.key.faint {} " judged by few folds" }
                    }
                }))
            }
        }
    }

    /// The best value so far, trial by trial.
    fn progress(&self) -> Markup {
        let mut finished: Vec<_> = self.trials.iter().filter(|trial| trial.finished).collect();
        finished.sort_by_key(|trial| trial.number);
        let points = |best: bool| {
            let mut so_far = f64::INFINITY;
            let points = finished.iter().map(|trial| {
                so_far = so_far.min(self.badness(trial));
                let value = if self.higher_is_better { -so_far } else { so_far };
                (trial.number as f64, if best { value } else { trial.value })
            });
            points.collect::<Vec<_>>()
        };
        let (each, best) = (points(false), points(true));
        let x = Axis::between("trial", 0.0, self.trials.iter().map(|trial| trial.number).max().unwrap_or(1).max(1) as f64);
        let y = Axis::of(&self.metric, each.iter().map(|(_, value)| *value));
        let lines = vec![
            Line { name: "the best so far", points: best, is_marked: false },
            Line { name: "trials that were judged by all folds", points: each, is_marked: true },
        ];
        let title = Title { title: "The best trial so far", text: "Where the line is flat, more trials found nothing better." };
        Lines { title, x, y, lines, reference: None, mark: None }.draw()
    }

    fn table(&self) -> Markup {
        let names: Vec<&str> = self.axes.iter().map(|axis| axis.name.as_str()).collect();
        let header = [&["trial", &self.metric, "±", "best round"][..], &names].concat();
        let rows = self.finished().into_iter().take(BEST).map(|trial| {
            let first =
                [trial.number.to_string(), text::number(trial.value), text::number(trial.deviation), trial.best_round.to_string()];
            first.into_iter().chain(trial.values.iter().map(|value| text::name(value))).map(tables::cell).collect()
        });
        tables::table(&header, rows)
    }
}

fn described(trial: &ShownTrial, metric: &str) -> String {
    format!("trial {}: {metric} {}", trial.number, text::number(trial.value))
}

/// A vertical axis with its name above it.
fn vertical(x: f64, name: &str, marks: impl Iterator<Item = (f64, String)>) -> Markup {
    html! {
        g.axis {
            path d=(format!("M{x:.1} {TOP}V{}", HEIGHT - BOTTOM)) {}
            text.name x=(format!("{x:.1}")) y="16" text-anchor="middle" { (text::shortened(name, 20)) }
            @for (y, label) in marks { text x=(format!("{:.1}", x - 5.0)) y=(format!("{:.1}", y + 4.0)) text-anchor="end" { (text::shortened(&label, 12)) } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trial(number: usize, value: f64, finished: bool) -> ShownTrial {
        let place = number as f64 / 10.0;
        ShownTrial { number, places: vec![place], values: vec![place.to_string()], value, deviation: 0.1, best_round: 3, finished }
    }

    #[test]
    fn the_best_trial_comes_first_and_names_are_escaped() {
        let axes = vec![ParameterAxis { name: "<script>".into(), marks: vec![(0.0, "a&b".into()), (1.0, "z".into())] }];
        let trials = vec![trial(0, 0.7, true), trial(1, 0.9, true), trial(2, f64::NAN, true), trial(3, 0.95, false)];
        for (higher_is_better, best) in [(true, "1"), (false, "0")] {
            let shown = Trials {
                verdict: vec!["so".into()],
                metric: "auc".into(),
                higher_is_better,
                axes: axes.clone(),
                trials: trials.clone(),
            };
            let page = shown.html();
            assert!(!page.contains("<script>") && page.contains("a&amp;b") && !page.contains("NaN"), "{page}");
            let first = page.split("<tbody>").nth(1).unwrap();
            assert!(first.starts_with(&format!("<tr><td>{best}</td>")), "{first}");
            // A line a trial, and the best one once more; four trials, three of which are finished.
            assert_eq!(page.matches("class=\"trial").count(), 4);
            assert_eq!(page.matches("<svg").count(), 2);
        }
    }

    #[test]
    fn a_page_of_many_trials_stays_small() {
        let trials = (0..20_000).map(|number| trial(number, number as f64, number % 3 == 0)).collect();
        let axes = vec![ParameterAxis { name: "eta".into(), marks: Vec::new() }];
        let shown = Trials { axes, trials, metric: "rmse".into(), ..Trials::default() };
        assert!(shown.html().len() < 1 << 20);
        Trials::default().html();
    }
}
