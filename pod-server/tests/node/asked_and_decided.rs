//! A service of the city publishes what it asks for; wallets fetch it and leave sealed decisions; only the service gets these.

use pod_http::Request;
use pod_protocol::access_request::{AccessRequest, Ask};
use pod_protocol::command::Action;
use pod_protocol::ids::{Thumbprint, base64url};
use pod_protocol::{Signed, Verified};
use serde_json::json;

use crate::people::{Service, code};
use crate::scene::{ANNA, DAY, PURPOSE, Scene, words};
use crate::web::{Web, ended};

fn request(scene: &Scene, by: &Service) -> Verified<AccessRequest> {
    let ask = Ask {
        record_type: "child-health".parse().unwrap(),
        required: vec!["allergies".parse().unwrap()],
        optional: Vec::new(),
        required_predicates: Vec::new(),
        optional_predicates: Vec::new(),
    };
    let request = AccessRequest {
        service: by.principal,
        organisation: by.organisation,
        expires: scene.now() + 30 * DAY,
        issued: scene.now(),
        cti: scene.cti(),
        confirmation: Thumbprint::of(&by.key.public_key()),
        items: vec![ask],
        purpose: PURPOSE.parse().unwrap(),
        retention_secs: 30 * DAY,
        validity_secs: 90 * DAY,
        reason: words("day care"),
        holders: None,
        depth: 0,
        delegatees: Vec::new(),
    };
    Verified::sign(&by.key, request)
}

fn ask(request: &Verified<AccessRequest>, identity_code: Option<&str>) -> Action {
    Action::Ask { request: request.bytes().to_vec(), identity_code: identity_code.map(str::to_owned) }
}

fn collect(request: &Verified<AccessRequest>) -> Action {
    Action::Collect { request: request.id(), skip: 0 }
}

/// A request of some 40 KiB.
fn wordy(scene: &Scene) -> Verified<AccessRequest> {
    let fields = |of: usize| (0..64).map(move |number| format!("field-{of}-number-{number}-of-many").parse().unwrap());
    let mut wordy = (*request(scene, &scene.own)).clone();
    wordy.items = (0..20)
        .map(|number| Ask {
            record_type: format!("type-{number}").parse().unwrap(),
            required: fields(number).collect(),
            ..wordy.items[0].clone()
        })
        .collect();
    Verified::sign(&scene.own.key, wordy)
}

/// All pages of a list, and how many there were.
async fn pages(list: &str, page: impl AsyncFn(u64) -> serde_json::Value) -> (Vec<serde_json::Value>, usize) {
    let (mut all, mut count, mut next) = (Vec::new(), 0, Some(0));
    while let Some(skip) = next {
        let page = page(skip).await;
        all.extend(page[list].as_array().unwrap().clone());
        (count, next) = (count + 1, page["next_skip"].as_u64());
    }
    (all, count)
}

#[tokio::test]
async fn from_the_question_to_the_sealed_answer() {
    let scene = Scene::new().await;
    let web = Web::of(&scene).await;
    let request = request(&scene, &scene.own);
    let asked = scene.service_command(&scene.own, ask(&request, Some(ANNA))).await.unwrap();
    assert_eq!(asked.result["id"], json!(request.id()));
    let inbox = scene.command(&scene.anna, scene.annas_pod, Action::Inbox { skip: 0 }).await.unwrap().result;
    assert_eq!(inbox["requests"], json!([base64url(request.bytes())]));
    let nobody_elses = scene.command(&scene.bo, scene.bos_pod, Action::Inbox { skip: 0 }).await.unwrap().result;
    assert_eq!(nobody_elses["requests"], json!([]));

    let path = format!("/v1/access-requests/{}", request.id());
    let fetched = Signed::<AccessRequest>::decode(&web.get(&path).await.body).unwrap();
    assert_eq!(*fetched.verify(&scene.own.key.public_key()).unwrap(), *request);
    let decide = async |bytes: Vec<u8>| {
        web.send(Request::post(format!("{path}/decisions"), "application/octet-stream", bytes)).await
    };
    let sealed = vec![0x5e; 500];
    assert_eq!(decide(sealed.clone()).await.status, 204);
    assert_eq!(decide(sealed.clone()).await.status, 204, "leaving it again changes nothing");
    assert_eq!(ended(&decide(vec![0; 20_000]).await), (413, "body-too-large".to_owned()));
    let collected = scene.service_command(&scene.own, collect(&request)).await.unwrap().result;
    assert_eq!(collected["decisions"], json!([base64url(&sealed)]));
}

#[tokio::test]
async fn services_of_other_organisations_have_their_own_node() {
    let scene = Scene::new().await;
    let asked = request(&scene, &scene.early);
    assert_eq!(code(&scene.service_command(&scene.early, ask(&asked, None)).await), "key-unknown");
    let own = request(&scene, &scene.own);
    scene.service_command(&scene.own, ask(&own, None)).await.unwrap();
    assert_eq!(code(&scene.service_command(&scene.early, collect(&own)).await), "key-unknown");
    // Nor does one service publish in another's name.
    assert_eq!(code(&scene.service_command(&scene.own, ask(&asked, None)).await), "not-authorised");
}

#[tokio::test]
async fn decisions_are_bounded() {
    let scene = Scene::new().await;
    let web = Web::of(&scene).await;
    let request = request(&scene, &scene.own);
    scene.service_command(&scene.own, ask(&request, None)).await.unwrap();
    let path = format!("/v1/access-requests/{}/decisions", request.id());
    let leave = async |number: u16| {
        let sealed = number.to_be_bytes().to_vec();
        web.send(Request::post(path.clone(), "application/octet-stream", sealed)).await
    };
    for number in 0..256 {
        assert_eq!(leave(number).await.status, 204);
    }
    assert_eq!(leave(7).await.status, 204, "leaving it again changes nothing");
    let refused = leave(256).await;
    assert_eq!(ended(&refused), (429, "limit".to_owned()));
    assert_eq!(refused.headers[pod_http::header::RETRY_AFTER], "60");
}

#[tokio::test]
async fn more_than_fits_an_answer_comes_in_pages() {
    let scene = Scene::new().await;
    let web = Web::of(&scene).await;
    let mut requests = std::collections::BTreeSet::new();
    for _ in 0..32 {
        let wordy = wordy(&scene);
        scene.service_command(&scene.own, ask(&wordy, Some(ANNA))).await.unwrap();
        requests.insert(base64url(wordy.bytes()));
    }
    let inbox = async |skip| scene.command(&scene.anna, scene.annas_pod, Action::Inbox { skip }).await.unwrap().result;
    let (waiting, count) = pages("requests", inbox).await;
    assert_eq!((waiting.len(), count), (32, 3));
    assert!(waiting.iter().all(|one| requests.contains(one.as_str().unwrap())));

    let request = request(&scene, &scene.own);
    scene.service_command(&scene.own, ask(&request, None)).await.unwrap();
    let path = format!("/v1/access-requests/{}/decisions", request.id());
    for number in 0..80 {
        let sealed = Request::post(path.clone(), "application/octet-stream", vec![number; 16 * 1024]);
        assert_eq!(web.send(sealed).await.status, 204);
    }
    let collect = async |skip| {
        let collect = Action::Collect { request: request.id(), skip };
        scene.service_command(&scene.own, collect).await.unwrap().result
    };
    let (decisions, count) = pages("decisions", collect).await;
    assert_eq!((decisions.len(), count), (80, 4));
}

#[tokio::test]
async fn what_ended_makes_room() {
    let scene = Scene::new().await;
    let web = Web::of(&scene).await;
    let mut first = None;
    for _ in 0..256 {
        let request = request(&scene, &scene.own);
        scene.service_command(&scene.own, ask(&request, Some(ANNA))).await.unwrap();
        first.get_or_insert(request);
    }
    let first = first.unwrap();
    let more = async || code(&scene.service_command(&scene.own, ask(&request(&scene, &scene.own), Some(ANNA))).await);
    let decide = async || {
        let path = format!("/v1/access-requests/{}/decisions", first.id());
        web.send(Request::post(path, "application/octet-stream", vec![1])).await.status.as_u16()
    };
    let waiting = async || {
        let inbox = scene.command(&scene.anna, scene.annas_pod, Action::Inbox { skip: 0 }).await.unwrap().result;
        inbox["requests"].as_array().unwrap().len()
    };
    assert_eq!((more().await, waiting().await, decide().await), ("too-large", 256, 204));
    assert_eq!(code(&scene.service_command(&scene.own, ask(&first, Some(ANNA))).await), "ok", "it is there already");

    scene.pass(30 * DAY);
    assert_eq!((waiting().await, decide().await), (0, 404));
    assert_eq!((more().await, waiting().await), ("ok", 1));
    // Whoever collects late finds the decisions, for a month.
    assert_eq!(code(&scene.service_command(&scene.own, collect(&first)).await), "ok");
    scene.pass(31 * DAY + 1);
    for _ in 0..128 {
        assert_eq!(more().await, "ok");
    }
    assert_eq!(code(&scene.service_command(&scene.own, collect(&first)).await), "unknown-grant");
}
