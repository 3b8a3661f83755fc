//! What every rule is given beside the request.

use crate::dialect::Dialect;
use crate::finding::Report;

/// Where findings go, and how fields are called there.
pub struct RuleContext<'r> {
    /// How the document spells the API's names.
    pub dialect: Dialect,
    /// The bytes of memory that training on the data takes, where they are known.
    pub need: Option<u64>,
    /// The findings.
    pub report: &'r mut Report,
}

impl RuleContext<'_> {
    /// What the document calls the API's `name`.
    pub fn spell(&self, name: &str) -> String {
        self.dialect.spell(name)
    }
}
