//! Every subcommand of `aitta service` with something wrong: the documented code, and a sentence that says what to do.

use std::path::Path;

use crate::town::{Town, content, says, text, town};
use crate::world::{World, aitta, repository};

const DONE: i32 = 0;
const USAGE: i32 = 2;
const REFUSED: i32 = 3;
const NOT_REACHED: i32 = 4;
const CONFIGURATION: i32 = 5;

const NO_ID: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

fn of<'a>(service: &'a str, args: &[&'a str]) -> Vec<&'a str> {
    [&["service", "--service", service], args].concat()
}

/// Every subcommand that needs a service.
fn all<'a>(file: &'a str, out: &'a str, someone: &'a str) -> Vec<Vec<&'a str>> {
    let mut register = vec!["register", "--services", file, "--names", "a,b,c", "--purpose", "dpv:ServiceProvision"];
    register.extend(["--max-retention-days", "30", "--fields", "residence:called_name"]);
    vec![
        register,
        vec!["ask", file],
        vec!["collect", NO_ID],
        vec!["fetch"],
        vec!["delegate", NO_ID, "--to", someone, "--out", out],
        vec!["accept", file],
        vec!["revoke", file],
    ]
}

#[test]
fn a_folder_without_a_service() {
    let world = World::empty();
    let (missing, file, out) = (world.path("missing"), world.write("file", ""), world.path("out"));
    for args in all(&file, &out, &format!("ai:{NO_ID}")) {
        says(&of(&missing, &args), CONFIGURATION, "aitta service init");
    }
    assert_eq!((world.read("file").as_str(), Path::new(&out).exists()), ("", false));
}

#[test]
fn a_service_that_cannot_be_opened() {
    let town = town();
    town.copy("desk", "spoilt");
    let spoilt = town.path("spoilt");
    let says = |help: &str| says(&of(&spoilt, &["fetch"]), CONFIGURATION, help);
    for secret in ["key", "seal.key"] {
        town.set_mode(&format!("spoilt/{secret}"), 0o644);
        says("chmod 600");
        town.set_mode(&format!("spoilt/{secret}"), 0o600);
    }
    for (file, help) in [
        ("key", "key"),
        ("seal.key", "seal.key"),
        ("service.toml", "service.toml"),
        ("federation.toml", "operator hands out"),
    ] {
        let good = std::fs::read(town.path(&format!("spoilt/{file}"))).unwrap();
        town.write(&format!("spoilt/{file}"), "something = \"else\"\n");
        says(help);
        std::fs::write(town.path(&format!("spoilt/{file}")), good).unwrap();
    }
    let grants = content(&town.path("spoilt/grants"));
    town.write("spoilt/grants/broken.json", "{}");
    says("broken.json");
    std::fs::remove_file(town.path("spoilt/grants/broken.json")).unwrap();
    assert_eq!(content(&town.path("spoilt/grants")), grants);
}

#[test]
fn what_a_new_service_is_made_from() {
    let town = town();
    let (new, federation) = (town.path("new-service"), town.path("directory/federation.toml"));
    let init = |federation: &str, organisation: &str, code: i32, help: &str| {
        says(&of(&new, &["init", "--federation", federation, "--organisation", organisation]), code, help);
    };
    init(&town.path("missing"), "helsinki", USAGE, "operator hands out");
    init(&federation, "turku", USAGE, "Members are: directory, helsinki, ruokapalvelu");
    let text = town.read("directory/federation.toml");
    let directory = text.lines().find(|line| line.starts_with("directory")).unwrap();
    let lonely = text.replace(directory, "directory = \"http://127.0.0.1:1\"");
    init(&town.write("lonely.toml", &lonely), "helsinki", NOT_REACHED, "the directory was not reached");
    assert!(!Path::new(&new).exists(), "nothing is left behind");
    let before = content(&town.path("desk"));
    let desk = town.path("desk");
    let occupied = ["init", "--federation", &federation, "--organisation", "helsinki"];
    says(&of(&desk, &occupied), CONFIGURATION, "does not exist yet");
    assert_eq!(content(&desk), before);
}

#[test]
fn registering_what_cannot_be_registered() {
    let town = town();
    let (desk, services) = (town.path("desk"), town.path("node/services.toml"));
    let before = town.read("node/services.toml");
    let register = |file: &str, names: &str, purpose: &str, fields: &[&str], code: i32, help: &str| {
        let mut args = vec!["register", "--services", file, "--names", names, "--purpose", purpose];
        args.extend(["--max-retention-days", "30"]);
        args.extend(fields);
        says(&of(&desk, &args), code, help);
    };
    let good = ["--fields", "residence:called_name"];
    register(&services, "Desk", "dpv:ServiceProvision", &good, USAGE, "Finnish, Swedish, English");
    register(&services, "a,b,c", "everything", &good, USAGE, "purpose");
    register(&services, "a,b,c", "dpv:ServiceProvision", &["--fields", "called_name"], USAGE, "TYPE:FIELD,FIELD");
    register(&services, "a,b,c", "dpv:ServiceProvision", &["--answers", "residence:"], USAGE, "TYPE:FIELD,FIELD");
    register(&services, "a,b,c", "dpv:ServiceProvision", &[], USAGE, "--fields");
    register(&services, "a,b,c", "dpv:ServiceProvision", &good, USAGE, "stands in it already");
    let nowhere = town.path("nowhere.toml");
    register(&nowhere, "a,b,c", "dpv:ServiceProvision", &good, USAGE, "beside the organisation's profile.toml");
    assert_eq!((town.read("node/services.toml"), Path::new(&nowhere).exists()), (before, false));
}

/// One that is good, with a piece of it replaced.
fn asks(town: &Town, from: &str, to: &str, code: i32, help: &str) {
    let good = town.read("good.toml");
    assert!(good.contains(from), "{from}");
    let file = town.write("bad.toml", &good.replacen(from, to, 1));
    says(&of(&town.path("desk"), &["ask", &file, "--dry-run"]), code, help);
}

#[test]
fn asking_with_mistakes_in_the_file() {
    let town = town();
    let question = "depth = 1\ndelegatees = [\"ruokapalvelu\"]\nholders = [\"helsinki\"]\nanswer_within_days = 10";
    let file = town.ask_file("good", question);
    let with_question =
        "\n[[ask.question]]\nid = \"?adult\"\nfield = \"birth_date\"\nage = { years = 18, on = \"2026-08-01\" }\n";
    town.write("good.toml", &format!("{}{with_question}", town.read("good.toml")));
    town.service("desk", &["ask", &file, "--dry-run"]).done();
    let says_usage = |from: &str, to: &str, help: &str| asks(&town, from, to, USAGE, help);
    says_usage("purpose", "purpos", "line 1: unknown key `purpos`");
    says_usage("required", "requird", "unknown key `requird`");
    says_usage("retention_days = 30\n", "", "missing key `retention_days`");
    says_usage("sv = \"Bibliotek.\", ", "", "missing key `sv`");
    says_usage("Bibliotek.", "", "write all three");
    says_usage("retention_days = 30", "retention_days = 0", "retention_days is from 1 to 36525");
    says_usage("retention_days = 30", "retention_days = 9223372036854775807", "retention_days is from 1 to 36525");
    says_usage("validity_days = 30", "validity_days = 401", "validity_days is from 1 to 400");
    says_usage("validity_days = 30", "validity_days = -1", "line 3");
    says_usage("answer_within_days = 10", "answer_within_days = 93", "answer_within_days is from 1 to 92");
    says_usage("depth = 1", "depth = 4", "depth is from 0 to 3");
    says_usage("depth = 1\n", "", "delegatees");
    says_usage("[\"ruokapalvelu\"]", "[]", "delegatees");
    says_usage("[\"ruokapalvelu\"]", "[\"turku\"]", "Members are: directory, helsinki, ruokapalvelu");
    says_usage("[\"helsinki\"]", "[\"turku\"]", "Members are: directory, helsinki, ruokapalvelu");
    says_usage("[\"helsinki\"]", "[]", "holders");
    says_usage("age = { years = 18, on = \"2026-08-01\" }", "", "?adult must ask exactly one thing");
    says_usage("field = \"birth_date\"", "field = \"birth_date\"\nexists = true", "?adult must ask exactly one thing");
    says_usage("2026-08-01", "1.8.2026", "YYYY-MM-DD");
    says_usage("\"?adult\"", "\"adult\"", "line");
    says_usage("\"called_name\", ", "\"called_name\", \"called_name\", ", "called_name stands in it twice");
    says_usage("optional = [\"address\"]", "optional = [\"called_name\"]", "called_name stands in it twice");
    says_usage(
        "[[ask.question]]",
        "[[ask]]\ntype = \"residence\"\nrequired = [\"address\"]\n[[ask.question]]",
        "residence stands in it twice",
    );
    let from = "required = [\"called_name\", \"family_name\"]\noptional = [\"address\"]\n";
    says_usage(&format!("{from}{with_question}"), "", "name at least one field or question of residence");
    says_usage("purpose = ", "purpose = = ", "line 1");
}

#[test]
fn the_examples_in_the_document_can_be_asked() {
    let town = town();
    let document = std::fs::read_to_string(repository().join("docs/operating/ask-citizens.md")).unwrap();
    let examples: Vec<&str> =
        document.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert!(examples.len() >= 3);
    for example in examples {
        let asked = town.service("desk", &["ask", &town.write("example.toml", example), "--dry-run"]);
        assert_eq!(asked.code, DONE, "{example}: {asked:?}");
    }
    for key in
        ["purpose", "reason", "retention_days", "validity_days", "answer_within_days", "holders", "depth", "delegatees"]
            .iter()
            .chain(&["type", "required", "optional", "id", "field", "equals", "at_least", "at_most", "age", "exists"])
    {
        assert!(document.contains(&format!("| `{key}`")), "the document lacks {key}");
    }
}

#[test]
fn asking_where_nobody_can_answer() {
    let town = town();
    let (desk, file) = (town.path("desk"), town.ask_file("asking", ""));
    says(&of(&desk, &["ask", &town.path("missing.toml")]), USAGE, "ask-citizens.md");
    let stranger = town.path("stranger");
    says(&of(&stranger, &["ask", &file]), REFUSED, "aitta node publish-profile");
    says(&of(&stranger, &["collect", NO_ID]), REFUSED, "aitta node publish-profile");
    // The kitchen is registered, and its node is away.
    let cook = town.path("cook");
    says(&of(&cook, &["ask", &file]), NOT_REACHED, "does not accept a connection");
    says(&of(&cook, &["collect", NO_ID]), NOT_REACHED, "does not accept a connection");
    let nobody = town.write("nobody", "131052-308T");
    says(&of(&desk, &["ask", &file, "--identity-code", &nobody]), REFUSED, "helsinki");
    says(&of(&desk, &["ask", &file, "--identity-code", &town.path("missing")]), USAGE, "`-` to type it");
    // What goes too far is published, and its sender sees the warning first.
    let more = town.read("asking.toml").replace("\"called_name\"", "\"called_name\", \"contact.phone\"");
    let dry = town.service("desk", &["ask", &town.write("more.toml", &more), "--dry-run"]).done().json();
    assert!(text(&dry, "/over_asked/0").contains("contact.phone"), "{dry}");
}

#[test]
fn collecting_and_fetching_nothing() {
    let town = town();
    let (desk, stranger) = (town.path("desk"), town.path("stranger"));
    says(&of(&desk, &["collect", "abc"]), USAGE, "43 characters");
    says(&of(&desk, &["collect", NO_ID]), REFUSED, "as `ask` printed it");
    says(&of(&stranger, &["fetch"]), USAGE, "aitta service collect");
    let grant = town.granted("");
    says(&of(&desk, &["fetch", "--grant", NO_ID]), USAGE, "aitta service collect");
    says(&of(&desk, &["fetch", "--request", "x"]), USAGE, "43 characters");
    says(&of(&desk, &["fetch", "--grant", &grant, "--only", "called_name"]), USAGE, "is not TYPE:FIELD");
    says(&of(&desk, &["fetch", "--grant", &grant, "--purpose", "all"]), USAGE, "purpose");
    // What was not granted is not given: the holder's word, not an error of the program.
    let more = town.service("desk", &["fetch", "--grant", &grant, "--only", "residence:address"]);
    assert_eq!((more.code, text(&more.json(), "/items/0/outcome")), (REFUSED, "denied".to_owned()), "{more:?}");
}

#[test]
fn passing_on_what_may_not_be_passed_on() {
    let town = town();
    let (desk, cook) = (town.path("desk"), town.principal("cook"));
    let plain = town.granted("");
    let may = town.granted("depth = 1\ndelegatees = [\"ruokapalvelu\"]");
    let out = town.path("passed-on.json");
    let delegate = |grant: &str, to: &str, more: &[&str], code: i32, help: &str| {
        let args = [&["delegate", grant, "--to", to, "--out", &out], more].concat();
        says(&of(&desk, &args), code, help);
        assert!(!Path::new(&out).exists(), "{args:?}");
    };
    delegate(&plain, &cook, &[], USAGE, "`depth` in the access request");
    delegate(NO_ID, &cook, &[], USAGE, "aitta service collect");
    delegate("abc", &cook, &[], USAGE, "43 characters");
    delegate(&may, "cook", &[], USAGE, "ai:");
    delegate(&may, &town.principal("stranger"), &[], USAGE, "aitta node publish-profile");
    delegate(&may, &town.principal("service"), &[], USAGE, "only to services of ruokapalvelu");
    delegate(&may, &cook, &["--only", "called_name"], USAGE, "is not TYPE:FIELD");
    delegate(&may, &cook, &["--only", "residence:address"], USAGE, "does not give residence:address");
    let mut args = vec!["delegate", &may, "--to", &cook, "--out", &desk];
    says(&of(&desk, &args), USAGE, "does not exist yet");
    args[5] = "/dev/null/x";
    says(&of(&desk, &args), USAGE, "may write");

    // Good ones: everything, and two fields of one type.
    let two = ["--only", "residence:called_name", "--only", "residence:family_name"];
    town.service("desk", &[&["delegate", &may, "--to", &cook, "--out", &out], &two[..]].concat()).done();
    let foreign = town.path("service");
    let before = content(&town.path("service/grants"));
    says(&of(&foreign, &["accept", &out]), USAGE, "for this service");
    assert_eq!(content(&town.path("service/grants")), before, "a foreign grant is not kept");
    says(&of(&foreign, &["revoke", &out]), USAGE, "did not pass it on");
    let accepted = town.service("cook", &["accept", &out]).done().json();
    let fetched = town.service("cook", &["fetch", "--grant", &text(&accepted, "/grant")]).done().json();
    let given = fetched.pointer("/items/0/data/residence/0").unwrap();
    assert_eq!(given, &serde_json::json!({ "called_name": "Jouko", "family_name": "Lähteenmäki" }));
    town.service("desk", &["revoke", &out]).done();
    let after = town.service("cook", &["fetch", "--grant", &text(&accepted, "/grant")]);
    assert_eq!((after.code, text(&after.json(), "/items/0/outcome")), (REFUSED, "denied".to_owned()));
}

#[test]
fn an_answer_can_be_passed_on_without_the_field() {
    let town = town();
    let file = town.ask_file("question", "depth = 1\ndelegatees = [\"ruokapalvelu\"]");
    let question =
        "\n[[ask.question]]\nid = \"?adult\"\nfield = \"birth_date\"\nage = { years = 18, on = \"2026-08-01\" }\n";
    town.write("question.toml", &format!("{}{question}", town.read("question.toml")));
    let grant = town.granted_in(&file);
    let (cook, out) = (town.principal("cook"), town.path("answer.json"));
    let only = ["--only", "residence:?adult", "--only", "residence:called_name"];
    town.service("desk", &[&["delegate", &grant, "--to", &cook, "--out", &out], &only[..]].concat()).done();
    let accepted = town.service("cook", &["accept", &out]).done().json();
    let fetched = town.service("cook", &["fetch", "--grant", &text(&accepted, "/grant")]).done().json();
    let given = fetched.pointer("/items/0/data").unwrap();
    assert_eq!(given, &serde_json::json!({ "residence": [{ "called_name": "Jouko" }], "residence?adult": true }));
}

#[test]
fn files_that_hold_no_grant() {
    let town = town();
    let desk = town.path("desk");
    let broken = town.write("broken.json", "{\"chain\": [\"AAAA\"]}");
    let empty = town.write("empty.json", "{\"chain\": []}");
    let other = town.write("other.json", "[]");
    for file in [&broken, &empty, &other, &town.path("missing.json")] {
        for verb in ["accept", "revoke"] {
            says(&of(&desk, &[verb, file]), USAGE, "`aitta service delegate` wrote");
        }
    }
}

#[test]
fn the_last_good_registry_serves_while_the_directory_is_away() {
    let town = town();
    let grant = town.granted("");
    town.copy_without_directory("desk", "lonely-desk");
    let lonely = town.path("lonely-desk");
    let fetched = aitta(&of(&lonely, &["fetch", "--grant", &grant]));
    assert_eq!(fetched.code, DONE, "{fetched:?}");
    assert!(fetched.err.contains("last good copy") && fetched.out.contains("Jouko"), "{fetched:?}");
    std::fs::remove_file(town.path("lonely-desk/registry")).unwrap();
    says(&of(&lonely, &["fetch", "--grant", &grant]), NOT_REACHED, "the directory was not reached");
    assert!(!Path::new(&town.path("lonely-desk/registry")).exists());
}
