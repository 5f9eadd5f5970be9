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

#[tokio::test]
async fn from_the_question_to_the_sealed_answer() {
    let scene = Scene::new().await;
    let web = Web::of(&scene).await;
    let request = request(&scene, &scene.own);
    let asked = scene.service_command(&scene.own, ask(&request, Some(ANNA))).await.unwrap();
    assert_eq!(asked.result["id"], json!(request.id()));
    let inbox = scene.command(&scene.anna, scene.annas_pod, Action::Inbox).await.unwrap().result;
    assert_eq!(inbox["requests"], json!([base64url(request.bytes())]));
    let nobody_elses = scene.command(&scene.bo, scene.bos_pod, Action::Inbox).await.unwrap().result;
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
    let collected = scene.service_command(&scene.own, Action::Collect(request.id())).await.unwrap().result;
    assert_eq!(collected["decisions"], json!([base64url(&sealed)]));
}

#[tokio::test]
async fn services_of_other_organisations_have_their_own_node() {
    let scene = Scene::new().await;
    let asked = request(&scene, &scene.early);
    assert_eq!(code(&scene.service_command(&scene.early, ask(&asked, None)).await), "key-unknown");
    let own = request(&scene, &scene.own);
    scene.service_command(&scene.own, ask(&own, None)).await.unwrap();
    assert_eq!(code(&scene.service_command(&scene.early, Action::Collect(own.id())).await), "key-unknown");
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
    let refused = leave(256).await;
    assert_eq!(ended(&refused), (429, "limit".to_owned()));
    assert_eq!(refused.headers[pod_http::header::RETRY_AFTER], "60");
}
