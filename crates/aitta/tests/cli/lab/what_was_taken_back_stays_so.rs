//! Revocation while the network is broken: directly, never an accept after the acknowledgement; through the log when the holder
//! is not reached, accepted nowhere after a look.

use super::region::{Pace, Region};
use super::scenario::Acknowledged::{AtOnce, ThroughANode, ThroughTheLog};
use super::scenario::Fault::{Alone, Cut, CutOneWay, Paused};
use super::scenario::Place::{Desk, Directory, Holder, Kitchen, Peer, Wallet};
use super::scenario::TakenBack;

pub const ROWS: &[TakenBack] = &[
    TakenBack { name: "nothing is broken", faults: &[], by: Wallet, acknowledged: AtOnce },
    TakenBack { name: "the directory is cut off", faults: &[Alone(Directory)], by: Wallet, acknowledged: AtOnce },
    TakenBack { name: "the peer is cut off", faults: &[Alone(Peer)], by: Wallet, acknowledged: AtOnce },
    TakenBack {
        name: "directory and peer are cut off",
        faults: &[Alone(Directory), Alone(Peer)],
        by: Wallet,
        acknowledged: AtOnce,
    },
    TakenBack {
        name: "the holder does not hear the directory",
        faults: &[CutOneWay { from: Directory, to: Holder }],
        by: Wallet,
        acknowledged: AtOnce,
    },
    TakenBack {
        name: "the directory does not hear the holder",
        faults: &[CutOneWay { from: Holder, to: Directory }],
        by: Wallet,
        acknowledged: AtOnce,
    },
    TakenBack { name: "the directory stands still", faults: &[Paused(Directory)], by: Wallet, acknowledged: AtOnce },
    TakenBack {
        name: "both services stand still, each in the middle of a call or not",
        faults: &[Paused(Desk), Paused(Kitchen)],
        by: Wallet,
        acknowledged: AtOnce,
    },
    TakenBack {
        name: "whoever passed it on takes it back, and the directory is cut off",
        faults: &[Alone(Directory)],
        by: Desk,
        acknowledged: AtOnce,
    },
    TakenBack {
        name: "the holder does not hear the wallet",
        faults: &[CutOneWay { from: Wallet, to: Holder }],
        by: Wallet,
        acknowledged: ThroughTheLog,
    },
    TakenBack {
        name: "the wallet does not hear the holder",
        faults: &[CutOneWay { from: Holder, to: Wallet }],
        by: Wallet,
        acknowledged: ThroughTheLog,
    },
    TakenBack {
        name: "the holder and the directory do not hear the wallet",
        faults: &[CutOneWay { from: Wallet, to: Holder }, Cut(Wallet, Directory)],
        by: Wallet,
        acknowledged: ThroughANode,
    },
    TakenBack {
        name: "whoever passed it on takes it back, and does not reach the holder",
        faults: &[Cut(Desk, Holder)],
        by: Desk,
        acknowledged: ThroughTheLog,
    },
    TakenBack { name: "the holder stands still", faults: &[Paused(Holder)], by: Wallet, acknowledged: ThroughTheLog },
];

#[test]
fn whatever_is_cut_off() {
    let Some(mut region) = Region::begin(Pace::SHORT) else { return };
    for row in ROWS {
        let measured = row.play(&mut region);
        println!("{}: {measured:?}", row.name);
    }
}
