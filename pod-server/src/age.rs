//! When a child comes of age.

use jiff::civil::Date;
use jiff::tz::TimeZone;

/// The age of majority in Finland.
const MAJORITY_YEARS: i16 = 18;

/// The first second of the day on which somebody born on `born` (`2015-03-01`) turns 18, in seconds since 1970, UTC: up to
/// three hours after midnight in Helsinki, on the same day. None when `born` is no date. Born on 29 February: 1 March.
pub(crate) fn turns_18_secs(born: &str) -> Option<u64> {
    let born: Date = born.parse().ok()?;
    let year = born.year().checked_add(MAJORITY_YEARS)?;
    let day = Date::new(year, born.month(), born.day()).or_else(|_| Date::new(year, 3, 1)).ok()?;
    u64::try_from(day.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second()).ok()
}

#[cfg(test)]
mod tests {
    use super::turns_18_secs;

    #[test]
    fn the_day_of_majority() {
        assert_eq!(turns_18_secs("2008-11-21"), Some(1_795_219_200));
        assert_eq!(turns_18_secs("2008-02-29"), turns_18_secs("2008-03-01"));
        assert_eq!(turns_18_secs("21.11.2008"), None);
        assert_eq!(turns_18_secs("1901-01-01"), None);
    }
}
