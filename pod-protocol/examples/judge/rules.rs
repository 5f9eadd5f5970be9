//! Rules about objects and what stands beside them.

use std::sync::Arc;

use pod_crypto::blind::{BlindError, BlinderKey, Blinding};
use pod_crypto::hpke::{self, SealPrivateKey};
use pod_crypto::{AeadKey, PublicKey, SeededRandom};
use pod_protocol::chain::{ChainFacts, SharedGrant, check};
use pod_protocol::codec::{Cbor, OBJECT_LIMITS, bytes, decode, encode, fixed, parsed, uint};
use pod_protocol::field::{FieldPath, project, withhold};
use pod_protocol::grant::Grant;
use pod_protocol::holder_entry::{HolderHandle, tag_and_key};
use pod_protocol::ids::{Cti, Kid, PodId, Principal, Thumbprint};
use pod_protocol::key_event::{Device, KeyEvent, KeyState, Taken};
use pod_protocol::merkle::{ProofFault, verify_consistency, verify_inclusion};
use pod_protocol::path::{Caller, Channel, ReplayWindow, verify};
use pod_protocol::predicate::Predicate;
use pod_protocol::refusal::ClaimFault;
use pod_protocol::registry::{Anchor, Registry};
use pod_protocol::request::Request;
use pod_protocol::revocation::Target;
use pod_protocol::standing::{Representative, Standing};
use pod_protocol::statement::Endpoint;
use pod_protocol::value::Value;
use pod_protocol::{Refusal, Signed};

use crate::inputs::{Keys, Parts, public};
use crate::registered;
use crate::told::{Refused, Told};

pub fn judge(keys: &Keys, kind: &str, bytes: &[u8]) -> Option<Told> {
    Some(match kind {
        "key log" => key_log(bytes),
        "chain" => chain(keys, bytes),
        "arrival" => arrival(bytes),
        "registry" => registry(bytes),
        "predicate" => predicate(bytes),
        "projection" => projection(bytes),
        "inclusion" => inclusion(bytes),
        "consistency" => consistency(bytes),
        "signature" => signature(bytes),
        "endpoint" => endpoint(bytes),
        "sealed" => sealed(bytes),
        "handle" => handle(bytes),
        "digest" => digest(bytes),
        _ => return registered::judge(kind, bytes),
    })
}

fn text(of: &impl ToString) -> Cbor {
    Cbor::Text(of.to_string())
}

fn byte_string(bytes: &[u8]) -> Cbor {
    Cbor::Bytes(bytes.to_vec())
}

fn or_null(number: Option<u64>) -> Cbor {
    number.map_or(Cbor::Null, Cbor::from)
}

/// `[[[event, taken, logged / null, identified]…], now]`: the log as it stands now.
fn key_log(input: &[u8]) -> Told {
    let event = |item| {
        Parts::of(item, |parts| {
            let event = parts.bytes()?;
            let (taken_secs, logged_secs) = (parts.uint()?, parts.maybe(|item| uint(0, item))?);
            Ok((event, Taken { taken_secs, logged_secs, identified: parts.bool()? }))
        })
    };
    let (events, now_secs) = Parts::read(input, |parts| Ok((parts.list(event)?, parts.uint()?)))?;
    let state = replayed(&events)?.settled(now_secs);
    Ok(encode(&Cbor::Array(vec![
        text(&state.principal()),
        state.organisation().map_or(Cbor::Null, |organisation| text(&organisation)),
        state.seq().into(),
        byte_string(state.head().as_bytes()),
        state.time_secs().into(),
        (state.events() as u64).into(),
        Cbor::Array(state.devices().iter().map(device).collect()),
        Cbor::Array(state.controls().next.iter().map(|digest| byte_string(digest)).collect()),
        state.controls().threshold.into(),
        Cbor::Array(state.controls().recovery.iter().map(|key| byte_string(&key.digest)).collect()),
        state.pending().map_or(Cbor::Null, |pending| {
            Cbor::Array(vec![
                byte_string(pending.id.as_bytes()),
                pending.keeps_seq.into(),
                (pending.rank as u64).into(),
                or_null(pending.due_secs()),
            ])
        }),
    ])))
}

fn replayed(events: &[(Vec<u8>, Taken)]) -> Result<KeyState, Refusal> {
    let Some(((first, _), following)) = events.split_first() else {
        return Err(ClaimFault::Missing { claim: 0 }.into());
    };
    let begun = KeyState::begin(Signed::<KeyEvent>::decode(first)?)?;
    following.iter().try_fold(begun, |state, (event, taken)| state.apply(Signed::decode(event)?, *taken))
}

fn device(device: &Device) -> Cbor {
    Cbor::Array(vec![
        byte_string(&device.device.key.to_bytes()),
        device.device.roles.sign.into(),
        device.device.roles.manage.into(),
        device.added_seq.into(),
        or_null(device.revoked_seq),
        or_null(device.revoked_secs),
        or_null(device.compromised_since),
    ])
}

/// A log as a holder has it on record: each event taken in when it was signed.
fn on_record(item: Cbor) -> Result<KeyState, ClaimFault> {
    let taken = |item| {
        let event = bytes(0, item)?;
        let signed = Signed::<KeyEvent>::decode(&event).map_err(|_| ClaimFault::OutOfRange { claim: 0 })?;
        Ok((event, Taken::logged(signed.unverified().time_secs)))
    };
    let events = Parts::of(item, |parts| parts.rest(taken))?;
    replayed(&events).map_err(|_| ClaimFault::OutOfRange { claim: 0 })
}

/// `[[grant…], holder, pod, subject's log, [[log, from, until]…], [[key, organisation]…], [revocation…], fresh, now]`: the last
/// grant's id.
fn chain(keys: &Keys, input: &[u8]) -> Told {
    let representative = |item| {
        Parts::of(item, |parts| {
            let keys = on_record(parts.item()?)?;
            Ok(Representative { keys, from_secs: parts.uint()?, until_secs: parts.uint()? })
        })
    };
    let member = |item| Parts::of(item, |parts| Ok((Thumbprint::new(parts.fixed()?), parts.parsed::<Principal>()?)));
    let (links, holder, standing, members, fresh, now_secs) = Parts::read(input, |parts| {
        let links = parts.list(|item| bytes(0, item))?;
        let holder: Principal = parts.parsed()?;
        let pod: PodId = parts.parsed()?;
        let mut standing = Standing::new(pod);
        standing.subject = Some(on_record(parts.item()?)?);
        standing.representatives = parts.list(representative)?;
        let members = parts.list(member)?;
        for one in parts.list(|item| target(item, pod))? {
            standing.revoke(&one);
        }
        Ok((links, holder, standing, members, parts.bool()?, parts.uint()?))
    })?;
    let organisation_of =
        |key: &Thumbprint| members.iter().find(|(member, _)| member == key).map(|(_, principal)| *principal);
    let chain: Vec<SharedGrant> = links
        .iter()
        .map(|link| {
            let signed = Signed::<Grant>::decode(link)?;
            let key = keys.with(signed.kid())?;
            Ok(Arc::new(signed.verify(key)?))
        })
        .collect::<Result<_, Refusal>>()?;
    let facts = ChainFacts {
        standing: &standing,
        holder: &holder,
        taken_secs: &[],
        organisation_of: &organisation_of,
        revocations_fresh: fresh,
        now_secs,
    };
    Ok(check(&chain, &facts)?.id().as_bytes().to_vec())
}

/// `[0, id]`, `[1, time]` or `[2, kid, time]`.
fn target(item: Cbor, pod: PodId) -> Result<Target, ClaimFault> {
    Parts::of(item, |parts| match parts.uint()? {
        0 => Ok(Target::Grant(pod_protocol::ids::ObjectId::new(parts.fixed()?))),
        1 => Ok(Target::PodBefore(pod, parts.uint()?)),
        _ => Ok(Target::KeySince(Kid::new(parts.fixed()?), parts.uint()?)),
    })
}

/// `[request, [service, organisation, key] / null, holder, peer / null, exporter / null, [origin…], nonce / null, seen, now]`: the id.
fn arrival(input: &[u8]) -> Told {
    let caller = |item| {
        Parts::of(item, |parts| {
            let (service, organisation) = (parts.parsed()?, parts.parsed()?);
            Ok(Caller { service, organisation, key: public(&parts.fixed()?)?, suspended: false })
        })
    };
    let (request, caller, holder, channel, seen, now_secs) = Parts::read(input, |parts| {
        let (request, caller, holder): (_, _, Principal) = (parts.bytes()?, parts.maybe(caller)?, parts.parsed()?);
        let (peer, exporter) = (parts.maybe(|item| fixed(0, item))?, parts.maybe(|item| fixed(0, item))?);
        let origins = parts.list(|item| pod_protocol::codec::text(0, item))?.into();
        let nonce = parts.maybe(|item| fixed(0, item).map(Cti::new))?;
        let channel = Channel { peer, exporter, origins, nonce };
        Ok((request, caller, holder, channel, parts.bool()?, parts.uint()?))
    })?;
    let mut window = ReplayWindow::new();
    let mut run = || {
        let signed = Signed::<Request>::decode(&request)?;
        let admit = |kid, cti, expires| window.admit(kid, cti, expires, now_secs);
        verify(signed, caller, &holder, &channel, now_secs, admit).map(|request| request.id())
    };
    if seen {
        run()?;
    }
    Ok(run()?.as_bytes().to_vec())
}

/// `[[statement…], anchor, anchor's key, now]`: who is a member, and what was refused.
fn registry(input: &[u8]) -> Told {
    let (statements, anchor, now_secs) = Parts::read(input, |parts| {
        let statements = parts.list(|item| bytes(0, item))?;
        let anchor = Anchor { principal: parts.parsed()?, key: public(&parts.fixed()?)? };
        Ok((statements, anchor, parts.uint()?))
    })?;
    let (registry, refused) = Registry::build(&anchor, &statements, now_secs);
    let refused =
        refused.iter().map(|(index, refusal)| Cbor::Array(vec![(*index as u64).into(), text(&refusal.code())]));
    let member = |organisation: &pod_protocol::registry::Organisation| {
        let principal = organisation.principal();
        let is_found = |key: &PublicKey| registry.organisation_by_kid(&Thumbprint::of(key).kid()).is_some();
        let keys = organisation.keys();
        Cbor::Array(vec![
            text(principal),
            text(organisation.name()),
            registry.organisation_named(organisation.name().as_str()).is_some().into(),
            organisation.is_suspended().into(),
            organisation.level().into(),
            Cbor::Array(keys.iter().map(|key| byte_string(&key.to_bytes())).collect()),
            Cbor::Array(keys.iter().map(|key| is_found(key).into()).collect()),
            Cbor::Array(
                organisation.services().iter().map(|one| registry.service(&one.principal).is_some().into()).collect(),
            ),
        ])
    };
    Ok(encode(&Cbor::Array(vec![
        Cbor::Array(refused.collect()),
        Cbor::Array(registry.organisations().map(member).collect()),
        registry.valid_until().into(),
        byte_string(&registry.snapshot()),
    ])))
}

/// `[predicate, [record…]]`: the predicate, and the answer.
fn predicate(input: &[u8]) -> Told {
    let (item, records) = Parts::read(input, |parts| {
        Ok((parts.bytes()?, parts.list(|item| Value::from_item(item).map_err(|_| ClaimFault::WrongType { claim: 0 }))?))
    })?;
    let predicate = Predicate::from_cbor(0, decode(&item, OBJECT_LIMITS)?)?;
    Ok(encode(&Cbor::Array(vec![predicate.to_cbor(), predicate.evaluate(&records).to_item()])))
}

/// `[record, [path…], [withheld path…]]`: what leaves, in an array; an empty one when nothing does.
fn projection(input: &[u8]) -> Told {
    let paths = |parts: &mut Parts| parts.list(|item| parsed::<FieldPath>(0, item));
    let (mut record, kept, withheld) = Parts::read(input, |parts| {
        let record = Value::from_item(parts.item()?).map_err(|_| ClaimFault::WrongType { claim: 0 })?;
        Ok((record, paths(parts)?, paths(parts)?))
    })?;
    withhold(&mut record, &withheld);
    Ok(encode(&Cbor::Array(project(&record, &kept).iter().map(Value::to_item).collect())))
}

fn proven(result: Result<(), ProofFault>) -> Told {
    match result {
        Ok(()) => Ok(Vec::new()),
        Err(ProofFault::Range) => Err(Refused("proof-range")),
        Err(ProofFault::Length) => Err(Refused("proof-length")),
        Err(ProofFault::Root) => Err(Refused("proof-root")),
    }
}

/// `[index, size, leaf, [hash…], root]`
fn inclusion(input: &[u8]) -> Told {
    proven(Parts::read(input, |parts| {
        let (index, size, leaf) = (parts.uint()?, parts.uint()?, parts.fixed()?);
        let proof = parts.list(|item| fixed(0, item))?;
        Ok(verify_inclusion(index, size, &leaf, &proof, &parts.fixed()?))
    })?)
}

/// `[old size, new size, old root, new root, [hash…]]`
fn consistency(input: &[u8]) -> Told {
    proven(Parts::read(input, |parts| {
        let (old, new) = (parts.uint()?, parts.uint()?);
        let (old_root, new_root) = (parts.fixed()?, parts.fixed()?);
        Ok(verify_consistency(old, new, &old_root, &new_root, &parts.list(|item| fixed(0, item))?))
    })?)
}

/// `[key, message, signature]`: whether the key would be registered.
fn signature(input: &[u8]) -> Told {
    let (key, message, signature) = Parts::read(input, |parts| Ok((parts.fixed()?, parts.bytes()?, parts.fixed()?)))?;
    let registered = PublicKey::register(&key).is_ok();
    let key = PublicKey::from_bytes(&key).map_err(|_| Refusal::Key)?;
    key.verify(&message, &signature).map_err(|_| Refusal::Signature)?;
    Ok(vec![registered.into()])
}

/// UTF-8 alone, without an array around it.
fn endpoint(input: &[u8]) -> Told {
    let text = std::str::from_utf8(input).map_err(|_| Refused("input"))?;
    match text.parse::<Endpoint>() {
        Ok(endpoint) => Ok(endpoint.as_str().as_bytes().to_vec()),
        Err(_) => Err(Refused("endpoint")),
    }
}

/// `[private key, info, associated data, sealed]`: what was sealed.
fn sealed(input: &[u8]) -> Told {
    let (key, info, aad, sealed) =
        Parts::read(input, |parts| Ok((parts.fixed()?, parts.bytes()?, parts.bytes()?, parts.bytes()?)))?;
    let key = SealPrivateKey::from_bytes(&key).map_err(|_| Refused("input"))?;
    hpke::open(&key, &info, &aad, &sealed).map(|plain| plain.to_vec()).map_err(|_| Refused("sealed"))
}

/// `[key, holder, tag, sealed]`: the handle of a holder entry.
fn handle(input: &[u8]) -> Told {
    let (key, holder, tag, sealed) =
        Parts::read(input, |parts| Ok((parts.fixed()?, parts.parsed()?, parts.fixed()?, parts.bytes()?)))?;
    let handle = HolderHandle::open(&AeadKey::from_bytes(key), &holder, &tag, &sealed);
    Ok(encode(&text(&handle.map_err(|_| Refused("sealed"))?.pod)))
}

/// `[blinder's seed, input, info, bit / null]`: the digest, and tag and key of a holder entry that it gives. The bit of the evaluation
/// is flipped on the way.
fn digest(input: &[u8]) -> Told {
    let (seed, secret, info, bit) = Parts::read(input, |parts| {
        Ok((parts.fixed()?, parts.bytes()?, parts.bytes()?, parts.maybe(|item| uint(0, item))?))
    })?;
    let (wrong, random) = (|_: BlindError| Refused("blind"), SeededRandom::new([7; 32]));
    let key = BlinderKey::from_seed(&seed).map_err(wrong)?;
    let (blinding, blinded) = Blinding::blind(&secret, &random).map_err(wrong)?;
    let mut evaluation = key.evaluate(&blinded, &info, &random).map_err(wrong)?;
    if let Some(bit) = bit {
        let (place, mask) = ((bit / 8) as usize % 96, 1 << (bit % 8));
        match evaluation.element.get_mut(place) {
            Some(byte) => *byte ^= mask,
            None => evaluation.proof[place - 32] ^= mask,
        }
    }
    let output = blinding.finalize(&info, &evaluation, &key.public()).map_err(wrong)?;
    let (tag, key) = tag_and_key(&output);
    Ok([output.as_slice(), &tag, &*key.to_bytes()].concat())
}
