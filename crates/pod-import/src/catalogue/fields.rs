//! The field paths of a record type, read from its JSON Schema.
//!
//! A **field** is a path of property names with dots (`allergies.substance`); arrays are traversed, a parent's name
//! means all below it. Every part of a schema says its one type, every object closes itself with
//! `additionalProperties: false`, and no keyword is used through which anything else could come in: no field can then go in
//! that has no label, owner and rule.

use std::collections::BTreeSet;

use pod_protocol::field::FieldPath;
use serde_json::{Map, Value};

/// Objects and arrays within each other, at most: the protocol's answers nest no deeper than 8, and they add levels of
/// their own.
const MAX_DEPTH: usize = 5;

/// The keywords that say what a part is for, and those that narrow what it may hold.
const KEYWORDS: &[&str] = &[
    "$schema",
    "$comment",
    "title",
    "description",
    "examples",
    "type",
    "properties",
    "additionalProperties",
    "required",
    "items",
    "minItems",
    "maxItems",
    "uniqueItems",
    "enum",
    "const",
    "format",
    "pattern",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
];

/// All field paths, parents included. The error is a sentence without subject, such as "property … needs …".
pub(super) fn field_paths(schema: &Value) -> Result<BTreeSet<String>, String> {
    let mut paths = BTreeSet::new();
    let top = schema.as_object().ok_or("the schema is not a JSON object")?;
    if top.get("type").and_then(Value::as_str) != Some("object") {
        return Err("the schema's top level needs \"type\": \"object\"".to_owned());
    }
    walk(top, "", 1, &mut paths)?;
    Ok(paths)
}

fn walk(schema: &Map<String, Value>, path: &str, depth: usize, paths: &mut BTreeSet<String>) -> Result<(), String> {
    let at = if path.is_empty() { "the top level" } else { path };
    if depth > MAX_DEPTH {
        return Err(format!("the schema nests deeper than {MAX_DEPTH} levels at {at}"));
    }
    if let Some(keyword) = schema.keys().find(|keyword| !KEYWORDS.contains(&keyword.as_str())) {
        return Err(format!("the schema uses `{keyword}` at {at}; allowed are {}", KEYWORDS.join(", ")));
    }
    match schema.get("type").and_then(Value::as_str) {
        Some("string" | "integer" | "number" | "boolean") => Ok(()),
        Some("array") => {
            let items = schema.get("items").and_then(Value::as_object);
            walk(items.ok_or_else(|| format!("the array at {at} needs `items`, one schema"))?, path, depth + 1, paths)
        }
        Some("object") => walk_object(schema, path, depth, paths),
        _ => {
            Err(format!("the schema needs a \"type\" at {at}: one of object, array, string, integer, number, boolean"))
        }
    }
}

fn walk_object(
    schema: &Map<String, Value>,
    path: &str,
    depth: usize,
    paths: &mut BTreeSet<String>,
) -> Result<(), String> {
    let at = if path.is_empty() { "the top level" } else { path };
    let properties = schema.get("properties").and_then(Value::as_object);
    let properties = properties.ok_or_else(|| format!("the object at {at} needs `properties`"))?;
    if schema.get("additionalProperties") != Some(&Value::Bool(false)) {
        return Err(format!(
            "the schema needs \"additionalProperties\": false at {at}: a field without a label cannot go in"
        ));
    }
    for (name, property) in properties {
        if !is_property_name(name) {
            return Err(format!("property `{name}` at {at} is not written in small letters, digits and underscores"));
        }
        let property = property.as_object().ok_or_else(|| format!("property `{name}` at {at} is not a schema"))?;
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        if path.parse::<FieldPath>().is_err() {
            return Err(format!("`{path}` cannot be named in a grant: give it a shorter name"));
        }
        walk(property, &path, depth + 1, paths)?;
        paths.insert(path);
    }
    Ok(())
}

/// The texts to which the schema limits the field at `path`, none when any will do; `None` when its values are no texts.
pub(super) fn allowed_texts<'a>(schema: &'a Value, path: &str) -> Option<Vec<&'a str>> {
    let mut at = schema;
    for name in path.split('.') {
        at = items_of(at).get("properties")?.get(name)?;
    }
    let leaf = items_of(at);
    let limited = leaf.get("enum").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    (leaf.get("type").and_then(Value::as_str) == Some("string"))
        .then(|| limited.iter().filter_map(Value::as_str).collect())
}

/// What stands in a list, or lists of lists; anything else is itself.
fn items_of(mut schema: &Value) -> &Value {
    while let Some(items) = schema.get("items") {
        schema = items;
    }
    schema
}

fn is_property_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}
