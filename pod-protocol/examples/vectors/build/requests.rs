//! Requests as a holder judges them on their arrival.

use pod_crypto::SigningKey;
use pod_protocol::Verified;
use pod_protocol::ids::Cti;
use pod_protocol::request::{Binding, Request};
use serde_json::{Value as Json, json};

use super::world::{EXPORTER, NOW, ORIGIN, World, wanted};
use super::write::{case, file as written, hex};

/// The file.
pub fn file(world: &World) -> Json {
    let mut requests = Requests { world, cases: Vec::new() };
    requests.whom();
    requests.when();
    requests.bound_to_the_connection();
    requests.bound_to_the_origin();
    let more = json!({
        "holder": world.holder().to_string(),
        "caller": {
            "service": world.espoo_service().to_string(),
            "organisation": world.espoo_organisation().to_string(),
            "key": hex(&world.espoo.public_key().to_bytes()),
        },
        "channel": {"exporter": hex(&EXPORTER), "origins": [ORIGIN]},
    });
    let about = "Requests judged on arrival at now_secs. What a case has of its own (caller, channel) counts instead; seen says that the request was admitted before.";
    written(world, about, "request", more, requests.cases)
}

struct Requests<'a> {
    world: &'a World,
    cases: Vec<Json>,
}

impl Requests<'_> {
    /// Espoo's request, changed before it was signed.
    fn add(&mut self, name: &str, why: &str, expect: &str, edit: impl Fn(&mut Request), more: Json) {
        self.by(&self.world.espoo, name, why, expect, edit, more);
    }

    fn by(&mut self, key: &SigningKey, name: &str, why: &str, expect: &str, edit: impl Fn(&mut Request), more: Json) {
        let leaf = self.world.chain(1)[0].id();
        let mut request = self.world.request(vec![leaf], vec![wanted("resident", &["first_names"])]);
        edit(&mut request);
        let mut case = case(name, why, expect);
        case.insert("bytes".into(), hex(Verified::sign(key, request).bytes()).into());
        if let Json::Object(more) = more {
            case.extend(more);
        }
        self.cases.push(case.into());
    }

    fn whom(&mut self) {
        let (none, other) = (Json::Null, self.world.processor_organisation());
        self.add("good", "bound to the connection", "accepted", |_| {}, none.clone());
        self.add("seen", "the same request for the second time", "replay", |_| {}, json!({"seen": true}));
        self.add("unknown caller", "no member's key", "key-unknown", |_| {}, json!({"caller": null}));
        self.add("other service", "in another's name", "key-unknown", |request| request.issuer = other, none.clone());
        let mallory = &self.world.mallory;
        self.by(mallory, "other key", "Mallory under her own key id", "key-refused", |_| {}, none.clone());
        self.add("other holder", "meant for somebody else", "audience", |request| request.audience = other, none);
    }

    fn when(&mut self) {
        for (name, why, expect, issued, expires) in [
            ("longest", "120 s", "accepted", NOW, NOW + 120),
            ("too long", "121 s", "lifetime", NOW, NOW + 121),
            ("no time", "exp is iat", "lifetime", NOW, NOW),
            ("negative", "exp is before iat", "lifetime", NOW, NOW - 1),
            ("clock ahead", "60 s", "accepted", NOW + 60, NOW + 61),
            ("from the future", "61 s", "issued-in-future", NOW + 61, NOW + 62),
            ("last second", "one second left", "accepted", NOW - 60, NOW + 1),
            ("expired", "in this second", "expired", NOW - 60, NOW),
        ] {
            let edit = |request: &mut Request| (request.issued, request.expires) = (issued, expires);
            self.add(name, why, expect, edit, Json::Null);
        }
    }

    fn bound_to_the_connection(&mut self) {
        let exporter = |bytes: Option<[u8; 32]>| json!({"channel": {"exporter": bytes.map(|bytes| hex(&bytes))}});
        self.add("forwarded", "on another connection", "binding", |_| {}, exporter(Some([1; 32])));
        self.add("without exporter", "on a connection that has none", "binding", |_| {}, exporter(None));
        let own = self.world.espoo.public_key().to_bytes();
        let mallory = self.world.mallory.public_key().to_bytes();
        let peer = |key: [u8; 32]| json!({"channel": {"peer": hex(&key)}});
        let bound = |key: [u8; 32]| move |request: &mut Request| request.binding = Binding::Peer(key);
        self.add("over libp2p", "the peer's key signed", "accepted", bound(own), peer(own));
        self.add("other peer", "through another peer", "binding", bound(own), peer(mallory));
        let why = "bound to a peer that did not sign";
        self.add("peer is not the signer", why, "binding", bound(mallory), peer(mallory));
        self.add("exporter as peer", "the same bytes for another kind", "binding", |_| {}, peer(EXPORTER));
    }

    fn bound_to_the_origin(&mut self) {
        let (nonce, wrong) = (Cti::new([0x0e; 16]), Cti::new([0x0f; 16]));
        let origin = |origin: &str, nonce: Option<Cti>| {
            let origin = origin.to_owned();
            move |request: &mut Request| (request.binding, request.nonce) = (Binding::Origin(origin.clone()), nonce)
        };
        let handed_out = |nonce: Cti| json!({"channel": {"origins": [ORIGIN], "nonce": nonce.to_string()}});
        let without = json!({"channel": {"origins": [ORIGIN]}});
        let (good, given) = (origin(ORIGIN, Some(nonce)), handed_out(nonce));
        self.add("by origin", "with a nonce of the holder's", "accepted", &good, given.clone());
        self.add("no nonce", "mandatory with an origin", "nonce", origin(ORIGIN, None), without.clone());
        self.add("unknown nonce", "not handed out, or used", "nonce", &good, without);
        self.add("other nonce", "handed out for another", "nonce", origin(ORIGIN, Some(wrong)), given.clone());
        let evil = origin("https://evil.example", Some(nonce));
        self.add("other origin", "meant for another address", "binding", evil, given.clone());
        let slash = origin(&format!("{ORIGIN}/"), Some(nonce));
        self.add("origin with slash", "origins are compared byte by byte", "binding", slash, given);
    }
}
