//! `sapwood params`: the parameter table for people, for the documentation and for programs.

use crate::cli::TableArgs;
use crate::report::Failure;
use crate::streams;
use crate::text::wrapped;
use sapwood::params::compatibility::COMPATIBILITY;
use sapwood::params::habits::OTHERS;
use sapwood::params::spec::{self, Effect, ParamSpec};
use sapwood::params::{known, without_effect as fate};

/// Prints the table in the form asked for, or what it says of one parameter.
///
/// # Errors
/// There is no parameter of this name, or standard output cannot be written.
pub fn run(args: &TableArgs) -> Result<(), Failure> {
    let width = streams::width();
    let text = match &args.name {
        Some(name) => explained(known(name)?, width),
        None if args.markdown => sapwood::params::markdown(),
        None if args.json => format!("{:#}\n", sapwood::params::json()),
        None => width.map_or_else(table, list) + &without_effect(width),
    };
    streams::print_result(&text)
}

/// One line a parameter, for programs that search lines: name, default, range, meaning.
fn table() -> String {
    let rows: Vec<[String; 3]> = spec::active().map(cells).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths = [width(0), width(1), width(2)];
    let lines = rows.iter().zip(spec::active()).map(|([name, default, range], row)| {
        let [a, b, c] = widths;
        format!("{name:a$}  {default:b$}  {range:c$}  {}\n", row.doc.trim())
    });
    lines.collect()
}

/// The same for a terminal: the meaning stands below the name.
fn list(width: usize) -> String {
    let entry = |row| {
        let [name, default, range] = cells(row);
        wrapped(&format!("{name} {default} {range}"), "", Some(width)) + &wrapped(row.doc, "    ", Some(width))
    };
    spec::active().map(entry).collect()
}

fn without_effect(width: Option<usize>) -> String {
    let names = |wanted: fn(Effect) -> bool| {
        let names = COMPATIBILITY.iter().filter(|row| wanted(row.effect)).map(|row| row.name);
        names.collect::<Vec<_>>().join(" ")
    };
    let accepted = names(|effect| matches!(effect, Effect::Accepted { .. }));
    let inert = names(|effect| matches!(effect, Effect::InertOnly { .. }));
    let line = |text: String| wrapped(&text, "", width);
    let others = OTHERS.iter().map(|row| row.name).collect::<Vec<_>>().join(" ");
    let lines = [
        ("Accepted without effect", accepted),
        ("Accepted at values that change nothing", inert),
        ("Other libraries'; see `sapwood params NAME`", others),
    ];
    lines.into_iter().fold("\n".to_string(), |text, (title, names)| text + &line(format!("{title}: {names}")))
}

/// A clause as a sentence.
fn sentence(clause: &str) -> String {
    let mut letters = clause.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

fn cells(row: &ParamSpec) -> [String; 3] {
    // Longer ones would push the text off the screen; `params NAME` and `--markdown` have them.
    let default = match row.default {
        _ if row.required => "(required)",
        list if list.len() > 20 => "(a list)",
        default => default,
    };
    let range = match row.words {
        [] if row.range == spec::Range::ANY => String::new(),
        [] => row.range.to_string(),
        words if words.len() <= 3 => words.join("|"),
        _ => "(a choice)".to_string(),
    };
    [row.name.to_string(), default.to_string(), range]
}

/// Everything that the table says of one parameter.
fn explained(row: &ParamSpec, width: Option<usize>) -> String {
    let default = match (row.required, row.default) {
        (true, _) => "none: it must be given",
        (_, "") => "not given",
        (_, default) => default,
    };
    let meaning = match row.effect {
        Effect::Active => row.doc.trim().to_string(),
        _ => sentence(&fate(row, "")),
    };
    let tune = |range: spec::Tunable| format!("{} to {}{}", range.min, range.max, if range.log { ", logarithmic" } else { "" });
    let values = match row.effect {
        Effect::InertOnly { values, .. } => values.iter().filter(|value| !value.is_empty()).copied().collect::<Vec<_>>().join(", "),
        _ => row.words.join(", "),
    };
    let facts = [
        ("also called", row.aliases.join(", ")),
        ("type", if row.words.is_empty() { row.expected } else { "choice" }.to_string()),
        ("values", values),
        ("range", if row.range == spec::Range::ANY { String::new() } else { row.range.to_string() }),
        ("default", if row.effect == Effect::Active { default.to_string() } else { String::new() }),
        ("worth tuning", row.tunable.map_or_else(String::new, tune)),
    ];
    let facts = facts.into_iter().filter(|(_, text)| !text.is_empty());
    let facts: String = facts.map(|(name, text)| wrapped(&format!("{name}: {text}"), "    ", width)).collect();
    format!("{}\n{}{facts}", row.name, wrapped(&meaning, "    ", width))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_fits_a_terminal() {
        for width in [60, 80, 132] {
            let text = list(width) + &without_effect(Some(width));
            let long: Vec<_> = text.lines().filter(|line| line.chars().count() > width && line.contains(' ')).collect();
            assert!(long.is_empty(), "{long:?}");
        }
        assert_eq!(list(80).lines().filter(|line| !line.starts_with(' ')).count(), spec::active().count());
    }

    #[test]
    fn every_parameter_is_explained() {
        for row in spec::all() {
            let text = explained(row, None);
            assert!(text.starts_with(&format!("{}\n    ", row.name)) && text.lines().count() > 2, "{text}");
            assert!(row.aliases.iter().all(|alias| text.contains(alias)), "{text}");
        }
    }
}
