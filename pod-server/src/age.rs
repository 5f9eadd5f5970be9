//! When a child comes of age.

use jiff::civil::Date;
use jiff::tz::TimeZone;

/// The age of majority in Finland.
const MAJORITY_YEARS: i16 = 18;
/// Finland's time, with summer time as directive 2000/84/EC has it.
const FINLAND: &str = "EET-2EEST,M3.5.0/3,M10.5.0/4";

/// The first second of the day on which somebody born on `born` (`2015-03-01`) turns 18 in Finland, in seconds since 1970.
/// None when `born` is no date. Born on 29 February: 1 March.
pub(crate) fn turns_18_secs(born: &str) -> Option<u64> {
    let born: Date = born.parse().ok()?;
    let year = born.year().checked_add(MAJORITY_YEARS)?;
    let day = Date::new(year, born.month(), born.day()).or_else(|_| Date::new(year, 3, 1)).ok()?;
    u64::try_from(day.to_zoned(TimeZone::posix(FINLAND).ok()?).ok()?.timestamp().as_second()).ok()
}

#[cfg(test)]
mod tests {
    use super::turns_18_secs;

    #[test]
    fn the_day_of_majority() {
        assert_eq!(turns_18_secs("2008-11-21"), Some(1_795_212_000), "22:00 UTC the day before");
        assert_eq!(turns_18_secs("2008-06-15"), Some(1_781_470_800), "21:00 UTC in summer");
        assert_eq!(turns_18_secs("2008-02-29"), turns_18_secs("2008-03-01"));
        assert_eq!(turns_18_secs("21.11.2008"), None);
        assert_eq!(turns_18_secs("1901-01-01"), None);
    }
}
