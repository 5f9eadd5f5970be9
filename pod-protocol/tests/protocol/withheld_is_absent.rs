//! What non-disclosure, restriction and objection keep back looks exactly like what does not exist.

use pod_protocol::path::WithheldReason;
use pod_protocol::request::Name;
use pod_protocol::standing::Objection;
use serde_json::json;

use crate::scene::{Scene, data, item};
use crate::vectors::world::{age, exists, fields, of, purpose, wanted};
use pod_protocol::grant::Permission;
use pod_protocol::predicate::{Predicate, Question};

fn protect(scene: &mut Scene, record_type: &str, paths: &[&str]) {
    scene.rules.protected.insert(of(record_type), fields(paths));
    scene.standing().non_disclosure = true;
}

#[test]
fn a_protected_field_leaves_no_trace_when_asked_for_by_its_name() {
    let mut scene = Scene::new();
    protect(&mut scene, "resident", &["address"]);
    let asked = vec![wanted("resident", &["last_name", "address"])];
    let chain = scene.granted(scene.world.root());
    let with = json!({"last_name": "Virtanen", "address": {"street": "Kotikatu 1", "city": "Helsinki"}});
    let without = json!({"last_name": "Virtanen"});
    let protected = scene.released(chain.clone(), asked.clone(), &[("resident", with)]).unwrap();
    scene.standing().non_disclosure = false;
    let absent = scene.released(chain, asked, &[("resident", without)]).unwrap();
    assert_eq!(protected, absent);
}

#[test]
fn a_protected_part_leaves_no_trace_when_asked_for_by_a_parents_name() {
    for (protected, record, looks_like) in [
        (
            vec!["address.street"],
            json!({"address": {"street": "Kotikatu 1", "city": "Helsinki"}}),
            json!({"address": {"city": "Helsinki"}}),
        ),
        // Nothing but protected parts: an empty address would say that there is one.
        (vec!["address.street"], json!({"address": {"street": "Kotikatu 1"}}), json!({})),
        (vec!["address.street", "address.city"], json!({"address": {"street": "K 1", "city": "H"}}), json!({})),
        (vec!["address.lines.text"], json!({"address": {"lines": [{"text": "K 1"}, {"text": "H"}]}}), json!({})),
        (
            vec!["address.lines.text"],
            json!({"address": {"lines": [[{"text": "K 1"}], [{"text": "H", "kind": "city"}]]}}),
            json!({"address": {"lines": [[{"kind": "city"}]]}}),
        ),
    ] {
        let mut scene = Scene::new();
        let asked = vec![wanted("resident", &["address"])];
        let chain = scene.granted(scene.world.root());
        let absent = scene.released(chain.clone(), asked.clone(), &[("resident", looks_like)]).unwrap();
        protect(&mut scene, "resident", &protected);
        let released = scene.released(chain, asked, &[("resident", record)]).unwrap();
        assert_eq!(released, absent, "protected {protected:?}");
    }
}

#[test]
fn a_predicate_over_something_protected_answers_unknown() {
    let mut scene = Scene::new();
    let mut grant = scene.world.root();
    let questions = vec![
        exists("?has_street", "address.street"),
        exists("?has_address", "address"),
        age("?adult", "birth_date", 18, "2026-09-21"),
    ];
    grant.permissions = vec![Permission::Derived(of("resident"), questions)];
    let chain = scene.granted(grant);
    let asked = vec![wanted("resident", &["?has_street", "?has_address", "?adult"])];
    protect(&mut scene, "resident", &["address.street", "birth_date"]);
    let record = json!({"address": {"street": "Kotikatu 1"}, "birth_date": "2000-01-01"});
    let released = scene.released(chain.clone(), asked.clone(), &[("resident", record)]).unwrap();
    let absent = scene.released(chain, asked, &[]).unwrap();
    assert_eq!(released, absent);
    assert_eq!(released, json!({"resident?has_street": null, "resident?has_address": null, "resident?adult": null}));
}

/// A question about a parent of a protected part is answered from the rest, and the log says what was not looked at.
#[test]
fn a_predicate_over_a_parent_is_answered_as_if_the_protected_part_were_not_there() {
    let mut scene = Scene::new();
    let mut grant = scene.world.root();
    let lines = Predicate { question: Question::CountAtLeast(2), ..exists("?two_lines", "address") };
    grant.permissions.push(Permission::Derived(of("resident"), vec![exists("?has_address", "address"), lines]));
    let chain = scene.granted(grant);
    let asked = vec![wanted("resident", &["?has_address", "?two_lines", "address"])];
    let whole = json!({"address": [{"street": "Kotikatu 1"}, {"city": "Helsinki"}]});
    let rest = json!({"address": [{"city": "Helsinki"}]});
    let absent = scene.released(chain.clone(), asked.clone(), &[("resident", rest)]).unwrap();
    protect(&mut scene, "resident", &["address.street"]);
    let released = scene.released(chain.clone(), asked.clone(), &[("resident", whole.clone())]).unwrap();
    assert_eq!(released, absent);
    assert_eq!((&released["resident?has_address"], &released["resident?two_lines"]), (&json!(true), &json!(false)));
    let selection = scene.one(chain, asked.clone()).unwrap();
    let item = item(&selection);
    let kept: Vec<&Name> = item.withheld().iter().map(|kept| &kept.name).collect();
    assert_eq!(kept, [&Name::Field("address.street".parse().unwrap())]);
    assert_eq!(item.released(&data(item, &[("resident", whole)])), item.names());
}

/// A type that the catalogue does not know, or no longer: nobody said what of it may leave.
#[test]
fn of_a_type_without_a_rule_nothing_leaves_about_a_protected_person() {
    let mut scene = Scene::new();
    let mut grant = scene.world.root();
    grant.permissions.push(Permission::Derived(of("child-health"), vec![exists("?any", "diet")]));
    let chain = scene.granted(grant);
    let asked = vec![wanted("resident", &["last_name"]), wanted("child-health", &["diet", "?any"])];
    let records = [("resident", json!({"last_name": "Virtanen"})), ("child-health", json!({"diet": "vegan"}))];
    let open = scene.released(chain.clone(), asked.clone(), &records).unwrap();
    assert_eq!(open["child-health"], json!([{"diet": "vegan"}]));
    protect(&mut scene, "resident", &[]);
    let absent = scene.released(chain.clone(), asked.clone(), &records[..1]).unwrap();
    let released = scene.released(chain.clone(), asked.clone(), &records).unwrap();
    assert_eq!(released, absent);
    assert_eq!(released, json!({"resident": [{"last_name": "Virtanen"}], "child-health?any": null}));
    let selection = scene.one(chain, asked).unwrap();
    let kept = item(&selection).withheld();
    assert_eq!(kept.iter().map(|kept| kept.name.as_str()).collect::<Vec<_>>(), ["diet", "?any"]);
    assert!(kept.iter().all(|kept| kept.reason == WithheldReason::NonDisclosure));
}

#[test]
fn the_names_in_a_receipt_do_not_tell_protected_from_absent() {
    let mut scene = Scene::new();
    let asked = vec![wanted("resident", &["last_name", "address"])];
    let chain = scene.granted(scene.world.root());
    let names = |scene: &mut Scene, record: serde_json::Value| {
        let selection = scene.one(chain.clone(), asked.clone()).unwrap();
        let item = item(&selection);
        item.released(&data(item, &[("resident", record)]))
    };
    let absent = names(&mut scene, json!({"last_name": "Virtanen"}));
    protect(&mut scene, "resident", &["address"]);
    let protected = names(&mut scene, json!({"last_name": "Virtanen", "address": "Kotikatu 1"}));
    assert_eq!(protected, absent);
    assert_eq!(protected, vec![wanted("resident", &["last_name"])]);
}

#[test]
fn the_citizens_log_says_what_was_kept_back_and_why() {
    let mut scene = Scene::new();
    protect(&mut scene, "resident", &["address.street"]);
    let chain = scene.granted(scene.world.root());
    let selection = scene.one(chain, vec![wanted("resident", &["address", "last_name"])]).unwrap();
    let kept = item(&selection).withheld();
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].name, Name::Field(fields(&["address.street"]).remove(0)));
    assert_eq!(kept[0].reason, WithheldReason::NonDisclosure);
    assert_eq!(kept[0].reason.code(), "non-disclosure");
}

#[test]
fn a_restricted_type_is_answered_with_nothing() {
    let mut scene = Scene::new();
    let chain = scene.granted(scene.world.root());
    let records = [("resident", json!({"last_name": "Virtanen"})), ("child-health", json!({"diet": "vegan"}))];
    let asked = vec![wanted("resident", &["last_name"]), wanted("child-health", &["diet"])];
    scene.standing().restricted_types.insert(of("child-health"));
    let one = scene.released(chain.clone(), asked.clone(), &records).unwrap();
    assert_eq!(one, json!({"resident": [{"last_name": "Virtanen"}]}));
    scene.standing().restricted = true;
    let selection = scene.one(chain.clone(), asked.clone()).unwrap();
    assert!(item(&selection).withheld().iter().all(|kept| kept.reason == WithheldReason::Restricted));
    assert_eq!(scene.released(chain, asked, &records).unwrap(), json!({}));
}

#[test]
fn an_objection_counts_for_its_purpose_and_its_organisation() {
    let records = [("resident", json!({"last_name": "Virtanen"}))];
    let all = json!({"resident": [{"last_name": "Virtanen"}]});
    let espoo = Scene::new().world.espoo_organisation();
    let other = Scene::new().world.archive_organisation();
    for (about, organisation, expected) in [
        ("dpv:ServiceProvision", None, json!({})),
        ("dpv:ServiceProvision", Some(espoo), json!({})),
        ("dpv:ServiceProvision", Some(other), all.clone()),
        ("dpv:Marketing", None, all.clone()),
    ] {
        let mut scene = Scene::new();
        let objection = Objection { purpose: purpose(about), organisation };
        scene.standing().objections.insert(objection);
        let chain = scene.granted(scene.world.root());
        let released = scene.released(chain, vec![wanted("resident", &["last_name"])], &records).unwrap();
        assert_eq!(released, expected, "{about} {organisation:?}");
    }
}

/// Espoo may not go round an objection by letting its processor ask.
#[test]
fn an_objection_to_an_organisation_counts_for_those_who_act_for_it() {
    let mut scene = Scene::new();
    let (espoo, processor) = (scene.world.espoo_organisation(), scene.world.processor.seed());
    let objection = Objection { purpose: purpose("dpv:ServiceProvision"), organisation: Some(espoo) };
    scene.standing().objections.insert(objection);
    let processor = pod_crypto::SigningKey::from_seed(&processor);
    let caller = scene.caller.as_mut().unwrap();
    caller.key = processor.public_key();
    caller.organisation = scene.world.processor_organisation();
    let chain = scene.world.chain(2);
    let asked = vec![wanted("resident", &["first_names"])];
    let selection = scene.ask(&processor, vec![(chain, asked)], |_| {}).unwrap();
    let item = item(&selection);
    assert_eq!(item.withheld()[0].reason, WithheldReason::Objected);
    assert!(data(item, &[("resident", json!({"first_names": "Anna"}))]).is_empty());
}

#[test]
fn everything_kept_back_is_answered_like_everything_absent() {
    let mut scene = Scene::new();
    let mut grant = scene.world.root();
    grant.permissions.push(Permission::Derived(of("resident"), vec![exists("?any", "last_name")]));
    let chain = scene.granted(grant);
    let asked = vec![wanted("resident", &["last_name", "?any"])];
    let absent = scene.released(chain.clone(), asked.clone(), &[]).unwrap();
    scene.standing().restricted = true;
    let kept = scene.released(chain, asked, &[("resident", json!({"last_name": "Virtanen"}))]).unwrap();
    assert_eq!(kept, absent);
    assert_eq!(kept, json!({"resident?any": null}));
}
