//! [`Given`]: which parameters a user gave, for presets, which choose only the others.

/// The names of parameters that were given, where a preset chooses the others; else none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Given(pub(super) Vec<&'static str>);

impl Given {
    /// Whether a preset leaves a parameter alone.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains(&name)
    }

    pub(super) fn defaults() -> Self {
        Self::default()
    }

    /// No row of the table is here.
    pub(super) fn assign(&mut self, _: &str, _: &str) -> Option<()> {
        None
    }

    pub(super) fn render(&self, _: &str) -> Option<String> {
        None
    }

    pub(super) fn number(&self, _: &str) -> Option<f64> {
        None
    }
}
