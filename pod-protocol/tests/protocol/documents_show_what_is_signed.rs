//! The examples in docs/protocol are the bytes that this code signs, and they read as the pages say.

use pod_protocol::Signed;
use pod_protocol::bucket::Bucket;
use pod_protocol::decision::{Decision, DecisionOutcome, HolderGrant};
use pod_protocol::holder_entry::{HolderEntry, HolderHandle, tag_and_key};
use pod_protocol::ids::{base64url, from_base64url};
use pod_protocol::inspect::inspect;
use pod_protocol::tree_head::TreeHead;

use crate::support::*;

/// The bytes of the first block of a page that is fenced as `base64url`.
fn example(page: &str) -> Vec<u8> {
    let (_, rest) = page.split_once("```base64url\n").expect("the page has an example");
    let (block, _) = rest.split_once("```").expect("the block ends");
    from_base64url(&block.replace('\n', "")).expect("the block is base64url")
}

#[track_caller]
fn shows(page: &str, bytes: &[u8], title: &str) {
    let text = base64url(bytes);
    let lines: Vec<&str> = text.as_bytes().chunks(100).map(|line| std::str::from_utf8(line).unwrap()).collect();
    assert!(example(page) == bytes, "the page should show\n{}\n", lines.join("\n"));
    assert!(inspect(bytes).title.starts_with(title));
}

fn holder_entry() -> HolderEntry {
    let mut output = [0x11; 64];
    output[32..].fill(0x22);
    let (tag, key) = tag_and_key(&output);
    let sealed = HolderHandle { pod: POD }.seal(&key, &principal(HELSINKI), &tag, &random(9));
    HolderEntry { holder: principal(HELSINKI), expires: NOW + 30 * DAY, issued: NOW, tag, sealed: Some(sealed) }
}

#[test]
fn memberships_profiles_and_heads() {
    shows(include_str!("../../../docs/protocol/membership.md"), &signed(REGION, helsinki()), "a membership");
    shows(include_str!("../../../docs/protocol/profile.md"), &signed(ESPOO, espoo_profile()), "a profile");
    let head = TreeHead { origin: principal(HELSINKI), size: 17_700, root: [7; 32], time_secs: NOW };
    shows(include_str!("../../../docs/protocol/tree-head.md"), &signed(HELSINKI, head), "a tree head");
}

#[test]
fn access_requests_and_decisions() {
    let page = include_str!("../../../docs/protocol/access-request.md");
    shows(page, &signed(SERVICE, access_request()), "an access request");
    let request = Signed::<pod_protocol::access_request::AccessRequest>::decode(&example(page)).unwrap().id();
    let grants = vec![HolderGrant { holder: principal(HELSINKI), pod: POD, grant: signed(CITIZEN, grant(HELSINKI)) }];
    let yes = Decision { request, outcome: DecisionOutcome::Granted(grants) };
    shows(include_str!("../../../docs/protocol/decision.md"), &yes.to_bytes(), "a decision");
}

#[test]
fn holder_entries_and_buckets() {
    let page = include_str!("../../../docs/protocol/holder-entry.md");
    shows(page, &signed(HELSINKI, holder_entry()), "a holder entry");
    let bucket = Bucket { bits: 3, number: 0, entries: vec![Signed::decode(&example(page)).unwrap()] };
    shows(include_str!("../../../docs/protocol/bucket.md"), &bucket.to_bytes(), "a bucket");
}
