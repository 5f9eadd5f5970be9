//! An organisation's catalogue: which record types it holds, under which law and how long, what each field is called
//! in three languages, and how its registers' files map to them. One commented TOML file; see `catalogues/`.
//!
//! Everything is checked when the file is read, and a key that is not known is refused: a setting that was spelled
//! wrongly must not silently mean its default when it says who is protected.

mod error;
mod fields;
mod public;
mod raw;
mod record_types;
mod registers;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::Path;

use pod_protocol::path::MAX_PROTECTED_FIELDS;
use serde::{Deserialize, Serialize};

pub use error::CatalogueError;
pub use registers::{Column, Conversion, DecimalMark, Guardians, NonDisclosure, Register};

/// The format of catalogue files that this program reads.
pub const CATALOGUE_FORMAT: u32 = 1;

/// A catalogue is read whole. The largest of our cities' is 20 kB; whoever exceeds a megabyte named a wrong file.
const MAX_CATALOGUE_BYTES: u64 = 1024 * 1024;

/// One text in the three languages in which citizens read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Labels {
    /// Finnish.
    pub fi: String,
    /// Swedish.
    pub sv: String,
    /// English.
    pub en: String,
}

impl Labels {
    fn is_complete(&self) -> bool {
        [&self.fi, &self.sv, &self.en].iter().all(|text| !text.trim().is_empty())
    }
}

/// How much a leak of a record type would hurt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sensitivity {
    /// Personal data as GDPR article 4 means it.
    Personal,
    /// Secret by national law, such as a municipality's social welfare records.
    Confidential,
    /// Special categories: GDPR article 9.
    SpecialCategory,
}

/// Whom a field of a person's record is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Whose {
    /// The person whose pod it is in.
    Subject,
    /// A guardian of that person, such as a fee that depends on their income.
    Guardian,
    /// Somebody else again.
    Other,
}

/// What a catalogue says of one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name for people.
    pub labels: Labels,
    /// Whom it is about.
    pub whose: Whose,
    /// What its values are called for people, such as "lievä" for `mild`. A value without a name is shown as it stands.
    pub values: BTreeMap<String, Labels>,
}

/// A type of record that an organisation holds.
#[derive(Debug)]
pub struct RecordType {
    id: String,
    labels: Labels,
    descriptions: Labels,
    legal_basis: Vec<String>,
    retention: String,
    sensitivity: Sensitivity,
    withheld: BTreeSet<String>,
    fields: BTreeMap<String, Field>,
    schema: serde_json::Value,
    validator: jsonschema::Validator,
}

impl RecordType {
    /// Its id, such as `early-education`: the same at every organisation that holds such records.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its name for people.
    #[must_use]
    pub fn labels(&self) -> &Labels {
        &self.labels
    }

    /// What it is for, a sentence for people.
    #[must_use]
    pub fn descriptions(&self) -> &Labels {
        &self.descriptions
    }

    /// W3C DPV terms of the GDPR extension, such as `eu-gdpr:A6-1-c`. Never empty.
    #[must_use]
    pub fn legal_basis(&self) -> &[String] {
        &self.legal_basis
    }

    /// How long records are kept: an ISO 8601 duration such as `P10Y`.
    #[must_use]
    pub fn retention(&self) -> &str {
        &self.retention
    }

    /// How much a leak would hurt.
    #[must_use]
    pub fn sensitivity(&self) -> Sensitivity {
        self.sensitivity
    }

    /// The JSON Schema (2020-12) of a record's fields.
    #[must_use]
    pub fn schema(&self) -> &serde_json::Value {
        &self.schema
    }

    /// Every field path with its labels, parents (`address`) included.
    #[must_use]
    pub fn fields(&self) -> &BTreeMap<String, Field> {
        &self.fields
    }

    /// The field paths that non-disclosure withholds, as the catalogue names them: a parent stands for all below it.
    #[must_use]
    pub fn withheld_under_non_disclosure(&self) -> &BTreeSet<String> {
        &self.withheld
    }

    /// Whether the field at `path` may not be released, whole or in part, of a person under non-disclosure.
    ///
    /// True below a withheld field (`address.street`) and above one too: `contact` contains `contact.email`.
    #[must_use]
    pub fn withholds(&self, path: &str) -> bool {
        self.withheld.iter().any(|withheld| is_within(path, withheld) || is_within(withheld, path))
    }

    pub(crate) fn validator(&self) -> &jsonschema::Validator {
        &self.validator
    }

    /// A field's English label as it stands within a sentence: "birth date".
    pub(crate) fn words_for<'a>(&'a self, path: &'a str) -> String {
        let label = self.fields.get(path).map_or(path, |field| field.labels.en.as_str());
        let mut letters = label.chars();
        letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
    }
}

/// Whether `path` is `parent` or lies below it.
fn is_within(path: &str, parent: &str) -> bool {
    path.strip_prefix(parent).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// A checked catalogue.
#[derive(Debug)]
pub struct Catalogue {
    organisation: String,
    name: Labels,
    record_types: Vec<RecordType>,
    registers: Vec<Register>,
    public_json: String,
    digest: [u8; 32],
    text_digest: [u8; 32],
}

impl Catalogue {
    /// Reads and checks a catalogue file.
    ///
    /// # Errors
    /// A [`CatalogueError`] names the file, the line or the key, what is wrong and what is allowed.
    pub fn load(path: &Path) -> Result<Self, CatalogueError> {
        let shown = path.display().to_string();
        let mut text = String::new();
        let file = std::fs::File::open(path).map_err(|source| CatalogueError::unreadable(&shown, source))?;
        file.take(MAX_CATALOGUE_BYTES + 1)
            .read_to_string(&mut text)
            .map_err(|source| CatalogueError::unreadable(&shown, source))?;
        if text.len() as u64 > MAX_CATALOGUE_BYTES {
            return Err(CatalogueError::new(
                &shown,
                format!("is larger than {MAX_CATALOGUE_BYTES} bytes: is it a catalogue?"),
            ));
        }
        Self::parse(&text, &shown)
    }

    /// Checks the text of a catalogue; `file` is what errors call it.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn parse(text: &str, file: &str) -> Result<Self, CatalogueError> {
        let raw: raw::RawCatalogue = toml::from_str(text).map_err(|error| CatalogueError::toml(file, text, &error))?;
        let text_digest = pod_crypto::sha256(&[text.as_bytes()]);
        Self::check(raw, text_digest).map_err(|why| CatalogueError::new(file, why))
    }

    fn check(raw: raw::RawCatalogue, text_digest: [u8; 32]) -> Result<Self, String> {
        if raw.format != CATALOGUE_FORMAT {
            return Err(format!("format = {} is unknown; this program reads format = {CATALOGUE_FORMAT}", raw.format));
        }
        let organisation = checked_id(raw.organisation.id, "organisation")?;
        let name = raw.organisation.name;
        if !name.is_complete() {
            return Err("organisation.name needs a text for each of fi, sv and en".to_owned());
        }
        let record_types = raw
            .record_type
            .into_iter()
            .map(|one| record_types::check(one, &raw.value_labels))
            .collect::<Result<Vec<RecordType>, _>>()?;
        no_twins(record_types.iter().map(RecordType::id), "record_type")?;
        let protected: usize = record_types.iter().map(|record_type| record_type.withheld.len()).sum();
        if protected > MAX_PROTECTED_FIELDS {
            return Err(format!(
                "withheld_under_non_disclosure names {protected} fields in all record types together, at most \
                 {MAX_PROTECTED_FIELDS} are allowed; name a parent in place of the fields below it"
            ));
        }
        let registers = raw
            .register
            .into_iter()
            .map(|register| registers::check(register, &record_types, &raw.code_lists))
            .collect::<Result<Vec<Register>, _>>()?;
        no_twins(registers.iter().map(Register::id), "register")?;
        no_twins(registers.iter().map(Register::file), "register with file")?;
        one_says_who_is_protected(&registers)?;

        let public_json = public::render(&organisation, &name, &record_types, &registers);
        let digest = pod_crypto::sha256(&[public_json.as_bytes()]);
        Ok(Self { organisation, name, record_types, registers, public_json, digest, text_digest })
    }

    /// The organisation's id, such as `helsinki`.
    #[must_use]
    pub fn organisation(&self) -> &str {
        &self.organisation
    }

    /// The organisation's name for people.
    #[must_use]
    pub fn name(&self) -> &Labels {
        &self.name
    }

    /// The record types, in the order of the file.
    #[must_use]
    pub fn record_types(&self) -> &[RecordType] {
        &self.record_types
    }

    /// The record type with this id.
    #[must_use]
    pub fn record_type(&self, id: &str) -> Option<&RecordType> {
        self.record_types.iter().find(|record_type| record_type.id == id)
    }

    /// The registers, in the order of the file.
    #[must_use]
    pub fn registers(&self) -> &[Register] {
        &self.registers
    }

    /// The register that a file belongs to: the one that names it, else the one whose id begins its name and whose
    /// file has the same ending, so that `residents_day2.csv` is a later extract of `residents`.
    #[must_use]
    pub fn register_for(&self, file_name: &str) -> Option<&Register> {
        let later_extract = |register: &&Register| {
            let ending = register.file().rsplit_once('.').map(|(_, ending)| ending);
            file_name.rsplit_once('.').map(|(_, ending)| ending) == ending
                && file_name.strip_prefix(register.id()).is_some_and(|rest| rest.starts_with(['_', '-', '.']))
        };
        self.registers
            .iter()
            .find(|register| register.file() == file_name)
            .or_else(|| self.registers.iter().filter(later_extract).max_by_key(|register| register.id().len()))
    }

    /// What everybody may read: organisation, record types, schemas, labels, what registers are called; nothing of their files. JSON.
    #[must_use]
    pub fn public_json(&self) -> &str {
        &self.public_json
    }

    /// SHA-256 of [`public_json`](Self::public_json)'s bytes.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// SHA-256 of the file as it was written, the mapping of registers included.
    pub(crate) fn text_digest(&self) -> [u8; 32] {
        self.text_digest
    }
}

/// An id stands in paths, grants and URLs: small letters, digits and hyphens.
fn checked_id(id: String, what: &str) -> Result<String, String> {
    /// Field and type names go into every grant, whose size the protocol limits to some hundred bytes.
    const MAX_ID_CHARS: usize = 40;
    let fits = id.len() <= MAX_ID_CHARS
        && id.starts_with(|c: char| c.is_ascii_lowercase())
        && id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte));
    if fits {
        Ok(id)
    } else {
        Err(format!(
            "{what} id `{id}` must begin with a small letter and hold up to {MAX_ID_CHARS} small letters, digits, hyphens and underscores"
        ))
    }
}

/// Two registers that contradict each other would protect whoever was imported last.
fn one_says_who_is_protected(registers: &[Register]) -> Result<(), String> {
    let mut saying = registers.iter().filter(|register| register.non_disclosure().is_some()).map(Register::id);
    match (saying.next(), saying.next()) {
        (Some(first), Some(second)) => Err(format!(
            "registers `{first}` and `{second}` both have `non_disclosure`: keep it where it is decided who is protected, and name the column in `ignored` of the other"
        )),
        _ => Ok(()),
    }
}

fn no_twins<'a>(ids: impl Iterator<Item = &'a str>, what: &str) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    for id in ids {
        if !seen.insert(id) {
            return Err(format!("{what} `{id}` stands there twice"));
        }
    }
    Ok(())
}
