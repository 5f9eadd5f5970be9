//! Times, spans and lists in words.

use std::fmt::Display;

const DAY_SECS: u64 = 24 * 3600;

/// A second since 1970 as people write it: `2026-08-01 12:00:00 UTC`.
pub(super) fn time(secs: u64) -> String {
    let (year, month, day) = civil(secs / DAY_SECS);
    let (hour, minute, second) = (secs / 3600 % 24, secs / 60 % 60, secs % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
}

/// The date of a day since 1970 in the Gregorian calendar. Counted in years that begin in March, so that the leap day is
/// the last of a year, and in eras of 400 years, which all have 146,097 days.
fn civil(day: u64) -> (u64, u64, u64) {
    let day = day + 719_468; // days from 1 March of year 0 to 1 January 1970
    let (era, of_era) = (day / 146_097, day % 146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let of_month = of_year - (153 * month + 2) / 5 + 1;
    let january = month >= 10;
    (era * 400 + year + u64::from(january), if january { month - 9 } else { month + 3 }, of_month)
}

/// A span as people say it, in the largest unit that divides it.
pub(super) fn span(secs: u64) -> String {
    let (count, unit) = match secs {
        secs if secs % DAY_SECS == 0 => (secs / DAY_SECS, "day"),
        secs if secs % 3600 == 0 => (secs / 3600, "hour"),
        secs if secs % 60 == 0 => (secs / 60, "minute"),
        secs => (secs, "second"),
    };
    if count == 1 { format!("1 {unit}") } else { format!("{count} {unit}s") }
}

/// `a, b, c`.
pub(super) fn list<T: Display>(items: impl IntoIterator<Item = T>) -> String {
    items.into_iter().map(|item| item.to_string()).collect::<Vec<_>>().join(", ")
}

/// Lower-case hexadecimal, for digests.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_calendar() {
        assert_eq!(time(0), "1970-01-01 00:00:00 UTC");
        assert_eq!(time(951_782_400), "2000-02-29 00:00:00 UTC");
        assert_eq!(time(1_785_542_399), "2026-07-31 23:59:59 UTC");
        assert_eq!(time(4_107_542_400), "2100-03-01 00:00:00 UTC");
    }

    #[test]
    fn spans_are_in_the_largest_unit() {
        assert_eq!(span(DAY_SECS), "1 day");
        assert_eq!(span(90 * DAY_SECS), "90 days");
        assert_eq!(span(7200), "2 hours");
        assert_eq!(span(61), "61 seconds");
    }
}
