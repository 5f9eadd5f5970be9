//! `ip` and `nft`, which make the network.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// What is missing for a laboratory, and what to do about it; None when nothing is.
pub(super) fn lacking() -> Option<String> {
    if !rustix::process::geteuid().is_root() {
        return Some("network namespaces need root: run the tests as root, in a container if you like".to_owned());
    }
    let programs = [("ip", "-V", "iproute2"), ("nft", "--version", "nftables")];
    for (program, version, package) in programs {
        let found = Command::new(program).arg(version).stdout(Stdio::null()).stderr(Stdio::null()).status();
        if !found.is_ok_and(|status| status.success()) {
            return Some(format!("{program} is not installed; type: apt-get install {package}"));
        }
    }
    // Root in a container may lack the right.
    static PROBES: AtomicU32 = AtomicU32::new(0);
    let probe = format!("aitta-probe-{}-{}", super::own_id(), PROBES.fetch_add(1, Ordering::Relaxed));
    let made = Command::new("ip").args(["netns", "add", &probe]).output().unwrap();
    if !made.status.success() {
        let why = String::from_utf8_lossy(&made.stderr);
        return Some(format!("no network namespace can be made ({}); a container needs CAP_SYS_ADMIN", why.trim()));
    }
    ip(&format!("netns delete {probe}"));
    None
}

/// `ip` with these words.
pub(super) fn ip(words: &str) {
    let ran = Command::new("ip").args(words.split_whitespace()).output().unwrap();
    assert!(ran.status.success(), "ip {words}: {}", String::from_utf8_lossy(&ran.stderr));
}

/// Has `nft` do this in a namespace: all of it, or nothing.
pub(super) fn nft(namespace: &str, script: &str) {
    let mut child = Command::new("ip")
        .args(["netns", "exec", namespace, "nft", "-f", "-"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    let ran = child.wait_with_output().unwrap();
    assert!(ran.status.success(), "nft in {namespace}: {}\n{script}", String::from_utf8_lossy(&ran.stderr));
}

/// The ids of the processes in a namespace; none when it is gone.
pub(super) fn processes_in(namespace: &str) -> Vec<i32> {
    let ran = Command::new("ip").args(["netns", "pids", namespace]).output().unwrap();
    String::from_utf8_lossy(&ran.stdout).split_whitespace().filter_map(|id| id.parse().ok()).collect()
}
