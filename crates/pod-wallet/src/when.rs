//! Times as people in Finland read them: the wallet's users live there, and a log in UTC is hours wrong to them.

use crate::language::{Language, pick};

const DAY_SECS: i64 = 24 * 3600;
const HOUR_SECS: i64 = 3600;

/// A day of the proleptic Gregorian calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Day {
    year: i64,
    month: i64,
    of_month: i64,
}

/// Days from 1970-01-01 to a day: Howard Hinnant's `days_from_civil`.
fn days_from(day: Day) -> i64 {
    let year = if day.month <= 2 { day.year - 1 } else { day.year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let shifted = (day.month + 9) % 12;
    let of_year = (153 * shifted + 2) / 5 + day.of_month - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The day so many days after 1970-01-01: Howard Hinnant's `civil_from_days`.
fn day_at(days: i64) -> Day {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_index = (5 * of_year + 2) / 153;
    let of_month = of_year - (153 * month_index + 2) / 5 + 1;
    let month = if month_index < 10 { month_index + 3 } else { month_index - 9 };
    Day { year: year_of_era + era * 400 + i64::from(month <= 2), month, of_month }
}

/// When summer time begins or ends: 01:00 UTC on the last Sunday of a month of 31 days (directive 2000/84/EC).
fn changeover(year: i64, month: i64) -> i64 {
    let last = days_from(Day { year, month, of_month: 31 });
    // 1970-01-01 was a Thursday, so (days + 4) mod 7 is 0 on Sundays.
    (last - (last + 4).rem_euclid(7)) * DAY_SECS + HOUR_SECS
}

/// Helsinki's time of a moment: the day, and the second of the day.
fn helsinki(secs: u64) -> (Day, i64) {
    let secs = i64::try_from(secs).unwrap_or(i64::MAX / 2);
    let year = day_at(secs.div_euclid(DAY_SECS)).year;
    let summer = (changeover(year, 3)..changeover(year, 10)).contains(&secs);
    let local = secs + if summer { 3 } else { 2 } * HOUR_SECS;
    (day_at(local.div_euclid(DAY_SECS)), local.rem_euclid(DAY_SECS))
}

const MONTHS_EN: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

fn day_text(day: Day, language: Language) -> String {
    match language {
        Language::Fi | Language::Sv => format!("{}.{}.{}", day.of_month, day.month, day.year),
        Language::En => {
            let name = usize::try_from(day.month - 1).ok().and_then(|index| MONTHS_EN.get(index)).unwrap_or(&"");
            format!("{} {name} {}", day.of_month, day.year)
        }
    }
}

/// The day on which a moment (seconds since 1970) falls in Helsinki, for people: `1.8.2026`, `1 August 2026`.
#[must_use]
pub fn date(secs: u64, language: Language) -> String {
    day_text(helsinki(secs).0, language)
}

/// A moment (seconds since 1970) in Helsinki, for people: `1.8.2026 klo 9.15`, `1 August 2026 at 9:15`.
#[must_use]
pub fn date_and_time(secs: u64, language: Language) -> String {
    let (day, second) = helsinki(secs);
    let (hour, minute) = (second / HOUR_SECS, second % HOUR_SECS / 60);
    let between = pick(language, "klo", "kl.", "at");
    let point = pick(language, ".", ".", ":");
    format!("{} {between} {hour}{point}{minute:02}", day_text(day, language))
}
