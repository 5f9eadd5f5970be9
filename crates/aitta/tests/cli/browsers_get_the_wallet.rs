//! `aitta wallet serve`: the files of the wallet, and what its pages may do.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;

use pod_crypto::sha256;
use serde_json::{Value, json};

use crate::town::{Town, says, town};
use crate::world::{Answer, Daemon, World, aitta, command, repository};

const USAGE: i32 = 2;
const NOT_REACHED: i32 = 4;
const CONFIGURATION: i32 = 5;

/// Where codes are redeemed, says the login provider.
const TOKENS: &str = "https://tokens.example:8443";

/// A login provider that redeems codes somewhere else. Its address.
fn provider() -> String {
    provider_with(Arc::new(Mutex::new(TOKENS)))
}

/// One that says another place whenever it is changed, and nothing usable while there is none.
fn provider_with(tokens: Arc<Mutex<&'static str>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let head = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
            let first = head.take_while(|line| !line.is_empty()).next().unwrap_or_default();
            assert!(first.starts_with("GET /.well-known/openid-configuration "), "{first}");
            let said = match *tokens.lock().unwrap() {
                "" => json!({}),
                tokens => {
                    json!({ "authorization_endpoint": "http://127.0.0.1/a", "token_endpoint": format!("{tokens}/t") })
                }
            };
            let said = said.to_string();
            let length = said.len();
            write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{said}").unwrap();
        }
    });
    format!("http://{address}")
}

/// The town's federation, with a mirror and a blinder, as citizens get it. Neither is ever called.
fn federation(town: &Town, issuer: &str) -> String {
    let text = town.read("directory/federation.toml");
    let (head, key) = ("mirrors = [\"https://mirror.example/copy\"]\n", "A".repeat(43));
    let blinder = format!(
        "\n[blinder]\nurl = \"https://blinder.example\"\nprincipal = \"ai:{key}\"\npublic = \"{key}\"\nepoch = 1\n\
         issuer = \"{issuer}\"\nclient_id = \"wallets\"\n"
    );
    town.write("citizens.toml", &format!("{head}{text}{blinder}"))
}

fn theme(town: &Town, home: &str) -> String {
    let theme = json!({
        "names": { "fi": "Kaupunki", "sv": "Staden", "en": "The city" },
        "contact": { "fi": "Neuvonta", "sv": "Rådgivning", "en": "Help" },
        "privacy_notice": "https://city.example/privacy",
        "home": home,
    });
    town.write("theme.json", &theme.to_string())
}

fn serve(town: &Town, federation: &str, more: &[&str]) -> Daemon {
    let state = town.path("wallet-served");
    let serve = ["wallet", "serve", "--federation", federation, "--listen", "http://127.0.0.1:0", "--state", &state];
    Daemon::start(command(&[&serve[..], more, &["--json"]].concat()))
}

fn get(daemon: &Daemon, path: &str) -> Answer {
    daemon.ask("GET", path, &[], "")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn directory_of(town: &Town) -> String {
    let federation: toml::Table = town.read("directory/federation.toml").parse().unwrap();
    federation["directory"].as_str().unwrap().to_owned()
}

#[test]
fn pages_call_the_federation_and_nobody_else() {
    let town = town();
    let issuer = provider();
    let daemon = serve(&town, &federation(&town, &issuer), &[]);
    let policy = get(&daemon, "/").header("content-security-policy").to_owned();
    let parts: Vec<&str> = policy.split("; ").collect();
    for part in [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "form-action 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types svelte-trusted-html aitta-worker",
    ] {
        assert!(parts.contains(&part), "{part} in {policy}");
    }
    let called = parts.iter().find_map(|part| part.strip_prefix("connect-src 'self' ")).unwrap();
    let mut called: Vec<&str> = called.split(' ').collect();
    called.sort_unstable();
    // The kitchen and the directory are members too; over libp2p no page calls anybody.
    let (directory, node) = (directory_of(&town), town.node_url());
    let all =
        [&directory, node, &issuer, TOKENS, "https://mirror.example", "https://blinder.example", "http://127.0.0.1:9"];
    let mut all = all.to_vec();
    all.sort_unstable();
    assert_eq!(called, all);
}

#[test]
fn what_pages_may_call_is_asked_again() {
    let town = town();
    let tokens = Arc::new(Mutex::new(TOKENS));
    let daemon = serve(&town, &federation(&town, &provider_with(Arc::clone(&tokens))), &[]);
    let before = get(&daemon, "/");
    assert!(before.header("content-security-policy").contains(TOKENS), "{before:?}");
    *tokens.lock().unwrap() = "";
    daemon.hang_up_until_it_says("logins go where they went before");
    assert_eq!(get(&daemon, "/").header("etag"), before.header("etag"));
    *tokens.lock().unwrap() = "https://elsewhere.example";
    daemon.hang_up_until_it_says("pages may call others than before");
    // A browser that has the page hears that it is another one: it would keep the policy of the one that it has.
    let after = daemon.ask("GET", "/", &[("if-none-match", before.header("etag"))], "");
    let policy = after.header("content-security-policy");
    assert!(policy.contains("https://elsewhere.example") && !policy.contains(TOKENS), "{policy}");
    assert_eq!((after.status, after.body), (200, before.body));
}

#[test]
fn everything_comes_with_what_pages_may_not_do() {
    let town = town();
    let daemon = serve(&town, &federation(&town, &provider()), &[]);
    let page = get(&daemon, "/");
    let policy = page.header("content-security-policy");
    let mut tags = Vec::new();
    for (path, kind) in [
        ("/", "text/html; charset=utf-8"),
        ("/app.js", "text/javascript; charset=utf-8"),
        ("/app.css", "text/css; charset=utf-8"),
        ("/sw.js", "text/javascript; charset=utf-8"),
        ("/manifest.webmanifest", "application/manifest+json"),
        ("/icon.svg", "image/svg+xml"),
        ("/federation.json", "application/json"),
        ("/theme.json", "application/json"),
        ("/healthz", "application/json"),
        ("/nowhere", "text/plain; charset=utf-8"),
        ("/../etc/passwd", "text/plain; charset=utf-8"),
    ] {
        let answer = get(&daemon, path);
        assert_eq!(answer.header("content-type"), kind, "{path}");
        for (name, value) in [
            ("content-security-policy", policy),
            ("cache-control", "no-cache"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("x-frame-options", "DENY"),
        ] {
            assert_eq!(answer.header(name), value, "{path}: {name}");
        }
        let permissions = answer.header("permissions-policy");
        assert!(permissions.starts_with("camera=(self), ") && permissions.contains("geolocation=()"), "{permissions}");
        if answer.status == 404 {
            continue;
        }
        let tag = answer.header("etag").to_owned();
        for known in [tag.clone(), format!("\"x\", W/{tag}"), "*".to_owned()] {
            let same = daemon.ask("GET", path, &[("if-none-match", &known)], "");
            assert_eq!((same.status, same.body.as_str(), same.header("etag")), (304, "", &*tag), "{path}");
        }
        assert_eq!(daemon.ask("GET", path, &[("if-none-match", "\"x\"")], "").status, 200);
        let head = daemon.ask("HEAD", path, &[], "");
        assert_eq!((head.status, head.body.as_str(), head.header("etag")), (200, "", &*tag), "{path}");
        let short = daemon.ask("HEAD", path, &[("accept-encoding", "gzip, br")], "");
        // What was written for this server is a few bytes long.
        let coding = if kind == "application/json" { "" } else { "br" };
        assert_eq!((short.header("content-encoding"), short.header("vary")), (coding, "accept-encoding"), "{path}");
        let posted = daemon.ask("POST", path, &[], "");
        assert_eq!((posted.status, posted.header("allow")), (405, "GET, HEAD"), "{path}");
        tags.push(tag);
    }
    assert_eq!(tags.len(), 9);
}

#[test]
fn what_is_served_can_be_compared() {
    let town = town();
    let daemon = serve(&town, &federation(&town, &provider()), &[]);
    let said = aitta(&["wallet", "serve", "--hashes", "--json"]).done().json();
    let mut lines = String::new();
    for file in said["files"].as_array().unwrap() {
        let (name, sha) = (file["name"].as_str().unwrap(), file["sha256"].as_str().unwrap());
        let path = if name == "index.html" { String::new() } else { name.to_owned() };
        assert_eq!(sha, hex(&sha256(&[get(&daemon, &format!("/{path}")).body.as_bytes()])), "{name}");
        assert_eq!(sha, hex(&sha256(&[&std::fs::read(repository().join("wallet-app/dist").join(name)).unwrap()])));
        lines += &format!("{sha}  {name}\n");
    }
    assert_eq!(said["all"], hex(&sha256(&[lines.as_bytes()])));
    let words = aitta(&["wallet", "serve", "--hashes"]).done().out;
    assert!(words.starts_with(&lines) && words.contains(said["all"].as_str().unwrap()), "{words}");
}

#[test]
fn the_wallet_begins_with_what_its_operator_says() {
    let town = town();
    let issuer = provider();
    let daemon = serve(&town, &federation(&town, &issuer), &["--theme", &theme(&town, "helsinki")]);
    let json = |path: &str| -> Value { serde_json::from_str(&get(&daemon, path).body).unwrap() };
    let federation = json("/federation.json");
    assert_eq!(federation["directory"], directory_of(&town));
    assert_eq!(federation["witnesses"], 0);
    assert_eq!(federation["mirrors"], json!(["https://mirror.example/copy"]));
    assert_eq!(federation["blinder"]["issuer"], issuer);
    assert_eq!(federation.get("roots"), None);
    let theme = json("/theme.json");
    assert_eq!((&theme["home"], &theme["names"]["sv"]), (&json!("helsinki"), &json!("Staden")));
    let plain = serve(&town, &town.path("citizens.toml"), &[]);
    let theme: Value = serde_json::from_str(&get(&plain, "/theme.json").body).unwrap();
    assert_eq!((&theme["home"], &theme["names"]["sv"]), (&Value::Null, &json!("Aitta")));
}

#[test]
fn a_directory_that_is_away_stops_only_a_first_start() {
    let town = town();
    let good = federation(&town, &provider());
    serve(&town, &good, &[]).kill();
    let lonely = town.read("citizens.toml").replace(&directory_of(&town), "http://127.0.0.1:1");
    let lonely = town.write("lonely-citizens.toml", &lonely);
    let daemon = serve(&town, &lonely, &[]);
    let policy = get(&daemon, "/").header("content-security-policy").to_owned();
    assert!(policy.contains(town.node_url()), "{policy}");
    assert!(daemon.logged().contains("last good copy"), "{}", daemon.logged());
    let fresh = town.path("fresh-state");
    let serve = ["wallet", "serve", "--federation", &lonely, "--listen", "http://127.0.0.1:0", "--state", &fresh];
    says(&serve, NOT_REACHED, "was not reached");
    assert!(!Path::new(&fresh).join("registry").exists());
}

#[test]
fn a_theme_with_a_mistake_is_not_served() {
    let town = town();
    let (federation, state) = (federation(&town, &provider()), town.path("theme-state"));
    let refused = |theme: &str, code: &str| {
        let head =
            ["wallet", "serve", "--federation", &federation, "--listen", "http://127.0.0.1:0", "--state", &state];
        let args = [&head[..], &["--theme", theme]].concat();
        says(&args, USAGE, "serve-the-wallet.md");
        assert_eq!(aitta(&[&args[..], &["--json"]].concat()).json()["error"]["code"], code);
    };
    refused(&town.path("missing"), "theme-unreadable");
    refused(&town.write("no-theme.json", "{}"), "theme-shape");
    refused(&town.write("large-theme.json", &" ".repeat(70_000)), "theme-too-large");
    refused(&theme(&town, "turku"), "theme-home");
    // A member that holds nothing.
    refused(&theme(&town, "directory"), "theme-home");
}

#[test]
fn where_it_may_listen() {
    let world = World::empty();
    world.init_directory();
    let federation = world.path("directory/federation.toml");
    let listen = |address: &str, help: &str| {
        says(&["wallet", "serve", "--federation", &federation, "--listen", address], CONFIGURATION, help);
    };
    listen("http://0.0.0.0:80", "behind a proxy");
    listen("localhost:80", "scheme");
    says(&["wallet", "serve"], USAGE, "--federation");
    says(&["wallet", "serve", "--hashes", "--federation", &federation], USAGE, "--hashes");
}
