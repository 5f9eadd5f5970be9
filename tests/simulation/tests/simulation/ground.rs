//! The machine under each host: turmoil's sockets, disk work that takes simulated time, and ears on what passes.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use pod_http::{Accept, Machine, Pending, SimulatedMachine, Stream};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use turmoil::net::{TcpListener, TcpStream};

use crate::dice::Dice;

/// Which host answers on a port of `http://127.0.0.1:PORT`: the name of everybody's address in the federation.
pub type Ports = BTreeMap<u16, &'static str>;

/// Hears what passes on a connection: whether it came in, who is at the other end (the port that was called, or the address that
/// called), and the bytes.
pub type Ear = Arc<dyn Fn(Passing<'_>) + Send + Sync>;

/// Some bytes on their way.
#[derive(Clone, Copy)]
pub struct Passing<'a> {
    /// On a connection that others made to this host.
    pub served: bool,
    /// Towards this host.
    pub inbound: bool,
    /// The other end.
    pub peer: SocketAddr,
    pub bytes: &'a [u8],
}

/// One host's machine.
pub struct Ground {
    ports: Arc<Ports>,
    dice: Dice,
    ear: Ear,
    /// Work that is between its beginning and its end.
    under_way: AtomicUsize,
}

impl fmt::Debug for Ground {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ground")
    }
}

impl Ground {
    pub fn new(ports: &Arc<Ports>, dice: Dice, ear: Ear) -> Arc<Self> {
        Arc::new(Self { ports: Arc::clone(ports), dice, ear, under_way: AtomicUsize::new(0) })
    }

    pub fn machine(self: &Arc<Self>) -> Machine {
        Machine::simulated(self.clone())
    }

    /// Whether nobody is between a decision and an answer: whoever is there waits for a disk.
    pub fn is_at_rest(&self) -> bool {
        self.under_way.load(Ordering::SeqCst) == 0
    }

    /// Disks are fast, and now and then somebody else uses them.
    fn pause_ms(&self) -> u64 {
        match self.dice.below(100) {
            0..70 => self.dice.below(3),
            70..90 => self.dice.below(60),
            _ => self.dice.below(2_500),
        }
    }
}

struct Counted<'a>(&'a AtomicUsize);

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl SimulatedMachine for Ground {
    fn listen(&self, address: SocketAddr) -> Pending<'_, io::Result<Box<dyn Accept>>> {
        let ear = Arc::clone(&self.ear);
        Box::pin(async move {
            let listener = TcpListener::bind((IpAddr::V4(Ipv4Addr::UNSPECIFIED), address.port())).await?;
            Ok(Box::new(Listening { listener, ear }) as Box<dyn Accept>)
        })
    }

    fn connect(&self, address: SocketAddr) -> Pending<'_, io::Result<Box<dyn Stream>>> {
        Box::pin(async move {
            let host = *self.ports.get(&address.port()).ok_or(io::ErrorKind::ConnectionRefused)?;
            let stream = TcpStream::connect((host, address.port())).await?;
            Ok(Box::new(Heard { stream, served: false, peer: address, ear: Arc::clone(&self.ear) }) as Box<dyn Stream>)
        })
    }

    fn pause(&self) -> Pending<'_, ()> {
        let ms = self.pause_ms();
        self.under_way.fetch_add(1, Ordering::SeqCst);
        let counted = Counted(&self.under_way);
        Box::pin(async move {
            let _counted = counted;
            tokio::time::sleep(Duration::from_millis(ms)).await;
        })
    }
}

struct Listening {
    listener: TcpListener,
    ear: Ear,
}

impl fmt::Debug for Listening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Listening")
    }
}

impl Accept for Listening {
    fn accept(&self) -> Pending<'_, io::Result<(Box<dyn Stream>, SocketAddr)>> {
        Box::pin(async {
            let (stream, peer) = self.listener.accept().await?;
            let heard = Heard { stream, served: true, peer, ear: Arc::clone(&self.ear) };
            Ok((Box::new(heard) as Box<dyn Stream>, peer))
        })
    }
}

/// A connection with an ear on it.
struct Heard {
    stream: TcpStream,
    served: bool,
    peer: SocketAddr,
    ear: Ear,
}

impl Heard {
    fn tell(&self, inbound: bool, bytes: &[u8]) {
        if !bytes.is_empty() {
            (self.ear)(Passing { served: self.served, inbound, peer: self.peer, bytes });
        }
    }
}

impl AsyncRead for Heard {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buf);
        self.tell(true, &buf.filled()[before..]);
        polled
    }
}

impl AsyncWrite for Heard {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(cx, bytes);
        if let Poll::Ready(Ok(written)) = polled {
            self.tell(false, &bytes[..written]);
        }
        polled
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
