//! What the directory says reaches every holder that hears it within a look: accepted nowhere after that.

use super::region::{Pace, Region};
use super::scenario::Announced;
use super::scenario::Fault::{Alone, CutOneWay};
use super::scenario::Place::{Directory, Holder};
use super::scenario::Says::KitchenIsSuspended;

pub const ROWS: &[Announced] = &[
    Announced { name: "an organisation is suspended", faults: &[], says: KitchenIsSuspended },
    Announced {
        name: "an organisation is suspended while the directory is cut off",
        faults: &[Alone(Directory)],
        says: KitchenIsSuspended,
    },
    Announced {
        name: "an organisation is suspended while the holder does not hear the directory",
        faults: &[CutOneWay { from: Directory, to: Holder }],
        says: KitchenIsSuspended,
    },
];

#[test]
fn within_a_look_of_hearing_it() {
    let Some(mut region) = Region::begin(Pace::SHORT) else { return };
    for row in ROWS {
        let measured = row.play(&mut region);
        println!("{}: {measured:?}", row.name);
    }
}
