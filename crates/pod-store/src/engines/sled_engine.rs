//! sled 0.34: a folder with a log-structured file, and one file for each large page.
//!
//! sled's `flush` is not durable: on Linux it calls `sync_file_range`, which writes no metadata and does not empty
//! the disk's own cache (spacejam/sled#1452). After each flush this adapter therefore syncs the file itself, through
//! a descriptor of its own that has been open since before the first write: should sled's background thread meet a
//! failed `fsync`, which it only logs, Linux reports the failure on this descriptor once more. Pages over 128 KiB
//! lie in files of their own under `blobs/`, which sled never syncs: new ones are synced too, and their folder.
//!
//! All tables share one tree, with keys `table name, 0, key`. sled pins its log while it applies a batch to a tree:
//! recovery takes all of the batch or stops before it. A transaction over several trees rests on the same pin and
//! gives nothing more, since commits come one at a time here.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, RwLock, RwLockReadGuard};

use crate::batch::Batch;
use crate::config::{Engine, StoreConfig};
use crate::engines::{KeyValue, Verdict};
use crate::error::{EngineFault, OpenError, fault};
use crate::place;
use crate::store::{Row, Table};

/// Stands between a table's name, which has none, and the key.
const END_OF_NAME: u8 = 0;

/// sled's data file inside its folder.
const DATA_FILE: &str = "db";
/// sled's settings file inside its folder.
const SETTINGS_FILE: &str = "conf";
/// Where sled keeps pages that do not fit into its log.
const LARGE_PAGES: &str = "blobs";

/// An open sled folder.
pub(crate) struct SledEngine {
    /// Dropped before `disk`, which waits for the end of it.
    database: sled::Db,
    /// Held for reading by readers and for writing through a whole commit, so that nobody sees what is not yet
    /// durable, or half a batch.
    state: RwLock<State>,
    disk: Disk,
}

#[derive(Default)]
struct State {
    /// A commit failed: sled's memory may hold what the disk does not.
    broken: bool,
}

impl SledEngine {
    /// Makes a new store in a new folder.
    pub(crate) fn create(config: &StoreConfig, path: &Path) -> Result<Self, OpenError> {
        place::new_folder(path)?;
        Self::open_folder(config, path)
    }

    /// Opens a folder that is there.
    pub(crate) fn open(config: &StoreConfig) -> Result<Self, OpenError> {
        // sled would make a store in any folder.
        if !config.path.join(DATA_FILE).is_file() {
            let reason = "it is not a folder of sled's";
            let path = config.path.clone();
            return Err(OpenError::NotAStore { path, engine: Engine::Sled, reason });
        }
        Self::open_folder(config, &config.path)
    }

    fn open_folder(config: &StoreConfig, path: &Path) -> Result<Self, OpenError> {
        let cache_bytes = u64::try_from(config.cache_bytes).unwrap_or(u64::MAX);
        // The background thread stays on: it alone reuses space in the file.
        let opened = sled::Config::new().path(path).cache_capacity(cache_bytes).open();
        let database = opened.map_err(|error| OpenError::Engine {
            path: path.to_owned(),
            engine: Engine::Sled,
            source: fault(error),
        })?;
        let disk = Disk::open(path).map_err(|source| place::io_error("open", path, source))?;
        // After a kill sled may have recovered a batch that was never acknowledged and is not on the disk yet.
        let synced = disk.sync_everything(path);
        synced.map_err(|source| place::io_error("sync", path, source))?;
        Ok(Self { database, state: RwLock::default(), disk })
    }

    fn reading(&self) -> Result<RwLockReadGuard<'_, State>, EngineFault> {
        match self.state.read() {
            Ok(state) if !state.broken => Ok(state),
            // Broken, or sled panicked in the middle of a commit.
            _ => Err(fault(io::Error::other("an earlier commit failed"))),
        }
    }

    /// Decides the group and writes what applies to sled's log and to the disk.
    fn write(&self, group: &[Batch]) -> Result<Vec<Verdict>, EngineFault> {
        let mut verdicts = Vec::with_capacity(group.len());
        for batch in group {
            let holds = batch.holds(|table, key| self.value(table, key))?;
            if !holds {
                verdicts.push(Verdict::Conflict);
                continue;
            }
            let mut changes = sled::Batch::default();
            for change in &batch.operations {
                let key = full_key(change.table, &change.key);
                match &change.value {
                    Some(value) => changes.insert(key, value.as_slice()),
                    None => changes.remove(key),
                }
            }
            self.database.apply_batch(changes).map_err(fault)?;
            verdicts.push(Verdict::Applied);
        }
        if verdicts.contains(&Verdict::Applied) {
            self.database.flush().map_err(fault)?;
            self.disk.sync().map_err(fault)?;
        }
        Ok(verdicts)
    }

    fn value(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, EngineFault> {
        let found = self.database.get(full_key(table, key)).map_err(fault)?;
        Ok(found.map(|value| value.to_vec()))
    }
}

impl KeyValue for SledEngine {
    fn make_tables(&self, _tables: &[Table]) -> Result<(), EngineFault> {
        // A table is a beginning of keys: there is nothing to make.
        Ok(())
    }

    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, EngineFault> {
        let _state = self.reading()?;
        self.value(table, key)
    }

    fn range(&self, table: Table, from: Bound<&[u8]>, to: Bound<&[u8]>, limit: usize) -> Result<Vec<Row>, EngineFault> {
        let _state = self.reading()?;
        let name_bytes = table.0.len() + 1;
        let from = match from.map(|key| full_key(table, key)) {
            Bound::Unbounded => Bound::Included(full_key(table, b"")),
            bound => bound,
        };
        let to = match to.map(|key| full_key(table, key)) {
            Bound::Unbounded => Bound::Excluded(end_of_table(table)),
            bound => bound,
        };
        let mut rows = Vec::new();
        for row in self.database.range((from, to)).take(limit) {
            let (key, value) = row.map_err(fault)?;
            rows.push((key.get(name_bytes..).unwrap_or_default().to_vec(), value.to_vec()));
        }
        Ok(rows)
    }

    fn count(&self, table: Table) -> Result<u64, EngineFault> {
        let _state = self.reading()?;
        let mut count = 0;
        for row in self.database.scan_prefix(full_key(table, b"")) {
            row.map_err(fault)?;
            count += 1;
        }
        Ok(count)
    }

    fn commit_group(&self, group: &[Batch]) -> Result<Vec<Verdict>, EngineFault> {
        let Ok(mut state) = self.state.write() else {
            return Err(fault(io::Error::other("an earlier commit panicked")));
        };
        let written = self.write(group);
        state.broken |= written.is_err();
        written
    }
}

fn full_key(table: Table, key: &[u8]) -> Vec<u8> {
    let mut full = Vec::with_capacity(table.0.len() + 1 + key.len());
    full.extend_from_slice(table.0.as_bytes());
    full.push(END_OF_NAME);
    full.extend_from_slice(key);
    full
}

/// The least key after all keys of `table`.
fn end_of_table(table: Table) -> Vec<u8> {
    let mut end = table.0.as_bytes().to_vec();
    end.push(END_OF_NAME + 1);
    end
}

/// sled's files, held open to be synced.
struct Disk {
    data: File,
    large_pages: File,
    large_pages_path: PathBuf,
    /// Large pages that are synced. sled never changes one, and uses no name twice in one run.
    synced: Mutex<HashSet<OsString>>,
}

/// Waits until sled has let go of its file: its threads hold the file, and its lock, for a moment after the database
/// is dropped, and a store opened in that moment would be refused.
impl Drop for Disk {
    fn drop(&mut self) {
        // Whether or not the lock is had, there is nothing more to do.
        let _ = self.data.lock();
    }
}

impl Disk {
    fn open(path: &Path) -> io::Result<Self> {
        let large_pages_path = path.join(LARGE_PAGES);
        Ok(Self {
            data: File::open(path.join(DATA_FILE))?,
            large_pages: File::open(&large_pages_path)?,
            large_pages_path,
            synced: Mutex::default(),
        })
    }

    /// Makes all that sled has written durable: large pages first, then the log that points to them.
    fn sync(&self) -> io::Result<()> {
        let Ok(mut synced) = self.synced.lock() else {
            return Err(io::Error::other("an earlier sync panicked"));
        };
        let mut present = HashSet::new();
        let mut any_new = false;
        for entry in fs::read_dir(&self.large_pages_path)? {
            let entry = entry?;
            let name = entry.file_name();
            if !synced.contains(&name) {
                any_new = true;
                match File::open(entry.path()).and_then(|page| page.sync_data()) {
                    // The background thread has replaced the page meanwhile.
                    Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                    done => done?,
                }
            }
            present.insert(name);
        }
        if any_new {
            self.large_pages.sync_all()?;
        }
        *synced = present;
        self.data.sync_data()
    }

    /// Makes the whole store durable, with its settings and the names in its folder.
    fn sync_everything(&self, path: &Path) -> io::Result<()> {
        File::open(path.join(SETTINGS_FILE))?.sync_all()?;
        self.sync()?;
        File::open(path)?.sync_all()
    }
}
