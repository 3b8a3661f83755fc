//! What a shell is told of this command line: completions and manual pages.

use crate::cli::{Cli, CompletionsArgs, ManArgs};
use crate::report::Failure;
use crate::streams;
use clap::CommandFactory;

/// Prints the completions for a shell.
///
/// # Errors
/// Standard output cannot be written.
pub fn completions(args: &CompletionsArgs) -> Result<(), Failure> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "sapwood", &mut text);
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
