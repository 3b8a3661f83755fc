//! Findings for people and for programs.

use crate::finding::Finding;
use sapwood::text::shown;
use serde_json::{Value, json};
use std::fmt::Write;

/// One finding after another: place, severity, what is wrong; what stands there; what to do.
pub fn to_text(findings: &[Finding]) -> String {
    let mut out = String::new();
    for finding in findings {
        let place = finding.at.map_or_else(String::new, |at| format!("{}:{}:", at.line, at.column));
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{}:{place} {}: {}", shown(&finding.file), finding.severity.word(), shown(&finding.message));
        if !finding.text.is_empty() {
            let _ = writeln!(out, "    {}", shown(&finding.text));
        }
        if !finding.fix.is_empty() {
            let _ = writeln!(out, "    fix: {}", shown(&finding.fix));
        }
    }
    out
}

/// A JSON list, one object a finding.
pub fn to_json(findings: &[Finding]) -> String {
    let object = |finding: &Finding| {
        json!({
            "severity": finding.severity.word(),
            "file": finding.file,
            "line": finding.at.map(|at| at.line),
            "column": finding.at.map(|at| at.column),
            "text": finding.text,
            "message": finding.message,
            "fix": finding.fix,
        })
    };
    format!("{:#}\n", Value::Array(findings.iter().map(object).collect()))
}
