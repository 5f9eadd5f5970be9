//! The machine under each host: turmoil's sockets, disk work that takes simulated time, and ears on what passes.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
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
    lines: Arc<Lines>,
}

/// The connections of a host.
#[derive(Default)]
struct Lines {
    /// How many there have been.
    opened: AtomicU64,
    /// Those of a host whose power is going, in the order in which they were opened.
    going: Mutex<Option<BTreeMap<u64, TcpStream>>>,
}

/// While it is there, the host has power. It must be the last that its software lets go of.
pub struct Powered(Arc<Lines>);

impl Drop for Powered {
    fn drop(&mut self) {
        let going = self.0.going.lock().unwrap().take();
        // In order: for each of them a farewell is on its way as long as the next number of turmoil's dice says.
        going.into_iter().flatten().for_each(|(_, stream)| drop(stream));
    }
}

impl fmt::Debug for Ground {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ground")
    }
}

impl Ground {
    pub fn new(ports: &Arc<Ports>, dice: Dice, ear: Ear) -> Arc<Self> {
        Arc::new(Self { ports: Arc::clone(ports), dice, ear, under_way: AtomicUsize::new(0), lines: Arc::default() })
    }

    pub fn machine(self: &Arc<Self>) -> Machine {
        Machine::simulated(self.clone())
    }

    /// To be said right before the host crashes. Its tasks end in an order that hangs on numbers that tokio gives to the tasks of the
    /// whole process (`OwnedTasks` has four lists, by a task's id), and so on what runs beside this simulation.
    pub fn power_off(&self) {
        *self.lines.going.lock().unwrap() = Some(BTreeMap::new());
    }

    /// To be said first by whatever runs on the host.
    pub fn power_on(&self) -> Powered {
        Powered(Arc::clone(&self.lines))
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
        let (lines, ear) = (Arc::clone(&self.lines), Arc::clone(&self.ear));
        Box::pin(async move {
            let listener = TcpListener::bind((IpAddr::V4(Ipv4Addr::UNSPECIFIED), address.port())).await?;
            Ok(Box::new(Listening { listener, lines, ear }) as Box<dyn Accept>)
        })
    }

    fn connect(&self, address: SocketAddr) -> Pending<'_, io::Result<Box<dyn Stream>>> {
        Box::pin(async move {
            let host = *self.ports.get(&address.port()).ok_or(io::ErrorKind::ConnectionRefused)?;
            let stream = TcpStream::connect((host, address.port())).await?;
            Ok(heard(&self.lines, &self.ear, stream, false, address))
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
    lines: Arc<Lines>,
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
            Ok((heard(&self.lines, &self.ear, stream, true, peer), peer))
        })
    }
}

/// A connection with an ear on it.
struct Heard {
    /// There until it is dropped.
    stream: Option<TcpStream>,
    number: u64,
    lines: Arc<Lines>,
    served: bool,
    peer: SocketAddr,
    ear: Ear,
}

fn heard(lines: &Arc<Lines>, ear: &Ear, stream: TcpStream, served: bool, peer: SocketAddr) -> Box<dyn Stream> {
    let number = lines.opened.fetch_add(1, Ordering::SeqCst);
    Box::new(Heard { stream: Some(stream), number, lines: Arc::clone(lines), served, peer, ear: Arc::clone(ear) })
}

impl Drop for Heard {
    fn drop(&mut self) {
        let mut going = self.lines.going.lock().unwrap();
        if let (Some(going), Some(stream)) = (going.as_mut(), self.stream.take()) {
            going.insert(self.number, stream);
        }
    }
}

impl Heard {
    fn stream(&mut self) -> Pin<&mut TcpStream> {
        Pin::new(self.stream.as_mut().unwrap())
    }

    fn tell(&self, inbound: bool, bytes: &[u8]) {
        if !bytes.is_empty() {
            (self.ear)(Passing { served: self.served, inbound, peer: self.peer, bytes });
        }
    }
}

impl AsyncRead for Heard {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let polled = self.stream().poll_read(cx, buf);
        self.tell(true, &buf.filled()[before..]);
        polled
    }
}

impl AsyncWrite for Heard {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let polled = self.stream().poll_write(cx, bytes);
        if let Poll::Ready(Ok(written)) = polled {
            self.tell(false, &bytes[..written]);
        }
        polled
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_shutdown(cx)
    }
}
