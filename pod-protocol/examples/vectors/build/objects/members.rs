//! What the directory keeps, and access requests.

use pod_crypto::SigningKey;
use pod_crypto::hpke::SealPrivateKey;
use pod_protocol::access_request::{AccessRequest, Ask};
use pod_protocol::blind_request::BlindRequest;
use pod_protocol::holder_entry::{HolderEntry, SEALED_HANDLE_BYTES};
use pod_protocol::ids::{Cti, ObjectId};
use pod_protocol::statement::{Membership, Profile, RegisteredFields, Role, ServiceEntry};
use pod_protocol::tlog::leaf::{SEALED_BYTES, Sealed};
use pod_protocol::tlog::post::LogPost;
use pod_protocol::words::Words;
use serde_json::Value as Json;

use super::{Kind, bytes, list, text};
use crate::vectors::world::{DAY, NOW, World, age, fields, of, purpose, thumbprint};

pub(super) fn membership(world: &World) -> Json {
    let good = Membership {
        issuer: world.archive_organisation(),
        subject: world.espoo_organisation(),
        expires: NOW + 300 * DAY,
        issued: NOW - DAY,
        cti: world.cti(),
        name: "espoo".parse().unwrap(),
        keys: vec![world.helsinki.public_key()],
        roles: vec![Role::Holder, Role::Services],
        depth: 0,
        suspended: false,
    };
    let mut kind = Kind::new(world, "archive", "a region admits Espoo", good.clone(), &[]);
    let region = Membership { roles: vec![Role::Region], depth: 1, ..good.clone() };
    kind.good("region", "may admit members", region.clone());
    kind.good("suspended", "known, but nothing of it counts", Membership { suspended: true, ..good.clone() });
    let range = "claim-range";
    kind.bad("too long", "over 400 days", range, &Membership { expires: good.issued + 400 * DAY + 1, ..good.clone() });
    kind.bad("no time", "exp is iat", range, &Membership { expires: good.issued, ..good.clone() });
    kind.bad(
        "depth without region",
        "admits members, but is no region",
        range,
        &Membership { depth: 1, ..good.clone() },
    );
    kind.bad("region without depth", "a region that admits nobody", range, &Membership { depth: 0, ..region.clone() });
    kind.bad("too deep", "four levels", range, &Membership { depth: 3, ..region });
    let twice = vec![Role::Holder, Role::Holder];
    kind.bad("role twice", "the same role twice", "claim-repeated", &Membership { roles: twice, ..good.clone() });
    let twice = vec![world.helsinki.public_key(); 2];
    kind.bad("key twice", "the same key twice", "claim-repeated", &Membership { keys: twice, ..good.clone() });
    let nine = (0..9).map(|seed| SigningKey::from_seed(&[seed; 32]).public_key()).collect();
    kind.bad("nine keys", "more than are checked in full", range, &Membership { keys: nine, ..good.clone() });
    kind.with("no keys", "nobody could sign", "claim-empty", &good, -70201, list([]));
    kind.with("short key", "31 bytes", "claim-type", &good, -70201, list([bytes(31)]));
    kind.with("unknown role", "a role that nobody knows", "claim-type", &good, -70202, list([text("king")]));
    kind.with("no roles", "an empty list", "claim-empty", &good, -70202, list([]));
    kind.with("long name", "41 bytes", "claim-type", &good, -70200, text(&"a".repeat(41)));
    kind.with("capital name", "a name with a capital", "claim-type", &good, -70200, text("Espoo"));
    kind.file(world, "Memberships: docs/protocol/membership.md.", "membership")
}

fn words() -> Words {
    Words::new("Varhaiskasvatus", "Småbarnspedagogik", "Early education").unwrap()
}

pub(super) fn profile(world: &World) -> Json {
    let service = ServiceEntry {
        principal: world.espoo_service(),
        keys: vec![world.espoo.public_key()],
        seal_key: SealPrivateKey::from_seed(&[8; 32]).public_key(),
        names: words(),
        purposes: vec![purpose("dpv:ServiceProvision")],
        fields: vec![RegisteredFields {
            record_type: of("resident"),
            raw: fields(&["first_names", "address"]),
            derived: fields(&["birth_date"]),
        }],
        max_retention_secs: 365 * DAY,
    };
    let good = Profile {
        issuer: world.espoo_organisation(),
        expires: NOW + 300 * DAY,
        issued: NOW - DAY,
        cti: world.cti(),
        names: Words::new("Espoo", "Esbo", "Espoo").unwrap(),
        endpoints: vec!["https://pods.espoo.example".parse().unwrap()],
        catalogue: Some([0x43; 32]),
        services: vec![service.clone()],
        seal_key: Some(SealPrivateKey::from_seed(&[9; 32]).public_key()),
    };
    let mut kind = Kind::new(world, "helsinki", "Espoo and its service", good.clone(), &[-70212, -70213, -70214]);
    let twice = Profile { services: vec![service.clone(), service.clone()], ..good.clone() };
    kind.bad("service twice", "the same service twice", "claim-repeated", &twice);
    let other = ServiceEntry { principal: world.holder(), ..service };
    let shared = Profile { services: vec![good.services[0].clone(), other], ..good.clone() };
    kind.bad("shared key", "two services with one key", "claim-repeated", &shared);
    kind.bad(
        "too long",
        "over 400 days",
        "claim-range",
        &Profile { expires: good.issued + 400 * DAY + 1, ..good.clone() },
    );
    kind.with("no endpoints", "an empty list", "claim-empty", &good, -70211, list([]));
    for endpoint in
        ["http://pods.espoo.example", "https://user@espoo.example", "https://espoo.example?x", "ftp://a", "https://"]
    {
        kind.with(
            &format!("endpoint {endpoint}"),
            "not an endpoint",
            "claim-type",
            &good,
            -70211,
            list([text(endpoint)]),
        );
    }
    kind.with("empty services", "an empty list instead of none", "claim-empty", &good, -70213, list([]));
    kind.with("two languages", "a name without English", "claim-type", &good, -70210, list([text("a"), text("b")]));
    kind.with("empty name", "nothing to read", "claim-empty", &good, -70210, list([text("a"), text(" "), text("c")]));
    let hidden = list([text("a"), text("b"), text("Esp\u{202e}oo")]);
    kind.with("turned name", "a character that turns the text around", "claim-range", &good, -70210, hidden);
    let blank = list([text("a"), text("\u{2800}"), text("c")]);
    kind.with("name of nothing", "a character that shows nothing", "claim-range", &good, -70210, blank);
    let dashes = list([text("a"), text("—"), text("c")]);
    kind.with("name of a dash", "nothing to read", "claim-empty", &good, -70210, dashes);
    kind.file(world, "Profiles: docs/protocol/profile.md.", "profile")
}

pub(super) fn access_request(world: &World) -> Json {
    let ask = Ask {
        record_type: of("child-health"),
        required: fields(&["allergies"]),
        optional: fields(&["diet"]),
        required_predicates: vec![age("?seven", "birth_date", 7, "2026-08-01")],
        optional_predicates: Vec::new(),
    };
    let good = AccessRequest {
        service: world.espoo_service(),
        organisation: world.espoo_organisation(),
        expires: NOW + 30 * DAY,
        issued: NOW - DAY,
        cti: world.cti(),
        confirmation: thumbprint(&world.espoo),
        items: vec![ask.clone()],
        purpose: purpose("dpv:ServiceProvision"),
        retention_secs: 365 * DAY,
        validity_secs: 300 * DAY,
        reason: words(),
        holders: Some(vec![world.holder()]),
        depth: 1,
        delegatees: vec![world.processor_organisation()],
    };
    let optional = [-70226, -70227, -70228];
    let mut kind = Kind::new(
        world,
        "espoo early education",
        "Espoo asks for allergies and, if Anna likes, her diet",
        good.clone(),
        &optional,
    );
    let mut bad = |name: &str, why: &str, expect: &str, edit: &dyn Fn(&mut AccessRequest)| {
        let mut bad = good.clone();
        edit(&mut bad);
        kind.bad(name, why, expect, &bad);
    };
    bad("too long", "over 92 days", "claim-range", &|asked| asked.expires = asked.issued + 92 * DAY + 1);
    bad("kept for no time", "retention 0", "claim-range", &|asked| asked.retention_secs = 0);
    bad("valid for no time", "validity 0", "claim-range", &|asked| asked.validity_secs = 0);
    bad("valid too long", "over 400 days", "claim-range", &|asked| asked.validity_secs = 400 * DAY + 1);
    bad("passed on to anybody", "a depth without organisations", "claim-range", &|asked| asked.delegatees.clear());
    bad("passed on to nobody", "organisations without a depth", "claim-range", &|asked| asked.depth = 0);
    bad("asks for nothing", "a type without names", "claim-empty", &|asked| {
        asked.items[0] = Ask {
            required: Vec::new(),
            optional: Vec::new(),
            required_predicates: Vec::new(),
            ..asked.items[0].clone()
        };
    });
    bad("no items", "an empty list", "claim-empty", &|asked| asked.items.clear());
    bad("type twice", "the same type twice", "claim-repeated", &|asked| asked.items.push(ask.clone()));
    bad("no choice", "an optional field below a required one", "claim-repeated", &|asked| {
        asked.items[0].optional = fields(&["allergies.substance"]);
    });
    bad("required and optional", "the same field twice", "claim-repeated", &|asked| {
        asked.items[0].optional = fields(&["allergies"])
    });
    kind.with("depth 0", "what is said by leaving it out", "claim-range", &good, -70227, 0.into());
    kind.file(world, "Access requests: docs/protocol/access-request.md.", "access_request")
}

pub(super) fn holder_entry(world: &World) -> Json {
    let good = HolderEntry {
        holder: world.holder(),
        expires: NOW + 300 * DAY,
        issued: NOW - DAY,
        tag: [0x3a; 16],
        sealed: Some(vec![0x5e; SEALED_HANDLE_BYTES]),
    };
    let mut kind = Kind::new(world, "helsinki", "Helsinki holds something of somebody", good.clone(), &[]);
    kind.good("tombstone", "Helsinki holds nothing any more", HolderEntry { sealed: None, ..good.clone() });
    kind.bad(
        "too long",
        "over 400 days",
        "claim-range",
        &HolderEntry { expires: good.issued + 400 * DAY + 1, ..good.clone() },
    );
    kind.with("short tag", "15 bytes", "claim-type", &good, -70230, bytes(15));
    kind.with("short handle", "all have one length", "claim-type", &good, -70231, bytes(SEALED_HANDLE_BYTES - 1));
    kind.file(world, "Holder entries: docs/protocol/holder-entry.md.", "holder_entry")
}

pub(super) fn blind_request(world: &World) -> Json {
    let good = BlindRequest {
        issuer: world.holder(),
        audience: world.archive_organisation(),
        expires: NOW + 100,
        issued: NOW - 5,
        cti: world.cti(),
        epoch: 7,
        inputs: vec![[0x11; 32], [0x12; 32]],
    };
    let mut kind = Kind::new(world, "helsinki", "Helsinki asks for two tags", good.clone(), &[]);
    kind.bad("too long", "over 120 s", "claim-range", &BlindRequest { expires: good.issued + 121, ..good.clone() });
    kind.with("no inputs", "an empty list", "claim-empty", &good, -70241, list([]));
    kind.with("short input", "31 bytes", "claim-type", &good, -70241, list([bytes(31)]));
    kind.with("epoch", "over 16 bits", "claim-range", &good, -70240, 65536.into());
    kind.bad("no life", "exp is iat", "claim-range", &BlindRequest { expires: good.issued, ..good.clone() });
    kind.with("epoch before 0", "a negative number", "claim-type", &good, -70240, (-1).into());
    kind.with("long input", "33 bytes", "claim-type", &good, -70241, list([bytes(33)]));
    kind.with("input as text", "no byte string", "claim-type", &good, -70241, list([text("a")]));
    kind.good(
        "256 inputs",
        "as many as one request has",
        BlindRequest { inputs: vec![[0x11; 32]; 256], ..good.clone() },
    );
    let many = BlindRequest { inputs: vec![[0x11; 32]; 257], ..good.clone() };
    kind.bad("257 inputs", "one too many", "cbor-too-many-items", &many);
    kind.file(world, "Blind requests: docs/protocol/blind-request.md.", "blind_request")
}

pub(super) fn log_post(world: &World) -> Json {
    let item = |id: u8| Sealed { id: ObjectId::new([id; 32]), sealed: vec![id; SEALED_BYTES] };
    let post = |items: Vec<Sealed>| LogPost {
        issuer: world.holder(),
        audience: world.archive_organisation(),
        issued: NOW,
        // Not the world's: what comes after stays as it is.
        cti: Cti::new([0x61; 16]),
        items,
    };
    let good = post(vec![item(1)]);
    let mut kind = Kind::new(world, "helsinki", "one thing that is sealed", good.clone(), &[]);
    kind.bad("too many", "65 items", "claim-range", &post((0..65).map(item).collect()));
    kind.with("nothing", "an empty list", "claim-empty", &good, -70260, list([]));
    let short = list([list([bytes(32), bytes(100)])]);
    kind.with("short", "all have one length", "claim-type", &good, -70260, short);
    kind.file(world, "Posts to the directory's log: docs/protocol/log.md.", "log_post")
}
