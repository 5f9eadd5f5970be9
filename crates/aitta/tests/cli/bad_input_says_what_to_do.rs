//! Every way of giving something wrong to every entry point: the documented exit code, and a sentence that says what to do.

use crate::world::{Ran, World, aitta, command, run_command};

const USAGE: i32 = 2;
const REFUSED: i32 = 3;
const NOT_REACHED: i32 = 4;
const CONFIGURATION: i32 = 5;

/// The code, and words of the sentence that helps.
#[track_caller]
fn says(ran: &Ran, code: i32, help: &str) {
    assert_eq!(ran.code, code, "{ran:?}");
    assert!(ran.err.contains(help), "`{help}` is not in:\n{}", ran.err);
    assert!(ran.out.is_empty(), "{ran:?}");
}

#[test]
fn words_that_are_no_command_or_flag() {
    says(&aitta(&["nodde"]), USAGE, "similar subcommand");
    says(&aitta(&["node", "init"]), USAGE, "required arguments");
    says(&aitta(&["inspect", "--jsno", "-"]), USAGE, "similar argument");
    says(&aitta(&["audit", "verify", "somewhere"]), USAGE, "--key <KEY>");
    says(&aitta(&["audit", "verify", "somewhere", "--key", "abc"]), USAGE, "43 characters of base64url");
}

#[test]
fn as_many_witnesses_as_no_checkpoint_has_room_for() {
    let folder = World::empty().path("directory");
    for number in ["900", "-1", "x"] {
        let witnesses = format!("--witnesses={number}");
        says(
            &aitta(&["directory", "init", &folder, "--url", "https://d.example", &witnesses]),
            USAGE,
            "a number from 0 to ",
        );
        assert!(!std::fs::exists(&folder).unwrap());
    }
}

#[test]
fn an_id_that_begins_with_a_hyphen_is_an_id() {
    let (world, id) = (World::empty(), "-vhVAjj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQQ");
    let folder = world.path("service");
    says(&aitta(&["service", "--service", &folder, "collect", id]), CONFIGURATION, "holds no service");
    says(&aitta(&["service", "--service", &folder, "fetch", "--grant", id]), CONFIGURATION, "holds no service");
    let out = world.path("out");
    let delegate = ["delegate", id, "--to", "ai:CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk", "--out", &out];
    says(&aitta(&[&["service", "--service", &folder], &delegate[..]].concat()), CONFIGURATION, "holds no service");
    let revoke = aitta(&["wallet", "--wallet", &folder, "revoke", id]);
    assert!(!revoke.err.contains("unexpected argument"), "{revoke:?}");
}

#[test]
fn an_environment_with_mistakes() {
    let with = |name: &str, value: &str| {
        let mut command = command(&["inspect", "-"]);
        command.env(name, value);
        run_command(command)
    };
    says(&with("AITTA_LOG", "pod_server=loud"), CONFIGURATION, "error, warn, info, debug or trace");
    says(&with("AITTA_LOG_FORMAT", "xml"), USAGE, "possible values: human, json");
}

#[test]
fn things_to_inspect_that_are_none() {
    let world = World::empty();
    says(&aitta(&["inspect", &world.path("missing")]), USAGE, "file that this account may read");
    says(&aitta(&["inspect", &world.write("empty", "")]), USAGE, "bytes of a signed object");
    says(&aitta(&["inspect", &world.write("prose", "Dear city,")]), USAGE, "bytes of a signed object");
    let other = world.path("other");
    std::fs::write(&other, [0xd2, 0x84, 0x40, 0xa0, 0x40, 0x40]).unwrap();
    let refused = aitta(&["inspect", &other]);
    assert_eq!(refused.code, REFUSED, "{refused:?}");
    assert_eq!(refused.err.lines().count(), 2, "what it is, and what to do: {refused:?}");
    std::fs::write(&other, vec![0x80; 20 * 1024 * 1024]).unwrap();
    says(&aitta(&["inspect", &other]), USAGE, "one object");
}

#[test]
fn logs_that_are_none() {
    let world = World::empty();
    let key = "iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w";
    let folder = world.path("");
    says(&aitta(&["audit", "verify", &folder, "--key", key]), USAGE, "name the directory that holds");
    says(&aitta(&["audit", "head", &folder]), USAGE, "name the directory that holds");
    says(
        &aitta(&["audit", "verify", &folder, "--key", key, "--head", &world.path("x")]),
        USAGE,
        "one signed head each",
    );
}

#[test]
fn names_and_addresses_that_cannot_be() {
    let world = World::empty();
    let folder = world.path("new");
    let directory = |more: &[&str]| aitta(&[&["directory", "init", &folder], more].concat());
    says(&directory(&["--url", "directory.example"]), USAGE, "https://");
    says(
        &directory(&["--url", "https://a.example", "--listen", "https://0.0.0.0:8443"]),
        CONFIGURATION,
        "two PEM files",
    );
    says(
        &directory(&["--url", "https://a.example", "--listen", "http://0.0.0.0:80"]),
        CONFIGURATION,
        "https://0.0.0.0:80",
    );
    says(&directory(&["--url", "https://a.example", "--listen", "localhost"]), CONFIGURATION, "unix:/PATH");
    let node = |name: &str, names: &str| {
        aitta(&[
            "node",
            "init",
            &folder,
            "--url",
            "https://a.example",
            "--federation",
            "f",
            "--catalogue",
            "c",
            "--name",
            name,
            "--names",
            names,
        ])
    };
    says(&node("Helsinki!", "a,b,c"), USAGE, "lower-case letters");
    says(&node("helsinki", "Helsinki"), USAGE, "Finnish, Swedish, English");
    says(&node("helsinki", "Helsinki,,Helsinki"), USAGE, "write all three");
}

#[test]
fn configurations_with_mistakes() {
    let world = World::with_all();
    for what in ["directory", "blinder", "node"] {
        let file = format!("{what}/{what}.toml");
        let config = world.path(&file);
        let original = world.read(&file);
        for verb in ["check-config", "serve"] {
            let run = |more: &[&str]| aitta(&[&[what, verb, "--config", &config], more].concat());
            says(&run(&["--listen", "http://0.0.0.0:80"]), CONFIGURATION, "https://0.0.0.0:80");
            says(&run(&["--listen", "somewhere"]), CONFIGURATION, "https://");
            says(&run(&["--listen", "https://127.0.0.1:0"]), CONFIGURATION, "certificate");
            world.write(&file, &format!("lisen = [\"http://127.0.0.1:0\"]\n{original}"));
            says(&run(&[]), CONFIGURATION, "`lisen`");
            world.write(&file, &original.replacen("listen = ", "listen = = ", 1));
            says(&run(&[]), CONFIGURATION, "line");
            std::fs::remove_file(&config).unwrap();
            says(&run(&[]), CONFIGURATION, "cannot");
            world.write(&file, &original);
            let mut with_key_log = command(&[what, verb, "--config", &config]);
            with_key_log.env("SSLKEYLOGFILE", "/dev/null");
            says(&run_command(with_key_log), CONFIGURATION, "unset it");
        }
    }
    let set =
        aitta(&["node", "check-config", "--config", &world.path("node/node.toml"), "--set", "storage.engin=redb"]);
    says(&set, CONFIGURATION, "did you mean `storage.engine`");
}

#[test]
fn keys_that_others_can_read() {
    let world = World::with_all();
    for (what, secret) in
        [("blinder", "keys/blinder.seed"), ("node", "keys/organisation.key"), ("node", "keys/node.keys")]
    {
        let (config, secret) = (world.path(&format!("{what}/{what}.toml")), format!("{what}/{secret}"));
        world.set_mode(&secret, 0o644);
        for verb in ["check-config", "serve"] {
            says(&aitta(&[what, verb, "--config", &config]), CONFIGURATION, "chmod 600");
        }
        world.set_mode(&secret, 0o600);
    }
    world.set_mode("directory/offline/anchor.key", 0o644);
    says(&admit(&world, &world.path("node/membership-request.json"), "offline/anchor.key"), CONFIGURATION, "chmod 600");
}

fn admit(world: &World, request: &str, key: &str) -> Ran {
    let (federation, key) = (world.path("directory/federation.toml"), world.path(&format!("directory/{key}")));
    aitta(&["directory", "admit", request, "--federation", &federation, "--anchor-key", &key])
}

#[test]
fn memberships_that_cannot_be_said() {
    let world = World::with_all();
    let good = world.path("node/membership-request.json");
    says(&admit(&world, &world.path("missing"), "offline/anchor.key"), USAGE, "membership-request.json");
    says(&admit(&world, &world.write("other.json", "{}"), "offline/anchor.key"), USAGE, "membership-request.json");
    says(&admit(&world, &good, "offline/next.key"), CONFIGURATION, "made together with this federation.toml");
    says(&admit(&world, &good, "anchor.json"), CONFIGURATION, "check the path");
    // Nobody serves at port 1.
    says(&admit(&world, &good, "offline/anchor.key"), NOT_REACHED, "the directory was not reached");
}

#[test]
fn profiles_with_mistakes() {
    let world = World::with_all();
    let profile = world.path("node/profile.toml");
    let publish = || aitta(&["node", "publish-profile", "--profile", &profile, "--dry-run"]);
    publish().done_quietly();
    let original = world.read("node/profile.toml");
    for (from, to, help) in [
        ("endpoints = [\"http://127.0.0.1:3\"]", "endpoints = [\"ftp://x\"]", "https://HOST"),
        ("valid_days = 90", "valid_days = 4000", "at most 400"),
        ("valid_days = 90", "valid_dayz = 90", "unknown key `valid_dayz`"),
        ("catalogue = \"catalogue.toml\"", "catalogue = \"other.toml\"", "other.toml"),
        ("services = \"services.toml\"", "services = \"other.toml\"", "cannot read"),
    ] {
        world.replace("node/profile.toml", from, to);
        says(&publish(), CONFIGURATION, help);
        world.write("node/profile.toml", &original);
    }
    world.write("node/services.toml", "[[service]]\nregistration = \"no.json\"\nnames = { fi = \"a\", sv = \"b\", en = \"c\" }\npurposes = []\nmax_retention_days = 1\nfields = []\n");
    says(&publish(), CONFIGURATION, "aitta service init");
}

#[test]
fn registers_that_are_none() {
    let world = World::with_all();
    let config = world.path("node/node.toml");
    let import = |paths: &[&str]| aitta(&[&["import", "--config", &config], paths].concat());
    says(&import(&[]), USAGE, "<FILE|DIR>");
    says(&import(&[&world.path("missing")]), USAGE, "extracts of all registers");
    says(&import(&[&world.path("node/keys")]), USAGE, "name the files to import one by one");
    says(&import(&[&world.write("other.csv", "a,b\n")]), USAGE, "the registers read");
    says(&import(&[&world.write("residents.csv", "a;b\n1;2\n")]), USAGE, "residents.csv");
    says(&import(&[&world.path("node"), &world.path("other.csv")]), USAGE, "one folder");
}

trait Quietly {
    fn done_quietly(self);
}

impl Quietly for Ran {
    #[track_caller]
    fn done_quietly(self) {
        assert_eq!((self.code, self.err.as_str()), (0, ""), "{self:?}");
    }
}

#[test]
fn a_demonstration_away_from_the_repository() {
    let ran = aitta(&["demo", "--registers", "nowhere", "--catalogues", "nowhere"]);
    assert_eq!(ran.code, USAGE, "{ran:?}");
    assert!(ran.err.contains("Run the demonstration from the repository"), "{}", ran.err);
    let (_, folder) = ran.err.split_once("The processes' logs are in ").unwrap();
    std::fs::remove_dir_all(folder.trim().trim_end_matches('.')).unwrap();
}
