//! Times as people in Finland read them: the wallet's users live there, and a log in UTC is hours wrong to them.

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use crate::language::{Language, pick};

/// Finland's time, with summer time as directive 2000/84/EC has it.
const FINLAND: &str = "EET-2EEST,M3.5.0/3,M10.5.0/4";

/// A moment (seconds since 1970) in Helsinki. One that no calendar reaches is told as the last that it does.
fn helsinki(secs: u64) -> Zoned {
    let moment = i64::try_from(secs).ok().and_then(|secs| Timestamp::from_second(secs).ok()).unwrap_or(Timestamp::MAX);
    moment.to_zoned(TimeZone::posix(FINLAND).unwrap_or(TimeZone::UTC))
}

fn day_text(moment: &Zoned, language: Language) -> String {
    moment.strftime(pick(language, "%-d.%-m.%Y", "%-d.%-m.%Y", "%-d %B %Y")).to_string()
}

/// The day on which a moment (seconds since 1970) falls in Helsinki, for people: `1.8.2026`, `1 August 2026`.
#[must_use]
pub fn date(secs: u64, language: Language) -> String {
    day_text(&helsinki(secs), language)
}

/// A moment (seconds since 1970) in Helsinki, for people: `1.8.2026 klo 9.15`, `1 August 2026 at 9:15`.
#[must_use]
pub fn date_and_time(secs: u64, language: Language) -> String {
    let moment = helsinki(secs);
    let time = moment.strftime(pick(language, "klo %-H.%M", "kl. %-H.%M", "at %-H:%M"));
    format!("{} {time}", day_text(&moment, language))
}
