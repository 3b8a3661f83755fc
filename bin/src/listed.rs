//! Flags that take lists.

use crate::report::Failure;
use sapwood::params::ParamValue;

/// The items of all the lists that a flag was given; `expected` says of what they are.
///
/// # Errors
/// A text that is no list.
pub fn listed(flag: &str, lists: &[String], expected: &str) -> Result<Vec<String>, Failure> {
    let items = |text: &String| {
        let items = <Vec<String> as ParamValue>::parse(text).filter(|items| !items.is_empty());
        items.ok_or_else(|| Failure::user(format!("{flag} {text:?} is no list; give {expected}")))
    };
    Ok(lists.iter().map(items).collect::<Result<Vec<_>, _>>()?.concat())
}
