//! [`Seconds`]: a length of time.

use super::ParamValue;
use std::str::FromStr;
use std::time::Duration;

/// A length of time above 0: seconds, or a number with a unit, `90s`, `15m`, `2h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seconds(pub Duration);

impl FromStr for Seconds {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (number, unit) = text.split_at(text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len()));
        let of_unit = match unit {
            "" | "s" => Some(1.0),
            "m" | "min" => Some(60.0),
            "h" => Some(3600.0),
            _ => None,
        };
        let seconds = of_unit.zip(number.trim().parse::<f64>().ok()).map(|(unit, number)| unit * number);
        let time = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        let time = time.filter(|time| !time.is_zero());
        time.map(Self).ok_or_else(|| "write seconds, or a number and s, m or h: 90s, 15m, 2h".to_string())
    }
}

impl ParamValue for Seconds {
    type Arg = Duration;
    const EXPECTED: &'static str = "time such as 90, 90s, 15m or 2h";

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }

    fn render(&self) -> String {
        format!("{}s", self.0.as_secs_f64())
    }

    fn from_arg(arg: Duration) -> Self {
        Self(arg)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_understood_and_nothing_else() {
        for (text, seconds) in [("90", 90.0), ("1.5", 1.5), ("90s", 90.0), ("15 m", 900.0), ("2min", 120.0), ("0.5h", 1800.0)] {
            let time = Seconds::parse(text).unwrap();
            assert_eq!(time.0.as_secs_f64(), seconds, "{text}");
            assert_eq!(Seconds::parse(&time.render()), Some(time));
        }
        for text in ["", "0", "-3", "0s", "nan", "inf", "1e300", "5d", "1m30s", "s", "60 seconds", "1e-12"] {
            assert_eq!(Seconds::parse(text), None, "{text}");
        }
    }
}
