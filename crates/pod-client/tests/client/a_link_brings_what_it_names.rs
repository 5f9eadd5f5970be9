//! A link names one access request by its digest: whatever else comes back is not shown, and so never agreed to.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use pod_client::CallError;
use pod_client::node::NodeClient;
use pod_protocol::access_request::AccessRequest;
use pod_protocol::cose::Verified;

use crate::world::{DAY, World, access_request, key, url};

/// Asks for `named` at a node that answers with `given` whatever it is asked.
async fn fetched(named: &Verified<AccessRequest>, given: &[u8]) -> Result<Vec<u8>, CallError> {
    let world = World::new();
    let answer = |State(given): State<Vec<u8>>| async { given };
    let router = Router::new().route("/v1/access-requests/{id}", get(answer)).with_state(given.to_vec());
    let handle = world.serve(router).await;
    NodeClient::new(&world.caller, &url(&handle), "espoo").unwrap().access_request(&named.id()).await
}

#[tokio::test]
async fn the_one_that_it_names() {
    let named = Verified::sign(&key(90), access_request());
    assert_eq!(fetched(&named, named.bytes()).await.unwrap(), named.bytes());
}

#[tokio::test]
async fn another_of_the_same_service_is_not_believed() {
    let named = Verified::sign(&key(90), access_request());
    let longer = Verified::sign(&key(90), AccessRequest { retention_secs: 9 * DAY, ..access_request() });
    for given in [longer.bytes(), b"nothing of the kind"] {
        let error = fetched(&named, given).await.unwrap_err();
        assert!(matches!(error, CallError::Unbelievable { .. }), "{error:?}");
    }
    let error = fetched(&named, longer.bytes()).await.unwrap_err();
    assert!(error.to_string().ends_with("it is about another access request"), "{error}");
}
