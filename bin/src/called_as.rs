//! The name that the executable was called by: `train` and `serve` are SageMaker's names for what an image does.

use std::ffi::OsString;
use std::path::Path;

/// The subcommands that are executables, too. Platforms start them by these names where an image has no entry point.
const EXECUTABLES: [&str; 2] = ["train", "serve"];

/// The command line that the executable's own name stands for: `/usr/local/bin/train key=value` is `sapwood train key=value`. The
/// subcommand may be given as well, because SageMaker adds it to an entry point called `train`.
pub fn command_line(args: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut args: Vec<_> = args.into_iter().collect();
    let Some(subcommand) = args.first().and_then(|program| executable(program.as_ref())) else { return args };
    if args.get(1).is_some_and(|first| first == subcommand) {
        args.remove(1);
    }
    args.splice(..1, ["sapwood".into(), subcommand.into()]);
    args
}

fn executable(program: &Path) -> Option<&'static str> {
    let name = program.file_name()?;
    EXECUTABLES.into_iter().find(|executable| name == *executable)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split_whitespace().map(OsString::from).collect()
    }

    #[test]
    fn the_name_of_the_executable_is_a_subcommand() {
        for (given, meant) in [
            ("train", "sapwood train"),
            ("train train eta=1", "sapwood train eta=1"),
            ("/usr/local/bin/train eta=1 --threads 2", "sapwood train eta=1 --threads 2"),
            ("./serve", "sapwood serve"),
            ("serve serve", "sapwood serve"),
            ("train --help", "sapwood train --help"),
            ("train serve", "sapwood train serve"),
        ] {
            assert_eq!(command_line(words(given)), words(meant), "{given}");
        }
    }

    #[test]
    fn other_names_change_nothing() {
        for line in ["sapwood", "sapwood train", "bin/sapwood serve", "train/sapwood", "training", "Train", "..", ""] {
            assert_eq!(command_line(words(line)), words(line), "{line}");
        }
    }
}
