//! With `--json`, standard output is JSON however a command ends, and nothing else.

use crate::world::{World, command, every_command, run_command};

/// An id that nothing has.
const NO_ID: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// A key that nobody has here.
const SOME_KEY: &str = "iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w";

fn every_command_is_in(failing: &[&[&str]]) {
    for command in every_command() {
        assert!(
            failing.iter().any(|args| args.starts_with(&command.iter().map(String::as_str).collect::<Vec<_>>())),
            "{command:?}"
        );
    }
}

/// `aitta service register`, with all that it needs but the file.
const REGISTER: &[&str] = &[
    "service",
    "register",
    "--names",
    "a,b,c",
    "--purpose",
    "dpv:ServiceProvision",
    "--max-retention-days",
    "30",
    "--fields",
    "residence:called_name",
];

/// What a wallet is told to do, where there is none.
const WITHOUT_A_WALLET: &[&[&str]] = &[
    &["wallet", "recovery"],
    &["wallet", "rotate"],
    &["wallet", "devices"],
    &["wallet", "devices", "show"],
    &["wallet", "devices", "revoke", "AAAAAAAAAAAAAAAAAAAAAA"],
    &["wallet", "enrol", "helsinki"],
    &["wallet", "requests", "helsinki"],
    &["wallet", "grant", "link", "--at", "helsinki"],
    &["wallet", "deny", "link"],
    &["wallet", "grants"],
    &["wallet", "log", "helsinki"],
    &["wallet", "revoke", NO_ID],
    &["wallet", "finish"],
    &["wallet", "restrict", "helsinki"],
    &["wallet", "object", "helsinki", "--purpose", "dpv:ServiceProvision"],
];

#[test]
fn errors_have_a_code_a_message_and_advice() {
    let world = World::empty();
    let (missing, config, someone) = (world.path("missing"), world.path("missing.toml"), format!("ai:{NO_ID}"));
    let keys = ["--config", &config, "--managing-key", &missing];
    let member = ["--name", "a", "--names", "a,b,c", "--url", "http://127.0.0.1:1", "--federation", &config];
    let [node, blinder] =
        [["node", "init", &missing], ["blinder", "init", &missing]].map(|of| [&of[..], &member].concat());
    let kept = ["--next-key", &missing, "--new-managing-key", &missing, "--new-next-key", &missing];
    let desk = ["node", "desk", "--config", &config, "--identity-code", &missing];
    let failing: &[&[&str]] = &[
        &[&node[..], &["--catalogue", &missing]].concat(),
        &[&blinder[..], &["--issuer", "https://login.example"]].concat(),
        &[REGISTER, &["--services", &missing]].concat(),
        &["directory", "init", "/dev/null/directory", "--url", "http://127.0.0.1:1"],
        &["demo", "--check", "--dir", "/dev/null/demo"],
        &["wallet", "init", "--federation", &config],
        &["wallet", "recover", "--federation", &config, "--code", &missing],
        &["wallet", "devices", "add", "--code", &missing],
        &[&desk[..], &["--wallet", &missing, "--ground", "passport", "--by", "K"]].concat(),
        &["wallet", "holders", "--identity-code", &missing],
        &["wallet", "export", &missing],
        &["wallet", "serve", "--federation", &config],
        &["service", "init", "--federation", &config, "--organisation", "helsinki"],
        &["service", "ask", &missing],
        &["service", "collect", NO_ID],
        &["service", "fetch"],
        &["service", "desk", "--listen", "http://127.0.0.1:0", "--wallet", "https://wallet.example", "--ask", &missing],
        &["service", "delegate", NO_ID, "--to", &someone, "--out", &missing],
        &["service", "accept", &missing],
        &["service", "revoke", &missing],
        &["service", "revoke-key", "helsinki", "--since", "1"],
        &["service", "notices"],
        &["service", "notices", "answer", NO_ID, "--deleted"],
        &["inspect", &missing],
        &["audit", "head", &missing],
        &["audit", "verify", &missing, "--key", SOME_KEY],
        &["node", "serve", "--config", &config],
        &["node", "check-config", "--config", &config],
        &["node", "publish-profile", "--profile", &config],
        &[&["node", "rotate-key", "--new-key", &missing][..], &keys].concat(),
        &[&["node", "retire-key", SOME_KEY][..], &keys].concat(),
        &[&["node", "rotate-managing-key", "--config", &config][..], &kept].concat(),
        &["node", "doctor", "turku", "--federation", &config, "--key", &missing],
        &["directory", "serve", "--config", &config],
        &["directory", "mirror", "http://127.0.0.1:1", &missing, "--federation", &config],
        &["directory", "reindex", "--config", &config],
        &["directory", "check-config", "--config", &config],
        &["directory", "admit", &missing, "--federation", &config, "--anchor-key", &missing],
        &["directory", "suspend", "turku", "--federation", &config, "--anchor-key", &missing],
        &["blinder", "serve", "--config", &config],
        &["blinder", "check-config", "--config", &config],
        &["blinder", "publish-profile", "--profile", &config],
        &["import", "--config", &config, &missing],
    ];
    let failing = [failing, WITHOUT_A_WALLET].concat();
    every_command_is_in(&failing);
    for args in failing.iter().copied().chain([&["nonsense"][..], &["inspect"]]) {
        speaks_json(&world, args);
    }
}

/// How a command fails that runs where no wallet and no service lie.
fn speaks_json(world: &World, args: &[&str]) {
    let mut command = command(&[args, &["--json"][..]].concat());
    command.current_dir(world.path(""));
    let ran = run_command(command);
    assert_ne!(ran.code, 0, "{args:?}");
    let error = &ran.json()["error"];
    assert!(error["code"].is_string() && !error["message"].as_str().unwrap().is_empty(), "{args:?}: {ran:?}");
    assert_eq!(ran.out.lines().count(), 1, "{args:?}: {ran:?}");
}

#[test]
fn without_it_errors_stand_on_standard_error_once() {
    let world = World::empty();
    let ran = run_command(command(&["inspect", &world.path("missing")]));
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert_eq!(ran.err.matches("cannot read").count(), 1, "{ran:?}");
    assert_eq!(ran.err.matches("because:").count(), 1, "{ran:?}");
}
