//! Programs that some tests need and that neither a crate nor a package brings: those that make networks of namespaces, and a
//! browser.

use std::process::{Command, Stdio};

use crate::suites::Counts;

/// What is called, with what, and the package of Debian that it is in.
const PROGRAMS: [(&str, &str, &str); 3] =
    [("ip", "-V", "iproute2"), ("nft", "--version", "nftables"), ("chromium", "--version", "chromium")];

/// Installs what is missing where that is one command: as root on Debian. Elsewhere the tests that need it say that they were
/// skipped, and what to type; where CI runs, that is a failure.
pub(crate) fn install(in_ci: bool) -> Counts {
    let missing: Vec<&str> = missing();
    if missing.is_empty() {
        return Counts::default();
    }
    // An image of a container comes without the lists.
    if apt(&["update"]) && apt(&[["install", "--yes", "--no-install-recommends"].as_slice(), &missing].concat()) {
        println!("   installed: {}", missing.join(" "));
        return Counts::default();
    }
    println!("   missing; as root type: apt-get install {}", missing.join(" "));
    if in_ci { Counts::FAILED } else { Counts::default() }
}

fn apt(words: &[&str]) -> bool {
    let mut command = Command::new("apt-get");
    let command = command.args(words).env("DEBIAN_FRONTEND", "noninteractive").stdout(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

fn missing() -> Vec<&'static str> {
    let runs = |program: &str, version: &str| {
        let ran = Command::new(program).arg(version).stdout(Stdio::null()).stderr(Stdio::null()).status();
        ran.is_ok_and(|status| status.success())
    };
    PROGRAMS.iter().filter(|(program, version, _)| !runs(program, version)).map(|(_, _, package)| *package).collect()
}
