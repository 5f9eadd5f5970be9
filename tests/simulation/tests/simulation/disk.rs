//! The disk under a node's log: what was written and not synced is lost with the power, or half of it.
//!
//! It counts the entries that are durable, and since when: so each answer can be held against the moment of its entry.

use std::fmt;
use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::sync::{Arc, Mutex};

use pod_audit::Disk;

use crate::dice::Dice;
use crate::history::{History, Moment};

/// A frame's header, and what says that an entry follows: `docs/data-model.md`.
const FRAME_HEADER_BYTES: usize = 12;
const ENTRY: u8 = 1;
const HEAD: u8 = 2;
/// What a disk writes at once.
const SECTOR_BYTES: u64 = 512;

/// A write that no sync has covered.
struct Unsynced {
    file: File,
    inode: u64,
    offset: u64,
    before: Vec<u8>,
    after: Vec<u8>,
    /// Entries in it.
    entries: u64,
}

#[derive(Default)]
struct State {
    unsynced: Vec<Unsynced>,
    /// When entry `i` became durable.
    durable: Vec<Moment>,
    off: bool,
    /// A start writes the last group anew: nothing new becomes durable by that.
    starting: bool,
}

pub struct PowerDisk {
    history: Arc<History>,
    name: &'static str,
    dice: Dice,
    /// A planted defect: it says that it synced, and did not.
    lies: bool,
    state: Mutex<State>,
}

impl fmt::Debug for PowerDisk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PowerDisk")
    }
}

impl PowerDisk {
    pub fn new(history: &Arc<History>, name: &'static str, dice: Dice, lies: bool) -> Arc<Self> {
        Arc::new(Self { history: Arc::clone(history), name, dice, lies, state: Mutex::default() })
    }

    /// Since when the entry with this index is durable.
    pub fn durable_since(&self, index: u64) -> Option<Moment> {
        self.state.lock().unwrap().durable.get(usize::try_from(index).unwrap()).copied()
    }

    /// Nothing is written any more.
    pub fn power_off(&self) {
        self.state.lock().unwrap().off = true;
    }

    /// What no sync covered is undone, from the newest write back: whole, not at all, but for its beginning, or any of its
    /// sectors. A sector is written or not, as disks promise; nobody promised anything of what stays.
    pub fn power_on(&self) {
        let mut state = self.state.lock().unwrap();
        (state.off, state.starting) = (false, true);
        while let Some(write) = state.unsynced.pop() {
            let way = self.dice.below(4);
            let whole_until = self.dice.below(write.after.len() as u64 + 1);
            let mut at = 0;
            while at < write.after.len() {
                let sector = SECTOR_BYTES - (write.offset + at as u64) % SECTOR_BYTES;
                let end = write.after.len().min(at + sector as usize);
                let stays = match way {
                    0 => true,
                    1 => false,
                    2 => end as u64 <= whole_until,
                    _ => self.dice.percent(50),
                };
                let bytes = if stays { &write.after } else { &write.before };
                write.file.write_all_at(&bytes[at..end], write.offset + at as u64).unwrap();
                at = end;
            }
        }
    }

    /// After a start: entries that nobody synced and that the log found whole count from then on.
    pub fn found(&self, entries: u64) {
        let mut state = self.state.lock().unwrap();
        let entries = usize::try_from(entries).unwrap();
        let found = self.history.note(self.name, format!("starts with {entries} entries"));
        if entries < state.durable.len() {
            let lost = state.durable.len() - entries;
            self.history.violated(1, format!("{} lost {lost} entries that were durable", self.name));
        }
        state.durable.resize(entries, found);
        state.starting = false;
    }
}

/// Entries in a run of frames; none when it is something else.
fn entries_in(mut bytes: &[u8]) -> u64 {
    let mut entries = 0;
    while let Some((header, rest)) = bytes.split_first_chunk::<FRAME_HEADER_BYTES>() {
        let length = u32::from_le_bytes([header[0], header[1], header[2], 0]) as usize;
        match header[3] {
            ENTRY if length > 0 => entries += 1,
            HEAD if length > 0 => {}
            _ => return 0,
        }
        let Some(next) = rest.get(length..) else { return 0 };
        bytes = next;
    }
    if bytes.is_empty() { entries } else { 0 }
}

impl Disk for PowerDisk {
    fn write_all_at(&self, file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
        let mut state = self.state.lock().unwrap();
        if state.off {
            return Err(io::Error::other("no power"));
        }
        let mut before = vec![0; bytes.len()];
        let mut read = 0;
        while let Ok(more @ 1..) = file.read_at(&mut before[read..], offset + read as u64) {
            read += more;
        }
        let inode = file.metadata()?.ino();
        let entries = entries_in(bytes);
        let file = file.try_clone()?;
        file.write_all_at(bytes, offset)?;
        state.unsynced.push(Unsynced { file, inode, offset, before, after: bytes.to_vec(), entries });
        Ok(())
    }

    fn sync_data(&self, file: &File) -> io::Result<()> {
        let mut state = self.state.lock().unwrap();
        if state.off {
            return Err(io::Error::other("no power"));
        }
        let inode = file.metadata()?.ino();
        let covered = state.unsynced.iter_mut().filter(|write| write.inode == inode);
        let entries: u64 = covered.map(|write| std::mem::take(&mut write.entries)).sum();
        if !self.lies {
            state.unsynced.retain(|write| write.inode != inode);
        }
        if entries > 0 && !state.starting {
            let moment = self.history.note(self.name, format!("{entries} entries are durable"));
            let durable = state.durable.len() + usize::try_from(entries).unwrap();
            state.durable.resize(durable, moment);
        }
        Ok(())
    }

    fn reserve(&self, file: &File, bytes: u64) -> io::Result<()> {
        file.set_len(bytes)
    }
}
