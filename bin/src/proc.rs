//! What the kernel tells under `/proc`, in lines such as `MemTotal:  16314788 kB` and `SigIgn:\t0000000000000001`.

use std::fs;

/// The bytes on the line of `file` that begins with `name`; nothing where the kernel does not tell.
pub fn bytes(file: &str, name: &str) -> Option<u64> {
    parse(&fs::read_to_string(file).ok()?, name)
}

/// What the processor is called.
pub fn processor() -> Option<String> {
    let text = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    line.split_once(':').map(|(_, name)| name.trim().to_string())
}

/// Whether whoever started this process had it ignore a signal, as `nohup` does with SIGHUP.
pub fn ignores(signal: i32) -> bool {
    fs::read_to_string("/proc/self/status").is_ok_and(|text| ignored(&text, signal))
}

fn ignored(text: &str, signal: i32) -> bool {
    let mask = value(text, "SigIgn").and_then(|mask| u64::from_str_radix(mask, 16).ok());
    mask.is_some_and(|mask| (1..=64).contains(&signal) && mask >> (signal - 1) & 1 == 1)
}

/// What follows `name` and a colon on a line.
fn value<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim)
}

fn parse(text: &str, name: &str) -> Option<u64> {
    let kibibytes: u64 = value(text, name)?.strip_suffix("kB")?.trim().parse().ok()?;
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

    #[test]
    fn ignored_signals_are_bits_of_a_mask_that_begins_with_signal_1() {
        let text = "SigBlk:\tffffffffffffffff\nSigIgn:\t8000000000001001\n";
        let signals: Vec<_> = (-1..70).filter(|signal| ignored(text, *signal)).collect();
        assert_eq!(signals, [1, 13, 64]);
        assert!(!ignored("SigIgn:\tnone\n", 1) && !ignored("", 1));
    }
}
