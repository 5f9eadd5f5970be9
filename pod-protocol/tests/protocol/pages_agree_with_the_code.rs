//! The pages in docs/protocol show the vectors' bytes, and the tables of limits and refusals are the code's.

use pod_protocol::Refusal;
use pod_protocol::chain::CLOCK_SKEW_SECS;
use pod_protocol::codec::{ANSWER_LIMITS, CborFault, MAX_ANSWER_BYTES, MAX_ARRAY_ITEMS, MAX_DEPTH, MAX_OBJECT_BYTES};
use pod_protocol::field::MAX_NAME_BYTES;
use pod_protocol::grant::MAX_GRANT_LIFETIME_SECS;
use pod_protocol::ids::base64url;
use pod_protocol::inspect::inspect;
use pod_protocol::key_event::MAX_DEVICES;
use pod_protocol::notice::{ANSWER_AWAITED_SECS, MAX_NOTICE_GRANTS, MAX_NOTICE_NAME_BYTES};
use pod_protocol::refusal::{ChainFault, ClaimFault, EnvelopeFault};
use pod_protocol::request::{MAX_LINKS, MAX_REQUEST_LIFETIME_SECS};
use pod_protocol::statement::MAX_PROFILE_BYTES;
use serde_json::Value as Json;

use crate::vectors::{files, unhex};

const README: &str = include_str!("../../../docs/protocol/README.md");

/// The first case of a file of vectors.
fn first(file: &str) -> Vec<u8> {
    let text = files().into_iter().find(|(name, _)| *name == file).unwrap().1;
    let json: Json = serde_json::from_str(&text).unwrap();
    unhex(json["cases"][0]["bytes"].as_str().unwrap())
}

#[track_caller]
fn shows(page: &str, file: &str) {
    let bytes = first(file);
    let text = base64url(&bytes);
    let lines: Vec<&str> = text.as_bytes().chunks(100).map(|line| std::str::from_utf8(line).unwrap()).collect();
    let block = format!("```base64url\n{}\n```", lines.join("\n"));
    assert!(page.contains(&block), "the page should show\n{block}\n");
}

/// What a page quotes is what `inspect` says of its example.
#[track_caller]
fn quotes(page: &str, file: &str) {
    let said = inspect(&first(file)).lines;
    let quoted: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("> ")).collect();
    assert!(!quoted.is_empty());
    for line in quoted {
        assert!(said.iter().any(|known| known == line), "inspect says of {file}, not {line:?}:\n{}", said.join("\n"));
    }
}

#[test]
fn examples_are_the_vectors() {
    for (page, file) in [
        (include_str!("../../../docs/protocol/grant.md"), "grant.json"),
        (include_str!("../../../docs/protocol/request.md"), "request.json"),
        (include_str!("../../../docs/protocol/receipt.md"), "receipt.json"),
        (include_str!("../../../docs/protocol/command.md"), "command.json"),
        (include_str!("../../../docs/protocol/revocation.md"), "revocation.json"),
        (include_str!("../../../docs/protocol/key-event.md"), "key-event.json"),
        (include_str!("../../../docs/protocol/notice.md"), "notice.json"),
    ] {
        shows(page, file);
        quotes(page, file);
    }
    shows(include_str!("../../../docs/protocol/command.md"), "acknowledgement.json");
    shows(include_str!("../../../docs/protocol/notice.md"), "notice-receipt.json");
}

/// The first thing that a newcomer reads. It runs as the documentation test of the crate.
#[test]
fn the_example_has_forty_lines_of_code() {
    let code = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with("//");
    let lines = include_str!("../../examples/grant_and_check.rs").lines().filter(code).count();
    assert!(lines <= 40, "{lines} lines");
}

#[test]
fn limits_are_the_codes() {
    for (what, limit) in [
        ("bytes of a signed object or a call", MAX_OBJECT_BYTES),
        ("bytes of an answer", MAX_ANSWER_BYTES),
        ("bytes of a profile", MAX_PROFILE_BYTES),
        ("nesting", MAX_DEPTH),
        ("nesting of an answer", ANSWER_LIMITS.depth),
        ("items of an array, entries of a map", MAX_ARRAY_ITEMS),
        ("items of an array, entries of a map in an answer", ANSWER_LIMITS.items),
        ("items of a request", MAX_ARRAY_ITEMS),
        ("links of a chain", MAX_LINKS),
        ("times that a grant may be passed on", usize::try_from(pod_protocol::grant::MAX_DEPTH).unwrap()),
        ("life of a grant, in days", usize::try_from(MAX_GRANT_LIFETIME_SECS / (24 * 3600)).unwrap()),
        ("life of a request or command, in seconds", usize::try_from(MAX_REQUEST_LIFETIME_SECS).unwrap()),
        ("clock skew, in seconds", usize::try_from(CLOCK_SKEW_SECS).unwrap()),
        ("devices that were ever in a key log", MAX_DEVICES),
        ("bytes of a name", MAX_NAME_BYTES),
        ("grants of a notice", MAX_NOTICE_GRANTS),
        ("bytes of names in a notice", MAX_NOTICE_NAME_BYTES),
        (
            "time in which a notice is to be answered, in days",
            usize::try_from(ANSWER_AWAITED_SECS / (24 * 3600)).unwrap(),
        ),
    ] {
        let row = format!("| {what} | {limit} |");
        assert!(README.contains(&row), "README.md should have {row}");
    }
}

const CBOR: [CborFault; 14] = [
    CborFault::Trailing,
    CborFault::Truncated,
    CborFault::NotShortest,
    CborFault::Indefinite,
    CborFault::Unsorted,
    CborFault::DuplicateKey,
    CborFault::Float,
    CborFault::Tag,
    CborFault::Simple,
    CborFault::NotUtf8,
    CborFault::IntegerRange,
    CborFault::TooDeep,
    CborFault::TooLarge,
    CborFault::TooManyItems,
];

const ENVELOPE: [EnvelopeFault; 9] = [
    EnvelopeFault::Shape,
    EnvelopeFault::AlgorithmMissing,
    EnvelopeFault::Algorithm,
    EnvelopeFault::Unprotected,
    EnvelopeFault::Type,
    EnvelopeFault::KeyId,
    EnvelopeFault::Header,
    EnvelopeFault::Detached,
    EnvelopeFault::SignatureLength,
];

const CLAIMS: [ClaimFault; 7] = [
    ClaimFault::Missing { claim: 0 },
    ClaimFault::WrongType { claim: 0 },
    ClaimFault::OutOfRange { claim: 0 },
    ClaimFault::Empty { claim: 0 },
    ClaimFault::Repeated { claim: 0 },
    ClaimFault::Wildcard { claim: 0 },
    ClaimFault::Unknown { claim: 0 },
];

const CHAIN: [ChainFault; 18] = [
    ChainFault::TooLong,
    ChainFault::Loop,
    ChainFault::NotRoot,
    ChainFault::Issuer,
    ChainFault::KeyEvent,
    ChainFault::KeyCompromised,
    ChainFault::Parent,
    ChainFault::Confirmation,
    ChainFault::Subject,
    ChainFault::Audience,
    ChainFault::Window,
    ChainFault::Wider,
    ChainFault::Purpose,
    ChainFault::Depth,
    ChainFault::Limits,
    ChainFault::Organisation,
    ChainFault::Holder,
    ChainFault::StaleRevocations,
];

const PLAIN: [Refusal; 28] = [
    Refusal::Key,
    Refusal::UnknownKey,
    Refusal::Signature,
    Refusal::NotYetIssued,
    Refusal::NotYetValid,
    Refusal::Expired,
    Refusal::Lifetime,
    Refusal::Replay,
    Refusal::Nonce,
    Refusal::Audience,
    Refusal::Binding,
    Refusal::UnknownGrant,
    Refusal::UnknownPod,
    Refusal::NotGranted,
    Refusal::Purpose,
    Refusal::BeyondRegistration,
    Refusal::Revoked,
    Refusal::Restricted,
    Refusal::Objected,
    Refusal::Suspended,
    Refusal::NotAuthorised,
    Refusal::KeyPending,
    Refusal::KeyTooLate,
    Refusal::KeyOutranked,
    Refusal::KeySpent,
    Refusal::Limit,
    Refusal::TooLarge,
    Refusal::Unavailable,
];

/// All refusals. [`known`] does not compile when one is new: add it to its list above too.
fn all() -> Vec<Refusal> {
    let mut all: Vec<Refusal> = CBOR.map(Refusal::Cbor).to_vec();
    all.extend(ENVELOPE.map(Refusal::Envelope));
    all.extend(CLAIMS.map(Refusal::Claim));
    all.extend(CHAIN.map(|fault| Refusal::Chain { link: 1, fault }));
    all.extend(PLAIN);
    all.iter().for_each(|refusal| known(*refusal));
    all
}

fn known(refusal: Refusal) {
    use Refusal as R;
    match refusal {
        R::Cbor(_) | R::Envelope(_) | R::Claim(_) | R::Chain { .. } | R::Key | R::UnknownKey | R::Signature => {}
        R::NotYetIssued | R::NotYetValid | R::Expired | R::Lifetime | R::Replay | R::Nonce | R::Audience => {}
        R::Binding | R::UnknownGrant | R::UnknownPod | R::NotGranted | R::Purpose | R::BeyondRegistration => {}
        R::Revoked | R::Restricted | R::Objected | R::Suspended | R::NotAuthorised | R::Limit | R::TooLarge => {}
        R::KeyPending | R::KeyTooLate | R::KeyOutranked | R::KeySpent | R::Unavailable => {}
    }
}

#[test]
fn refusals_are_the_codes() {
    let words = |refusal: Refusal| match refusal {
        Refusal::Cbor(fault) => fault.to_string(),
        Refusal::Envelope(fault) => fault.to_string(),
        Refusal::Claim(fault) => fault.to_string().replacen("claim 0", "a claim", 1),
        Refusal::Chain { fault, .. } => fault.to_string(),
        other => other.to_string(),
    };
    let rows: Vec<String> = all()
        .into_iter()
        .map(|refusal| format!("| `{}` | `{}` | {} |\n", refusal.code(), refusal.outward().code(), words(refusal)))
        .collect();
    let table = format!("| code | the peer sees | because |\n|---|---|---|\n{}", rows.concat());
    assert!(README.contains(&table), "README.md should have\n\n{table}");
    let mut codes: Vec<&str> = all().into_iter().map(Refusal::code).collect();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), all().len(), "each has a code of its own");
}

/// What depends on a person looks the same from outside.
#[test]
fn nothing_about_a_person_can_be_told_apart() {
    let personal = [
        Refusal::UnknownPod,
        Refusal::NotGranted,
        Refusal::Purpose,
        Refusal::Revoked,
        Refusal::Restricted,
        Refusal::Objected,
        Refusal::NotAuthorised,
        Refusal::KeyPending,
        Refusal::BeyondRegistration,
        Refusal::NotYetValid,
    ];
    for refusal in personal {
        assert_eq!(refusal.outward().code(), "denied", "{refusal}");
    }
    for fault in CHAIN {
        // How old the holder's own view is says nothing of a person, and trying again helps.
        let told = if fault == ChainFault::StaleRevocations { "unavailable" } else { "denied" };
        assert_eq!(Refusal::Chain { link: 1, fault }.outward().code(), told, "{fault}");
    }
}
