//! What a row of a table can say: who is there, what breaks, what must come out.

/// A host, and what runs there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    Directory,
    /// Helsinki's node: holds the citizen's data.
    Holder,
    /// Espoo's node: another holder, and the organisation of the desk.
    Peer,
    /// Oulu's and Turku's nodes: they watch the directory with the others, so that one may be cut off.
    East,
    West,
    /// The citizen's wallet.
    Wallet,
    /// Espoo's service: has a grant of the citizen.
    Desk,
    /// The kitchen company's service: has what the desk passed on. It is behind a router.
    Kitchen,
}

impl Place {
    pub const ALL: [Self; 8] =
        [Self::Directory, Self::Holder, Self::Peer, Self::East, Self::West, Self::Wallet, Self::Desk, Self::Kitchen];
    /// Who has a node.
    pub const NODES: [Self; 4] = [Self::Holder, Self::Peer, Self::East, Self::West];

    /// What its host is called.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Directory => "directory",
            Self::Holder => "holder",
            Self::Peer => "peer",
            Self::East => "east",
            Self::West => "west",
            Self::Wallet => "wallet",
            Self::Desk => "desk",
            Self::Kitchen => "kitchen",
        }
    }

    /// Where its files are.
    pub const fn folder(self) -> &'static str {
        match self {
            Self::Holder => "helsinki",
            Self::Peer => "espoo",
            Self::East => "oulu",
            Self::West => "turku",
            other => other.name(),
        }
    }
}

/// What breaks.
#[derive(Clone, Copy, Debug)]
pub enum Fault {
    /// Two do not hear each other.
    Cut(Place, Place),
    /// One does not hear the other, and is heard.
    CutOneWay { from: Place, to: Place },
    /// Nobody and one hear each other.
    Alone(Place),
    /// SIGSTOP.
    Paused(Place),
    /// kill -9 and a new start.
    Restarted(Place),
}

/// Somebody takes something back while something is broken.
pub struct TakenBack {
    pub name: &'static str,
    pub faults: &'static [Fault],
    /// [`Place::Wallet`] the grant, [`Place::Desk`] what it passed on.
    pub by: Place,
    pub acknowledged: Acknowledged,
}

/// When whoever takes back gets the holder's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acknowledged {
    /// At once, whatever is broken.
    AtOnce,
    /// They do not reach the holder: the revocation is posted to the directory's log, and the holder acts on it within a look
    /// of hearing the directory. Its word comes when it is healed and they ask again.
    ThroughTheLog,
    /// The same, and another node posts it: they do not reach the directory either.
    ThroughANode,
}

/// A passed-on grant, while something is broken for longer than the bound.
pub struct Watched {
    pub name: &'static str,
    pub faults: &'static [Fault],
    pub chain: Chain,
    /// Whether a grant straight from the citizen goes on meanwhile: it must wherever the holder works.
    pub single_goes_on: bool,
}

/// What becomes of the passed-on grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chain {
    /// It is refused from the bound on.
    RefusedAfterTheBound,
    /// It is refused at once: nobody knows how old the view is.
    RefusedAtOnce,
    /// It goes on: the holder still hears the directory.
    GoesOn,
}

/// The directory says something that ends a passed-on grant.
pub struct Announced {
    pub name: &'static str,
    /// Broken while it is said, for longer than the bound.
    pub faults: &'static [Fault],
    pub says: Says,
}

/// What it says.
#[derive(Clone, Copy, Debug)]
pub enum Says {
    /// The organisation of the kitchen is suspended.
    KitchenIsSuspended,
}
