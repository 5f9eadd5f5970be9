//! A member that opens streams without end costs no memory, and no other member its calls.

use std::fs;
use std::net::SocketAddr;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use pod_net::{Kind, NetLimits};
use quinn::crypto::rustls::QuicClientConfig;

use crate::hostile::{keypair, peer_id};
use crate::world::{QUIC, Server, client};

const STREAMS: usize = 100_000;
/// Says to the child that it is one.
const ALONE: &str = "NET_STREAMS_ALONE";
/// How much this process may grow meanwhile: less than a third of a kilobyte for each stream.
const GROWTH_KIB: usize = 32 * 1024;

/// What each stream begins with: multistream-select's header and our protocol, and half a frame.
const BEGINNING: &[u8] = b"\x13/multistream/1.0.0\n\x09/aitta/1\n\x00\x00\x10\x00";

fn resident_kib() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// In a process of its own, whose memory is that of this story alone.
#[test]
fn cost_no_memory() {
    let mut alone = Command::new(std::env::current_exe().unwrap());
    let child = ["--exact", "a_hundred_thousand_streams::child_of_the_story"];
    let ended = alone.args(child).env(ALONE, "true").output().unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stdout));
}

#[tokio::test(flavor = "multi_thread")]
async fn child_of_the_story() {
    if std::env::var_os(ALONE).is_none() {
        return;
    }
    // No stream lives long enough to be seen, and on a machine at work the story takes longer than an idle connection is kept.
    let limits = NetLimits { connection_idle: Duration::from_secs(600), ..NetLimits::default() };
    let server = Server::new(1, &[QUIC], &[2, 3], limits).await;
    let tls = libp2p_tls::make_client_config(&keypair(2), Some(peer_id(1))).unwrap();
    let mut endpoint = quinn::Endpoint::client("127.0.0.1:0".parse().unwrap()).unwrap();
    endpoint.set_default_client_config(quinn::ClientConfig::new(Arc::new(QuicClientConfig::try_from(tls).unwrap())));
    let text = server.net.addresses()[0].to_string();
    let port: u16 = text.split('/').nth(4).unwrap().parse().unwrap();
    let connection = endpoint.connect(SocketAddr::from(([127, 0, 0, 1], port)), "l").unwrap().await.unwrap();
    let open = async |count: usize| {
        for number in 0..count {
            let (mut send, mut receive) = connection.open_bi().await.unwrap();
            send.write_all(BEGINNING).await.unwrap();
            // Some are reset, some end in the middle of a frame, and of all nothing is read.
            match number % 2 {
                0 => send.reset(0_u32.into()).unwrap(),
                _ => send.finish().unwrap(),
            }
            receive.stop(0_u32.into()).unwrap();
        }
    };
    // What a connection and its first streams need is not what grows.
    open(1_000).await;
    let before = resident_kib();
    open(STREAMS).await;
    let grown = resident_kib().saturating_sub(before);
    assert!(grown < GROWTH_KIB, "{grown} KiB more");
    let other = client(3, &[1], NetLimits::default()).await;
    other.call(&server.peer(), Kind::Call, b"hello".to_vec()).await.unwrap();
    server.counts("only the other's stream is left", |counts| counts.streams == 1).await;
    assert_eq!(server.echo.seen(), 1);
}
