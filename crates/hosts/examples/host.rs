//! One of several hosts, for `scripts/check-hosts`: `HOST_NAME=algo-2 host algo-1,algo-2 COMMAND…` starts with the others, and runs the command
//! where training would run. Without a command, its training process only says who it is.

use sapwood_hosts::{Caller, Error, Group, Leash, Program, patience, start};
use std::process::{Command, ExitCode};

/// Where everything is said on standard error, and signals are left to the system.
struct Here;

impl Caller for Here {
    #[expect(clippy::print_stderr, reason = "a program for tests, without the executable's streams")]
    fn tell(&self, line: &str) {
        eprintln!("{line}");
    }

    fn running(&self) {}

    fn signal(&self) -> Option<u8> {
        None
    }
}

fn main() -> ExitCode {
    match run() {
        Ok(code) => code.into(),
        Err(error) => {
            Here.tell(&format!("error: {error}"));
            ExitCode::from(if matches!(error, Error::User(_)) { 2 } else { 1 })
        }
    }
}

fn run() -> Result<u8, Error> {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let variable = |name: &str| std::env::var(name).ok();
    if let Some(leash) = Leash::of_environment()? {
        leash.joined();
        return Ok(train(&leash, &arguments));
    }
    let names: Vec<String> =
        arguments.first().map_or(Vec::new(), |names| names.to_string_lossy().split(',').map(str::to_string).collect());
    let current = variable("HOST_NAME").unwrap_or_default();
    let group = match Group::of_variables(variable)? {
        Some(group) => group,
        None => Group::of_names(&names, &current, Some("eth0".to_string()), "check")?
            .ok_or_else(|| Error::User("there is one host only".to_string()))?,
    };
    let executable = std::env::current_exe().map_err(|error| Error::Host(error.to_string()))?;
    start(&group, &Program { executable, arguments, version: "check".to_string() }, patience(variable)?, &Here)
}

#[expect(clippy::print_stdout, reason = "a program for tests, without the executable's streams")]
fn train(leash: &Leash, arguments: &[std::ffi::OsString]) -> u8 {
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    println!(
        "rank {} of {} on {} of {}",
        variable("PMI_RANK"),
        variable("PMI_SIZE"),
        variable("HOST_NAME"),
        variable("SAPWOOD_HOST_NAMES")
    );
    let Some((command, arguments)) = arguments.get(1..).and_then(<[_]>::split_first) else {
        leash.ending(0, "");
        return 0;
    };
    let (code, reason) = match Command::new(command).args(arguments).status() {
        Ok(status) => (status.code().map_or(1, |code| u8::try_from(code).unwrap_or(1)), format!("its command ended with {status}")),
        Err(error) => (1, format!("{}: {error}", command.display())),
    };
    leash.ending(code, &reason);
    code
}
