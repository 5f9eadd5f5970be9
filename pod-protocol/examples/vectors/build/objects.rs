//! One file for each signed object: good ones, and every claim missing, of another type, out of its range.

mod acts;
mod fetches;
mod grants;
mod members;
mod notices;

use pod_crypto::SigningKey;
use pod_protocol::codec::{ANSWER_LIMITS, Cbor, decode, encode};
use pod_protocol::{Payload, Verified};
use serde_json::{Value as Json, json};

use super::envelope::{pieces, with_claim_99};
use super::labels::label;
use super::world::World;
use super::write::{accepted, bytes_case, file};

/// All files.
pub fn files(world: &World) -> Vec<(&'static str, Json)> {
    vec![
        ("grant.json", grants::grant(world)),
        ("request.json", fetches::request(world)),
        ("receipt.json", fetches::receipt(world)),
        ("tree-head.json", fetches::tree_head(world)),
        ("command.json", acts::command(world)),
        ("acknowledgement.json", acts::acknowledgement(world)),
        ("revocation.json", acts::revocation(world)),
        ("key-event.json", acts::key_event(world)),
        ("membership.json", members::membership(world)),
        ("profile.json", members::profile(world)),
        ("access-request.json", members::access_request(world)),
        ("holder-entry.json", members::holder_entry(world)),
        ("blind-request.json", members::blind_request(world)),
        ("log-post.json", members::log_post(world)),
        ("notice.json", notices::notice(world)),
        ("notice-receipt.json", notices::receipt(world)),
    ]
}

/// The cases of one kind of object.
struct Kind<'a> {
    key_name: &'static str,
    key: &'a SigningKey,
    mallory: &'a SigningKey,
    typ: &'static str,
    cases: Vec<Json>,
}

impl<'a> Kind<'a> {
    /// Begins with an object that is accepted, and all that can be done to its claims one by one. `optional` are the claims
    /// that may be missing.
    fn new<T: Payload>(world: &'a World, key_name: &'static str, why: &str, good: T, optional: &[i64]) -> Self {
        let key = world.keys().into_iter().find(|(name, _)| *name == key_name).unwrap().1;
        let mut kind = Self { key_name, key, mallory: &world.mallory, typ: T::TYP, cases: Vec::new() };
        let payload = encode(&good.to_cbor());
        kind.good("good", why, good);
        kind.signatures(&payload);
        kind.each_claim(&payload, optional);
        kind
    }

    fn good<T: Payload>(&mut self, name: &str, why: &str, claims: T) {
        let object = Verified::sign(self.key, claims);
        self.cases.push(accepted(name, why, self.key_name, &object));
    }

    /// An object that its own signer wrote wrongly.
    fn bad<T: Payload>(&mut self, name: &str, why: &str, expect: &str, claims: &T) {
        self.raw(name, why, expect, encode(&claims.to_cbor()));
    }

    /// The good object with one claim replaced.
    fn with<T: Payload>(&mut self, name: &str, why: &str, expect: &str, good: &T, claim: i64, value: Cbor) {
        self.raw(name, why, expect, replaced(&good.to_cbor(), claim, Some(value)));
    }

    fn raw(&mut self, name: &str, why: &str, expect: &str, payload: Vec<u8>) {
        let bytes = pieces(self.key, self.typ, payload).signed(self.key);
        self.push(name, why, expect, &bytes);
    }

    fn push(&mut self, name: &str, why: &str, expect: &str, bytes: &[u8]) {
        self.cases.push(bytes_case(name, why, expect, self.key_name, bytes));
    }

    fn signatures(&mut self, payload: &[u8]) {
        let honest = pieces(self.key, self.typ, payload.to_vec());
        let forged = honest.with(&honest.signature(self.mallory));
        self.push("forged", "Mallory signs under the other's key id", "signature", &forged);
        let own = pieces(self.mallory, self.typ, payload.to_vec()).signed(self.mallory);
        self.push("another key", "Mallory signs under her own key id", "key-refused", &own);
        let other = pieces(self.key, "application/aitta-other+cwt", payload.to_vec()).signed(self.key);
        self.push("other typ", "these claims as an object of another kind", "cose-typ", &other);
        let trailing = [honest.signed(self.key), vec![0]].concat();
        self.push("trailing byte", "a byte follows the message", "cbor-trailing", &trailing);
        self.raw(
            "unknown claim",
            "a claim that this object does not have",
            "claim-unknown",
            with_claim_99(payload, &[0]),
        );
        self.raw("float", "a floating-point number", "cbor-float", with_claim_99(payload, &[0xf9, 0, 0]));
        self.raw("no claims", "an empty map", "claim-missing", vec![0xa0]);
        self.raw("list", "an array of claims", "claim-type", vec![0x80]);
    }

    fn each_claim(&mut self, payload: &[u8], optional: &[i64]) {
        let claims = decode(payload, ANSWER_LIMITS).unwrap();
        let Cbor::Map(entries) = &claims else { unreachable!() };
        for (key, value) in entries {
            let claim = i64::try_from(i128::from(key.as_integer().unwrap())).unwrap();
            let of = label(claim);
            if !optional.contains(&claim) {
                let without = replaced(&claims, claim, None);
                self.raw(&format!("{of} missing"), "a claim that must be there", "claim-missing", without);
            }
            let other = if matches!(value, Cbor::Bool(_)) { Cbor::from(0) } else { Cbor::Bool(true) };
            let wrong = replaced(&claims, claim, Some(other));
            self.raw(&format!("{of} of another type"), "a claim of the wrong type", "claim-type", wrong);
            if [4, 5, 6].contains(&claim) {
                let zero = replaced(&claims, claim, Some(0.into()));
                self.raw(&format!("{of} is 0"), "no time", "claim-range", zero);
                let late = replaced(&claims, claim, Some((1_u64 << 53).into()));
                self.raw(&format!("{of} is 2^53"), "beyond what JavaScript counts exactly", "claim-range", late);
                let negative = replaced(&claims, claim, Some((-1).into()));
                self.raw(&format!("{of} is negative"), "before 1970", "claim-type", negative);
            }
        }
    }

    fn file(self, world: &World, about: &str, fuzz_target: &str) -> Json {
        file(world, about, fuzz_target, json!({"typ": self.typ}), self.cases)
    }
}

/// The claims with one replaced, added or (with `None`) left out, encoded.
fn replaced(claims: &Cbor, claim: i64, value: Option<Cbor>) -> Vec<u8> {
    let Cbor::Map(entries) = claims else { unreachable!() };
    let mut entries: Vec<_> = entries.iter().filter(|(key, _)| *key != Cbor::from(claim)).cloned().collect();
    entries.extend(value.map(|value| (Cbor::from(claim), value)));
    encode(&Cbor::Map(entries))
}

fn text(text: &str) -> Cbor {
    Cbor::Text(text.to_owned())
}

fn list(items: impl IntoIterator<Item = Cbor>) -> Cbor {
    Cbor::Array(items.into_iter().collect())
}

fn bytes(length: usize) -> Cbor {
    Cbor::Bytes(vec![7; length])
}
