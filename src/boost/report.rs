//! [`RoundReport`]: how good the model is after a round.

/// Every metric of every data set after a round.
#[derive(Clone, Debug, PartialEq)]
pub struct RoundReport {
    /// The round, counted from 0.
    pub round: usize,
    /// Data set and metric name (`("validation", "rmse")`) with the value, in printing order: sets in the order given, `train` first.
    pub values: Vec<(String, String, f64)>,
}

impl RoundReport {
    /// XGBoost's line: `[12]\ttrain-rmse:0.12345\tvalidation-rmse:0.23456`.
    pub fn line(&self) -> String {
        let values = self.values.iter().map(|(set, metric, value)| format!("\t{set}-{metric}:{value:.5}"));
        format!("[{}]{}", self.round, values.collect::<String>())
    }
}

/// Whether metric lines can bear this name of a data set.
pub fn is_set_name(name: &str) -> bool {
    let is_legal = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    name.bytes().any(|byte| byte.is_ascii_alphanumeric()) && name.bytes().all(is_legal)
}
