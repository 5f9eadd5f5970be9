//! Who looked: every entry about a pod, with its proof checked and the log's history followed.

use std::path::Path;

use clap::Args;
use pod_protocol::ids::{PodId, Principal};
use pod_wallet::commands::Order;
use pod_wallet::language::Language;
use pod_wallet::log_check::{AskedPage, CheckedEntry, CheckedPage, LogFault};
use pod_wallet::log_page::LogPage;
use pod_wallet::log_view::{LogNames, sentence};
use serde_json::{Value, json};

use super::opened::Opened;
use super::target::{Naming, pod_at};
use crate::edge::Edge;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Output, visible};

/// Entries asked for at once.
const PAGE: u64 = 100;

/// Show who looked, with every proof checked.
#[derive(Debug, Args)]
pub(super) struct Log {
    /// The organisation's short name.
    organisation: String,
    /// About whom: a child's name or pod; yourself unless said.
    #[arg(long = "for", value_name = "NAME")]
    person: Option<String>,
    /// Begin with the entry at this place of the organisation's log.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// The language of what is shown.
    #[arg(long, default_value = "en")]
    lang: Language,
}

impl Log {
    pub(super) async fn run(&self, dir: &Path, edge: &Edge, output: &Output) -> Result<Exit, Failure> {
        let mut opened = Opened::open(dir, edge).await?;
        let (holder, pod) = pod_at(&opened, &self.organisation, self.person.as_deref(), Naming::For)?;
        let mut entries: Vec<CheckedEntry> = Vec::new();
        let mut from = Some(self.from);
        let mut tree_size = 0;
        while let Some(asked) = from {
            let checked = page(&mut opened, holder, pod, asked).await;
            opened.save()?;
            let checked = checked?;
            entries.extend(checked.entries);
            tree_size = checked.tree_size;
            from = checked.next;
        }
        let labels = opened.joined.labels([holder].into()).await.remove(&holder).unwrap_or_default();
        let names = LogNames {
            registry: opened.joined.registry(),
            labels: &labels,
            state: &opened.state,
            holder: &holder,
            pod: &pod,
        };
        let told: Vec<String> =
            entries.iter().map(|entry| visible(sentence(&entry.opened, &names).in_language(self.lang))).collect();
        let json: Vec<Value> =
            entries.iter().zip(&told).map(|(entry, told)| json!({ "entry": entry, "sentence": told })).collect();
        let words = format!(
            "{}\n\n{} entries, each proved to stand where it does in the signed log of {tree_size}. Who and what is {}'s word.",
            told.join("\n"),
            told.len(),
            self.organisation
        );
        output.result(words, &json!({ "organisation": self.organisation, "tree_size": tree_size, "entries": json }));
        Ok(Exit::Done)
    }
}

/// Fetches one page and checks it; fetches the proof that the log goes on from the head that was seen last, when it has grown.
async fn page(opened: &mut Opened, holder: Principal, pod: PodId, from: u64) -> Result<CheckedPage, Failure> {
    let acknowledged = opened.state.last_acknowledged(&holder);
    let outcome = opened.order(&Order::log(holder, pod, from, PAGE)).await?;
    let page = LogPage::from_json(&outcome.result)
        .map_err(|fault| Failure::of(Exit::EvidenceBroken, "not-believed", fault))?;
    let asked = AskedPage { holder, pod, from, acknowledged };
    let now_secs = opened.edge.now_secs();
    let broken = |fault: LogFault| {
        let code = fault.code().to_owned();
        Failure::of(Exit::EvidenceBroken, &code, fault).advise(
            "Ask again; if it goes on, keep this wallet's folder as evidence and tell the data protection ombudsman.",
        )
    };
    match opened.state.check_log_page(&asked, &page, None, opened.joined.registry(), now_secs) {
        Err(LogFault::ConsistencyNeeded { from, to }) => {
            let proof = opened.joined.node(&holder)?.consistency(from, to).await?;
            opened.state.check_log_page(&asked, &page, Some(&proof), opened.joined.registry(), now_secs).map_err(broken)
        }
        checked => checked.map_err(broken),
    }
}
