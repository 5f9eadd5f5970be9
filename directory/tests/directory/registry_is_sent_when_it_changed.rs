//! Nodes ask twice a minute: the snapshot goes over the wire only when it is another one.

use pod_http::{HeaderValue, Request, Response, header};

use crate::federation::*;
use crate::world::*;

async fn ask(world: &World, directory: &Serving, known: &str) -> Response {
    let request =
        Request::get("/v1/registry").with_header(header::IF_NONE_MATCH, HeaderValue::from_str(known).unwrap());
    world.send(&directory.origin, request).await.0
}

#[tokio::test]
async fn an_unchanged_registry_is_not_sent_again() {
    let world = World::new();
    let directory = world.directory().await;
    let first = world.get(&directory, "/v1/registry").await.is(200);
    let tag = first.headers[header::ETAG].to_str().unwrap().to_owned();
    assert_eq!(first.headers[header::CONTENT_TYPE], "application/cbor");
    assert_eq!(first.headers[header::CACHE_CONTROL], "no-cache");

    for known in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_owned()] {
        let again = ask(&world, &directory, &known).await;
        assert_eq!(again.status.as_u16(), 304, "{known}");
        assert!(again.body.is_empty());
        assert_eq!(again.headers[header::ETAG], tag);
    }
    assert_eq!(ask(&world, &directory, "\"other\"").await.body, first.body);

    let newer = pod_protocol::statement::Profile { issued: NOW, ..profile(HELSINKI) };
    world.post(&directory, "/v1/statements", "application/cose", signed(HELSINKI, newer)).await.is(204);
    let changed = ask(&world, &directory, &tag).await;
    assert_eq!(changed.status.as_u16(), 200);
    assert_ne!(changed.headers[header::ETAG], tag);
}
