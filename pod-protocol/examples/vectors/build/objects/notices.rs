//! Notices, and the answers to them.

use pod_protocol::codec::Cbor;
use pod_protocol::ids::{Cti, ObjectId, Principal};
use pod_protocol::notice::{
    ANSWER_AWAITED_SECS, MAX_NOTICE_GRANTS, MAX_NOTICE_LIFETIME_SECS, Notice, NoticeCause, NoticeOutcome, NoticeReceipt,
};
use serde_json::Value as Json;

use super::{Kind, bytes, list, text};
use crate::vectors::world::{NOW, World, purpose, wanted};

const GRANTS: i64 = -70301;
const CAUSE: i64 = -70303;
const RELEASED: i64 = -70304;
const OUTCOME: i64 = -70307;

/// Helsinki tells a service of Espoo.
fn told(world: &World) -> Notice {
    Notice {
        issuer: world.holder(),
        audience: Principal::new([0x22; 32]),
        expires: NOW + MAX_NOTICE_LIFETIME_SECS,
        issued: NOW,
        cti: Cti::new([0x40; 16]),
        service: Principal::new([0x23; 32]),
        grants: vec![ObjectId::new([0x54; 32])],
        ended_secs: NOW,
        cause: NoticeCause::TakenBack,
        released: vec![wanted("child-health", &["allergies.substance", "diet"])],
        awaited_until_secs: NOW + ANSWER_AWAITED_SECS,
    }
}

pub(super) fn notice(world: &World) -> Json {
    let good = told(world);
    let mut kind =
        Kind::new(world, "helsinki", "Helsinki tells a service that a grant was taken back", good.clone(), &[]);
    let key = Notice { cause: NoticeCause::KeyRevoked, ended_secs: NOW - 5, ..good.clone() };
    kind.good("key revoked", "a key that signed a grant is in other hands", key);
    let many = |count: usize| (0..count).map(|number| ObjectId::new([u8::try_from(number).unwrap(); 32])).collect();
    kind.good("64 grants", "as many as one notice has", Notice { grants: many(MAX_NOTICE_GRANTS), ..good.clone() });
    let mut bad = |name: &str, why: &str, expect: &str, notice: Notice| kind.bad(name, why, expect, &notice);
    let range = "claim-range";
    bad("65 grants", "one too many", range, Notice { grants: many(MAX_NOTICE_GRANTS + 1), ..good.clone() });
    bad(
        "grant twice",
        "the same twice",
        "claim-repeated",
        Notice { grants: vec![ObjectId::new([1; 32]); 2], ..good.clone() },
    );
    bad("ended later", "it would end after it was signed", range, Notice { ended_secs: NOW + 1, ..good.clone() });
    bad("over 400 days", "longer than any grant", range, Notice { expires: good.expires + 1, ..good.clone() });
    bad("no life", "ends when it begins", range, Notice { expires: NOW, ..good.clone() });
    bad("awaited before", "no time to answer", range, Notice { awaited_until_secs: NOW, ..good.clone() });
    let beyond = Notice { awaited_until_secs: good.expires + 1, ..good.clone() };
    bad("awaited beyond", "when no answer is taken any more", range, beyond);
    let mut with =
        |name: &str, why: &str, expect: &str, claim, value| kind.with(name, why, expect, &good, claim, value);
    with("no grants", "about nothing", "claim-empty", GRANTS, list([]));
    with("short grant id", "31 bytes", "claim-type", GRANTS, list([bytes(31)]));
    with("unknown cause", "number 2", range, CAUSE, 2.into());
    with("nothing released", "then nobody need be told", "claim-empty", RELEASED, list([]));
    let named = |names: Cbor| list([list([text("resident"), names])]);
    with("any name", "a wildcard", "claim-wildcard", RELEASED, named(list([text("*")])));
    with(
        "value",
        "a value beside a name",
        "claim-type",
        RELEASED,
        named(list([list([text("allergies"), text("nuts")])])),
    );
    kind.file(world, "Notices: docs/protocol/notice.md.", "notice")
}

pub(super) fn receipt(world: &World) -> Json {
    let good = NoticeReceipt {
        issuer: Principal::new([0x23; 32]),
        audience: world.holder(),
        issued: NOW + 60,
        cti: Cti::new([0x41; 16]),
        notice: ObjectId::new([0x53; 32]),
        outcome: NoticeOutcome::Kept(purpose("eu-gdpr:A6-1-c")),
    };
    let mut kind =
        Kind::new(world, "espoo early education", "a service keeps what the law has it keep", good.clone(), &[]);
    for (name, why, outcome) in [
        ("deleted", "everything was deleted", NoticeOutcome::Deleted),
        ("gone", "it had nothing any more", NoticeOutcome::Gone),
    ] {
        kind.good(name, why, NoticeReceipt { outcome, ..good.clone() });
    }
    let mut with = |name: &str, why: &str, expect: &str, value| kind.with(name, why, expect, &good, OUTCOME, value);
    with("no outcome", "an empty list", "claim-type", list([]));
    with("unknown outcome", "number 3", "claim-range", list([3.into()]));
    with("kept without ground", "it must say what has it keep", "claim-type", list([1.into()]));
    with("kept on any ground", "a wildcard", "claim-wildcard", list([1.into(), text("*")]));
    with("deleted on a ground", "a part too many", "claim-type", list([0.into(), text("eu-gdpr:A6-1-c")]));
    kind.file(world, "Answers to notices: docs/protocol/notice.md.", "notice_receipt")
}
