//! Commands, acknowledgements, revocations, key events.

use pod_protocol::codec::Cbor;
use pod_protocol::command::{Acknowledgement, Action, Command};
use pod_protocol::ids::{Cti, Kid, ObjectId, PodId};
use pod_protocol::key_event::{Controls, KeyChange, KeyEvent, Recovery, RecoveryKey, Rotation, key_digest};
use pod_protocol::revocation::{Revocation, Target};
use serde_json::Value as Json;

use super::{Kind, bytes, list, text};
use crate::vectors::world::{DAY, NOW, World, device, of, purpose, thumbprint};

const ACTION: i64 = -70050;
const TARGET: i64 = -70020;

pub(super) fn command(world: &World) -> Json {
    let restrict = Action::Restrict { record_types: vec![of("child-health")], on: true };
    let good = world.command(restrict);
    let mut kind = Kind::new(world, "anna", "Anna restricts a record type", good.clone(), &[2, 10]);
    let collect = Action::Collect { request: ObjectId::new([3; 32]), skip: 0 };
    for action in [
        Action::Deposit(vec![0xd2]),
        Action::Restrict { record_types: Vec::new(), on: false },
        Action::Object { purpose: purpose("dpv:Marketing"), organisation: None, on: true },
        Action::Object { purpose: purpose("dpv:Marketing"), organisation: Some(world.holder()), on: false },
        Action::Read { record_type: Some(of("resident")), skip: 0 },
        Action::Log { from: 10, limit: 100 },
        Action::Export { skip: 200 },
        Action::Inbox { skip: 0 },
        Action::Standing { skip: 40 },
        Action::KeyEvent(vec![0xd2]),
        Action::Ask { request: vec![0xd2], identity_code: Some("131052-308T".into()) },
        Action::Ask { request: vec![0xd2], identity_code: None },
        collect.clone(),
    ] {
        let why = if action.is_a_services() { "a service's command" } else { "a citizen's command" };
        kind.good(action.name(), why, world.command(action));
    }
    for (cti, action) in [(0x42, Action::Notices { skip: 0 }), (0x43, Action::AnswerNotice(vec![0xd2]))] {
        let name = action.name();
        let command = Command { subject: None, cti: Cti::new([cti; 16]), action, ..good.clone() };
        kind.good(name, "a service's command", command);
    }
    let named = Command { subject: Some(world.pod()), ..world.command(collect) };
    kind.bad("service names a pod", "a service commands over no pod", "claim-range", &named);
    kind.bad("citizen names no pod", "over which pod?", "claim-range", &Command { subject: None, ..good.clone() });
    let mut with = |name: &str, why: &str, expect: &str, value| kind.with(name, why, expect, &good, ACTION, value);
    with("no action", "an empty list", "claim-type", list([]));
    with("unknown action", "number 99", "claim-range", list([99.into()]));
    with("action with more", "a part too many", "claim-type", list([7.into(), 0.into(), Cbor::Null]));
    with("action with less", "a part too few", "claim-type", list([1.into(), list([])]));
    with("flag as a number", "1 instead of true", "claim-type", list([1.into(), list([]), 1.into()]));
    with("any type", "a wildcard", "claim-wildcard", list([1.into(), list([text("*")]), Cbor::Bool(true)]));
    with("any purpose", "a wildcard", "claim-wildcard", list([2.into(), text("*"), Cbor::Null, Cbor::Bool(true)]));
    with("grant as text", "a grant that is no byte string", "claim-type", list([0.into(), text("a")]));
    with("negative skip", "-1 records", "claim-type", list([5.into(), (-1).into()]));
    with("short id", "collects by 16 bytes", "claim-type", list([10.into(), bytes(16), 0.into()]));
    kind.file(world, "Commands: docs/protocol/command.md.", "command")
}

pub(super) fn acknowledgement(world: &World) -> Json {
    let good = world.acknowledgement(ObjectId::new([0x52; 32]));
    let mut kind = Kind::new(world, "helsinki", "Helsinki did what Anna told it", good, &[]);
    let beyond = Acknowledgement { audit_index: good.tree_size, ..good };
    kind.bad("entry beyond the tree", "the entry is not in the tree", "claim-range", &beyond);
    kind.with("short id", "31 bytes", "claim-type", &good, -70030, bytes(31));
    kind.file(world, "Acknowledgements: docs/protocol/command.md.", "acknowledgement")
}

pub(super) fn revocation(world: &World) -> Json {
    let good = world.revocation(Target::Grant(world.chain(1)[0].id()));
    let mut kind = Kind::new(world, "anna", "Anna takes a grant back", good, &[]);
    let (pod, kid) = (world.pod(), thumbprint(&world.tablet).kid());
    kind.good("pod before", "every grant issued before a second", world.revocation(Target::PodBefore(pod, NOW - 5)));
    kind.good(
        "pod before, skewed",
        "60 s after iat, for clocks differ",
        world.revocation(Target::PodBefore(pod, NOW + 55)),
    );
    kind.good(
        "key since",
        "every grant that a key signed from a second on",
        world.revocation(Target::KeySince(kid, NOW - DAY)),
    );
    let mut bad = |name: &str, why: &str, target| {
        let revocation = Revocation { target, ..good };
        kind.bad(name, why, "claim-range", &revocation);
    };
    bad("pod before tomorrow", "grants that nobody has made yet", Target::PodBefore(pod, NOW + DAY));
    bad("pod before, over the skew", "61 s after iat", Target::PodBefore(pod, NOW + 56));
    bad("pod before 0", "no time", Target::PodBefore(PodId::new([1; 16]), 0));
    bad("key since 0", "no time", Target::KeySince(Kid::new([1; 16]), 0));
    bad("key since 2^53", "beyond what JavaScript counts exactly", Target::KeySince(Kid::new([1; 16]), 1 << 53));
    let mut with = |name: &str, why: &str, expect: &str, value| kind.with(name, why, expect, &good, TARGET, value);
    with("no target", "an empty list", "claim-type", list([]));
    with("unknown target", "kind 3", "claim-range", list([3.into(), bytes(32)]));
    with("short grant id", "31 bytes", "claim-type", list([0.into(), bytes(31)]));
    with("grant with time", "a part too many", "claim-type", list([0.into(), bytes(32), NOW.into()]));
    with("key without time", "a part too few", "claim-type", list([2.into(), bytes(16)]));
    kind.file(world, "Revocations: docs/protocol/revocation.md.", "revocation")
}

pub(super) fn key_event(world: &World) -> Json {
    let good = (*world.anna_events[0]).clone();
    let mut kind = Kind::new(world, "anna", "Anna's first event, at Helsinki", good.clone(), &[3]);
    kind.good("add device", "Anna's tablet may sign", (*world.anna_events[1]).clone());
    let revoke = |compromised_since| KeyEvent {
        seq: 2,
        previous: Some(world.anna_events[1].id()),
        time_secs: NOW - 50 * DAY,
        change: KeyChange::RevokeDevice { kid: thumbprint(&world.tablet).kid(), compromised_since },
    };
    kind.good("revoke device", "the tablet is sold", revoke(None));
    kind.good("revoke stolen device", "the tablet was stolen ten days before", revoke(Some(NOW - 60 * DAY)));
    kind.bad("inception later", "a first event with number 1", "claim-range", &KeyEvent { seq: 1, ..good.clone() });
    let after = KeyEvent { previous: Some(ObjectId::new([1; 32])), ..good.clone() };
    kind.bad("inception after", "a first event after another", "claim-range", &after);
    kind.bad(
        "revoke first",
        "another kind as the first event",
        "claim-range",
        &KeyEvent { seq: 0, previous: None, ..revoke(None) },
    );
    kind.bad("nothing before", "a later event after none", "claim-range", &KeyEvent { previous: None, ..revoke(None) });
    inceptions(world, &mut kind, &good);
    kind.with("kind 6", "a kind that nobody knows", "claim-range", &good, -70102, 6.into());
    rotations(world, &mut kind);
    recoveries(world, &mut kind);
    let pair = |key: Cbor, roles: i64| list([list([key, roles.into()])]);
    let key = Cbor::Bytes(world.anna.public_key().to_bytes().to_vec());
    let mut with = |name: &str, why: &str, expect: &str, value| kind.with(name, why, expect, &good, -70103, value);
    with("no devices", "nobody could go on with the log", "claim-empty", list([]));
    with("no roles", "a key that may do nothing", "claim-range", pair(key.clone(), 0));
    with("unknown role", "a role that nobody knows", "claim-range", pair(key, 4));
    for (name, point) in weak_points() {
        with(&format!("device: {name}"), "a key that is none", "claim-range", pair(Cbor::Bytes(point.to_vec()), 3));
    }
    kind.file(world, "Key events: docs/protocol/key-event.md. Whole logs are in key-event-logs.json.", "key_event")
}

/// Shapes alone: whether the keys may do this is for `key-event-logs.json`.
fn rotations(world: &World, kind: &mut Kind<'_>) {
    let (first, second) = (world.bo.public_key(), world.tablet.public_key());
    let rotation = Rotation {
        revealed: vec![first],
        endorsements: Vec::new(),
        devices: None,
        next: vec![[1; 32]],
        threshold: 1,
        recovery: None,
        compromised_since: None,
    };
    let event = |rotation: &Rotation| KeyEvent {
        seq: 2,
        previous: Some(world.anna_events[1].id()),
        time_secs: NOW - 50 * DAY,
        change: KeyChange::Rotation(rotation.clone()),
    };
    kind.good("rotation", "one committed key, and others for the next time", event(&rotation));
    let two = Rotation { revealed: vec![first, second], endorsements: vec![[2; 64]], ..rotation.clone() };
    kind.good("rotation by two", "the second one endorses", event(&two));
    let mut bad =
        |name: &str, why: &str, expect: &str, rotation: Rotation| kind.bad(name, why, expect, &event(&rotation));
    let range = "claim-range";
    bad(
        "rotation, not endorsed",
        "two keys and one signature",
        range,
        Rotation { endorsements: Vec::new(), ..two.clone() },
    );
    bad(
        "rotation, endorsed by nobody",
        "one key, two signatures",
        range,
        Rotation { revealed: vec![first], ..two.clone() },
    );
    let again = Rotation { revealed: vec![first, first], ..two };
    bad("rotation, key twice", "one key that counts for two", "claim-repeated", again);
    let same = Rotation { next: vec![key_digest(&first)], ..rotation.clone() };
    bad("rotation to itself", "commits to the key that has shown itself", "claim-repeated", same);
    let hidden = Rotation { revealed: Vec::new(), ..rotation.clone() };
    bad("rotation, nothing revealed", "no key at all", "claim-empty", hidden);
    let stuck = Rotation { threshold: 2, ..rotation };
    bad("rotation, threshold too high", "a next rotation that nobody can make", range, stuck);
}

/// As for rotations.
fn recoveries(world: &World, kind: &mut Kind<'_>) {
    let revealed = world.bo.public_key();
    let recovery = Recovery {
        revealed,
        devices: vec![device(&world.tablet, true, true)],
        controls: Controls {
            next: vec![[1; 32]],
            threshold: 1,
            recovery: vec![RecoveryKey { digest: key_digest(&revealed), delay_secs: 3 * DAY }],
        },
        compromised_since: None,
    };
    let event = |change: KeyChange| KeyEvent {
        seq: 2,
        previous: Some(world.anna_events[1].id()),
        time_secs: NOW - 50 * DAY,
        change,
    };
    kind.good("recovery", "to the tablet, from the paper", event(KeyChange::Recovery(recovery.clone())));
    let target = ObjectId::new([1; 32]);
    let cancel = |revealed| event(KeyChange::Cancel { target, revealed });
    kind.good("cancel", "by a device", cancel(None));
    kind.good("cancel by a recovery key", "which shows itself", cancel(Some(revealed)));
    let mut bad = |name: &str, why: &str, expect: &str, edit: &dyn Fn(&mut Recovery)| {
        let mut bad = recovery.clone();
        edit(&mut bad);
        kind.bad(name, why, expect, &event(KeyChange::Recovery(bad)));
    };
    let short = |bad: &mut Recovery| bad.controls.recovery[0].delay_secs = 3 * DAY - 1;
    bad("short delay", "less than 72 hours to object", "claim-range", &short);
    let long = |bad: &mut Recovery| bad.controls.recovery[0].delay_secs = 30 * DAY + 1;
    bad("long delay", "more than 30 days", "claim-range", &long);
    let unmanaged = |bad: &mut Recovery| bad.devices = vec![device(&world.tablet, true, false)];
    bad("recovery to nobody who manages", "nobody could go on with the log", "claim-range", &unmanaged);
    let nobody = |bad: &mut Recovery| bad.devices = Vec::new();
    bad("recovery to nobody", "no device", "claim-empty", &nobody);
    let twice = |bad: &mut Recovery| bad.controls.recovery = vec![bad.controls.recovery[0]; 2];
    bad("recovery key twice", "one key in two places", "claim-repeated", &twice);
    let same = |bad: &mut Recovery| bad.controls.next = vec![key_digest(&revealed)];
    bad("recovery to itself", "commits to the key that has shown itself", "claim-repeated", &same);
}

fn inceptions(world: &World, kind: &mut Kind<'_>, good: &KeyEvent) {
    let mut with = |name: &str, why: &str, expect: &str, edit: &dyn Fn(&mut KeyChange)| {
        let mut bad = good.clone();
        edit(&mut bad.change);
        kind.bad(name, why, expect, &bad);
    };
    let range = "claim-range";
    let mut devices_case = |name: &str, why: &str, expect: &str, keys: usize| {
        with(name, why, expect, &|change| {
            if let KeyChange::Inception { devices, .. } = change {
                *devices = (0..keys).map(|_| device(&world.anna, true, true)).collect();
            }
        });
    };
    devices_case("device twice", "the same key twice", "claim-repeated", 2);
    devices_case("65 devices", "more than a log ever has", range, 65);
    let mut next_case = |name: &str, why: &str, expect: &str, keys: Vec<[u8; 32]>, needed: u64| {
        with(name, why, expect, &|change| {
            if let KeyChange::Inception { next, threshold, .. } = change {
                (*next, *threshold) = (keys.clone(), needed);
            }
        });
    };
    next_case("threshold 0", "a rotation that needs nobody", range, vec![[1; 32]], 0);
    next_case("threshold too high", "a rotation that nobody can make", range, vec![[1; 32]], 2);
    next_case("no next keys", "nothing to rotate to", range, Vec::new(), 1);
    next_case("six next keys", "more than five", range, (0..6).map(|number| [number; 32]).collect(), 1);
    next_case("next key twice", "the same twice, to count twice", "claim-repeated", vec![[1; 32]; 2], 2);
    with("six recovery keys", "more than five", range, &|change| {
        if let KeyChange::Inception { recovery, .. } = change {
            *recovery = (0..6).map(|number| RecoveryKey { digest: [number; 32], delay_secs: 3 * DAY }).collect();
        }
    });
}

/// Points that are no keys (RFC 8032 §5.1.3, and of small or mixed order).
fn weak_points() -> [(&'static str, [u8; 32]); 5] {
    let mut identity = [0; 32];
    identity[0] = 1;
    let mut not_canonical = [0xff; 32];
    (not_canonical[0], not_canonical[31]) = (0xee, 0x7f);
    let order_8 = super::super::unhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a");
    let mixed = super::super::unhex("cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d");
    let mut off = [0; 32];
    off[0] = 2;
    [
        ("identity", identity),
        ("not canonical", not_canonical),
        ("order 8", order_8.try_into().unwrap()),
        ("mixed order", mixed.try_into().unwrap()),
        ("off the curve", off),
    ]
}
