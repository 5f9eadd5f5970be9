//! A laboratory takes its processes and its namespaces with it: when it ends, when its test fails, and when its run was killed.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{Child, Command, Stdio};

use pod_testkit::lab::{Host, Lab};

/// Set for a child that shall leave something behind.
const CHILD: &str = "LAB_CHILD";

fn exists(host: &Host) -> bool {
    fs::exists(format!("/run/netns/{}", namespace(host))).unwrap()
}

/// As `ip netns` calls it: the only one that this process sees with the host's name at its end.
fn namespace(host: &Host) -> String {
    let text = format!("{host:?}");
    text.split('"').find(|part| part.starts_with("aitta-lab-")).unwrap().to_owned()
}

/// Something that would go on for ever.
fn endless(host: &Host) -> Child {
    host.inside(|| Command::new("sleep").arg("infinity").spawn().unwrap())
}

#[test]
fn it_ends_with_its_processes() {
    let Some(lab) = Lab::begin() else { return };
    let host = lab.host("host");
    let mut child = endless(&host);
    assert!(exists(&host));
    drop(lab);
    assert!(!child.wait().unwrap().success());
    assert!(!exists(&host));
}

#[test]
fn a_failed_test_leaves_nothing() {
    let Some(lab) = Lab::begin() else { return };
    let host = lab.host("host");
    let failed = catch_unwind(AssertUnwindSafe(|| {
        let _lab = lab;
        let _panics: u8 = "nothing".parse().unwrap();
    }));
    assert!(failed.is_err() && !exists(&host));
}

#[test]
fn child_that_is_killed_with_its_laboratory() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    let lab = Lab::begin().unwrap();
    let host = lab.host("host");
    let mut child = endless(&host);
    println!("\nleft: {}", namespace(&host));
    child.wait().unwrap();
}

#[test]
fn what_a_killed_run_left_is_taken_away_and_what_others_use_stays() {
    let Some(others) = Lab::begin() else { return };
    let used = others.host("used");
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["nothing_is_left_behind::child_that_is_killed_with_its_laboratory", "--exact", "--nocapture"])
        .env(CHILD, "yes")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let left = lines.map_while(Result::ok).find_map(|line| Some(line.strip_prefix("left: ")?.to_owned())).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let left = format!("/run/netns/{left}");
    // Unless another test's laboratory began just now, and took it away already.
    let _next = Lab::begin().unwrap();
    assert!(!fs::exists(left).unwrap() && exists(&used));
}
