//! An import beside a node, again, through a serving node; then the audit log, whole and broken.

use std::path::Path;

use crate::world::{World, aitta, command, repository, run_command};

fn registers() -> String {
    repository().join("demo/registers/helsinki").to_str().unwrap().to_owned()
}

fn import(world: &World, more: &[&str]) -> crate::world::Ran {
    let config = world.path("node/node.toml");
    aitta(&[&["import", "--config", &config, "--json"], more].concat())
}

#[test]
fn everything_goes_in_once_and_a_dry_run_writes_nothing() {
    let world = World::with_all();
    let registers = registers();
    let total = |ran: &crate::world::Ran, name: &str| ran.json()["total"][name].as_u64().unwrap();
    let dry = import(&world, &["--dry-run", &registers]).done();
    assert_eq!(dry.json()["dry_run"], true);
    let first = import(&world, &[&registers]).done();
    assert_eq!(total(&first, "created"), total(&dry, "created"));
    assert_eq!(total(&first, "created"), total(&first, "rows"));
    let again = import(&world, &[&registers]).done();
    assert_eq!((total(&again, "created"), total(&again, "unchanged")), (0, total(&first, "rows")));
}

#[test]
fn a_serving_node_takes_them_through_its_admin_socket() {
    let world = World::with_all();
    let node = world.serve("node");
    let first = import(&world, &[&registers()]).done();
    assert_eq!(first.json()["total"]["created"], first.json()["total"]["rows"]);
    // The node itself says who is still to be found: the blinder of this world is away.
    assert_eq!(first.json()["findable"]["pods"], first.json()["people"]);
    let missing = import(&world, &[&world.path("node/keys")]);
    assert_eq!((missing.code, missing.json()["error"]["code"].as_str().unwrap()), (2, "no-such-file"));
    let (code, _) = node.stop(rustix::process::Signal::TERM);
    assert_eq!(code, 0);
    // And beside it, once it has stopped.
    let again = import(&world, &[&registers()]).done();
    assert_eq!(again.json()["total"]["created"], 0);
}

#[test]
fn a_bad_row_is_named_and_the_rest_goes_in() {
    let world = World::with_all();
    let extract = std::fs::read_to_string(Path::new(&registers()).join("residents.csv")).unwrap();
    let mut lines: Vec<&str> = extract.lines().take(4).collect();
    let broken = lines[3].replacen(|first: char| first.is_ascii_digit(), "x", 1);
    lines[3] = &broken;
    let file = world.write("residents.csv", &format!("{}\n", lines.join("\n")));
    let ran = import(&world, &[&file]);
    assert_eq!(ran.code, 7, "{ran:?}");
    assert_eq!(ran.json()["total"]["refused"], 1);
    assert_eq!(ran.json()["refused"][0]["line"], 4);
}

#[test]
fn the_log_holds_until_somebody_touches_it() {
    let world = World::with_all();
    import(&world, &[&registers()]).done();
    let log = world.path("node/data/audit");
    let request: serde_json::Value = serde_json::from_str(&world.read("node/membership-request.json")).unwrap();
    let key = request["keys"][0].as_str().unwrap();
    let head = aitta(&["audit", "head", &log, "--json"]).done().json();
    let kept = world.write("kept-head", head["head"].as_str().unwrap());

    let verify = |more: &[&str]| aitta(&[&["audit", "verify", &log, "--key", key, "--json"], more].concat());
    let whole = verify(&["--head", &kept]).done().json();
    assert_eq!((&whole["intact"], &whole["compared_with"]), (&true.into(), &1.into()));
    assert_eq!(whole["report"]["entries"], head["size"]);

    let segment = std::fs::read_dir(&log).unwrap().map(|entry| entry.unwrap().path());
    let segment = segment.into_iter().find(|path| path.extension().is_some_and(|end| end == "log")).unwrap();
    let mut bytes = std::fs::read(&segment).unwrap();
    bytes[5000] ^= 1;
    std::fs::write(&segment, bytes).unwrap();
    let broken = verify(&[]);
    assert_eq!(broken.code, 6, "{broken:?}");
    assert_eq!(broken.json()["intact"], false);
    assert!(!broken.json()["report"]["findings"].as_array().unwrap().is_empty());
}

#[test]
fn an_object_is_put_into_words_in_whatever_form_it_comes() {
    let world = World::with_all();
    let log: serde_json::Value = serde_json::from_str(&world.read("node/key-events.json")).unwrap();
    let text = log["events"][0].as_str().unwrap();
    let title = |file: &str| aitta(&["inspect", file, "--json"]).done().json()["title"].clone();
    let encoded = world.write("event.txt", text);
    let quoted = world.write("event.json", &format!("\"{text}\"\n"));
    assert_eq!(title(&encoded), title(&quoted));
    let mut piped = command(&["inspect", "-", "--json"]);
    piped.stdin(std::fs::File::open(&encoded).unwrap());
    assert_eq!(run_command(piped).done().json()["title"], title(&encoded));
    assert!(title(&encoded).as_str().unwrap().contains("key event"));
}
