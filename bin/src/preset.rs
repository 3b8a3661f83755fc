//! What a preset did, in words and for programs.

use crate::history;
use sapwood::boost::MemberReport;
use sapwood::preset::Plan;
use sapwood::text::counted;
use serde_json::{Value, json};

/// The models whose mean the model is.
pub fn members(members: &[MemberReport]) -> String {
    let rounds: Vec<_> = members.iter().map(|member| member.rounds.to_string()).collect();
    let models = counted(members.len(), "model");
    format!("preset: the model is the mean of {models}, which were best after {} rounds", rounds.join(", "))
}

/// The same for programs, with what the preset chose.
pub fn json((plan, members): &(Plan, Vec<MemberReport>)) -> Value {
    let choices = plan.choices.iter();
    let choices = choices.map(|choice| json!({"parameter": choice.parameter, "value": choice.value, "because": choice.because}));
    let members = members.iter().map(|member| json!({"rounds": member.rounds, "metrics": history::of_round(&member.report)}));
    json!({"choices": choices.collect::<Vec<_>>(), "members": members.collect::<Vec<_>>()})
}
