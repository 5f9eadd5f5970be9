//! What the directory's log shows, in words.

use pod_crypto::PublicKey;
use serde_json::json;

use super::judged::Judged;
use super::signature::{Signature, together};
use super::text::{hex, list, time};
use super::{Describe, Description, Inspection};
use crate::contradiction::Weight;
use crate::ids::base64url;
use crate::tlog::checkpoint::SignedCheckpoint;
use crate::tlog::evidence::{Evidence, Verdict};
use crate::tlog::head::Head;
use crate::tlog::leaf::{Body, Leaf};
use crate::tlog::map::ProvenBucket;
use crate::tlog::post::LogPost;

const CHECKPOINT: &str = "a checkpoint: how long the directory's log was, and what its leaves hash to";

/// A checkpoint, with what the keys say of the log's own line.
pub(super) fn checkpoint(checkpoint: &SignedCheckpoint, keys: &[PublicKey]) -> Inspection {
    let signature = Signature::of_checkpoint(checkpoint, keys);
    let Description { lines, json } = described(checkpoint, signature);
    Inspection { title: CHECKPOINT, lines, json, refusal: None, holds: signature.holds() }
}

fn described(signed: &SignedCheckpoint, signature: Signature) -> Description {
    let checkpoint = signed.unverified();
    let names = || signed.signatures().iter().map(|line| line.name);
    let holds = match signature {
        Signature::Unchecked => "whether they hold is not checked here",
        Signature::Holds => "that of the log holds",
        Signature::OtherKey | Signature::Broken => "none by the log holds under the keys that were given",
    };
    let lines = vec![
        format!("The log of {} had {} leaves.", checkpoint.origin, checkpoint.size),
        format!("The root over them was {}.", hex(&checkpoint.root)),
        format!("Lines of {}; {holds}.", list(names())),
    ];
    let json = json!({
        "origin": checkpoint.origin, "size": checkpoint.size, "root": base64url(&checkpoint.root),
        "signed_by": names().collect::<Vec<_>>(), "signature": signature.code(),
    });
    Description { lines, json }
}

impl Describe for Head {
    const TITLE: &'static str = "a head: a checkpoint of the directory's log, and the state at it";

    fn describe(&self) -> Description {
        let mut description = described(&self.checkpoint, Signature::Unchecked);
        match Leaf::from_bytes(&self.leaf) {
            Ok(Leaf { time_secs, body: Body::State(state) }) => {
                description.lines.push(format!(
                    "At {} it had {} entries in {} buckets, with the root {}.",
                    time(time_secs),
                    state.entries,
                    1_u64 << state.bits.min(63),
                    hex(&state.map_root)
                ));
                description.lines.push(format!("The registry's digest was {}.", hex(&state.registry)));
            }
            _ => description.lines.push("Its last leaf is no state.".to_owned()),
        }
        description
    }
}

impl Describe for ProvenBucket {
    const TITLE: &'static str = "a bucket with its proof: what is in it, and that nothing else is";

    fn describe(&self) -> Description {
        let Description { mut lines, json } = self.bucket.describe();
        let head = self.head.describe();
        lines.extend(head.lines);
        Description { lines, json: json!({ "bucket": json, "siblings": self.siblings.len(), "head": head.json }) }
    }
}

impl Describe for LogPost {
    const TITLE: &'static str = "a post: a member brings something for holders' eyes alone into the log";

    fn describe(&self) -> Description {
        let ids = || self.items.iter().map(|item| item.id);
        let lines = vec![
            format!("{} gives {} things to {}.", self.issuer, self.items.len(), self.audience),
            format!("Their ids: {}. For which holder each is, only the holder finds out.", list(ids())),
            format!("Signed at {}.", time(self.issued)),
        ];
        let json = json!({
            "issuer": self.issuer, "audience": self.audience, "issued": self.issued, "cti": self.cti,
            "ids": ids().collect::<Vec<_>>(),
        });
        Description { lines, json }
    }
}

/// Evidence, with what the keys of the directory's member say of both checkpoints.
pub(super) fn evidence(evidence: &Evidence, keys: &[PublicKey]) -> Inspection {
    let mut lines = vec![format!("Noticed at {}, as {}.", time(evidence.noticed_secs), evidence.code)];
    let (mut shown, mut signatures) = (Vec::new(), Vec::new());
    for (which, checkpoint) in
        ["Believed before:", "Shown then:"].into_iter().zip(evidence.checkpoints().into_iter().flatten())
    {
        let signature = Signature::of_checkpoint(&checkpoint, keys);
        let description = described(&checkpoint, signature);
        lines.push(which.to_owned());
        lines.extend(description.lines.into_iter().map(|line| format!("  {line}")));
        shown.push(description.json);
        signatures.push(signature);
    }
    let (verdict, weight, words) = match evidence.verdict() {
        Ok(Verdict::TwoRoots) => (
            "two-roots",
            Weight::Lie,
            "One size with two roots: whoever signed both showed different people different logs. Send this file to the \
             federation's trust anchor and to the organisations that cosigned.",
        ),
        Ok(Verdict::Shorter) => (
            "shorter",
            Weight::Question,
            "The log became shorter: an old checkpoint was shown again, by the directory or by a mirror that lags. Ask \
             another mirror; if all show the short one, send this file to the trust anchor.",
        ),
        Ok(Verdict::NotContinued) => (
            "not-continued",
            Weight::Question,
            "The longer one was not proven to continue the shorter. Ask the directory and its mirrors for that proof; if \
             none has it, send this file to the trust anchor.",
        ),
        Ok(Verdict::Nothing) | Err(_) => ("nothing", Weight::Nothing, "These two contradict each other in nothing."),
    };
    let judged = Judged::of(weight, together(&signatures));
    let means = judged.means(words, "the directory's member");
    let json = json!({
        "code": evidence.code, "noticed": evidence.noticed_secs, "checkpoints": shown, "verdict": verdict,
        "proves": judged.code(), "means": means,
    });
    lines.push(means);
    Inspection {
        title: "evidence: two checkpoints of one log, as somebody found them",
        lines,
        json,
        refusal: None,
        holds: judged.holds(),
    }
}
