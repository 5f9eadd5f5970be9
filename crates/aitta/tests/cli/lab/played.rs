//! How a row is played, and what must hold in it whatever breaks.

use std::time::Duration;

use pod_testkit::lab::now_nanos;

use super::fetching::{Answered, Fetching};
use super::region::{Given, Region};
use super::scenario::{Acknowledged, Announced, Chain, Fault, Place, Says, TakenBack, Watched};
use crate::world::Ran;

const NANOS_PER_SEC: u64 = 1_000_000_000;
/// What a look at the directory may take, once it is due and everything is whole.
pub const LOOK_SECS: u64 = 5;
/// Beyond the bound, until a refusal must have been seen: a call that hung is given up and the next is answered.
const UNTIL_SEEN_SECS: u64 = 10;
/// What a node may take to post what it was given for the log: it looks at what waits every 5 s.
const FORWARDED_SECS: u64 = 10;
/// The exit code of a command that did its work in part.
const IN_PART: i32 = 7;

/// What was measured, in seconds.
#[derive(Debug, Default)]
pub struct Measured {
    /// Answers that both services got.
    pub answers: usize,
    /// What carried the kitchen's first: a holder whose places for a peer are taken by connections of killed processes leaves
    /// it HTTPS.
    pub way: String,
    /// Until the last fetch began that was released: from the break; of what the directory says or its log has, from when the
    /// holder could hear it.
    pub last_accept_secs: Option<f64>,
    /// From healing until the passed-on grant counted again.
    pub recovered_secs: Option<f64>,
}

/// Both services at work under what was given for this row.
struct Scene {
    given: Given,
    desk: Fetching,
    kitchen: Fetching,
}

impl Scene {
    fn begin(region: &Region) -> Self {
        let given = region.given();
        let [desk, kitchen] = [Place::Desk, Place::Kitchen].map(|place| region.fetching(place, &given));
        desk.until_released(0);
        kitchen.until_released(0);
        Self { given, desk, kitchen }
    }

    fn breaks(&self, region: &mut Region, faults: &[Fault]) {
        faults.iter().for_each(|fault| region.breaks(*fault, &[&self.desk, &self.kitchen]));
    }

    fn measured(&self) -> Measured {
        let (desk, kitchen) = (self.desk.answers(), self.kitchen.answers());
        Measured { answers: desk.len() + kitchen.len(), way: kitchen[0].way.clone(), ..Measured::default() }
    }
}

impl TakenBack {
    /// Plays it: once the holder's word is there, no fetch is released that began after it, and none that the holder's log has
    /// after the revocation. What stands in the directory's log is accepted nowhere after a look of a holder that hears it.
    pub fn play(&self, region: &mut Region) -> Measured {
        let scene = Scene::begin(region);
        scene.breaks(region, self.faults);
        let mut ran = region.take_back(self.by, &scene.given);
        let mut last_accept_secs = None;
        if self.acknowledged == Acknowledged::AtOnce {
            self.holds_already(&scene, now_nanos());
        } else {
            last_accept_secs = Some(self.holds_after_a_look(region, &scene, &ran));
        }
        region.heals();
        if self.acknowledged != Acknowledged::AtOnce {
            ran = region.take_back(self.by, &scene.given);
        }
        let (told, index) = (now_nanos(), self.index(ran));
        for ended in self.ended(&scene) {
            ended.until_some(told, "denied");
            self.holds(&ended.answers(), told, index);
        }
        if self.by == Place::Desk {
            scene.desk.until_released(told);
        }
        Measured { last_accept_secs, ..scene.measured() }
    }

    /// It was posted: a look after the holder could hear of it, whoever can ask is refused. In seconds after that moment, when the
    /// last fetch began that was released.
    fn holds_after_a_look(&self, region: &mut Region, scene: &Scene, ran: &Ran) -> f64 {
        assert_eq!(ran.code, IN_PART, "{}: {ran:?}", self.name);
        let posted = &ran.json()["posted"];
        let passed_on_secs = match self.acknowledged {
            Acknowledged::ThroughANode => {
                assert!(posted["forwarded_by"].is_string(), "{}: {ran:?}", self.name);
                FORWARDED_SECS
            }
            _ => {
                assert!(posted["proven"].as_bool() == Some(true), "{}: {ran:?}", self.name);
                0
            }
        };
        if self.stands_still(Place::Holder) {
            region.heals();
        }
        let heard = now_nanos();
        let effective = heard + (region.pace.refresh_secs + LOOK_SECS + passed_on_secs) * NANOS_PER_SEC;
        scene.kitchen.until_some(effective, "denied");
        let released = |one: &Answered| one.is_released() && one.begun > heard;
        let begun = self.ended(scene).into_iter().flat_map(Fetching::answers).filter(released).map(|one| one.begun);
        let last = begun.max().unwrap_or(heard);
        assert!(last <= effective, "{}: accepted {} s after it was heard", self.name, secs_between(heard, last));
        secs_between(heard, last)
    }

    fn stands_still(&self, place: Place) -> bool {
        self.faults.iter().any(|fault| matches!(fault, Fault::Paused(one) if *one == place))
    }

    /// Whoever can still ask is refused, before anything is healed.
    fn holds_already(&self, scene: &Scene, told: u64) {
        if !self.stands_still(Place::Kitchen) {
            scene.kitchen.until_some(told, "denied");
        }
    }

    /// What nothing may be released under any more.
    fn ended<'a>(&self, scene: &'a Scene) -> Vec<&'a Fetching> {
        match self.by {
            Place::Wallet => vec![&scene.desk, &scene.kitchen],
            _ => vec![&scene.kitchen],
        }
    }

    fn index(&self, ran: Ran) -> u64 {
        assert_eq!(ran.code, 0, "{}: {ran:?}", self.name);
        ran.json()["audit_index"].as_u64().unwrap()
    }

    fn holds(&self, answers: &[Answered], told: u64, index: u64) {
        for one in answers.iter().filter(|one| one.is_released()) {
            assert!(one.begun < told, "{}: released after the acknowledgement: {one:?}", self.name);
            assert!(one.index.unwrap() < index, "{}: released after entry {index} of the log: {one:?}", self.name);
        }
    }
}

impl Watched {
    /// Plays it: no fetch under a passed-on grant is released that began when the holder had not heard the directory for longer
    /// than the bound; and it counts again soon after everything is whole.
    pub fn play(&self, region: &mut Region) -> Measured {
        let scene = Scene::begin(region);
        scene.breaks(region, self.faults);
        let broken = now_nanos();
        let bound = broken + region.pace.bound_secs * NANOS_PER_SEC;
        match self.chain {
            Chain::GoesOn => scene.kitchen.until_released(bound),
            Chain::RefusedAtOnce | Chain::RefusedAfterTheBound => self.refused(region, &scene, bound),
        }
        if self.single_goes_on {
            scene.desk.until_released(bound);
        }
        let mut measured = scene.measured();
        let healed = now_nanos();
        region.heals();
        let seen = scene.kitchen.answers();
        let last = seen.iter().filter(|one| one.is_released() && one.begun > broken).map(|one| one.begun).max();
        measured.last_accept_secs = last.map(|last| secs_between(broken, last));
        measured.recovered_secs = Some(self.recovers(region, &scene, healed));
        self.none_too_late(&scene, broken, bound, healed);
        measured
    }

    fn refused(&self, region: &Region, scene: &Scene, bound: u64) {
        let within = Duration::from_secs(region.pace.bound_secs + UNTIL_SEEN_SECS);
        if !self.single_goes_on {
            // The holder stands still, or nobody hears it: there is nothing to see but that the time goes by.
            return scene.kitchen.until("the bound is over", within, |_| now_nanos() > bound);
        }
        let refused = |all: &[Answered]| all.last().is_some_and(|one| one.outcome == "unavailable");
        scene.kitchen.until(self.name, within, refused);
        let says = region.readiness(Place::Holder);
        assert_eq!((&says["ready"], &says["notices"][0]["code"]), (&true.into(), &"registry-stale".into()), "{says}");
        let age_secs = says["revocations"]["looked_secs_ago"].as_u64();
        match self.chain {
            Chain::RefusedAtOnce => assert_eq!(age_secs, None, "{}: {says}", self.name),
            _ => assert!(age_secs.unwrap() >= region.pace.bound_secs, "{}: {says}", self.name),
        }
    }

    /// How long it took.
    fn recovers(&self, region: &Region, scene: &Scene, healed: u64) -> f64 {
        scene.kitchen.until_released(healed);
        let first = scene.kitchen.answers().into_iter().find(|one| one.is_released() && one.begun > healed);
        let took = secs_between(healed, first.unwrap().ended);
        let allowed = region.pace.refresh_secs + LOOK_SECS;
        assert!(took <= Duration::from_secs(allowed).as_secs_f64(), "{}: counted again after {took} s", self.name);
        took
    }

    fn none_too_late(&self, scene: &Scene, broken: u64, bound: u64, healed: u64) {
        let from = match self.chain {
            Chain::GoesOn => return,
            Chain::RefusedAtOnce => broken,
            Chain::RefusedAfterTheBound => bound,
        };
        let answers = scene.kitchen.answers();
        // What began before healing and was answered after it, the holder may have looked in between.
        let late = answers.iter().find(|one| one.is_released() && one.begun > from && one.ended < healed);
        assert!(late.is_none(), "{}: accepted with too old a view: {late:?}", self.name);
    }
}

impl Announced {
    /// Plays it: whoever hears the directory again acts on its word within a look, and until then the bound holds.
    pub fn play(&self, region: &mut Region) -> Measured {
        let scene = Scene::begin(region);
        scene.breaks(region, self.faults);
        let broken = now_nanos();
        self.says.begin(region);
        if !self.faults.is_empty() {
            let bound = broken + region.pace.bound_secs * NANOS_PER_SEC;
            let over = |_: &[Answered]| now_nanos() > bound;
            scene.kitchen.until(
                "the bound is over",
                Duration::from_secs(region.pace.bound_secs + UNTIL_SEEN_SECS),
                over,
            );
            let late = scene.kitchen.answers().into_iter().find(|one| one.is_released() && one.begun > bound);
            assert!(late.is_none(), "{}: accepted with too old a view: {late:?}", self.name);
        }
        let heard = now_nanos();
        region.heals();
        let effective = heard + (region.pace.refresh_secs + LOOK_SECS) * NANOS_PER_SEC;
        scene.kitchen.until_some(effective, self.says.outcome());
        let accepted = scene.kitchen.answers().into_iter().filter(|one| one.is_released() && one.begun > heard);
        let last = accepted.map(|one| one.begun).max();
        assert!(last.is_none_or(|last| last <= effective), "{}: {:?}", self.name, last.map(|last| last - heard));
        scene.desk.until_released(heard);
        self.says.end(region);
        scene.kitchen.until_released(effective);
        Measured { last_accept_secs: last.map(|last| secs_between(heard, last)), ..scene.measured() }
    }
}

impl Says {
    fn begin(self, region: &Region) {
        match self {
            Self::KitchenIsSuspended => region.suspend_kitchen(true),
        }
    }

    /// What the kitchen is answered then.
    const fn outcome(self) -> &'static str {
        match self {
            Self::KitchenIsSuspended => "denied",
        }
    }

    fn end(self, region: &Region) {
        match self {
            Self::KitchenIsSuspended => region.suspend_kitchen(false),
        }
    }
}

fn secs_between(from: u64, to: u64) -> f64 {
    Duration::from_nanos(to.saturating_sub(from)).as_secs_f64()
}
