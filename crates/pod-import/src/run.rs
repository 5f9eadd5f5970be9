//! The import itself: file after file, batch after batch, each batch with a checkpoint.
//!
//! The sink commits a batch and its checkpoint in one atomic step. After kill -9 the same command goes on where the
//! last commit was; the rows before it are read again for the report and not applied again. A file whose contents, or
//! whose catalogue, changed since starts over, which is safe because importing a row twice changes nothing.

use std::fs::File;
use std::io::{BufReader, Read as _, Seek as _};
use std::num::NonZeroUsize;

use serde::{Deserialize, Serialize};

use crate::catalogue::Catalogue;
use crate::formats::{FileFault, Rows};
use crate::identity::IdentityCode;
use crate::plan::{Plan, PlannedFile};
use crate::report::{Counts, FileReport, Report, Tally};
use crate::rows::{ImportedRecord, Mapper, Refused};

/// Rows between two commits: some milliseconds of `fdatasync` are paid once for so many records, and an interrupted
/// import repeats less than a second of work.
pub const DEFAULT_BATCH_ROWS: NonZeroUsize = NonZeroUsize::new(500).unwrap();

/// The file is digested and read in pieces of this size.
const READ_BYTES: usize = 256 * 1024;

/// How an import runs.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Read, validate and compare everything, write nothing.
    pub dry_run: bool,
    /// Rows between two commits.
    pub batch_rows: NonZeroUsize,
}

impl Default for Options {
    fn default() -> Self {
        Self { dry_run: false, batch_rows: DEFAULT_BATCH_ROWS }
    }
}

/// What a record met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// There was none of this person, type and id.
    Created,
    /// There was one with other contents, guardians or non-disclosure.
    Updated,
    /// There was one just so.
    Unchanged,
    /// It is over a limit of the holder: its row is refused, alone, for this.
    Refused(String),
}

/// How far a file has been brought in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// [`PlannedFile::key`].
    pub file_key: String,
    /// Digest of the catalogue and the whole file, as they were when the import began: SHA-256 chained over pieces of them.
    pub digest: [u8; 32],
    /// Rows from its beginning, refused ones included.
    pub rows_done: u64,
    /// Bytes from its beginning.
    pub bytes_done: u64,
    /// Nothing is left to do. The next import of the file begins anew, to find what changed at the holder.
    pub is_finished: bool,
}

/// What is committed together.
#[derive(Debug, Default)]
pub struct Batch {
    /// A record may stand there twice: the later one counts and meets the earlier one.
    pub records: Vec<ImportedRecord>,
    /// People who are under non-disclosure by rows that were refused for something else. It counts after the records.
    pub protected: Vec<IdentityCode>,
}

/// Where records go.
pub trait Sink {
    /// What can fail there.
    type Error: std::error::Error + Send + Sync + 'static;

    /// The checkpoint that was last committed for a file.
    ///
    /// # Errors
    /// The sink's own.
    fn resume_point(&self, file_key: &str) -> Result<Option<Checkpoint>, Self::Error>;

    /// Commits a batch and its checkpoint, durably and atomically; one outcome for each record, in order. A batch may be
    /// empty.
    ///
    /// # Errors
    /// The sink's own; nothing of the batch has then been committed, or the process stops.
    fn apply(&mut self, batch: &Batch, checkpoint: &Checkpoint) -> Result<Vec<Outcome>, Self::Error>;

    /// What [`apply`](Self::apply) would answer, without writing anything.
    ///
    /// # Errors
    /// The sink's own.
    fn preview(&self, batch: &Batch) -> Result<Vec<Outcome>, Self::Error>;
}

/// How far an import is, for a progress bar.
#[derive(Clone, Copy, Debug)]
pub struct Progress<'a> {
    /// The file with its folder.
    pub file: &'a str,
    /// Rows of it so far.
    pub rows_done: u64,
    /// Bytes of it so far.
    pub bytes_done: u64,
    /// Its size in bytes.
    pub bytes_total: u64,
}

/// Why an import stopped. Refused rows do not stop it.
#[derive(Debug, thiserror::Error)]
pub enum ImportError<E: std::error::Error + 'static> {
    /// A file cannot be read, or its heading is not the catalogue's.
    #[error("{file} {why}")]
    File {
        /// The file with its folder.
        file: String,
        /// What is wrong with it.
        why: String,
        /// What the system said.
        #[source]
        source: Option<std::io::Error>,
    },
    /// The sink failed.
    #[error("the records of {file} could not be stored")]
    Sink {
        /// The file with its folder.
        file: String,
        /// Why.
        #[source]
        source: E,
    },
    /// The sink did not answer for every record.
    #[error("{answered} outcomes came back for {records} records of {file}")]
    Outcomes {
        /// The file with its folder.
        file: String,
        /// Records in the batch.
        records: usize,
        /// Outcomes that came back.
        answered: usize,
    },
}

/// Imports the files of a plan.
///
/// Every file is opened and its heading compared with the catalogue before the first row of any is applied.
/// `progress` is called after each batch.
///
/// # Errors
/// [`ImportError`]; what was committed before it stays, and the same import goes on from there.
pub fn import<S: Sink>(
    plan: &Plan<'_>,
    sink: &mut S,
    progress: &mut dyn FnMut(&Progress<'_>),
    options: &Options,
) -> Result<Report, ImportError<S::Error>> {
    let mut tally = Tally::new(plan.catalogue().organisation(), options.dry_run);
    for planned in plan.planned() {
        bind(planned, File::open(planned.path())).map_err(|fault| file_error(planned, fault))?;
    }
    for planned in plan.planned() {
        let mut open = OpenFile::open(planned, plan.catalogue()).map_err(|fault| file_error(planned, fault))?;
        let mut run = FileRun::begin(planned, &open, sink, options)?;
        run.drive(&mut open, sink, progress, &mut tally)?;
        tally.file(FileReport {
            file: planned.shown().to_owned(),
            register: planned.register().id().to_owned(),
            record_type: planned.record_type().id().to_owned(),
            counts: run.counts,
        });
    }
    Ok(tally.finish())
}

type FileRows = Rows<BufReader<File>>;

/// A file whose heading fits its register.
struct OpenFile<'c> {
    size: u64,
    digest: [u8; 32],
    rows: FileRows,
    mapper: Mapper<'c>,
}

impl<'c> OpenFile<'c> {
    fn open(planned: &PlannedFile<'c>, catalogue: &Catalogue) -> Result<Self, FileFault> {
        let mut file = File::open(planned.path())?;
        // Through one handle: what is read is what was digested, also when another file takes the name meanwhile.
        let (digest, size) = digest(catalogue.text_digest(), &mut file)?;
        file.rewind()?;
        let (rows, mapper) = bind(planned, Ok(file))?;
        Ok(Self { size, digest, rows, mapper })
    }
}

/// Begins to read a file, and compares its heading with the catalogue.
fn bind<'c>(planned: &PlannedFile<'c>, file: std::io::Result<File>) -> Result<(FileRows, Mapper<'c>), FileFault> {
    let register = planned.register();
    let rows = Rows::open(BufReader::with_capacity(READ_BYTES, file?), register.format(), register.encoding())?;
    let mapper = Mapper::bind(register, planned.record_type(), rows.heading()).map_err(FileFault::Heading)?;
    Ok((rows, mapper))
}

/// Digest and size of a file, in constant memory: `d = SHA-256(d || piece)`, from that of its catalogue on.
fn digest(catalogue: [u8; 32], file: &mut File) -> std::io::Result<([u8; 32], u64)> {
    let mut digest = catalogue;
    let mut size = 0;
    let mut piece = Vec::with_capacity(READ_BYTES);
    loop {
        piece.clear();
        // Pieces of exactly this size, however little one call to read brings: they are part of the digest.
        let read = file.take(READ_BYTES as u64).read_to_end(&mut piece)?;
        if read == 0 {
            return Ok((digest, size));
        }
        size += read as u64;
        digest = pod_crypto::sha256(&[&digest, &piece]);
    }
}

/// One file on its way.
struct FileRun<'a> {
    planned: &'a PlannedFile<'a>,
    digest: [u8; 32],
    /// Rows that an interrupted import of this very file, by this very catalogue, brought in.
    resume_after: u64,
    dry_run: bool,
    batch_rows: usize,
    batch: Batch,
    counts: Counts,
    bytes_total: u64,
}

impl<'a> FileRun<'a> {
    fn begin<S: Sink>(
        planned: &'a PlannedFile<'a>,
        open: &OpenFile<'_>,
        sink: &S,
        options: &Options,
    ) -> Result<Self, ImportError<S::Error>> {
        let checkpoint = sink
            .resume_point(planned.key())
            .map_err(|source| ImportError::Sink { file: planned.shown().to_owned(), source })?;
        let resume_after = checkpoint
            .filter(|checkpoint| checkpoint.digest == open.digest && !checkpoint.is_finished && !options.dry_run)
            .map_or(0, |checkpoint| checkpoint.rows_done);
        Ok(Self {
            planned,
            digest: open.digest,
            resume_after,
            dry_run: options.dry_run,
            batch_rows: options.batch_rows.get(),
            batch: Batch::default(),
            counts: Counts::default(),
            bytes_total: open.size,
        })
    }

    fn drive<S: Sink>(
        &mut self,
        open: &mut OpenFile<'_>,
        sink: &mut S,
        progress: &mut dyn FnMut(&Progress<'_>),
        tally: &mut Tally,
    ) -> Result<(), ImportError<S::Error>> {
        let mut rows_since_commit = 0;
        while let Some(row) = open.rows.next_row().map_err(|source| file_error(self.planned, source.into()))? {
            let line = row.line;
            self.counts.rows += 1;
            let done_before = self.counts.rows <= self.resume_after;
            match open.mapper.record(row) {
                Ok(record) => {
                    tally.person(&record.subject);
                    if done_before {
                        self.counts.done_before += 1;
                    } else {
                        self.batch.records.push(record);
                    }
                }
                Err(bad) => {
                    self.counts.refused += 1;
                    self.batch.protected.extend(bad.protects.filter(|_| !done_before));
                    let file = self.planned.shown().to_owned();
                    tally.refused(Refused { file, line, field: bad.field, why: bad.why });
                }
            }
            rows_since_commit += 1;
            if rows_since_commit >= self.batch_rows {
                rows_since_commit = 0;
                // While it repeats what is done, it only shows that it moves.
                if !done_before {
                    self.commit(open.rows.bytes_done(), false, sink, tally)?;
                }
                progress(&self.progress(open.rows.bytes_done()));
            }
        }
        self.commit(self.bytes_total, true, sink, tally)?;
        progress(&self.progress(self.bytes_total));
        Ok(())
    }

    fn commit<S: Sink>(
        &mut self,
        bytes_done: u64,
        is_finished: bool,
        sink: &mut S,
        tally: &mut Tally,
    ) -> Result<(), ImportError<S::Error>> {
        let file = || self.planned.shown().to_owned();
        let outcomes = if self.dry_run {
            sink.preview(&self.batch)
        } else {
            let checkpoint = Checkpoint {
                file_key: self.planned.key().to_owned(),
                digest: self.digest,
                rows_done: self.counts.rows,
                bytes_done,
                is_finished,
            };
            sink.apply(&self.batch, &checkpoint)
        };
        let outcomes = outcomes.map_err(|source| ImportError::Sink { file: file(), source })?;
        let records = self.batch.records.len();
        if outcomes.len() != records {
            return Err(ImportError::Outcomes { file: file(), records, answered: outcomes.len() });
        }
        for (record, outcome) in self.batch.records.drain(..).zip(outcomes) {
            self.counts.outcome(&outcome);
            if let Outcome::Refused(why) = outcome {
                tally.refused(Refused { file: file(), line: record.line, field: None, why });
            }
        }
        self.batch.protected.clear();
        Ok(())
    }

    fn progress(&self, bytes_done: u64) -> Progress<'a> {
        Progress { file: self.planned.shown(), rows_done: self.counts.rows, bytes_done, bytes_total: self.bytes_total }
    }
}

fn file_error<E: std::error::Error + 'static>(planned: &PlannedFile<'_>, fault: FileFault) -> ImportError<E> {
    let why = fault.to_string();
    let source = match fault {
        FileFault::Unreadable(source) => Some(source),
        FileFault::Heading(_) => None,
    };
    ImportError::File { file: planned.shown().to_owned(), why, source }
}
