//! The file that a wallet gives out when a holder's log did not hold (`docs/protocol/tree-head.md`, "Proof file").

use pod_crypto::PublicKey;
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

use super::judged::Judged;
use super::signature::{Signature, together};
use super::text::time;
use super::{Describe, Description, Inspection};
use crate::codec::MAX_ARRAY_ITEMS;
use crate::command::Acknowledgement;
use crate::contradiction::{Contradiction, Verdict};
use crate::cose::{Payload, Signed};
use crate::ids::{Principal, base64url, from_base64url};
use crate::refusal::Refusal;
use crate::tree_head::TreeHead;

/// What proves to others that an organisation changed its log.
#[derive(Clone, Debug)]
pub struct ProofFile {
    contradictions: Vec<Contradiction>,
}

/// Why a file is no such proof.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofFileFault {
    /// It is no JSON of this form.
    #[error("it is no proof of a wallet: {0}")]
    Shape(String),
    /// What was signed is not what this protocol accepts.
    #[error("{what} of number {number} is refused: {refusal}")]
    Object {
        /// Which of them, from 1.
        number: usize,
        /// Which part of it.
        what: &'static str,
        /// Why.
        refusal: Refusal,
    },
    /// Beside what was signed the file says something else: whoever reads it alone is misled.
    #[error("{what} of number {number} says something else than what was signed")]
    Differs {
        /// Which of them, from 1.
        number: usize,
        /// Which part of it.
        what: &'static str,
    },
}

impl ProofFileFault {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Shape(_) => "proof-shape",
            Self::Object { refusal, .. } => refusal.code(),
            Self::Differs { .. } => "proof-differs",
        }
    }
}

/// The file as it stands. `about` and `names` are for people: what counts is who signed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileJson {
    #[serde(rename = "about")]
    _about: Json,
    #[serde(rename = "names")]
    _names: Json,
    contradictions: Vec<ContradictionJson>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum ContradictionJson {
    Fork(ForkJson),
    Lack(LackJson),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ForkJson {
    organisation: Principal,
    #[serde(rename = "seen")]
    _seen: String,
    earlier: HeadJson,
    later: HeadJson,
    proof: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LackJson {
    organisation: Principal,
    #[serde(rename = "seen")]
    _seen: String,
    acknowledgement: String,
    index: String,
    head: HeadJson,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HeadJson {
    size: String,
    root: String,
    signed: String,
    tree_head: String,
}

impl ProofFile {
    /// Reads the file's text. Its own words must be those that were signed.
    ///
    /// # Errors
    /// [`ProofFileFault`].
    pub fn from_json(text: &[u8]) -> Result<Self, ProofFileFault> {
        let file: FileJson = serde_json::from_slice(text).map_err(|error| ProofFileFault::Shape(error.to_string()))?;
        let count = file.contradictions.len();
        if count == 0 || count > MAX_ARRAY_ITEMS {
            return Err(ProofFileFault::Shape(format!("it has {count} contradictions, not 1 to {MAX_ARRAY_ITEMS}")));
        }
        let contradictions = file.contradictions.into_iter().zip(1..).map(|(one, number)| one.read(number));
        Ok(Self { contradictions: contradictions.collect::<Result<_, _>>()? })
    }

    /// Says in words what it proves, given the keys of the organisation that is said to have signed.
    #[must_use]
    pub fn inspect(&self, keys: &[PublicKey]) -> Inspection {
        let told: Vec<Told> = self.contradictions.iter().map(|one| Told::of(one, keys)).collect();
        let lines = told.iter().zip(1..).flat_map(|(one, number)| {
            let rest = one.lines.iter().map(|line| format!("  {line}"));
            [format!("Number {number}: {}", one.title)].into_iter().chain(rest)
        });
        let holds: Option<Vec<bool>> = told.iter().map(|one| one.judged.holds()).collect();
        Inspection {
            title: "a wallet's proof: what an organisation signed about its log, as somebody found it",
            lines: lines.collect(),
            json: json!({ "contradictions": told.iter().map(|one| one.json.clone()).collect::<Vec<_>>() }),
            refusal: None,
            holds: holds.map(|holds| holds.iter().all(|holds| *holds)),
        }
    }
}

impl ContradictionJson {
    fn read(self, number: usize) -> Result<Contradiction, ProofFileFault> {
        match self {
            Self::Fork(fork) => {
                let earlier = fork.earlier.read(number, "the earlier head", &fork.organisation)?;
                let later = fork.later.read(number, "the later head", &fork.organisation)?;
                let hash = |text: &String| from_base64url(text).ok().and_then(|bytes| bytes.try_into().ok());
                let proof = fork.proof.iter().map(hash).collect::<Option<_>>();
                let proof = proof.ok_or_else(|| ProofFileFault::Shape("a hash is not 43 characters".to_owned()))?;
                Ok(Contradiction::Fork { earlier, later, proof })
            }
            Self::Lack(lack) => {
                const WHAT: &str = "the acknowledgement";
                let acknowledgement = signed::<Acknowledgement>(&lack.acknowledgement, number, WHAT)?;
                let act = acknowledgement.unverified();
                if act.issuer != lack.organisation || act.audit_index.to_string() != lack.index {
                    return Err(ProofFileFault::Differs { number, what: WHAT });
                }
                let head = lack.head.read(number, "the head", &lack.organisation)?;
                Ok(Contradiction::Lack { acknowledgement, head })
            }
        }
    }
}

impl HeadJson {
    fn read(
        &self,
        number: usize,
        what: &'static str,
        organisation: &Principal,
    ) -> Result<Signed<TreeHead>, ProofFileFault> {
        let signed = signed::<TreeHead>(&self.tree_head, number, what)?;
        let head = signed.unverified();
        let is_same = head.origin == *organisation
            && self.size == head.size.to_string()
            && self.root == base64url(&head.root)
            && self.signed == written(head.time_secs);
        if is_same { Ok(signed) } else { Err(ProofFileFault::Differs { number, what }) }
    }
}

fn signed<T: Payload>(text: &str, number: usize, what: &'static str) -> Result<Signed<T>, ProofFileFault> {
    let bytes = from_base64url(text)
        .map_err(|_| ProofFileFault::Shape(format!("{what} of number {number} is not base64url")))?;
    Signed::decode(&bytes).map_err(|refusal| ProofFileFault::Object { number, what, refusal })
}

/// A second as the wallet writes it: `2026-08-01T12:00:00.000Z`.
fn written(secs: u64) -> String {
    time(secs).replacen(' ', "T", 1).replace(" UTC", ".000Z")
}

/// One contradiction in words.
struct Told {
    title: String,
    lines: Vec<String>,
    json: Json,
    judged: Judged,
}

impl Told {
    fn of(contradiction: &Contradiction, keys: &[PublicKey]) -> Self {
        let (kind, parts) = match contradiction {
            Contradiction::Fork { earlier, later, .. } => {
                ("fork", [Part::of("earlier", earlier, keys), Part::of("later", later, keys)])
            }
            Contradiction::Lack { acknowledgement, head } => {
                ("lack", [Part::of("acknowledgement", acknowledgement, keys), Part::of("head", head, keys)])
            }
        };
        let verdict = contradiction.verdict();
        let judged = Judged::of(verdict.weight(), together(&parts.each_ref().map(|part| part.signature)));
        let means = judged.means(&words(verdict), "the organisation");
        let title = match contradiction {
            Contradiction::Fork { earlier, .. } => {
                format!("two heads of the log of {}.", earlier.unverified().origin)
            }
            Contradiction::Lack { acknowledgement, .. } => {
                let act = acknowledgement.unverified();
                format!("what {} acknowledged, and a head of its log that is said to lack it.", act.issuer)
            }
        };
        let told = [("kind", kind), ("verdict", verdict.code()), ("proves", judged.code()), ("means", &means)];
        let mut json: Map<String, Json> = told.iter().map(|(name, text)| ((*name).to_owned(), json!(text))).collect();
        let mut lines = Vec::new();
        for part in parts {
            lines.extend(part.lines);
            json.insert(part.name.to_owned(), part.json);
        }
        lines.push(means);
        Self { title, lines, json: json.into(), judged }
    }
}

/// One of the two that were signed.
struct Part {
    name: &'static str,
    lines: Vec<String>,
    json: Json,
    signature: Signature,
}

impl Part {
    fn of<T: Describe + Clone>(name: &'static str, object: &Signed<T>, keys: &[PublicKey]) -> Self {
        let signature = Signature::of(object, keys);
        let Description { mut lines, json } = object.unverified().describe();
        lines.push(format!("Signed with the key {}; {}.", object.kid(), signature.words()));
        let json = json!({ "id": object.id(), "kid": object.kid(), "signature": signature.code(), "claims": json });
        Self { name, lines, json, signature }
    }
}

fn words(verdict: Verdict) -> String {
    match verdict {
        Verdict::TwoRoots => {
            "One size with two roots: the log was changed, or different people were shown different logs.".to_owned()
        }
        Verdict::Shorter => "What was signed later knows of fewer entries: something was taken out.".to_owned(),
        Verdict::NotContinued { from, to } => format!(
            "The longer one is not shown to go on from the shorter, and what came as a proof between them is signed by nobody. \
             Ask the organisation for one (GET /v1/consistency?from={from}&to={to}): if it has none that holds, the log was \
             changed."
        ),
        Verdict::NotShown { index, size } => format!(
            "The act must be entry {index} of the log of {size}. Ask the organisation for that entry and for the proof that it \
             stands there: if it has none, the log was changed."
        ),
        Verdict::Same => "It is the same tree twice.".to_owned(),
        Verdict::Continued => "The longer one goes on from the shorter: the proof between them holds.".to_owned(),
        Verdict::Older => "The head is not from later than the act, and need not know of it.".to_owned(),
        Verdict::TwoLogs => "They are of two organisations, each with a log of its own.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::written;

    #[test]
    fn times_are_as_the_wallet_writes_them() {
        assert_eq!(written(1_785_585_600), "2026-08-01T12:00:00.000Z");
    }
}
