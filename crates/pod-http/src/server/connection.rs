//! One connection from accept to close: handshake, HTTP, deadlines, drain.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;

use hyper::Request;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::message::{Alpn, PeerAddress, PeerInfo};
use crate::tls;

use super::accept::Shared;
use super::service;
use super::stage::{Stage, StageReceiver};
use super::watch::{Deadline, Phase, Pulse, Watched};

/// How a connection ended, for the counters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// By the peer, by HTTP's own rules or by a drain.
    Closed,
    HandshakeFailed,
    HandshakeSlow,
    HeadSlow,
    Idle,
    WriteStalled,
}

/// What the requests of one connection share.
pub(crate) struct Wire {
    pub(crate) shared: Arc<Shared>,
    pub(crate) pulse: Arc<Pulse>,
    pub(crate) peer: PeerInfo,
}

/// Serves a connection that begins with a TLS handshake.
pub(crate) async fn over_tls(
    socket: TcpStream,
    tls: Arc<rustls::ServerConfig>,
    address: PeerAddress,
    shared: Arc<Shared>,
    mut stage: StageReceiver,
) -> Ending {
    let pulse = Arc::new(Pulse::default());
    let handshake = TlsAcceptor::from(tls).accept(Watched::new(socket, Arc::clone(&pulse)));
    let finished = tokio::select! {
        // Nobody was promised anything before the handshake is done.
        () = stage.reached(Stage::Draining) => return Ending::Closed,
        finished = timeout(shared.limits.handshake, handshake) => finished,
    };
    let stream = match finished {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => {
            tracing::debug!(%error, "TLS handshake failed");
            return Ending::HandshakeFailed;
        }
        Err(_elapsed) => return Ending::HandshakeSlow,
    };
    let peer = peer_info(&stream, address);
    let http2 = peer.alpn == Some(Alpn::Http2);
    serve(stream, Wire { shared, pulse, peer }, http2, stage).await
}

/// Serves a connection without TLS, HTTP/1.1 only.
pub(crate) async fn plain<Socket>(
    socket: Socket,
    address: PeerAddress,
    shared: Arc<Shared>,
    stage: StageReceiver,
) -> Ending
where
    Socket: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let pulse = Arc::new(Pulse::default());
    let peer = PeerInfo { address, tls_exporter: None, alpn: None, key_exchange: None };
    let socket = Watched::new(socket, Arc::clone(&pulse));
    serve(socket, Wire { shared, pulse, peer }, false, stage).await
}

fn peer_info<Socket>(stream: &TlsStream<Socket>, address: PeerAddress) -> PeerInfo {
    let (_, session) = stream.get_ref();
    PeerInfo {
        address,
        tls_exporter: tls::exporter(session),
        alpn: match session.alpn_protocol() {
            Some(tls::ALPN_HTTP2) => Some(Alpn::Http2),
            Some(tls::ALPN_HTTP1) => Some(Alpn::Http1),
            _ => None,
        },
        key_exchange: tls::key_exchange(session),
    }
}

async fn serve<Socket>(socket: Socket, wire: Wire, http2: bool, stage: StageReceiver) -> Ending
where
    Socket: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let wire = Arc::new(wire);
    let shared = Arc::clone(&wire.shared);
    let seen = Arc::clone(&wire);
    let answer = service_fn(move |request: Request<hyper::body::Incoming>| {
        let wire = Arc::clone(&wire);
        async move { Ok::<_, Infallible>(service::answer(&wire, request).await) }
    });
    let socket = TokioIo::new(socket);
    if http2 {
        let connection = shared.http2.serve_connection(socket, answer);
        drive(connection, |connection| connection.graceful_shutdown(), &seen, false, stage).await
    } else {
        let connection = shared.http1.serve_connection(socket, answer);
        drive(connection, |connection| connection.graceful_shutdown(), &seen, true, stage).await
    }
}

/// Polls a hyper connection and keeps its deadlines and the server's stage.
async fn drive<Connection>(
    connection: Connection,
    shut_down: impl Fn(Pin<&mut Connection>),
    wire: &Wire,
    heads_after_first: bool,
    mut stage: StageReceiver,
) -> Ending
where
    Connection: Future<Output = hyper::Result<()>>,
{
    let limits = &wire.shared.limits;
    let mut deadline = Deadline::new(&wire.pulse, limits, heads_after_first);
    let mut connection = pin!(connection);
    let mut alarm = pin!(sleep_until(Instant::now() + limits.head));
    let mut waiting = stage.clone();
    let mut stage_changes = pin!(async move {
        waiting.reached(Stage::Draining).await;
        waiting.reached(Stage::Cut).await;
    });
    let mut first = true;
    poll_fn(move |cx| {
        // Registered once and then only after a change: polling it takes a lock that all connections share. Looked at again
        // after registering, so that a change in between is not missed.
        while first || stage.changed() {
            first = false;
            match stage.look() {
                Stage::Serving => {}
                Stage::Draining => shut_down(connection.as_mut()),
                Stage::Cut => return Poll::Ready(Ending::Closed),
            }
            if stage_changes.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Ending::Closed);
            }
        }
        if let Poll::Ready(result) = connection.as_mut().poll(cx) {
            if let Err(error) = result {
                tracing::debug!(%error, "connection ended by an error");
            }
            return Poll::Ready(Ending::Closed);
        }
        let Some(until) = deadline.look(&wire.pulse, limits) else {
            return Poll::Pending;
        };
        if alarm.deadline() > until {
            alarm.as_mut().reset(until);
        }
        while alarm.as_mut().poll(cx).is_ready() {
            if Instant::now() >= until {
                return Poll::Ready(late(deadline.phase()));
            }
            alarm.as_mut().reset(until);
        }
        Poll::Pending
    })
    .await
}

const fn late(phase: Phase) -> Ending {
    match phase {
        Phase::Head => Ending::HeadSlow,
        Phase::Writing => Ending::WriteStalled,
        Phase::Idle | Phase::Ours => Ending::Idle,
    }
}
