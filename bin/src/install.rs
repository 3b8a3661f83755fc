//! What a shell is told of this command line: completions and manual pages.

use crate::cli::{Cli, CompletionsArgs, ManArgs};
use crate::report::Failure;
use crate::streams;
use clap::builder::PossibleValuesParser;
use clap::{Command, CommandFactory};
use clap_complete::Shell;
use sapwood::Objective;
use sapwood::metric::METRICS;
use sapwood::params::spec::{self, Group, ParamSpec};

/// What bash needs so that it puts no blank behind `eta=`.
const VALUE_FOLLOWS: &str = "
_sapwood_words() {
    _sapwood \"$@\"
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]]; then
        compopt -o nospace
    fi
}
complete -F _sapwood_words -o bashdefault -o default sapwood
";

/// The command line with the words that may stand for parameters, metrics and objectives.
fn with_words(command: Command) -> Command {
    let parameters = |wanted: fn(&ParamSpec) -> bool| {
        let rows = spec::active().filter(move |row| wanted(row));
        // As long as the process lives, which ends when they are printed.
        rows.map(|row| &*format!("{}=", row.name).leak()).collect::<Vec<&'static str>>()
    };
    let reading = parameters(|row| row.group == Group::Data);
    let words = [
        ("train", "hyperparameters", parameters(|_| true)),
        ("predict", "parameters", reading.clone()),
        ("evaluate", "parameters", reading.clone()),
        ("serve", "parameters", reading),
        ("params", "name", spec::active().map(|row| row.name).collect()),
        ("metrics", "name", METRICS.iter().map(|row| row.name).collect()),
        ("objectives", "name", Objective::ALL.into_iter().map(Objective::name).collect()),
    ];
    words.into_iter().fold(command, |command, (subcommand, argument, words)| {
        command.mut_subcommand(subcommand, |subcommand| {
            subcommand.mut_arg(argument, |argument| argument.value_parser(PossibleValuesParser::new(words)))
        })
    })
}

/// Prints the completions for a shell.
///
/// # Errors
/// Standard output cannot be written.
pub fn completions(args: &CompletionsArgs) -> Result<(), Failure> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut with_words(Cli::command()), "sapwood", &mut text);
    if args.shell == Shell::Bash {
        text.extend_from_slice(VALUE_FOLLOWS.as_bytes());
    }
    streams::write_result(|out| out.write_all(&text))
}

/// Prints the manual page of a command.
///
/// # Errors
/// There is no such command, or standard output cannot be written.
pub fn manual(args: &ManArgs) -> Result<(), Failure> {
    let mut command = Cli::command();
    command.build();
    let page = match &args.command {
        None => command,
        Some(name) => {
            let known = || command.get_subcommands().map(|command| command.get_name()).collect::<Vec<_>>().join(", ");
            let unknown = || Failure::user(format!("there is no command {name}; choose one of {}", known()));
            command.find_subcommand(name).ok_or_else(unknown)?.clone()
        }
    };
    streams::write_result(|out| clap_mangen::Man::new(page).render(out))
}
