//! Who may take which namespaces away. A laboratory holds a lock on a file as long as it lives, so that what a killed run
//! left behind is told from what another run works in, whatever became of process ids.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};

use rustix::process::{Pid, Signal, kill_process};

use super::{own_id, tools};

/// How every namespace of a laboratory begins.
const PREFIX: &str = "aitta-lab-";
/// Where the locks lie: beside the namespaces, so that whoever sees those sees these.
const LOCKS: &str = "/run/aitta-lab";
/// Where `ip netns` keeps namespaces.
const NAMESPACES: &str = "/run/netns";

/// A laboratory's name and its lock. Dropping it ends its processes and its namespaces.
pub(super) struct Claim {
    id: String,
    lock: PathBuf,
    _held: File,
}

impl Claim {
    /// Takes away what killed runs left, and claims a name that nobody has.
    pub(super) fn new() -> Self {
        // One at a time: a file that is not locked yet looks like one that nobody holds any more.
        fs::create_dir_all(LOCKS).unwrap();
        let gate = OpenOptions::new().create(true).append(true).open(lock_file("gate")).unwrap();
        gate.lock().unwrap();
        take_leftovers_away();
        let mut names = (0..).map(|number: u32| format!("{}-{number}", own_id()));
        let found = names.find_map(|id| {
            let lock = lock_file(&id);
            let held = OpenOptions::new().create_new(true).append(true).open(&lock).ok()?;
            held.lock().unwrap();
            Some(Self { id, lock, _held: held })
        });
        found.unwrap()
    }

    /// The namespace of one of its hosts.
    pub(super) fn namespace(&self, host: &str) -> String {
        format!("{PREFIX}{}-{host}", self.id)
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        end(&namespaces_of(&self.id));
        // Last: until here nobody else may use the name.
        let _gone = fs::remove_file(&self.lock);
    }
}

fn lock_file(id: &str) -> PathBuf {
    Path::new(LOCKS).join(id)
}

fn namespaces_of(id: &str) -> Vec<String> {
    let begins = format!("{PREFIX}{id}-");
    namespaces().into_iter().filter(|name| name.starts_with(&begins)).collect()
}

fn namespaces() -> Vec<String> {
    // The folder comes with the first namespace.
    let Ok(found) = fs::read_dir(NAMESPACES) else { return Vec::new() };
    found.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
}

/// Ends the processes in these namespaces, and the namespaces.
fn end(namespaces: &[String]) {
    for namespace in namespaces {
        for id in tools::processes_in(namespace) {
            let Some(pid) = Pid::from_raw(id).filter(|_| id.cast_unsigned() != own_id()) else { continue };
            // It may have ended by itself meanwhile.
            let _gone = kill_process(pid, Signal::KILL);
        }
        tools::ip(&format!("netns delete {namespace}"));
    }
}

/// Ends every laboratory whose lock nobody holds.
fn take_leftovers_away() {
    let id = |name: String| {
        let rest = name.strip_prefix(PREFIX)?;
        let mut parts = rest.splitn(3, '-');
        Some(format!("{}-{}", parts.next()?, parts.next()?))
    };
    let ids: BTreeSet<String> = namespaces().into_iter().filter_map(id).collect();
    for id in ids {
        let path = lock_file(&id);
        let abandoned = File::open(&path).map_or(true, |lock| lock.try_lock().is_ok());
        if abandoned {
            end(&namespaces_of(&id));
            let _gone = fs::remove_file(&path);
        }
    }
}
