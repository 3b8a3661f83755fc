//! What a preset did, in words, for programs, and for the report.

use crate::history;
use sapwood::Params;
use sapwood::boost::{MemberReport, PresetReport};
use sapwood::params::ParamValue;
use sapwood::preset::{Choice, Plan};
use sapwood::text::counted;
use sapwood_report::facts::{ChoiceFacts, MemberFacts, PresetFacts, RaceFacts};
use serde_json::{Value, json};

/// The models whose mean the model is.
pub fn members(PresetReport { members, factor, .. }: &PresetReport) -> String {
    let rounds: Vec<_> = members.iter().map(|member| member.rounds.to_string()).collect();
    let models = counted(members.len(), "model");
    let scaled = if *factor == 1.0 { String::new() } else { format!("; its margins are multiplied by {factor:.3} (temperature)") };
    format!("preset: the model is the mean of {models}, which were best after {} rounds{scaled}", rounds.join(", "))
}

/// What a time budget decided, which makes the same model again.
pub fn plan(plan: &Plan) -> Option<String> {
    let parameters: Vec<_> = plan.of_time.iter().map(|choice| format!("{}={}", choice.parameter, choice.value)).collect();
    let parameters = parameters.join(" ");
    (!parameters.is_empty()).then(|| format!("in the place of time_budget, these parameters make the same model: {parameters}"))
}

/// The same for programs, with what the preset chose.
pub fn json(PresetReport { plan, members, factor, .. }: &PresetReport) -> Value {
    let choices = plan.of_time.iter().chain(&plan.choices);
    let choices = choices.map(|choice| json!({"parameter": choice.parameter, "value": choice.value, "because": choice.because}));
    let member = |member: &MemberReport| {
        json!({
            "fold": member.fold,
            "raced_with": member.value,
            "rounds": member.rounds,
            "metrics": history::of_round(&member.report),
        })
    };
    let mut preset = json!({
        "folds": plan.folds,
        "repeats": plan.repeats,
        "choices": choices.collect::<Vec<_>>(),
        "members": members.iter().map(member).collect::<Vec<_>>(),
        "temperature_factor": factor,
    });
    if !plan.of_time.is_empty() {
        let of_time = plan.of_time.iter().map(|choice| (choice.parameter.to_string(), json!(choice.value)));
        preset["plan"] = Value::Object(of_time.collect());
    }
    preset
}

/// The same for the report.
pub fn facts(params: &Params, PresetReport { plan, members, factor, held_out_name, .. }: &PresetReport) -> PresetFacts {
    let told = |choice: &Choice| ChoiceFacts {
        parameter: choice.parameter.to_string(),
        value: choice.value.clone(),
        because: choice.because.clone(),
    };
    let raced = |choice: &&Choice| choice.parameter == "race";
    let race = plan.race.as_ref().zip(plan.choices.iter().find(raced)).map(|(race, choice)| RaceFacts {
        choice: told(choice),
        values: race.candidates.iter().map(|candidate| candidate.name.to_string()).collect(),
        folds: race.folds,
    });
    let member = |member: &MemberReport| {
        let held_out = member.report.values.iter().filter(|(set, ..)| set == held_out_name);
        MemberFacts {
            fold: member.fold,
            value: member.value.map(String::from),
            rounds: member.rounds,
            metrics: held_out.map(|(_, metric, value)| (metric.clone(), *value)).collect(),
        }
    };
    PresetFacts {
        name: params.preset.render(),
        folds: plan.folds,
        repeats: plan.repeats as usize,
        choices: plan.of_time.iter().chain(&plan.choices).filter(|choice| !raced(choice)).map(told).collect(),
        race,
        members: members.iter().map(member).collect(),
        temperature_factor: *factor,
    }
}
