//! A small world: one organisation's log, a few pods, and the means to tamper with files.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};

use pod_audit::{
    Disk, EntryKind, GrantUse, Log, LogConfig, MIN_SEGMENT_BYTES, NewEntry, PersonalPart, PodTag, PublicPart, Released,
    RequestMark, SystemDisk, Withheld, WithheldReason,
};
use pod_crypto::{AeadKey, SeededRandom, SigningKey, SystemRandom, sha256};
use pod_protocol::ids::{Cti, GrantId, Kid, Principal, RequestId};

pub(crate) const START_SECS: u64 = 1_790_000_000;

pub(crate) fn head_key() -> Arc<SigningKey> {
    Arc::new(SigningKey::from_seed(&[7; 32]))
}

pub(crate) fn other_key() -> Arc<SigningKey> {
    Arc::new(SigningKey::from_seed(&[8; 32]))
}

/// A log of small segments, so that a few entries fill one.
pub(crate) fn config(directory: &Path) -> LogConfig {
    let mut config = LogConfig::new(directory.to_owned(), Principal::new([1; 32]), head_key());
    config.segment_bytes = MIN_SEGMENT_BYTES;
    config
}

pub(crate) fn open(directory: &Path) -> Log {
    Log::open(config(directory)).unwrap()
}

pub(crate) fn tag(pod: u8) -> PodTag {
    PodTag::new([pod; 16])
}

pub(crate) fn audit_key(pod: u8) -> AeadKey {
    AeadKey::from_bytes([pod; 32])
}

pub(crate) fn public(number: u64, pod: u8) -> PublicPart {
    let mut id = [0; 32];
    id[..8].copy_from_slice(&number.to_be_bytes());
    PublicPart {
        time_secs: START_SECS + number,
        kind: EntryKind::Disclosure,
        pod: Some(tag(pod)),
        request: Some(RequestMark {
            id: RequestId::new(id),
            cti: Cti::new([4; 16]),
            kid: Kid::new([5; 16]),
            issued_secs: START_SECS + number - 1,
        }),
        grants: Some(GrantUse::new(vec![GrantId::new([2; 32]), GrantId::new([3; 32])], 1).unwrap()),
    }
}

pub(crate) fn personal() -> PersonalPart {
    PersonalPart {
        service: Some(Principal::new([6; 32])),
        organisation: "city of espoo".to_owned(),
        purpose: "dpv:ServiceProvision".to_owned(),
        released: vec![Released { record_type: "diet".to_owned(), fields: vec!["allergies.substance".to_owned()] }],
        withheld: vec![Withheld {
            record_type: "resident".to_owned(),
            reason: WithheldReason::NonDisclosure,
            fields: vec!["address".to_owned()],
        }],
        outcome: "released".to_owned(),
        acting: Some("clerk 17".to_owned()),
    }
}

pub(crate) fn entry(number: u64, pod: u8) -> NewEntry {
    NewEntry::new(&public(number, pod), Some((&personal(), &audit_key(pod))), &SystemRandom).unwrap()
}

/// The same entry at each call.
pub(crate) fn seeded_entry(number: u64, pod: u8) -> NewEntry {
    let random = SeededRandom::new(sha256(&[&number.to_be_bytes()]));
    NewEntry::new(&public(number, pod), Some((&personal(), &audit_key(pod))), &random).unwrap()
}

/// Appends `groups` groups of `size` seeded entries, one sync each; pods take turns.
pub(crate) fn fill(log: &Log, groups: u64, size: u64) {
    for _ in 0..groups {
        let first = log.size();
        let entries = (first..first + size).map(|number| seeded_entry(number, (number % 3) as u8)).collect();
        log.append_blocking(entries).unwrap();
    }
}

pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for file in fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
}

/// Names of the segments, in order.
pub(crate) fn segments(directory: &Path) -> Vec<String> {
    let names = fs::read_dir(directory).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.filter(|name| name.ends_with(".log")).collect();
    names.sort();
    names
}

pub(crate) const ENTRY: u8 = 1;
pub(crate) const HEAD: u8 = 2;
const HEADER_BYTES: usize = 32;

/// A segment taken apart as its format page says, to be put together otherwise.
pub(crate) struct Parts {
    header: Vec<u8>,
    pub(crate) frames: Vec<(u8, Vec<u8>)>,
}

impl Parts {
    pub(crate) fn read(path: &Path) -> Self {
        let bytes = fs::read(path).unwrap();
        let (header, mut rest) = bytes.split_at(HEADER_BYTES);
        let mut frames = Vec::new();
        while rest.len() >= 12 && rest[..4] != [0; 4] {
            let length = u32::from_le_bytes([rest[0], rest[1], rest[2], 0]) as usize;
            frames.push((rest[3], rest[12..12 + length].to_vec()));
            rest = &rest[12 + length..];
        }
        Self { header: header.to_vec(), frames }
    }

    /// Writes the frames with checksums that fit, as somebody who knows the format would.
    pub(crate) fn write(&self, path: &Path) {
        let length = fs::metadata(path).unwrap().len() as usize;
        let mut bytes = self.header.clone();
        for (kind, payload) in &self.frames {
            let word = u32::try_from(payload.len()).unwrap() | u32::from(*kind) << 24;
            bytes.extend_from_slice(&word.to_le_bytes());
            let prefix = if *kind == ENTRY { 0 } else { 2 };
            bytes.extend_from_slice(&sha256(&[&[prefix], payload])[..8]);
            bytes.extend_from_slice(payload);
        }
        bytes.resize(length.max(bytes.len()), 0);
        fs::write(path, bytes).unwrap();
    }

    /// Positions of the entry frames.
    pub(crate) fn entries(&self) -> Vec<usize> {
        (0..self.frames.len()).filter(|at| self.frames[*at].0 == ENTRY).collect()
    }
}

/// What was done to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    Write { offset: u64, bytes: u64 },
    Sync,
    Reserve { bytes: u64 },
}

/// A disk whose syncs can be held up, that can break, and that remembers what it did.
#[derive(Debug, Default)]
pub(crate) struct TestDisk {
    state: Mutex<DiskState>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct DiskState {
    held: bool,
    waiting: usize,
    writes_fail: Option<io::ErrorKind>,
    syncs_fail: Option<io::ErrorKind>,
    /// With the file's inode.
    acts: Vec<(u64, Act)>,
}

impl TestDisk {
    /// What succeeded on the file that is at `path` now; each with its place among all acts.
    pub(crate) fn acts_on(&self, path: &Path) -> Vec<(usize, Act)> {
        let inode = fs::metadata(path).unwrap().ino();
        let state = self.state.lock().unwrap();
        let of_file = state.acts.iter().enumerate().filter(|(_, (file, _))| *file == inode);
        of_file.map(|(place, (_, act))| (place, *act)).collect()
    }

    pub(crate) fn hold_syncs(&self) {
        self.state.lock().unwrap().held = true;
    }

    pub(crate) fn let_syncs_go(&self) {
        self.state.lock().unwrap().held = false;
        self.changed.notify_all();
    }

    /// Returns when a sync is being held up.
    pub(crate) fn wait_for_held_sync(&self) {
        let state = self.state.lock().unwrap();
        drop(self.changed.wait_while(state, |state| state.waiting == 0).unwrap());
    }

    pub(crate) fn fail_writes(&self, kind: io::ErrorKind) {
        self.state.lock().unwrap().writes_fail = Some(kind);
    }

    pub(crate) fn fail_syncs(&self, kind: io::ErrorKind) {
        self.state.lock().unwrap().syncs_fail = Some(kind);
    }
}

impl Disk for TestDisk {
    fn write_all_at(&self, file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
        let mut state = self.state.lock().unwrap();
        if let Some(kind) = state.writes_fail {
            return Err(kind.into());
        }
        SystemDisk.write_all_at(file, bytes, offset)?;
        state.note(file, Act::Write { offset, bytes: bytes.len() as u64 })
    }

    fn sync_data(&self, file: &File) -> io::Result<()> {
        let mut state = self.state.lock().unwrap();
        state.waiting += 1;
        self.changed.notify_all();
        let mut state = self.changed.wait_while(state, |state| state.held).unwrap();
        state.waiting -= 1;
        if let Some(kind) = state.syncs_fail {
            return Err(kind.into());
        }
        SystemDisk.sync_data(file)?;
        state.note(file, Act::Sync)
    }

    fn reserve(&self, file: &File, bytes: u64) -> io::Result<()> {
        SystemDisk.reserve(file, bytes)?;
        self.state.lock().unwrap().note(file, Act::Reserve { bytes })
    }
}

impl DiskState {
    fn note(&mut self, file: &File, act: Act) -> io::Result<()> {
        self.acts.push((file.metadata()?.ino(), act));
        Ok(())
    }
}
