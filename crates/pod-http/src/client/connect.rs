//! Resolve, connect, handshake: each step with its deadline and its own error.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rustls_pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream, lookup_host};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsConnector;

use crate::machine::not_simulated;
use crate::tls;

use super::error::{ClientError, Step};
use super::exchange::{Line, Sender};
use super::origin::{Kind, Origin};
use super::{ClientLimits, Inner};

/// Bytes of one answer's head, and hyper's read buffer.
const HEAD_BYTES: usize = 32 * 1024;
/// The same for HTTP/2.
const HEADER_LIST_BYTES: u32 = 32 * 1024;
/// How long an address may say nothing before the next one is tried beside it: RFC 8305 recommends it, and an address that
/// swallows packets would else take the whole deadline.
const NEXT_ADDRESS_AFTER: Duration = Duration::from_millis(250);

/// Opens a connection on which requests can be sent at once.
pub(crate) async fn open(origin: &Origin, inner: &Inner) -> Result<Line, ClientError> {
    let Inner { tls, limits, machine, .. } = inner;
    match origin.kind() {
        Kind::Https { .. } if machine.simulation().is_some() => {
            Err(ClientError::Connect { origin: origin.to_string(), source: not_simulated() })
        }
        Kind::Https { name, host, port, .. } => {
            let addresses = resolve(origin, host, *port, limits).await?;
            let socket = within(origin, Step::Connect, limits.connect, connect_any(origin, &addresses)).await?;
            secure(origin, socket, name.clone(), tls, limits).await
        }
        Kind::LoopbackHttp { address, .. } => {
            let sender = match machine.simulation() {
                None => {
                    let socket =
                        within(origin, Step::Connect, limits.connect, connect_any(origin, &[*address])).await?;
                    start_http1(origin, socket).await?
                }
                Some(simulation) => {
                    let connecting = async {
                        let failed = |source| ClientError::Connect { origin: origin.to_string(), source };
                        simulation.connect(*address).await.map_err(failed)
                    };
                    start_http1(origin, within(origin, Step::Connect, limits.connect, connecting).await?).await?
                }
            };
            Ok(Line { sender, exporter: None, key_exchange: None })
        }
        Kind::Unix { path } => {
            let connecting = async {
                UnixStream::connect(path)
                    .await
                    .map_err(|source| ClientError::Connect { origin: origin.to_string(), source })
            };
            let socket = within(origin, Step::Connect, limits.connect, connecting).await?;
            let sender = start_http1(origin, socket).await?;
            Ok(Line { sender, exporter: None, key_exchange: None })
        }
    }
}

async fn within<T>(
    origin: &Origin,
    step: Step,
    after: Duration,
    work: impl Future<Output = Result<T, ClientError>>,
) -> Result<T, ClientError> {
    timeout(after, work)
        .await
        .unwrap_or_else(|_| Err(ClientError::Deadline { origin: origin.to_string(), step, after }))
}

async fn resolve(
    origin: &Origin,
    host: &str,
    port: u16,
    limits: &ClientLimits,
) -> Result<Vec<SocketAddr>, ClientError> {
    if let Ok(ip) = host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(ip, port)]);
    }
    let looking_up = async {
        let failed = |source| ClientError::Resolve { host: host.to_owned(), source };
        let found: Vec<_> = lookup_host((host, port)).await.map_err(|error| failed(Some(error)))?.collect();
        if found.is_empty() { Err(failed(None)) } else { Ok(found) }
    };
    within(origin, Step::Resolve, limits.connect, looking_up).await
}

async fn connect_any(origin: &Origin, addresses: &[SocketAddr]) -> Result<TcpStream, ClientError> {
    let socket = first_of(addresses, TcpStream::connect)
        .await
        .map_err(|source| ClientError::Connect { origin: origin.to_string(), source })?;
    // A request is written at once; waiting for more would cost 40 ms.
    let _ = socket.set_nodelay(true);
    Ok(socket)
}

/// The first address that accepts; the last error when none does. The next one is tried as soon as one refuses, or has said
/// nothing for [`NEXT_ADDRESS_AFTER`]; those that were begun go on (RFC 8305 §5).
async fn first_of<Socket, Connecting>(
    addresses: &[SocketAddr],
    connect: impl Fn(SocketAddr) -> Connecting,
) -> io::Result<Socket>
where
    Socket: Send + 'static,
    Connecting: Future<Output = io::Result<Socket>> + Send + 'static,
{
    let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
    let mut addresses = addresses.iter();
    let mut attempts = JoinSet::new();
    loop {
        if let Some(address) = addresses.next() {
            attempts.spawn(connect(*address));
        }
        tokio::select! {
            ended = attempts.join_next() => match ended {
                Some(Ok(Ok(socket))) => return Ok(socket),
                Some(Ok(Err(error))) => last = error,
                Some(Err(gone)) => last = gone.into(),
                None => return Err(last),
            },
            () = sleep(NEXT_ADDRESS_AFTER), if addresses.len() > 0 => {}
        }
    }
}

async fn secure(
    origin: &Origin,
    socket: TcpStream,
    name: ServerName<'static>,
    tls: &Arc<rustls::ClientConfig>,
    limits: &ClientLimits,
) -> Result<Line, ClientError> {
    let handshake = async {
        TlsConnector::from(Arc::clone(tls))
            .connect(name, socket)
            .await
            .map_err(|error| ClientError::Handshake { origin: origin.to_string(), source: error.into() })
    };
    let stream = within(origin, Step::Handshake, limits.handshake, handshake).await?;
    let (_, session) = stream.get_ref();
    let exporter = tls::exporter(session);
    let key_exchange = tls::key_exchange(session);
    let sender = if session.alpn_protocol() == Some(tls::ALPN_HTTP2) {
        start_http2(origin, stream).await?
    } else {
        start_http1(origin, stream).await?
    };
    Ok(Line { sender, exporter, key_exchange })
}

async fn start_http1<Socket>(origin: &Origin, socket: Socket) -> Result<Sender, ClientError>
where
    Socket: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let (sender, connection) = hyper::client::conn::http1::Builder::new()
        .max_header_size(HEAD_BYTES)
        .max_buf_size(HEAD_BYTES)
        .handshake(TokioIo::new(socket))
        .await
        .map_err(|error| broken(origin, error))?;
    // Ends when the sender is dropped or the other end closes.
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "connection ended by an error");
        }
    });
    Ok(Sender::Http1(sender))
}

async fn start_http2<Socket>(origin: &Origin, socket: Socket) -> Result<Sender, ClientError>
where
    Socket: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let (sender, connection) = hyper::client::conn::http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .max_header_list_size(HEADER_LIST_BYTES)
        .handshake(TokioIo::new(socket))
        .await
        .map_err(|error| broken(origin, error))?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "connection ended by an error");
        }
    });
    Ok(Sender::Http2(sender))
}

fn broken(origin: &Origin, error: hyper::Error) -> ClientError {
    ClientError::Broken { origin: origin.to_string(), step: Step::Connect, source: error.into() }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// Whoever is called at port 1 says nothing, at port 2 refuses, at port 3 accepts.
    async fn reached(ports: &[u16]) -> io::Result<u16> {
        let addresses: Vec<SocketAddr> = ports.iter().map(|port| SocketAddr::from(([192, 0, 2, 1], *port))).collect();
        let connect = |address: SocketAddr| async move {
            match address.port() {
                1 => std::future::pending().await,
                2 => Err(io::ErrorKind::ConnectionRefused.into()),
                port => Ok(port),
            }
        };
        timeout(Duration::from_secs(20), first_of(&addresses, connect)).await.unwrap()
    }

    #[tokio::test]
    async fn an_address_that_says_nothing_holds_up_no_other() {
        assert_eq!(reached(&[1, 3]).await.unwrap(), 3);
        assert_eq!(reached(&[1, 1, 2, 3]).await.unwrap(), 3);
        assert_eq!(reached(&[2, 3, 1]).await.unwrap(), 3);
        assert_eq!(reached(&[2, 2]).await.unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
        assert_eq!(reached(&[]).await.unwrap_err().kind(), io::ErrorKind::AddrNotAvailable);
    }
}
