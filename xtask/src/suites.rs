//! `cargo xtask test`: the suites in order, their counts added up, and one closing line.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};

use crate::programs;

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

/// What has to be there for the wallet's own code, which is TypeScript.
const NODE: Option<&str> = Some("apt-get install nodejs npm, or another way to have Node 20.19 or later");

/// The other engine. It is always the whole workspace that is built, so that every dependency has the same features and is built once.
const SLED: &str = "aitta/engine-sled";

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
        name: "lints of the engine sled",
        program: CARGO,
        arguments: &["clippy", "--workspace", "--features", SLED, "--all-targets", "--locked", "--", "-D", "warnings"],
        environment: &[],
        install: None,
    },
    Suite {
        name: "tests",
        program: CARGO,
        arguments: &["test", "--workspace", "--locked", "--no-fail-fast", "--", "--show-output"],
        environment: &[],
        install: None,
    },
    Suite {
        name: "tests of the engine sled",
        program: CARGO,
        arguments: &[
            "test",
            "--workspace",
            "--features",
            SLED,
            "--test",
            "store",
            "--locked",
            "--no-fail-fast",
            "--",
            "--show-output",
        ],
        environment: &[],
        install: None,
    },
    Suite {
        name: "a node on the engine sled",
        program: CARGO,
        arguments: &[
            "test",
            "--workspace",
            "--features",
            SLED,
            "--test",
            "cli",
            "--locked",
            "--",
            "a_node_on_the_other_engine",
        ],
        environment: &[],
        install: None,
    },
    Suite {
        name: "fuzz targets",
        program: CARGO,
        arguments: &["check", "--manifest-path", "fuzz/Cargo.toml", "--locked", "--quiet"],
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
        name: "packages of the wallet",
        program: "npm",
        arguments: &["--prefix", "wallet-app", "ci", "--no-audit", "--no-fund"],
        environment: &[],
        install: NODE,
    },
    Suite {
        name: "format of the wallet",
        program: "npm",
        arguments: &["--prefix", "wallet-app", "run", "format:check"],
        environment: &[],
        install: NODE,
    },
    Suite {
        name: "built files of the wallet are those of its sources",
        program: "npm",
        arguments: &["--prefix", "wallet-app", "run", "build:check"],
        environment: &[],
        install: NODE,
    },
    Suite {
        name: "tests of the wallet, in Chromium too, vectors, 100,000 inputs through Rust and TypeScript",
        program: "npm",
        arguments: &["--prefix", "wallet-app", "test"],
        environment: &[],
        install: NODE,
    },
    Suite {
        name: "dependencies",
        program: "cargo-deny",
        arguments: &["--all-features", "check", "bans", "licenses", "sources"],
        environment: &[],
        install: Some(programs::INSTALL_CARGO_DENY),
    },
];

/// How a suite, or all of them, ended.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    passed: u64,
    failed: u64,
    skipped: u64,
}

impl Counts {
    const PASSED: Self = Self { passed: 1, failed: 0, skipped: 0 };
    pub(crate) const FAILED: Self = Self { passed: 0, failed: 1, skipped: 0 };
    const SKIPPED: Self = Self { passed: 0, failed: 0, skipped: 1 };

    fn add(&mut self, other: &Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

/// Runs every suite, also after one failed. Where CI runs, nothing is left out because a program is missing.
pub(crate) fn test() -> ExitCode {
    let in_ci = std::env::var_os("CI").is_some();
    let mut counts = Counts::default();
    println!("── programs that tests need");
    counts.add(&programs::install(in_ci));
    for suite in SUITES {
        println!("── {}", suite.name);
        let ended = run(suite, in_ci);
        if ended.failed > 0 {
            println!("   FAILED: {} {}", suite.program, suite.arguments.join(" "));
        }
        counts.add(&ended);
    }
    println!("{} passed, {} failed, {} skipped", counts.passed, counts.failed, counts.skipped);
    if counts.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The program `aitta` beside this one, for suites that are not cargo's and start it: the demo's scenario has built it by then.
fn built_program() -> Option<PathBuf> {
    let own = std::env::current_exe().ok()?;
    let program = own.with_file_name(format!("aitta{}", std::env::consts::EXE_SUFFIX));
    program.is_file().then_some(program)
}

fn run(suite: &Suite, in_ci: bool) -> Counts {
    let child = Command::new(suite.program)
        .args(suite.arguments)
        .env("PATH", programs::path())
        .envs(suite.environment.iter().copied())
        .envs(built_program().map(|program| ("AITTA_PROGRAM", program)))
        .stdout(Stdio::piped())
        .spawn();
    let mut child = match (child, suite.install) {
        (Ok(child), _) => child,
        (Err(_), Some(install)) => {
            let word = if in_ci { "missing" } else { "skipped" };
            println!("   {word}: {} is not installed; type: {install}", suite.program);
            return if in_ci { Counts::FAILED } else { Counts::SKIPPED };
        }
        (Err(error), None) => {
            println!("   {error}");
            return Counts::FAILED;
        }
    };
    let mut told = Told::default();
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            told.hear(&line);
            println!("{line}");
        }
    }
    told.counts(child.wait().is_ok_and(|status| status.success()))
}

/// What the tests of a suite say, as far as it counts.
#[derive(Default)]
struct Told {
    tests: Counts,
    /// Whether there are tests in it at all.
    has_tests: bool,
    /// Tests that libtest counts as passed and that tested nothing: without what they need, or without a parent.
    not_run: u64,
    skipped: u64,
}

impl Told {
    /// Adds up cargo's closing lines: `test result: ok. 3 passed; 0 failed; 0 ignored; …`. A test that prints
    /// `skipped: …` was not run; and `child_…` is a process that another test starts, and nothing by itself.
    /// Node's test runner closes with a line for each count: `# pass 3`.
    fn hear(&mut self, line: &str) {
        self.hear_node(line);
        if line.starts_with("skipped:") {
            (self.skipped, self.not_run) = (self.skipped + 1, self.not_run + 1);
        } else if is_child(line) {
            self.not_run += 1;
        }
        let Some((_, numbers)) = line.strip_prefix("test result: ").and_then(|rest| rest.split_once(". ")) else {
            return;
        };
        self.has_tests = true;
        for part in numbers.split(';') {
            match part.trim().split_once(' ').and_then(|(number, what)| Some((number.parse::<u64>().ok()?, what))) {
                Some((number, "passed")) => self.tests.passed += number,
                Some((number, "failed")) => self.tests.failed += number,
                Some((number, "ignored")) => self.skipped += number,
                _ => {}
            }
        }
    }

    fn hear_node(&mut self, line: &str) {
        let Some((what, number)) = line.strip_prefix("# ").and_then(|rest| rest.split_once(' ')) else { return };
        let Ok(number) = number.parse::<u64>() else { return };
        match what {
            "pass" => (self.tests.passed, self.has_tests) = (self.tests.passed + number, true),
            "fail" => (self.tests.failed, self.has_tests) = (self.tests.failed + number, true),
            "skipped" | "todo" => self.skipped += number,
            _ => {}
        }
    }

    /// The suite's counts. One without tests counts as one, and so does one that failed before its tests could.
    fn counts(self, succeeded: bool) -> Counts {
        let mut counts = Counts {
            passed: self.tests.passed.saturating_sub(self.not_run),
            failed: self.tests.failed,
            skipped: self.skipped,
        };
        match (succeeded, self.has_tests) {
            (true, false) => counts.add(&Counts::PASSED),
            (false, _) if counts.failed == 0 => counts.add(&Counts::FAILED),
            _ => {}
        }
        counts
    }
}

/// Whether libtest says of a `child_…` that it ended well.
fn is_child(line: &str) -> bool {
    let name = line.strip_prefix("test ").and_then(|rest| rest.strip_suffix(" ... ok"));
    name.is_some_and(|name| name.rsplit("::").next().is_some_and(|name| name.starts_with("child_")))
}

#[cfg(test)]
mod tests {
    use super::{Counts, Told};

    fn counted(lines: &[&str], succeeded: bool) -> Counts {
        let mut told = Told::default();
        lines.iter().for_each(|line| told.hear(line));
        told.counts(succeeded)
    }

    #[test]
    fn what_was_skipped_has_not_passed() {
        let lines = [
            "test a::works ... ok",
            "test a::needs_curl ... ok",
            "test b::child_that_writes_until_it_is_killed ... ok",
            "test b::children_are_found ... ok",
            "---- a::needs_curl stdout ----",
            "skipped: curl is not installed",
            "test result: ok. 4 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s",
        ];
        assert_eq!(counted(&lines, true), Counts { passed: 2, failed: 0, skipped: 2 });
    }

    #[test]
    fn failed_tests_are_counted_one_by_one() {
        let lines =
            ["test result: FAILED. 3 passed; 2 failed; 0 ignored", "test result: ok. 5 passed; 0 failed; 0 ignored"];
        assert_eq!(counted(&lines, false), Counts { passed: 8, failed: 2, skipped: 0 });
        // It did not compile, or something but a test went wrong.
        assert_eq!(counted(&lines[1..], false), Counts { passed: 5, failed: 1, skipped: 0 });
        assert_eq!(counted(&[], false), Counts::FAILED);
        assert_eq!(counted(&["no tests in it"], true), Counts::PASSED);
    }

    #[test]
    fn tests_of_node_are_counted_too() {
        let lines =
            ["# Subtest: pass 3", "# tests 31", "# pass 28", "# fail 1", "# cancelled 0", "# skipped 2", "# todo 0"];
        assert_eq!(counted(&lines, false), Counts { passed: 28, failed: 1, skipped: 2 });
    }
}
