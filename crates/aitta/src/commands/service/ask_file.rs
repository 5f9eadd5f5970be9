//! What a service asks, as its people write it: a TOML file (`docs/operating/ask-citizens.md`).

use std::collections::BTreeSet;
use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use pod_protocol::access_request::{Ask, MAX_ACCESS_REQUEST_LIFETIME_SECS, MAX_RETENTION_SECS};
use pod_protocol::field::{FieldPath, PredicateId, Purpose, RecordType};
use pod_protocol::grant::{MAX_DEPTH, MAX_GRANT_LIFETIME_SECS};
use pod_protocol::predicate::{Predicate, Question};
use pod_protocol::value::Value;
use pod_protocol::words::Words;
use serde::Deserialize;

use crate::failure::Failure;
use crate::written;

/// Seconds of a day.
const DAY_SECS: u64 = 24 * 3600;
/// How long a citizen has to answer, unless the file says otherwise.
const ANSWER_WITHIN_DAYS: u64 = 30;

/// The file, with what the protocol allows. Times are whole days.
#[derive(Debug)]
pub(super) struct AskFile {
    pub(super) purpose: Purpose,
    pub(super) reason: Words,
    /// Short names of holders; wherever such records are, unless named.
    pub(super) holders: Option<Vec<String>>,
    /// How often the grant may be passed on, and to whom.
    pub(super) depth: u64,
    pub(super) delegatees: Vec<String>,
    pub(super) items: Vec<Ask>,
    retention_days: u64,
    validity_days: u64,
    answer_within_days: u64,
    path: PathBuf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    purpose: Purpose,
    reason: Words,
    retention_days: u64,
    validity_days: u64,
    #[serde(default)]
    answer_within_days: Option<u64>,
    #[serde(default)]
    holders: Option<Vec<String>>,
    #[serde(default)]
    depth: u64,
    #[serde(default)]
    delegatees: Vec<String>,
    ask: Vec<WrittenAsk>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenAsk {
    #[serde(rename = "type")]
    record_type: RecordType,
    #[serde(default)]
    required: Vec<FieldPath>,
    #[serde(default)]
    optional: Vec<FieldPath>,
    #[serde(default)]
    question: Vec<WrittenQuestion>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenQuestion {
    /// `?` and a name.
    id: PredicateId,
    field: FieldPath,
    /// Exactly one of these.
    #[serde(default)]
    equals: Option<String>,
    #[serde(default)]
    at_least: Option<String>,
    #[serde(default)]
    at_most: Option<String>,
    /// Years of age on a day.
    #[serde(default)]
    age: Option<Age>,
    #[serde(default)]
    exists: bool,
    #[serde(default)]
    optional: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Age {
    years: i64,
    on: String,
}

impl AskFile {
    /// Reads the file.
    ///
    /// # Errors
    /// What is wrong, in words of the file.
    pub(super) fn open(path: &Path) -> Result<Self, Failure> {
        let text = fs::read_to_string(path).map_err(|source| no_request(path, &source))?;
        Self::read(path, &text).map_err(|why| no_request(path, &why))
    }

    /// Why it is no access request after all.
    pub(super) fn is_none(&self, why: &dyn Display) -> Failure {
        no_request(&self.path, why)
    }

    fn read(path: &Path, text: &str) -> Result<Self, String> {
        let written: Written = toml::from_str(text).map_err(|error| written::why(text, &error))?;
        let answer_within_days = written.answer_within_days.unwrap_or(ANSWER_WITHIN_DAYS);
        within("retention_days", written.retention_days, 1, MAX_RETENTION_SECS / DAY_SECS)?;
        within("validity_days", written.validity_days, 1, MAX_GRANT_LIFETIME_SECS / DAY_SECS)?;
        within("answer_within_days", answer_within_days, 1, MAX_ACCESS_REQUEST_LIFETIME_SECS / DAY_SECS)?;
        within("depth", written.depth, 0, MAX_DEPTH)?;
        if (written.depth == 0) != written.delegatees.is_empty() {
            return Err("depth and delegatees belong together: how often it may be passed on, and to whom".to_owned());
        }
        if written.holders.as_ref().is_some_and(Vec::is_empty) {
            return Err("holders is empty: name some, or leave it out to ask wherever such records are".to_owned());
        }
        once("holders", written.holders.iter().flatten())?;
        once("delegatees", &written.delegatees)?;
        once("ask", written.ask.iter().map(|one| &one.record_type))?;
        if written.ask.is_empty() {
            return Err("ask is empty: write an [[ask]] for each record type".to_owned());
        }
        Ok(Self {
            items: written.ask.into_iter().map(ask).collect::<Result<_, _>>()?,
            purpose: written.purpose,
            reason: written.reason,
            holders: written.holders,
            depth: written.depth,
            delegatees: written.delegatees,
            retention_days: written.retention_days,
            validity_days: written.validity_days,
            answer_within_days,
            path: path.to_owned(),
        })
    }

    /// How long what is fetched may be kept.
    pub(super) fn retention_secs(&self) -> u64 {
        self.retention_days * DAY_SECS
    }

    /// How long the grant would count.
    pub(super) fn validity_secs(&self) -> u64 {
        self.validity_days * DAY_SECS
    }

    /// How long the citizen has to answer.
    pub(super) fn answer_within_secs(&self) -> u64 {
        self.answer_within_days * DAY_SECS
    }
}

fn no_request(path: &Path, why: &dyn Display) -> Failure {
    Failure::usage(format!("{} is no access request: {why}", path.display()))
        .advise("docs/operating/ask-citizens.md has examples.")
}

fn within(key: &str, value: u64, least: u64, most: u64) -> Result<(), String> {
    if (least..=most).contains(&value) { Ok(()) } else { Err(format!("{key} is from {least} to {most}, not {value}")) }
}

fn once<T: Ord + ToString>(key: &str, names: impl IntoIterator<Item = T>) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    for name in names {
        let shown = name.to_string();
        if !seen.insert(name) {
            return Err(format!("{key}: {shown} stands in it twice"));
        }
    }
    Ok(())
}

fn ask(written: WrittenAsk) -> Result<Ask, String> {
    let of = &written.record_type;
    if written.required.is_empty() && written.optional.is_empty() && written.question.is_empty() {
        return Err(format!("name at least one field or question of {of}"));
    }
    once(of.as_str(), written.required.iter().chain(&written.optional))?;
    once(of.as_str(), written.question.iter().map(|question| &question.id))?;
    let (mut required_predicates, mut optional_predicates) = (Vec::new(), Vec::new());
    for question in written.question {
        let optional = question.optional;
        let predicate = predicate(question)?;
        if optional { optional_predicates.push(predicate) } else { required_predicates.push(predicate) }
    }
    Ok(Ask {
        record_type: written.record_type,
        required: written.required,
        optional: written.optional,
        required_predicates,
        optional_predicates,
    })
}

fn predicate(written: WrittenQuestion) -> Result<Predicate, String> {
    let id = written.id;
    let mut questions = Vec::new();
    questions.extend(written.equals.map(|value| Question::Equal(Value::Text(value))));
    questions.extend(written.at_least.map(|value| Question::AtLeast(Value::Text(value))));
    questions.extend(written.at_most.map(|value| Question::AtMost(Value::Text(value))));
    if let Some(age) = written.age {
        questions.push(at_age(&id, age)?);
    }
    questions.extend(written.exists.then_some(Question::Exists));
    match <[Question; 1]>::try_from(questions) {
        Ok([question]) => Ok(Predicate { id, field: written.field, question }),
        Err(_) => Err(format!(
            "the question {id} must ask exactly one thing: write one of equals, at_least, at_most, age and exists"
        )),
    }
}

fn at_age(id: &PredicateId, age: Age) -> Result<Question, String> {
    if !(0..=150).contains(&age.years) {
        return Err(format!("the question {id}: years is from 0 to 150, not {}", age.years));
    }
    if age.on.parse::<Date>().is_err() || age.on.len() != "2026-08-01".len() {
        return Err(format!("the question {id}: write the day as YYYY-MM-DD, not `{}`", age.on));
    }
    Ok(Question::AgeAtLeast { years: age.years, day: age.on })
}
