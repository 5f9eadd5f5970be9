//! A frame that breaks the rules ends its stream, and reaches no handler; a kind that is not known is answered.

use std::time::Duration;

use pod_net::NetLimits;

use crate::hostile::{Hostile, answered, frame};
use crate::world::{QUIC, Server, TCP};

const FAREWELL: u8 = 129;

fn quick() -> NetLimits {
    NetLimits { frame: Duration::from_millis(300), ..NetLimits::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_ends_its_stream() {
    let limit = quick().call_bytes;
    let too_long = u32::try_from(limit + 6).unwrap().to_be_bytes();
    let cases: [(&str, Vec<u8>); 8] = [
        ("too long", too_long.to_vec()),
        ("as long as can be said", vec![0xff; 4]),
        ("too short", vec![0, 0, 0, 4, 0, 0, 0, 0]),
        ("nothing", vec![0; 4]),
        ("does not begin with 0", frame(1, 1, b"x")),
        ("a gap", [frame(0, 1, b"first"), frame(2, 1, b"x")].concat()),
        ("twice the same", [frame(0, 1, b"first"), frame(0, 1, b"x")].concat()),
        ("junk", b"GET / HTTP/1.1\r\nHost: pods.example\r\n\r\n".to_vec()),
    ];
    for listen in [QUIC, TCP] {
        let server = Server::new(1, &[listen], &[2], quick()).await;
        let mut hostile = Hostile::connected(2, 1, &server.peer()).await;
        for (number, (name, bytes)) in (1..).zip(&cases) {
            let stream = hostile.stream().await;
            answered(stream, bytes).await;
            server.counts(name, |counts| counts.frames_broken == number && counts.streams == 0).await;
        }
        let seen = server.echo.seen.lock().unwrap();
        assert!(seen.iter().all(|(_, _, body)| body == "first"), "no broken frame reached the handler");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn half_a_frame_is_not_waited_for() {
    let server = Server::new(1, &[QUIC], &[2], quick()).await;
    let mut hostile = Hostile::connected(2, 1, &server.peer()).await;
    let whole = frame(0, 1, &[7; 1000]);
    for length in [1, 4, 8, 9, 500, whole.len() - 1] {
        answered(hostile.stream().await, &whole[..length]).await;
        server.counts("the stream has ended", |counts| counts.streams == 0).await;
    }
    assert_eq!(server.echo.seen(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_without_calls_ends_with_a_farewell() {
    let server = Server::new(1, &[QUIC], &[2], NetLimits { idle: Duration::from_millis(200), ..quick() }).await;
    let mut hostile = Hostile::connected(2, 1, &server.peer()).await;
    assert_eq!(answered(hostile.stream().await, &[]).await, frame(0, FAREWELL, &[]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kind_that_is_not_known_is_answered() {
    let limits = NetLimits { idle: Duration::from_millis(500), ..quick() };
    let server = Server::new(1, &[QUIC], &[2], limits).await;
    let mut hostile = Hostile::connected(2, 1, &server.peer()).await;
    for kind in [0, 4, 255] {
        let answer = answered(hostile.stream().await, &[frame(0, kind, b"?"), frame(1, 1, b"x")].concat()).await;
        let text = b"this kind of call is not known here";
        let one = [frame(0, 2, text), frame(1, 0, b"x"), frame(2, FAREWELL, &[])].concat();
        let other = [frame(1, 0, b"x"), frame(0, 2, text), frame(2, FAREWELL, &[])].concat();
        assert!(answer == one || answer == other, "{answer:?}");
    }
    assert_eq!(server.net.counts().frames_broken, 0);
}
