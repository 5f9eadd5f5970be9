//! Access requests as a person reads them.

use std::fs;
use std::path::Path;

use clap::Args;
use pod_client::node::NodeClient;
use pod_http::Origin;
use pod_protocol::ids::{ObjectId, from_base64url};
use pod_wallet::commands::Order;
use pod_wallet::language::Language;
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
    requests: Vec<String>,
}

impl Requests {
    pub(super) async fn run(&self, dir: &Path, edge: &Edge, output: &Output) -> Result<Exit, Failure> {
        let mut opened = Opened::open(dir, edge).await?;
        let requests = match opened.joined.registry.organisation_named(&self.what) {
            Some(_) => inbox(&mut opened, &self.what, self.person.as_deref()).await?,
            None => vec![fetch(&opened, &self.what).await?],
        };
        let labels = opened.joined.labels().await;
        let reviews: Vec<Review> =
            requests.iter().map(|bytes| review(&opened, &labels, bytes)).collect::<Result<_, _>>()?;
        let words: Vec<String> = reviews.iter().map(|review| review.summary().in_words(self.lang)).collect();
        let json: Vec<Value> = reviews.iter().map(|review| json!(review.summary())).collect();
        let words = if words.is_empty() { "Nothing waits.".to_owned() } else { words.join("\n\n") };
        output.result(words, &json!({ "requests": json }));
        Ok(Exit::Done)
    }
}

async fn inbox(opened: &mut Opened, organisation: &str, person: Option<&str>) -> Result<Vec<Vec<u8>>, Failure> {
    let (holder, pod) = pod_at(opened, organisation, person, Naming::For)?;
    let outcome = opened.order(&Order::inbox(holder, pod)).await?;
    opened.save()?;
    let unusable = |_| Failure::usage(format!("{organisation} sent no usable inbox"));
    let inbox: Inbox = serde_json::from_slice(&outcome.result)
        .map_err(|source| Failure::of(Exit::EvidenceBroken, "not-believed", source))?;
    inbox.requests.iter().map(|text| from_base64url(text).map_err(unusable)).collect()
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

/// What a person sees of it, verified against the registry.
pub(super) fn review(opened: &Opened, labels: &pod_wallet::labels::Labels, bytes: &[u8]) -> Result<Review, Failure> {
    Review::of(bytes, &opened.joined.registry, labels, opened.edge.now_secs()).map_err(|fault| {
        let code = fault.code().to_owned();
        Failure::of(Exit::Refused, &code, fault).advise("Do not answer it; tell whoever sent it.")
    })
}
