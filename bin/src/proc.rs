//! Sizes that the kernel tells under `/proc`, in lines such as `MemTotal:  16314788 kB`.

use std::fs;

/// The bytes on the line of `file` that begins with `name`; nothing where the kernel does not tell.
pub fn bytes(file: &str, name: &str) -> Option<u64> {
    parse(&fs::read_to_string(file).ok()?, name)
}

fn parse(text: &str, name: &str) -> Option<u64> {
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    let kibibytes: u64 = value.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_whole_of_what_precedes_the_colon() {
        let text = "Name:\tsapwood\nVmHWMax:\t  1 kB\nVmHWM:\t  2048 kB\nThreads:\t4\nVast:\t18446744073709551615 kB\n";
        assert_eq!(parse(text, "VmHWM"), Some(2 << 20));
        for other in ["Threads", "Name", "Vm", "Vast", ""] {
            assert_eq!(parse(text, other), None, "{other}");
        }
        assert_eq!(bytes("/proc/no/such/file", "VmHWM"), None);
    }
}
