//! The page: one HTML file with everything in it. Markup escapes every text that is put into it; names of columns and classes come from the data.

mod data;
mod features;
mod preset;
mod quality;
mod reproduction;
mod rows;
pub(crate) mod tables;
mod tasks;
mod training;

use crate::Report;
use crate::facts::{Severity, Task};
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// Colours and layout.
pub(crate) const STYLE: &str = include_str!("style.css");

impl Report {
    /// The report as a page that needs nothing else: no network, no scripts.
    pub fn html(&self) -> String {
        let is_out_of_fold = self.quality.as_ref().is_some_and(|quality| quality.is_out_of_fold);
        let sections = [
            ("data", "Data", self.data.as_ref().map(data::section)),
            ("training", "Training", self.training.as_ref().map(|training| training::section(training, self.preset.is_some()))),
            ("preset", "Preset", self.preset.as_ref().map(preset::section)),
            ("quality", "Quality", self.quality.as_ref().map(quality::section)),
            ("features", "Features", Some(features::section(&self.features))),
            ("rows", "Worst rows", (!self.worst_rows.is_empty()).then(|| rows::section(&self.worst_rows, is_out_of_fold))),
            ("reproduction", "How to reproduce", Some(reproduction::section(&self.reproduction))),
        ];
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:";
                    link rel="icon" href="data:,";
                    title { "Sapwood: report" }
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    header {
                        h1 { "Sapwood report" }
                        p.note { (task_name(self.task)) @if !self.reproduction.version.is_empty() { ", Sapwood " (self.reproduction.version) } }
                        (self.verdict())
                        nav aria-label="Sections" {
                            @for (id, name, _) in sections.iter().filter(|(.., section)| section.is_some()) { a href={ "#" (id) } { (name) } }
                        }
                    }
                    main {
                        @for (id, name, section) in &sections {
                            @if let Some(section) = section { section id=(id) { h2 { (name) } (section) } }
                        }
                    }
                }
            }
        };
        page.into_string()
    }

    fn verdict(&self) -> Markup {
        html! {
            div.verdict { @for sentence in &self.verdict { p { (sentence) } } }
            @if !self.alerts.is_empty() {
                ul.alerts {
                    @for alert in &self.alerts {
                        li.(class(alert.severity)) { strong { (word(alert.severity)) } " " (alert.text) }
                    }
                }
            }
        }
    }
}

fn class(severity: Severity) -> &'static str {
    match severity {
        Severity::High => "high",
        Severity::Medium => "medium",
        Severity::Low => "low",
    }
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::High => "Grave:",
        Severity::Medium => "Look at:",
        Severity::Low => "Note:",
    }
}

fn task_name(task: Task) -> &'static str {
    match task {
        Task::Binary => "Classification, two classes",
        Task::Multiclass => "Classification, several classes",
        Task::Regression => "Regression",
        Task::Ranking => "Ranking",
        Task::Several => "Regression, several outputs",
        Task::Other => "Model",
    }
}
