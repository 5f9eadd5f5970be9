//! Every subcommand of `aitta wallet` with something wrong: the documented code, and a sentence that says what to do.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;

use crate::town::{KITCHEN, content, says, text, town};
use crate::world::{World, aitta};

const DONE: i32 = 0;
const USAGE: i32 = 2;
const REFUSED: i32 = 3;
const NOT_REACHED: i32 = 4;
const CONFIGURATION: i32 = 5;

/// An id that nothing has.
const NO_ID: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

fn of<'a>(wallet: &'a str, args: &[&'a str]) -> Vec<&'a str> {
    [&["wallet", "--wallet", wallet], args].concat()
}

/// Every subcommand that needs a wallet.
fn all<'a>(export: &'a str, code: &'a str) -> Vec<Vec<&'a str>> {
    vec![
        vec!["enrol", "helsinki"],
        vec!["holders", "--identity-code", code],
        vec!["requests", "helsinki"],
        vec!["grant", "link", "--at", "helsinki"],
        vec!["deny", "link"],
        vec!["grants"],
        vec!["log", "helsinki"],
        vec!["revoke", NO_ID],
        vec!["restrict", "helsinki"],
        vec!["object", "helsinki", "--purpose", "dpv:ServiceProvision"],
        vec!["export", export],
    ]
}

#[test]
fn a_folder_without_a_wallet() {
    let world = World::empty();
    let (missing, export, code) = (world.path("missing"), world.path("export"), world.write("code", "131052-308T"));
    for args in all(&export, &code) {
        says(&of(&missing, &args), CONFIGURATION, "aitta wallet init");
    }
    assert!(!Path::new(&export).exists());
}

#[test]
fn a_wallet_that_cannot_be_opened() {
    let world = World::with_all();
    let (wallet, federation) = (world.path("wallet"), world.path("directory/federation.toml"));
    aitta(&of(&wallet, &["init", "--federation", &federation, "--json"])).done();
    let spoilt = |file: &str, bytes: &[u8], help: &str| {
        let path = format!("{wallet}/{file}");
        let good = std::fs::read(&path).unwrap();
        std::fs::write(&path, bytes).unwrap();
        says(&of(&wallet, &["grants"]), CONFIGURATION, help);
        std::fs::write(&path, good).unwrap();
    };
    for secret in ["device.key", "root.device", "state"] {
        world.set_mode(&format!("wallet/{secret}"), 0o644);
        says(&of(&wallet, &["grants"]), CONFIGURATION, "chmod 600");
        world.set_mode(&format!("wallet/{secret}"), 0o600);
        spoilt(secret, b"something else", "aitta wallet recover");
    }
    spoilt("device.key", &[7; 32], "aitta wallet recover");
    spoilt("federation.toml", b"directory = 7\n", "operator hands out");
    let text = world.read("wallet/federation.toml");
    spoilt("federation.toml", text.replace("http://", "gopher://").as_bytes(), "https://HOST");
    let key = text.lines().find(|line| line.starts_with("anchor_key")).unwrap();
    spoilt("federation.toml", text.replace(key, "anchor_key = \"AAAA\"").as_bytes(), "anchor_key");
    spoilt("federation.toml", format!("roots = \"none.pem\"\n{text}").as_bytes(), "none.pem");
    // All good again; and nobody serves at port 1.
    says(&of(&wallet, &["grants"]), NOT_REACHED, "the directory was not reached");
}

#[test]
fn a_wallet_is_never_written_over() {
    let world = World::with_all();
    let (wallet, federation) = (world.path("wallet"), world.path("directory/federation.toml"));
    aitta(&of(&wallet, &["init", "--federation", &federation, "--json"])).done();
    let before = content(&wallet);
    says(&of(&wallet, &["init", "--federation", &federation]), CONFIGURATION, "does not exist yet");
    assert_eq!(content(&wallet), before);
}

#[test]
fn what_a_new_wallet_is_made_from() {
    let world = World::with_all();
    let (new, federation) = (world.path("new"), world.path("directory/federation.toml"));
    let init = |federation: &str, help: &str| says(&of(&new, &["init", "--federation", federation]), USAGE, help);
    init(&world.path("missing"), "operator hands out");
    init(&world.path("directory/directory.toml"), "operator hands out");
    let text = world.read("directory/federation.toml");
    init(&world.write("federation.toml", &format!("directroy = \"x\"\n{text}")), "line 1: unknown key `directroy`");
    let rootless = world.write("federation.toml", &format!("roots = \"none.pem\"\n{text}"));
    says(&of(&new, &["init", "--federation", &rootless]), CONFIGURATION, "`roots`");
    assert!(!Path::new(&new).exists(), "nothing is left behind");
    says(&of("/dev/null/wallet", &["init", "--federation", &federation]), CONFIGURATION, "may write");
}

#[test]
fn a_recovery_code_with_a_slip_of_the_pen() {
    let world = World::with_all();
    let (wallet, federation) = (world.path("wallet"), world.path("directory/federation.toml"));
    let made = aitta(&of(&wallet, &["init", "--federation", &federation, "--json"])).done().json();
    let (code, new) = (text(&made, "/recovery_code"), world.path("new"));
    let recover = |code: &str, exit: i32, help: &str| {
        let code = world.write("paper", code);
        says(&of(&new, &["recover", "--federation", &federation, "--code", &code]), exit, help);
    };
    let other = if code.starts_with('7') { '8' } else { '7' };
    let mistyped = format!("{other}{}", &code[1..]);
    let right = code.chars().next().unwrap();
    recover(&mistyped, USAGE, &format!("character 1 of group 1 is probably mistyped: `{other}` was typed, `{right}`"));
    recover("ABC", USAGE, "36 characters");
    recover(&code.replacen(right, "!", 1), USAGE, "group 1 is `!`");
    says(&of(&new, &["recover", "--code", &world.write("paper", &code)]), USAGE, "--federation");
    assert!(!Path::new(&new).exists(), "nothing is left behind");
}

#[test]
fn organisations_and_people_that_are_not_there() {
    let town = town();
    let wallet = town.path("wallet");
    let (link, _) = town.ask("");
    let says = |args: &[&str], code: i32, help: &str| says(&of(&wallet, args), code, help);
    for args in [
        &["enrol", "turku"][..],
        &["log", "turku"],
        &["restrict", "turku"],
        &["object", "turku", "--purpose", "dpv:ServiceProvision"],
        &["object", "helsinki", "--by", "turku", "--purpose", "dpv:ServiceProvision"],
        &["grant", &link, "--at", "turku"],
    ] {
        says(args, USAGE, "Members are: directory, helsinki, ruokapalvelu");
    }
    for args in [
        &["log", KITCHEN][..],
        &["restrict", KITCHEN],
        &["object", KITCHEN, "--purpose", "dpv:ServiceProvision"],
        &["requests", KITCHEN],
        &["grant", &link, "--at", KITCHEN],
    ] {
        says(args, USAGE, "aitta wallet enrol ruokapalvelu");
    }
    for args in [
        &["log", "helsinki", "--for", "Matti"][..],
        &["restrict", "helsinki", "--for", "Matti"],
        &["object", "helsinki", "--for", "Matti", "--purpose", "dpv:ServiceProvision"],
        &["requests", "helsinki", "--for", "Matti"],
    ] {
        says(args, USAGE, "Name one of these with --for: yourself (pod:");
    }
    says(&["grant", &link, "--at", "helsinki=Matti"], USAGE, "helsinki=Samuel");
}

#[test]
fn what_is_no_access_request() {
    let town = town();
    let wallet = town.path("wallet");
    let (link, id) = town.ask("");
    let prose = town.write("prose", "Dear city,");
    let other = link.replace(&id, NO_ID);
    let dead = format!("http://127.0.0.1:9/v1/access-requests/{id}");
    for (what, code, help) in [
        ("turku", USAGE, "neither a link"),
        (&*prose, USAGE, "Give the link instead"),
        (&link[..link.len() - 3], USAGE, "Copy the whole link"),
        ("gopher://a/v1/access-requests/x", USAGE, "Copy the whole link"),
        (&*link.replace("http:", "gopher:"), USAGE, "https://"),
        (&*other, REFUSED, "Is the link whole?"),
        (&*dead, NOT_REACHED, "does not accept a connection"),
    ] {
        for args in [&["requests", what][..], &["grant", what, "--at", "helsinki"], &["deny", what]] {
            says(&of(&wallet, args), code, help);
        }
    }
    says(&of(&wallet, &["requests", &link, "--lang", "xx"]), USAGE, "fi");
}

/// A peer that refuses whoever asks, with words that would clear the screen, turn the text around and begin a line of their own.
fn refuser() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            let _read = connection.read(&mut [0; 4096]).unwrap();
            let problem =
                r#"{"title":"\u001b[2J\u202egone","status":403,"code":"denied","detail":"a\naitta: all is well"}"#;
            let head = "HTTP/1.1 403 Forbidden\r\ncontent-type: application/problem+json\r\nconnection: close";
            write!(connection, "{head}\r\ncontent-length: {}\r\n\r\n{problem}", problem.len()).unwrap();
        }
    });
    format!("http://{address}")
}

#[test]
fn what_a_peer_says_does_not_steer_the_terminal() {
    let town = town();
    let wallet = town.path("wallet");
    let link = format!("{}/v1/access-requests/{NO_ID}", refuser());
    let ran = aitta(&of(&wallet, &["requests", &link]));
    assert_eq!(ran.code, REFUSED, "{ran:?}");
    assert!(ran.err.contains("\u{fffd}[2J\u{fffd}gone") && ran.err.contains("a\u{fffd}aitta: all is well"), "{ran:?}");
    assert!(!ran.err.contains(['\u{1b}', '\u{202e}']) && !ran.err.contains("\naitta: all"), "{ran:?}");
}

#[test]
fn agreeing_in_a_way_that_cannot_be() {
    let town = town();
    let wallet = town.path("wallet");
    let (link, _) = town.ask("");
    let before = content(&wallet);
    let grant = |more: &[&str], code: i32, help: &str| {
        says(&of(&wallet, &[&["grant", &link, "--at", "helsinki"], more].concat()), code, help);
    };
    grant(&["--optional", "address"], USAGE, "is not TYPE:FIELD");
    grant(&["--optional", "residence:Address!"], USAGE, "is not TYPE:FIELD");
    grant(&["--optional", "residence:called_name"], REFUSED, "not among the optional");
    grant(&["--until", "tomorrow"], USAGE, "YYYY-MM-DD");
    grant(&["--until", "2026-02-30"], USAGE, "YYYY-MM-DD");
    grant(&["--until", "2020-01-01"], REFUSED, "must be a day from today to");
    grant(&["--until", "2100-01-01"], REFUSED, "must be a day from today to");
    grant(&["--at", "helsinki"], REFUSED, "one person at a time");
    says(&of(&wallet, &["grant", &link]), USAGE, "--at");
    assert_eq!(content(&wallet), before, "nothing was signed");
}

#[test]
fn rights_that_cannot_be_used_like_that() {
    let town = town();
    let (wallet, federation) = (town.path("wallet"), town.path("directory"));
    let says = |args: &[&str], code: i32, help: &str| says(&of(&wallet, args), code, help);
    says(&["revoke", "abc"], USAGE, "43 characters");
    says(&["revoke", NO_ID], USAGE, "aitta wallet grants");
    says(&["restrict", "helsinki", "residance"], USAGE, "residence");
    says(&["restrict", "helsinki", "No type"], USAGE, "lower-case letters");
    says(&["object", "helsinki"], USAGE, "--purpose");
    says(&["object", "helsinki", "--purpose", "everything"], USAGE, "purpose");
    says(&["log", "helsinki", "--from", "x"], USAGE, "--from");
    says(&["log", "helsinki", "--lang", "de"], USAGE, "fi");
    says(&["export", &federation], CONFIGURATION, "does not exist yet");
    says(&["export", "/dev/null/x"], CONFIGURATION, "may write");
    says(&["holders", "--identity-code", &town.login()], CONFIGURATION, "[blinder]");
}

#[test]
fn the_last_good_registry_serves_while_the_directory_is_away() {
    let town = town();
    town.copy_without_directory("wallet", "lonely");
    let lonely = town.path("lonely");
    let shown = aitta(&of(&lonely, &["grants"]));
    assert_eq!(shown.code, DONE, "{shown:?}");
    assert!(shown.err.contains("last good copy"), "{shown:?}");
    // The node still is where it was.
    aitta(&of(&lonely, &["log", "helsinki", "--json"])).done().json();
    std::fs::remove_file(town.path("lonely/registry")).unwrap();
    says(&of(&lonely, &["grants"]), NOT_REACHED, "the directory was not reached");
    town.write("lonely/registry", "half of a");
    says(&of(&lonely, &["grants"]), NOT_REACHED, "the directory was not reached");
}
