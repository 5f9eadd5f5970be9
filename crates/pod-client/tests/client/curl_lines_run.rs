//! The same call as a line for a terminal.

use axum::routing::post;
use axum::{Json, Router};
use pod_client::curl::{call_line, line_for};
use pod_client::node::NodeClient;
use pod_client::service::sign_call;
use pod_protocol::ids::{base64url, from_base64url};
use pod_protocol::request::{Binding, Call};

use crate::world::{World, allergies, item, service, signed, url};

/// What stands between the quotes after an option.
fn argument<'a>(line: &'a str, option: &str) -> &'a str {
    line.split_once(&format!("{option} '")).unwrap().1.split_once('\'').unwrap().0
}

#[tokio::test]
async fn bound_to_the_origin_with_a_nonce() {
    let world = World::new();
    let nonce = base64url(&[6; 16]);
    let answer = move || async move { Json(serde_json::json!({ "nonce": nonce, "expires_in_secs": 60 })) };
    let handle = world.serve(Router::new().route("/v1/nonce", post(answer))).await;
    let node = NodeClient::new(&world.caller, &url(&handle), "helsinki").unwrap();
    let item = item(1, 7);
    assert_eq!(item.wanted, allergies());
    let purpose = "dpv:ServiceProvision".parse().unwrap();
    let service = service();
    let make = |bound: &pod_client::Bound| sign_call(&world.caller, &service, &[&item], &purpose, true, bound).0;
    let line = line_for(&node, Some("/tmp/o'r.pem"), make).await.unwrap();
    assert!(line.starts_with("curl --silent --show-error --fail-with-body --cacert '/tmp/o'\\''r.pem' --header"));
    assert!(line.ends_with(&format!("'{}/v1/call'", url(&handle))), "{line}");
    let body: serde_json::Value = serde_json::from_str(argument(&line, "--data")).unwrap();
    let call = Call::from_bytes(&from_base64url(body["call"].as_str().unwrap()).unwrap()).unwrap();
    assert_eq!(call.grants.len(), 1);
    let request = signed(&call);
    assert_eq!(request.unverified().binding, Binding::Origin(url(&handle)));
    assert_eq!(request.unverified().nonce, Some(pod_protocol::ids::Cti::new([6; 16])));
}

#[test]
fn nothing_in_it_means_anything_to_a_shell() {
    let call = Call { request: vec![1, 2, 3], grants: Default::default() };
    let line = call_line("https://node.example/$(x)", &call, None);
    assert!(line.ends_with(" 'https://node.example/$(x)'"), "{line}");
    assert!(!line.contains("cacert"));
}
