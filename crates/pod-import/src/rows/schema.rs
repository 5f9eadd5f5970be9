//! What a JSON Schema validator found, as a sentence that repeats no value.

use jsonschema::error::ValidationErrorKind;
use serde_json::Value;

use crate::catalogue::RecordType;

/// The field path of the first fault and its sentence, or none when the fields fit.
pub(super) fn first_fault(record_type: &RecordType, fields: &Value) -> Option<(String, String)> {
    let error = record_type.validator().validate(fields).err()?;
    let mut path = field_path(&error.instance_path().to_string());
    if let ValidationErrorKind::Required { property } = error.kind() {
        path = property.as_str().map_or(path.clone(), |name| super::join(&path, name));
    }
    let words = record_type.words_for(&path);
    let words = if words.is_empty() { "the record".to_owned() } else { words };
    let why = match error.kind() {
        ValidationErrorKind::Required { .. } => format!("{words} is missing"),
        ValidationErrorKind::Enum { .. } => format!("{words} is none of the values that the schema allows"),
        ValidationErrorKind::Format { format } => format!("{words} is not a {format}"),
        ValidationErrorKind::Pattern { pattern } => format!("{words} does not have the form {pattern}"),
        ValidationErrorKind::Type { .. } => format!("{words} is of another type than the schema says"),
        ValidationErrorKind::MaxLength { limit } => format!("{words} is longer than {limit} characters"),
        ValidationErrorKind::MinLength { limit } => format!("{words} is shorter than {limit} characters"),
        ValidationErrorKind::Minimum { limit } => format!("{words} is below {limit}"),
        ValidationErrorKind::Maximum { limit } => format!("{words} is above {limit}"),
        ValidationErrorKind::MaxItems { limit } => format!("{words} holds more than {limit} items"),
        ValidationErrorKind::AdditionalProperties { .. } => {
            format!("{words} holds a property that the schema does not have")
        }
        other => format!("{words} does not fit the schema ({})", other.keyword()),
    };
    Some((path, why))
}

/// `/allergies/0/severity` to `allergies.severity`: the fields of the protocol traverse arrays.
fn field_path(pointer: &str) -> String {
    pointer
        .split('/')
        .filter(|name| !name.is_empty() && !name.bytes().all(|byte| byte.is_ascii_digit()))
        .collect::<Vec<_>>()
        .join(".")
}
