//! Types of instances: which there are for what, and how much memory they have.

use super::context::RuleContext;
use super::instances_table::{Family, HOSTING, TRAINING, TRANSFORM};
use crate::yaml::Yaml;
use sapwood::names::nearest;

/// What an instance is for.
#[derive(Clone, Copy)]
pub enum Purpose {
    /// A training job.
    Training,
    /// An endpoint.
    Hosting,
    /// A batch transform.
    Transform,
}

impl Purpose {
    fn families(self) -> &'static [Family] {
        match self {
            Self::Training => TRAINING,
            Self::Hosting => HOSTING,
            Self::Transform => TRANSFORM,
        }
    }

    fn verb(self) -> &'static str {
        match self {
            Self::Training => "trains",
            Self::Hosting => "serves models",
            Self::Transform => "transforms batches",
        }
    }
}

/// Families with accelerators, which are not looked into further.
const ACCELERATED: &[&str] = &[
    "g4dn",
    "g5",
    "g6",
    "g6e",
    "g7",
    "g7e",
    "p2",
    "p3",
    "p3dn",
    "p4d",
    "p4de",
    "p5",
    "p5e",
    "p5en",
    "p6-b200",
    "p6-b300",
    "p6e-gb200",
    "trn1",
    "trn1n",
    "trn2",
    "inf1",
    "inf2",
    "dl1",
];

const CHEAPER: &str = "use a family such as ml.m5 or ml.c5";

/// Judges an instance type.
pub fn check(node: &Yaml, purpose: Purpose, context: &mut RuleContext<'_>) {
    let Some(kind) = node.text() else { return };
    let (report, at, families) = (&mut *context.report, node.at, purpose.families());
    let Some((family, size)) = parts(kind) else {
        let with_prefix = format!("ml.{kind}");
        let is_known = parts(&with_prefix).is_some_and(|(family, _)| families.iter().any(|(known, _)| *known == family));
        let fix = if is_known { format!("write {with_prefix}") } else { "write it as ml.m5.2xlarge".to_string() };
        let message = format!("{kind:?} is not a SageMaker instance type: those have the form ml.FAMILY.SIZE");
        return report.error(at, message, fix);
    };
    if let Some((_, sizes)) = families.iter().find(|(known, _)| *known == family) {
        if !sizes.contains(&size) {
            let hint =
                nearest(size, sizes.iter().copied()).map_or_else(String::new, |size| format!("did you mean ml.{family}.{size}? "));
            let message =
                format!("there is no {kind}: SageMaker {} on ml.{family} in the sizes {}", purpose.verb(), sizes.join(", "));
            report.error(at, message, format!("{hint}Name one of these sizes"));
        }
    } else if ACCELERATED.contains(&family) {
        report.note(at, format!("{kind} has accelerators, which Sapwood does not use, and you would pay for them"), CHEAPER);
    } else if is_graviton(family) {
        let message = match purpose {
            Purpose::Hosting => format!("{kind} has Graviton CPUs, and the image is for x86-64"),
            _ => format!("{kind} has Graviton CPUs, on which SageMaker neither trains nor transforms"),
        };
        report.error(at, message, CHEAPER);
    } else {
        let known = families.iter().map(|(known, _)| *known).chain(ACCELERATED.iter().copied());
        let fix =
            nearest(family, known).map_or_else(|| "check its name".to_string(), |known| format!("did you mean ml.{known}.{size}?"));
        let message =
            format!("{kind} belongs to a family on which SageMaker, as far as this version knows, never {}", purpose.verb());
        report.warning(at, message, fix);
    }
}

/// Family and size of an instance type.
fn parts(kind: &str) -> Option<(&str, &str)> {
    kind.strip_prefix("ml.")?.split_once('.')
}

/// Letters behind the generation that begin with `g`: m6g, c7gd.
fn is_graviton(family: &str) -> bool {
    let generation = family.find(|c: char| c.is_ascii_digit()).map_or("", |at| &family[at..]);
    generation.trim_start_matches(|c: char| c.is_ascii_digit()).starts_with('g')
}

/// Whether an instance has disks of its own: the letter `d` behind the generation.
pub fn has_local_storage(kind: &str) -> bool {
    let family = parts(kind).map_or("", |(family, _)| family);
    let letters = family.trim_start_matches(|c: char| c.is_ascii_alphabetic()).trim_start_matches(|c: char| c.is_ascii_digit());
    letters.split('-').next().is_some_and(|letters| letters.contains('d'))
}

/// The memory of an instance type to train on, in bytes, if it is known.
pub fn memory(kind: &str) -> Option<u64> {
    let (family, size) = parts(kind)?;
    TRAINING.iter().find(|(known, sizes)| *known == family && sizes.contains(&size))?;
    let cpus = match size.strip_suffix("xlarge") {
        Some("") => 4,
        Some(times) => 4 * times.parse::<u64>().ok()?,
        None => 2,
    };
    let each = match family.chars().next()? {
        'c' => 2,
        'r' => 8,
        't' if size == "medium" => 2,
        'm' | 't' => 4,
        _ => return None,
    };
    Some((cpus * each) << 30)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_known_of_instances() {
        for (kind, gib) in [
            ("ml.m5.large", 8),
            ("ml.m5.2xlarge", 32),
            ("ml.c5.9xlarge", 72),
            ("ml.r7i.48xlarge", 1536),
            ("ml.m4.16xlarge", 256),
            ("ml.t3.medium", 4),
            ("ml.t3.large", 8),
        ] {
            assert_eq!(memory(kind), Some(gib << 30), "{kind}");
        }
        for kind in ["ml.m5.9xlarge", "ml.p5.48xlarge", "m5.large", "ml.m5"] {
            assert_eq!(memory(kind), None, "{kind}");
        }
    }
}
