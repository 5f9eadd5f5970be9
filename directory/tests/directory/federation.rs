//! A small federation, the same in every test: an anchor, a region, and three cities.

use pod_crypto::blind::{BlinderKey, Blinding};
use pod_crypto::{SeededRandom, SigningKey};
use pod_protocol::codec::{Cbor, encode};
use pod_protocol::holder_entry::{HolderEntry, HolderHandle, Tag, blind_info, tag_and_key};
use pod_protocol::ids::{Cti, PodId, Principal};
use pod_protocol::registry::Anchor;
use pod_protocol::statement::{Membership, Profile, Role};
use pod_protocol::words::Words;
use pod_protocol::{Payload, Verified};

/// Noon on 1 August 2026.
pub const NOW: u64 = 1_785_585_600;
pub const DAY: u64 = 24 * 3600;

pub const ANCHOR: u8 = 1;
pub const REGION: u8 = 2;
pub const HELSINKI: u8 = 3;
pub const ESPOO: u8 = 4;
pub const OFFICE: u8 = 5;
pub const STRANGER: u8 = 6;
pub const DIRECTORY: u8 = 8;
pub const BLINDER: u8 = 9;

/// The seed of the blinder in every test.
pub const SEED: [u8; 32] = [77; 32];
pub const EPOCH: u16 = 1;
pub const CODE: &str = "010190-999A";

pub fn key(of: u8) -> SigningKey {
    SigningKey::from_seed(&[of; 32])
}

pub fn principal(of: u8) -> Principal {
    Principal::new([of; 32])
}

pub fn random(seed: u8) -> SeededRandom {
    SeededRandom::new([seed; 32])
}

pub fn anchor() -> Anchor {
    Anchor { principal: principal(ANCHOR), key: key(ANCHOR).public_key() }
}

pub fn signed<T: Payload>(by: u8, claims: T) -> Vec<u8> {
    Verified::sign_unchecked(&key(by), claims).bytes().to_vec()
}

pub fn membership(issuer: u8, subject: u8, name: &str, roles: &[Role]) -> Membership {
    Membership {
        issuer: principal(issuer),
        subject: principal(subject),
        expires: NOW + 30 * DAY,
        issued: NOW - DAY,
        cti: Cti::new([subject; 16]),
        name: name.parse().unwrap(),
        keys: vec![key(subject).public_key()],
        roles: roles.to_vec(),
        depth: u64::from(roles.contains(&Role::Region)),
        suspended: false,
    }
}

pub fn region() -> Membership {
    membership(ANCHOR, REGION, "uusimaa", &[Role::Region])
}

pub fn helsinki() -> Membership {
    membership(REGION, HELSINKI, "helsinki", &[Role::Holder, Role::Services])
}

pub fn espoo() -> Membership {
    membership(REGION, ESPOO, "espoo", &[Role::Holder])
}

/// A member that holds no pods.
pub fn office() -> Membership {
    membership(REGION, OFFICE, "office", &[Role::Services])
}

/// The member that runs the directory.
pub fn directory() -> Membership {
    membership(ANCHOR, DIRECTORY, "directory", &[Role::Directory])
}

pub fn profile(issuer: u8) -> Profile {
    Profile {
        issuer: principal(issuer),
        expires: NOW + 7 * DAY,
        issued: NOW - DAY,
        cti: Cti::new([issuer; 16]),
        names: Words::new("Kaupunki", "Stad", "City").unwrap(),
        endpoints: vec!["https://aitta.example".parse().unwrap()],
        catalogue: Some([9; 32]),
        services: Vec::new(),
        seal_key: None,
    }
}

/// What the region, the cities and the office are admitted by.
pub fn statements() -> Vec<Vec<u8>> {
    vec![
        signed(ANCHOR, region()),
        signed(REGION, helsinki()),
        signed(REGION, espoo()),
        signed(REGION, office()),
        signed(HELSINKI, profile(HELSINKI)),
    ]
}

/// What whoever knows this identity code and the blinder's seed gets for a holder.
pub fn output(code: &str, holder: u8) -> [u8; 64] {
    let blinder = BlinderKey::from_seed(&SEED).unwrap();
    let info = blind_info(&principal(holder), EPOCH);
    let (blinding, blinded) = Blinding::blind(code.as_bytes(), &random(3)).unwrap();
    let evaluation = blinder.evaluate(&blinded, &info, &random(4)).unwrap();
    *blinding.finalize(&info, &evaluation, &blinder.public()).unwrap()
}

pub fn handle(pod: u8) -> HolderHandle {
    HolderHandle { pod: PodId::new([pod; 16]) }
}

pub fn entry(holder: u8, tag: Tag) -> HolderEntry {
    HolderEntry {
        holder: principal(holder),
        expires: NOW + 30 * DAY,
        issued: NOW,
        tag,
        sealed: Some(vec![holder; pod_protocol::holder_entry::SEALED_HANDLE_BYTES]),
    }
}

/// The entry that a holder publishes about the person with this code.
pub fn entry_about(code: &str, holder: u8) -> HolderEntry {
    let (tag, key) = tag_and_key(&output(code, holder));
    let sealed = handle(holder).seal(&key, &principal(holder), &tag, &random(5));
    HolderEntry { sealed: Some(sealed), ..entry(holder, tag) }
}

pub fn tombstone(holder: u8, tag: Tag, issued: u64) -> HolderEntry {
    HolderEntry { issued, sealed: None, ..entry(holder, tag) }
}

/// A body of `POST /v1/entries`.
pub fn array(entries: &[Vec<u8>]) -> Vec<u8> {
    encode(&Cbor::Array(entries.iter().map(|entry| Cbor::Bytes(entry.clone())).collect()))
}
