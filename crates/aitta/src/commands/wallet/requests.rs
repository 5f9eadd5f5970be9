//! Access requests as a person reads them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use clap::Args;
use pod_client::node::NodeClient;
use pod_http::Origin;
use pod_protocol::access_request::AccessRequest;
use pod_protocol::cose::Signed;
use pod_protocol::ids::{ObjectId, Principal};
use pod_wallet::blob::Blob;
use pod_wallet::commands::Order;
use pod_wallet::labels::Labels;
use pod_wallet::language::Language;
use pod_wallet::request_view::{not_acceptable, nothing_waits};
use pod_wallet::review::Review;
use serde::Deserialize;
use serde_json::{Value, json};

use super::opened::Opened;
use super::target::{Naming, pod_at};
use crate::edge::Edge;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;

/// The path that a link to an access request has.
const PATH: &str = "/v1/access-requests/";

/// Show an access request, or those that wait at an organisation.
#[derive(Debug, Args)]
pub(super) struct Requests {
    /// A link, a file, or the short name of an organisation whose inbox is to be shown.
    #[arg(value_name = "LINK|FILE|ORGANISATION")]
    what: String,
    /// Whose inbox: a child's name; your own unless said.
    #[arg(long = "for", value_name = "NAME")]
    person: Option<String>,
    /// The language of what is shown.
    #[arg(long, default_value = "en")]
    lang: Language,
}

#[derive(Deserialize)]
struct Inbox {
    requests: Vec<Blob>,
    next_skip: Option<u64>,
}

impl Requests {
    pub(super) async fn run(&self, dir: &Path, edge: &Edge, output: &Output) -> Result<Exit, Failure> {
        let mut opened = Opened::open(dir, edge).await?;
        let (mut shown, mut unshown) = (Vec::new(), Vec::new());
        if opened.joined.registry().organisation_named(&self.what).is_some() {
            // What cannot be read does not hide the others that wait.
            let waiting = inbox(&mut opened, &self.what, self.person.as_deref()).await?;
            for (bytes, review) in waiting.iter().zip(reviews(&opened, &waiting).await) {
                match review {
                    Ok(review) => shown.push(review),
                    Err(failure) => unshown.push(turned_away(bytes, &failure)),
                }
            }
        } else {
            shown.push(review(&opened, &fetch(&opened, &self.what).await?).await?);
        }
        let mut words: Vec<String> = shown.iter().map(|review| review.summary().in_words(self.lang)).collect();
        words.extend(
            unshown
                .iter()
                .map(|one| not_acceptable(one["id"].as_str(), one["code"].as_str().unwrap_or_default(), self.lang)),
        );
        if words.is_empty() {
            words.push(nothing_waits(self.lang).to_owned());
        }
        let json: Vec<Value> = shown.iter().map(|review| json!(review.summary())).collect();
        output.result(words.join("\n\n"), &json!({ "requests": json, "not_acceptable": unshown }));
        Ok(if unshown.is_empty() { Exit::Done } else { Exit::Partly })
    }
}

async fn inbox(opened: &mut Opened, organisation: &str, person: Option<&str>) -> Result<Vec<Vec<u8>>, Failure> {
    let (holder, pod) = pod_at(opened, organisation, person, Naming::For)?;
    let (mut requests, mut skip) = (Vec::new(), 0);
    loop {
        let outcome = opened.order(&Order::inbox(holder, pod, skip)).await?;
        opened.save()?;
        let page: Inbox = serde_json::from_slice(&outcome.result)
            .map_err(|source| Failure::of(Exit::EvidenceBroken, "not-believed", source))?;
        requests.extend(page.requests.into_iter().map(|request| request.0));
        match page.next_skip {
            // A page that leads nowhere further would be asked for without end.
            Some(next) if next > skip => skip = next,
            _ => break,
        }
    }
    Ok(requests)
}

/// The signed access request behind a link or in a file.
pub(super) async fn fetch(opened: &Opened, what: &str) -> Result<Vec<u8>, Failure> {
    if let Some((url, id)) = what.rsplit_once(PATH) {
        let id: ObjectId = id.parse().map_err(|fault| {
            Failure::of(Exit::Usage, "usage", fault).advise("Copy the whole link of the access request.")
        })?;
        let (origin, _) = Origin::of_url(url).map_err(|fault| {
            Failure::of(Exit::Usage, "usage", fault)
                .advise("A link begins with https:// and ends with the request's id.")
        })?;
        let node = NodeClient::new(&opened.joined.caller, url, &origin.to_string())?;
        return Ok(node.access_request(&id).await?);
    }
    let bytes = fs::read(what).map_err(|source| {
        Failure::usage(format!("`{what}` is neither a link to an access request, nor a file, nor an organisation"))
            .because(source)
            .advise("Give the link as it was received.")
    })?;
    super::super::inspect::object_bytes(bytes)
        .ok_or_else(|| Failure::usage(format!("{what} holds no access request")).advise("Give the link instead."))
}

/// What a person sees of an access request, in the words of the holders that it is about.
pub(super) async fn review(opened: &Opened, bytes: &[u8]) -> Result<Review, Failure> {
    let holders = holders_of(opened, bytes);
    let labels = opened.joined.labels(holders.iter().copied().collect()).await;
    review_with(opened, &merged(&labels, &holders), bytes)
}

/// As [`review`], of each; holders are asked once.
async fn reviews(opened: &Opened, requests: &[Vec<u8>]) -> Vec<Result<Review, Failure>> {
    let holders: Vec<Vec<Principal>> = requests.iter().map(|bytes| holders_of(opened, bytes)).collect();
    let labels = opened.joined.labels(holders.iter().flatten().copied().collect()).await;
    let one = |(bytes, holders): (&Vec<u8>, &Vec<Principal>)| review_with(opened, &merged(&labels, holders), bytes);
    requests.iter().zip(&holders).map(one).collect()
}

/// What a person sees of it in these words, verified against the registry.
pub(super) fn review_with(opened: &Opened, labels: &Labels, bytes: &[u8]) -> Result<Review, Failure> {
    Review::of(bytes, opened.joined.registry(), labels, opened.edge.now_secs()).map_err(|fault| {
        let code = fault.code().to_owned();
        Failure::of(Exit::Refused, &code, fault).advise("Do not answer it; tell whoever sent it.")
    })
}

/// Whose words tell what an access request asks for: those of the holders at which it can be granted. No other member has a
/// say in what somebody's fields are called; only before any of them can be granted at, those that the request names have.
fn holders_of(opened: &Opened, bytes: &[u8]) -> Vec<Principal> {
    let named = Signed::<AccessRequest>::decode(bytes).ok().and_then(|request| request.unverified().holders.clone());
    let enrolled = opened.state.organisations().map(|(holder, _)| *holder);
    let grantable: Vec<Principal> =
        enrolled.filter(|holder| named.as_ref().is_none_or(|named| named.contains(holder))).collect();
    if grantable.is_empty() { named.unwrap_or_default() } else { grantable }
}

fn merged(labels: &BTreeMap<Principal, Labels>, holders: &[Principal]) -> Labels {
    let mut all = Labels::new();
    holders.iter().filter_map(|holder| labels.get(holder)).for_each(|labels| all.add(labels));
    all
}

fn turned_away(bytes: &[u8], failure: &Failure) -> Value {
    let id = Signed::<AccessRequest>::decode(bytes).ok().map(|request| request.id());
    json!({ "id": id, "code": failure.code, "why": failure.message })
}
