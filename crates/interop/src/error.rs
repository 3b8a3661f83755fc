//! The one error type of this crate.

/// What can go wrong while a model of another library is read or written. Every variant is caused by the file or by what was asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The bytes are of no format that is read here.
    #[error("{what}; {remedy}")]
    Unknown {
        /// What they look like.
        what: String,
        /// What to do.
        remedy: &'static str,
    },
    /// The file breaks off or is not written as its format wants.
    #[error("{format}, {place}: {what}; save the model again")]
    Syntax {
        /// The format.
        format: &'static str,
        /// Where.
        place: String,
        /// What is wrong there.
        what: String,
    },
    /// The file contradicts itself.
    #[error("{format} is inconsistent: {what}; save the model again")]
    Inconsistent {
        /// The format.
        format: &'static str,
        /// The contradiction and its place.
        what: String,
    },
    /// The model has something that Sapwood, or the format that it is to be written in, does not have.
    #[error("{what}; {remedy}")]
    Unsupported {
        /// What it is.
        what: String,
        /// What to do.
        remedy: String,
    },
    /// What the file says makes no model.
    #[error(transparent)]
    Model(#[from] sapwood_score::Error),
}

impl Error {
    pub(crate) fn unsupported(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::Unsupported { what: what.into(), remedy: remedy.into() }
    }
}
