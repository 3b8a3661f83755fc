//! The other hosts that train the same model, where a launcher of MPI has started several processes.

use crate::leash;
use crate::report::{Ending, Failure};
use crate::streams;
use sapwood::collective::{Collective, Solo};
use sapwood_ranks::{Place, Ranks, Settings, Word};
use sapwood_readers::Shares;
use sapwood_sagemaker::failure;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

static RANKS: OnceLock<Ranks> = OnceLock::new();
static HAS_FAILED: AtomicBool = AtomicBool::new(false);

/// Meets the other hosts, if there are any. Where one of them ends the job, `failure_file` gets the cause.
///
/// # Errors
/// The hosts cannot meet.
pub fn join(failure_file: Option<PathBuf>) -> Result<(), Failure> {
    let Some(place) = Place::of(variable)? else { return Ok(()) };
    let settings = Settings::of(variable)?;
    let on_end = move |word: &Word| {
        let failure = Failure::with_exit_code(word.code, &word.text).to_string();
        if let Some(file) = &failure_file {
            failure::write(file, &failure);
        }
        streams::diagnostics(&format!("{failure}\n"));
        leash::ending(word.code, &failure);
    };
    let ranks = Ranks::join(place, &own_name(place), settings, Box::new(on_end))?;
    let _ = RANKS.set(ranks);
    leash::joined();
    Ok(())
}

/// Refuses a command that several processes would each do on their own.
///
/// # Errors
/// There are several.
pub fn refuse(command: &str) -> Result<(), Failure> {
    match Place::of(variable)? {
        None => Ok(()),
        Some(Place { size, variable, .. }) => Err(Failure::user(format!(
            "`sapwood {command}` runs in one process, and {variable} tells of {size}, each of which would do all of it; start it without mpiexec"
        ))),
    }
}

/// All hosts.
pub fn all() -> &'static dyn Collective {
    RANKS.get().map_or(&Solo, |ranks| ranks)
}

/// Whether this host speaks and writes for all.
pub fn is_first() -> bool {
    all().rank() == 0
}

/// The result of all hosts: this one's own, or the failure of another one.
///
/// # Errors
/// Any host's.
pub fn agree<T>(result: Result<T, Failure>) -> Result<T, Failure> {
    let Some(ranks) = RANKS.get() else { return result };
    let own = result.as_ref().err();
    let told = own.map_or_else(Vec::new, |failure| [&[failure.exit_code()], failure.message().as_bytes()].concat());
    let all = ranks.all_gather(&told);
    let value = result?;
    let failed = all.iter().enumerate().find_map(|(rank, told)| {
        let (code, message) = told.split_first()?;
        Some(Failure::with_exit_code(*code, &format!("{}: {}", ranks.name(rank), String::from_utf8_lossy(message))))
    });
    failed.map_or(Ok(value), Err)
}

/// The largest of a number over all hosts.
pub fn largest(number: u8) -> u8 {
    let mut largest = [i64::from(number)];
    all().all_reduce_max(&mut largest);
    u8::try_from(largest[0]).unwrap_or(number)
}

/// The sum of a count over all hosts.
pub fn sum(count: usize) -> usize {
    let mut sum = [count as i64];
    all().all_reduce_sum(&mut sum);
    sum[0].unsigned_abs() as usize
}

/// How many hosts use the CPUs that this one does, itself included: those with the same kernel, CPUs and control group.
pub fn sharing_cpus() -> usize {
    let Some(ranks) = RANKS.get() else { return 1 };
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let status = read("/proc/self/status");
    let allowed = status.lines().find(|line| line.starts_with("Cpus_allowed_list")).unwrap_or_default();
    let space = std::fs::read_link("/proc/self/ns/cgroup").unwrap_or_default();
    let own =
        [read("/proc/sys/kernel/random/boot_id"), allowed.to_string(), space.display().to_string(), read("/proc/self/cgroup")]
            .join("\n");
    ranks.all_gather(own.as_bytes()).iter().filter(|other| **other == own.as_bytes()).count()
}

/// What the hosts read and told each other, for the summary; nothing where there is one.
pub fn summary(shares: &[(String, Shares)]) -> Option<Value> {
    let ranks = RANKS.get()?;
    let uses = ranks.traffic();
    let (calls, bytes, seconds) = totals();
    let by_operation = uses.iter().map(|used| {
        let counts = json!({"calls": used.calls, "bytes_sent": used.bytes_sent, "seconds": used.seconds});
        (used.operation.to_string(), counts)
    });
    Some(json!({
        "hosts": ranks.size(),
        "host": ranks.rank() + 1,
        "calls": calls,
        "bytes_sent": bytes,
        "seconds_waiting": seconds,
        "data": shares.iter().map(|(name, shares)| (name.clone(), json!(shares))).collect::<serde_json::Map<_, _>>(),
        "operations": Value::Object(by_operation.collect()),
    }))
}

/// The same in a line.
pub fn line() -> Option<String> {
    let ranks = RANKS.get()?;
    let (calls, bytes, seconds) = totals();
    let megabytes = bytes as f64 / 1e6;
    Some(format!(
        "{} hosts: this one called {calls} collective operations, sent {megabytes:.1} MB and spent {seconds:.1} s in them",
        ranks.size()
    ))
}

fn totals() -> (u64, u64, f64) {
    let uses = RANKS.get().map(Ranks::traffic).unwrap_or_default();
    uses.iter()
        .fold((0, 0, 0.0), |(calls, bytes, seconds), used| (calls + used.calls, bytes + used.bytes_sent, seconds + used.seconds))
}

/// Tells the other hosts how this one's work ended, before it says so itself.
pub fn end(result: &Result<Ending, Failure>) {
    match result {
        Ok(ending) => {
            if let Some(ranks) = RANKS.get() {
                ranks.finish(ending.exit_code());
            }
        }
        Err(failure) => fail(failure.exit_code(), failure.message()),
    }
}

/// Tells the other hosts that this one fails.
pub fn fail(code: u8, cause: &str) {
    if let Some(ranks) = RANKS.get() {
        HAS_FAILED.store(true, Ordering::SeqCst);
        ranks.fail(code, cause);
    }
}

/// Ends the process of a host that failed, after the others have had time to learn why.
pub fn exit_if_failed(code: u8) {
    if let Some(ranks) = RANKS.get().filter(|_| HAS_FAILED.load(Ordering::SeqCst)) {
        ranks.exit(code);
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// What messages call this host: as whoever started it says, else as the machine is called.
fn own_name(place: Place) -> String {
    let names: Vec<String> = variable("SAPWOOD_HOST_NAMES").and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    let machine =
        || std::fs::read_to_string("/proc/sys/kernel/hostname").map_or_else(|_| "unnamed".into(), |name| name.trim().into());
    names.into_iter().nth(place.rank).unwrap_or_else(machine)
}
