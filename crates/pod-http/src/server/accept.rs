//! The loop of one listener.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioTimer};

use crate::limits::Limits;
use crate::message::PeerAddress;

use super::body::Budget;
use super::connection::{self, Ending};
use super::counts::Counters;
use super::listen::Listener;
use super::places::{Place, Places};
use super::service::Service;
use super::stage::{Stage, StageReceiver};

/// When the system has no file descriptor left, accepting again at once would only burn the processor.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// Memory of HTTP/2 that a peer can make us hold: windows of one stream and of the whole connection.
const HTTP2_WINDOW_BYTES: u32 = 64 * 1024;
/// Answer bytes that wait for one HTTP/2 stream.
const HTTP2_SEND_BUFFER_BYTES: usize = 64 * 1024;
/// hyper's buffer of a connection over and above the largest head.
const BUFFER_BEYOND_HEAD_BYTES: usize = 16 * 1024;

/// What all connections of a server share.
pub(crate) struct Shared {
    pub(crate) limits: Limits,
    pub(crate) service: Service,
    pub(crate) counters: Counters,
    pub(crate) http1: http1::Builder,
    pub(crate) http2: http2::Builder<TokioExecutor>,
    pub(crate) budget: Budget,
    places: Arc<Places>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl Shared {
    pub(crate) fn new(limits: Limits, service: Service, places: Arc<Places>) -> Self {
        Self {
            http1: http1_builder(&limits),
            http2: http2_builder(&limits),
            budget: Budget::new(limits.body_bytes_together, limits.body_bytes_per_peer),
            limits,
            service,
            counters: Counters::default(),
            places,
        }
    }
}

fn http1_builder(limits: &Limits) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        // hyper's own deadline ignores the pause between requests and costs an allocation for each of
        // them; `watch` keeps both deadlines, from the first byte on. The timer stays for hyper's other needs.
        .timer(TokioTimer::new())
        .header_read_timeout(None)
        .max_header_size(limits.header_bytes)
        .max_buf_size(limits.header_bytes.saturating_add(BUFFER_BEYOND_HEAD_BYTES))
        .half_close(false);
    builder
}

fn http2_builder(limits: &Limits) -> http2::Builder<TokioExecutor> {
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.http2_streams)
        .max_pending_accept_reset_streams(limits.http2_pending_resets)
        .max_local_error_reset_streams(limits.http2_error_resets)
        .max_header_list_size(u32::try_from(limits.header_bytes).unwrap_or(u32::MAX))
        .initial_stream_window_size(HTTP2_WINDOW_BYTES)
        .initial_connection_window_size(HTTP2_WINDOW_BYTES)
        .max_send_buf_size(HTTP2_SEND_BUFFER_BYTES);
    builder
}

/// Accepts until the server drains; then the socket is closed.
pub(crate) async fn run(listener: Listener, shared: Arc<Shared>, stage: StageReceiver) {
    let mut draining = stage.clone();
    let draining = draining.reached(Stage::Draining);
    tokio::pin!(draining);
    loop {
        let accepted = tokio::select! {
            biased;
            () = &mut draining => return,
            accepted = accept_one(&listener, &shared, &stage) => accepted,
        };
        if let Err(error) = accepted {
            tracing::warn!(%error, "cannot accept a connection");
            tokio::time::sleep(ACCEPT_PAUSE).await;
        }
    }
}

/// A connection without a place is closed at once: it costs neither a task nor a handshake.
async fn accept_one(listener: &Listener, shared: &Arc<Shared>, stage: &StageReceiver) -> io::Result<()> {
    match listener {
        Listener::Tcp(listener, tls) => {
            let (stream, address) = listener.accept().await?;
            // Whole messages are written at once; waiting for more would cost 40 ms. A socket that is
            // already dead shows that in its first read.
            let _ = stream.set_nodelay(true);
            let address = PeerAddress::Tcp(address);
            let Some(place) = admit(address, shared) else { return Ok(()) };
            match tls {
                Some(tls) => start(
                    connection::over_tls(stream, Arc::clone(tls), address, Arc::clone(shared), stage.clone()),
                    place,
                    shared,
                ),
                None => start(connection::plain(stream, address, Arc::clone(shared), stage.clone()), place, shared),
            }
        }
        Listener::Simulated(listener) => {
            let (stream, address) = listener.accept().await?;
            let address = PeerAddress::Tcp(address);
            let Some(place) = admit(address, shared) else { return Ok(()) };
            start(connection::plain(stream, address, Arc::clone(shared), stage.clone()), place, shared);
        }
        Listener::Unix { listener, .. } => {
            let (stream, _) = listener.accept().await?;
            let Some(place) = admit(PeerAddress::Unix, shared) else { return Ok(()) };
            let serving = connection::plain(stream, PeerAddress::Unix, Arc::clone(shared), stage.clone());
            start(serving, place, shared);
        }
    }
    Ok(())
}

fn admit(address: PeerAddress, shared: &Shared) -> Option<Place> {
    match shared.places.take(address) {
        Ok(place) => {
            shared.counters.accepted();
            Some(place)
        }
        Err(no_place) => {
            shared.counters.refused(no_place);
            None
        }
    }
}

/// One task for the whole life of a connection.
fn start(serving: impl Future<Output = Ending> + Send + 'static, place: Place, shared: &Arc<Shared>) {
    let shared = Arc::clone(shared);
    tokio::spawn(async move {
        let ending = serving.await;
        shared.counters.ended(ending);
        drop(place);
    });
}
