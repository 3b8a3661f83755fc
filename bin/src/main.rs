//! The `sapwood` executable: a command line, or a SageMaker training job, in; an exit code out.

mod builtin;
mod cache;
mod called_as;
mod checkpoints;
mod claim;
mod classes;
mod cli;
mod config;
mod convert;
mod cross_validation;
mod cv;
mod doctor;
mod evaluate;
mod evaluation_report;
mod explain;
mod fold_job;
mod fold_report;
mod glossary;
mod history;
mod hosts;
mod importance_table;
mod initial_model;
mod inputs;
mod inspect;
mod install;
mod io_report;
mod job;
mod labelled;
mod leash;
mod listed;
mod lock;
mod log;
mod member_checkpoints;
mod memory;
mod model_files;
mod open_files;
mod other_words;
mod output;
mod params;
mod patience;
mod pipes;
mod predict;
mod prediction_form;
mod prediction_table;
mod preset;
mod proc;
mod progress;
mod ranks;
mod reading;
mod report;
mod report_command;
mod report_files;
mod results;
mod rounds;
mod s3;
mod sagemaker;
mod serve;
mod signal;
mod stored_plan;
mod streams;
mod summary;
mod text;
mod threads;
mod threshold;
mod train;
mod training_report;
mod tree_table;
mod tune;
mod tune_command;
mod usage;

use clap::Parser;
use clap::error::ErrorKind;
use cli::{Cli, Command};
use report::{Ending, Failure};
use sapwood_sagemaker::{failure, is_configured};
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    report::quiet_panics();
    let (code, reason) = match leash::take() {
        Ok(()) => obey(),
        Err(failure) => fail(&failure, None),
    };
    leash::ending(code, &reason);
    ranks::exit_if_failed(code);
    ExitCode::from(code)
}

/// Does what the command line asks for. The exit code, and why it is not 0, if nobody asked for that.
fn obey() -> (u8, String) {
    let command = match parse() {
        Ok(command) => command,
        Err(ended) => return ended,
    };
    let failure_file = match &command {
        Command::Train(args) => train::failure_file(args),
        _ => None,
    };
    if let Some(file) = &failure_file {
        memory::set_failure_file(file);
    }
    let result = report::catch(|| run(command));
    ranks::end(&result);
    match result {
        Ok(ending) => (ending.exit_code(), String::new()),
        Err(failure) => fail(&failure, failure_file.as_deref()),
    }
}

/// Tells SageMaker, if this is its job, and then whoever reads standard error, if anybody does.
fn fail(failure: &Failure, failure_file: Option<&Path>) -> (u8, String) {
    if let Some(file) = failure_file {
        failure::write(file, &failure.to_string());
    }
    streams::diagnostics(&format!("{failure}\n"));
    (failure.exit_code(), failure.to_string())
}

/// The command that the arguments ask for, or how a wish for help or a mistake ends.
fn parse() -> Result<Command, (u8, String)> {
    let line = called_as::command_line(std::env::args_os());
    match Cli::try_parse_from(&line) {
        Ok(Cli { command: Some(command) }) => Ok(command),
        // SageMaker jobs with an entry point of their own are started without any argument.
        Ok(Cli { command: None }) if is_configured() => Ok(Command::Train(Box::default())),
        Ok(Cli { command: None }) => Err(fail(&Failure::user("no command given; `sapwood --help` lists them"), None)),
        Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            Err(streams::written(error.print()).map_or_else(|failure| fail(&failure, None), |()| (0, String::new())))
        }
        Err(error) => {
            let text = usage::explained(error, &line).render().to_string();
            let failure = Failure::usage(text.strip_prefix("error: ").unwrap_or(&text).trim_end());
            // Only where SageMaker's configuration is: such a line may be anybody's.
            let args = cli::train_args(&line).filter(|args| args.opt_ml.is_some() || is_configured());
            Err(fail(&failure, args.and_then(|args| train::failure_file(&args)).as_deref()))
        }
    }
}

fn run(command: Command) -> Result<Ending, Failure> {
    refuse_copies(&command)?;
    match command {
        Command::Train(args) => return train::run(&args),
        Command::Cv(args) => return cv::run(&args),
        Command::Tune(args) => return tune_command::run(&args),
        Command::Predict(args) => predict::run(&args)?,
        Command::Serve(args) => serve::run(&args)?,
        Command::Evaluate(args) => evaluate::run(&args)?,
        Command::Explain(args) => explain::run(&args)?,
        Command::Report(args) => report_command::run(&args)?,
        Command::Inspect(args) => inspect::run(&args)?,
        Command::Convert(args) => convert::run(&args)?,
        Command::Params(args) => params::run(&args)?,
        Command::Metrics(args) => glossary::metrics(&args)?,
        Command::Objectives(args) => glossary::objectives(&args)?,
        Command::Doctor(args) => doctor::run(&args)?,
        Command::Builtin(args) => builtin::run(&args)?,
        Command::Completions(args) => install::completions(&args)?,
        Command::Man(args) => install::manual(&args)?,
    }
    Ok(Ending::Completed)
}

/// Refuses to do something once in each of several processes that is to be done once: only training is shared.
fn refuse_copies(command: &Command) -> Result<(), Failure> {
    match command {
        Command::Cv(_) => ranks::refuse("cv"),
        Command::Tune(_) => ranks::refuse("tune"),
        Command::Predict(_) => ranks::refuse("predict"),
        Command::Serve(_) => ranks::refuse("serve"),
        Command::Evaluate(_) => ranks::refuse("evaluate"),
        Command::Explain(_) => ranks::refuse("explain"),
        Command::Report(_) => ranks::refuse("report"),
        Command::Convert(_) => ranks::refuse("convert"),
        _ => Ok(()),
    }
}
