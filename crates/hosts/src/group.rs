//! [`Group`]: who takes part in a job, as this host sees it.

use crate::error::Error;

/// The hosts of a job, and which of them this is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// This host's number, from 0.
    pub rank: usize,
    /// The number of hosts, at least 2.
    pub size: usize,
    /// The name of host 0, which the others look for.
    pub leader: String,
    /// The first port of those at which host 0 may be met.
    pub port: u16,
    /// What tells this job from others on the same machines.
    pub job: String,
    /// The hosts' names by rank, where all are known beforehand; else empty.
    pub names: Vec<String>,
    /// The network interface between the hosts, if the platform names it.
    pub interface: Option<String>,
}

/// The first port that is tried where nothing else is said.
pub const PORT: u16 = 7117;

impl Group {
    /// The hosts of a job whose names are all known. Ranks follow the sorted names, with numbers in them by value: `algo-10` comes after
    /// `algo-9`. `None` if there is one host only.
    ///
    /// # Errors
    /// `current` is none of `hosts`, or one is listed twice.
    pub fn of_names(hosts: &[String], current: &str, interface: Option<String>, job: &str) -> Result<Option<Self>, Error> {
        let mut names = hosts.to_vec();
        names.sort_by(|a, b| parts(a).cmp(&parts(b)).then_with(|| a.cmp(b)));
        if let Some(pair) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(Error::User(format!("host {} is listed twice", pair[0])));
        }
        if names.len() < 2 {
            return Ok(None);
        }
        let Some(rank) = names.iter().position(|name| name == current) else {
            return Err(Error::User(format!("this host is called {current:?}, which is none of {}", names.join(", "))));
        };
        let (size, leader) = (names.len(), names[0].clone());
        let job = format!("{job} {}", names.join(","));
        Ok(Some(Self { rank, size, leader, port: PORT, job, names, interface }))
    }

    /// What a host is called in messages: `host 2 of 4 (algo-2)`.
    pub fn host(&self, rank: usize) -> String {
        let (number, size) = (rank + 1, self.size);
        match self.name(rank) {
            Some(name) => format!("host {number} of {size} ({name})"),
            None => format!("host {number} of {size} (rank {rank})"),
        }
    }

    /// The hosts called in messages.
    pub fn hosts(&self, ranks: impl IntoIterator<Item = usize>) -> String {
        ranks.into_iter().map(|rank| self.host(rank)).collect::<Vec<_>>().join(", ")
    }

    fn name(&self, rank: usize) -> Option<&str> {
        let known = self.names.get(rank).map(String::as_str).filter(|name| !name.is_empty());
        known.or((rank == 0).then_some(self.leader.as_str()))
    }
}

/// A name's parts as they are sorted: text, and numbers by value.
fn parts(name: &str) -> Vec<(u64, &str)> {
    let mut parts = Vec::new();
    let mut rest = name;
    while let Some(first) = rest.chars().next() {
        let is_number = first.is_ascii_digit();
        let end = rest.find(|c: char| c.is_ascii_digit() != is_number).unwrap_or(rest.len());
        let (part, after) = rest.split_at(end);
        parts.push(if is_number { (part.parse().unwrap_or(u64::MAX), "") } else { (0, part) });
        rest = after;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(names: &str, current: &str) -> Result<Option<Group>, Error> {
        let names: Vec<String> = names.split_whitespace().map(str::to_string).collect();
        Group::of_names(&names, current, None, "job")
    }

    #[test]
    fn ranks_follow_sorted_names() {
        let many: String = (1..=12).rev().map(|i| format!("algo-{i} ")).collect();
        for i in 1..=12 {
            let group = group(&many, &format!("algo-{i}")).unwrap().unwrap();
            assert_eq!((group.rank, group.size, group.leader.as_str()), (i - 1, 12, "algo-1"));
        }
        let two = group("b a", "b").unwrap().unwrap();
        assert_eq!((two.rank, two.host(0), two.host(1)), (1, "host 1 of 2 (a)".to_string(), "host 2 of 2 (b)".to_string()));
        // Equal by value, told apart all the same.
        assert_eq!(group("a01 a1", "a1").unwrap().unwrap().rank, 1);
    }

    #[test]
    fn one_host_is_no_group() {
        assert_eq!(group("algo-1", "algo-1"), Ok(None));
        assert_eq!(group("", "algo-1"), Ok(None));
    }

    #[test]
    fn contradictions_are_errors() {
        let error = |names, current| group(names, current).unwrap_err().to_string();
        assert_eq!(error("algo-1 algo-2", "aws"), "this host is called \"aws\", which is none of algo-1, algo-2");
        assert_eq!(error("algo-1 algo-2 algo-1", "algo-1"), "host algo-1 is listed twice");
    }
}
