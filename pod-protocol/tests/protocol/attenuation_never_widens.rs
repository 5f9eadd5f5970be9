//! Generated chains: an honest one gives no more than each of its links; one in which any field was widened is refused.

use std::sync::Arc;

use pod_crypto::SigningKey;
use pod_protocol::Refusal;
use pod_protocol::Verified;
use pod_protocol::chain::{ChainFacts, SharedGrant, check};
use pod_protocol::grant::{Grant, Permission};
use pod_protocol::ids::{ObjectId, PodId, Principal, Thumbprint};
use proptest::prelude::*;

use crate::vectors::world::{NOW, World, age, exists, fields, of, purpose, thumbprint};

/// How a link narrows what it got, as numbers to choose by.
#[derive(Clone, Debug)]
struct Narrowing {
    permissions: u8,
    purposes: u8,
    cut_secs: u64,
    /// By how much later it begins.
    wait_secs: u64,
    limits: (u64, u64, u64, u64),
    organisations: bool,
    drop_basis: bool,
}

fn narrowing() -> impl Strategy<Value = Narrowing> {
    let limits = (0..5_u64, 0..3_u64, 0..1000_u64, 0..1000_u64);
    (any::<u8>(), any::<u8>(), 0..1_000_000_u64, 0..100_u64, limits, any::<bool>(), any::<bool>()).prop_map(
        |(permissions, purposes, cut_secs, wait_secs, limits, organisations, drop_basis)| Narrowing {
            permissions,
            purposes,
            cut_secs,
            wait_secs,
            limits,
            organisations,
            drop_basis,
        },
    )
}

/// Of a list, those whose bit is set; the first when none is.
fn some<T: Clone>(list: &[T], bits: u8) -> Vec<T> {
    let chosen: Vec<T> =
        list.iter().enumerate().filter(|(at, _)| bits >> (at % 8) & 1 == 1).map(|(_, item)| item.clone()).collect();
    if chosen.is_empty() { list[..1].to_vec() } else { chosen }
}

fn narrow_permissions(permissions: &[Permission], bits: u8) -> Vec<Permission> {
    let mut narrowed: Vec<Permission> = Vec::new();
    for permission in some(permissions, bits) {
        match permission {
            // A field may become a question about it, when none is asked yet.
            Permission::Raw(record_type, list) if bits & 0xc0 == 0xc0 => {
                let known = |one: &Permission| matches!(one, Permission::Derived(known, _) if *known == record_type);
                let question = exists("?there", list[0].as_str());
                if !permissions.iter().any(known) {
                    narrowed.push(Permission::Derived(record_type, vec![question]));
                } else {
                    narrowed.push(Permission::Raw(record_type, some(&list, bits >> 1)));
                }
            }
            Permission::Raw(record_type, list) => narrowed.push(Permission::Raw(record_type, some(&list, bits >> 1))),
            Permission::Derived(record_type, list) => {
                narrowed.push(Permission::Derived(record_type, some(&list, bits >> 2)));
            }
        }
    }
    narrowed
}

fn narrow(grant: &mut Grant, by: &Narrowing) {
    grant.permissions = narrow_permissions(&grant.permissions, by.permissions);
    grant.purposes = some(&grant.purposes, by.purposes);
    grant.expires -= by.cut_secs;
    grant.not_before = grant.not_before.map(|begins| begins + by.wait_secs);
    let limits = &mut grant.limits;
    limits.uses = limits.uses.map(|uses| uses - by.limits.0);
    limits.rate = limits.rate.map(|(uses, secs)| (uses - by.limits.1, secs + by.limits.2));
    limits.retention_secs = limits.retention_secs.map(|secs| secs - by.limits.3);
    if by.organisations && limits.depth == 0 {
        // Nobody is left to whom it could be passed on.
        limits.organisations = None;
    }
    if by.drop_basis {
        grant.legal_basis = None;
    }
}

fn widest(world: &World) -> Grant {
    let mut root = world.wide_root();
    root.permissions = vec![
        Permission::Raw(of("resident"), fields(&["first_names", "address", "birth_date", "contact.email"])),
        Permission::Raw(of("child-health"), fields(&["allergies.substance", "diet"])),
        Permission::Derived(
            of("school"),
            vec![exists("?support", "support"), age("?seven", "born", 7, "2026-08-01"), exists("?absent", "absences")],
        ),
    ];
    root.purposes.push(purpose("dpv:ResearchAndDevelopment"));
    root.not_before = Some(NOW - 1000);
    root
}

fn signers(world: &World) -> [&SigningKey; 5] {
    [&world.anna, &world.espoo, &world.processor, &world.archive, &world.espoo]
}

fn chain(world: &World, narrowings: &[Narrowing]) -> Vec<SharedGrant> {
    let keys = signers(world);
    let mut chain = vec![Arc::new(Verified::sign(keys[0], widest(world)))];
    for (link, by) in narrowings.iter().enumerate() {
        let mut child = world.child(chain.last().unwrap(), keys[link + 1], keys[link + 2]);
        narrow(&mut child, by);
        chain.push(Arc::new(Verified::sign(keys[link + 1], child)));
    }
    chain
}

fn judge(world: &World, chain: &[SharedGrant]) -> Result<(), Refusal> {
    let facts = ChainFacts {
        standing: &world.standing(),
        holder: &world.holder(),
        taken_secs: &[],
        organisation_of: &|key| world.organisation_of(key),
        revocations_fresh: true,
        now_secs: NOW,
    };
    check(chain, &facts).map(drop)
}

/// Whether `upper` gives all that `lower` does, written anew from the words of the specification.
fn contains(upper: &Grant, lower: &Grant) -> bool {
    let raw = |record_type: &str, field: &str| {
        upper.permissions.iter().any(|one| match one {
            Permission::Raw(of, list) if of.as_str() == record_type => {
                list.iter().any(|given| field == given.as_str() || field.starts_with(&format!("{given}.")))
            }
            _ => false,
        })
    };
    let permissions = lower.permissions.iter().all(|one| match one {
        Permission::Raw(of, list) => list.iter().all(|field| raw(of.as_str(), field.as_str())),
        Permission::Derived(of, list) => list.iter().all(|question| {
            let same = upper
                .permissions
                .iter()
                .any(|one| matches!(one, Permission::Derived(known, all) if known == of && all.contains(question)));
            same || raw(of.as_str(), question.field.as_str())
        }),
    });
    let within = |lower: Option<u64>, upper: Option<u64>| match (lower, upper) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(lower), Some(upper)) => lower <= upper,
    };
    let rate = match (lower.limits.rate, upper.limits.rate) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some((uses, secs)), Some((most, least_secs))) => uses <= most && secs >= least_secs,
    };
    let organisations = match (&lower.limits.organisations, &upper.limits.organisations) {
        (_, None) => true,
        (None, Some(_)) => lower.limits.depth == 0,
        (Some(lower), Some(upper)) => lower.iter().all(|one| upper.contains(one)),
    };
    permissions
        && lower.subject == upper.subject
        && lower.audience == upper.audience
        && lower.purposes.iter().all(|one| upper.purposes.contains(one))
        && lower.expires <= upper.expires
        && lower.begins() >= upper.begins()
        && lower.issued >= upper.issued
        && (lower.legal_basis.is_none() || lower.legal_basis == upper.legal_basis)
        && lower.limits.depth < upper.limits.depth
        && within(lower.limits.uses, upper.limits.uses)
        && within(lower.limits.retention_secs, upper.limits.retention_secs)
        && rate
        && organisations
}

type Widening = (&'static str, &'static str, fn(&mut Grant, &Grant));

/// Each makes one thing of a link wider than in the one above it, and is refused with this code.
const WIDENINGS: &[Widening] = &[
    ("a field", "chain-wider", |grant, _| grant.permissions.push(Permission::Raw(of("library"), fields(&["loans"])))),
    ("a parent of a field", "chain-wider", |grant, _| {
        grant.permissions = vec![Permission::Raw(of("child-health"), fields(&["allergies"]))];
    }),
    ("a field from a question", "chain-wider", |grant, _| {
        grant.permissions = vec![Permission::Raw(of("school"), fields(&["support"]))];
    }),
    ("another question", "chain-wider", |grant, _| {
        grant.permissions = vec![Permission::Derived(of("school"), vec![exists("?support", "diagnoses")])];
    }),
    ("another constant", "chain-wider", |grant, _| {
        grant.permissions = vec![Permission::Derived(of("school"), vec![age("?seven", "born", 6, "2026-08-01")])];
    }),
    ("a purpose", "chain-purpose", |grant, _| grant.purposes.push(purpose("dpv:Marketing"))),
    ("a legal basis", "chain-purpose", |grant, _| grant.legal_basis = Some(purpose("eu-gdpr:A6-1-e"))),
    ("the end", "chain-window", |grant, above| grant.expires = above.expires + 1),
    ("the signing", "chain-window", |grant, above| grant.issued = above.issued - 1),
    ("the beginning", "chain-window", |grant, above| grant.not_before = Some(above.begins() - 1)),
    ("any beginning", "chain-window", |grant, _| grant.not_before = None),
    ("the depth", "chain-depth", |grant, above| grant.limits.depth = above.limits.depth),
    ("more uses", "chain-limits", |grant, above| grant.limits.uses = above.limits.uses.map(|uses| uses + 1)),
    ("any uses", "chain-limits", |grant, _| grant.limits.uses = None),
    ("a higher rate", "chain-limits", |grant, above| {
        grant.limits.rate = above.limits.rate.map(|(uses, secs)| (uses + 1, secs));
    }),
    ("a shorter rate", "chain-limits", |grant, above| {
        grant.limits.rate = above.limits.rate.map(|(uses, secs)| (uses, secs - 1));
    }),
    ("any rate", "chain-limits", |grant, _| grant.limits.rate = None),
    ("longer retention", "chain-limits", |grant, above| {
        grant.limits.retention_secs = above.limits.retention_secs.map(|secs| secs + 1);
    }),
    ("any retention", "chain-limits", |grant, _| grant.limits.retention_secs = None),
    ("another organisation", "chain-limits", |grant, above| {
        let mut list = above.limits.organisations.clone().unwrap();
        list.push(Principal::new([0x99; 32]));
        grant.limits.organisations = Some(list);
    }),
    ("the pod", "chain-subject", |grant, _| grant.subject = PodId::new([0x99; 16])),
    ("the holder", "audience", |grant, _| grant.audience = Principal::new([0x99; 32])),
];

/// Each breaks what ties a link to the one above it.
const BREAKS: &[Widening] = &[
    ("the issuer", "chain-issuer", |grant, _| grant.issuer = Principal::new([0x99; 32])),
    ("the parent", "chain-parent", |grant, _| grant.parent = Some(ObjectId::new([0x99; 32]))),
    ("no parent", "chain-parent", |grant, _| grant.parent = None),
    ("a stranger's key", "chain-organisation", |grant, _| grant.confirmation = Thumbprint::new([0x99; 32])),
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_honest_chain_gives_no_more_than_any_of_its_links(by in prop::collection::vec(narrowing(), 1..4)) {
        let world = World::new();
        let chain = chain(&world, &by);
        prop_assert_eq!(judge(&world, &chain), Ok(()));
        let leaf = chain.last().unwrap();
        for above in &chain[..chain.len() - 1] {
            prop_assert!(contains(above, leaf));
        }
    }

    #[test]
    fn a_link_that_widens_anything_is_refused(
        by in prop::collection::vec(narrowing(), 1..4),
        at in any::<prop::sample::Index>(),
    ) {
        let world = World::new();
        let honest = chain(&world, &by);
        let link = 1 + at.index(honest.len() - 1);
        let keys = signers(&world);
        for (widens, (what, code, change)) in
            WIDENINGS.iter().map(|one| (true, one)).chain(BREAKS.iter().map(|one| (false, one)))
        {
            // The links below are made anew from the changed one, so that nothing else is wrong with the chain.
            let mut changed: Vec<SharedGrant> = honest[..link].to_vec();
            let mut grant = (**honest[link]).clone();
            change(&mut grant, &honest[link - 1]);
            prop_assert_eq!(!contains(&honest[link - 1], &grant), widens, "{}", what);
            changed.push(Arc::new(Verified::sign(keys[link], grant)));
            for below in link + 1..honest.len() {
                let mut child = world.child(changed.last().unwrap(), keys[below], keys[below + 1]);
                child.issuer = world.organisation_of(&thumbprint(keys[below])).unwrap();
                changed.push(Arc::new(Verified::sign(keys[below], child)));
            }
            let refused = judge(&world, &changed).map_err(|refusal| refusal.code());
            prop_assert_eq!(refused, Err(*code), "{} at link {}", what, link);
        }
    }

    /// Only where it may be passed on: at the end of a chain nobody is left to whom.
    #[test]
    fn a_link_that_may_be_passed_on_to_anybody_is_refused(by in prop::collection::vec(narrowing(), 1..3)) {
        let world = World::new();
        let mut chain = chain(&world, &by);
        let link = chain.len() - 1;
        let mut grant = (**chain[link]).clone();
        grant.limits.organisations = None;
        prop_assert!(grant.limits.depth > 0 && !contains(&chain[link - 1], &grant));
        chain[link] = Arc::new(Verified::sign(signers(&world)[link], grant));
        prop_assert_eq!(judge(&world, &chain).map_err(|refusal| refusal.code()), Err("chain-limits"));
    }
}
