//! What an import did, for people and as JSON.

use std::collections::{BTreeMap, HashSet};
use std::fmt;

use serde::Serialize;

use crate::identity::IdentityCode;
use crate::rows::Refused;
use crate::run::Outcome;

/// Refused rows that a report lists, at most. All are counted; a file with more is an export gone wrong as a whole, and
/// a list of it would not be read.
pub const MAX_REFUSED_LISTED: usize = 10_000;

/// People who are counted one by one, at most: each takes 8 bytes and a half while the import runs. Finland has 5.6
/// million inhabitants.
pub const MAX_PEOPLE_COUNTED: usize = 8_000_000;

/// Refusals that the text for people shows; `--json` has them all.
const REFUSED_SHOWN: usize = 20;

/// What an import did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The organisation's id.
    pub organisation: String,
    /// Whether nothing was written.
    pub dry_run: bool,
    /// Different people in the rows that were good; at least so many when it is [`MAX_PEOPLE_COUNTED`].
    pub people: u64,
    /// One entry for each file, in the order in which they were read.
    pub files: Vec<FileReport>,
    /// All rows by record type.
    pub record_types: BTreeMap<String, Counts>,
    /// All rows of all files.
    pub total: Counts,
    /// The first [`MAX_REFUSED_LISTED`] refused rows.
    pub refused: Vec<Refused>,
}

/// What became of one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FileReport {
    /// The file with its folder.
    pub file: String,
    /// The register's id.
    pub register: String,
    /// The record type's id.
    pub record_type: String,
    /// Its rows.
    #[serde(flatten)]
    pub counts: Counts,
}

/// Rows by what became of them. `rows` is the sum of the others: no row is lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// All rows.
    pub rows: u64,
    /// New records.
    pub created: u64,
    /// Records that were there with other contents.
    pub updated: u64,
    /// Records that were there just so.
    pub unchanged: u64,
    /// Good rows that an earlier, interrupted import of the same file had already brought in.
    pub done_before: u64,
    /// Rows that were refused.
    pub refused: u64,
}

impl Counts {
    fn add(&mut self, other: Self) {
        self.rows += other.rows;
        self.created += other.created;
        self.updated += other.updated;
        self.unchanged += other.unchanged;
        self.done_before += other.done_before;
        self.refused += other.refused;
    }
}

/// Gathers a report.
pub(crate) struct Tally {
    report: Report,
    people: HashSet<u64>,
}

impl Tally {
    pub(crate) fn new(organisation: &str, dry_run: bool) -> Self {
        let report = Report {
            organisation: organisation.to_owned(),
            dry_run,
            people: 0,
            files: Vec::new(),
            record_types: BTreeMap::new(),
            total: Counts::default(),
            refused: Vec::new(),
        };
        Self { report, people: HashSet::new() }
    }

    pub(crate) fn person(&mut self, subject: &IdentityCode) {
        if self.people.len() < MAX_PEOPLE_COUNTED {
            // 64 bits of a digest: a million people collide with a probability of 3 in 10^8, and it is only a count.
            let [a, b, c, d, e, f, g, h, ..] = pod_crypto::sha256(&[subject.expose()]);
            self.people.insert(u64::from_be_bytes([a, b, c, d, e, f, g, h]));
        }
    }

    pub(crate) fn refused(&mut self, refused: Refused) {
        if self.report.refused.len() < MAX_REFUSED_LISTED {
            self.report.refused.push(refused);
        }
    }

    pub(crate) fn file(&mut self, file: FileReport) {
        self.report.record_types.entry(file.record_type.clone()).or_default().add(file.counts);
        self.report.total.add(file.counts);
        self.report.files.push(file);
    }

    pub(crate) fn finish(mut self) -> Report {
        self.report.people = self.people.len() as u64;
        self.report
    }
}

impl Counts {
    pub(crate) fn outcome(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::Created => self.created += 1,
            Outcome::Updated => self.updated += 1,
            Outcome::Unchanged => self.unchanged += 1,
            Outcome::Refused(_) => self.refused += 1,
        }
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} rows: {} new, {} changed, {} as before", self.rows, self.created, self.updated, self.unchanged)?;
        if self.done_before > 0 {
            write!(f, ", {} done by the interrupted import", self.done_before)?;
        }
        write!(f, ", {} refused", self.refused)
    }
}

/// A few lines for people.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dry = if self.dry_run { " (dry run, nothing was written)" } else { "" };
        writeln!(f, "{}: {} people, {}{dry}", self.organisation, self.people, self.total)?;
        for file in &self.files {
            writeln!(f, "  {} ({}): {}", file.file, file.record_type, file.counts)?;
        }
        if self.total.refused > 0 {
            writeln!(f, "Refused, each alone; correct them at their source and import the file again:")?;
        }
        for refused in self.refused.iter().take(REFUSED_SHOWN) {
            writeln!(f, "  {refused}")?;
        }
        let shown = self.refused.len().min(REFUSED_SHOWN) as u64;
        if self.total.refused > shown {
            writeln!(f, "  and {} more", self.total.refused - shown)?;
        }
        Ok(())
    }
}
