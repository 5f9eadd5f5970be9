//! Registers, catalogues, and a sink in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use pod_import::{
    Batch, Catalogue, Checkpoint, IdentityCode, ImportedRecord, Options, Outcome, Plan, Report, Sink, import,
};
use pod_protocol::value::Value;

pub(crate) const CITIES: [&str; 4] = ["helsinki", "espoo", "turku", "oulu"];

/// The full registers where the environment names them; else the demo's sample.
pub(crate) fn registers() -> PathBuf {
    // Relative to the workspace, where commands are given, not to the package, where tests run.
    let workspace = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    workspace.join(std::env::var_os("AITTA_REGISTERS").unwrap_or_else(|| "demo/registers".into()))
}

pub(crate) fn catalogue_path(city: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("catalogues").join(format!("{city}.toml"))
}

pub(crate) fn catalogue(city: &str) -> Catalogue {
    Catalogue::load(&catalogue_path(city)).unwrap()
}

pub(crate) fn import_city(city: &str, sink: &mut MemorySink) -> Report {
    let catalogue = catalogue(city);
    let plan = Plan::folder(&catalogue, &registers().join(city)).unwrap();
    import(&plan, sink, &mut |_| {}, &Options::default()).unwrap()
}

pub(crate) fn import_files(city: &str, paths: &[PathBuf], sink: &mut MemorySink, options: &Options) -> Report {
    let catalogue = catalogue(city);
    let plan = Plan::files(&catalogue, paths).unwrap();
    import(&plan, sink, &mut |_| {}, options).unwrap()
}

pub(crate) fn batches_of(rows: usize) -> Options {
    Options { batch_rows: NonZeroUsize::new(rows).unwrap(), ..Options::default() }
}

/// A register of one's own for a small case: name, record type, mapping and file.
pub(crate) struct Case {
    folder: tempfile::TempDir,
    catalogue: String,
}

impl Case {
    /// `register` is what follows `[[register]]`, but id and record type; the type has fields of every kind.
    pub(crate) fn new(file: &str, register: &str) -> Self {
        let id = file.split('.').next().unwrap();
        let catalogue = format!(
            "{CASE_HEAD}\n[[register]]\nid = \"{id}\"\nfile = \"{file}\"\nrecord_type = \"thing\"\n{register}\n"
        );
        Self { folder: tempfile::tempdir().unwrap(), catalogue }
    }

    pub(crate) fn write(&self, file: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(file);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    pub(crate) fn catalogue(&self) -> Catalogue {
        Catalogue::parse(&self.catalogue, "case.toml").unwrap()
    }

    pub(crate) fn import(&self, file: &str, bytes: &[u8]) -> (Report, MemorySink) {
        let path = self.write(file, bytes);
        let catalogue = self.catalogue();
        let plan = Plan::files(&catalogue, &[path]).unwrap();
        let mut sink = MemorySink::default();
        let report = import(&plan, &mut sink, &mut |_| {}, &Options::default()).unwrap();
        (report, sink)
    }

    /// The sentence that stops the import.
    pub(crate) fn stops(&self, file: &str, bytes: &[u8]) -> String {
        let path = self.write(file, bytes);
        let catalogue = self.catalogue();
        let plan = Plan::files(&catalogue, &[path]).unwrap();
        import(&plan, &mut MemorySink::default(), &mut |_| {}, &Options::default()).unwrap_err().to_string()
    }
}

/// A catalogue with one type and no register.
pub(crate) const CASE_HEAD: &str = r#"
format = 1
[organisation]
id = "town"
name = { fi = "Kaupunki", sv = "Stad", en = "Town" }
[code_lists.towns]
"091" = "Helsinki"
[value_labels.notes]
a = { fi = "ensimmäinen", sv = "första", en = "first" }
[value_labels.bad]
x = { fi = "x", sv = "x", en = "" }
[[record_type]]
id = "thing"
labels = { fi = "Asia", sv = "Sak", en = "Thing" }
descriptions = { fi = "Asia.", sv = "Sak.", en = "A thing." }
legal_basis = ["eu-gdpr:A6-1-c"]
retention = "P1Y"
sensitivity = "personal"
withheld_under_non_disclosure = ["place.street"]
schema = '''
{ "type": "object", "additionalProperties": false,
  "properties": {
    "name": { "type": "string", "maxLength": 40 },
    "day": { "type": "string", "format": "date" },
    "fee": { "type": "string" },
    "grade": { "type": "integer", "minimum": 1, "maximum": 9 },
    "place": { "type": "object", "additionalProperties": false,
      "properties": { "street": { "type": "string" }, "town": { "type": "string" } } },
    "notes": { "type": "array", "items": { "type": "object", "additionalProperties": false, "required": ["what"],
      "properties": { "what": { "type": "string", "enum": ["a", "b"] }, "when": { "type": "string", "format": "date" } } } }
  } }
'''
[record_type.fields]
name = { fi = "Nimi", sv = "Namn", en = "Name" }
day = { fi = "Päivä", sv = "Dag", en = "First day" }
fee = { fi = "Maksu", sv = "Avgift", en = "Fee" }
grade = { fi = "Luokka", sv = "Klass", en = "Grade" }
place = { fi = "Paikka", sv = "Plats", en = "Place" }
"place.street" = { fi = "Katu", sv = "Gata", en = "Street" }
"place.town" = { fi = "Kunta", sv = "Kommun", en = "Town" }
notes = { fi = "Merkinnät", sv = "Noteringar", en = "Notes" }
"notes.what" = { fi = "Mitä", sv = "Vad", en = "Note" }
"notes.when" = { fi = "Milloin", sv = "När", en = "Day of a note" }
"#;

/// Four valid codes of nobody: individual numbers from 900 up are never given.
pub(crate) const CODES: [&str; 4] = ["080165-996V", "130270V941D", "020249-991H", "120616A9423"];

#[derive(Debug, thiserror::Error)]
#[error("killed")]
pub(crate) struct Killed;

/// What is kept of one record.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) fields: Value,
    pub(crate) guardians: Option<Vec<IdentityCode>>,
    pub(crate) non_disclosure: Option<bool>,
}

/// Records and checkpoints, committed together.
#[derive(Default)]
pub(crate) struct MemorySink {
    pub(crate) records: BTreeMap<(IdentityCode, String, String), Kept>,
    pub(crate) checkpoints: BTreeMap<String, Checkpoint>,
    pub(crate) records_applied: usize,
    /// By rows that were refused.
    pub(crate) protected: Vec<IdentityCode>,
    /// Has no room for anything of this person.
    pub(crate) full_for: Option<IdentityCode>,
    /// Fails instead of committing this batch, counted down to 0.
    pub(crate) batches_until_killed: Option<usize>,
}

impl MemorySink {
    pub(crate) fn people(&self) -> BTreeSet<IdentityCode> {
        self.records.keys().map(|(person, _, _)| person.clone()).collect()
    }

    pub(crate) fn kept(&self, code: &str, record_type: &str) -> &Kept {
        let code = IdentityCode::parse(code).unwrap();
        let mut found = self.records.iter().filter(|((person, kind, _), _)| *person == code && kind == record_type);
        let (_, kept) = found.next().expect("a record of this person and type");
        assert!(found.next().is_none(), "only one");
        kept
    }

    /// The record's fields as JSON, to compare with a literal.
    pub(crate) fn json(&self, code: &str, record_type: &str) -> serde_json::Value {
        self.kept(code, record_type).fields.to_json()
    }

    fn outcome(existing: Option<&Kept>, new: &Kept) -> Outcome {
        match existing {
            None => Outcome::Created,
            Some(kept) if kept == new => Outcome::Unchanged,
            Some(_) => Outcome::Updated,
        }
    }
}

fn kept(record: &ImportedRecord) -> ((IdentityCode, String, String), Kept) {
    let kept = Kept {
        fields: record.fields.clone(),
        guardians: record.guardians.clone(),
        non_disclosure: record.non_disclosure,
    };
    ((record.subject.clone(), record.record_type.clone(), record.record_id.clone()), kept)
}

impl Sink for MemorySink {
    type Error = Killed;

    fn resume_point(&self, file_key: &str) -> Result<Option<Checkpoint>, Killed> {
        Ok(self.checkpoints.get(file_key).cloned())
    }

    fn apply(&mut self, batch: &Batch, checkpoint: &Checkpoint) -> Result<Vec<Outcome>, Killed> {
        match &mut self.batches_until_killed {
            Some(0) => return Err(Killed),
            Some(left) => *left -= 1,
            None => {}
        }
        self.records_applied += batch.records.len();
        self.protected.extend(batch.protected.iter().cloned());
        self.checkpoints.insert(checkpoint.file_key.clone(), checkpoint.clone());
        let outcomes = batch.records.iter().map(|record| {
            if self.full_for.as_ref() == Some(&record.subject) {
                return Outcome::Refused("records of one type: 4097 is over the limit of 4096".to_owned());
            }
            let (key, kept) = kept(record);
            let outcome = Self::outcome(self.records.get(&key), &kept);
            self.records.insert(key, kept);
            outcome
        });
        Ok(outcomes.collect())
    }

    fn preview(&self, batch: &Batch) -> Result<Vec<Outcome>, Killed> {
        let outcomes = batch.records.iter().map(|record| {
            let (key, kept) = kept(record);
            Self::outcome(self.records.get(&key), &kept)
        });
        Ok(outcomes.collect())
    }
}
