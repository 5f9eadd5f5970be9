//! What the directory's log shows, in words.

use serde_json::json;

use super::text::{hex, list, time};
use super::{Describe, Description};
use crate::ids::base64url;
use crate::tlog::checkpoint::SignedCheckpoint;
use crate::tlog::evidence::{Evidence, Verdict};
use crate::tlog::head::Head;
use crate::tlog::leaf::{Body, Leaf};
use crate::tlog::map::ProvenBucket;
use crate::tlog::post::LogPost;

impl Describe for SignedCheckpoint {
    const TITLE: &'static str = "a checkpoint: how long the directory's log was, and what its leaves hash to";

    fn describe(&self) -> Description {
        let checkpoint = self.unverified();
        let names = || self.signatures().iter().map(|line| line.name);
        let lines = vec![
            format!("The log of {} had {} leaves.", checkpoint.origin, checkpoint.size),
            format!("The root over them was {}.", hex(&checkpoint.root)),
            format!("Lines of {}; whether they hold is not checked here.", list(names())),
        ];
        let json = json!({
            "origin": checkpoint.origin, "size": checkpoint.size, "root": base64url(&checkpoint.root),
            "signed_by": names().collect::<Vec<_>>(),
        });
        Description { lines, json }
    }
}

impl Describe for Head {
    const TITLE: &'static str = "a head: a checkpoint of the directory's log, and the state at it";

    fn describe(&self) -> Description {
        let mut description = self.checkpoint.describe();
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

impl Describe for Evidence {
    const TITLE: &'static str = "evidence: two checkpoints of one log, as somebody found them";

    fn describe(&self) -> Description {
        let mut lines = vec![format!("Noticed at {}, as {}.", time(self.noticed_secs), self.code)];
        let mut shown = Vec::new();
        for (which, checkpoint) in
            ["Believed before:", "Shown then:"].into_iter().zip(self.checkpoints().into_iter().flatten())
        {
            let description = checkpoint.describe();
            lines.push(which.to_owned());
            lines.extend(description.lines.into_iter().map(|line| format!("  {line}")));
            shown.push(description.json);
        }
        let (verdict, words) = match self.verdict() {
            Ok(Verdict::TwoRoots) => (
                "two-roots",
                "One size with two roots: whoever signed both showed different people different logs. Send this file to the \
                 federation's trust anchor and to the organisations that cosigned.",
            ),
            Ok(Verdict::Shorter) => (
                "shorter",
                "The log became shorter: an old checkpoint was shown again, by the directory or by a mirror that lags. Ask \
                 another mirror; if all show the short one, send this file to the trust anchor.",
            ),
            Ok(Verdict::NotContinued) => (
                "not-continued",
                "The longer one was not proven to continue the shorter. Ask the directory and its mirrors for that proof; if \
                 none has it, send this file to the trust anchor.",
            ),
            Ok(Verdict::Nothing) | Err(_) => ("nothing", "These two contradict each other in nothing."),
        };
        lines.push(words.to_owned());
        lines.push(
            "It proves something only with the log's signature on both: check them against the registry.".to_owned(),
        );
        let json = json!({
            "code": self.code, "noticed": self.noticed_secs, "checkpoints": shown, "verdict": verdict, "means": words,
        });
        Description { lines, json }
    }
}
