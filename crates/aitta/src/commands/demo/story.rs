//! The story. A family moves from Helsinki to Espoo; Espoo asks, the mother decides, and everybody sees what happened.
//!
//! Each step says in words what happens, and checks that exactly that came out.

use serde_json::Value;
use tokio::task::yield_now;

use super::cast::{ANNI, Cast, JOUKO, ULLA};
use super::files::MENUS;
use super::stage::{Said, Stage, failed};
use super::told::Told;
use crate::exit::Exit;
use crate::failure::Failure;

const EARLY_EDUCATION: [&str; 3] = ["service", "--service", "early-education"];
const ULLAS: [&str; 3] = ["wallet", "--wallet", "wallet-ulla"];
const JOUKOS: [&str; 3] = ["wallet", "--wallet", "wallet-jouko"];

/// What Espoo's early education asks. The phone number is not registered for it: over-asked on purpose.
const ASK_FOR_ANNI: &str = r#"
purpose = "dpv:ServiceProvision"
retention_days = 365
validity_days = 200
depth = 1
delegatees = ["ruokapalvelu"]
reason = { fi = "Anni aloittaa päiväkodissa Espoossa.", sv = "Anni börjar på daghem i Esbo.", en = "Anni starts day care in Espoo." }

[[ask]]
type = "child-health"
required = ["allergies.substance", "allergies.severity"]
optional = ["vaccinations"]

[[ask]]
type = "early-education"
required = ["unit", "start_date"]
optional = ["special_diet"]

[[ask]]
type = "residence"
required = ["contact.phone"]
"#;

const ASK_FOR_SAMUEL: &str = r#"
purpose = "dpv:ServiceProvision"
retention_days = 365
validity_days = 200
reason = { fi = "Samuel aloittaa päiväkodissa Espoossa.", sv = "Samuel börjar på daghem i Esbo.", en = "Samuel starts day care in Espoo." }

[[ask]]
type = "child-health"
required = ["allergies.substance"]

[[ask]]
type = "residence"
required = ["address", "called_name"]
"#;

const ASK_ABOUT_SCHOOL: &str = r#"
purpose = "dpv:ServiceProvision"
retention_days = 30
validity_days = 200
reason = { fi = "Koulupaikkojen suunnittelu.", sv = "Planering av skolplatser.", en = "Planning school places." }

[[ask]]
type = "residence"

[[ask.question]]
id = "?seven-by-august"
field = "birth_date"
age = { years = 7, on = "2027-08-01" }
"#;

/// Plays it. Between its steps it can be broken off.
pub(super) async fn play(stage: &Stage, cast: &mut Cast, told: &Told) -> Result<(), Failure> {
    let anni = ulla_finds_and_enrols(stage, told)?;
    yield_now().await;
    let asked = espoo_asks_too_much(stage, told, &anni)?;
    yield_now().await;
    let grant = ulla_agrees_to_less(stage, told, &anni, &asked)?;
    yield_now().await;
    espoo_fetches_exactly_that(stage, told, &grant)?;
    yield_now().await;
    ulla_sees_the_fetch(stage, told, &anni)?;
    yield_now().await;
    a_protected_address_stays_inside(stage, told)?;
    yield_now().await;
    the_school_learns_only_yes(stage, told)?;
    yield_now().await;
    ulla_objects_to_one_purpose(stage, told, &anni)?;
    yield_now().await;
    let passed_on = espoo_passes_on_to_its_kitchen(stage, told, &grant)?;
    yield_now().await;
    the_directory_is_killed(cast, told);
    espoo_is_down_and_the_rest_arrives(stage, cast, told).await?;
    yield_now().await;
    ulla_takes_it_back(stage, told, &anni, &grant, &passed_on)?;
    yield_now().await;
    the_directory_is_back_and_anybody_checks_it(stage, cast, told).await
}

/// Anni's pods at Helsinki and Espoo.
struct Anni {
    helsinki: String,
    espoo: String,
}

fn ulla_finds_and_enrols(stage: &Stage, told: &Told) -> Result<Anni, Failure> {
    told.part("Ulla looks for what is held about her daughter Anni");
    let made = stage.done(&with(&ULLAS, &["init", "--federation", "blinder/federation.toml"]))?;
    expect(text(&made, "/recovery_code").len() > 30, "a recovery code is printed", &made)?;
    told.step("Ulla makes a wallet and writes the recovery code on paper.");
    let ulla = stage.write("ulla.code", ULLA.1)?;
    let anni = stage.write("anni.code", ANNI)?;
    let found = stage.done(&with(&ULLAS, &["holders", "--identity-code", &ulla, "--of", &anni]))?;
    let holders: Vec<String> = list(&found, "/holders").iter().map(|one| text(one, "/organisation")).collect();
    expect(holders.contains(&"helsinki".to_owned()), "Helsinki holds something about Anni", &found)?;
    expect(holders.contains(&"espoo".to_owned()), "Espoo holds something about Anni", &found)?;
    told.step(&format!(
        "Her wallet finds who holds something about Anni: {}. Nobody learned who asked.",
        holders.join(", ")
    ));
    let enrolled = |city: &str| stage.done(&with(&ULLAS, &["enrol", city, "--login-as", &ulla]));
    let at_helsinki = enrolled("helsinki")?;
    let helsinki = guardian_pod(&at_helsinki, None)?;
    told.step("She logs in at Helsinki: it still holds Anni's health and day-care records, so her wallet may act for Anni there.");
    let at_espoo = enrolled("espoo")?;
    let espoo = guardian_pod(&at_espoo, Some("Anni"))?;
    told.step("And at Espoo, where the family lives now.");
    Ok(Anni { helsinki, espoo })
}

fn espoo_asks_too_much(stage: &Stage, told: &Told, anni: &Anni) -> Result<String, Failure> {
    told.part("Espoo's early education asks");
    let file = stage.write("ask-anni.toml", ASK_FOR_ANNI)?;
    let asked = stage.done(&with(&EARLY_EDUCATION, &["ask", &file]))?;
    let link = text(&asked, "/link");
    told.step(&format!("Espoo publishes an access request and sends Ulla the link {link}"));
    let seen = stage.done(&with(&ULLAS, &["requests", &link]))?;
    let flags = list(&seen, "/requests/0/over_asked");
    expect(flags.iter().any(|flag| text(flag, "/code").starts_with("over-ask")), "over-asking is flagged", &seen)?;
    told.step("Her wallet shows who asks, for what and why, and warns:");
    flags.iter().for_each(|flag| told.seen(&text(flag, "/words/en")));
    let at = [format!("helsinki={}", anni.helsinki), format!("espoo={}", anni.espoo)];
    let refused = stage.run(&with(&ULLAS, &["grant", &link, "--at", &at[0], "--at", &at[1]]))?.ended(Exit::Refused)?;
    told.step("It signs nothing of a request that asks for too much:");
    told.seen(&text(&refused.json, "/error/message"));
    Ok(link)
}

fn ulla_agrees_to_less(stage: &Stage, told: &Told, anni: &Anni, link: &str) -> Result<Grants, Failure> {
    let at = [format!("helsinki={}", anni.helsinki), format!("espoo={}", anni.espoo)];
    let grant = ["grant", link, "--at", &at[0], "--at", &at[1], "--leave-out-over-asked"];
    let ticked = ["--optional", "early-education:special_diet"];
    let given = stage.done(&with(&with(&ULLAS, &grant), &ticked))?;
    let signed = given.to_string();
    expect(!signed.contains("phone"), "the phone number is left out", &given)?;
    expect(!signed.contains("vaccinations"), "what was not ticked is left out", &given)?;
    told.step(
        "She leaves out what goes too far, ticks the diet, does not tick the vaccinations, and agrees for 200 days.",
    );
    let request = text(&given, "/request");
    let grants = list(&given, "/grants");
    let helsinki = grants.iter().find(|grant| text(grant, "/holder") == "helsinki").map(|grant| text(grant, "/id"));
    let helsinki = helsinki.ok_or_else(|| failed(format!("no grant at helsinki: {given}")))?;
    Ok(Grants { request, helsinki })
}

/// What Ulla granted.
struct Grants {
    request: String,
    helsinki: String,
}

fn espoo_fetches_exactly_that(stage: &Stage, told: &Told, grants: &Grants) -> Result<(), Failure> {
    told.part("Espoo fetches from Helsinki, peer to peer");
    let collected = stage.done(&with(&EARLY_EDUCATION, &["collect", &grants.request]))?;
    expect(list(&collected, "/grants").len() == 2, "two grants arrived", &collected)?;
    told.step("The decision waits at Espoo's node, sealed to the service.");
    let fetched = fetch(stage, told, &grants.helsinki)?.ended(Exit::Done)?.json;
    let data = fetched.pointer("/items/0/data").cloned().unwrap_or_default();
    let health = data.pointer("/child-health/0").cloned().unwrap_or_default();
    let allergies = list(&health, "/allergies");
    let substances: Vec<String> = allergies.iter().map(|one| text(one, "/substance")).collect();
    expect(substances == ["milk", "fish"], "Anni's allergies arrive", &fetched)?;
    expect(keys(&data) == ["child-health", "early-education"], "nothing of another type arrives", &fetched)?;
    expect(keys(&health) == ["allergies"], "no vaccination arrives", &fetched)?;
    expect(allergies.iter().all(|one| keys(one) == ["severity", "substance"]), "no other field arrives", &fetched)?;
    let care = data.pointer("/early-education/0").cloned().unwrap_or_default();
    expect(keys(&care) == ["special_diet", "start_date", "unit"], "exactly the granted fields arrive", &fetched)?;
    told.step("Exactly the granted fields arrive, with a signed receipt:");
    told.seen(&data.to_string());
    Ok(())
}

fn ulla_sees_the_fetch(stage: &Stage, told: &Told, anni: &Anni) -> Result<(), Failure> {
    let log = log_of(stage, &ULLAS, "helsinki", &anni.helsinki)?;
    let fetch = last(&log, "disclosure")?;
    told.step("Ulla sees it at once, and her wallet has checked that the entry stands in Helsinki's log for good:");
    told.seen(&text(&fetch, "/sentence"));
    Ok(())
}

fn a_protected_address_stays_inside(stage: &Stage, told: &Told) -> Result<(), Failure> {
    told.part("A child under non-disclosure");
    stage.done(&with(&JOUKOS, &["init", "--federation", "blinder/federation.toml"]))?;
    let jouko = stage.write("jouko.code", JOUKO.1)?;
    let enrolled = stage.done(&with(&JOUKOS, &["enrol", "helsinki", "--login-as", &jouko]))?;
    let samuel = guardian_pod(&enrolled, Some("Samuel"))?;
    let file = stage.write("ask-samuel.toml", ASK_FOR_SAMUEL)?;
    let asked = stage.done(&with(&EARLY_EDUCATION, &["ask", &file]))?;
    let at = format!("helsinki={samuel}");
    let given = stage.done(&with(&JOUKOS, &["grant", &text(&asked, "/link"), "--at", &at]))?;
    stage.done(&with(&EARLY_EDUCATION, &["collect", &text(&asked, "/request")]))?;
    let grant = text(&given, "/grants/0/id");
    let fetched = fetch(stage, told, &grant)?.ended(Exit::Done)?.json;
    let data = fetched.pointer("/items/0/data").cloned().unwrap_or_default();
    expect(data.pointer("/child-health/0/allergies").is_some(), "the allergies arrive", &fetched)?;
    expect(data.pointer("/residence/0/called_name").is_some(), "the name arrives", &fetched)?;
    expect(!fetched.to_string().contains("address"), "the address does not arrive", &fetched)?;
    told.step(
        "Jouko agrees to the address too. It is released to nobody; to the service it looks as if there were none:",
    );
    told.seen(&data.to_string());
    let log = log_of(stage, &JOUKOS, "helsinki", &samuel)?;
    let entry = last(&log, "disclosure")?;
    let withheld = list(&entry, "/entry/withheld");
    expect(withheld.iter().any(|one| text(one, "/reason") == "non-disclosure"), "the log says why", &entry)?;
    told.step("Only Jouko's own log says that it was kept back, and why:");
    told.seen(&text(&entry, "/sentence"));
    Ok(())
}

fn the_school_learns_only_yes(stage: &Stage, told: &Told) -> Result<(), Failure> {
    told.part("The school needs an answer, not a birth date");
    let enrolled = stage.done(&with(&ULLAS, &["enrol", "espoo", "--login-as", "ulla.code"]))?;
    let samu = guardian_pod(&enrolled, Some("Samu"))?;
    let file = stage.write("ask-school.toml", ASK_ABOUT_SCHOOL)?;
    let asked = stage.done(&["service", "--service", "school", "ask", &file])?;
    let at = format!("espoo={samu}");
    stage.done(&with(&ULLAS, &["grant", &text(&asked, "/link"), "--at", &at]))?;
    stage.done(&["service", "--service", "school", "collect", &text(&asked, "/request")])?;
    let fetched = stage.done(&["service", "--service", "school", "fetch"])?;
    let data = fetched.pointer("/items/0/data").cloned().unwrap_or_default();
    expect(
        data == serde_json::json!({ "residence?seven-by-august": true }),
        "a yes and nothing else arrives",
        &fetched,
    )?;
    told.step("Will Samu be seven by August? The school learns: yes. Nothing else leaves Espoo's register.");
    Ok(())
}

fn ulla_objects_to_one_purpose(stage: &Stage, told: &Told, anni: &Anni) -> Result<(), Failure> {
    told.part("Ulla objects to one use");
    let file = stage.write(MENUS.0, MENUS.1)?;
    let asked = stage.done(&with(&EARLY_EDUCATION, &["ask", &file]))?;
    let at = format!("helsinki={}", anni.helsinki);
    let given = stage.done(&with(&ULLAS, &["grant", &text(&asked, "/link"), "--at", &at]))?;
    stage.done(&with(&EARLY_EDUCATION, &["collect", &text(&asked, "/request")]))?;
    let grant = text(&given, "/grants/0/id");
    let before = fetch(stage, told, &grant)?.ended(Exit::Done)?.json;
    expect(before.pointer("/items/0/data/child-health").is_some(), "the planners get the allergies", &before)?;
    let object = ["object", "helsinki", "--for", &anni.helsinki, "--purpose", "dpv:ServiceOptimisation"];
    stage.done(&with(&ULLAS, &object))?;
    let after = fetch(stage, told, &grant)?.ended(Exit::Done)?.json;
    let data = after.pointer("/items/0/data").cloned().unwrap_or_default();
    expect(keys(&data).is_empty(), "after the objection nothing is released", &after)?;
    told.step("She objects to menu planning with Anni's allergies. From then on it gets nothing, though its grant still stands.");
    let log = log_of(stage, &ULLAS, "helsinki", &anni.helsinki)?;
    let entry = last(&log, "disclosure")?;
    expect(
        list(&entry, "/entry/withheld").iter().any(|one| text(one, "/reason") == "objected"),
        "the log says why",
        &entry,
    )?;
    told.seen(&text(&entry, "/sentence"));
    Ok(())
}

/// The file in which the kitchen got its grant.
struct PassedOn {
    grant: String,
}

fn espoo_passes_on_to_its_kitchen(stage: &Stage, told: &Told, grants: &Grants) -> Result<PassedOn, Failure> {
    told.part("Espoo's kitchen company needs the allergies");
    let kitchen = ["service", "--service", "kitchen"];
    let description = std::fs::read_to_string(stage.dir().join("kitchen/service.toml"))
        .map_err(|source| Failure::internal("the kitchen is gone", source))?;
    let description: toml::Table =
        description.parse().map_err(|source| Failure::internal("the kitchen's description does not read", source))?;
    let to = description.get("principal").and_then(toml::Value::as_str).unwrap_or_default();
    let delegate = [
        "delegate",
        &grants.helsinki,
        "--to",
        to,
        "--only",
        "child-health:allergies.substance",
        "--out",
        "passed-on.json",
    ];
    stage.done(&with(&EARLY_EDUCATION, &delegate))?;
    let accepted = stage.done(&with(&kitchen, &["accept", "passed-on.json"]))?;
    let fetched = stage.done(&with(&kitchen, &["fetch"]))?;
    let data = fetched.pointer("/items/0/data").cloned().unwrap_or_default();
    let allergies = list(&data, "/child-health/0/allergies");
    expect(
        allergies.len() == 2 && allergies.iter().all(|one| keys(one) == ["substance"]),
        "substances alone",
        &fetched,
    )?;
    told.step("Espoo passes on the substances alone, as Ulla allowed. The kitchen fetches them from Helsinki itself:");
    told.seen(&data.to_string());
    Ok(PassedOn { grant: text(&accepted, "/grant") })
}

/// Whatever comes after this goes on without it.
fn the_directory_is_killed(cast: &mut Cast, told: &Told) {
    told.part("The directory is killed");
    cast.kill_directory();
    told.step("Nobody waits for it: what follows goes on without it.");
}

async fn the_directory_is_back_and_anybody_checks_it(
    stage: &Stage,
    cast: &mut Cast,
    told: &Told,
) -> Result<(), Failure> {
    told.part("The directory is back");
    let url = cast.restart_directory(stage).await?;
    let federation = ["--federation", "directory/federation.toml"];
    let copy = stage.done(&[&["directory", "mirror", url, "mirror"][..], &federation].concat())?;
    let number = |name: &str| copy.get(name).and_then(Value::as_u64).unwrap_or_default();
    expect(
        number("leaves") > number("entries") && number("cosignatures") >= 2,
        "the log is whole and cosigned",
        &copy,
    )?;
    told.step("It lost nothing, and need not be believed: anybody reads its whole log again and makes the same of it.");
    told.seen(&format!(
        "{} leaves, {} entries, {} members; cosigned by {} organisations.",
        number("leaves"),
        number("entries"),
        number("members"),
        number("cosignatures")
    ));
    Ok(())
}

async fn espoo_is_down_and_the_rest_arrives(stage: &Stage, cast: &mut Cast, told: &Told) -> Result<(), Failure> {
    told.part("Espoo's node is down");
    cast.stop_espoo();
    let both = with(&EARLY_EDUCATION, &["fetch", "--purpose", "dpv:ServiceProvision"]);
    let fetched = stage.run(&both)?.ended(Exit::Partly)?;
    let failures = list(&fetched.json, "/failures");
    expect(failures.iter().any(|one| text(one, "/holder") == "espoo"), "Espoo is named", &fetched.json)?;
    expect(
        list(&fetched.json, "/items").iter().any(|one| text(one, "/outcome") == "released"),
        "the rest arrives",
        &fetched.json,
    )?;
    told.step("A fetch from both cities names the one that is down, and brings what the other has:");
    failures.iter().for_each(|one| told.seen(&text(one, "/why")));
    let exported = stage.run(&with(&ULLAS, &["export", "takeaway"]))?.ended(Exit::Partly)?.json;
    expect(
        list(&exported, "/missing").iter().all(|one| text(one, "/organisation") == "espoo"),
        "only Espoo misses",
        &exported,
    )?;
    expect(!list(&exported, "/arrived").is_empty(), "Helsinki's part is downloaded", &exported)?;
    told.step("Ulla downloads everything: Helsinki's part arrives, Espoo is named as missing.");
    cast.restart_espoo(stage).await
}

fn ulla_takes_it_back(
    stage: &Stage,
    told: &Told,
    anni: &Anni,
    grants: &Grants,
    passed_on: &PassedOn,
) -> Result<(), Failure> {
    told.part("Ulla takes her consent back");
    stage.done(&with(&ULLAS, &["revoke", &grants.helsinki]))?;
    let refused = fetch(stage, told, &grants.helsinki)?.ended(Exit::Refused)?.json;
    expect(text(&refused, "/items/0/outcome") == "denied", "the next fetch is refused", &refused)?;
    told.step(&format!("The next fetch is refused: {}.", text(&refused, "/items/0/outcome")));
    let kitchens =
        stage.run(&["service", "--service", "kitchen", "fetch", "--grant", &passed_on.grant])?.ended(Exit::Refused)?;
    tell_the_way(told, &kitchens.json)?;
    expect(text(&kitchens.json, "/items/0/outcome") == "denied", "the passed-on grant died with it", &kitchens.json)?;
    told.step("The kitchen's grant, which was made from it, died with it.");
    let log = log_of(stage, &ULLAS, "helsinki", &anni.helsinki)?;
    let entries = list(&log, "/entries");
    let revoked = entries.iter().any(|one| text(one, "/entry/purpose") == "revoke");
    let refusals = entries.iter().filter(|one| text(one, "/entry/outcome") == "revoked").count();
    expect(revoked && refusals == 2, "revocation and both refusals stand in the log", &log)?;
    told.step("Ulla sees the revocation and both refusals in Helsinki's log, each with a proof that holds:");
    entries.iter().rev().take(4).rev().for_each(|one| told.seen(&text(one, "/sentence")));
    let head = stage.done(&["wallet", "--wallet", "wallet-ulla", "grants"])?;
    expect(head.to_string().contains("taken back"), "the wallet shows it", &head)
}

/// A command line from its parts.
fn with<'a>(head: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    [head, more].concat()
}

fn fetch(stage: &Stage, told: &Told, grant: &str) -> Result<Said, Failure> {
    let said = stage.run(&with(&EARLY_EDUCATION, &["fetch", "--grant", grant]))?;
    tell_the_way(told, &said.json)?;
    Ok(said)
}

/// Between organisations calls go over QUIC.
fn tell_the_way(told: &Told, fetched: &Value) -> Result<(), Failure> {
    for carried in list(fetched, "/carried") {
        let (holder, way) = (text(&carried, "/holder"), text(&carried, "/way"));
        expect(way == "quic", "QUIC carries the call", fetched)?;
        told.seen(&format!("(carried to {holder} by {way})"));
    }
    Ok(())
}

fn log_of(stage: &Stage, wallet: &[&str], city: &str, pod: &str) -> Result<Value, Failure> {
    stage.done(&with(wallet, &["log", city, "--for", pod]))
}

/// The last entry of a kind.
fn last(log: &Value, kind: &str) -> Result<Value, Failure> {
    let found = list(log, "/entries").into_iter().rev().find(|one| text(one, "/entry/kind") == kind);
    found.ok_or_else(|| failed(format!("the log has no entry of kind {kind}: {log}")))
}

/// The pod of the child with this name, or of the only child.
fn guardian_pod(enrolled: &Value, label: Option<&str>) -> Result<String, Failure> {
    let pods = list(enrolled, "/pods");
    let mut of_children = pods.iter().filter(|pod| text(pod, "/relation") == "guardian");
    let found = match label {
        Some(label) => of_children.find(|pod| text(pod, "/label") == label),
        None => of_children.next(),
    };
    found.map(|pod| text(pod, "/pod")).ok_or_else(|| failed(format!("no such child: {enrolled}")))
}

fn expect(holds: bool, what: &str, seen: &Value) -> Result<(), Failure> {
    if holds { Ok(()) } else { Err(failed(format!("not so: {what}. Seen: {seen}"))) }
}

fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn list(value: &Value, pointer: &str) -> Vec<Value> {
    value.pointer(pointer).and_then(Value::as_array).cloned().unwrap_or_default()
}

fn keys(value: &Value) -> Vec<String> {
    let mut keys: Vec<String> = value.as_object().into_iter().flat_map(|map| map.keys().cloned()).collect();
    keys.sort();
    keys
}
