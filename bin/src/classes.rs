//! `--classes`: texts for the classes of a model that knows them by number only, as most models of other libraries do.

use crate::listed::listed;
use crate::report::Failure;
use sapwood::Model;
use sapwood::names::list;
use sapwood::text::counted;

/// Gives the model's classes their texts, in the order of their numbers.
///
/// # Errors
/// A model without classes, of another number of classes, or that knows other texts; a text that is given twice.
pub fn name(model: &mut Model, texts: &[String]) -> Result<(), Failure> {
    let texts = listed("--classes", texts, "the texts of the classes, separated by commas")?;
    if texts.is_empty() {
        return Ok(());
    }
    let fault = |cause: String| Err(Failure::user(format!("--classes {}: {cause}", texts.join(","))));
    let objective = &model.objective.name;
    match (model.num_classes(), &model.classes) {
        (None, _) => return fault(format!("a model of objective {objective} has no classes; leave it out")),
        (_, Some(known)) if *known != texts => {
            return fault(format!("the model knows its classes, which are {}; leave it out", list(known)));
        }
        (Some(count), _) if count != texts.len() => {
            let model = counted(count, "class");
            return fault(format!("the model has {model}; give a text for each, in the order of their numbers"));
        }
        _ => {}
    }
    if let Some(twice) = texts.iter().enumerate().find_map(|(at, text)| texts[..at].contains(text).then_some(text)) {
        return fault(format!("{twice:?} is given twice; classes have texts of their own"));
    }
    model.classes = Some(texts);
    Ok(())
}
