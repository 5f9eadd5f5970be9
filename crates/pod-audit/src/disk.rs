//! The few operations that make bytes durable, as a seam: tests put a failing or slow disk here.

use std::fmt;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;

use rustix::fs::FallocateFlags;
use rustix::io::{Errno, retry_on_intr};

/// How the log writes. Every error from here stops the log for good.
pub trait Disk: fmt::Debug + Send + Sync {
    /// Writes all of `bytes` at `offset`.
    ///
    /// # Errors
    /// The system's.
    fn write_all_at(&self, file: &File, bytes: &[u8], offset: u64) -> io::Result<()>;

    /// Makes what was written durable (`fdatasync`).
    ///
    /// # Errors
    /// The system's. After one, nothing is known about any write since the last success.
    fn sync_data(&self, file: &File) -> io::Result<()>;

    /// Reserves space for the first `bytes` of the file and makes it that long.
    ///
    /// # Errors
    /// The system's; a full disk shows here first.
    fn reserve(&self, file: &File, bytes: u64) -> io::Result<()>;
}

/// The operating system's file operations.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemDisk;

impl Disk for SystemDisk {
    fn write_all_at(&self, file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
        file.write_all_at(bytes, offset)
    }

    fn sync_data(&self, file: &File) -> io::Result<()> {
        file.sync_data()
    }

    fn reserve(&self, file: &File, bytes: u64) -> io::Result<()> {
        match retry_on_intr(|| rustix::fs::fallocate(file, FallocateFlags::empty(), 0, bytes)) {
            // Some file systems cannot reserve; the zeros that are written ahead then find out about a full disk.
            Err(Errno::OPNOTSUPP | Errno::NOSYS) => file.set_len(bytes),
            other => other.map_err(io::Error::from),
        }
    }
}
