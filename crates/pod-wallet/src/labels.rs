//! What record types and fields are called, from the catalogues of holders. What has no label cannot be shown, and what
//! cannot be shown is not signed.

use std::collections::BTreeMap;

use pod_protocol::field::{FieldPath, RecordType};
use pod_protocol::words::Words;
use serde::Deserialize;

/// Largest catalogue that is read, in bytes: a city's largest has 40 record types of 10 kB.
pub const MAX_CATALOGUE_BYTES: usize = 2 * 1024 * 1024;

/// Why a catalogue cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueFault {
    /// Larger than [`MAX_CATALOGUE_BYTES`].
    #[error("the catalogue is larger than {MAX_CATALOGUE_BYTES} bytes")]
    TooLarge,
    /// Not a catalogue.
    #[error("this is not a holder's catalogue")]
    Shape(#[source] serde_json::Error),
}

#[derive(Deserialize)]
struct Catalogue {
    record_types: Vec<CatalogueType>,
}

#[derive(Deserialize)]
struct CatalogueType {
    id: RecordType,
    labels: Words,
    #[serde(default)]
    fields: Vec<CatalogueField>,
}

#[derive(Deserialize)]
struct CatalogueField {
    path: FieldPath,
    labels: Words,
    #[serde(default)]
    values: Vec<CatalogueValue>,
}

#[derive(Deserialize)]
struct CatalogueValue {
    value: String,
    labels: Words,
}

/// What one record type and its fields are called.
#[derive(Clone, Debug)]
struct TypeLabels {
    labels: Words,
    fields: BTreeMap<FieldPath, FieldLabels>,
}

/// What a field and its values are called.
#[derive(Clone, Debug)]
struct FieldLabels {
    labels: Words,
    values: BTreeMap<String, Words>,
}

/// Labels from any number of catalogues.
#[derive(Clone, Debug, Default)]
pub struct Labels {
    types: BTreeMap<RecordType, TypeLabels>,
}

impl Labels {
    /// No labels yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Those of a holder's catalogue (the JSON of `GET /v1/catalogue`).
    ///
    /// # Errors
    /// [`CatalogueFault`].
    pub fn of(catalogue: &[u8]) -> Result<Self, CatalogueFault> {
        if catalogue.len() > MAX_CATALOGUE_BYTES {
            return Err(CatalogueFault::TooLarge);
        }
        let catalogue: Catalogue = serde_json::from_slice(catalogue).map_err(CatalogueFault::Shape)?;
        let mut labels = Self::new();
        for one in catalogue.record_types {
            let fields = one.fields.into_iter().map(|CatalogueField { path, labels, values }| {
                let values = values.into_iter().map(|CatalogueValue { value, labels }| (value, labels)).collect();
                (path, FieldLabels { labels, values })
            });
            let fields = fields.collect();
            labels.types.entry(one.id).or_insert(TypeLabels { labels: one.labels, fields });
        }
        Ok(labels)
    }

    /// Adds another holder's. Where two name the same thing, the first stays.
    pub fn add(&mut self, other: &Self) {
        for (record_type, more) in &other.types {
            let known = self.types.entry(record_type.clone()).or_insert_with(|| more.clone());
            for (field, words) in &more.fields {
                known.fields.entry(field.clone()).or_insert_with(|| words.clone());
            }
        }
    }

    /// What a record type is called.
    #[must_use]
    pub fn record_type(&self, record_type: &RecordType) -> Option<&Words> {
        self.types.get(record_type).map(|known| &known.labels)
    }

    /// What a field is called.
    #[must_use]
    pub fn field(&self, record_type: &RecordType, field: &FieldPath) -> Option<&Words> {
        Some(&self.types.get(record_type)?.fields.get(field)?.labels)
    }

    /// What a field's value is called, such as "lievä" for `mild`. Without a name it is shown as it stands.
    #[must_use]
    pub fn value(&self, record_type: &RecordType, field: &FieldPath, value: &str) -> Option<&Words> {
        self.types.get(record_type)?.fields.get(field)?.values.get(value)
    }
}
