//! The network interface over which another host is reached, from the kernel's table of routes.

use std::fs;
use std::net::Ipv4Addr;
use std::path::Path;

/// The interface that packets to `address` leave by; none where the kernel does not tell.
pub fn interface_to(address: Ipv4Addr) -> Option<String> {
    if address.is_loopback() {
        return Some("lo".to_string());
    }
    interface_in(&fs::read_to_string("/proc/net/route").ok()?, address)
}

/// Whether there is such an interface.
pub fn is_interface(name: &str) -> bool {
    !name.is_empty() && !name.contains('/') && Path::new("/sys/class/net").join(name).exists()
}

/// The longest prefix wins, then the smallest metric.
fn interface_in(table: &str, address: Ipv4Addr) -> Option<String> {
    let address = u32::from(address);
    let routes = table.lines().skip(1).filter_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        // The bytes in network order, read as a number of this machine.
        let hex = |index: usize| Some(u32::from_be(u32::from_str_radix(fields.get(index)?, 16).ok()?));
        let (destination, mask) = (hex(1)?, hex(7)?);
        let metric: u32 = fields.get(6)?.parse().ok()?;
        (address & mask == destination).then(|| (mask.count_ones(), u32::MAX - metric, fields[0].to_string()))
    });
    routes.max_by_key(|(prefix, preference, _)| (*prefix, *preference)).map(|(_, _, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n\
        eth0\t00000000\t0102000A\t0003\t0\t0\t100\t00000000\t0\t0\t0\n\
        eth1\t00000000\t0102000A\t0003\t0\t0\t50\t00000000\t0\t0\t0\n\
        docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n\
        eth2\t0000630A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n";

    #[test]
    fn the_longest_prefix_tells_the_interface() {
        let interface = |a, b, c, d| interface_in(TABLE, Ipv4Addr::new(a, b, c, d));
        assert_eq!(interface(10, 99, 0, 7).as_deref(), Some("eth2"));
        assert_eq!(interface(172, 17, 3, 4).as_deref(), Some("docker0"));
        assert_eq!(interface(8, 8, 8, 8).as_deref(), Some("eth1"));
        assert_eq!(interface_in("", Ipv4Addr::new(1, 1, 1, 1)), None);
        assert_eq!(interface_in("Iface\nbroken line\n", Ipv4Addr::new(1, 1, 1, 1)), None);
    }

    #[test]
    fn the_kernel_s_own_table_is_read() {
        assert_eq!(interface_to(Ipv4Addr::LOCALHOST).as_deref(), Some("lo"));
        assert!(is_interface("lo") && !is_interface("none7") && !is_interface("") && !is_interface("../net"));
    }
}
