//! A serving node takes an import through a unix socket that only its own account can open.

use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;

use pod_http::{Client, Origin, Request, Server, ServerConfig, Service, refuse_key_log};
use pod_server::import::{Importer, admin};
use serde_json::{Value, json};

use crate::city::{City, file};
use crate::neighbours::client;

async fn lines(client: &Client, socket: &Origin, body: &Value) -> Vec<Value> {
    let request = Request::post("/admin/import", "application/json", body.to_string());
    let answer = client.send(socket, request).await.unwrap().success().unwrap();
    let text = String::from_utf8(answer.body.to_vec()).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn progress_line_by_line_and_then_the_report() {
    let folder = tempfile::tempdir().unwrap();
    let city = City::open("turku", folder.path());
    let router = admin::router(Arc::new(Importer::new(Arc::clone(&city.node), None)));
    let listen = vec![admin::address(folder.path()).unwrap()];
    let config = ServerConfig { listen, certificate: None, limits: pod_http::Limits::default() };
    let server = Server::bind(config, refuse_key_log(|_| None).unwrap()).await.unwrap();
    let server = server.serve(Service::new(router, || [7; 16]));
    let path = folder.path().join(admin::SOCKET_FILE);
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let (client, socket) = (client(), Origin::unix(&path));

    let asked = json!({ "folder": file("turku"), "batch_rows": 100 });
    let answered = lines(&client, &socket, &asked).await;
    let (report, progress) = answered.split_last().unwrap();
    assert!(progress.iter().all(|line| line["progress"]["file"].as_str().unwrap().starts_with("turku/")));
    assert!(!progress.is_empty());
    let created = report["report"]["total"]["created"].as_u64().unwrap();
    assert_eq!(created, city.count("vault:records"));
    assert_eq!(report["report"]["findable"]["without_tag"], city.count("vault:pods"));

    for (wrong, code, says) in [
        (json!({}), "bad-request", "name either a `folder` or some `files`"),
        (json!({ "folder": "/", "dry": true }), "bad-request", "unknown field `dry`"),
        (json!({ "folder": "/nowhere" }), "no-such-file", "export it, or name the files to import one by one"),
        (json!({ "files": ["/nowhere/residents.csv"] }), "unreadable-file", "No such file"),
        (json!({ "folder": file("turku"), "batch_rows": 100_000 }), "bad-request", "at most 2000 rows"),
    ] {
        let answered = lines(&client, &socket, &wrong).await;
        let problem = &answered.last().unwrap()["problem"];
        assert_eq!(problem["code"], code, "{wrong}");
        assert!(problem["detail"].as_str().unwrap().contains(says), "{problem}");
    }
    server.drain().await;
}
