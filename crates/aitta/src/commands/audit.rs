//! `aitta audit`: is the evidence whole, and what did the log say last.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use pod_audit::{Report, Severity, VerifyError};
use pod_crypto::PublicKey;
use pod_protocol::ids::{base64url, from_base64url};
use serde_json::json;

use crate::commands::inspect::object_bytes;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;

/// Findings that the text for people shows; `--json` has them all.
const FINDINGS_SHOWN: usize = 20;

/// Audit logs.
#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// Check a log offline, from its files and the organisation's public key alone. Ends with 6 when it does not hold.
    Verify(Verify),
    /// Show the newest signed head of a log: keep it elsewhere, and give it to `audit verify --head` later.
    Head(Head),
}

/// `aitta audit verify`.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// The folder that holds `head` and `segment-*.log`. Best a copy, or while the node is stopped.
    #[arg(value_name = "DIR")]
    directory: PathBuf,

    /// A public key with which the log's heads may be signed: base64url, as `/.well-known/aitta` and the registry show it.
    // A key may begin with a hyphen.
    #[arg(long = "key", value_name = "KEY", required = true, value_parser = public_key, allow_hyphen_values = true)]
    keys: Vec<PublicKey>,

    /// Signed heads that somebody else kept. Only they show that the end of a log was cut off.
    #[arg(long = "head", value_name = "FILE", num_args = 1..)]
    heads: Vec<PathBuf>,
}

/// `aitta audit head`.
#[derive(Debug, Args)]
pub(crate) struct Head {
    /// The folder that holds `head` and `segment-*.log`.
    #[arg(value_name = "DIR")]
    directory: PathBuf,
}

impl Audit {
    /// Runs it.
    pub(crate) fn run(self, output: &Output) -> Result<Exit, Failure> {
        match self {
            Self::Verify(verify) => verify.run(output),
            Self::Head(head) => head.run(output),
        }
    }
}

impl Verify {
    fn run(&self, output: &Output) -> Result<Exit, Failure> {
        let known = self.heads.iter().map(|path| read_head(path)).collect::<Result<Vec<_>, _>>()?;
        let known: Vec<&[u8]> = known.iter().map(Vec::as_slice).collect();
        let report = pod_audit::verify_against(&self.directory, &self.keys, &known).map_err(unusable)?;
        let intact = report.is_intact();
        let json = json!({ "intact": intact, "compared_with": known.len(), "report": report });
        output.result(words(&report, known.len()), &json);
        Ok(if intact { Exit::Done } else { Exit::EvidenceBroken })
    }
}

impl Head {
    fn run(&self, output: &Output) -> Result<Exit, Failure> {
        let head = pod_audit::newest_head(&self.directory).map_err(unusable)?;
        let (claims, kid, bytes) = (head.unverified(), head.kid(), base64url(head.bytes()));
        let words = format!(
            "Log of {}: {} entries, signed with the key {kid} (the signature is not checked here).\nroot {}\n{bytes}",
            claims.origin,
            claims.size,
            base64url(&claims.root),
        );
        let json = json!({
            "origin": claims.origin, "size": claims.size, "root": base64url(&claims.root),
            "time_secs": claims.time_secs, "kid": kid, "head": bytes,
        });
        output.result(words, &json);
        Ok(Exit::Done)
    }
}

/// What a log cannot be checked for at all.
fn unusable(error: VerifyError) -> Failure {
    let advice = match &error {
        VerifyError::KnownHead { .. } => {
            "Give heads of this log, as `aitta audit head` or `/v1/tree-head` gave them, and the key of then with --key."
        }
        _ => {
            "Give the folder that the node's configuration names as its log, or a copy of it that this account may read."
        }
    };
    Failure::of(Exit::Usage, "usage", error).advise(advice)
}

fn read_head(path: &Path) -> Result<Vec<u8>, Failure> {
    let advice = "Give files with one signed head each, as `aitta audit head` or `/v1/tree-head` gave it.";
    let bytes = std::fs::read(path)
        .map_err(|source| Failure::usage(format!("cannot read {}", path.display())).because(source).advise(advice))?;
    object_bytes(bytes).ok_or_else(|| Failure::usage(format!("{} holds no signed head", path.display())).advise(advice))
}

/// Reads a public key as JSON documents show it.
pub(crate) fn public_key(text: &str) -> Result<PublicKey, String> {
    let bytes = from_base64url(text).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    let bytes = bytes.ok_or("a public key is 43 characters of base64url")?;
    PublicKey::register(&bytes).map_err(|weak| weak.to_string())
}

fn words(report: &Report, known: usize) -> String {
    let mut words = String::new();
    let count = |severity| report.findings.iter().filter(|finding| finding.severity == severity).count();
    // Writing to a string does not fail.
    let _ = match count(Severity::Evidence) {
        0 => writeln!(words, "The log holds: {} entries, {} signed heads.", report.entries, report.heads),
        broken => writeln!(words, "The log does NOT hold: {broken} findings against what was signed."),
    };
    if let Some(head) = &report.last_head {
        let _ = writeln!(words, "Last head: {} entries, root {}, of {}.", head.size, head.root, head.origin);
    }
    let _ = match known {
        0 => writeln!(
            words,
            "Compared with no head kept elsewhere: a log cut back to an earlier state would look so too."
        ),
        known => writeln!(words, "Compared with {known} heads kept elsewhere."),
    };
    for finding in report.findings.iter().take(FINDINGS_SHOWN) {
        let weight = match finding.severity {
            Severity::Evidence => "broken",
            Severity::Derived => "to rebuild",
            Severity::Notice => "notice",
        };
        let _ = writeln!(words, "  {weight}: {finding}");
    }
    if report.findings.len() > FINDINGS_SHOWN {
        let _ = writeln!(words, "  and {} more; --json has them all", report.findings.len() - FINDINGS_SHOWN);
    }
    words
}
