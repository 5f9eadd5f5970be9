//! Checks `[[record_type]]`.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Span;
use serde_json::Value;

use super::fields::{allowed_texts, field_paths};
use super::raw::{RawField, RawRecordType};
use super::{Field, Labels, RecordType, Sensitivity, Whose, checked_id};

/// The only dialect in which schemas are written.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// What values are called, by the names under `[value_labels]`.
type ValueLabels = BTreeMap<String, BTreeMap<String, Labels>>;

pub(super) fn check(raw: RawRecordType, value_labels: &ValueLabels) -> Result<RecordType, String> {
    let id = checked_id(raw.id, "record_type")?;
    let at = |why: String| format!("record_type `{id}`: {why}");

    if !raw.labels.is_complete() || !raw.descriptions.is_complete() {
        return Err(at("labels and descriptions need a text for each of fi, sv and en".to_owned()));
    }
    let sensitivity = sensitivity(&raw.sensitivity).map_err(at)?;
    legal_basis(&raw.legal_basis, sensitivity).map_err(at)?;
    let retention = retention(&raw.retention).map_err(at)?;
    let schema = schema(raw.schema).map_err(at)?;
    let paths = field_paths(&schema).map_err(at)?;
    let fields = fields(raw.fields, &paths, &schema, value_labels).map_err(at)?;
    let withheld: BTreeSet<String> = raw.withheld_under_non_disclosure.into_iter().collect();
    if let Some(unknown) = withheld.iter().find(|path| !paths.contains(*path)) {
        return Err(at(format!(
            "withheld_under_non_disclosure names `{unknown}`, which the schema does not have; {}",
            known(&paths)
        )));
    }
    let validator = jsonschema::options()
        .with_draft(jsonschema::Draft::Draft202012)
        .should_validate_formats(true)
        .should_ignore_unknown_formats(false)
        .build(&schema)
        .map_err(|error| at(format!("the schema is not JSON Schema 2020-12: {error}")))?;
    Ok(RecordType {
        labels: raw.labels,
        descriptions: raw.descriptions,
        legal_basis: raw.legal_basis,
        retention,
        sensitivity,
        withheld,
        fields,
        schema,
        validator,
        id,
    })
}

fn sensitivity(text: &str) -> Result<Sensitivity, String> {
    match text {
        "personal" => Ok(Sensitivity::Personal),
        "confidential" => Ok(Sensitivity::Confidential),
        "special-category" => Ok(Sensitivity::SpecialCategory),
        _ => Err(format!("sensitivity = \"{text}\" is unknown; allowed are personal, confidential, special-category")),
    }
}

/// Terms of the DPV's GDPR extension: `eu-gdpr:A6-1-a` to `-f`, and for special categories one of article 9 besides.
fn legal_basis(terms: &[String], sensitivity: Sensitivity) -> Result<(), String> {
    let is_known = |term: &String| {
        let Some((article, letter)) = term.strip_prefix("eu-gdpr:").and_then(|term| {
            term.split_once("-1-").or_else(|| term.split_once("-2-")).map(|(article, rest)| (article, rest.as_bytes()))
        }) else {
            return false;
        };
        let last = if article == "A6" { b'f' } else { b'j' };
        let right_paragraph = term.contains(if article == "A6" { "A6-1-" } else { "A9-2-" });
        right_paragraph
            && ["A6", "A9"].contains(&article)
            && letter.first().is_some_and(|letter| (b'a'..=last).contains(letter))
            && letter.get(1).is_none_or(|next| *next == b'-')
    };
    if let Some(unknown) = terms.iter().find(|term| !is_known(term)) {
        return Err(format!(
            "legal_basis `{unknown}` is unknown; write terms such as \"eu-gdpr:A6-1-c\" or \"eu-gdpr:A9-2-h\""
        ));
    }
    let has = |article: &str| terms.iter().any(|term| term.starts_with(article));
    if !has("eu-gdpr:A6-1-") {
        return Err("legal_basis needs a term of article 6, such as \"eu-gdpr:A6-1-c\"".to_owned());
    }
    if sensitivity == Sensitivity::SpecialCategory && !has("eu-gdpr:A9-2-") {
        return Err(
            "legal_basis of a special category needs a term of article 9 too, such as \"eu-gdpr:A9-2-h\"".to_owned()
        );
    }
    Ok(())
}

/// `P10Y`, or `120 months`, which becomes `P120M`.
fn retention(text: &str) -> Result<String, String> {
    let iso = match text.strip_suffix(" months").map(str::parse::<u16>) {
        Some(Ok(months)) => format!("P{months}M"),
        _ => text.to_owned(),
    };
    match iso.parse::<Span>() {
        Ok(span) if iso.starts_with('P') && span.is_positive() => Ok(iso),
        _ => Err(format!(
            "retention = \"{text}\" does not parse; write an ISO 8601 duration such as \"P10Y\", or \"120 months\""
        )),
    }
}

/// A TOML table, or JSON in a string.
fn schema(raw: toml::Value) -> Result<Value, String> {
    let schema = match raw {
        toml::Value::String(text) => {
            serde_json::from_str(&text).map_err(|error| format!("the schema is not JSON: {error}"))?
        }
        table => {
            serde_json::to_value(table).map_err(|error| format!("the schema does not convert to JSON: {error}"))?
        }
    };
    match schema.get("$schema") {
        None => Ok(schema),
        Some(dialect) if dialect == DIALECT => Ok(schema),
        Some(dialect) => Err(format!("$schema is {dialect}; only \"{DIALECT}\" is read")),
    }
}

fn fields(
    raw: BTreeMap<String, RawField>,
    paths: &BTreeSet<String>,
    schema: &Value,
    value_labels: &ValueLabels,
) -> Result<BTreeMap<String, Field>, String> {
    if let Some(missing) = paths.iter().find(|path| !raw.contains_key(*path)) {
        return Err(format!("fields lacks \"{missing}\": every field of the schema needs labels fi, sv and en"));
    }
    raw.into_iter()
        .map(|(path, field)| {
            if !paths.contains(&path) {
                return Err(format!("fields names `{path}`, which the schema does not have; {}", known(paths)));
            }
            let labels = Labels { fi: field.fi, sv: field.sv, en: field.en };
            if !labels.is_complete() {
                return Err(format!("field `{path}` needs a text for each of fi, sv and en"));
            }
            let whose = match field.whose.as_deref() {
                None | Some("subject") => Whose::Subject,
                Some("guardian") => Whose::Guardian,
                Some("other") => Whose::Other,
                Some(unknown) => {
                    return Err(format!(
                        "field `{path}`: whose = \"{unknown}\" is unknown; allowed are subject, guardian, other"
                    ));
                }
            };
            let values = match &field.values {
                None => BTreeMap::new(),
                Some(name) => values(schema, &path, name, value_labels)?,
            };
            Ok((path, Field { labels, whose, values }))
        })
        .collect()
}

/// What the values of one field are called. Where the schema allows certain texts only, each has its name.
fn values(
    schema: &Value,
    path: &str,
    name: &str,
    value_labels: &ValueLabels,
) -> Result<BTreeMap<String, Labels>, String> {
    let at = |why: String| format!("field `{path}`: values = \"{name}\" {why}");
    let labels =
        value_labels.get(name).ok_or_else(|| at(format!("is not declared; write a table [value_labels.{name}]")))?;
    if let Some((value, _)) = labels.iter().find(|(_, labels)| !labels.is_complete()) {
        return Err(at(format!("needs a text for each of fi, sv and en for `{value}`")));
    }
    let allowed = allowed_texts(schema, path).ok_or_else(|| at("is for a field whose values are texts".to_owned()))?;
    match allowed.iter().find(|text| !labels.contains_key(**text)) {
        Some(missing) => Err(at(format!("lacks `{missing}`, which the schema allows"))),
        None => Ok(labels.clone()),
    }
}

/// "it has a, b, c", for errors.
pub(super) fn known(paths: &BTreeSet<String>) -> String {
    format!("it has {}", paths.iter().map(String::as_str).collect::<Vec<_>>().join(", "))
}
