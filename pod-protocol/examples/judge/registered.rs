//! What a registry vouches for: access requests, heads of the log, what is kept. Each input begins with
//! `[statement…], anchor, anchor's key, now`.

use pod_protocol::Signed;
use pod_protocol::codec::{Cbor, bytes, encode};
use pod_protocol::ids::Principal;
use pod_protocol::refusal::ClaimFault;
use pod_protocol::registry::{Anchor, Registry};
use pod_protocol::tlog::head::{Head, Policy};
use pod_protocol::tree_head::TreeHead;

use crate::inputs::{Parts, public};
use crate::told::Told;

pub fn judge(kind: &str, bytes: &[u8]) -> Option<Told> {
    Some(match kind {
        "asked" => asked(bytes),
        "believed" => believed(bytes),
        "kept" => kept(bytes),
        _ => return None,
    })
}

fn registry(parts: &mut Parts) -> Result<(Registry, u64), ClaimFault> {
    let statements = parts.list(|item| bytes(0, item))?;
    let anchor = Anchor { principal: parts.parsed()?, key: public(&parts.fixed()?)? };
    let now_secs = parts.uint()?;
    Ok((Registry::build(&anchor, &statements, now_secs).0, now_secs))
}

/// `…, access request`: its id, and where it asks too much.
fn asked(input: &[u8]) -> Told {
    let ((registry, now_secs), request) = Parts::read(input, |parts| Ok((registry(parts)?, parts.bytes()?)))?;
    let request = registry.check_access_request(&request, now_secs)?;
    let over = registry.over_asking(&request)?;
    let codes = over.iter().map(|one| Cbor::Text(one.code().to_owned())).collect();
    Ok(encode(&Cbor::Array(vec![Cbor::Bytes(request.id().as_bytes().to_vec()), Cbor::Array(codes)])))
}

/// `…, head, witnesses, longest age`: what is believed.
fn believed(input: &[u8]) -> Told {
    let ((registry, now_secs), head, witnesses, max_age_secs) =
        Parts::read(input, |parts| Ok((registry(parts)?, parts.bytes()?, parts.uint()?, parts.uint()?)))?;
    let policy = Policy { witnesses: usize::try_from(witnesses).unwrap(), max_age_secs };
    let head = Head::from_bytes(&head)?.verify(&registry, &policy, now_secs)?;
    let seen = head
        .witnesses
        .iter()
        .map(|seen| Cbor::Array(vec![Cbor::Text(seen.witness.to_string()), seen.time_secs.into()]));
    Ok(encode(&Cbor::Array(vec![
        head.checkpoint.size.into(),
        Cbor::Bytes(head.checkpoint.root.to_vec()),
        head.state.entries.into(),
        head.logged_secs.into(),
        head.seen_secs.into(),
        Cbor::Array(seen.collect()),
    ])))
}

/// `…, tree head, issuer`: whether it counts now, and as something that was kept.
fn kept(input: &[u8]) -> Told {
    let ((registry, _), head, issuer): (_, _, Principal) =
        Parts::read(input, |parts| Ok((registry(parts)?, parts.bytes()?, parts.parsed()?)))?;
    let signed = Signed::<TreeHead>::decode(&head)?;
    let now = registry.verify_by_organisation(signed.clone(), &issuer).is_ok();
    let at = signed.unverified().time_secs;
    let head = registry.verify_signed_at(signed, &issuer, at)?;
    Ok([head.id().as_bytes().as_slice(), &[now.into()]].concat())
}
