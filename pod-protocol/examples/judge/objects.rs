//! Objects by themselves: read, checked as far as they say themselves, and written again.

use pod_protocol::access_request::AccessRequest;
use pod_protocol::answer::{Answer, Receipt, check_against_receipt};
use pod_protocol::blind_request::{BlindAnswer, BlindRequest};
use pod_protocol::bucket::Bucket;
use pod_protocol::codec::{OBJECT_LIMITS, decode, encode};
use pod_protocol::command::{Acknowledgement, Command, CommandAnswer};
use pod_protocol::cose::kind_of;
use pod_protocol::decision::Decision;
use pod_protocol::grant::Grant;
use pod_protocol::holder_entry::HolderEntry;
use pod_protocol::key_event::KeyEvent;
use pod_protocol::notice::{Notice, NoticeReceipt};
use pod_protocol::registry::Registry;
use pod_protocol::request::{Call, Request};
use pod_protocol::revocation::Revocation;
use pod_protocol::statement::{Membership, Profile};
use pod_protocol::tlog::checkpoint::SignedCheckpoint;
use pod_protocol::tlog::evidence::Evidence;
use pod_protocol::tlog::head::Head;
use pod_protocol::tlog::leaf::{Body, Leaf};
use pod_protocol::tlog::map::ProvenBucket;
use pod_protocol::tlog::post::{LogPost, items_from_bytes, items_to_bytes};
use pod_protocol::tlog::view::View;
use pod_protocol::tlog::witness::AddCheckpoint;
use pod_protocol::tree_head::TreeHead;
use pod_protocol::value::{Value, ValueFault};
use pod_protocol::{Payload, Signed};

use crate::inputs::Keys;
use crate::told::{Refused, Told};

pub fn judge(keys: &Keys, kind: &str, bytes: &[u8]) -> Option<Told> {
    signed(keys, kind, bytes).or_else(|| message(keys, kind, bytes)).or_else(|| shown(kind, bytes))
}

/// What is signed: the id, and the claims encoded anew.
fn signed(keys: &Keys, kind: &str, bytes: &[u8]) -> Option<Told> {
    fn of<T: Payload>(keys: &Keys, bytes: &[u8]) -> Told {
        let signed = Signed::<T>::decode(bytes)?;
        let key = keys.with(signed.kid())?;
        let verified = signed.verify(key)?;
        Ok([verified.id().as_bytes().as_slice(), &encode(&verified.to_cbor())].concat())
    }
    Some(match kind {
        "grant" => of::<Grant>(keys, bytes),
        "request" => of::<Request>(keys, bytes),
        "receipt" => of::<Receipt>(keys, bytes),
        "command" => of::<Command>(keys, bytes),
        "acknowledgement" => of::<Acknowledgement>(keys, bytes),
        "revocation" => of::<Revocation>(keys, bytes),
        "notice" => of::<Notice>(keys, bytes),
        "notice-receipt" => of::<NoticeReceipt>(keys, bytes),
        "key-event" => of::<KeyEvent>(keys, bytes),
        "access-request" => of::<AccessRequest>(keys, bytes),
        "membership" => of::<Membership>(keys, bytes),
        "profile" => of::<Profile>(keys, bytes),
        "holder-entry" => of::<HolderEntry>(keys, bytes),
        "blind-request" => of::<BlindRequest>(keys, bytes),
        "log-post" => of::<LogPost>(keys, bytes),
        "tree-head" => of::<TreeHead>(keys, bytes),
        _ => return None,
    })
}

/// What carries others, and nobody signs.
fn message(keys: &Keys, kind: &str, bytes: &[u8]) -> Option<Told> {
    Some(match kind {
        "call" => Call::from_bytes(bytes).map(|call| call.to_bytes()).map_err(Refused::from),
        "answer" => answer(keys, bytes),
        "command answer" => CommandAnswer::from_bytes(bytes).map(|answer| answer.to_bytes()).map_err(Refused::from),
        "blind answer" => BlindAnswer::from_bytes(bytes).map(|answer| answer.to_bytes()).map_err(Refused::from),
        "decision" => Decision::from_bytes(bytes).map(|decision| decision.to_bytes()).map_err(Refused::from),
        "bucket" => Bucket::from_bytes(bytes).map(|bucket| bucket.to_bytes()).map_err(Refused::from),
        "snapshot" => Registry::read_snapshot(bytes).map(|statements| statements.concat()).map_err(Refused::from),
        "value" => match Value::from_cbor(bytes) {
            Ok(value) => Ok(value.to_cbor()),
            Err(ValueFault::Cbor(fault)) => Err(fault.into()),
            Err(_) => Err(Refused("value")),
        },
        "item" => decode(bytes, OBJECT_LIMITS).map(|item| encode(&item)).map_err(Refused::from),
        "kind" => kind_of(bytes).map(String::into_bytes).map_err(Refused::from),
        _ => return None,
    })
}

fn answer(keys: &Keys, bytes: &[u8]) -> Told {
    let answer = Answer::from_bytes(bytes)?;
    let signed = Signed::<Receipt>::decode(&answer.receipt)?;
    let key = keys.with(signed.kid())?;
    check_against_receipt(&answer.items, &*signed.verify(key)?)?;
    Ok(answer.to_bytes())
}

/// What the directory's log shows.
fn shown(kind: &str, bytes: &[u8]) -> Option<Told> {
    Some(match kind {
        "leaf" => Leaf::from_bytes(bytes).map(|leaf| leaf.to_bytes()).map_err(Refused::from),
        "add checkpoint" => AddCheckpoint::from_bytes(bytes).map(|body| body.to_bytes()).map_err(Refused::from),
        "head" => Head::from_bytes(bytes).map(|head| head.to_bytes()).map_err(Refused::from),
        "log items" => items_from_bytes(bytes).map(|items| items_to_bytes(&items)).map_err(Refused::from),
        "evidence" => evidence(bytes),
        "note" => SignedCheckpoint::from_bytes(bytes).map(|note| note.to_bytes()).map_err(Refused::from),
        "proven bucket" => proven_bucket(bytes),
        "view" => View::from_bytes(bytes).map(|view| view.to_bytes()).map_err(Refused::from),
        _ => return None,
    })
}

fn evidence(bytes: &[u8]) -> Told {
    let evidence = Evidence::from_bytes(bytes)?;
    let verdict = evidence.verdict()? as u8;
    Ok([&[verdict], evidence.to_bytes().as_slice()].concat())
}

/// A proven bucket under the state that it brings itself.
fn proven_bucket(bytes: &[u8]) -> Told {
    let proven = ProvenBucket::from_bytes(bytes)?;
    let Body::State(state) = Leaf::from_bytes(&proven.head.leaf)?.body else { return Err(Refused("log-state")) };
    proven.check(&state)?;
    Ok(proven.to_bytes())
}
