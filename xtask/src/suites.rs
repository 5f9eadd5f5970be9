//! `cargo xtask test`: the suites in order, their counts added up, and one closing line.

use std::io::{BufRead, BufReader};
use std::process::{Command, ExitCode, Stdio};

/// One command that must succeed.
struct Suite {
    name: &'static str,
    program: &'static str,
    arguments: &'static [&'static str],
    /// Variables to set.
    environment: &'static [(&'static str, &'static str)],
    /// What to type when the program is missing; then the suite is skipped.
    install: Option<&'static str>,
}

const CARGO: &str = env!("CARGO");

const SUITES: &[Suite] = &[
    Suite { name: "format", program: CARGO, arguments: &["fmt", "--all", "--check"], environment: &[], install: None },
    Suite {
        name: "lints",
        program: CARGO,
        arguments: &["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"],
        environment: &[],
        install: None,
    },
    Suite {
        name: "tests",
        program: CARGO,
        arguments: &["test", "--workspace", "--locked", "--no-fail-fast"],
        environment: &[],
        install: None,
    },
    Suite {
        name: "tests of the engine sled",
        program: CARGO,
        arguments: &["test", "--package", "pod-store", "--features", "engine-sled", "--locked", "--no-fail-fast"],
        environment: &[],
        install: None,
    },
    Suite {
        name: "documentation",
        program: CARGO,
        arguments: &["doc", "--workspace", "--no-deps", "--document-private-items", "--locked", "--quiet"],
        environment: &[("RUSTDOCFLAGS", "-D warnings")],
        install: None,
    },
    Suite {
        name: "the demo's scenario",
        program: CARGO,
        arguments: &["run", "--quiet", "--locked", "--package", "aitta", "--", "demo", "--check"],
        environment: &[],
        install: None,
    },
    Suite {
        name: "dependencies",
        program: "cargo-deny",
        arguments: &["--all-features", "check", "bans", "licenses", "sources"],
        environment: &[],
        install: Some("cargo install cargo-deny@0.20.2 --locked"),
    },
];

#[derive(Default)]
struct Counts {
    passed: u64,
    failed: u64,
    skipped: u64,
}

/// Runs every suite, also after one failed.
pub(crate) fn test() -> ExitCode {
    let mut counts = Counts::default();
    for suite in SUITES {
        println!("── {}", suite.name);
        match run(suite, &mut counts) {
            Some(true) => {}
            Some(false) => {
                println!("   FAILED: {} {}", suite.program, suite.arguments.join(" "));
                counts.failed += 1;
            }
            None => {
                counts.skipped += 1;
                println!("   skipped: {} is not installed; type: {}", suite.program, suite.install.unwrap_or_default());
            }
        }
    }
    println!("{} passed, {} failed, {} skipped", counts.passed, counts.failed, counts.skipped);
    if counts.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Whether the suite succeeded; none when its program is missing and may be.
fn run(suite: &Suite, counts: &mut Counts) -> Option<bool> {
    let child = Command::new(suite.program)
        .args(suite.arguments)
        .envs(suite.environment.iter().copied())
        .stdout(Stdio::piped())
        .spawn();
    let mut child = match child {
        Ok(child) => child,
        Err(_) if suite.install.is_some() => return None,
        Err(error) => {
            println!("   {error}");
            return Some(false);
        }
    };
    let mut counted = false;
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            counted |= count(&line, counts);
            println!("{line}");
        }
    }
    let succeeded = child.wait().is_ok_and(|status| status.success());
    if succeeded && !counted {
        counts.passed += 1;
    }
    Some(succeeded)
}

/// Adds up cargo's closing lines: `test result: ok. 3 passed; 0 failed; 0 ignored; …`. A failed test also fails its suite, which
/// is counted there. A test that prints that it was skipped counts as that too.
fn count(line: &str, counts: &mut Counts) -> bool {
    if line.starts_with("skipped:") {
        counts.skipped += 1;
    }
    let Some((_, numbers)) = line.strip_prefix("test result: ").and_then(|rest| rest.split_once(". ")) else {
        return false;
    };
    for part in numbers.split(';') {
        match part.trim().split_once(' ') {
            Some((number, "passed")) => counts.passed += number.parse::<u64>().unwrap_or(0),
            Some((number, "ignored")) => counts.skipped += number.parse::<u64>().unwrap_or(0),
            _ => {}
        }
    }
    true
}
