//! The field paths of a record type, read from its JSON Schema.
//!
//! A **field** is a path of property names with dots (`allergies.substance`); arrays are traversed, a parent's name
//! means all below it. Every object of a schema must close itself with `additionalProperties: false`: no field can
//! then go in that has no label, owner and rule.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// Objects within objects, at most: the protocol's answers nest no deeper than 8, and they add levels of their own.
const MAX_DEPTH: usize = 5;

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
    if schema.contains_key("$ref") || schema.contains_key("$dynamicRef") {
        return Err(format!("the schema uses $ref at {at}: write the definition out where it is used"));
    }
    if let Some(items) = schema.get("items") {
        let items = items.as_object().ok_or_else(|| format!("`items` at {at} is not a schema"))?;
        return walk(items, path, depth, paths);
    }
    let Some(properties) = schema.get("properties") else { return Ok(()) };
    let properties = properties.as_object().ok_or_else(|| format!("`properties` at {at} is not an object"))?;
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
        walk(property, &path, depth + 1, paths)?;
        paths.insert(path);
    }
    Ok(())
}

fn is_property_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}
