//! Requests, receipts, tree heads.

use pod_protocol::Outward;
use pod_protocol::answer::{Outcome, Receipt};
use pod_protocol::codec::Cbor;
use pod_protocol::ids::{Cti, ObjectId};
use pod_protocol::request::{Binding, Request};
use serde_json::Value as Json;

use super::{Kind, bytes, list, text};
use crate::vectors::world::{ORIGIN, World, wanted};

const ITEMS: i64 = -70010;
const PURPOSE: i64 = -70012;
const BINDING: i64 = -70013;
const RECEIPT_ITEMS: i64 = -70031;
const TREE: i64 = -70032;

pub(super) fn request(world: &World) -> Json {
    let leaf = world.chain(1)[0].id();
    let good = world.request(vec![leaf], vec![wanted("resident", &["first_names", "address"])]);
    let mut kind =
        Kind::new(world, "espoo early education", "two fields of Anna's, bound to the connection", good.clone(), &[10]);
    let nonce = Some(Cti::new([0x0e; 16]));
    let origin = Binding::Origin(ORIGIN.into());
    kind.good("with a nonce", "from a browser", Request { nonce, binding: origin, cti: world.cti(), ..good.clone() });
    let peer = Binding::Peer(world.espoo.public_key().to_bytes());
    kind.good("over libp2p", "bound to the peer's key", Request { binding: peer, cti: world.cti(), ..good.clone() });
    let ids: Vec<_> = world.chain(4).iter().map(|grant| grant.id()).collect();
    let more = vec![wanted("resident", &["first_names"]), wanted("child-health", &["?allergic"])];
    kind.good("four links", "a field and an answer through four links", world.request(ids, more));
    items(&mut kind, &good);
    let mut with = |name: &str, why: &str, expect: &str, value| kind.with(name, why, expect, &good, BINDING, value);
    with("no binding", "an empty list", "claim-type", list([]));
    with("unknown binding", "a kind of connection that nobody knows", "claim-range", list([4.into(), bytes(32)]));
    with("short exporter", "31 bytes", "claim-type", list([2.into(), bytes(31)]));
    with("short peer", "a peer id instead of a key", "claim-type", list([1.into(), bytes(38)]));
    with("empty origin", "no address", "claim-range", list([3.into(), text("")]));
    let escape = text("https://a\u{1b}[2J");
    with("origin with escape", "a terminal would obey it", "claim-range", list([3.into(), escape]));
    with("foreign origin", "letters beyond ASCII", "claim-range", list([3.into(), text("https://hélsinki.example")]));
    with("long origin", "256 bytes", "claim-range", list([3.into(), text(&"a".repeat(256))]));
    with("exporter as text", "a connection of the wrong type", "claim-type", list([2.into(), text("a")]));
    with("three parts", "something more", "claim-type", list([3.into(), text("a"), Cbor::Null]));
    kind.with("any purpose", "a wildcard", "claim-wildcard", &good, PURPOSE, text("*"));
    kind.with("two purposes", "a list", "claim-type", &good, PURPOSE, list([text("dpv:A"), text("dpv:B")]));
    kind.with("short nonce", "8 bytes", "claim-type", &good, 10, bytes(8));
    kind.file(world, "Requests: docs/protocol/request.md. How a holder judges them is in requests.json.", "request")
}

fn items(kind: &mut Kind<'_>, good: &Request) {
    let item = |chain: Cbor, wanted: Cbor| list([chain, wanted]);
    let chain = || list([bytes(32)]);
    let names = |names: &[&str]| list(names.iter().map(|name| text(name)));
    let asked = |of: &str, list_of: &[&str]| list([list([text(of), names(list_of)])]);
    let mut with = |name: &str, why: &str, expect: &str, value| kind.with(name, why, expect, good, ITEMS, value);
    with("nothing asked", "no items", "claim-empty", list([]));
    with("no chain", "an item without a grant", "claim-empty", list([item(list([]), asked("resident", &["a"]))]));
    let five = list((0..5).map(|_| bytes(32)));
    with("five links", "a chain of five", "claim-range", list([item(five, asked("resident", &["a"]))]));
    let short = list([bytes(16)]);
    with("short grant id", "16 bytes", "claim-type", list([item(short, asked("resident", &["a"]))]));
    with("nothing wanted", "an item that wants nothing", "claim-empty", list([item(chain(), list([]))]));
    with("no names", "a type without names", "claim-empty", list([item(chain(), asked("resident", &[]))]));
    with("any name", "a wildcard", "claim-wildcard", list([item(chain(), asked("resident", &["*"]))]));
    with(
        "any name below",
        "a wildcard below a field",
        "claim-wildcard",
        list([item(chain(), asked("resident", &["a.*"]))]),
    );
    with(
        "any answer",
        "a wildcard for predicates",
        "claim-wildcard",
        list([item(chain(), asked("resident", &["?*"]))]),
    );
    with("any type", "a wildcard for types", "claim-wildcard", list([item(chain(), asked("*", &["a"]))]));
    with("name twice", "the same name twice", "claim-repeated", list([item(chain(), asked("resident", &["a", "a"]))]));
    let twice = list([list([text("resident"), names(&["a"])]), list([text("resident"), names(&["b"])])]);
    with("type twice", "the same type twice", "claim-repeated", list([item(chain(), twice)]));
    with(
        "constant",
        "a predicate with its constant: only its id may stand here",
        "claim-type",
        list([item(
            chain(),
            list([list([text("resident"), list([list([text("?a"), text("ge"), text("age"), 7.into()])])])]),
        )]),
    );
    with("bad name", "a capital", "claim-type", list([item(chain(), asked("resident", &["Address"]))]));
    with("no list", "an item that is no list", "claim-type", list([text("a")]));
}

pub(super) fn receipt(world: &World) -> Json {
    let (request, leaf) = (ObjectId::new([0x51; 32]), world.chain(1)[0].id());
    let good = world.receipt(request, leaf, b"\xa0");
    let mut kind = Kind::new(world, "helsinki", "two names were released", good.clone(), &[]);
    let mut denied = good.items[0].clone();
    (denied.outcome, denied.digest, denied.audit_index) = (Outcome::Refused(Outward::Denied), None, 4710);
    denied.released.clear();
    let mut empty = good.items[0].clone();
    empty.released.clear();
    kind.good(
        "denied and released",
        "two items",
        Receipt { items: vec![denied.clone(), good.items[0].clone()], ..good.clone() },
    );
    kind.good("released nothing", "whatever was asked is absent", Receipt { items: vec![empty], ..good.clone() });
    let mut with = |name: &str, why: &str, edit: &dyn Fn(&mut Receipt)| {
        let mut bad = good.clone();
        edit(&mut bad);
        kind.bad(name, why, "claim-range", &bad);
    };
    with("released without digest", "no evidence of what was released", &|receipt| receipt.items[0].digest = None);
    let refused = Outcome::Refused(Outward::Denied);
    with("denied with digest", "contradicts itself", &|receipt| receipt.items[0].outcome = refused);
    with("denied with names", "contradicts itself", &|receipt| {
        (receipt.items[0].outcome, receipt.items[0].digest) = (refused, None);
    });
    with("entry beyond the tree", "the entry is not in the tree", &|receipt| receipt.items[0].audit_index = 4712);
    let item = |outcome: u64, released| list([list([bytes(32), outcome.into(), released, Cbor::Null, 0.into()])]);
    let mut with =
        |name: &str, why: &str, expect: &str, value| kind.with(name, why, expect, &good, RECEIPT_ITEMS, value);
    with("no items", "a receipt for nothing", "claim-empty", list([]));
    with("unknown outcome", "outcome 10", "claim-type", item(10, Cbor::Null));
    with("empty names", "an empty list where null belongs", "claim-empty", item(1, list([])));
    with("short item", "an item of two parts", "claim-type", list([list([bytes(32), 0.into()])]));
    let mut with = |name: &str, why: &str, value| kind.with(name, why, "claim-type", &good, TREE, value);
    with("short root", "31 bytes", list([4712.into(), bytes(31)]));
    with("negative size", "a tree of -1 entries", list([(-1).into(), bytes(32)]));
    with("tree of one part", "no root", list([4712.into()]));
    kind.file(world, "Receipts: docs/protocol/receipt.md. Whole answers are in messages.json.", "receipt")
}

pub(super) fn tree_head(world: &World) -> Json {
    let good = world.tree_head();
    let mut kind = Kind::new(world, "helsinki", "Helsinki's log has 4713 entries", good, &[]);
    kind.with("short root", "31 bytes", "claim-type", &good, -70041, bytes(31));
    kind.with("negative size", "-1 entries", "claim-type", &good, -70040, (-1).into());
    kind.file(world, "Signed tree heads: docs/protocol/tree-head.md.", "tree_head")
}
