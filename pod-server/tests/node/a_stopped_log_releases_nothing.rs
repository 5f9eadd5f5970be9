//! When the log cannot be written nothing is released, the node stops, and it answers nothing any more (invariants 1 and 9).

use std::fs::File;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use pod_audit::{Disk, SystemDisk};
use pod_http::Request;
use pod_import::IdentityCode;
use pod_protocol::command::Action;
use pod_protocol::request::Binding;
use pod_server::Failure;
use pod_server::enrolment::enrol_identified;

use crate::people::{Wallet, call, code, item, wanted};
use crate::scene::{EETU, Scene};
use crate::web::{CBOR, Web};

/// A disk that breaks when it is told to.
#[derive(Debug, Default)]
struct Breaking(AtomicBool);

impl Disk for Breaking {
    fn write_all_at(&self, file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
        SystemDisk.write_all_at(file, bytes, offset)
    }

    fn sync_data(&self, file: &File) -> io::Result<()> {
        if self.0.load(Ordering::SeqCst) { Err(io::Error::other("broken")) } else { SystemDisk.sync_data(file) }
    }

    fn reserve(&self, file: &File, bytes: u64) -> io::Result<()> {
        SystemDisk.reserve(file, bytes)
    }
}

#[tokio::test]
async fn nothing_is_released_and_the_fault_is_fatal() {
    let disk = Arc::new(Breaking::default());
    let scene = Scene::on(Arc::<Breaking>::clone(&disk)).await;
    let grant = scene.usual_grant().await;
    let ask = || item(&[&grant], vec![wanted("residence", &["given_names"])]);
    assert!(scene.fetch(&scene.early, vec![ask()]).await.is_ok());
    disk.0.store(true, Ordering::SeqCst);
    for _ in 0..2 {
        let failed = scene.fetch(&scene.early, vec![ask()]).await;
        assert!(matches!(failed, Err(Failure::Fault(fault)) if fault.is_fatal()));
        let read = scene.command(&scene.anna, scene.annas_pod, Action::Read { record_type: None, skip: 0 }).await;
        assert!(matches!(read, Err(Failure::Fault(fault)) if fault.is_fatal()));
    }
}

/// A wallet that was bound without an entry would read on after the next start, and nobody would know since when.
#[tokio::test]
async fn no_wallet_is_bound() {
    let disk = Arc::new(Breaking::default());
    let mut scene = Scene::on(Arc::<Breaking>::clone(&disk)).await;
    let eetu = Wallet::new([0xe0; 32], scene.helsinki.principal, &*scene.random);
    let events: Vec<Vec<u8>> = eetu.events.iter().map(|event| event.bytes().to_vec()).collect();
    disk.0.store(true, Ordering::SeqCst);
    let failed = enrol_identified(&scene.node(), IdentityCode::parse(EETU).unwrap(), events).await;
    assert!(matches!(failed, Err(Failure::Fault(fault)) if fault.is_fatal()));
    disk.0.store(false, Ordering::SeqCst);
    scene.restart().await;
    let read = Action::Read { record_type: None, skip: 0 };
    assert_eq!(code(&scene.command(&eetu, scene.eetus_pod, read).await), "key-unknown");
}

#[tokio::test]
async fn the_process_stops_and_nobody_is_answered() {
    let disk = Arc::new(Breaking::default());
    let scene = Scene::on(Arc::<Breaking>::clone(&disk)).await;
    let grant = scene.usual_grant().await;
    let web = Web::of(&scene).await;
    let (mut first, mut second) = (web.connection().await, web.connection().await);
    let signed = |connection: &pod_http::Connection| {
        let binding = Binding::Exporter(connection.exporter().unwrap());
        let items = vec![item(&[&grant], vec![wanted("residence", &["given_names"])])];
        let request = scene.request(&scene.early, items, |request| request.binding = binding);
        Request::post("/v1/call", CBOR, call(&request, &[]).to_bytes())
    };
    let (to_fail, to_wait) = (signed(&first), signed(&second));
    disk.0.store(true, Ordering::SeqCst);
    let asked = tokio::spawn(async move { first.send(to_fail).await });
    let fault = scene.node().stopped().await;
    assert!(fault.is_fatal());
    // Not even what needs no log is answered now.
    let health = web.client.clone();
    let origin = web.origin.clone();
    let asked_health = tokio::spawn(async move { health.send(&origin, Request::get("/healthz")).await });
    let waiting = tokio::spawn(async move { second.send(to_wait).await });
    while web.handle.counts().open < 3 {
        tokio::task::yield_now().await;
    }
    // Whoever runs the node lets go of the server: connections end without an answer.
    drop(web.handle);
    assert!(asked.await.unwrap().is_err());
    assert!(asked_health.await.unwrap().is_err());
    assert!(waiting.await.unwrap().is_err());
}
