//! Environment variables that tell who takes part: our own, for which an Indexed Job of Kubernetes supplies the number of the pod, and those of
//! Kubeflow Trainer's runtime `xgboost-distributed`.

use crate::error::Error;
use crate::group::{Group, PORT};
use std::time::Duration;

/// The number of hosts that train one model.
pub const HOSTS: &str = "SAPWOOD_HOSTS";
/// The name of host 0, and its port after a colon, if that is not the usual one.
pub const LEADER: &str = "SAPWOOD_LEADER";
/// This host's number, from 0; where it is not set, that of the pod in an Indexed Job.
pub const RANK: &str = "SAPWOOD_RANK";
/// For how many seconds hosts wait for each other before the job begins.
pub const TIMEOUT: &str = "SAPWOOD_HOSTS_TIMEOUT";

const COMPLETION: &str = "JOB_COMPLETION_INDEX";
const TRACKER: [&str; 4] = ["DMLC_TRACKER_URI", "DMLC_TRACKER_PORT", "DMLC_TASK_ID", "DMLC_NUM_WORKER"];

/// As long as platforms may take from the first host to the last.
const PATIENCE: Duration = Duration::from_secs(900);

impl Group {
    /// The group that variables tell; none where they tell of one host, or of nothing. [`RANK`] and an index alone mean nothing: an Indexed Job may
    /// train a model in each pod.
    ///
    /// # Errors
    /// Variables that contradict each other, or some of them without the others.
    pub fn of_variables(variable: impl Fn(&str) -> Option<String>) -> Result<Option<Self>, Error> {
        let get = |name: &str| variable(name).map(|text| text.trim().to_string()).filter(|text| !text.is_empty());
        let (own, tracker) = (own(&get)?, tracker(&get)?);
        match (own, tracker) {
            (Some(own), Some(tracker)) if (own.rank, own.size) != (tracker.rank, tracker.size) => Err(Error::User(format!(
                "{HOSTS} makes this host {} of {}, {} makes it {} of {}; set one of them",
                own.rank, own.size, TRACKER[3], tracker.rank, tracker.size
            ))),
            (own, tracker) => Ok(own.or(tracker).filter(|group| group.size > 1)),
        }
    }
}

/// How long hosts wait for each other.
///
/// # Errors
/// The variable is no number of seconds.
pub fn patience(variable: impl Fn(&str) -> Option<String>) -> Result<Duration, Error> {
    match variable(TIMEOUT).map(|text| text.trim().to_string()).filter(|text| !text.is_empty()) {
        None => Ok(PATIENCE),
        Some(text) => match text.parse() {
            Ok(seconds @ 1..=1_000_000) => Ok(Duration::from_secs(seconds)),
            _ => Err(Error::User(format!("{TIMEOUT}={text}: must be a number of seconds from 1 to 1000000"))),
        },
    }
}

fn own(get: &impl Fn(&str) -> Option<String>) -> Result<Option<Group>, Error> {
    let Some(size) = get(HOSTS) else {
        return match get(LEADER) {
            None => Ok(None),
            Some(leader) => Err(Error::User(format!("{LEADER}={leader} needs {HOSTS}, the number of hosts"))),
        };
    };
    let size = number(HOSTS, &size)?;
    if size == 1 {
        return Ok(None);
    }
    let leader = get(LEADER).ok_or_else(|| Error::User(format!("{HOSTS}={size} needs {LEADER}, the name of the first host")))?;
    let (leader, port) = match leader.rsplit_once(':') {
        None => (leader, PORT),
        Some((name, port)) => (name.to_string(), self::port(LEADER, port)?),
    };
    let (name, rank) = match (get(RANK), get(COMPLETION)) {
        (Some(rank), _) => (RANK, rank),
        (None, Some(rank)) => (COMPLETION, rank),
        (None, None) => {
            return Err(Error::User(format!(
                "{HOSTS}={size} needs {RANK}, this host's number from 0 on (Kubernetes sets {COMPLETION} in Jobs with completionMode: Indexed)"
            )));
        }
    };
    group(size, HOSTS, number(name, &rank)?, name, leader, port).map(Some)
}

fn tracker(get: &impl Fn(&str) -> Option<String>) -> Result<Option<Group>, Error> {
    let values = TRACKER.map(get);
    if values.iter().all(Option::is_none) {
        return Ok(None);
    }
    let [Some(leader), Some(port), Some(rank), Some(size)] = values else {
        let is_missing = |name: &&str| get(name).is_none();
        let missing = TRACKER.into_iter().filter(is_missing).collect::<Vec<_>>().join(" and ");
        return Err(Error::User(format!(
            "of {}, {missing} is not set; set all four, as Kubeflow Trainer does, or none",
            TRACKER.join(", ")
        )));
    };
    let (size, rank) = (number(TRACKER[3], &size)?, number(TRACKER[2], &rank)?);
    if size == 1 {
        return Ok(None);
    }
    group(size, TRACKER[3], rank, TRACKER[2], leader, self::port(TRACKER[1], &port)?).map(Some)
}

fn group(size: usize, of: &str, rank: usize, name: &str, leader: String, port: u16) -> Result<Group, Error> {
    if size == 0 {
        return Err(Error::User(format!("{of}=0: there is at least one host")));
    }
    if rank >= size {
        return Err(Error::User(format!(
            "{name}={rank}, but {of}={size}: hosts are numbered from 0 to {}; an Indexed Job needs {size} completions and a parallelism of {size}",
            size - 1
        )));
    }
    let job = format!("{leader}:{port}");
    Ok(Group { rank, size, leader, port, job, names: Vec::new(), interface: None })
}

fn number(name: &str, text: &str) -> Result<usize, Error> {
    match text.parse() {
        Ok(number) if number <= 100_000 => Ok(number),
        _ => Err(Error::User(format!("{name}={text}: must be a whole number from 0 to 100000"))),
    }
}

/// The first of several ports.
fn port(name: &str, text: &str) -> Result<u16, Error> {
    match text.parse() {
        Ok(port @ 1..=65_000) => Ok(port),
        _ => Err(Error::User(format!("{name}: {text} is no port from 1 to 65000"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: &str) -> Result<Option<Group>, Error> {
        Group::of_variables(|name| {
            line.split_whitespace().find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=').map(str::to_string))
        })
    }

    #[test]
    fn an_indexed_job_and_a_trainer_name_the_first_host() {
        let group = of("SAPWOOD_HOSTS=4 SAPWOOD_LEADER=job-0.svc JOB_COMPLETION_INDEX=2").unwrap().unwrap();
        assert_eq!((group.rank, group.size, group.leader.as_str(), group.port), (2, 4, "job-0.svc", PORT));
        let group = of("SAPWOOD_HOSTS=4 SAPWOOD_LEADER=h:99 JOB_COMPLETION_INDEX=2 SAPWOOD_RANK=3").unwrap().unwrap();
        assert_eq!((group.rank, group.leader.as_str(), group.port), (3, "h", 99));
        let group = of("DMLC_TRACKER_URI=t-node-0-0.t DMLC_TRACKER_PORT=29500 DMLC_TASK_ID=1 DMLC_NUM_WORKER=2").unwrap().unwrap();
        assert_eq!((group.rank, group.size, group.leader.as_str(), group.port), (1, 2, "t-node-0-0.t", 29500));
    }

    #[test]
    fn one_host_needs_no_others() {
        for line in ["", "SAPWOOD_HOSTS=", "SAPWOOD_HOSTS=1", "JOB_COMPLETION_INDEX=3", "SAPWOOD_RANK=3"] {
            assert_eq!(of(line), Ok(None), "{line}");
        }
        assert_eq!(of("DMLC_TRACKER_URI=t DMLC_TRACKER_PORT=29500 DMLC_TASK_ID=0 DMLC_NUM_WORKER=1"), Ok(None));
    }

    #[test]
    fn what_is_half_said_is_an_error() {
        for (line, part) in [
            ("SAPWOOD_HOSTS=2", "SAPWOOD_HOSTS=2 needs SAPWOOD_LEADER"),
            ("SAPWOOD_HOSTS=2 SAPWOOD_LEADER=a", "needs SAPWOOD_RANK"),
            ("SAPWOOD_LEADER=a", "needs SAPWOOD_HOSTS"),
            ("SAPWOOD_HOSTS=two SAPWOOD_LEADER=a", "SAPWOOD_HOSTS=two: must be a whole number"),
            ("SAPWOOD_HOSTS=0 SAPWOOD_LEADER=a SAPWOOD_RANK=0", "at least one host"),
            ("SAPWOOD_HOSTS=2 SAPWOOD_LEADER=a:b SAPWOOD_RANK=0", "SAPWOOD_LEADER: b is no port"),
            ("SAPWOOD_HOSTS=2 SAPWOOD_LEADER=a JOB_COMPLETION_INDEX=2", "a parallelism of 2"),
            ("DMLC_TRACKER_URI=t DMLC_TASK_ID=0 DMLC_NUM_WORKER=2", "DMLC_TRACKER_PORT is not set"),
            (
                "SAPWOOD_HOSTS=2 SAPWOOD_LEADER=a SAPWOOD_RANK=0 DMLC_TRACKER_URI=t DMLC_TRACKER_PORT=1 DMLC_TASK_ID=1 DMLC_NUM_WORKER=2",
                "set one of them",
            ),
        ] {
            let error = of(line).unwrap_err().to_string();
            assert!(error.contains(part), "{line}: {error}");
        }
    }

    #[test]
    fn patience_is_a_number_of_seconds() {
        assert_eq!(patience(|_| None), Ok(PATIENCE));
        assert_eq!(patience(|_| Some("5".to_string())), Ok(Duration::from_secs(5)));
        for text in ["0", "-1", "5s", "1.5"] {
            assert!(patience(|_| Some(text.to_string())).is_err(), "{text}");
        }
    }
}
