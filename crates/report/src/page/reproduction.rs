//! How to do it again.

use super::tables::pairs;
use crate::facts::Reproduction;
use maud::{Markup, html};

pub fn section(facts: &Reproduction) -> Markup {
    let mut about = vec![("Sapwood".to_string(), facts.version.clone())];
    about.extend(facts.model_sha256.iter().map(|hash| ("model, SHA-256".to_string(), hash.clone())));
    about.extend(facts.inputs.iter().cloned());
    about.extend(facts.machine.iter().cloned());
    html! {
        p { "A model depends on its data and its parameters alone: the same command on the same data gives the same bytes, on any machine." }
        @if !facts.command.is_empty() { pre { (facts.command) } }
        (pairs(&about))
        @if !facts.given.is_empty() { h3 { "Parameters that were given" } (pairs(&facts.given)) }
        @if !facts.parameters.is_empty() {
            details { summary { "All parameters of the model" } (pairs(&facts.parameters)) }
        }
    }
}
