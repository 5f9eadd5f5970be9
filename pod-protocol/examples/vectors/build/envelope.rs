//! Everything that can be wrong with bytes and envelope, shown on the smallest object, a tree head.

use pod_crypto::SigningKey;
use pod_protocol::codec::{Cbor, decode, encode};
use pod_protocol::cose::signature_structure;
use pod_protocol::tree_head::TreeHead;
use pod_protocol::{Payload, Verified};
use serde_json::{Value as Json, json};

use super::world::{World, thumbprint};
use super::write::{accepted, bytes_case, file as written};

const ALGORITHM: i64 = -19;

/// A COSE_Sign1 in pieces, so that each can be wrong while the signature over the rest is right.
pub struct Pieces {
    /// Before the array: tag 18 is `[0xd2]`.
    pub tag: Vec<u8>,
    /// The protected header, inside its byte string.
    pub protected: Vec<u8>,
    /// The unprotected header, as it is written.
    pub unprotected: Vec<u8>,
    /// The payload, inside its byte string.
    pub payload: Vec<u8>,
}

/// The honest pieces of an object.
pub fn pieces(key: &SigningKey, typ: &str, payload: Vec<u8>) -> Pieces {
    Pieces { tag: vec![0xd2], protected: header(&honest(key, typ)), unprotected: vec![0xa0], payload }
}

fn honest(key: &SigningKey, typ: &str) -> [(i64, Cbor); 3] {
    let kid = Cbor::Bytes(thumbprint(key).kid().as_bytes().to_vec());
    [(1, ALGORITHM.into()), (4, kid), (16, Cbor::Text(typ.into()))]
}

fn header(entries: &[(i64, Cbor)]) -> Vec<u8> {
    encode(&Cbor::Map(entries.iter().map(|(key, value)| ((*key).into(), value.clone())).collect()))
}

impl Pieces {
    /// Signs what the pieces say.
    pub fn signature(&self, key: &SigningKey) -> [u8; 64] {
        key.sign(&signature_structure(&self.protected, &[], &self.payload))
    }

    /// The message with this signature.
    pub fn with(&self, signature: &[u8]) -> Vec<u8> {
        self.items(&[
            encode(&Cbor::Bytes(self.protected.clone())),
            self.unprotected.clone(),
            encode(&Cbor::Bytes(self.payload.clone())),
            encode(&Cbor::Bytes(signature.to_vec())),
        ])
    }

    /// The message, signed.
    pub fn signed(&self, key: &SigningKey) -> Vec<u8> {
        self.with(&self.signature(key))
    }

    fn items(&self, items: &[Vec<u8>]) -> Vec<u8> {
        let count = 0x80 | u8::try_from(items.len()).unwrap();
        [self.tag.clone(), vec![count], items.concat()].concat()
    }
}

/// The payload with one claim more, `99: value`, where `value` is written as it is.
pub fn with_claim_99(payload: &[u8], value: &[u8]) -> Vec<u8> {
    let Cbor::Map(entries) = decode(payload, pod_protocol::codec::ANSWER_LIMITS).unwrap() else { unreachable!() };
    let mut written: Vec<(Vec<u8>, Vec<u8>)> =
        entries.iter().map(|(key, value)| (encode(key), encode(value))).collect();
    written.push((vec![0x18, 99], value.to_vec()));
    written.sort();
    map(&written)
}

fn map(entries: &[(Vec<u8>, Vec<u8>)]) -> Vec<u8> {
    let count = 0xa0 | u8::try_from(entries.len()).unwrap();
    let body = entries.iter().flat_map(|(key, value)| [key.clone(), value.clone()]).collect::<Vec<_>>();
    [vec![count], body.concat()].concat()
}

/// The file.
pub fn file(world: &World) -> Json {
    let head = Verified::sign(&world.helsinki, world.tree_head());
    let mut cases = vec![accepted("good", "a tree head as it should be", "helsinki", &head)];
    let good = pieces(&world.helsinki, TreeHead::TYP, encode(&head.to_cbor()));
    assert_eq!(good.signed(&world.helsinki), head.bytes());
    let mut add = |name: &str, why: &str, expect: &str, bytes: Vec<u8>| {
        cases.push(bytes_case(name, why, expect, "helsinki", &bytes));
    };
    outer_bytes(head.bytes(), &good, &mut add);
    inner_bytes(world, &good, &mut add);
    envelopes(world, &good, &mut add);
    headers(world, &good, &mut add);
    signatures(world, &good, &mut add);
    let about = "Bytes and envelopes that must be refused whatever the object is; the object here is a tree head, which Helsinki signs.";
    written(world, about, "tree_head", json!({"typ": TreeHead::TYP}), cases)
}

type Add<'a> = &'a mut dyn FnMut(&str, &str, &str, Vec<u8>);

fn outer_bytes(bytes: &[u8], good: &Pieces, add: Add<'_>) {
    let body = &bytes[1..];
    add("trailing byte", "a byte follows the message", "cbor-trailing", [bytes, &[0]].concat());
    add("cut short", "the last byte is missing", "cbor-truncated", bytes[..bytes.len() - 1].to_vec());
    add("empty", "no bytes at all", "cbor-truncated", Vec::new());
    add("no tag", "tag 18 is missing", "cbor-tag", body.to_vec());
    add("other tag", "tag 98, a COSE_Sign", "cbor-tag", [&[0xd8, 98], body].concat());
    add("tag twice", "tag 18 in tag 18", "cbor-tag", [&[0xd2], bytes].concat());
    add("long tag", "tag 18 in two bytes", "cbor-not-shortest", [&[0xd8, 18], body].concat());
    add("long array", "the array's length in two bytes", "cbor-not-shortest", [&[0xd2, 0x98, 4], &bytes[2..]].concat());
    let open = [&[0xd2, 0x9f], &bytes[2..], &[0xff]].concat();
    add("open array", "an array of indefinite length", "cbor-indefinite", open);
    let long = [&[0xd2, 0x84, 0x59, 0], &bytes[3..]].concat();
    add("long length", "the protected header's length in two bytes", "cbor-not-shortest", long);
    let length = u8::try_from(good.protected.len()).unwrap();
    let chunks = [&[0xd2, 0x84, 0x5f, 0x58, length], good.protected.as_slice(), &[0xff]].concat();
    let rest = &bytes[4 + good.protected.len()..];
    add("chunked string", "the protected header in chunks", "cbor-indefinite", [&chunks, rest].concat());
}

fn inner_bytes(world: &World, good: &Pieces, add: Add<'_>) {
    let mut inner = |name: &str, why: &str, expect: &str, payload: Vec<u8>| {
        let pieces = Pieces { payload, protected: good.protected.clone(), unprotected: vec![0xa0], tag: vec![0xd2] };
        add(name, why, expect, pieces.signed(&world.helsinki));
    };
    let payload = good.payload.as_slice();
    let claim = |value: &[u8]| with_claim_99(payload, value);
    let Cbor::Map(entries) = decode(payload, pod_protocol::codec::OBJECT_LIMITS).unwrap() else { unreachable!() };
    let mut written: Vec<_> = entries.iter().map(|(key, value)| (encode(key), encode(value))).collect();
    inner("payload: trailing byte", "a byte follows the claims", "cbor-trailing", [payload, &[0]].concat());
    inner("payload: cut short", "the claims end early", "cbor-truncated", payload[..payload.len() - 1].to_vec());
    inner("payload: empty", "no claims at all", "cbor-truncated", Vec::new());
    inner(
        "payload: open map",
        "a map of indefinite length",
        "cbor-indefinite",
        [&[0xbf], &payload[1..], &[0xff]].concat(),
    );
    inner("payload: no map", "an array of claims", "claim-type", vec![0x80]);
    inner("payload: text key", "a claim with a name instead of a number", "claim-unknown", vec![0xa1, 0x61, b'a', 0]);
    written.push(written[0].clone());
    written.sort();
    inner("payload: claim twice", "iss stands twice", "cbor-duplicate-key", map(&written));
    written.remove(0);
    written.swap(0, 1);
    inner("payload: unsorted", "iat stands before iss", "cbor-unsorted", map(&written));
    inner("payload: half float", "a floating-point number", "cbor-float", claim(&[0xf9, 0, 0]));
    inner("payload: double", "a floating-point number", "cbor-float", claim(&[0xfb, 0, 0, 0, 0, 0, 0, 0, 0]));
    inner("payload: tag", "a date with its tag", "cbor-tag", claim(&[0xc0, 0x61, b'0']));
    inner("payload: undefined", "simple value 23", "cbor-simple", claim(&[0xf7]));
    inner("payload: simple", "simple value 32", "cbor-simple", claim(&[0xf8, 32]));
    inner("payload: reserved", "additional information 28", "cbor-simple", claim(&[0x1c]));
    inner("payload: long integer", "5 in two bytes", "cbor-not-shortest", claim(&[0x18, 5]));
    inner("payload: long text", "a text's length in two bytes", "cbor-not-shortest", claim(&[0x78, 1, b'a']));
    inner("payload: no UTF-8", "text that is none", "cbor-not-utf8", claim(&[0x61, 0xff]));
    inner("payload: surrogate", "a lone surrogate in UTF-8", "cbor-not-utf8", claim(&[0x63, 0xed, 0xa0, 0x80]));
    let largest = [0x1b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
    inner("payload: 2^63 - 1", "fits, but is no claim of this object", "claim-unknown", claim(&largest));
    let larger = [0x1b, 0x80, 0, 0, 0, 0, 0, 0, 0];
    inner("payload: 2^63", "an integer that does not fit 64 bits with sign", "cbor-integer-range", claim(&larger));
    let smaller = [0x3b, 0x80, 0, 0, 0, 0, 0, 0, 0];
    inner("payload: -2^63 - 1", "an integer that does not fit", "cbor-integer-range", claim(&smaller));
    inner(
        "payload: depth 8",
        "as deep as allowed, but no claim",
        "claim-unknown",
        claim(&[0x81, 0x81, 0x81, 0x81, 0x81, 0x81, 0x80]),
    );
    inner(
        "payload: depth 9",
        "one level too deep",
        "cbor-too-deep",
        claim(&[0x81, 0x81, 0x81, 0x81, 0x81, 0x81, 0x81, 0x80]),
    );
    let many = [&[0x99, 1, 1][..], &[0; 257]].concat();
    inner("payload: 257 items", "one item too many", "cbor-too-many-items", claim(&many));
    inner(
        "payload: 2^60 items",
        "a length that would exhaust memory",
        "cbor-too-many-items",
        claim(&[0x9b, 0x10, 0, 0, 0, 0, 0, 0, 0]),
    );
    inner(
        "payload: long string",
        "a length that goes beyond the end",
        "cbor-truncated",
        claim(&[0x5b, 0x10, 0, 0, 0, 0, 0, 0, 0]),
    );
    inner("payload: unknown claim", "a claim that this object does not have", "claim-unknown", claim(&[0]));
}

fn envelopes(world: &World, good: &Pieces, add: Add<'_>) {
    let key = &world.helsinki;
    let signature = good.signature(key);
    let (protected, payload, signed) = (
        encode(&Cbor::Bytes(good.protected.clone())),
        encode(&Cbor::Bytes(good.payload.clone())),
        encode(&Cbor::Bytes(signature.to_vec())),
    );
    let empty = || vec![0xa0];
    let mut shape = |name: &str, why: &str, expect: &str, items: &[Vec<u8>]| add(name, why, expect, good.items(items));
    shape("three parts", "no signature", "cose-shape", &[protected.clone(), empty(), payload.clone()]);
    let five = [protected.clone(), empty(), payload.clone(), signed.clone(), vec![0]];
    shape("five parts", "one part more", "cose-shape", &five);
    let bare = [good.protected.clone(), empty(), payload.clone(), signed.clone()];
    shape("bare header", "the protected header is no byte string", "cose-shape", &bare);
    let list = [protected.clone(), vec![0x80], payload.clone(), signed.clone()];
    shape("unprotected list", "the unprotected header is no map", "cose-shape", &list);
    let detached = [protected.clone(), empty(), vec![0xf6], signed.clone()];
    shape("detached", "the payload is not in the message", "cose-detached", &detached);
    let bare = [protected.clone(), empty(), good.payload.clone(), signed.clone()];
    shape("bare payload", "the payload is no byte string", "cose-shape", &bare);
    let text = [protected.clone(), empty(), payload.clone(), vec![0x60]];
    shape("text signature", "the signature is no byte string", "cose-shape", &text);
    add("short signature", "63 bytes", "cose-signature-length", good.with(&signature[..63]));
    add("long signature", "65 bytes", "cose-signature-length", good.with(&[&signature[..], &[0]].concat()));
    let mut unprotected = |name: &str, why: &str, entries: &[(i64, Cbor)]| {
        let pieces = Pieces { unprotected: header(entries), ..pieces(key, TreeHead::TYP, good.payload.clone()) };
        add(name, why, "cose-unprotected", pieces.signed(key));
    };
    unprotected("unprotected alg", "the algorithm again, unprotected", &[(1, ALGORITHM.into())]);
    unprotected("unprotected kid", "a key id, unprotected", &[(4, Cbor::Bytes(vec![1]))]);
    unprotected("unprotected unknown", "anything, unprotected", &[(99, Cbor::Null)]);
}

fn headers(world: &World, good: &Pieces, add: Add<'_>) {
    let key = &world.helsinki;
    let [alg, kid, typ] = honest(key, TreeHead::TYP);
    let mut with = |name: &str, why: &str, expect: &str, protected: Vec<u8>| {
        let pieces = Pieces { protected, unprotected: vec![0xa0], payload: good.payload.clone(), tag: vec![0xd2] };
        add(name, why, expect, pieces.signed(key));
    };
    let three = |first: i64, second: (i64, Cbor), third: (i64, Cbor)| header(&[(1, first.into()), second, third]);
    with("no header", "an empty protected header", "cose-alg-missing", Vec::new());
    with("empty header", "a protected header without entries", "cose-alg-missing", vec![0xa0]);
    with("no alg", "the algorithm is missing", "cose-alg-missing", header(&[kid.clone(), typ.clone()]));
    with("EdDSA", "the deprecated algorithm -8", "cose-alg", three(-8, kid.clone(), typ.clone()));
    with("ES256", "algorithm -7", "cose-alg", three(-7, kid.clone(), typ.clone()));
    with("HMAC", "algorithm 5, with the public key as its secret", "cose-alg", three(5, kid.clone(), typ.clone()));
    with("no algorithm", "algorithm 0, reserved", "cose-alg", three(0, kid.clone(), typ.clone()));
    let text = header(&[(1, Cbor::Text("Ed25519".into())), kid.clone(), typ.clone()]);
    with("named alg", "the algorithm as text", "cose-alg", text);
    with("no kid", "the key id is missing", "cose-kid", header(&[alg.clone(), typ.clone()]));
    let short = (4, Cbor::Bytes(vec![7; 15]));
    with("short kid", "a key id of 15 bytes", "cose-kid", header(&[alg.clone(), short, typ.clone()]));
    let long = (4, Cbor::Bytes(thumbprint(key).as_bytes().to_vec()));
    with("long kid", "the whole thumbprint", "cose-kid", header(&[alg.clone(), long, typ.clone()]));
    with("no typ", "the type is missing", "cose-typ", header(&[alg.clone(), kid.clone()]));
    let other = (16, Cbor::Text("application/aitta-grant+cwt".into()));
    with("other typ", "said to be a grant", "cose-typ", header(&[alg.clone(), kid.clone(), other]));
    let number = (16, Cbor::from(61));
    with("typ as a number", "a CoAP content format", "cose-typ", header(&[alg.clone(), kid.clone(), number]));
    let critical = (2, Cbor::Array(vec![99.into()]));
    with(
        "critical",
        "a critical header parameter",
        "cose-header",
        header(&[alg.clone(), critical, kid.clone(), typ.clone()]),
    );
    let unknown = (99, Cbor::Null);
    with("unknown parameter", "a parameter that nobody knows", "cose-header", header(&[alg, kid, typ, unknown]));
    with(
        "header: trailing byte",
        "a byte follows the header's map",
        "cbor-trailing",
        [good.protected.as_slice(), &[0]].concat(),
    );
    let open = [&[0xbf], &good.protected[1..], &[0xff]].concat();
    with("header: open map", "a map of indefinite length", "cbor-indefinite", open);
    with("header: no map", "an array", "cose-header", vec![0x80]);
    let long = [&[0xa3, 0x18, 1], &good.protected[2..]].concat();
    with("header: long key", "1 in two bytes", "cbor-not-shortest", long);
    let twice = [&[0xa4, 1, 0x32], &good.protected[1..]].concat();
    with("header: alg twice", "the algorithm stands twice", "cbor-duplicate-key", twice);
}

/// Signatures that are not Helsinki's over this.
fn signatures(world: &World, good: &Pieces, add: Add<'_>) {
    let key = &world.helsinki;
    let signature = good.signature(key);
    for (name, at) in [("R changed", 0), ("S changed", 40)] {
        let mut wrong = signature;
        wrong[at] ^= 1;
        add(name, "one bit of the signature differs", "signature", good.with(&wrong));
    }
    add("zero signature", "64 zero bytes", "signature", good.with(&[0; 64]));
    let mut malleated = signature;
    let mut carry = 0_u16;
    for (byte, order) in malleated[32..].iter_mut().zip(ORDER) {
        carry += u16::from(*byte) + u16::from(order);
        *byte = u8::try_from(carry & 0xff).unwrap();
        carry >>= 8;
    }
    add("S plus the order", "another encoding of the same signature", "signature", good.with(&malleated));
    let mut identity = [0; 64];
    identity[0] = 1;
    add(
        "identity",
        "R the identity and S zero, which ring takes under a small-order key",
        "signature",
        good.with(&identity),
    );
    add(
        "another's signature",
        "Mallory signs under Helsinki's key id",
        "signature",
        good.with(&good.signature(&world.mallory)),
    );
    let payload = good.payload.clone();
    let others = pieces(&world.mallory, TreeHead::TYP, payload.clone());
    add("another's key id", "Mallory signs under her own key id", "key-refused", others.signed(&world.mallory));
    let context = key.sign(&encode(&Cbor::Array(vec![
        Cbor::Text("Signature".into()),
        Cbor::Bytes(good.protected.clone()),
        Cbor::Bytes(Vec::new()),
        Cbor::Bytes(payload.clone()),
    ])));
    add("other context", "signed as a part of a COSE_Sign", "signature", good.with(&context));
    let external = key.sign(&signature_structure(&good.protected, b"more", &payload));
    add("external data", "signed together with external data", "signature", good.with(&external));
    add("bare payload signed", "signed without a Sig_structure", "signature", good.with(&key.sign(&payload)));
}

/// The order of the group, little endian (RFC 8032 §5.1).
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];
