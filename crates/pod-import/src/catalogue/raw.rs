//! The catalogue file as it is written: TOML tables, unknown keys refused, nothing checked beyond its shape.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Labels;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCatalogue {
    pub(super) format: u32,
    pub(super) organisation: RawOrganisation,
    #[serde(default)]
    pub(super) code_lists: BTreeMap<String, BTreeMap<String, String>>,
    #[serde(default)]
    pub(super) value_labels: BTreeMap<String, BTreeMap<String, Labels>>,
    pub(super) record_type: Vec<RawRecordType>,
    #[serde(default)]
    pub(super) register: Vec<RawRegister>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawOrganisation {
    pub(super) id: String,
    pub(super) name: Labels,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRecordType {
    pub(super) id: String,
    pub(super) labels: Labels,
    pub(super) descriptions: Labels,
    pub(super) legal_basis: Vec<String>,
    pub(super) retention: String,
    pub(super) sensitivity: String,
    #[serde(default)]
    pub(super) withheld_under_non_disclosure: Vec<String>,
    /// A table, or JSON in a string.
    pub(super) schema: toml::Value,
    pub(super) fields: BTreeMap<String, RawField>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawField {
    pub(super) fi: String,
    pub(super) sv: String,
    pub(super) en: String,
    pub(super) whose: Option<String>,
    /// A name under `[value_labels]`.
    pub(super) values: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRegister {
    pub(super) id: String,
    pub(super) labels: Option<Labels>,
    pub(super) file: String,
    pub(super) record_type: String,
    pub(super) format: String,
    pub(super) delimiter: Option<String>,
    pub(super) encoding: String,
    pub(super) subject: String,
    pub(super) record_id_column: Option<String>,
    pub(super) non_disclosure: Option<RawNonDisclosure>,
    pub(super) guardians: Option<RawGuardians>,
    #[serde(default)]
    pub(super) ignored: Vec<String>,
    pub(super) columns: Vec<RawColumn>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawNonDisclosure {
    pub(super) column: String,
    pub(super) yes: String,
    pub(super) no: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawGuardians {
    pub(super) column: String,
    pub(super) separator: Option<String>,
}

/// One line of a mapping. Which of the optional keys belong depends on `kind`; see `registers.rs`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawColumn {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) kind: String,
    pub(super) format: Option<String>,
    pub(super) mark: Option<String>,
    pub(super) digits: Option<u8>,
    pub(super) yes: Option<String>,
    pub(super) no: Option<String>,
    pub(super) codes: Option<String>,
}
