//! What is permitted, kept beside the federation by those who act in it: who granted what, who took what back and when that was
//! acknowledged. It knows nothing of how a node decides.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard};

use pod_protocol::ids::{GrantId, ObjectId};

use crate::federation::{ASKERS, CITIZENS, HOLDERS};
use crate::history::Moment;

/// How long a command that got no answer can still take effect: it counts for 60 s, clocks differ by 60 s, and a held message is
/// late by as much.
const LATE_MS: u64 = 240_000;

/// A holder acts on what stands in the log within so long of hearing the directory: it looks every 30 s, and a look takes its time.
/// What citizens are promised.
pub const HEARD_MS: u64 = 35_000;

/// A record type and the path of a field.
pub type Field = (String, String);

/// Whether `above` is `field` or has it below it.
pub fn covers(above: &str, field: &str) -> bool {
    field == above || field.strip_prefix(above).is_some_and(|rest| rest.starts_with('.'))
}

/// One grant that somebody signed.
#[derive(Clone, Debug)]
pub struct GrantFact {
    pub holder: usize,
    pub citizen: usize,
    pub fields: BTreeSet<Field>,
    pub issued: u64,
    pub expires: u64,
    pub to: usize,
    pub purpose: &'static str,
    /// Why it must never count, if so: it is wider than its parent, or not its signer's to give.
    pub never: Option<&'static str>,
    /// When its end was acknowledged.
    pub revoked: Option<Moment>,
    /// When its end stood in the directory's log, if it was posted there.
    pub logged_ms: Option<u64>,
    /// From when on its holder must have acted on that.
    pub heard_ms: Option<u64>,
}

/// One change of something that is on or off.
#[derive(Clone, Copy, Debug)]
struct Change {
    on: bool,
    begun: Moment,
    done: Option<Moment>,
}

/// Something that is on or off, with what is known of when.
#[derive(Clone, Debug, Default)]
pub struct Switch(Vec<Change>);

impl Switch {
    /// A change is asked for. Gives its number.
    pub fn begin(&mut self, on: bool, begun: Moment) -> usize {
        self.0.push(Change { on, begun, done: None });
        self.0.len() - 1
    }

    /// It was acknowledged.
    pub fn done(&mut self, number: usize, moment: Moment) {
        self.0[number].done = Some(moment);
    }

    /// Whether it was on at a moment whatever order messages took: acknowledged before, and nothing that could have ended it.
    pub fn surely_on(&self, at: Moment) -> bool {
        let on = self.0.iter().rev().find(|change| change.on && change.done.is_some_and(|done| done < at));
        on.is_some_and(|on| {
            let may_end = |off: &&Change| {
                let after = off.done.is_none_or(|done| done > on.begun);
                let late = off.done.is_some() || off.begun > on.begun || off.begun.ms + LATE_MS > at.ms;
                !off.on && off.begun < at && after && late
            };
            !self.0.iter().any(|change| may_end(&change))
        })
    }

    /// Whether it is on, and was before that many milliseconds had gone by.
    pub fn surely_on_since(&self, before: Moment) -> bool {
        let on = self.0.iter().rev().find(|change| change.on && change.done.is_some());
        on.is_some_and(|on| on.done.is_some_and(|done| done.ms < before.ms)) && self.surely_on(before)
    }

    /// Whether somebody asked for it to be on, and nobody for it to be off since: what is wanted, if not surely so.
    pub fn wanted(&self) -> bool {
        self.0.last().is_some_and(|change| change.on)
    }
}

/// What stands over one pod.
#[derive(Debug, Default)]
pub struct PodFact {
    /// Of one record type, or of all.
    pub restricted: BTreeMap<Option<&'static str>, Switch>,
    /// At one organisation, or at all.
    pub objected: BTreeMap<Option<usize>, Switch>,
    pub protected: Switch,
}

/// A chain that a service holds, the root first.
#[derive(Clone, Debug)]
pub struct Held {
    pub chain: Vec<Vec<u8>>,
    pub ids: Vec<GrantId>,
}

#[derive(Debug, Default)]
pub struct Facts {
    pub grants: BTreeMap<GrantId, GrantFact>,
    pub pods: BTreeMap<(usize, usize), PodFact>,
    /// What each service holds.
    pub held: BTreeMap<usize, Vec<Held>>,
    /// Of each organisation that asks: suspended in the registry.
    pub suspended: BTreeMap<usize, Switch>,
    /// When each holder last heard the directory.
    pub heard_ms: BTreeMap<usize, u64>,
    /// Since when each holder and the directory are there, and whole between them; nothing of one that is cut off.
    pub whole_since_ms: BTreeMap<usize, u64>,
    /// What each revocation ends that was posted to the directory's log.
    pub posted: BTreeMap<ObjectId, Vec<GrantId>>,
    /// Those that another node took, and is to pass on.
    pub forwarded: BTreeSet<ObjectId>,
    /// Those that waited at a node shortly before the end.
    pub waiting: BTreeSet<ObjectId>,
    /// What refusals look like from outside, without ids: one form for each word.
    pub refusals: BTreeMap<String, Vec<u8>>,
    /// What somebody is about to end, and its service fetches by at that very moment.
    pub hurry: Vec<Held>,
    /// Every answer that arrived: holder, place in the log, request, and the names that were released.
    pub answered: Vec<Answered>,
}

/// An item of an answer that arrived.
#[derive(Clone, Debug)]
pub struct Answered {
    pub holder: usize,
    pub citizen: Option<usize>,
    pub index: u64,
    pub request: [u8; 32],
    pub released: Option<BTreeSet<Field>>,
}

/// The facts of one run, shared by all who act.
#[derive(Debug, Default)]
pub struct Model(Mutex<Facts>);

impl Model {
    pub fn new() -> Self {
        let pods = (0..HOLDERS.len()).flat_map(|holder| (0..CITIZENS).map(move |citizen| (holder, citizen)));
        let askers = 0..ASKERS.len();
        Self(Mutex::new(Facts {
            pods: pods.map(|key| (key, PodFact::default())).collect(),
            held: askers.clone().map(|asker| (asker, Vec::new())).collect(),
            suspended: askers.map(|asker| (asker, Switch::default())).collect(),
            whole_since_ms: (0..HOLDERS.len()).map(|holder| (holder, 0)).collect(),
            ..Facts::default()
        }))
    }

    pub fn facts(&self) -> MutexGuard<'_, Facts> {
        self.0.lock().unwrap()
    }
}

impl Facts {
    pub fn pod(&mut self, holder: usize, citizen: usize) -> &mut PodFact {
        self.pods.get_mut(&(holder, citizen)).unwrap()
    }

    /// A grant's end was acknowledged; the first time counts.
    pub fn revoked(&mut self, grant: &GrantId, moment: Moment) {
        let fact = self.grants.get_mut(grant).unwrap();
        fact.revoked = Some(fact.revoked.map_or(moment, |before| before.min(moment)));
    }

    /// Something stands in the directory's log; the first time counts. Says whether it is a revocation that was not known to.
    pub fn logged(&mut self, posted: &ObjectId, now_ms: u64) -> bool {
        let mut news = false;
        for grant in self.posted.get(posted).into_iter().flatten() {
            let fact = self.grants.get_mut(grant).unwrap();
            news |= fact.logged_ms.is_none();
            fact.logged_ms.get_or_insert(now_ms);
        }
        news
    }

    /// What a node took and neither passed on nor keeps.
    pub fn lost(&self) -> Option<ObjectId> {
        let stands = |posted: &ObjectId| self.posted[posted].iter().all(|grant| self.grants[grant].logged_ms.is_some());
        self.forwarded.iter().find(|posted| !stands(posted) && !self.waiting.contains(posted)).copied()
    }

    /// A holder can hear the directory from now on, or not any more.
    pub fn whole(&mut self, holder: usize, whole: bool, now_ms: u64) {
        self.settle(holder, now_ms);
        match whole {
            true => {
                self.whole_since_ms.entry(holder).or_insert(now_ms);
            }
            false => {
                self.whole_since_ms.remove(&holder);
            }
        }
    }

    /// Looks what a holder must have heard by now: it could for [`HEARD_MS`] without a break.
    pub fn settle(&mut self, holder: usize, now_ms: u64) {
        let Some(since_ms) = self.whole_since_ms.get(&holder) else { return };
        for fact in self.grants.values_mut().filter(|fact| fact.holder == holder && fact.heard_ms.is_none()) {
            let heard_ms = fact.logged_ms.map(|logged_ms| logged_ms.max(*since_ms) + HEARD_MS);
            fact.heard_ms = heard_ms.filter(|heard_ms| *heard_ms <= now_ms);
        }
    }
}
