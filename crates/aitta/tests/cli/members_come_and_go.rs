//! A directory serves; members are admitted, publish their profiles, are suspended and come back.

use crate::world::{World, aitta};

fn anchored(world: &World, args: &[&str]) -> Vec<String> {
    let (federation, key) = (world.path("directory/federation.toml"), world.path("directory/offline/anchor.key"));
    let more = ["--federation", &federation, "--anchor-key", &key, "--json"];
    ["directory"].iter().chain(args).chain(&more).map(ToString::to_string).collect()
}

#[test]
fn admitted_published_suspended_and_back() {
    let world = World::with_all();
    let directory = world.serve("directory");
    world.directory_is_at(&directory.address);
    let (request, profile) = (world.path("node/membership-request.json"), world.path("node/profile.toml"));

    // Nobody publishes before they are admitted.
    let early = aitta(&["node", "publish-profile", "--profile", &profile, "--json"]);
    assert_eq!(early.code, 3, "{early:?}");

    let admitted = aitta(&anchored(&world, &["admit", &request, "--output", &world.path("membership")])).done();
    assert_eq!(admitted.json()["name"], "helsinki");
    let inspected = aitta(&["inspect", &world.path("membership"), "--json"]).done();
    assert!(inspected.json()["title"].as_str().unwrap().contains("membership"), "{inspected:?}");

    let published = aitta(&["node", "publish-profile", "--profile", &profile, "--json"]).done();
    assert_eq!(published.json()["principal"], admitted.json()["admitted"]);
    // A script may publish again before the second is over.
    aitta(&["node", "publish-profile", "--profile", &profile, "--json"]).done();

    let suspended = aitta(&anchored(&world, &["suspend", "helsinki"])).done();
    assert_eq!(suspended.json()["suspended"], true);
    let lifted = aitta(&anchored(&world, &["suspend", "helsinki", "--lift"])).done();
    assert_eq!(lifted.json()["suspended"], false);

    let unknown = aitta(&anchored(&world, &["suspend", "turku"]));
    assert_eq!((unknown.code, unknown.json()["error"]["code"].as_str().unwrap().to_owned()), (2, "usage".to_owned()));
}

#[test]
fn a_blinder_is_a_member_too() {
    let world = World::with_all();
    let directory = world.serve("directory");
    world.directory_is_at(&directory.address);
    aitta(&anchored(&world, &["admit", &world.path("blinder/membership-request.json")])).done();
    let profile = world.path("blinder/profile.toml");
    let published = aitta(&["blinder", "publish-profile", "--profile", &profile, "--json"]).done();
    assert_eq!(published.json()["endpoints"][0], "http://127.0.0.1:2");
    let blinder = world.serve("blinder");
    assert_eq!(blinder.get("/healthz").0, 200);
}

#[test]
fn keys_of_somebody_else_are_not_admitted() {
    let world = World::with_all();
    let mut other = world.node_init_args("other");
    other.push("--dry-run".to_owned());
    aitta(&other).done();
    let of = |file: &str| serde_json::from_str::<serde_json::Value>(&world.read(file)).unwrap();
    let (mut request, blinder) = (of("node/membership-request.json"), of("blinder/membership-request.json"));
    request["keys"] = blinder["keys"].clone();
    let forged = world.write("forged.json", &request.to_string());
    let refused = aitta(&anchored(&world, &["admit", &forged]));
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(refused.out.contains("not the signing keys of its key events"), "{refused:?}");
}
