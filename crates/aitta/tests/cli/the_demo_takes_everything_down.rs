//! A demonstration that is told to stop leaves no process behind, and no folder that it made itself.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};

use crate::world::{command, repository};

/// Processes that work in this folder.
fn at_work_in(folder: &Path) -> Vec<String> {
    let all = fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    let there = all.filter(|one| fs::read_link(one.path().join("cwd")).is_ok_and(|cwd| cwd.starts_with(folder)));
    there.map(|one| one.file_name().to_string_lossy().into_owned()).collect()
}

#[test]
fn told_to_stop_in_the_middle() {
    let temporary = tempfile::tempdir().unwrap();
    for (check, ended) in [(true, 70), (false, 0)] {
        let mut demo = command(if check { &["demo", "--json", "--check"] } else { &["demo", "--json"][..] });
        demo.current_dir(repository()).env("TMPDIR", temporary.path()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut demo = demo.spawn().unwrap();
        while at_work_in(temporary.path()).is_empty() {
            assert!(demo.try_wait().unwrap().is_none(), "it ended before it began");
        }
        kill_process(Pid::from_child(&demo), Signal::TERM).unwrap();
        assert_eq!(demo.wait().unwrap().code(), Some(ended));
        assert_eq!(at_work_in(temporary.path()), Vec::<String>::new());
        // What failed is left to be looked at.
        let folders: Vec<_> = fs::read_dir(temporary.path()).unwrap().map(|one| one.unwrap().path()).collect();
        assert_eq!(folders.len(), usize::from(check), "{folders:?}");
        folders.iter().for_each(|folder| fs::remove_dir_all(folder).unwrap());
    }
}
