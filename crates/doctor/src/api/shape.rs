//! What fields and their values are.

use crate::dialect::Dialect;

/// What a value must be.
#[derive(Debug)]
pub enum Shape {
    /// A text.
    Text {
        /// Its least length, in characters.
        least: usize,
        /// Its greatest length.
        most: usize,
        /// What all of it must match; empty where anything goes.
        pattern: &'static str,
        /// What it may be; empty where it is no choice.
        words: &'static [&'static str],
    },
    /// A whole number.
    Integer {
        /// The least.
        least: i64,
        /// The greatest.
        most: i64,
    },
    /// A number.
    Number,
    /// A truth value.
    Boolean,
    /// Values in order.
    List {
        /// What each must be.
        of: &'static Shape,
        /// How many there are at least.
        least: usize,
        /// How many there are at most.
        most: usize,
    },
    /// Texts by names of the user's.
    Map {
        /// How many there are at most.
        most: usize,
        /// The greatest length of a name.
        key: usize,
        /// The greatest length of a text.
        value: usize,
    },
    /// Values by names of the API's.
    Structure(&'static Structure),
    /// Something that training with Sapwood has no use for, and that is not looked into.
    Any,
}

/// A set of fields.
#[derive(Debug)]
pub struct Structure {
    /// What the API calls it.
    pub name: &'static str,
    /// Its fields.
    pub fields: &'static [Field],
}

/// A field.
#[derive(Debug)]
pub struct Field {
    /// What the API calls it.
    pub name: &'static str,
    /// What its value must be.
    pub shape: Shape,
    /// Whether it must be there.
    pub required: bool,
    ack: bool,
    operator: bool,
}

impl Field {
    /// Whether requests have it, or resources of an operator.
    pub fn is_in(&self, dialect: Dialect) -> bool {
        match dialect {
            Dialect::Api => true,
            Dialect::Ack => self.ack,
            Dialect::Operator => self.operator,
        }
    }

    /// It must be there.
    pub const fn required(self) -> Self {
        Self { required: true, ..self }
    }

    /// ACK's resources have it, the retired operator's have not.
    pub const fn only_ack(self) -> Self {
        Self { operator: false, ..self }
    }

    /// No resource has it.
    pub const fn only_api(self) -> Self {
        Self { ack: false, operator: false, ..self }
    }
}

/// An optional field that requests and both operators' resources have.
pub const fn field(name: &'static str, shape: Shape) -> Field {
    Field { name, shape, required: false, ack: true, operator: true }
}

/// A text of so many characters.
pub const fn text(least: usize, most: usize) -> Shape {
    Shape::Text { least, most, pattern: "", words: &[] }
}

/// A text of so many characters that matches.
pub const fn pattern(least: usize, most: usize, pattern: &'static str) -> Shape {
    Shape::Text { least, most, pattern, words: &[] }
}

/// One of these texts.
pub const fn words(words: &'static [&'static str]) -> Shape {
    Shape::Text { least: 0, most: usize::MAX, pattern: "", words }
}

/// A whole number in this range.
pub const fn integer(least: i64, most: i64) -> Shape {
    Shape::Integer { least, most }
}

/// A whole number.
pub const fn any_integer() -> Shape {
    integer(i64::MIN, i64::MAX)
}
