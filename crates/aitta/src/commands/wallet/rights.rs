//! Rights: take back, restrict, object, take along.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Args;
use pod_protocol::field::{Purpose, RecordType};
use pod_protocol::ids::{GrantId, PodId, Principal};
use pod_wallet::commands::Order;
use pod_wallet::language::Language;
use pod_wallet::notices::takes_effect;
use pod_wallet::state::EnrolledPod;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::posting::post_revocation;
use super::everywhere::everywhere;
use super::opened::Opened;
use super::service::{self, Usable};
use super::target::{Naming, describe, pod_at};
use crate::edge::Edge;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::folder;
use crate::output::Output;

/// Take a grant back, or all that a service may use. From the moment that the holder acknowledges it, nothing is released.
#[derive(Debug, Args)]
pub(super) struct Revoke {
    /// The grant's id, as `aitta wallet grants` shows it.
    // An id may begin with a hyphen.
    #[arg(allow_hyphen_values = true, required_unless_present = "service", conflicts_with = "service")]
    grant: Option<GrantId>,
    /// Every grant that this service may use, at every organisation: its name or its id. One that is away is named, and done on
    /// the next run.
    #[arg(long, value_name = "NAME")]
    service: Option<String>,
    /// Show what would be taken back; do nothing.
    #[arg(long)]
    dry_run: bool,
    /// The language in which it is said from when on it counts.
    #[arg(long, default_value = "en")]
    lang: Language,
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
        match (&self.grant, &self.service) {
            (Some(grant), _) => self.one(&mut opened, *grant, output).await,
            (None, Some(name)) => {
                let principal = service::named(&opened, name)?;
                self.all(&mut opened, principal, output).await
            }
            (None, None) => Err(Failure::usage("nothing to take back").advise("Name a grant, or a service.")),
        }
    }

    async fn one(&self, opened: &mut Opened, grant: GrantId, output: &Output) -> Result<Exit, Failure> {
        let (principal, pod) = opened.state.place_of(&grant).ok_or_else(|| {
            Failure::usage(format!("this wallet knows no grant {grant}"))
                .advise("`aitta wallet grants` shows those that it gave, and those that holders have of other devices.")
        })?;
        let holder = opened.joined.name_of(&principal);
        if self.dry_run {
            let words = format!("Would be taken back, and was not: {grant} at {holder}.");
            output.result(words, &json!({ "dry_run": true, "grant": grant, "holder": holder }));
            return Ok(Exit::Done);
        }
        let index = match service::take_back(opened, principal, &Usable { grant, pod }).await {
            Ok(index) => index,
            Err(failure) if failure.exit == Exit::NotReached => {
                return Self::by_the_log(opened, &principal, grant, failure, output).await;
            }
            Err(failure) => return Err(failure),
        };
        opened.save()?;
        let effect = effect(opened, [principal].into(), self.lang).await;
        let words = format!("Taken back. {holder} releases nothing more under this grant.\n{}", effect.join("\n"));
        output
            .result(words, &json!({ "grant": grant, "holder": holder, "audit_index": index, "takes_effect": effect }));
        Ok(Exit::Done)
    }

    /// The holder was not reached: what it is to hear goes by way of the directory's log.
    async fn by_the_log(
        opened: &mut Opened,
        holder: &Principal,
        grant: GrantId,
        unreached: Failure,
        output: &Output,
    ) -> Result<Exit, Failure> {
        let revocation = service::signed(opened, holder, grant)?;
        let posted = post_revocation(&mut opened.joined, holder, revocation.bytes()).await;
        // Why the holder was not reached says more than that nobody else was either.
        let (words, json) = posted.map_err(|_| unreached)?;
        opened.save_view()?;
        output.result(words, &json!({ "grant": grant, "holder": holder, "posted": json }));
        Ok(Exit::Partly)
    }

    async fn all(&self, opened: &mut Opened, principal: Principal, output: &Output) -> Result<Exit, Failure> {
        if self.dry_run {
            return would_take_back(opened, &principal, output).await;
        }
        let tasks = service::tasks(opened, principal);
        let done = everywhere(opened, tasks, output).await?;
        let effect = effect(opened, done.at.clone(), self.lang).await;
        let more = json!({ "service": principal, "takes_effect": effect });
        done.write(Some(effect.join("\n").as_str()), &more, output);
        Ok(done.ending())
    }
}

/// Since when it counts, in words, at each of these holders. A holder whose bound is not known just now is left with what is sure.
async fn effect(opened: &Opened, holders: BTreeSet<Principal>, language: Language) -> Vec<String> {
    let mut sentences = Vec::with_capacity(holders.len());
    for holder in holders {
        let bound_secs = match opened.joined.node(&holder) {
            Ok(node) => node.well_known().await.ok().and_then(|known| known.revocation_bound_secs),
            Err(_) => None,
        };
        let name = opened.joined.registry().organisation(&holder).and_then(|one| one.names());
        let name =
            name.map_or_else(|| opened.joined.name_of(&holder), |one| one.in_language(language.code()).to_owned());
        sentences.push(takes_effect(&name, bound_secs).in_language(language).to_owned());
    }
    sentences
}

async fn would_take_back(opened: &mut Opened, principal: &Principal, output: &Output) -> Result<Exit, Failure> {
    let (mut lines, mut grants, mut unknown, mut missing) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (holder, name) in opened.enrolled() {
        match service::usable(opened, holder, principal).await {
            Ok(usable) => {
                let found = usable.grants.iter();
                lines.extend(found.clone().map(|one| format!("{name}: {}", one.grant)));
                grants.extend(found.map(|one| json!({ "organisation": name, "grant": one.grant, "pod": one.pod })));
                let others = usable.unknown.iter();
                lines.extend(others.clone().map(|one| format!("{name}: {one} NOT, nobody knows for whom it is")));
                unknown.extend(others.map(|one| json!({ "organisation": name, "grant": one })));
            }
            Err(failure) => {
                lines.push(format!("{name}: NOT KNOWN, {}", failure.message));
                missing.push(json!({ "organisation": name, "code": failure.code, "why": failure.message }));
            }
        }
    }
    opened.save()?;
    let words = format!("Would be taken back, and was not:\n{}", lines.join("\n"));
    output.result(words, &json!({ "dry_run": true, "grants": grants, "unknown": unknown, "missing": missing }));
    Ok(if missing.is_empty() { Exit::Done } else { Exit::Partly })
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
