//! Rights: take back, restrict, object, take along.

use std::path::{Path, PathBuf};

use clap::Args;
use pod_protocol::field::{Purpose, RecordType};
use pod_protocol::ids::{GrantId, PodId, Principal};
use pod_protocol::revocation::Target;
use pod_wallet::commands::{Order, revocation};
use pod_wallet::state::EnrolledPod;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::opened::{Opened, not_enrolled};
use super::target::{Naming, describe, pod_at};
use crate::edge::Edge;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::folder;
use crate::output::Output;

/// Take a grant back. From the moment that the holder acknowledges it, nothing is released.
#[derive(Debug, Args)]
pub(super) struct Revoke {
    /// The grant's id, as `aitta wallet grants` shows it.
    // An id may begin with a hyphen.
    #[arg(allow_hyphen_values = true)]
    grant: GrantId,
}

/// Stop an organisation from releasing anything, or some record types.
#[derive(Debug, Args)]
pub(super) struct Restrict {
    /// The organisation's short name.
    organisation: String,
    /// Record types; all when none is named.
    record_types: Vec<RecordType>,
    /// Allow it again.
    #[arg(long)]
    lift: bool,
    /// About whom: a child's name or pod; yourself unless said.
    #[arg(long = "for", value_name = "NAME")]
    person: Option<String>,
}

/// Object to a purpose, at one organisation or at all.
#[derive(Debug, Args)]
pub(super) struct Object {
    /// The organisation that holds the data.
    organisation: String,
    /// The purpose, such as dpv:ServiceOptimisation.
    #[arg(long, value_parser = crate::organisation::purpose)]
    purpose: Purpose,
    /// Only for the services of this organisation.
    #[arg(long, value_name = "ORGANISATION")]
    by: Option<String>,
    /// Withdraw the objection.
    #[arg(long)]
    withdraw: bool,
    /// About whom: a child's name or pod; yourself unless said.
    #[arg(long = "for", value_name = "NAME")]
    person: Option<String>,
}

/// Download everything that is held, from every organisation. One that is down is named, and the rest arrives.
#[derive(Debug, Args)]
pub(super) struct Export {
    /// A folder that does not exist yet.
    folder: PathBuf,
}

impl Revoke {
    pub(super) async fn run(&self, dir: &Path, edge: &Edge, output: &Output) -> Result<Exit, Failure> {
        let mut opened = Opened::open(dir, edge).await?;
        let given = opened.state.grants().iter().find(|grant| grant.id == self.grant).cloned().ok_or_else(|| {
            Failure::usage(format!("this wallet gave no grant {}", self.grant))
                .advise("`aitta wallet grants` shows those that it gave.")
        })?;
        let signer = opened.state.signer(&opened.root, &given.holder).map_err(not_enrolled)?;
        let revocation = revocation(&signer, Target::Grant(self.grant), edge.now_secs(), &*edge.random);
        let acknowledgement = opened.joined.node(&given.holder)?.revoke(&opened.joined.registry, &revocation).await?;
        // The entry about a grant that the holder has not seen stands in no pod's log.
        if given.deposited {
            opened.state.acknowledged(given.pod, &acknowledgement);
        }
        opened.state.revoked(&self.grant, acknowledgement.issued);
        opened.save()?;
        let holder = opened.joined.name_of(&given.holder);
        let words = format!("Taken back. {holder} releases nothing more under this grant.");
        let index = acknowledgement.audit_index;
        output.result(words, &json!({ "grant": self.grant, "holder": holder, "audit_index": index }));
        Ok(Exit::Done)
    }
}

impl Restrict {
    pub(super) async fn run(&self, dir: &Path, edge: &Edge, output: &Output) -> Result<Exit, Failure> {
        let mut opened = Opened::open(dir, edge).await?;
        let (holder, pod) = pod_at(&opened, &self.organisation, self.person.as_deref(), Naming::For)?;
        if !self.lift {
            // A typing error would look like a restriction, and hold nothing back.
            self.check_types(&opened, &holder).await?;
        }
        let outcome = opened.order(&Order::restrict(holder, pod, self.record_types.clone(), !self.lift)).await?;
        opened.save()?;
        let what = match self.record_types.as_slice() {
            [] => "everything".to_owned(),
            some => some.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        };
        let verb = if self.lift { "may release again" } else { "releases no more" };
        let json = json!({
            "organisation": self.organisation, "record_types": self.record_types, "restricted": !self.lift,
            "audit_index": outcome.acknowledgement.audit_index,
        });
        output.result(format!("{} {verb}: {what}.", self.organisation), &json);
        Ok(Exit::Done)
    }
}

impl Restrict {
    async fn check_types(&self, opened: &Opened, holder: &Principal) -> Result<(), Failure> {
        if self.record_types.is_empty() {
            return Ok(());
        }
        // Without its catalogue nothing can be said: then the holder decides.
        let Some(labels) = opened.joined.labels([*holder].into()).await.remove(holder) else { return Ok(()) };
        match self.record_types.iter().find(|one| labels.record_type(one).is_none()) {
            None => Ok(()),
            Some(unknown) => Err(Failure::usage(format!("{} holds no record type `{unknown}`", self.organisation))
                .advise("Write it as an access request shows it, for example `residence`, or name none to stop all.")),
        }
    }
}

impl Object {
    pub(super) async fn run(&self, dir: &Path, edge: &Edge, output: &Output) -> Result<Exit, Failure> {
        let mut opened = Opened::open(dir, edge).await?;
        let (holder, pod) = pod_at(&opened, &self.organisation, self.person.as_deref(), Naming::For)?;
        let by: Option<Principal> = self.by.as_deref().map(|name| opened.joined.organisation(name)).transpose()?;
        let order = Order::object(holder, pod, self.purpose.clone(), by, !self.withdraw);
        let outcome = opened.order(&order).await?;
        opened.save()?;
        let words = format!(
            "{} now {} for the purpose {}.",
            self.organisation,
            if self.withdraw { "may release again" } else { "releases nothing" },
            self.purpose
        );
        let json = json!({
            "organisation": self.organisation, "purpose": self.purpose, "by": self.by, "objected": !self.withdraw,
            "audit_index": outcome.acknowledgement.audit_index,
        });
        output.result(words, &json);
        Ok(Exit::Done)
    }
}

impl Export {
    pub(super) async fn run(&self, dir: &Path, edge: &Edge, output: &Output) -> Result<Exit, Failure> {
        let mut opened = Opened::open(dir, edge).await?;
        folder::make(&self.folder)?;
        let (mut arrived, mut missing) = (Vec::new(), Vec::new());
        for (holder, name) in opened.enrolled() {
            let pods = opened.state.organisation(&holder).map(|at| at.pods.clone()).unwrap_or_default();
            for pod in pods {
                match everything(&mut opened, holder, pod.pod).await {
                    Ok(document) => {
                        let records = document.records.len();
                        let file = self.folder.join(file_name(&name, &pod));
                        let text = serde_json::to_vec_pretty(&document)
                            .map_err(|source| Failure::internal("what arrived cannot be written", source))?;
                        folder::write(&file, &text)?;
                        arrived.push(json!({
                            "organisation": name, "about": describe(&pod), "records": records, "file": file,
                        }));
                    }
                    Err(failure) => missing.push(json!({
                        "organisation": name, "about": describe(&pod), "code": failure.code, "why": failure.message,
                    })),
                }
            }
        }
        opened.save()?;
        let line = |one: &Value| {
            let text = |key: &str| one[key].as_str().unwrap_or_default().to_owned();
            match one["records"].as_u64() {
                Some(records) => format!("{}: {records} records about {}", text("organisation"), text("about")),
                None => format!("{}: MISSING, about {}: {}", text("organisation"), text("about"), text("why")),
            }
        };
        let lines: Vec<String> = arrived.iter().chain(&missing).map(line).collect();
        output.result(lines.join("\n"), &json!({ "folder": self.folder, "arrived": arrived, "missing": missing }));
        Ok(if missing.is_empty() { Exit::Done } else { Exit::Partly })
    }
}

/// A page of an export, and all of them put together.
#[derive(Default, Serialize, Deserialize)]
struct Exported {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    catalogue: Option<Value>,
    records: Vec<Value>,
    #[serde(default, skip_serializing)]
    next_skip: Option<u64>,
}

/// All pages of an export in one document.
async fn everything(opened: &mut Opened, holder: Principal, pod: PodId) -> Result<Exported, Failure> {
    let unusable = |source| Failure::of(Exit::EvidenceBroken, "not-believed", source);
    let (mut whole, mut skip) = (Exported::default(), 0);
    loop {
        let outcome = opened.order(&Order::export(holder, pod, skip)).await?;
        let page: Exported = serde_json::from_slice(&outcome.result).map_err(unusable)?;
        whole.catalogue = whole.catalogue.or(page.catalogue);
        whole.records.extend(page.records);
        match page.next_skip {
            // A page that leads nowhere further would be asked for without end.
            Some(next) if next > skip => skip = next,
            _ => return Ok(whole),
        }
    }
}

fn file_name(organisation: &str, pod: &EnrolledPod) -> String {
    let id = pod.pod.to_string();
    format!("{organisation}-{}.json", id.trim_start_matches("pod:"))
}
