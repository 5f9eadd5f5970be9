//! Every route of both tables, without a credential and with garbage: it refuses, or stands in the list of exceptions.

use pod_directory::{Route, blinder, directory};
use pod_http::{Method, Request};

use crate::federation::*;
use crate::world::*;

/// Routes that answer anybody, and why.
const EXCEPTIONS: &[(&str, &str)] = &[
    ("/v1/registry", "members, keys and endpoints are public, and every statement is signed"),
    ("/v1/buckets", "a number of entries"),
    ("/v1/buckets/{bits}/{number}", "whole buckets of sealed entries: who may open one finds it, nobody else can"),
    ("/v1/log/checkpoint", "the log is there to be checked by everybody"),
    ("/v1/log/head", "a checkpoint and a state"),
    ("/v1/log/tile/{*tile}", "statements, sealed bytes and hashes: who may open something finds it, nobody else can"),
    ("/v1/blinder", "the public key and where to log in"),
    ("/healthz", "that the process runs"),
    ("/readiness", "why calls cannot be answered; nothing of who called"),
];

/// What stands for a credential: nothing, noise, and a true object of the wrong kind.
fn garbage() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("application/cose", Vec::new()),
        ("application/cbor", Vec::new()),
        ("application/json", Vec::new()),
        ("application/cose", b"\xff\xfe\xfd".to_vec()),
        ("application/cbor", b"\x81\x43\x01\x02\x03".to_vec()),
        ("application/json", b"{\"id_token\":\"a.b.c\",\"input\":\"\",\"holders\":[]}".to_vec()),
        ("application/json", b"[[[[[[".to_vec()),
        ("text/plain", b"hello".to_vec()),
        ("application/x-www-form-urlencoded", b"a=b".to_vec()),
        ("application/cose", signed(STRANGER, region())),
        ("application/cose", signed(STRANGER, entry(STRANGER, [1; 16]))),
        ("application/cbor", array(&[signed(STRANGER, entry(STRANGER, [1; 16]))])),
    ]
}

async fn hit(world: &World, server: &Serving, routes: Vec<Route>) {
    for route in routes {
        let path = route.path.replace("{bits}", "0").replace("{number}", "0").replace("{*tile}", "entries/000.p/1");
        let open = EXCEPTIONS.iter().any(|(exception, _)| *exception == route.path);
        if open {
            assert_eq!(route.method, Method::GET, "an open route changes nothing");
            world.get(server, &path).await.is(200);
            let other = Request { method: Method::POST, ..Request::get(path) };
            world.send(&server.origin, other).await.refused(405, "method");
            continue;
        }
        for (media, body) in garbage() {
            let request = Request { method: route.method.clone(), ..Request::post(path.clone(), media, body) };
            let reply = world.send(&server.origin, request).await;
            let problem = reply.0.problem().unwrap_or_else(|| panic!("{path} answers {:?} to {media}", reply.0));
            assert!(matches!(reply.0.status.as_u16(), 400 | 401 | 403 | 413 | 415), "{path}: {problem}");
        }
        let bare = Request { method: route.method.clone(), ..Request::get(path.clone()) };
        world.send(&server.origin, bare).await.refused(415, "media-type");
        world.get(server, &path).await.refused(405, "method");
    }
    let nothing = world.get(server, "/v1/nothing").await;
    assert_eq!(nothing.0.headers["access-control-allow-origin"], "*", "a wallet in a browser cannot read it");
    nothing.refused(404, "not-found");
}

#[tokio::test]
async fn of_the_directory_and_of_the_blinder() {
    let (world, directory_server, blinder_server, _provider) = whole().await;
    let all: Vec<Route> = directory::routes().into_iter().chain(blinder::routes()).collect();
    for (exception, _) in EXCEPTIONS {
        assert!(all.iter().any(|route| route.path == *exception), "{exception} is no route any more");
    }
    hit(&world, &directory_server, directory::routes()).await;
    hit(&world, &blinder_server, blinder::routes()).await;
    // Nothing of all that was taken in.
    assert_eq!(world.registry(&directory_server).await.organisations().count(), 4);
    assert_eq!(world.get(&directory_server, "/v1/buckets").await.json()["entries"], 0);
}
