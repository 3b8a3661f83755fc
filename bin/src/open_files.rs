//! The limit of open files, which is raised as far as that is allowed where many are needed.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Makes sure that `wanted` files may be open, if that is possible; how many may. `None` where there is no limit.
pub fn raise(wanted: u64) -> Option<u64> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let limit = current?;
    let raised = maximum.map_or(wanted, |maximum| maximum.min(wanted));
    let is_raised = raised > limit && setrlimit(Resource::Nofile, Rlimit { current: Some(raised), maximum }).is_ok();
    Some(if is_raised { raised } else { limit })
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_limit_is_never_lowered() {
        let before = super::raise(0);
        assert_eq!(super::raise(1), before);
        assert!(super::raise(before.map_or(0, |limit| limit + 1)) >= before);
    }
}
