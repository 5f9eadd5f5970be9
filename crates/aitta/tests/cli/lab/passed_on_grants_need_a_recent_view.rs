//! A chain of more than one link is refused when the holder has not heard the directory for longer than the bound; a grant
//! straight from the citizen goes on, because its citizen has the direct way.

use super::region::{Pace, Region};
use super::scenario::Chain::{GoesOn, RefusedAfterTheBound, RefusedAtOnce};
use super::scenario::Fault::{Alone, Cut, CutOneWay, Paused, Restarted};
use super::scenario::Place::{Directory, Holder, Peer};
use super::scenario::Watched;

pub const ROWS: &[Watched] = &[
    Watched {
        name: "the directory is cut off",
        faults: &[Alone(Directory)],
        chain: RefusedAfterTheBound,
        single_goes_on: true,
    },
    Watched { name: "the peer is cut off", faults: &[Alone(Peer)], chain: GoesOn, single_goes_on: true },
    Watched {
        name: "holder and directory do not hear each other, nor holder and peer",
        faults: &[Cut(Holder, Directory), Cut(Holder, Peer)],
        chain: RefusedAfterTheBound,
        single_goes_on: true,
    },
    Watched {
        name: "the holder does not hear the directory",
        faults: &[CutOneWay { from: Directory, to: Holder }],
        chain: RefusedAfterTheBound,
        single_goes_on: true,
    },
    Watched {
        name: "the directory does not hear the holder",
        faults: &[CutOneWay { from: Holder, to: Directory }],
        chain: RefusedAfterTheBound,
        single_goes_on: true,
    },
    Watched {
        name: "the directory stands still",
        faults: &[Paused(Directory)],
        chain: RefusedAfterTheBound,
        single_goes_on: true,
    },
    Watched {
        name: "the holder stands still",
        faults: &[Paused(Holder)],
        chain: RefusedAfterTheBound,
        single_goes_on: false,
    },
    Watched {
        name: "the holder starts again while the directory is cut off",
        faults: &[Alone(Directory), Restarted(Holder)],
        chain: RefusedAtOnce,
        single_goes_on: true,
    },
];

#[test]
fn and_wait_for_one() {
    let Some(mut region) = Region::begin(Pace::SHORT) else { return };
    let mut ways = Vec::new();
    for row in ROWS {
        let measured = row.play(&mut region);
        println!("{}: {measured:?}", row.name);
        ways.push(measured.way);
    }
    assert!(ways.iter().any(|way| way == "quic"), "{ways:?}");
}
