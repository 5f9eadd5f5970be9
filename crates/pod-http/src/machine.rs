//! The machine that a program runs on, as far as a simulation has to stand in for it: plain TCP, and threads that may block.
//!
//! Programs run on [`Machine::this`]. A simulation gives its own, so that the same servers and clients run over connections
//! that it delays, cuts and repeats from a seed (`docs/decisions/0023-a-simulated-machine.md`).

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinError;

/// What a simulation will have done.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A connection of a simulation.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// An open address of a simulation.
pub trait Accept: fmt::Debug + Send + Sync {
    /// The next connection, and where it comes from.
    fn accept(&self) -> Pending<'_, io::Result<(Box<dyn Stream>, SocketAddr)>>;
}

/// What a simulation gives in place of the operating system.
pub trait SimulatedMachine: fmt::Debug + Send + Sync {
    /// Opens an address, as an `http://127.0.0.1:PORT` to listen on names it.
    fn listen(&self, address: SocketAddr) -> Pending<'_, io::Result<Box<dyn Accept>>>;

    /// Connects to an address, as an `http://127.0.0.1:PORT` to call names it.
    fn connect(&self, address: SocketAddr) -> Pending<'_, io::Result<Box<dyn Stream>>>;

    /// How long work takes that waits for a disk, in the simulation's time. Others go on meanwhile.
    fn pause(&self) -> Pending<'_, ()>;
}

/// The machine that a program runs on. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Machine(Option<Arc<dyn SimulatedMachine>>);

impl Machine {
    /// This one: the operating system's sockets, tokio's threads.
    #[must_use]
    pub const fn this() -> Self {
        Self(None)
    }

    /// One that a simulation stands in for. Only plain HTTP runs over it: it opens no address of TLS, and calls none. Unix
    /// sockets remain those of the operating system.
    #[must_use]
    pub fn simulated(machine: Arc<dyn SimulatedMachine>) -> Self {
        Self(Some(machine))
    }

    /// The simulation, if this is one.
    pub(crate) fn simulation(&self) -> Option<&Arc<dyn SimulatedMachine>> {
        self.0.as_ref()
    }

    /// Runs work that waits for disks or takes long, away from the threads that serve connections. In a simulation it runs in
    /// place after a [`SimulatedMachine::pause`], because threads would end it in an order that no seed repeats.
    ///
    /// # Errors
    /// [`JoinError`]: the work panicked, or the process is ending. What it did is not known.
    pub async fn blocking<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, JoinError> {
        match &self.0 {
            None => tokio::task::spawn_blocking(work).await,
            Some(simulation) => {
                simulation.pause().await;
                Ok(work())
            }
        }
    }
}

/// Why something does not run over a simulated machine.
pub(crate) fn not_simulated() -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, "only plain HTTP runs over a simulated machine")
}
