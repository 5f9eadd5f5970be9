//! How many empty calls a fast route answers over TLS 1.3 and HTTP/1.1 keep-alive, and at what cost.
//!
//! `cargo run --release -p pod-http --example fast_path_rate [CONNECTIONS] [SECONDS]`
//!
//! Server and callers share the machine. The callers write fixed bytes, so that most of the processor is the
//! server's; its own share is read from the kernel's clock of its threads.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a measurement, not a service")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use pod_http::{
    CertificateFiles, Incoming, Limits, Method, Outgoing, Server, ServerConfig, ServerHandle, Service, StatusCode,
    refuse_key_log,
};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};

const CALL: &[u8] = b"POST /v1/call HTTP/1.1\r\nhost: localhost\r\ncontent-length: 4\r\n\r\nping";
/// Of `/proc/PID/task/TID/stat`: user and system time are the 12th and 13th field after the name.
const USER_TIME: usize = 11;
const TICKS_PER_SEC: f64 = 100.0;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let connections: usize = arguments.next().map_or(64, |text| text.parse().unwrap());
    let seconds: u64 = arguments.next().map_or(5, |text| text.parse().unwrap());
    let server_side = runtime("aitta-server");
    let caller_side = runtime("aitta-caller");
    let directory = tempfile::TempDir::new().unwrap();
    let (handle, certificate) = server_side.block_on(serve(&directory));
    let address = handle.addresses()[0].socket_address().unwrap();

    let mut roots = rustls::RootCertStore::empty();
    roots.add(certificate).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config));

    let answered = Arc::new(AtomicU64::new(0));
    let stop = Arc::new(AtomicBool::new(false));
    for _ in 0..connections {
        let (connector, answered, stop) = (connector.clone(), Arc::clone(&answered), Arc::clone(&stop));
        caller_side.spawn(async move {
            let socket = TcpStream::connect(address).await.unwrap();
            socket.set_nodelay(true).unwrap();
            let name = ServerName::try_from("localhost").unwrap();
            let mut stream = connector.connect(name, socket).await.unwrap();
            let mut reply = [0; 1024];
            while !stop.load(Ordering::Relaxed) {
                stream.write_all(CALL).await.unwrap();
                let length = stream.read(&mut reply).await.unwrap();
                assert!(reply[..length].ends_with(b"ping"));
                answered.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    pause(&server_side, 1);
    let (answered_before, cpu_before) = (answered.load(Ordering::Relaxed), cpu_secs("aitta-server"));
    pause(&server_side, seconds);
    let calls = (answered.load(Ordering::Relaxed) - answered_before) as f64;
    let cpu = cpu_secs("aitta-server") - cpu_before;
    stop.store(true, Ordering::Relaxed);
    // Before the server, so that no caller sees it go.
    drop(caller_side);
    println!(
        "{connections} connections: {:.0} calls/s, {:.1} µs of server CPU each (two cores could answer {:.0}/s)",
        calls / seconds as f64,
        cpu / calls * 1e6,
        2.0 * calls / cpu,
    );
}

fn runtime(name: &str) -> Runtime {
    Builder::new_multi_thread().worker_threads(2).thread_name(name).enable_all().build().unwrap()
}

/// A measurement lasts as long as it was told to.
fn pause(runtime: &Runtime, seconds: u64) {
    runtime.block_on(async { tokio::time::sleep(Duration::from_secs(seconds)).await });
}

async fn serve(directory: &tempfile::TempDir) -> (ServerHandle, CertificateDer<'static>) {
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let files =
        CertificateFiles { certificate: directory.path().join("cert.pem"), key: directory.path().join("key.pem") };
    fs::write(&files.certificate, own.cert.pem()).unwrap();
    fs::write(&files.key, own.signing_key.serialize_pem()).unwrap();
    fs::set_permissions(&files.key, fs::Permissions::from_mode(0o600)).unwrap();
    let service =
        Service::new(Router::new(), || [1; 16]).fast(Method::POST, "/v1/call", |incoming: Incoming| async move {
            Outgoing::new(StatusCode::OK, "application/cose", incoming.body)
        });
    let config = ServerConfig {
        listen: vec!["https://127.0.0.1:0".parse().unwrap()],
        certificate: Some(files),
        limits: Limits { connections_per_peer: 4096, ..Limits::default() },
    };
    let handle = Server::bind(config, refuse_key_log(|_| None).unwrap()).await.unwrap().serve(service);
    (handle, CertificateDer::from_pem_slice(own.cert.pem().as_bytes()).unwrap())
}

/// Processor seconds of all threads of this process with that name.
fn cpu_secs(thread_name: &str) -> f64 {
    let mut ticks = 0_u64;
    for task in fs::read_dir("/proc/self/task").unwrap() {
        let stat = fs::read_to_string(task.unwrap().path().join("stat")).unwrap_or_default();
        let Some((before, after)) = stat.rsplit_once(") ") else { continue };
        if before.contains(thread_name) {
            let fields: Vec<&str> = after.split(' ').collect();
            ticks += fields[USER_TIME].parse::<u64>().unwrap() + fields[USER_TIME + 1].parse::<u64>().unwrap();
        }
    }
    ticks as f64 / TICKS_PER_SEC
}
