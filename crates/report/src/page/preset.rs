//! What a preset chose, why, and the models that came of it.

use super::tables::{cell, table, words};
use crate::facts::{MemberFacts, PresetFacts};
use crate::text;
use maud::{Markup, html};

pub fn section(preset: &PresetFacts) -> Markup {
    let PresetFacts { name, folds, repeats, choices, race, members, temperature_factor } = preset;
    let chosen = choices.iter().map(|choice| [choice.parameter.clone(), choice.value.clone(), choice.because.clone()]);
    let raced = race.as_ref().map(|_| "kind");
    html! {
        p {
            "With " code { "preset=" (name) } ", what is not given follows from the data. The rows were cut into " (text::counted(*folds, "fold"))
            @if *repeats > 1 { ", " (text::counted(*repeats, "time")) }
            "; each model was trained without the rows of one fold, and ended by them. The model is the mean of " (text::counted(members.len(), "model")) "."
        }
        h3 { "What it chose" }
        (words(["parameter", "value", "because"], chosen))
        @if let Some(race) = race {
            h3 { "What was tried" }
            p {
                "On the first " (text::counted(race.folds, "fold")) " models of several kinds were trained: " code { (race.values.join(", ")) }
                ". The best, " code { (race.choice.value) } ", were kept: " (race.choice.because) "."
            }
        }
        h3 { "The models" }
        (table(&header(members, raced), members.iter().map(row)))
        @if *temperature_factor != 1.0 {
            p {
                "All margins are multiplied by " (text::number(*temperature_factor)) " (temperature scaling): without it, probabilities of the rows held out were too "
                @if *temperature_factor > 1.0 { "unsure" } @else { "sure" } "."
            }
        }
    }
}

fn header(members: &[MemberFacts], raced: Option<&str>) -> Vec<String> {
    let metrics = members.first().map(|member| &member.metrics[..]).unwrap_or_default();
    let names = ["fold held out", "rounds"].map(String::from).into_iter();
    names.chain(raced.map(text::name)).chain(metrics.iter().map(|(name, _)| text::name(name))).collect()
}

fn row(member: &MemberFacts) -> Vec<Markup> {
    let numbers = [member.fold + 1, member.rounds].map(text::count).into_iter();
    numbers.chain(member.value.clone()).chain(member.metrics.iter().map(|(_, value)| text::number(*value))).map(cell).collect()
}
