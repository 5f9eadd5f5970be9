//! The people and organisations that the vectors and the tests are about. Everything is fixed: seeds, times, ids.

use std::collections::BTreeSet;
use std::sync::Arc;

use pod_crypto::{SeededRandom, SigningKey, random_array};
use pod_protocol::Verified;
use pod_protocol::answer::{Outcome, Receipt, ReceiptItem, data_digest};
use pod_protocol::chain::SharedGrant;
use pod_protocol::command::{Acknowledgement, Action, Command};
use pod_protocol::grant::{Grant, GrantLimits, Permission};
use pod_protocol::ids::{Cti, GrantId, ObjectId, PodId, Principal, Thumbprint};
use pod_protocol::key_event::{KeyChange, KeyEvent, KeyState};
use pod_protocol::path::{Caller, Channel};
use pod_protocol::request::{Binding, Request, RequestItem, Wanted};
use pod_protocol::revocation::{Revocation, Target};
use pod_protocol::standing::{Representative, Standing};
use pod_protocol::tree_head::TreeHead;

pub use super::short::{age, device, exists, fields, of, purpose, record, replay, thumbprint, wanted};

/// The second at which everything is judged: a Monday in September 2026.
pub const NOW: u64 = 1_790_000_000;
/// A day, in seconds.
pub const DAY: u64 = 24 * 3600;
/// The TLS exporter of the connection on which requests travel.
pub const EXPORTER: [u8; 32] = [0x5e; 32];
/// The holder's origin, for requests that cannot be bound to the connection itself.
pub const ORIGIN: &str = "https://pods.helsinki.example";

/// Anna and Bo, the city that holds their pods, the services that ask, and somebody who should not.
pub struct World {
    random: SeededRandom,
    /// Anna's telephone.
    pub anna: SigningKey,
    /// Anna's tablet, in her log from event 1 on.
    pub tablet: SigningKey,
    /// Bo, guardian until [`World::guardian_until`].
    pub bo: SigningKey,
    /// Helsinki's signing key.
    pub helsinki: SigningKey,
    /// The key of Espoo's early-education service.
    pub espoo: SigningKey,
    /// The key of a service of Espoo's processor.
    pub processor: SigningKey,
    /// The key of a service of the processor's own processor.
    pub archive: SigningKey,
    /// The key of nobody known.
    pub mallory: SigningKey,
    /// Anna's key events: inception, and the tablet added.
    pub anna_events: Vec<Verified<KeyEvent>>,
    /// Bo's key events.
    pub bo_events: Vec<Verified<KeyEvent>>,
}

impl World {
    /// The same world each time.
    pub fn new() -> Self {
        let random = SeededRandom::new(*b"aitta vectors, first edition ...");
        let key = || SigningKey::generate(&random);
        let (anna, tablet, bo, helsinki, espoo) = (key(), key(), key(), key(), key());
        let (processor, archive, mallory) = (key(), key(), key());
        let mut world = Self {
            random,
            anna,
            tablet,
            bo,
            helsinki,
            espoo,
            processor,
            archive,
            mallory,
            anna_events: Vec::new(),
            bo_events: Vec::new(),
        };
        let first = world.inception(&world.anna);
        let first = Verified::sign(&world.anna, first);
        let add = KeyEvent {
            seq: 1,
            previous: Some(first.id()),
            time_secs: NOW - 100 * DAY,
            change: KeyChange::AddDevice(device(&world.tablet, true, false)),
        };
        let add = Verified::sign(&world.anna, add);
        world.anna_events = vec![first, add];
        world.bo_events = vec![Verified::sign(&world.bo, world.inception(&world.bo))];
        world
    }

    /// An inception event for the log of `key` at Helsinki.
    pub fn inception(&self, key: &SigningKey) -> KeyEvent {
        KeyEvent {
            seq: 0,
            previous: None,
            time_secs: NOW - 200 * DAY,
            change: KeyChange::Inception {
                organisation: Some(self.holder()),
                devices: vec![device(key, true, true)],
                next: vec![random_array(&self.random)],
                threshold: 1,
                recovery: Vec::new(),
                salt: random_array(&self.random),
            },
        }
    }

    /// A fresh cti.
    pub fn cti(&self) -> Cti {
        Cti::new(random_array(&self.random))
    }

    /// All keys by the names that the vectors use.
    pub fn keys(&self) -> [(&'static str, &SigningKey); 8] {
        [
            ("anna", &self.anna),
            ("anna's tablet", &self.tablet),
            ("bo", &self.bo),
            ("helsinki", &self.helsinki),
            ("espoo early education", &self.espoo),
            ("processor", &self.processor),
            ("archive", &self.archive),
            ("mallory", &self.mallory),
        ]
    }

    /// Anna's pod at Helsinki.
    pub fn pod(&self) -> PodId {
        PodId::new([0xa1; 16])
    }

    /// Helsinki.
    pub fn holder(&self) -> Principal {
        Principal::new([0x11; 32])
    }

    /// Espoo, the organisation.
    pub fn espoo_organisation(&self) -> Principal {
        Principal::new([0x22; 32])
    }

    /// Espoo's early-education service.
    pub fn espoo_service(&self) -> Principal {
        Principal::new([0x23; 32])
    }

    /// The processor, the organisation.
    pub fn processor_organisation(&self) -> Principal {
        Principal::new([0x33; 32])
    }

    /// The archive, the organisation.
    pub fn archive_organisation(&self) -> Principal {
        Principal::new([0x44; 32])
    }

    /// The member organisation that a key works for.
    pub fn organisation_of(&self, key: &Thumbprint) -> Option<Principal> {
        [
            (&self.espoo, self.espoo_organisation()),
            (&self.processor, self.processor_organisation()),
            (&self.archive, self.archive_organisation()),
        ]
        .into_iter()
        .find(|(member, _)| thumbprint(member) == *key)
        .map(|(_, organisation)| organisation)
    }

    /// Anna's key log as Helsinki has it.
    pub fn anna_log(&self) -> KeyState {
        replay(&self.anna_events)
    }

    /// When Bo's authority ends: Anna turns 18.
    pub fn guardian_until(&self) -> u64 {
        NOW + 30 * DAY
    }

    /// What Helsinki has on record for Anna's pod.
    pub fn standing(&self) -> Standing {
        let mut standing = Standing::new(self.pod());
        standing.subject = Some(self.anna_log());
        standing.representatives.push(Representative {
            keys: replay(&self.bo_events),
            from_secs: NOW - 190 * DAY,
            until_secs: self.guardian_until(),
        });
        standing.restricted_types = BTreeSet::new();
        standing
    }

    /// A root grant by Anna: two record types with six fields, confirmed to Espoo's service.
    pub fn root(&self) -> Grant {
        Grant {
            issuer: self.anna_log().principal(),
            subject: self.pod(),
            audience: self.holder(),
            expires: NOW + 300 * DAY,
            not_before: None,
            issued: NOW - DAY,
            cti: self.cti(),
            confirmation: thumbprint(&self.espoo),
            parent: None,
            permissions: vec![
                Permission::Raw(of("resident"), fields(&["first_names", "last_name", "address"])),
                Permission::Raw(of("child-health"), fields(&["allergies.substance", "allergies.severity", "diet"])),
            ],
            purposes: vec![purpose("dpv:ServiceProvision")],
            limits: GrantLimits { depth: 0, ..GrantLimits::default() },
            key_event: 0,
            legal_basis: Some(purpose("eu-gdpr:A6-1-a")),
        }
    }

    /// A root grant that may be passed on three times, with every limit set and both kinds of permission.
    pub fn wide_root(&self) -> Grant {
        Grant {
            permissions: vec![
                Permission::Raw(of("resident"), fields(&["first_names", "address", "birth_date"])),
                Permission::Derived(of("child-health"), vec![exists("?allergic", "allergies")]),
            ],
            purposes: vec![purpose("dpv:ServiceProvision"), purpose("dpv:LegalCompliance")],
            limits: GrantLimits {
                uses: Some(100),
                rate: Some((10, 3600)),
                depth: 3,
                organisations: Some(vec![
                    self.espoo_organisation(),
                    self.processor_organisation(),
                    self.archive_organisation(),
                ]),
                retention_secs: Some(30 * DAY),
            },
            ..self.root()
        }
    }

    /// The narrowest honest child of `parent`, passed on by `from` to `to`: the same again, one step less deep.
    pub fn child(&self, parent: &Verified<Grant>, from: &SigningKey, to: &SigningKey) -> Grant {
        let issuer = self.organisation_of(&thumbprint(from)).unwrap_or_else(|| self.espoo_organisation());
        let limits = GrantLimits { depth: parent.limits.depth.saturating_sub(1), ..parent.limits.clone() };
        Grant {
            issuer,
            parent: Some(parent.id()),
            confirmation: thumbprint(to),
            cti: self.cti(),
            issued: parent.issued + 60,
            limits,
            key_event: 0,
            ..(**parent).clone()
        }
    }

    /// A chain of `links` honest grants: Anna, Espoo, its processor, the processor's archive, and Espoo again.
    pub fn chain(&self, links: usize) -> Vec<SharedGrant> {
        let keys = [&self.espoo, &self.processor, &self.archive, &self.espoo];
        let mut chain = vec![Arc::new(Verified::sign(&self.anna, self.wide_root()))];
        for pair in keys.windows(2).take(links.saturating_sub(1)) {
            let parent = chain.last().unwrap();
            let child = self.child(parent, pair[0], pair[1]);
            chain.push(Arc::new(Verified::sign(pair[0], child)));
        }
        chain
    }

    /// A request of Espoo's service about one chain, bound to the connection.
    pub fn request(&self, chain: Vec<GrantId>, wanted: Vec<Wanted>) -> Request {
        Request {
            issuer: self.espoo_service(),
            audience: self.holder(),
            expires: NOW + 100,
            issued: NOW - 5,
            cti: self.cti(),
            nonce: None,
            items: vec![RequestItem { chain, wanted }],
            purpose: purpose("dpv:ServiceProvision"),
            binding: Binding::Exporter(EXPORTER),
        }
    }

    /// Espoo's service as the registry knows it.
    pub fn caller(&self) -> Caller {
        Caller {
            service: self.espoo_service(),
            organisation: self.espoo_organisation(),
            key: self.espoo.public_key(),
            suspended: false,
        }
    }

    /// The connection on which requests come.
    pub fn channel(&self) -> Channel {
        Channel { peer: None, exporter: Some(EXPORTER), origins: Arc::from([ORIGIN.to_owned()]), nonce: None }
    }

    /// A receipt for one released item.
    pub fn receipt(&self, request: ObjectId, leaf: GrantId, data: &[u8]) -> Receipt {
        Receipt {
            issuer: self.holder(),
            audience: self.espoo_service(),
            issued: NOW,
            request,
            items: vec![ReceiptItem {
                leaf,
                outcome: Outcome::Released,
                released: vec![wanted("child-health", &["allergies.substance", "diet"])],
                digest: Some(data_digest(&[0x5a; 16], data)),
                audit_index: 4711,
            }],
            tree_size: 4712,
            tree_root: [0x77; 32],
        }
    }

    /// A command of Anna's.
    pub fn command(&self, action: Action) -> Command {
        Command {
            issuer: self.anna_log().principal(),
            subject: (!action.is_a_services()).then(|| self.pod()),
            audience: self.holder(),
            expires: NOW + 100,
            issued: NOW - 5,
            cti: self.cti(),
            nonce: Some(Cti::new([0x0e; 16])),
            action,
            binding: Binding::Origin(ORIGIN.to_owned()),
        }
    }

    /// Helsinki's word that it did what it was told.
    pub fn acknowledgement(&self, done: ObjectId) -> Acknowledgement {
        Acknowledgement {
            issuer: self.holder(),
            audience: self.anna_log().principal(),
            issued: NOW,
            of: done,
            audit_index: 4712,
            tree_size: 4713,
            tree_root: [0x78; 32],
        }
    }

    /// A revocation by Anna.
    pub fn revocation(&self, target: Target) -> Revocation {
        Revocation {
            issuer: self.anna_log().principal(),
            audience: self.holder(),
            issued: NOW - 5,
            cti: self.cti(),
            target,
        }
    }

    /// Helsinki's tree head.
    pub fn tree_head(&self) -> TreeHead {
        TreeHead { origin: self.holder(), size: 4713, root: [0x78; 32], time_secs: NOW }
    }
}
