//! `sapwood metrics` and `sapwood objectives`: both tables for people, for the documentation and for programs.

use crate::cli::TableArgs;
use crate::report::Failure;
use crate::streams;
use crate::text::wrapped;
use sapwood::metric::{self, Better, METRICS, default_metric};
use sapwood::params::{objective_named, spec};
use sapwood::{Objective, objective};
use serde_json::{Map, Value, json};

/// Prints the metrics in the form asked for, or explains one.
///
/// # Errors
/// There is no metric of this name, or standard output cannot be written.
pub fn metrics(args: &TableArgs) -> Result<(), Failure> {
    let name = args.name.as_deref().map(|name| metric::known(name.split_once('@').map_or(name, |(base, _)| base))).transpose()?;
    let terms: Vec<_> = METRICS.iter().map(of_metric).collect();
    const ABOUT: &str = "# Metrics\n\nMade by `sapwood metrics --markdown` from the table in `src/metric/spec.rs`; do not edit.\n\n\
                         `eval_metric` names metrics. Rows are weighted. *Objectives* are those whose models a metric can judge; \
                         where one stands in bold, the metric is its default.\n\n";
    print(args, &terms, name.map(|row| row.name), ABOUT)
}

/// Prints the objectives in the form asked for, or explains one.
///
/// # Errors
/// There is no objective of this name, or standard output cannot be written.
pub fn objectives(args: &TableArgs) -> Result<(), Failure> {
    let name = args.name.as_deref().map(objective_named).transpose()?;
    let terms: Vec<_> = Objective::ALL.into_iter().map(of_objective).collect();
    const ABOUT: &str = "# Objectives\n\nMade by `sapwood objectives --markdown` from the table in `src/objective/table.rs`; do not edit.\n\n\
                         `objective` names what training minimises. *Metrics* are those that can judge its models; the one in bold is its \
                         default.\n\n";
    print(args, &terms, name.map(Objective::name), ABOUT)
}

/// An entry of either table.
struct Term {
    name: &'static str,
    meaning: &'static str,
    facts: Vec<(&'static str, Fact)>,
}

/// What is said of an entry beside its meaning.
enum Fact {
    /// So short that it fits beside the name.
    Short(&'static str),
    Text(&'static str),
    /// Names, of which one may stand out.
    Names(Vec<&'static str>, Option<&'static str>),
}

fn of_metric(row: &metric::MetricSpec) -> Term {
    let objectives: Vec<_> = Objective::ALL.into_iter().filter(|objective| row.fits(*objective)).collect();
    let default = objectives.iter().find(|objective| default_metric(**objective) == row.name).map(|objective| objective.name());
    let facts = vec![
        ("better", Fact::Short(if row.better == Better::Higher { "higher" } else { "lower" })),
        ("range", Fact::Short(row.range)),
        ("aliases", Fact::Names(words("eval_metric", row.name), None)),
        ("objectives", Fact::Names(objectives.into_iter().map(Objective::name).collect(), default)),
        ("as in", Fact::Text(row.follows)),
    ];
    Term { name: row.name, meaning: row.doc, facts }
}

fn of_objective(objective: Objective) -> Term {
    let description = objective::describe(objective);
    let metrics = METRICS.iter().filter(|row| row.fits(objective)).map(|row| row.name).collect();
    let facts = vec![
        ("labels", Fact::Short(description.labels)),
        ("predicts", Fact::Text(description.predicts)),
        ("aliases", Fact::Names(words("objective", objective.name()), None)),
        ("parameters", Fact::Names(description.parameters.to_vec(), None)),
        ("metrics", Fact::Names(metrics, Some(default_metric(objective)))),
        ("as in", Fact::Text(description.follows)),
    ];
    Term { name: objective.name(), meaning: description.doc, facts }
}

/// Other libraries' words for a value of a parameter.
fn words(parameter: &str, value: &str) -> Vec<&'static str> {
    let synonyms = spec::find(parameter).map_or(&[][..], |row| row.synonyms);
    synonyms.iter().filter(|(_, ours)| *ours == value).map(|(other, _)| *other).collect()
}

fn print(args: &TableArgs, terms: &[Term], name: Option<&str>, about: &str) -> Result<(), Failure> {
    let width = streams::width();
    let text = match name {
        Some(name) => terms.iter().filter(|term| term.name == name).map(|term| explained(term, width)).collect(),
        None if args.markdown => about.to_string() + &markdown(terms),
        None if args.json => format!("{:#}\n", terms.iter().map(object).collect::<Value>()),
        None => width.map_or_else(|| table(terms), |width| list(terms, width)),
    };
    streams::print_result(&text)
}

impl Fact {
    /// The fact as text; names in `quotes`, the one that stands out in `bold`.
    fn text(&self, quotes: &str, bold: &str) -> String {
        match self {
            Self::Short(text) | Self::Text(text) => text.to_string(),
            Self::Names(names, one) => {
                let name = |name: &&str| match one {
                    Some(one) if one == name => format!("{bold}{quotes}{name}{quotes}{bold}"),
                    _ => format!("{quotes}{name}{quotes}"),
                };
                names.iter().map(name).collect::<Vec<_>>().join(", ")
            }
        }
    }
}

/// One line an entry, for programs that search lines.
fn table(terms: &[Term]) -> String {
    let columns: Vec<_> = terms.iter().map(cells).collect();
    let width =
        |column: usize| columns.iter().filter_map(|cells| cells.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0);
    let line = |(cells, term): (&Vec<&str>, &Term)| {
        let cells = cells.iter().enumerate().map(|(column, cell)| format!("{cell:width$}  ", width = width(column)));
        format!("{}{}\n", cells.collect::<String>(), term.meaning)
    };
    columns.iter().zip(terms).map(line).collect()
}

/// The same for a terminal: the meaning stands below the name.
fn list(terms: &[Term], width: usize) -> String {
    let entry = |term| wrapped(&cells(term).join("  "), "", Some(width)) + &wrapped(term.meaning, "    ", Some(width));
    terms.iter().map(entry).collect()
}

/// The name and what fits beside it.
fn cells(term: &Term) -> Vec<&'static str> {
    let short = term.facts.iter().filter_map(|(_, fact)| if let Fact::Short(text) = fact { Some(*text) } else { None });
    std::iter::once(term.name).chain(short).collect()
}

/// Everything that the table says of one entry.
fn explained(term: &Term, width: Option<usize>) -> String {
    let facts = term.facts.iter().map(|(title, fact)| (title, fact.text("", ""))).filter(|(_, text)| !text.is_empty());
    let facts: String = facts.map(|(title, text)| wrapped(&format!("{title}: {text}"), "    ", width)).collect();
    format!("{}\n{}{facts}", term.name, wrapped(term.meaning, "    ", width))
}

fn markdown(terms: &[Term]) -> String {
    let titles = terms.first().map_or_else(Vec::new, |term| term.facts.iter().map(|(title, _)| *title).collect());
    let row = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let head: Vec<_> = ["name", "meaning"].into_iter().chain(titles).map(str::to_string).collect();
    let rule = format!("|{}\n", "---|".repeat(head.len()));
    let line = |term: &Term| {
        let facts = term.facts.iter().map(|(_, fact)| fact.text("`", "**"));
        row(&[format!("`{}`", term.name), term.meaning.to_string()].into_iter().chain(facts).collect::<Vec<_>>())
    };
    row(&head) + &rule + &terms.iter().map(line).collect::<String>()
}

fn object(term: &Term) -> Value {
    let facts = term.facts.iter().map(|(title, fact)| {
        let value = match fact {
            Fact::Short(text) | Fact::Text(text) => json!(text),
            Fact::Names(names, _) => json!(names),
        };
        (title.replace(' ', "_"), value)
    });
    let named = [("name".to_string(), json!(term.name)), ("doc".to_string(), json!(term.meaning))];
    Value::Object(named.into_iter().chain(facts).collect::<Map<_, _>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tables() -> [Vec<Term>; 2] {
        [METRICS.iter().map(of_metric).collect(), Objective::ALL.into_iter().map(of_objective).collect()]
    }

    #[test]
    fn the_lists_fit_a_terminal() {
        for terms in tables() {
            for width in [60, 80, 132] {
                let text = list(&terms, width) + &terms.iter().map(|term| explained(term, Some(width))).collect::<String>();
                assert!(text.lines().all(|line| line.chars().count() <= width), "{text}");
            }
            let names = list(&terms, 80).lines().filter(|line| !line.starts_with(' ')).count();
            assert_eq!((names, table(&terms).lines().count()), (terms.len(), terms.len()));
        }
    }

    #[test]
    fn every_word_of_another_library_stands_with_ours() {
        for (terms, parameter) in tables().iter().zip(["eval_metric", "objective"]) {
            let text: String = terms.iter().map(|term| explained(term, None)).collect();
            for (word, _) in spec::find(parameter).unwrap().synonyms {
                assert!(text.contains(word), "{word}");
            }
            for term in terms {
                assert!(term.meaning.ends_with('.') && !term.meaning.contains('|'), "{}", term.name);
            }
        }
    }
}
