//! `sapwood params`: the parameter table for people, for the documentation and for programs.

use crate::cli::ParamsArgs;
use crate::report::Failure;
use crate::streams;
use sapwood::params::compatibility::COMPATIBILITY;
use sapwood::params::spec::{self, Effect, ParamSpec};

/// Prints the table in the form asked for.
///
/// # Errors
/// Standard output cannot be written.
pub fn run(args: &ParamsArgs) -> Result<(), Failure> {
    let text = if args.markdown {
        sapwood::params::markdown()
    } else if args.json {
        format!("{:#}\n", sapwood::params::json())
    } else {
        plain()
    };
    streams::print_result(&text)
}

/// A table that fits a terminal: name, default, range, first sentence.
fn plain() -> String {
    let rows: Vec<[String; 3]> = spec::active().map(cells).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths = [width(0), width(1), width(2)];
    let lines = rows.iter().zip(spec::active()).map(|([name, default, range], row)| {
        let [a, b, c] = widths;
        format!("{name:a$}  {default:b$}  {range:c$}  {}\n", row.doc.trim())
    });
    let mut text: String = lines.collect();
    let names = |wanted: fn(Effect) -> bool| {
        let names = COMPATIBILITY.iter().filter(|row| wanted(row.effect)).map(|row| row.name);
        names.collect::<Vec<_>>().join(" ")
    };
    text += &format!(
        "\nAccepted without effect: {}\nAccepted at their default only: {}\n",
        names(|effect| matches!(effect, Effect::Accepted { .. })),
        names(|effect| matches!(effect, Effect::InertOnly { .. }))
    );
    text
}

fn cells(row: &ParamSpec) -> [String; 3] {
    let default = if row.required { "(required)" } else { row.default };
    let range = match row.words {
        [] if row.range == spec::Range::ANY => String::new(),
        [] => row.range.to_string(),
        // Longer lists would push the text off the screen; `--markdown` has them.
        words if words.len() <= 3 => words.join("|"),
        _ => "(a choice)".to_string(),
    };
    [row.name.to_string(), default.to_string(), range]
}
