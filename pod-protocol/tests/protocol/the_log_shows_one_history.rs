//! A client believes a head that the directory signed, enough others saw lately, and that continues what it saw before.

use pod_protocol::merkle::{Frontier, Nodes};
use pod_protocol::registry::Registry;
use pod_protocol::statement::{Membership, Role};
use pod_protocol::tlog::LogFault;
use pod_protocol::tlog::checkpoint::{Checkpoint, SignedCheckpoint};
use pod_protocol::tlog::evidence::{Evidence, MAX_EVIDENCE, MAX_SHORTER, Verdict};
use pod_protocol::tlog::head::{Head, Policy};
use pod_protocol::tlog::leaf::{Body, Leaf, State};
use pod_protocol::tlog::note::{MAX_NOTE_SIGNATURES, Note};
use pod_protocol::tlog::view::{Step, View};

use crate::log_scene::*;
use crate::support::*;

fn code(head: &Head, now_secs: u64) -> &'static str {
    head.verify(&registry(), &POLICY, now_secs).map_or_else(|fault| fault.code(), |_| "believed")
}

#[test]
fn two_other_organisations_must_have_seen_it() {
    let log = Log::of(3, 0);
    assert_eq!(code(&log.head(), NOW), "log-witnesses");
    assert_eq!(code(&log.witnessed(&[(HELSINKI, NOW)]), NOW), "log-witnesses");
    // The same one twice, the directory itself, a stranger: none is a second witness.
    for other in [HELSINKI, DIRECTORY, STRANGER] {
        assert_eq!(code(&log.witnessed(&[(HELSINKI, NOW), (other, NOW + 1)]), NOW + 1), "log-witnesses", "{other}");
    }
    // Words about another checkpoint are none about this one.
    let mut borrowed = log.witnessed(&[(HELSINKI, NOW)]);
    borrowed.checkpoint.add(cosignature(&Log::of(2, 0).checkpoint(), ESPOO, NOW));
    assert_eq!(code(&borrowed, NOW), "log-witnesses");
    // Nor are those under a time that was changed.
    let mut redated = cosignature(&log.checkpoint(), ESPOO, NOW - 1000);
    redated.blob[..8].copy_from_slice(&NOW.to_be_bytes());
    let mut head = log.witnessed(&[(HELSINKI, NOW)]);
    head.checkpoint.add(redated);
    assert_eq!(code(&head, NOW), "log-witnesses");
    assert_eq!(code(&log.witnessed(&[(HELSINKI, NOW), (ESPOO, NOW)]), NOW), "believed");
    // A region may witness too; whoever is suspended may not.
    assert_eq!(code(&log.witnessed(&[(HELSINKI, NOW), (REGION, NOW)]), NOW), "believed");
    let suspended = Membership { suspended: true, issued: NOW, ..espoo() };
    let directory = membership(ANCHOR, DIRECTORY, "directory", &[Role::Directory], 0);
    let statements = [statements(), vec![signed(ANCHOR, directory), signed(REGION, suspended)]].concat();
    let (without_espoo, _) = Registry::build(&anchor(), &statements, NOW);
    let fault = log.witnessed(&[(HELSINKI, NOW), (ESPOO, NOW)]).verify(&without_espoo, &POLICY, NOW).unwrap_err();
    assert_eq!(fault, LogFault::Witnesses { have: 1, need: 2 });
}

#[test]
fn the_directory_must_have_signed_it() {
    let log = Log::of(2, 0);
    let by = |signer: u8, origin: u8| {
        let mut head = log.witnessed(&[]);
        let checkpoint = Checkpoint { origin: principal(origin), ..log.checkpoint() };
        head.checkpoint = SignedCheckpoint::sign(checkpoint, &key(signer));
        for witness in [HELSINKI, ESPOO] {
            head.checkpoint.add(cosignature(&checkpoint, witness, NOW));
        }
        code(&head, NOW)
    };
    assert_eq!(by(DIRECTORY, DIRECTORY), "believed");
    assert_eq!(by(HELSINKI, DIRECTORY), "log-signature");
    // Helsinki is a member, and runs no directory.
    assert_eq!(by(HELSINKI, HELSINKI), "log-signature");
    assert_eq!(by(STRANGER, STRANGER), "log-signature");
}

#[test]
fn it_must_be_of_this_time() {
    let log = Log::of(1, 0);
    let seen =
        |first: u64, second: u64, now_secs: u64| code(&log.witnessed(&[(HELSINKI, first), (ESPOO, second)]), now_secs);
    assert_eq!(seen(NOW, NOW + 300, NOW + 300), "believed");
    // One recent word is not two.
    assert_eq!(seen(NOW, NOW + 301, NOW + 301), "log-stale");
    assert_eq!(seen(NOW + 60, NOW, NOW), "believed");
    assert_eq!(seen(NOW + 61, NOW, NOW), "log-future");
    let mut ahead = Log::default();
    ahead.add(NOW + 61, Body::State(empty_state()));
    assert_eq!(code(&ahead.witnessed(&[(HELSINKI, NOW), (ESPOO, NOW)]), NOW), "log-future");
    // Whoever wants no witness goes by log time.
    let policy = Policy { witnesses: 0, max_age_secs: 300 };
    assert!(log.head().verify(&registry(), &policy, NOW + 300).is_ok());
    assert_eq!(log.head().verify(&registry(), &policy, NOW + 301), Err(LogFault::Stale { age_secs: 301 }));
}

#[test]
fn the_state_must_be_the_last_leaf() {
    let log = Log::of(3, 0);
    let whole = log.witnessed(&[(HELSINKI, NOW), (ESPOO, NOW)]);
    let earlier = Head { leaf: log.leaves[4].clone(), ..whole.clone() };
    assert_eq!(code(&earlier, NOW), "log-state");
    let other = Leaf { time_secs: NOW + 1, body: Body::State(empty_state()) }.to_bytes();
    assert_eq!(code(&Head { leaf: other, ..whole.clone() }, NOW), "log-state");
    let mut short = whole.clone();
    short.proof.pop();
    assert_eq!(code(&short, NOW), "log-state");
    let mut no_state = Log::of(1, 0);
    no_state.add(NOW, Body::HolderEntry(vec![1]));
    assert_eq!(code(&no_state.witnessed(&[(HELSINKI, NOW), (ESPOO, NOW)]), NOW), "log-state");
    assert_eq!(Head::from_bytes(&whole.to_bytes()), Ok(whole));
}

/// Who asks for a bucket says as many bits of a tag as there are: with too many, whom they look for.
#[test]
fn the_state_must_hide_whom_one_looks_for() {
    let says = |leaves: u64, bits: u8, entries: u64| {
        let mut log = Log::default();
        for number in 1..leaves {
            log.add(NOW, Body::HolderEntry(number.to_be_bytes().to_vec()));
        }
        log.add(NOW, Body::State(State { bits, entries, ..empty_state() }));
        code(&log.witnessed(&[(HELSINKI, NOW), (ESPOO, NOW)]), NOW)
    };
    assert_eq!(says(1, 0, 0), "believed");
    assert_eq!(says(1, 1, 0), "map-thin");
    assert_eq!(says(200, 0, 199), "believed");
    // 60 entries a bucket are enough where entries have gone.
    assert_eq!(says(200, 1, 120), "believed");
    assert_eq!(says(200, 1, 119), "map-thin");
    assert_eq!(says(200, 2, 199), "map-thin");
    // What is no leaf is no entry.
    assert_eq!(says(200, 24, 1 << 40), "map-thin");
    assert_eq!(says(200, 255, 1 << 40), "map-thin");
}

/// The log that a client saw, and what it makes of another.
fn goes_on(from: &Log, to: &Log, proof_of: &Log) -> Result<View, LogFault> {
    let kept = View::advance(None, &from.checked(), &[]).unwrap();
    let head = to.checked();
    let proof = match View::step(Some(&kept), &head)? {
        Step::Longer { from } => proof_of.consistency_proof(from, to.size()).unwrap_or_default(),
        Step::First | Step::Same => Vec::new(),
    };
    View::advance(Some(&kept), &head, &proof)
}

#[test]
fn a_log_grows_and_nothing_else() {
    for (from, to) in [(1, 1), (1, 2), (2, 3), (3, 7), (4, 8), (5, 100)] {
        let (old, new) = (Log::of(from, 0), Log::of(to, 0));
        let view = goes_on(&old, &new, &new).unwrap();
        assert_eq!(*view.checkpoint(), new.checkpoint());
        assert_eq!(View::from_bytes(&view.to_bytes()), Ok(view));
        if from < to {
            let truncated = LogFault::Truncated { size: old.size(), kept: new.size() };
            assert_eq!(goes_on(&new, &old, &new), Err(truncated), "{from} after {to}");
        }
        // Another history of the same length, and a longer one: with its own proof, with the true one, with none.
        assert_eq!(goes_on(&new, &Log::of(to, 1), &new), Err(LogFault::Fork));
        for proof_of in [Log::of(to + 2, 1), Log::of(to + 2, 0)] {
            assert_eq!(goes_on(&new, &Log::of(to + 2, 1), &proof_of), Err(LogFault::Fork));
        }
        let kept = View::advance(None, &new.checked(), &[]).unwrap();
        assert_eq!(View::advance(Some(&kept), &Log::of(to + 1, 0).checked(), &[]), Err(LogFault::Fork));
    }
    let mut other = Log::of(2, 0).checked();
    let kept = View::advance(None, &other, &[]).unwrap();
    other.checkpoint.origin = principal(ESPOO);
    assert_eq!(View::step(Some(&kept), &other), Err(LogFault::Origin));
}

#[test]
fn whoever_reads_every_leaf_needs_no_proof() {
    let (old, new) = (Log::of(3, 0), Log::of(11, 0));
    let kept = View::advance(None, &old.checked(), &[]).unwrap();
    let Ok(frontier) = Frontier::load(&old, old.size());
    let news = || new.leaves[6..].iter().map(Vec::as_slice);
    let (view, grown) = View::follow(Some(&kept), &new.checked(), &frontier, news()).unwrap();
    assert_eq!((*view.checkpoint(), grown.root()), (new.checkpoint(), new.checkpoint().root));
    let follow = |leaves: Vec<&[u8]>| View::follow(Some(&kept), &new.checked(), &frontier, leaves).map(|_| ());
    assert_eq!(follow(news().skip(1).collect()), Err(LogFault::Leaves), "one left out");
    assert_eq!(follow(news().rev().collect()), Err(LogFault::Leaves), "in another order");
    assert_eq!(follow(news().chain([&b"more"[..]]).collect()), Err(LogFault::Leaves));
    let Ok(elsewhere) = Frontier::load(&Log::of(3, 1), 6);
    assert_eq!(View::follow(Some(&kept), &new.checked(), &elsewhere, news()).map(|_| ()), Err(LogFault::Fork));
    assert_eq!(Frontier::from_peaks(6, frontier.peaks().to_vec()), Some(frontier.clone()));
    assert_eq!(Frontier::from_peaks(7, frontier.peaks().to_vec()), None);
}

#[test]
fn two_views_are_kept_as_evidence() {
    let (ours, theirs) = (Log::of(3, 0), Log::of(3, 1));
    let kept = View::advance(None, &ours.checked(), &[]).unwrap();
    let fault = View::step(Some(&kept), &theirs.checked()).unwrap_err();
    assert!(fault.is_evidence());
    let shown = theirs.witnessed(&[(HELSINKI, NOW), (ESPOO, NOW)]).checkpoint;
    let evidence = kept.evidence(&shown, fault, NOW + 1);
    let read = Evidence::from_bytes(&evidence.to_bytes()).unwrap();
    assert_eq!((read.code.as_str(), read.verdict()), ("log-fork", Ok(Verdict::TwoRoots)));
    // Whoever gets the file can check both, and see that the same two organisations cosigned both.
    for checkpoint in read.checkpoints().unwrap() {
        checkpoint.verify(&registry()).unwrap();
        assert_eq!(checkpoint.witnesses(&registry()).len(), 2);
    }
    let said = pod_protocol::inspect::inspect(&evidence.to_bytes());
    assert_eq!(said.json["verdict"], "two-roots");
    assert!(said.to_string().contains("showed different people different logs"), "{said}");
    let of = |kept: &Log, shown: &Log| {
        let view = View::advance(None, &kept.checked(), &[]).unwrap();
        view.evidence(&shown.head().checkpoint, LogFault::Fork, NOW).verdict().unwrap()
    };
    assert_eq!(of(&ours, &Log::of(2, 0)), Verdict::Shorter);
    assert_eq!(of(&ours, &Log::of(4, 1)), Verdict::NotContinued);
    assert_eq!(of(&ours, &ours), Verdict::Nothing);
}

#[test]
fn a_checkpoint_has_one_text() {
    let checkpoint = Log::of(3, 0).checkpoint();
    let text = checkpoint.text();
    assert_eq!(Checkpoint::from_text(&text), Ok(checkpoint));
    for other in [
        text.replace("\n6\n", "\n06\n"),
        text.replace("\n6\n", "\n+6\n"),
        text.replace("\n6\n", "\n6 \n"),
        format!("{text}extension\n"),
        text.trim_end().to_owned(),
        text.replace("ai:", "https://"),
        text.replace('=', ""),
    ] {
        assert_eq!(Checkpoint::from_text(&other), Err(LogFault::Note), "{other:?}");
    }
    let note = SignedCheckpoint::sign(checkpoint, &key(DIRECTORY)).to_bytes();
    let lines = String::from_utf8(note).unwrap();
    let many =
        format!("{lines}{}", lines.lines().last().map(|line| format!("{line}\n")).unwrap().repeat(MAX_NOTE_SIGNATURES));
    for other in [
        lines.trim_end().to_owned(),
        lines.replace("\n\n", "\n"),
        lines.replace('\u{2014}', "-"),
        lines.replace("\n6\n", "\n6\t\n"),
        lines.replace("=\n", "\n"),
        format!("{lines}\u{2014} a\n"),
        many,
    ] {
        assert_eq!(Note::from_bytes(other.as_bytes()), Err(LogFault::Note), "{other:?}");
    }
    // Lines of names that are no principals are somebody else's business.
    let stranger = format!("{lines}\u{2014} example.org/witness AAAAAAAAAA==\n");
    assert_eq!(SignedCheckpoint::from_bytes(stranger.as_bytes()).unwrap().signatures().len(), 1);
}

#[test]
fn a_fork_finds_room_beside_many_questions() {
    let piece = |fault: LogFault, number: usize| Evidence {
        code: fault.code().to_owned(),
        noticed_secs: NOW,
        kept: vec![0],
        shown: number.to_be_bytes().to_vec(),
    };
    let shorter = LogFault::Truncated { size: 1, kept: 2 };
    let mut folder: Vec<String> = vec!["notes.txt".to_owned()];
    let mut keep_all = |fault: LogFault| {
        let mut kept = 0;
        for number in 0..100 {
            let evidence = piece(fault, number);
            if evidence.has_room(&folder) {
                folder.push(evidence.file_name());
                kept += 1;
            }
        }
        kept
    };
    assert_eq!(keep_all(shorter), MAX_SHORTER, "a directory can have these asked all day");
    assert_eq!(keep_all(LogFault::Fork), MAX_EVIDENCE);
    assert_eq!(keep_all(shorter), 0);
    assert_eq!(piece(shorter, 1).file_name(), piece(shorter, 1).file_name(), "the same two are one piece");
}
