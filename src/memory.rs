//! How much memory this process may use, and whether a job can fit into it. A failed request for memory ends a process, and a control group
//! kills one that takes too much, both without a word about the reason: what is known beforehand is said beforehand.

use crate::text::counted;
use crate::{Error, FeatureSchema, Params, Result};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The least of what the control group, the limit of addresses (`ulimit -v`) and the machine allow, in bytes. `None` where nobody tells.
pub fn limit() -> Option<u64> {
    static LIMIT: OnceLock<Option<u64>> = OnceLock::new();
    *LIMIT.get_or_init(found)
}

fn found() -> Option<u64> {
    let groups = groups(&fs::read_to_string("/proc/self/cgroup").unwrap_or_default());
    let groups = groups.into_iter().filter_map(|path| fs::read_to_string(path).ok()?.trim().parse().ok());
    let process = fs::read_to_string("/proc/self/limits").ok().and_then(|text| addresses(&text));
    let machine = fs::read_to_string("/proc/meminfo").ok().and_then(|text| installed(&text));
    groups.chain(process).chain(machine).min()
}

/// Where the limits of this process's control groups stand, those of the groups above counted, by the list that cgroups(7) describes. In a
/// container the own group may be the root of what there is to be seen.
fn groups(list: &str) -> Vec<PathBuf> {
    let group = |line: &str| {
        let (controllers, path) = line.split_once(':')?.1.split_once(':')?;
        let (base, file) = match controllers {
            "" => ("/sys/fs/cgroup", "memory.max"),
            _ if controllers.split(',').any(|name| name == "memory") => ("/sys/fs/cgroup/memory", "memory.limit_in_bytes"),
            _ => return None,
        };
        let own = Path::new(path.trim_start_matches('/')).to_path_buf();
        Some(own.ancestors().map(|group| Path::new(base).join(group).join(file)).collect::<Vec<_>>())
    };
    list.lines().filter_map(group).flatten().collect()
}

/// What training may use, in bytes: what a parameter says, else nine tenths of [`limit`], which leaves some for what nobody counts.
pub fn allowed(given: Option<u64>) -> Option<u64> {
    given.or_else(|| limit().map(|limit| limit / 10 * 9))
}

/// What each of several jobs in this process may use of what it may use.
pub(crate) fn share(limit: u64, jobs: u64) -> u64 {
    let base = limit.min(BASE);
    base + (limit - base) / jobs.max(1)
}

/// The limit of addresses, bytes.
fn addresses(limits: &str) -> Option<u64> {
    limits.lines().find_map(|line| line.strip_prefix("Max address space"))?.split_whitespace().next()?.parse().ok()
}

/// The machine's memory, bytes.
fn installed(facts: &str) -> Option<u64> {
    let line = facts.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

/// What decides how much memory training takes.
#[derive(Clone, Copy, Debug)]
pub struct TrainingSize {
    /// Rows of training data.
    pub rows: u64,
    /// Features.
    pub features: u64,
    /// Margins of a row.
    pub outputs: u64,
    /// Features whose values are kept beside their bins, for linear leaves.
    pub raw_features: u64,
}

/// Bytes of a job without data: code, buffers of the readers, histograms.
const BASE: u64 = 64 << 20;
/// Bytes of a row beside its bins: label, weight, gradients, its place.
const ROW: u64 = 40;
/// Bytes of a row for each margin.
const OUTPUT: u64 = 24;

/// Bytes of a value that is kept beside its bin: at least, and as a rule.
const RAW: [u64; 2] = [4, 8];

/// Bytes of a feature whatever its values are: its name, its bins, its place in histograms.
const FEATURE: u64 = 500;

impl TrainingSize {
    /// Of so many rows of these features.
    pub fn of(params: &Params, schema: &FeatureSchema, rows: u64, outputs: u64) -> Self {
        let numeric = schema.features.iter().filter(|feature| !feature.kind.is_categorical()).count();
        let raw_features = if params.linear_tree { numeric as u64 } else { 0 };
        Self { rows, features: schema.len() as u64, outputs, raw_features }
    }

    /// About how many bytes training takes. Bins are kept twice, a byte each; with validation data there are more rows than were counted here.
    pub fn bytes(&self) -> u64 {
        let raw = self.raw_features.saturating_mul(RAW[1] - RAW[0]);
        let of_row = self.features.saturating_mul(2).saturating_add(raw);
        self.least().saturating_add(self.rows.saturating_mul(of_row)).saturating_add(BASE)
    }

    /// About how many bytes training takes besides the bins.
    pub fn beside_bins(&self) -> u64 {
        let raw = self.raw_features.saturating_mul(RAW[1] - RAW[0]);
        self.least().saturating_add(self.rows.saturating_mul(raw)).saturating_add(BASE)
    }

    /// Bytes that rows and features take whatever the values are: a bin that most rows have costs nothing.
    fn least(&self) -> u64 {
        let raw = self.raw_features.saturating_mul(RAW[0]);
        let rows = self.rows.saturating_mul(ROW.saturating_add(OUTPUT.saturating_mul(self.outputs)).saturating_add(raw));
        rows.saturating_add(self.features.saturating_mul(FEATURE))
    }

    /// Refuses a job whose rows and features alone take more than this process may use.
    ///
    /// # Errors
    /// They do.
    pub fn check(&self) -> Result<()> {
        self.check_within(limit())
    }

    /// The same for another limit.
    ///
    /// # Errors
    /// They do.
    pub(crate) fn check_within(&self, limit: Option<u64>) -> Result<()> {
        let Self { rows, features, .. } = self;
        refuse_beyond(
            limit,
            self.least(),
            &format!("training on {} of {} takes", counted(*rows as usize, "row"), counted(*features as usize, "feature")),
        )
    }
}

/// Refuses rows of which one number each takes more than this process may use.
///
/// # Errors
/// It does.
pub fn check_rows(rows: u64) -> Result<()> {
    refuse_beyond(limit(), rows.saturating_mul(size_of::<f64>() as u64), &format!("{rows} rows take"))
}

/// Refuses features that take more than this process may use whatever their values are.
///
/// # Errors
/// They do.
pub fn check_features(features: u64) -> Result<()> {
    refuse_beyond(limit(), features.saturating_mul(FEATURE), &format!("{features} features take"))
}

fn refuse_beyond(limit: Option<u64>, bytes: u64, what: &str) -> Result<()> {
    match limit {
        Some(limit) if bytes > limit => {
            let (needed, allowed) = (bytes >> 20, limit >> 20);
            let text = format!("not enough memory: {what} at least {needed} MiB, and this process may use {allowed} MiB");
            Err(Error::data(text).with_remedy("use a machine or a limit with more memory, or fewer rows or features"))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Within a factor of 1.6 of the peaks that the README has, in MiB.
    #[test]
    fn the_estimate_is_near_what_was_measured() {
        for (rows, features, outputs, measured) in
            [(1_000_000, 28, 1, 179), (2_400_000, 8, 1, 269), (60_000, 500, 1, 116), (60_000, 784, 10, 118)]
        {
            let size = TrainingSize { rows, features, outputs, raw_features: 0 };
            let estimate = size.bytes() >> 20;
            assert!(10 * estimate < 16 * measured && 10 * measured < 16 * estimate, "{estimate} for {measured}");
            assert!(size.least() >> 20 < measured);
        }
        let endless = TrainingSize { rows: u64::MAX, features: 9, outputs: 9, raw_features: 9 };
        assert_eq!(endless.bytes(), u64::MAX);
        assert!(endless.check().is_err());
    }

    #[test]
    fn values_that_are_kept_are_counted() {
        let schema = FeatureSchema::numeric(10);
        let bytes = |is_linear| {
            let params = Params::builder().num_round(1).linear_tree(is_linear).build().unwrap();
            TrainingSize::of(&params, &schema, 1_000_000, 1).bytes()
        };
        assert_eq!(bytes(true) - bytes(false), 80_000_000);
    }

    #[test]
    fn limits_are_found() {
        let limits = "Limit                     Soft Limit           Hard Limit           Units\n\
                      Max address space         4096000000           unlimited            bytes\n";
        assert_eq!(addresses(limits), Some(4_096_000_000));
        assert_eq!(addresses(&limits.replace("4096000000", "unlimited")), None);
        assert_eq!(installed("MemTotal:       16314788 kB\nMemFree: 1 kB\n"), Some(16_314_788 << 10));
        assert!(limit().is_some_and(|limit| (64 << 20..1 << 50).contains(&limit)));
    }

    #[test]
    fn groups_are_found_with_those_above() {
        let found = |list: &str| groups(list).iter().map(|path| path.display().to_string()).collect::<Vec<_>>();
        let unified =
            ["/sys/fs/cgroup/a.slice/b.scope/memory.max", "/sys/fs/cgroup/a.slice/memory.max", "/sys/fs/cgroup/memory.max"];
        assert_eq!(found("0::/a.slice/b.scope\n"), unified);
        let separate = ["/sys/fs/cgroup/memory/x/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.limit_in_bytes"];
        assert_eq!(found("3:cpu,cpuacct:/y\n2:hugetlb,memory:/x\n"), separate);
        assert_eq!(found("0::/\n"), ["/sys/fs/cgroup/memory.max"]);
    }

    #[test]
    fn what_cannot_fit_is_refused_with_its_numbers() {
        let error = refuse_beyond(Some(4 << 30), 6_400_000_000, "100000000 rows take").unwrap_err().to_string();
        let expected = "not enough memory: 100000000 rows take at least 6103 MiB, and this process may use 4096 MiB; use a ";
        assert!(error.starts_with(expected), "{error}");
        assert!(refuse_beyond(Some(4 << 30), 4 << 30, "").is_ok() && refuse_beyond(None, u64::MAX, "").is_ok());
    }
}
