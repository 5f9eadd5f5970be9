//! Developer commands, `cargo xtask …`. Depends on nothing, so that it is built in a second.
//!
//! | Command | Does |
//! |---|---|
//! | `test` | every test there is; ends with one line: N passed, N failed, N skipped |
//! | `demo` | builds and starts a whole federation on loopback (`--check` plays the scenario and exits) |
//! | `bench` | measures calls per second and prints what `docs/performance.md` holds (`bench directory`: the directory) |
//! | `campaign partitions` | what the tests do in seconds, with the bounds that citizens are promised; writes `docs/campaigns/` |
//! | `campaign simulation` | 500 seeds of the simulation, or `AITTA_SEEDS`; prints what `docs/campaigns/simulation.md` holds |
//! | `vectors` | writes `pod-protocol/vectors` anew |

mod programs;
mod suites;

use std::process::{Command, ExitCode};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let command = arguments.next();
    let rest: Vec<String> = arguments.collect();
    match command.as_deref() {
        Some("test") => suites::test(),
        Some("demo") => run(&["run", "--quiet", "--locked", "--package", "aitta", "--", "demo"], &rest),
        Some("bench") => {
            run(&["run", "--release", "--locked", "--package", "pod-tests", "--bin", "bench", "--"], &rest)
        }
        Some("campaign") => campaign(&rest),
        Some("vectors") => {
            run(&["run", "--quiet", "--locked", "--package", "pod-protocol", "--example", "vectors"], &rest)
        }
        other => {
            if let Some(other) = other {
                eprintln!("xtask knows no `{other}`.");
            }
            usage()
        }
    }
}

/// Seeds of a campaign when nobody says how many.
const SEEDS: &str = "500";

/// Long runs of tests that `test` plays in short.
fn campaign(rest: &[String]) -> ExitCode {
    let mut cargo = Command::new(env!("CARGO"));
    match rest.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["partitions"] => {
            let child = "lab::campaign::child_with_the_promised_bounds";
            cargo.args(["test", "--locked", "--workspace", "--test", "cli", "--", child, "--exact", "--nocapture"]);
            ended(cargo.env("AITTA_CAMPAIGN", "partitions"))
        }
        ["simulation"] => {
            let seeds = std::env::var("AITTA_SEEDS").unwrap_or_else(|_| SEEDS.to_owned());
            cargo.args(["test", "--locked", "--workspace", "--test", "simulation", "--"]);
            ended(cargo.args(["seeds::seeds_hold", "--exact", "--nocapture"]).env("AITTA_SEEDS", seeds))
        }
        _ => usage(),
    }
}

fn usage() -> ExitCode {
    eprintln!("Usage: cargo xtask test | demo [--check] | bench | campaign partitions | campaign simulation | vectors");
    ExitCode::from(2)
}

fn run(arguments: &[&str], rest: &[String]) -> ExitCode {
    ended(Command::new(env!("CARGO")).args(arguments).args(rest))
}

fn ended(command: &mut Command) -> ExitCode {
    match command.status() {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        Ok(status) => ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)),
        Err(error) => {
            eprintln!("cargo could not be started: {error}");
            ExitCode::FAILURE
        }
    }
}
