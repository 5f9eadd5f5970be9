//! What goes wrong, and what registers bring: drawn from the seed between the steps of a run.

use std::sync::Arc;

use tokio::runtime::Runtime;
use turmoil::Sim;

use crate::check::Checker;
use crate::dice::Dice;
use crate::federation::{CITIZENS, HOLDERS};
use crate::ground::Ground;
use crate::holder::Holder;
use crate::planted::Planted;

/// Hosts between which connections are cut, the holders first.
pub const HOSTS: [&str; 7] = ["helsinki", "turku", "directory", "citizens", "espoo", "processors", "kela"];
const DIRECTORY: usize = 2;

/// What is wrong with the way between two hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cut {
    Both,
    OneWay,
    Held,
}

/// Trouble that ends by itself.
struct Trouble {
    ends_ms: u64,
    what: What,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Cut { from: usize, to: usize, cut: Cut },
    Down(usize),
}

/// Makes trouble until it is told to heal.
pub struct Faults {
    dice: Dice,
    checker: Arc<Checker>,
    /// Of those of [`HOSTS`] that can lose their power: holders and directory.
    grounds: Vec<Arc<Ground>>,
    /// For imports, which run on threads.
    runtime: Runtime,
    next_ms: u64,
    /// When a holder is cut from the directory for longer than its view may be old, if it is.
    long_cut: Option<(u64, usize)>,
    troubles: Vec<Trouble>,
    /// An import that waits for a moment at which nobody is between a decision and an answer.
    waiting: Option<(usize, usize)>,
    planted: Planted,
}

impl Faults {
    pub fn new(seed: u64, checker: Arc<Checker>, grounds: Vec<Arc<Ground>>, planted: Planted) -> Self {
        let dice = Dice::new(seed, "faults");
        let long_cut = dice.percent(60).then(|| (dice.between(10_000, 60_000), dice.below(3) as usize));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self {
            dice,
            checker,
            grounds,
            runtime,
            next_ms: 12_000,
            long_cut,
            troubles: Vec::new(),
            waiting: None,
            planted,
        }
    }

    /// What happens between two steps.
    pub fn step(&mut self, sim: &mut Sim<'_>, now_ms: u64) {
        let (ended, going_on) = std::mem::take(&mut self.troubles).into_iter().partition(|one| one.ends_ms <= now_ms);
        self.troubles = going_on;
        for Trouble { what, .. } in ended {
            self.end(sim, what);
            self.tell_who_is_whole();
        }
        self.import();
        if let Some((at_ms, which)) = self.long_cut
            && at_ms <= now_ms
        {
            self.long_cut = None;
            let ends_ms = now_ms + self.dice.between(315_000, 380_000);
            for holder in (0..HOLDERS.len()).filter(|holder| which == 2 || which == *holder) {
                self.begin(sim, ends_ms, What::Cut { from: holder, to: DIRECTORY, cut: Cut::Both });
            }
        }
        if self.next_ms <= now_ms {
            self.next_ms = now_ms + self.dice.between(2_000, 25_000);
            self.something(sim, now_ms);
        }
    }

    fn something(&mut self, sim: &mut Sim<'_>, now_ms: u64) {
        let dice = &self.dice;
        match dice.below(100) {
            chance @ 0..45 => {
                let from = dice.below(HOLDERS.len() as u64 + 1) as usize;
                let to = dice.below(HOSTS.len() as u64) as usize;
                let (cut, most_ms) = match chance {
                    0..20 => (Cut::Both, 60_000),
                    20..35 => (Cut::OneWay, 60_000),
                    _ => (Cut::Held, 25_000),
                };
                let (from, to) = if cut == Cut::OneWay && dice.percent(50) { (to, from) } else { (from, to) };
                let ends_ms = now_ms + dice.between(500, most_ms);
                if from != to {
                    self.begin(sim, ends_ms, What::Cut { from, to, cut });
                }
            }
            45..70 => {
                let host = dice.below(HOLDERS.len() as u64 + 1) as usize;
                let ends_ms = now_ms + dice.between(200, 30_000);
                self.begin(sim, ends_ms, What::Down(host));
            }
            _ => self.waiting = Some((dice.below(HOLDERS.len() as u64) as usize, dice.below(CITIZENS as u64) as usize)),
        }
    }

    fn note(&self, what: &str, hosts: &[usize]) {
        let names: Vec<&str> = hosts.iter().map(|host| HOSTS[*host]).collect();
        self.checker.history.note("faults", format!("{what} {}", names.join(" ")));
    }

    /// One thing at a time for each pair and each host: turmoil does not combine them.
    fn begin(&mut self, sim: &mut Sim<'_>, ends_ms: u64, what: What) {
        let taken = |other: &Trouble| match (&other.what, &what) {
            (What::Cut { from, to, .. }, What::Cut { from: a, to: b, .. }) => {
                (from, to) == (a, b) || (from, to) == (b, a)
            }
            (What::Down(one), What::Down(other)) => one == other,
            _ => false,
        };
        if self.troubles.iter().any(taken) {
            return;
        }
        match what {
            What::Cut { from, to, cut } => {
                self.note(&format!("{cut:?} cut"), &[from, to]);
                match cut {
                    Cut::Both => sim.partition(HOSTS[from], HOSTS[to]),
                    Cut::OneWay => sim.partition_oneway(HOSTS[from], HOSTS[to]),
                    Cut::Held => sim.hold(HOSTS[from], HOSTS[to]),
                }
                self.checker.history.count("cuts");
            }
            What::Down(host) => {
                self.note("power off", &[host]);
                let holder = self.checker.holders.get(host).cloned();
                if let Some(holder) = &holder {
                    holder.disk.power_off();
                }
                self.grounds[host].power_off();
                sim.crash(HOSTS[host]);
                assert!(holder.as_deref().and_then(Holder::node).is_none(), "something holds a node that has crashed");
                self.checker.history.count("crashes");
            }
        }
        self.troubles.push(Trouble { ends_ms, what });
        self.tell_who_is_whole();
    }

    /// Which holder can hear the directory, as nothing but this knows.
    fn tell_who_is_whole(&self) {
        let now_ms = self.checker.history.ms();
        for holder in 0..HOLDERS.len() {
            let breaks = |trouble: &Trouble| match trouble.what {
                What::Down(host) => [holder, DIRECTORY].contains(&host),
                What::Cut { from, to, .. } => [(holder, DIRECTORY), (DIRECTORY, holder)].contains(&(from, to)),
            };
            self.checker.model.facts().whole(holder, !self.troubles.iter().any(breaks), now_ms);
        }
    }

    fn end(&self, sim: &mut Sim<'_>, what: What) {
        match what {
            What::Cut { from, to, cut } => {
                self.note("whole again", &[from, to]);
                match cut {
                    Cut::Both => sim.repair(HOSTS[from], HOSTS[to]),
                    Cut::OneWay => sim.repair_oneway(HOSTS[from], HOSTS[to]),
                    Cut::Held => sim.release(HOSTS[from], HOSTS[to]),
                }
            }
            What::Down(host) => {
                self.note("power on", &[host]);
                sim.bounce(HOSTS[host]);
            }
        }
    }

    /// Everything is whole again.
    pub fn heal(&mut self, sim: &mut Sim<'_>) {
        self.waiting = None;
        for Trouble { what, .. } in std::mem::take(&mut self.troubles) {
            self.end(sim, what);
        }
        self.tell_who_is_whole();
    }

    /// A register says of one person that they are under non-disclosure, or no longer.
    fn import(&mut self) {
        let Some((holder, citizen)) = self.waiting else { return };
        let place = &self.checker.holders[holder];
        if place.node().is_none() || !place.ground.is_at_rest() {
            return;
        }
        self.waiting = None;
        let history = &self.checker.history;
        let begun = history.note("registers", format!("row of citizen {citizen} for holder {holder}"));
        let (on, number) = {
            let mut facts = self.checker.model.facts();
            let protected = &mut facts.pod(holder, citizen).protected;
            let on = !protected.wanted();
            (on, protected.begin(on, begun))
        };
        let mark = on && self.planted != Planted::MarkIsLost;
        place.import(&self.runtime, &self.checker.citizens[citizen], mark);
        let done = history.note("registers", format!("imported: non-disclosure is {on}"));
        self.checker.model.facts().pod(holder, citizen).protected.done(number, done);
        history.count("imports");
    }
}
