//! The memory that a container asks for: quantities as Kubernetes reads them, against what training needs.

use crate::finding::Report;
use crate::yaml::{Yaml, YamlValue};

/// What a job without data takes.
const LEAST: f64 = (64 << 20) as f64;

/// Suffixes of quantities, and what they stand for.
const UNITS: [(&str, f64); 13] = [
    ("Ki", 1024.0),
    ("Mi", 1_048_576.0),
    ("Gi", 1_073_741_824.0),
    ("Ti", 1_099_511_627_776.0),
    ("Pi", 1_125_899_906_842_624.0),
    ("Ei", 1_152_921_504_606_846_976.0),
    ("k", 1e3),
    ("M", 1e6),
    ("G", 1e9),
    ("T", 1e12),
    ("P", 1e15),
    ("E", 1e18),
    ("m", 1e-3),
];

/// The bytes that a quantity stands for; `None` if it is none.
fn bytes(node: &Yaml) -> Option<f64> {
    let text = node
        .text()
        .map(str::to_string)
        .or_else(|| if let YamlValue::Number(number) = &node.value { Some(number.clone()) } else { None })?;
    let unit = UNITS.iter().find_map(|(suffix, unit)| Some((text.strip_suffix(suffix)?, *unit)));
    let (number, unit) = unit.unwrap_or((&text, 1.0));
    let is_number = number.starts_with(|c: char| c.is_ascii_digit() || c == '.' || c == '+');
    is_number.then(|| number.parse::<f64>().ok())?.map(|number| number * unit)
}

/// Checks what a container that trains is given; `need` is how many bytes its data take, where that is known.
pub fn check(container: &Yaml, need: Option<u64>, report: &mut Report) {
    let given = |kind: &str| container.find(&["resources", kind, "memory"]);
    let mut known = Vec::new();
    for (kind, name) in [("requests", "request"), ("limits", "limit")] {
        let Some(node) = given(kind) else { continue };
        match bytes(node) {
            Some(amount) => known.push((name, node, amount)),
            None => report.error(node.at, format!("the memory {name} is not a quantity"), "write it as 8Gi"),
        }
    }
    if let [(_, request, asked), (_, _, allowed)] = known[..]
        && asked > allowed
    {
        report.error(request.at, "the memory request is more than the limit", "lower it, or raise the limit");
    }
    // The limit kills; the request, where there is none, is all that is sure to be there.
    let Some((name, node, amount)) = known.last() else { return };
    let mib = |bytes: f64| format!("{} MiB", (bytes / 1_048_576.0).round());
    if *amount < LEAST {
        let message = format!("the memory {name} is {amount} bytes, and training takes 64 MiB before it has read anything");
        report.error(node.at, message, "give it a unit, as in 8Gi (m stands for thousandths)");
    } else if let Some(need) = need.map(|need| need as f64)
        && *amount < need
    {
        let message = format!("the memory {name} is {}, and training on the data takes about {}", mib(*amount), mib(need));
        report.warning(node.at, message, format!("give at least {}Gi", (need / 1_073_741_824.0).ceil()));
    }
}
