//! Programs that some suites need and that no crate of ours brings: those that make networks of namespaces, a browser, and what
//! looks at our dependencies.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::suites::Counts;

/// What is called, with what, and the package of Debian that it is in.
const PROGRAMS: [(&str, &str, &str); 3] =
    [("ip", "-V", "iproute2"), ("nft", "--version", "nftables"), ("chromium", "--version", "chromium")];

/// What brings the program that looks at dependencies.
pub(crate) const INSTALL_CARGO_DENY: &str = "cargo install cargo-deny@0.20.2 --locked";

/// Installs what is missing where that is one command: as root on Debian. Elsewhere the tests that need it say that they were
/// skipped, and what to type; where CI runs, that is a failure.
pub(crate) fn install(in_ci: bool) -> Counts {
    build_cargo_deny();
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

/// Builds it where it is not there: once, and beside what is built of ours, so that it is gone with that. When it cannot be built, its
/// suite says that it is missing.
fn build_cargo_deny() {
    if runs("cargo-deny", "--version") {
        return;
    }
    if let Some(tools) = tools() {
        println!("   {INSTALL_CARGO_DENY}: once, some minutes");
        let mut command = Command::new(env!("CARGO"));
        // Unoptimised it finds the same, and is there sooner.
        command.args(INSTALL_CARGO_DENY.split(' ').skip(1)).args(["--quiet", "--debug", "--root"]).arg(tools);
        let _told_by_its_suite = command.status();
    }
}

/// Where programs are found: last, what was built for the suites.
pub(crate) fn path() -> OsString {
    let path = env::var_os("PATH").unwrap_or_default();
    let tools = tools().map(|tools| tools.join("bin"));
    env::join_paths(env::split_paths(&path).chain(tools)).unwrap_or(path)
}

/// The folder for programs that are built for the suites, in the one that this program was built in.
fn tools() -> Option<PathBuf> {
    Some(env::current_exe().ok()?.parent()?.parent()?.join("tools"))
}

fn runs(program: &str, version: &str) -> bool {
    let mut command = Command::new(program);
    let command = command.arg(version).env("PATH", path()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

fn missing() -> Vec<&'static str> {
    PROGRAMS.iter().filter(|(program, version, _)| !runs(program, version)).map(|(_, _, package)| *package).collect()
}
