//! [`CustomObjective`]: a loss that is not one of the table's.

use super::loss::Loss;
use crate::{Error, Objective, Params, Result};
use sapwood_score::Link;

/// A loss of one's own for models with one output. Give it to [`Trainer::custom_objective`](crate::Trainer::custom_objective), which has an example.
pub struct CustomObjective<'a> {
    name: String,
    link: Link,
    make: Box<dyn Fn() -> Box<dyn Loss> + Send + Sync + 'a>,
}

impl<'a> CustomObjective<'a> {
    /// An objective that models keep under `name`; `link` turns margins into what they predict. `make` is called once for each training.
    pub fn new(name: impl Into<String>, link: Link, make: impl Fn() -> Box<dyn Loss> + Send + Sync + 'a) -> Self {
        Self { name: name.into(), link, make: Box::new(make) }
    }

    /// What models call it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What turns margins into predictions.
    pub fn link(&self) -> Link {
        self.link
    }

    /// The loss, ready for its first round.
    pub(crate) fn loss(&self) -> Box<dyn Loss> {
        (self.make)()
    }

    /// Refuses parameters that are about the table's objectives, and several targets.
    pub(crate) fn check(&self, params: &Params, outputs: usize) -> Result<()> {
        let name = &self.name;
        if outputs != 1 {
            return Err(Error::parameter(format!(
                "the custom objective {name} has one output, and the data have {outputs} targets"
            )));
        }
        if Objective::from_name(name).is_some() {
            return Err(Error::parameter(format!("the custom objective's name {name} is that of another; give it one of its own")));
        }
        if params.objective != Objective::SquaredError {
            let cause = format!("objective={} and the custom objective {name} are both given", params.objective.name());
            return Err(Error::parameter(cause).with_parameter("objective").with_remedy("leave objective out"));
        }
        if !params.eval_metric.is_empty() && self.link != Link::Identity {
            let cause =
                format!("eval_metric cannot judge {name}, whose link is {:?}: its metrics expect that of the objective", self.link);
            return Err(Error::parameter(cause)
                .with_parameter("eval_metric")
                .with_remedy("give metrics of your own by Trainer::metric"));
        }
        Ok(())
    }
}

impl std::fmt::Debug for CustomObjective<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CustomObjective").field("name", &self.name).field("link", &self.link).finish_non_exhaustive()
    }
}
