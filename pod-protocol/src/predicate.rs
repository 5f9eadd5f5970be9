//! Derived answers: a question about a field whose constant the citizen agreed to, answered by the holder.
//!
//! The constant stands in the grant and a request names the predicate's id alone, so nobody can search a birth date by
//! asking often. A missing field, also a withheld one, answers `unknown` (`docs/protocol/grant.md`, Predicates).

use crate::codec::{Cbor, array};
use crate::field::{FieldPath, PredicateId};
use crate::refusal::ClaimFault;
use crate::value::Value;
use crate::words::is_hidden;

/// Most members of an `in` list or bounds of a `bucket`.
const MAX_CONSTANTS: usize = 32;

/// What is asked of the field's values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// Is any value equal to this?
    Equal(Value),
    /// Is any value one of these?
    In(Vec<Value>),
    /// Is any value at least this? Compares numbers, decimal text by value, other text bytewise (ISO dates).
    AtLeast(Value),
    /// Is any value at most this?
    AtMost(Value),
    /// On `day` (ISO date), is somebody born on the field's date at least `years` old?
    AgeAtLeast {
        /// Years of age.
        years: i64,
        /// The day on which the age counts, fixed in the grant: the answer does not move with the clock.
        day: String,
    },
    /// Is there any value other than null and empty text?
    Exists,
    /// Are there at least so many values?
    CountAtLeast(i64),
    /// Into which range does the (only) value fall? Bounds ascend; the answer counts those that are not above it.
    Bucket(Vec<Value>),
}

/// A question with its field and the id by which requests name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Predicate {
    /// The id, unique in its grant and record type.
    pub id: PredicateId,
    /// The field asked about.
    pub field: FieldPath,
    /// The question.
    pub question: Question,
}

impl Predicate {
    /// As `[id, op, field, constant]`.
    #[must_use]
    pub fn to_cbor(&self) -> Cbor {
        let list = |values: &[Value]| Cbor::Array(values.iter().map(Value::to_item).collect());
        let (op, constant) = match &self.question {
            Question::Equal(value) => ("eq", value.to_item()),
            Question::In(values) => ("in", list(values)),
            Question::AtLeast(value) => ("ge", value.to_item()),
            Question::AtMost(value) => ("le", value.to_item()),
            Question::AgeAtLeast { years, day } => {
                ("age_ge", Cbor::Array(vec![(*years).into(), Cbor::Text(day.clone())]))
            }
            Question::Exists => ("exists", Cbor::Null),
            Question::CountAtLeast(count) => ("count_ge", (*count).into()),
            Question::Bucket(bounds) => ("bucket", list(bounds)),
        };
        Cbor::Array(vec![
            Cbor::Text(self.id.to_string()),
            Cbor::Text(op.into()),
            Cbor::Text(self.field.to_string()),
            constant,
        ])
    }

    /// Reads `[id, op, field, constant]`.
    ///
    /// # Errors
    /// [`ClaimFault`]; [`ClaimFault::OutOfRange`] when the constant has a [hidden](is_hidden) character.
    pub fn from_cbor(claim: i64, item: Cbor) -> Result<Self, ClaimFault> {
        let wrong = ClaimFault::WrongType { claim };
        let Ok([id, op, field, constant]) = <[Cbor; 4]>::try_from(array(claim, item)?) else { return Err(wrong) };
        let Cbor::Text(op) = op else { return Err(wrong) };
        let constant = Value::from_item(constant).map_err(|_| wrong)?;
        if hides(&constant) {
            return Err(ClaimFault::OutOfRange { claim });
        }
        Ok(Self {
            id: PredicateId::from_claim(claim, id)?,
            field: FieldPath::from_claim(claim, field)?,
            question: question(&op, constant).ok_or(wrong)?,
        })
    }

    /// The answer over all records of the type: a boolean, a bucket's number, or null for `unknown`.
    #[must_use]
    pub fn evaluate(&self, records: &[Value]) -> Value {
        let found: Vec<&Value> = records.iter().flat_map(|record| self.field.values(record)).collect();
        if found.is_empty() {
            return Value::Null;
        }
        let values: Vec<&Value> = found.into_iter().flat_map(flatten).filter(|value| !nothing(value)).collect();
        match &self.question {
            Question::Exists => Value::Bool(!values.is_empty()),
            Question::CountAtLeast(count) => Value::Bool(values.len() as u64 >= count.unsigned_abs()),
            _ if values.is_empty() => Value::Null,
            Question::Equal(constant) => Value::Bool(values.contains(&constant)),
            Question::In(constants) => Value::Bool(values.iter().any(|value| constants.contains(value))),
            Question::AtLeast(constant) => {
                any(&values, |value| compare(value, constant).map(std::cmp::Ordering::is_ge))
            }
            Question::AtMost(constant) => any(&values, |value| compare(value, constant).map(std::cmp::Ordering::is_le)),
            Question::AgeAtLeast { years, day } => any(&values, |value| reached(value, *years, day)),
            Question::Bucket(bounds) => bucket(&values, bounds),
        }
    }
}

/// Whether people who are shown the constant would read another one.
fn hides(constant: &Value) -> bool {
    match constant {
        Value::Text(text) => text.chars().any(is_hidden),
        Value::Array(items) => items.iter().any(hides),
        _ => false,
    }
}

fn question(op: &str, constant: Value) -> Option<Question> {
    Some(match (op, constant) {
        ("eq", value @ (Value::Bool(_) | Value::Int(_) | Value::Text(_))) => Question::Equal(value),
        ("in", Value::Array(values)) if scalar_list(&values) => Question::In(values),
        ("ge", value @ (Value::Int(_) | Value::Text(_))) => Question::AtLeast(value),
        ("le", value @ (Value::Int(_) | Value::Text(_))) => Question::AtMost(value),
        ("age_ge", Value::Array(parts)) => match <[Value; 2]>::try_from(parts).ok()? {
            [Value::Int(years @ 0..=150), Value::Text(day)] if date(&day).is_some() => {
                Question::AgeAtLeast { years, day }
            }
            _ => return None,
        },
        ("exists", Value::Null) => Question::Exists,
        ("count_ge", Value::Int(count @ 1..)) => Question::CountAtLeast(count),
        ("bucket", Value::Array(bounds)) if scalar_list(&bounds) && ascending(&bounds) => Question::Bucket(bounds),
        _ => return None,
    })
}

fn scalar_list(values: &[Value]) -> bool {
    (1..=MAX_CONSTANTS).contains(&values.len())
        && values.iter().all(|value| matches!(value, Value::Int(_) | Value::Text(_) | Value::Bool(_)))
}

fn ascending(bounds: &[Value]) -> bool {
    bounds.windows(2).all(|pair| match pair {
        [low, high] => compare(low, high) == Some(std::cmp::Ordering::Less),
        _ => false,
    })
}

fn flatten(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().flat_map(flatten).collect(),
        other => vec![other],
    }
}

fn nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Text(text) => text.is_empty(),
        _ => false,
    }
}

/// True when any value answers yes, unknown when none can be judged.
fn any(values: &[&Value], judge: impl Fn(&Value) -> Option<bool>) -> Value {
    let judged: Vec<bool> = values.iter().filter_map(|value| judge(value)).collect();
    if judged.is_empty() { Value::Null } else { Value::Bool(judged.contains(&true)) }
}

fn bucket(values: &[&Value], bounds: &[Value]) -> Value {
    let [value] = values else { return Value::Null };
    let below: Option<Vec<bool>> =
        bounds.iter().map(|bound| compare(value, bound).map(std::cmp::Ordering::is_ge)).collect();
    match below {
        Some(below) => {
            Value::Int(below.into_iter().filter(|not_above| *not_above).count().try_into().unwrap_or(i64::MAX))
        }
        None => Value::Null,
    }
}

fn compare(left: &Value, right: &Value) -> Option<std::cmp::Ordering> {
    match (left, right) {
        (Value::Int(left), Value::Int(right)) => Some(left.cmp(right)),
        (Value::Text(left), Value::Text(right)) => match (decimal(left), decimal(right)) {
            (Some(left), Some(right)) => Some(left.cmp(&right)),
            (None, None) => Some(left.as_str().cmp(right)),
            _ => None,
        },
        _ => None,
    }
}

/// A decimal of at most 12 digits before and 6 after the point, in millionths: exact, without floating point.
fn decimal(text: &str) -> Option<i128> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let plain = |text: &str, longest: usize| {
        (1..=longest).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    if !plain(whole, 12) || !plain(part, 6) {
        return None;
    }
    let millionths = whole.parse::<i128>().ok()? * 1_000_000 + format!("{part:0<6}").parse::<i128>().ok()?;
    Some(if negative { -millionths } else { millionths })
}

fn date(text: &str) -> Option<(i64, u8, u8)> {
    let mut parts = text.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || year.len() != 4 || month.len() != 2 || day.len() != 2 {
        return None;
    }
    // `parse` would take a sign for a digit.
    if !text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') {
        return None;
    }
    let (year, month, day): (i64, u8, u8) = (year.parse().ok()?, month.parse().ok()?, day.parse().ok()?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 => 28 + u8::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    (1..=days).contains(&day).then_some((year, month, day))
}

/// Whether somebody born on `birth` is `years` old on `day`. Somebody born on 29 February has their birthday on 1 March
/// in common years, as Finnish law counts.
fn reached(birth: &Value, years: i64, day: &str) -> Option<bool> {
    let Value::Text(birth) = birth else { return None };
    let (year, month, of_month) = date(birth)?;
    Some((year + years, month, of_month) <= date(day)?)
}
