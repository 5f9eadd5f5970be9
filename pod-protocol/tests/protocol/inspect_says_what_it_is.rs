//! `inspect` tells people what an object is, and whoever wrote a bad one what to do.

use pod_protocol::access_request::AccessRequest;
use pod_protocol::answer::{Outcome, Receipt, ReceiptItem};
use pod_protocol::bucket::Bucket;
use pod_protocol::command::{Acknowledgement, Action, Command};
use pod_protocol::decision::{Decision, DecisionOutcome, HolderGrant};
use pod_protocol::holder_entry::HolderEntry;
use pod_protocol::ids::{Cti, ObjectId};
use pod_protocol::inspect::inspect;
use pod_protocol::key_event::{DeviceKey, KeyChange, KeyEvent, RecoveryKey, Roles};
use pod_protocol::notice::{Notice, NoticeCause, NoticeOutcome, NoticeReceipt};
use pod_protocol::request::{Binding, Name, Request, RequestItem, Wanted};
use pod_protocol::revocation::{Revocation, Target};
use pod_protocol::tree_head::TreeHead;

use crate::support::*;

const SOME_ID: ObjectId = ObjectId::new([8; 32]);

#[track_caller]
fn says(bytes: &[u8], title: &str, sentences: &[&str]) -> serde_json::Value {
    let inspection = inspect(bytes);
    let text = inspection.to_string();
    assert_eq!(inspection.refusal, None, "{text}");
    assert!(inspection.title.starts_with(title), "{text}");
    for sentence in sentences {
        assert!(text.contains(sentence), "no \"{sentence}\" in:\n{text}");
    }
    inspection.json
}

#[test]
fn grants_access_requests_and_decisions() {
    let signed_grant = signed(CITIZEN, grant(HELSINKI));
    let json = says(
        &signed_grant,
        "a grant",
        &["Of child-health, these fields: allergies.", "until 2026-11-09 12:00:00 UTC", "It may not be passed on."],
    );
    assert_eq!(json["typ"], "application/aitta-grant+cwt");
    assert_eq!(json["claims"]["permissions"][0]["fields"][0], "allergies");
    let json = says(
        &signed(SERVICE, access_request()),
        "an access request",
        &[
            "It says why: So that the kitchen knows en",
            "Of child-health, required: allergies.",
            "Of child-health, optional: medication.name.",
            "?seven-by-august (is somebody born on birth_date at least 7 on 2026-08-01?)",
            "It would read for 300 days and keep what it reads for 90 days.",
        ],
    );
    assert_eq!(json["claims"]["reason"]["fi"], "So that the kitchen knows fi");
    let grants = vec![HolderGrant { holder: principal(HELSINKI), pod: POD, grant: signed_grant }];
    let decision = Decision { request: SOME_ID, outcome: DecisionOutcome::Granted(grants) };
    let json = says(&decision.to_bytes(), "a decision", &["Yes, at the holder"]);
    assert_eq!(json["outcome"]["granted"][0]["decoded"]["claims"]["pod"], POD.to_string());
    let no = Decision { request: SOME_ID, outcome: DecisionOutcome::Denied { for_good: true } };
    says(&no.to_bytes(), "a decision", &["The citizen says no, and the service should not ask again."]);
}

#[test]
fn statements_entries_buckets_and_heads() {
    let mut suspended = espoo();
    suspended.suspended = true;
    says(&signed(REGION, suspended), "a membership", &["the member \"espoo\"", "holder, services", "SUSPENDED"]);
    says(&signed(ANCHOR, region()), "a membership", &["It may admit members, 1 levels deep."]);
    let profile = signed(ESPOO, espoo_profile());
    let json = says(
        &profile,
        "a profile",
        &[
            "Service \"Early education en\"",
            "of child-health: fields allergies, medication.name.",
            "https://aitta.example",
        ],
    );
    assert_eq!(json["bytes"], profile.len());
    let entry =
        HolderEntry { holder: principal(HELSINKI), expires: NOW + DAY, issued: NOW, tag: [4; 16], sealed: None };
    says(&signed(HELSINKI, entry), "a holder entry", &["(a tombstone)", &"04".repeat(16)]);
    let bucket = Bucket { bits: 4, number: 3, entries: vec![] };
    says(&bucket.to_bytes(), "a bucket", &["It is number 3 of 16.", "It has 0 entries."]);
    let head = TreeHead { origin: principal(HELSINKI), size: 17_700, root: [7; 32], time_secs: NOW };
    says(&signed(HELSINKI, head), "a tree head", &["had 17700 entries at 2026-08-01 12:00:00 UTC"]);
}

#[test]
fn requests_and_receipts() {
    let wanted =
        vec![Wanted { record_type: record_type("child-health"), names: vec![Name::Field(field("allergies"))] }];
    let request = Request {
        issuer: principal(SERVICE),
        audience: principal(HELSINKI),
        expires: NOW + 60,
        issued: NOW,
        cti: Cti::new([1; 16]),
        nonce: None,
        items: vec![RequestItem { chain: vec![SOME_ID], wanted: wanted.clone() }],
        purpose: purpose("dpv:ServiceProvision"),
        binding: Binding::Exporter([1; 32]),
    };
    says(&signed(SERVICE, request), "a request", &["allergies of child-health", "It counts on one TLS connection."]);
    let receipt = Receipt {
        issuer: principal(HELSINKI),
        audience: principal(SERVICE),
        issued: NOW,
        request: SOME_ID,
        items: vec![ReceiptItem {
            leaf: SOME_ID,
            outcome: Outcome::Released,
            released: wanted,
            digest: Some([1; 32]),
            audit_index: 41,
        }],
        tree_size: 42,
        tree_root: [2; 32],
    };
    let lines = &["released allergies of child-health; log entry 41.", "Its log then had 42 entries."];
    says(&signed(HELSINKI, receipt), "a receipt", lines);
}

fn command(action: Action) -> Vec<u8> {
    let command = Command {
        issuer: principal(CITIZEN),
        subject: (!action.is_a_services()).then_some(POD),
        audience: principal(HELSINKI),
        expires: NOW + 60,
        issued: NOW,
        cti: Cti::new([1; 16]),
        nonce: None,
        action,
        binding: Binding::Exporter([1; 32]),
    };
    signed(CITIZEN, command)
}

#[test]
fn what_citizens_do() {
    let revocation = |target| {
        let revocation = Revocation {
            issuer: principal(CITIZEN),
            audience: principal(HELSINKI),
            issued: NOW,
            cti: Cti::new([1; 16]),
            target,
        };
        signed(CITIZEN, revocation)
    };
    says(&revocation(Target::Grant(SOME_ID)), "a revocation", &["and all that were made from it"]);
    says(&revocation(Target::PodBefore(POD, NOW)), "a revocation", &["issued before 2026-08-01 12:00:00 UTC"]);
    says(&revocation(Target::KeySince(thumbprint(CITIZEN).kid(), NOW)), "a revocation", &["signed since 2026-08-01"]);
    says(
        &command(Action::Restrict { record_types: vec![], on: true }),
        "a command",
        &["Release nothing of: everything."],
    );
    let object = Action::Object { purpose: purpose("dpv:Marketing"), organisation: None, on: true };
    says(&command(object), "a command", &["The citizen objects to dpv:Marketing by anybody."]);
    says(&command(Action::Inbox { skip: 0 }), "a command", &["What it wants: inbox."]);
    let acknowledgement = Acknowledgement {
        issuer: principal(HELSINKI),
        audience: principal(CITIZEN),
        issued: NOW,
        of: SOME_ID,
        audit_index: 6,
        tree_size: 7,
        tree_root: [1; 32],
    };
    says(&signed(HELSINKI, acknowledgement), "an acknowledgement", &["as log entry 6 of 7."]);
}

#[test]
fn an_identity_code_is_not_shown() {
    let ask = Action::Ask { request: signed(SERVICE, access_request()), identity_code: Some("010190-999A".to_owned()) };
    let json = says(&command(ask), "a command", &["What it wants: ask."]);
    assert_eq!(json["claims"]["action"]["details"]["names_a_person"], true);
    assert!(!json.to_string().contains("010190"));
}

#[test]
fn key_events() {
    let device = DeviceKey { key: key(CITIZEN).public_key(), roles: Roles { sign: true, manage: true } };
    let event = |seq: u64, change| {
        signed(CITIZEN, KeyEvent { seq, previous: (seq > 0).then_some(SOME_ID), time_secs: NOW, change })
    };
    let inception = KeyChange::Inception {
        organisation: Some(principal(HELSINKI)),
        devices: vec![device],
        next: vec![[1; 32]],
        threshold: 1,
        recovery: vec![RecoveryKey { digest: [2; 32], delay_secs: 3 * DAY }],
        salt: [3; 16],
    };
    says(&event(0, inception), "a key event", &["It is the first of its log", "which may sign and manage devices"]);
    says(
        &event(1, KeyChange::AddDevice(device)),
        "a key event",
        &["It is number 1 of its log", "It adds the device key"],
    );
    let revoke = KeyChange::RevokeDevice { kid: thumbprint(CITIZEN).kid(), compromised_since: Some(NOW) };
    says(&event(2, revoke), "a key event", &["The key may be in other hands since 2026-08-01"]);
}

#[test]
fn notices_and_the_answers_to_them() {
    let notice = Notice {
        issuer: principal(HELSINKI),
        audience: principal(REGION),
        expires: NOW + 400 * DAY,
        issued: NOW,
        cti: Cti::new([1; 16]),
        service: principal(SERVICE),
        grants: vec![SOME_ID],
        ended_secs: NOW,
        cause: NoticeCause::TakenBack,
        released: vec![Wanted {
            record_type: record_type("child-health"),
            names: vec![Name::Field(field("allergies"))],
        }],
        awaited_until_secs: NOW + 30 * DAY,
    };
    let lines = &["They were taken back at 2026-08-01 12:00:00 UTC.", "They had given allergies of child-health."];
    says(&signed(HELSINKI, notice), "a notice", lines);
    let receipt = NoticeReceipt {
        issuer: principal(SERVICE),
        audience: principal(HELSINKI),
        issued: NOW,
        cti: Cti::new([1; 16]),
        notice: SOME_ID,
        outcome: NoticeOutcome::Kept(purpose("eu-gdpr:A6-1-c")),
    };
    says(&signed(SERVICE, receipt), "an answer to a notice", &["keeps what eu-gdpr:A6-1-c has it keep."]);
}

#[test]
fn refused_bytes_get_a_code_and_advice() {
    let code = |bytes: &[u8]| {
        let inspection = inspect(bytes);
        let refusal = inspection.refusal.unwrap();
        let advice = inspection.json["refusal"]["advice"].as_str().unwrap().to_owned();
        assert!(inspection.to_string().contains(refusal.code()) && inspection.to_string().contains(&advice));
        assert!(!advice.is_empty());
        refusal.code()
    };
    assert_eq!(code(b""), "cbor-truncated");
    assert_eq!(code(b"\xff"), "cbor-indefinite");
    assert_eq!(code(b"\xfb\0\0\0\0\0\0\0\0"), "cbor-float");
    assert_eq!(code(b"\xa0"), "cose-shape");
    assert_eq!(code(b"{\"iss\": 1}"), "cbor-truncated");
    let mut trailing = signed(REGION, helsinki());
    trailing.push(0);
    assert_eq!(code(&trailing), "cbor-trailing");
    assert_eq!(code(&signed_unchecked(REGION, AccessRequest { items: vec![], ..access_request() })), "claim-empty");
    // The envelope of another protocol: typ `text/plain`.
    let mut other = signed(ANCHOR, region());
    let at = other.windows(11).position(|window| window == b"application").unwrap();
    other[at] = b'b';
    assert_eq!(code(&other), "cose-typ");
}
