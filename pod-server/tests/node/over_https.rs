//! The same stories on a real connection: TLS 1.3, requests bound to it, problems with stable codes.

use pod_http::{HeaderValue, Request, header};
use pod_protocol::Signed;
use pod_protocol::answer::{Answer, Receipt, data_digest};
use pod_protocol::command::Action;
use pod_protocol::ids::{Cti, base64url, from_base64url};
use pod_protocol::merkle::verify_consistency;
use pod_protocol::request::Binding;
use pod_protocol::revocation::Target;
use pod_protocol::tree_head::TreeHead;
use pod_protocol::value::Value;
use serde_json::{Value as Json, json};

use crate::people::{call, data, item, outcomes, raw, wanted};
use crate::scene::{ORIGIN, Scene};
use crate::web::{CBOR, COSE, JSON, Web, accepting, ended};

fn body(answer: &pod_http::Response) -> Json {
    serde_json::from_slice(&answer.body).unwrap()
}

#[tokio::test]
async fn a_request_counts_on_the_connection_that_it_was_signed_for() {
    let scene = Scene::new().await;
    let grant = scene.usual_grant().await;
    let web = Web::of(&scene).await;
    let items = vec![item(&[&grant], vec![wanted("residence", &["given_names"])])];
    let answer = web.ask(&scene, items.clone(), &[]).await;
    assert_eq!((answer.status.as_u16(), &answer.headers[header::CONTENT_TYPE]), (200, &HeaderValue::from_static(CBOR)));
    let answer = Answer::from_bytes(&answer.body).unwrap();
    assert_eq!(data(&answer, 0), json!({ "residence": [{ "given_names": "Eetu" }] }));
    // Forwarded on another connection by somebody who got hold of it.
    let mut connection = web.connection().await;
    let binding = Binding::Exporter(connection.exporter().unwrap());
    let request = scene.request(&scene.early, items, |request| request.binding = binding);
    let message = Request::post("/v1/call", CBOR, call(&request, &[]).to_bytes());
    let forwarded = web.connection().await.send(message.clone()).await.unwrap();
    assert_eq!(ended(&forwarded), (401, "use-nonce".to_owned()));
    assert_eq!(forwarded.headers[header::WWW_AUTHENTICATE], "Aitta");
    assert_eq!(connection.send(message.clone()).await.unwrap().status, 200);
    assert_eq!(ended(&connection.send(message).await.unwrap()), (409, "replay".to_owned()));
}

#[tokio::test]
async fn a_nonce_where_the_connection_cannot_be_signed_for() {
    let scene = Scene::new().await;
    let grant = scene.usual_grant().await;
    let web = Web::of(&scene).await;
    let ask = async |nonce: Option<Cti>| {
        let items = vec![item(&[&grant], vec![wanted("residence", &["given_names"])])];
        let request = scene.request(&scene.early, items, |request| {
            request.binding = Binding::Origin(ORIGIN.to_owned());
            request.nonce = nonce;
        });
        web.send(Request::post("/v1/call", CBOR, call(&request, &[]).to_bytes())).await
    };
    let refused = ask(None).await;
    assert_eq!(ended(&refused), (401, "use-nonce".to_owned()));
    let handed = |text: &str| Cti::new(from_base64url(text).unwrap().try_into().unwrap());
    let fresh = handed(refused.headers[pod_server::routes::NONCE_HEADER].to_str().unwrap());
    assert_eq!(ask(Some(fresh)).await.status, 200);
    assert_eq!(ended(&ask(Some(fresh)).await), (401, "use-nonce".to_owned()), "used up");
    let answer = body(&web.send(Request::post("/v1/nonce", JSON, "")).await);
    assert_eq!(answer["expires_in_secs"], 120);
    assert_eq!(ask(Some(handed(answer["nonce"].as_str().unwrap()))).await.status, 200);
}

#[tokio::test]
async fn json_says_the_same_as_cbor() {
    let scene = Scene::new().await;
    let grant = scene.usual_grant().await;
    let web = Web::of(&scene).await;
    let items = || {
        vec![
            item(
                &[&grant],
                vec![
                    wanted("residence", &["given_names", "address"]),
                    wanted("child-health", &["allergies.substance"]),
                ],
            ),
            item(&[&grant], vec![wanted("residence", &["contact"])]),
        ]
    };
    let cbor = Answer::from_bytes(&web.ask(&scene, items(), &[]).await.body).unwrap();
    let mut connection = web.connection().await;
    let binding = Binding::Exporter(connection.exporter().unwrap());
    let request = scene.request(&scene.early, items(), |request| request.binding = binding);
    let sent = json!({ "call": base64url(&call(&request, &[]).to_bytes()) }).to_string();
    let answer = connection.send(accepting(Request::post("/v1/call", JSON, sent), "*/*")).await.unwrap();
    assert_eq!(answer.headers[header::CONTENT_TYPE], JSON);
    let answer = body(&answer);
    assert_eq!(answer["items"][0]["data"], data(&cbor, 0));
    let ended: Vec<_> = answer["items"].as_array().unwrap().iter().map(|item| item["outcome"].clone()).collect();
    assert_eq!(ended, outcomes(&cbor));
    assert!(answer["items"][1]["advice"].as_str().unwrap().contains("grant"));
    // The receipt's digest is that of the JSON data in their CBOR form.
    let receipt = Signed::<Receipt>::decode(&from_base64url(answer["receipt"].as_str().unwrap()).unwrap()).unwrap();
    let receipt = receipt.verify(&scene.helsinki.key().public_key()).unwrap();
    let salt = from_base64url(answer["items"][0]["salt"].as_str().unwrap()).unwrap().try_into().unwrap();
    let encoded = Value::from_json(&answer["items"][0]["data"]).unwrap().to_cbor();
    assert_eq!(receipt.items[0].digest, Some(data_digest(&salt, &encoded)));
    // CBOR in, JSON out.
    let binding = Binding::Exporter(connection.exporter().unwrap());
    let request = scene.request(&scene.early, items(), |request| request.binding = binding);
    let request = accepting(Request::post("/v1/call", COSE, call(&request, &[]).to_bytes()), JSON);
    assert_eq!(body(&connection.send(request).await.unwrap())["items"][0]["data"], data(&cbor, 0));
}

#[tokio::test]
async fn each_problem_has_its_status_its_code_and_its_advice() {
    let scene = Scene::new().await;
    let web = Web::of(&scene).await;
    let post = async |media_type, body: Vec<u8>| web.send(Request::post("/v1/call", media_type, body)).await;
    for (answer, status, code) in [
        (post(CBOR, vec![0xa0]).await, 400, "malformed"),
        (post(JSON, b"{}".to_vec()).await, 400, "malformed"),
        (post(JSON, br#"{"call":"!"}"#.to_vec()).await, 400, "malformed"),
        (post("text/plain", b"call".to_vec()).await, 415, "media-type"),
        (post(CBOR, vec![0x40; 70_000]).await, 413, "too-large"),
        (post(CBOR, vec![0x40; 200_000]).await, 413, "body-too-large"),
        (web.send(accepting(Request::post("/v1/call", CBOR, ""), "text/html")).await, 406, "not-acceptable"),
        (web.get("/v1/nothing").await, 404, "not-found"),
        (web.get("/v1/call").await, 405, "method-not-allowed"),
        (web.get("/v1/consistency?from=5").await, 400, "malformed"),
    ] {
        assert_eq!(ended(&answer), (status, code.to_owned()));
        assert!(answer.problem().unwrap().trace_id.is_some_and(|id| id.len() == 32), "{code}");
    }
    let finnish = Request::get("/v1/nothing").with_header(header::ACCEPT_LANGUAGE, HeaderValue::from_static("fi"));
    assert_eq!(web.send(finnish).await.problem().unwrap().title, "Täällä ei ole mitään");
}

#[tokio::test]
async fn wallets_command_and_revoke() {
    let scene = Scene::new().await;
    let grant = scene.usual_grant().await;
    let web = Web::of(&scene).await;
    let mut connection = web.connection().await;
    let mut command =
        (*scene.command_of(&scene.anna, scene.annas_pod, Action::Read { record_type: None, skip: 0 })).clone();
    command.binding = Binding::Exporter(connection.exporter().unwrap());
    let command = pod_protocol::Verified::sign(&scene.anna.key, command);
    let answer = connection.send(Request::post("/v1/command", COSE, command.bytes().to_vec())).await.unwrap();
    let done = scene.done(&answer.body);
    assert_eq!((done.acknowledgement.of, done.result["records"].as_array().unwrap().len()), (command.id(), 2));
    let revocation = scene.revocation(scene.anna.principal, &scene.anna.key, Target::Grant(grant.id()));
    let answer = web.send(Request::post("/v1/revocations", COSE, revocation.bytes().to_vec())).await;
    assert_eq!(scene.done(&answer.body).acknowledgement.of, revocation.id());
    assert_eq!(scene.outcome(&[&grant], vec![wanted("residence", &["given_names"])]).await, "denied");
}

#[tokio::test]
async fn everybody_may_read_who_the_node_is_and_that_its_log_only_grows() {
    let scene = Scene::new().await;
    let web = Web::of(&scene).await;
    let known = body(&web.get("/.well-known/aitta").await);
    assert_eq!((&known["principal"], &known["name"]), (&json!(scene.helsinki.principal), &json!("helsinki")));
    assert_eq!(known["keys"][0]["x"], base64url(&scene.helsinki.key().public_key().to_bytes()));
    assert_eq!((&known["revocation_bound_secs"], &known["oidc_issuer"]), (&json!(300), &json!("http://127.0.0.1:1")));

    let catalogue = web.get("/v1/catalogue").await;
    assert_eq!(known["catalogue_digest"], base64url(&pod_crypto::sha256(&[&catalogue.body])));
    let tag = catalogue.headers[header::ETAG].clone();
    let again = web.send(Request::get("/v1/catalogue").with_header(header::IF_NONE_MATCH, tag)).await;
    assert_eq!((again.status.as_u16(), again.body.len()), (304, 0));

    let head = async || {
        let head = Signed::<TreeHead>::decode(&web.get("/v1/tree-head").await.body).unwrap();
        *head.verify(&scene.helsinki.key().public_key()).unwrap()
    };
    scene.usual_grant().await;
    let before = head().await;
    for _ in 0..3 {
        scene.command(&scene.anna, scene.annas_pod, Action::Inbox { skip: 0 }).await.unwrap();
    }
    let after = head().await;
    let answer = body(&web.get(&format!("/v1/consistency?from={}&to={}", before.size, after.size)).await);
    let hash = |text: &Json| from_base64url(text.as_str().unwrap()).unwrap().try_into().unwrap();
    let proof: Vec<[u8; 32]> = answer["proof"].as_array().unwrap().iter().map(hash).collect();
    verify_consistency(before.size, after.size, &before.root, &after.root, &proof).unwrap();
}

#[tokio::test]
async fn a_caller_that_is_no_longer_served_learns_nothing_new_from_a_denied_item() {
    let scene = Scene::new().await;
    let web = Web::of(&scene).await;
    let grant = scene.granted(vec![raw("residence", &["given_names"])]).await;
    let items = vec![item(&[&grant], vec![wanted("residence", &["contact"])])];
    let answer = web.ask(&scene, items, &[]).await;
    assert_eq!((answer.status.as_u16(), outcomes(&Answer::from_bytes(&answer.body).unwrap())), (200, vec!["denied"]));
}
