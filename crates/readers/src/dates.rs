//! Dates and times in text: ISO forms are read, other forms are recognised.

use crate::Column;

/// A date or a time that a text says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    /// Days since 1970.
    Date(i32),
    /// Microseconds since 1970, and whether the text names the distance from UTC. Where it does not, UTC is meant.
    Datetime { micros: i64, offset: bool },
}

/// Microseconds in a day.
pub(super) const DAY: i64 = 86_400_000_000;

impl Moment {
    /// Days since 1970, if there is no time of day.
    pub fn days(self) -> Option<f64> {
        match self {
            Self::Date(days) => Some(f64::from(days)),
            Self::Datetime { micros, .. } => (micros % DAY == 0).then_some((micros / DAY) as f64),
        }
    }

    /// Microseconds since 1970; a date is its midnight.
    pub fn micros(self) -> f64 {
        match self {
            Self::Date(days) => (i64::from(days) * DAY) as f64,
            Self::Datetime { micros, .. } => micros as f64,
        }
    }
}

/// The meaning of `2024-01-05`, `2024-01-05 10:30`, `2024-01-05T10:30:00.25Z`, `2024-01-05 10:30:00+02:00` and the like.
pub(super) fn moment(text: &str) -> Option<Moment> {
    let mut rest = Digits(text.as_bytes());
    let date = (rest.number(4)?, rest.after(b"-")?.number(2)?, rest.after(b"-")?.number(2)?);
    let days = days(date)?;
    if rest.0.is_empty() {
        return Some(Moment::Date(days));
    }
    let (hour, minute) = (rest.after(b"T t")?.number(2)?, rest.after(b":")?.number(2)?);
    let second = if rest.0.first() == Some(&b':') { rest.after(b":")?.number(2)? } else { 0 };
    let fraction = if rest.0.first() == Some(&b'.') { rest.after(b".")?.micros()? } else { 0 };
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let offset = offset(rest.0.strip_prefix(b" ").unwrap_or(rest.0), rest.0.is_empty())?;
    let minutes = i64::from(hour) * 60 + i64::from(minute) - offset.unwrap_or(0);
    let micros = i64::from(days) * DAY + (minutes * 60 + i64::from(second)) * 1_000_000 + fraction;
    Some(Moment::Datetime { micros, offset: offset.is_some() })
}

/// Minutes that the clock is ahead of UTC; `Some(None)` where the text ends without saying so.
fn offset(text: &[u8], is_end: bool) -> Option<Option<i64>> {
    match text {
        [] => is_end.then_some(None),
        b"Z" | b"z" | b"UTC" => Some(Some(0)),
        [sign @ (b'+' | b'-'), digits @ ..] => {
            let mut rest = Digits(digits);
            let hours = rest.number(2)?;
            let minutes = match rest.0 {
                [] => 0,
                [b':', ..] => rest.after(b":")?.number(2)?,
                _ => rest.number(2)?,
            };
            let total = i64::from(hours * 60 + minutes);
            (rest.0.is_empty() && hours < 24 && minutes < 60).then_some(Some(if *sign == b'-' { -total } else { total }))
        }
        _ => None,
    }
}

/// Whether a number is a date of the 20th or 21st century without hyphens: 20240105.
pub(super) fn is_packed_date(x: f64) -> bool {
    let is_number = PACKED_DATES.contains(&x) && x.fract() == 0.0;
    let number = x as u32;
    is_number && days((number / 10_000, number / 100 % 100, number % 100)).is_some()
}

/// Whether all numbers of a column are such dates.
pub(super) fn are_packed_dates(column: &Column) -> bool {
    let is_date = |x: f64| x.is_nan() || is_packed_date(x);
    match column {
        Column::F32(values) => values.iter().all(|&x| is_date(f64::from(x))),
        Column::F64(values) => values.iter().all(|&x| is_date(x)),
        Column::Codes(_) => false,
    }
}

/// Where such numbers lie.
pub(super) const PACKED_DATES: std::ops::RangeInclusive<f64> = 19_000_101.0..=21_001_231.0;

/// What is left of a text that is read from its beginning.
struct Digits<'a>(&'a [u8]);

impl Digits<'_> {
    /// A number of so many digits.
    fn number(&mut self, digits: usize) -> Option<u32> {
        let (number, rest) = self.0.split_at_checked(digits)?;
        self.0 = rest;
        number.iter().try_fold(0, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + u32::from(byte - b'0')))
    }

    /// What comes behind one of `marks`.
    fn after(&mut self, marks: &[u8]) -> Option<&mut Self> {
        let (mark, rest) = self.0.split_first()?;
        self.0 = rest;
        marks.contains(mark).then_some(self)
    }

    /// One to nine digits behind a point as microseconds; what is finer is cut off.
    fn micros(&mut self) -> Option<i64> {
        let digits = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (fraction, rest) = self.0.split_at(digits);
        self.0 = rest;
        let padded = fraction.iter().copied().chain(std::iter::repeat(b'0')).take(6);
        (1..=9).contains(&digits).then(|| padded.fold(0, |sum, byte| sum * 10 + i64::from(byte - b'0')))
    }
}

/// Days since 1970 of a date of the Gregorian calendar.
fn days((year, month, day): (u32, u32, u32)) -> Option<i32> {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let length = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        _ => return None,
    };
    if day == 0 || day > length || year == 0 {
        return None;
    }
    // Years begin in March, so that the day that some have and others do not is the last.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let of_year = (153 * month + 2) / 5 + day - 1;
    let since_0 = year * 365 + year / 4 - year / 100 + year / 400 + of_year;
    Some(since_0 as i32 - 719_468)
}

/// Whether a text looks like a date or a time of day in a form that is not read: `05/01/2024`, `1.2.2024`, `2024/01/05 10:30`,
/// `5 Jan 2024`, `2024-01`, `10:30`.
pub(super) fn is_date_like(text: &str) -> bool {
    // The longest: Wednesday, 25 September 2024 10:30:00 PM +02:00.
    if text.len() > 50 || !text.bytes().any(|byte| byte.is_ascii_digit()) {
        return false;
    }
    is_time(text)
        || is_duration(text)
        || is_year_and_month(text)
        || is_part_of_year(text)
        || is_numeric_date(text)
        || is_packed(text)
        || has_month_name(text)
}

/// `25:30:00`, `1 day, 2:03:04`, `0 days 01:00:00.5`
fn is_duration(text: &str) -> bool {
    let clock = match text.split_once(" day") {
        Some((days, clock)) if days.trim_start_matches('-').parse::<u32>().is_ok() => {
            clock.trim_start_matches(['s', ',']).trim_start()
        }
        _ => text,
    };
    let parts: Vec<_> = clock.split(':').collect();
    let [hours, minutes, seconds] = parts[..] else { return false };
    let sixty = |part: &str| part.len() == 2 && part.parse::<u32>().is_ok_and(|part| part < 60);
    (1..=4).contains(&hours.len()) && hours.parse::<u32>().is_ok() && sixty(minutes) && seconds.split('.').next().is_some_and(sixty)
}

/// A quarter or a week: `2024Q1`, `2024-W05`, `Q1 2024`.
fn is_part_of_year(text: &str) -> bool {
    let part = |text: &str| {
        let number = |letter: char, most: u32| {
            text.strip_prefix(letter).is_some_and(|n| n.len() <= 2 && n.parse::<u32>().is_ok_and(|n| (1..=most).contains(&n)))
        };
        number('Q', 4) || number('W', 53)
    };
    let behind = |year: &str, rest: &str| is_year(year) && part(rest.strip_prefix(['-', ' ', '/']).unwrap_or(rest));
    text.split_at_checked(4).is_some_and(|(year, rest)| behind(year, rest))
        || text.split_once(['-', ' ', '/']).is_some_and(|(first, year)| part(first) && is_year(year))
}

/// `20240105T103000Z`
fn is_packed(text: &str) -> bool {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    text.split_once('T').is_some_and(|(date, time)| {
        let time = time.trim_end_matches('Z').split(['+', '-', '.']).next().unwrap_or("");
        date.len() == 8 && digits(date) && is_year(&date[..4]) && matches!(time.len(), 4 | 6) && digits(time)
    })
}

fn is_time(text: &str) -> bool {
    let clock = text.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == ' ');
    if !matches!(text[clock.len()..].trim().to_ascii_uppercase().as_str(), "" | "AM" | "PM" | "Z" | "UTC") {
        return false;
    }
    let mut parts = clock.split(':');
    let part = |text: Option<&str>| text.filter(|t| (1..=2).contains(&t.len())).and_then(|t| t.parse::<u32>().ok());
    let (hour, minute) = (part(parts.next()), part(parts.next().filter(|minute| minute.len() == 2)));
    let second = parts.next().map(|text| part(text.split('.').next()));
    hour.is_some_and(|h| h < 24)
        && minute.is_some_and(|m| m < 60)
        && second.is_none_or(|s| s.is_some_and(|s| s < 60))
        && parts.next().is_none()
}

fn is_year(text: &str) -> bool {
    text.len() == 4 && text.parse::<u32>().is_ok_and(|year| (1000..3000).contains(&year))
}

fn is_month(text: &str) -> bool {
    text.len() <= 2 && text.parse::<u32>().is_ok_and(|month| (1..=12).contains(&month))
}

fn is_day(text: &str) -> bool {
    text.len() <= 2 && text.parse::<u32>().is_ok_and(|day| (1..=31).contains(&day))
}

fn is_year_and_month(text: &str) -> bool {
    text.split_once(['-', '/']).is_some_and(|(a, b)| (is_year(a) && is_month(b) && b.len() == 2) || (is_month(a) && is_year(b)))
}

/// Three numbers with one mark between them, and maybe a time behind.
fn is_numeric_date(text: &str) -> bool {
    let (date, time) = match text.split_once([' ', 'T']) {
        Some((date, time)) => (date.trim_end_matches(','), Some(time.trim())),
        None => (text, None),
    };
    let clock = |time: &str| {
        let time = time.split(['+', '-', 'Z', '[']).next().unwrap_or("").trim();
        // The name of a zone: CET.
        let named = time.rsplit_once(' ').filter(|(_, zone)| zone.len() >= 3 && zone.bytes().all(|byte| byte.is_ascii_uppercase()));
        is_time(named.map_or(time, |(time, _)| time)) || (time.len() <= 2 && time.parse::<u32>().is_ok_and(|hour| hour < 24))
    };
    if time.is_some_and(|time| !clock(time)) {
        return false;
    }
    ['/', '-', '.'].into_iter().any(|mark| {
        let parts: Vec<_> = date.split(mark).collect();
        let [a, b, c] = parts[..] else { return false };
        let two = [a, b, c].iter().all(|part| part.len() == 2);
        let day_and_month = |a, b| (is_day(a) && is_month(b)) || (is_month(a) && is_day(b));
        (is_year(a) && day_and_month(b, c)) || (is_year(c) && day_and_month(a, b)) || (two && day_and_month(a, b))
    })
}

/// The name of a month, a day and a year, and nothing else but a time and the name of a weekday.
fn has_month_name(text: &str) -> bool {
    const MONTHS: [&str; 12] =
        ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"];
    const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    const OTHERS: [&str; 5] = ["am", "pm", "utc", "gmt", "t"];
    let (mut months, mut numbers) = (0, 0);
    let tokens = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|token| !token.is_empty());
    for token in tokens {
        let token = token.to_ascii_lowercase();
        if token.bytes().all(|byte| byte.is_ascii_digit()) {
            numbers += 1;
        } else if is_name_of(&token, &MONTHS) {
            months += 1;
        } else if !is_name_of(&token, &DAYS) && !OTHERS.contains(&token.as_str()) {
            return false;
        }
    }
    let is_monthly = numbers == 1 && text.split(|c: char| !c.is_ascii_digit()).any(is_year);
    months == 1 && (numbers >= 2 || is_monthly)
}

/// Whether a word is one of `names`, or its first letters.
fn is_name_of(word: &str, names: &[&str]) -> bool {
    (3..=4).contains(&word.len()) && names.iter().any(|name| name.starts_with(word)) || names.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_without_hyphens_are_known() {
        for (x, expected) in [
            (20_240_105.0, true),
            (20_240_229.0, true),
            (20_230_229.0, false),
            (19_000_101.0, true),
            (18_991_231.0, false),
            (21_001_231.0, true),
            (21_010_101.0, false),
            (20_241_301.0, false),
            (20_240_105.5, false),
            (-20_240_105.0, false),
            (f64::NAN, false),
        ] {
            assert_eq!(is_packed_date(x), expected, "{x}");
        }
    }

    #[test]
    fn iso_dates_and_times_are_read() {
        let naive = |micros| Some(Moment::Datetime { micros, offset: false });
        let aware = |micros| Some(Moment::Datetime { micros, offset: true });
        let noon = 19_727 * DAY + DAY / 2;
        for (text, expected) in [
            ("1970-01-01", Some(Moment::Date(0))),
            ("2024-01-05", Some(Moment::Date(19_727))),
            ("2024-02-29", Some(Moment::Date(19_782))),
            ("1969-12-31", Some(Moment::Date(-1))),
            ("0001-01-01", Some(Moment::Date(-719_162))),
            ("9999-12-31", Some(Moment::Date(2_932_896))),
            ("2024-01-05 12:00", naive(noon)),
            ("2024-01-05T12:00:00", naive(noon)),
            ("2024-01-05 12:00:00.25", naive(noon + 250_000)),
            ("2024-01-05 12:00:00.123456789", naive(noon + 123_456)),
            ("2024-01-05T12:00:00Z", aware(noon)),
            ("2024-01-05 12:00:00 UTC", aware(noon)),
            ("2024-01-05 14:00:00+02:00", aware(noon)),
            ("2024-01-05 07:30-0430", aware(noon)),
            ("2024-01-05T14:00+02", aware(noon)),
        ] {
            assert_eq!(moment(text), expected, "{text}");
        }
        for text in [
            "2023-02-29",
            "2024-13-01",
            "2024-00-10",
            "0000-00-00",
            "2024-1-5",
            "2024-01-05 ",
            "2024-01-05 24:00",
            "2024-01-05 12",
            "2024-01-05 12:60",
            "2024-01-05 12:00 ",
            "2024-01-05 12:00:00.",
            "2024-01-05 12:00 x",
            "20240105",
            "",
            "2024-01-05é",
        ] {
            assert_eq!(moment(text), None, "{text}");
        }
    }

    #[test]
    fn days_and_microseconds_turn_into_each_other_at_midnight() {
        let midnight = moment("2024-01-05 00:00:00").unwrap();
        assert_eq!((midnight.days(), midnight.micros()), (Some(19_727.0), 19_727.0 * DAY as f64));
        assert_eq!(moment("2024-01-05").unwrap().micros(), midnight.micros());
        assert_eq!(moment("2024-01-05 00:01").unwrap().days(), None);
    }

    #[test]
    fn other_forms_are_recognised() {
        for text in [
            "05/01/2024",
            "1/5/2024",
            "01.02.2024",
            "01-02-2024",
            "05/01/24",
            "2024/01/05",
            "2024-1-5",
            "05/01/2024 10:30",
            "1/5/2024 10:30:15 PM",
            "5 Jan 2024",
            "Jan 5, 2024",
            "05-Jan-24",
            "Fri Jan  5 10:30:00 2024",
            "March 2024",
            "2024-01",
            "01/2024",
            "10:30",
            "10:30:15.5",
            "9:30 AM",
            "2024/01/05T10:30:00Z",
            "2024-01-05 10:30:00 CET",
            "2024-01-05T10:30:00+01:00[Europe/Berlin]",
            "2024-01-05T10",
            "20240105T103000Z",
            "2024Q1",
            "Q1 2024",
            "2024-W05",
            "25:30:00",
            "1 day, 2:03:04",
            "0 days 01:00:00",
        ] {
            assert!(is_date_like(text), "{text}");
        }
        for text in [
            "1.2.3",
            "192.168.1.1",
            "555-1234",
            "1/2",
            "12-345",
            "A-5",
            "May",
            "v1.2.2024",
            "2020-21",
            "25:00",
            "Jan",
            "1-2-3",
            "Mars 5",
            "é1",
            "99/99/2024",
            "marine 5 2",
            "2024A1",
            "Q5 2024",
            "2024W54",
            "1:2:3",
            "5 days",
        ] {
            assert!(!is_date_like(text), "{text}");
        }
    }
}
