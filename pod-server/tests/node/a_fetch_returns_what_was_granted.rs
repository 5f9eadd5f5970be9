//! Exactly the granted fields of exactly that pod, with a receipt that names them and a digest that fits.

use pod_protocol::Signed;
use pod_protocol::answer::{Receipt, check_against_receipt};
use pod_protocol::grant::Permission;
use pod_protocol::predicate::{Predicate, Question};
use serde_json::json;

use crate::people::{code, data, item, outcomes, raw, wanted};
use crate::scene::Scene;

#[tokio::test]
async fn exactly_the_granted_fields() {
    let scene = Scene::over(super::WAY).await;
    let grant = scene.usual_grant().await;
    let names =
        vec![wanted("residence", &["given_names", "address.street"]), wanted("child-health", &["allergies.substance"])];
    let request = scene.request(&scene.early, vec![item(&[&grant], names)], |_| {});
    let answer = scene.send(&request, &[]).await.unwrap();
    assert_eq!(
        data(&answer, 0),
        json!({
            "residence": [{ "given_names": "Eetu", "address": { "street": "Kaivokatu 1" } }],
            "child-health": [{ "allergies": [{ "substance": "birch" }, { "substance": "nuts" }] }],
        })
    );
    let receipt = Signed::<Receipt>::decode(&answer.receipt).unwrap();
    let receipt = receipt.verify(&scene.helsinki.key().public_key()).unwrap();
    check_against_receipt(&answer.items, &receipt).unwrap();
    assert_eq!((receipt.request, receipt.audience), (request.id(), scene.early.principal));
    assert_eq!(receipt.items[0].leaf, grant.id());
}

#[tokio::test]
async fn one_name_too_many_gets_nothing() {
    let scene = Scene::over(super::WAY).await;
    let grant = scene.usual_grant().await;
    for names in [
        vec![wanted("residence", &["given_names", "family_name"])],
        vec![wanted("residence", &["birth_date"])],
        vec![wanted("child-health", &["allergies"])],
        vec![wanted("library-card", &["number"])],
        vec![wanted("residence", &["no_such_field"])],
        vec![wanted("no-such-type", &["given_names"])],
    ] {
        assert_eq!(scene.outcome(&[&grant], names).await, "denied");
    }
}

#[tokio::test]
async fn what_the_service_is_not_registered_for_is_denied_even_when_granted() {
    let scene = Scene::over(super::WAY).await;
    let grant = scene.granted(vec![raw("residence", &["birth_date", "given_names"])]).await;
    assert_eq!(scene.outcome(&[&grant], vec![wanted("residence", &["birth_date"])]).await, "denied");
    assert_eq!(scene.outcome(&[&grant], vec![wanted("residence", &["given_names"])]).await, "released");
}

#[tokio::test]
async fn a_school_learns_a_yes_and_nothing_else() {
    let scene = Scene::over(super::WAY).await;
    let question = Question::AgeAtLeast { years: 7, day: "2026-08-01".to_owned() };
    let seven = Predicate { id: "?seven".parse().unwrap(), field: "birth_date".parse().unwrap(), question };
    let grant = scene.granted(vec![Permission::Derived("residence".parse().unwrap(), vec![seven])]).await;
    let answer =
        scene.fetch(&scene.early, vec![item(&[&grant], vec![wanted("residence", &["?seven"])])]).await.unwrap();
    assert_eq!(data(&answer, 0), json!({ "residence?seven": true }));
    assert_eq!(scene.outcome(&[&grant], vec![wanted("residence", &["birth_date"])]).await, "denied");
}

#[tokio::test]
async fn partial_results_are_results() {
    let scene = Scene::over(super::WAY).await;
    let (eetus, annas) = (
        scene.usual_grant().await,
        scene.grant(&scene.anna, scene.annas_pod, &scene.early, vec![raw("residence", &["given_names"])]),
    );
    let annas = pod_protocol::Verified::sign(&scene.anna.key, annas);
    let deposit = pod_protocol::command::Action::Deposit(annas.bytes().to_vec());
    scene.command(&scene.anna, scene.annas_pod, deposit).await.unwrap();
    let names = || vec![wanted("residence", &["given_names"])];
    let items = vec![
        item(&[&eetus], names()),
        item(&[&eetus], vec![wanted("residence", &["contact"])]),
        item(&[&annas], names()),
    ];
    let answer = scene.fetch(&scene.early, items).await.unwrap();
    assert_eq!(outcomes(&answer), ["released", "denied", "released"]);
    assert_eq!(data(&answer, 2), json!({ "residence": [{ "given_names": "Anna" }] }));
}

#[tokio::test]
async fn another_service_of_the_same_city_gets_nothing_by_it() {
    let scene = Scene::over(super::WAY).await;
    let grant = scene.usual_grant().await;
    let answer = scene.fetch(&scene.school, vec![item(&[&grant], vec![wanted("residence", &["given_names"])])]).await;
    assert_eq!(outcomes(&answer.unwrap()), ["denied"]);
}

#[tokio::test]
async fn another_purpose_gets_nothing() {
    let scene = Scene::over(super::WAY).await;
    let grant = scene.usual_grant().await;
    let items = vec![item(&[&grant], vec![wanted("residence", &["given_names"])])];
    let request = scene.request(&scene.early, items, |request| {
        request.purpose = "dpv:ResearchAndDevelopment".parse().unwrap();
    });
    let answer = scene.send(&request, &[]).await;
    assert_eq!(code(&answer), "ok");
    assert_eq!(outcomes(&answer.unwrap()), ["denied"]);
}
