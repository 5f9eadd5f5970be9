//! The part of a catalogue that a node serves to everybody.

use serde::Serialize;

use super::{CATALOGUE_FORMAT, Labels, RecordType, Register, Sensitivity, Whose};

#[derive(Serialize)]
struct PublicCatalogue<'a> {
    format: u32,
    organisation: PublicOrganisation<'a>,
    record_types: Vec<PublicRecordType<'a>>,
    registers: Vec<PublicRegister<'a>>,
}

/// A register with a name for people: records say from which one they came.
#[derive(Serialize)]
struct PublicRegister<'a> {
    id: &'a str,
    labels: &'a Labels,
}

#[derive(Serialize)]
struct PublicOrganisation<'a> {
    id: &'a str,
    name: &'a Labels,
}

#[derive(Serialize)]
struct PublicRecordType<'a> {
    id: &'a str,
    labels: &'a Labels,
    descriptions: &'a Labels,
    legal_basis: &'a [String],
    retention: &'a str,
    sensitivity: Sensitivity,
    fields: Vec<PublicField<'a>>,
    schema: &'a serde_json::Value,
}

#[derive(Serialize)]
struct PublicField<'a> {
    path: &'a str,
    labels: &'a Labels,
    whose: Whose,
    withheld_under_non_disclosure: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    values: Vec<PublicValue<'a>>,
}

/// In a list, not by name: what stands in a register is nobody's key.
#[derive(Serialize)]
struct PublicValue<'a> {
    value: &'a str,
    labels: &'a Labels,
}

/// Compact JSON, the same bytes for the same catalogue: structures keep their order, fields stand in path order.
pub(super) fn render(organisation: &str, name: &Labels, record_types: &[RecordType], registers: &[Register]) -> String {
    let record_types = record_types.iter().map(|record_type| PublicRecordType {
        id: record_type.id(),
        labels: record_type.labels(),
        descriptions: record_type.descriptions(),
        legal_basis: record_type.legal_basis(),
        retention: record_type.retention(),
        sensitivity: record_type.sensitivity(),
        fields: record_type
            .fields()
            .iter()
            .map(|(path, field)| PublicField {
                path,
                labels: &field.labels,
                whose: field.whose,
                withheld_under_non_disclosure: record_type.withholds(path),
                values: field.values.iter().map(|(value, labels)| PublicValue { value, labels }).collect(),
            })
            .collect(),
        schema: record_type.schema(),
    });
    let catalogue = PublicCatalogue {
        format: CATALOGUE_FORMAT,
        organisation: PublicOrganisation { id: organisation, name },
        record_types: record_types.collect(),
        registers: registers
            .iter()
            .filter_map(|register| Some(PublicRegister { id: register.id(), labels: register.labels()? }))
            .collect(),
    };
    serde_json::json!(catalogue).to_string()
}
