//! Notices: grants were taken back under which this service had data; and taking back what its own key passed on.

use std::path::Path;

use clap::{Args, Subcommand};
use pod_client::service::{answer_notice, notices};
use pod_crypto::random_array;
use pod_protocol::Verified;
use pod_protocol::field::Purpose;
use pod_protocol::ids::{Cti, Kid, ObjectId};
use pod_protocol::notice::{Notice, NoticeOutcome};
use pod_protocol::revocation::{Revocation, Target};
use pod_wallet::language::Language;
use pod_wallet::when::date;
use serde_json::{Value, json};

use super::opened::Opened;
use crate::edge::Edge;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;

/// Show the notices about grants that were taken back, or answer one. Ends with 7 when any waits for an answer.
#[derive(Debug, Args)]
pub(super) struct Notices {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Say what was done about one. The grants that it names are removed from this service's folder.
    Answer(Answer),
}

/// Say what was done about a notice; the first answer counts.
#[derive(Debug, Args)]
struct Answer {
    /// The notice's id, as `aitta service notices` shows it.
    // An id may begin with a hyphen.
    #[arg(allow_hyphen_values = true)]
    notice: ObjectId,
    #[command(flatten)]
    outcome: Outcome,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Outcome {
    /// Everything is deleted.
    #[arg(long)]
    deleted: bool,
    /// It is used no more, and kept as far as this has it kept, for example eu-gdpr:A6-1-c.
    #[arg(long, value_name = "GROUND", value_parser = crate::organisation::purpose)]
    kept: Option<Purpose>,
    /// There was nothing of it any more.
    #[arg(long)]
    gone: bool,
}

impl Notices {
    pub(super) async fn run(&self, dir: &Path, edge: &Edge, output: &Output) -> Result<Exit, Failure> {
        let opened = Opened::registered(dir, edge).await?;
        let waiting = waiting(&opened).await?;
        match &self.what {
            None => Ok(list(&opened, &waiting, output)),
            Some(What::Answer(answer)) => answer.run(&opened, &waiting, output).await,
        }
    }
}

async fn waiting(opened: &Opened) -> Result<Vec<Verified<Notice>>, Failure> {
    let identity = &opened.kept.identity;
    let node = opened.joined.node(&identity.organisation)?;
    Ok(notices(&opened.joined.caller, &node, &opened.registry, identity).await?)
}

fn list(opened: &Opened, waiting: &[Verified<Notice>], output: &Output) -> Exit {
    let one = |notice: &Verified<Notice>| {
        let (holder, until) = (opened.joined.name_of(&notice.issuer), date(notice.awaited_until_secs, Language::En));
        let ids: Vec<String> = notice.grants.iter().map(ToString::to_string).collect();
        let names: Vec<String> = notice
            .released
            .iter()
            .map(|one| {
                let names: Vec<String> = one.names.iter().map(ToString::to_string).collect();
                format!("{} of {}", names.join(", "), one.record_type)
            })
            .collect();
        let line = format!(
            "{}  {holder}: stop using, and delete, what was fetched under {}: {}. Answer by {until}.",
            notice.id(),
            ids.join(", "),
            names.join("; ")
        );
        let released: Vec<Value> =
            notice.released.iter().map(|one| json!({ "record_type": one.record_type, "names": one.names })).collect();
        let json = json!({
            "id": notice.id(), "holder": holder, "grants": notice.grants, "cause": notice.cause.code(),
            "ended_secs": notice.ended_secs, "released": released, "awaited_until_secs": notice.awaited_until_secs,
        });
        (line, json)
    };
    let (lines, json): (Vec<String>, Vec<Value>) = waiting.iter().map(one).unzip();
    let words = if lines.is_empty() { "No notice waits.".to_owned() } else { lines.join("\n") };
    output.result(words, &json!({ "notices": json }));
    if waiting.is_empty() { Exit::Done } else { Exit::Partly }
}

impl Answer {
    async fn run(&self, opened: &Opened, waiting: &[Verified<Notice>], output: &Output) -> Result<Exit, Failure> {
        let notice = waiting.iter().find(|one| one.id() == self.notice).ok_or_else(|| {
            Failure::usage(format!("no notice {} waits for this service", self.notice))
                .advise("`aitta service notices` shows those that wait; one that was answered is not among them.")
        })?;
        let outcome = match &self.outcome {
            Outcome { kept: Some(ground), .. } => NoticeOutcome::Kept(ground.clone()),
            Outcome { gone: true, .. } => NoticeOutcome::Gone,
            Outcome { .. } => NoticeOutcome::Deleted,
        };
        let identity = &opened.kept.identity;
        // First what can no longer be used goes from here: who says that it is gone must not find it on the next fetch.
        for grant in &notice.grants {
            opened.kept.drop_chains_with(grant)?;
        }
        let node = opened.joined.node(&identity.organisation)?;
        let receipt = answer_notice(&opened.joined.caller, &node, &opened.registry, identity, notice, outcome).await?;
        opened.kept.keep_receipt(&receipt.id(), receipt.bytes())?;
        let holder = opened.joined.name_of(&notice.issuer);
        let json = json!({
            "notice": self.notice, "holder": holder, "outcome": receipt.outcome.code(),
            "ground": receipt.outcome.ground(), "receipt": receipt.id(),
        });
        output.result(format!("Answered. {holder} is told, and the citizen sees it."), &json);
        Ok(Exit::Done)
    }
}

/// Take back, at a holder, all that a key of this service passed on since a time: when it may be in other hands.
#[derive(Debug, Args)]
pub(super) struct RevokeKey {
    /// The holder's short name.
    holder: String,
    /// From this second on, counted since 1970: what the key passed on from then on is refused.
    #[arg(long, value_name = "SECONDS")]
    since: u64,
    /// The id of the key, when it is another of this service's keys than the one here.
    #[arg(long, value_name = "KEY", allow_hyphen_values = true)]
    key: Option<Kid>,
}

impl RevokeKey {
    pub(super) async fn run(&self, dir: &Path, edge: &Edge, output: &Output) -> Result<Exit, Failure> {
        let opened = Opened::registered(dir, edge).await?;
        let holder = opened.joined.organisation(&self.holder)?;
        let identity = &opened.kept.identity;
        let kid = self.key.unwrap_or_else(|| opened.kept.thumbprint().kid());
        let revocation = Revocation {
            issuer: identity.principal,
            audience: holder,
            issued: edge.now_secs(),
            cti: Cti::new(random_array(&*edge.random)),
            target: Target::KeySince(kid, self.since),
        };
        if self.since == 0 {
            return Err(Failure::usage("0 is no time").advise("Give the second from which on the key is not trusted."));
        }
        let revocation = Verified::sign(&identity.key, revocation);
        let acknowledgement = opened.joined.node(&holder)?.revoke(&opened.registry, &revocation).await?;
        let words = format!("Taken back at {}: what this key passed on since then is refused there.", self.holder);
        let json = json!({
            "holder": self.holder, "key": kid, "since_secs": self.since, "audit_index": acknowledgement.audit_index,
        });
        output.result(words, &json);
        Ok(Exit::Done)
    }
}
