//! Every route of the table, without a credential and with a stranger's, against a checked-in list of how each ends.

use std::collections::BTreeMap;

use pod_http::Request;
use pod_protocol::command::Action;
use pod_protocol::ids::{ObjectId, base64url};
use pod_protocol::key_event::KeyChange;
use pod_protocol::request::Binding;
use pod_protocol::revocation::Target;
use pod_server::routes::{Credential, Listener, Route, table};
use serde_json::json;

use crate::people::{Service, Wallet, call, device, item, wanted};
use crate::scene::Scene;
use crate::web::{CBOR, COSE, JSON, Web, ended};

/// `METHOD PATH | without | a stranger's`, each as `status code`; the reason behind `#`.
const EXPECTED: &str = include_str!("every_route_refuses.txt");

fn expected() -> BTreeMap<(String, String), [String; 2]> {
    let lines = EXPECTED.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
    let read = |line: &str| {
        let told = line.split('#').next().unwrap();
        let parts: Vec<String> = told.split('|').map(|part| part.trim().to_owned()).collect();
        let (method, path) = parts[0].split_once(' ').unwrap();
        ((method.to_owned(), path.trim().to_owned()), [parts[1].clone(), parts[2].clone()])
    };
    lines.map(read).collect()
}

/// A path with an id that was never given to anybody.
fn unknown(path: &str) -> String {
    path.replace("{id}", &base64url(&[0xee; 32])).replace("{secret}", &base64url(&[0xee; 32]))
}

fn without(route: &Route) -> Request {
    match route.method {
        "GET" => Request::get(unknown(route.path)),
        _ => Request::post(unknown(route.path), COSE, ""),
    }
}

/// What somebody sends who has keys, but none that anybody here knows.
async fn strangers(scene: &Scene, web: &Web, route: &Route) -> pod_http::Response {
    let mut connection = web.connection().await;
    let binding = Binding::Exporter(connection.exporter().unwrap());
    let stranger = Wallet::new([0xcc; 32], scene.espoo.principal, &*scene.random);
    let path = unknown(route.path);
    let request = match route.credential {
        Credential::Request => {
            let service = Service::new(0x99, scene.espoo.principal);
            let grant = scene.usual_grant().await;
            let items = vec![item(&[&grant], vec![wanted("residence", &["given_names"])])];
            let request = scene.request(&service, items, |request| request.binding = binding);
            Request::post(path, CBOR, call(&request, &[]).to_bytes())
        }
        Credential::Command => {
            let action = Action::Read { record_type: None, skip: 0 };
            let mut command = (*scene.command_of(&stranger, scene.annas_pod, action)).clone();
            command.binding = binding;
            Request::post(path, COSE, pod_protocol::Verified::sign(&stranger.key, command).bytes().to_vec())
        }
        Credential::Revocation => {
            let target = Target::PodBefore(scene.annas_pod, scene.now());
            let revocation = scene.revocation(stranger.principal, &stranger.key, target);
            Request::post(path, COSE, revocation.bytes().to_vec())
        }
        Credential::Notice if route.path.ends_with("receipts") => {
            let receipt = scene.notice_receipt(&Service::new(0x99, scene.espoo.principal), ObjectId::new([0xee; 32]));
            Request::post(path, COSE, receipt.bytes().to_vec())
        }
        Credential::Notice => {
            let notice = scene.notice(&scene.own, |_| {});
            Request::post(path, COSE, pod_protocol::Verified::sign(&stranger.key, notice).bytes().to_vec())
        }
        Credential::KeyEvent => {
            let event = stranger.event(scene.now(), KeyChange::AddDevice(device(&stranger.key)));
            let body = json!({ "principal": scene.anna.principal, "event": base64url(event.bytes()) });
            Request::post(path, JSON, body.to_string())
        }
        Credential::Login if route.method == "POST" => {
            let events: Vec<String> = stranger.events.iter().map(|event| base64url(event.bytes())).collect();
            Request::post(path, JSON, json!({ "events": events }).to_string())
        }
        Credential::Login => Request::get(format!("{path}?code=code&state={}", base64url(&[0xee; 32]))),
        Credential::Link if route.method == "POST" => Request::post(path, "application/octet-stream", vec![0xee; 100]),
        Credential::Link | Credential::None | Credential::Operator => match route.method {
            "GET" => Request::get(path),
            _ => Request::post(path, COSE, ""),
        },
    };
    connection.send(request).await.unwrap()
}

#[tokio::test]
async fn each_route_as_listed() {
    let scene = Scene::new().await;
    let web = Web::of(&scene).await;
    let mut expected = expected();
    for route in table().iter().filter(|route| route.listener == Listener::Main) {
        let said = |answer: &pod_http::Response| {
            let (status, code) = ended(answer);
            assert_eq!(
                answer.headers["access-control-allow-origin"], "*",
                "a wallet in a browser cannot read {route:?}"
            );
            format!("{status} {code}")
        };
        let found = [said(&web.send(without(route)).await), said(&strangers(&scene, &web, route).await)];
        let listed = expected.remove(&(route.method.to_owned(), route.path.to_owned()));
        assert_eq!(Some(&found), listed.as_ref(), "{route:?}");
        let answered = found.iter().any(|one| one.starts_with('2'));
        assert!(!answered || route.credential == Credential::None, "{route:?} answers somebody without its credential");
    }
    assert!(expected.is_empty(), "no such route: {expected:?}");
}

/// A `HEAD` of a page that is shown once would use it up unseen.
#[tokio::test]
async fn enrolment_has_no_route_beside_the_table() {
    let scene = Scene::new().await;
    let web = Web::of(&scene).await;
    for path in ["/v1/enrolments/callback?code=code&state=state", "/v1/enrolments/secret"] {
        let request = Request { method: pod_http::Method::HEAD, ..Request::get(path) };
        assert_eq!(web.send(request).await.status, 404);
    }
}

#[test]
fn what_is_not_for_callers_has_a_listener_of_its_own() {
    let apart: Vec<_> = table()
        .iter()
        .filter(|route| route.listener != Listener::Main)
        .map(|route| (route.path, route.listener))
        .collect();
    assert_eq!(
        apart,
        [("/metrics", Listener::Metrics), ("/admin/import", Listener::Admin), ("/admin/desk", Listener::Admin)]
    );
}

#[test]
fn openapi_lists_exactly_the_table() {
    let document: serde_json::Value = serde_json::from_str(include_str!("../../src/routes/openapi.json")).unwrap();
    let mut listed: Vec<(String, String, String)> = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let credential = operation["x-credential"].as_str().unwrap().to_owned();
            listed.push((path.clone(), method.to_uppercase(), credential));
            assert!(operation["responses"]["default"].is_object(), "{method} {path} says nothing of problems");
            let parameter = path.split(['{', '}']).nth(1);
            let named = operation["parameters"][0]["name"].as_str().filter(|_| parameter.is_some());
            assert_eq!(named, parameter, "{method} {path}");
        }
    }
    let mut here: Vec<(String, String, String)> = table()
        .iter()
        .filter(|route| route.listener == Listener::Main)
        .map(|route| (route.path.to_owned(), route.method.to_owned(), format!("{:?}", route.credential).to_lowercase()))
        .collect();
    listed.sort();
    here.sort();
    assert_eq!(listed, here);
    let codes = document["components"]["schemas"]["Problem"]["properties"]["code"]["enum"].as_array().unwrap();
    let mut codes: Vec<&str> = codes.iter().map(|code| code.as_str().unwrap()).collect();
    let of_routes = pod_server::routes::PROBLEMS.iter().chain(&pod_http::refusals::ALL);
    let mut known: Vec<&str> = of_routes.chain(&pod_server::enrolment::PROBLEMS).map(|one| one.code).collect();
    codes.sort_unstable();
    known.sort_unstable();
    known.dedup();
    assert_eq!(codes, known);
}
