//! `publish-profile`: a member signs what it says about itself. The same for nodes and blinders.

use std::path::PathBuf;

use clap::Args;
use pod_client::Caller;
use pod_client::directory::DirectoryClient;
use pod_client::node::NodeClient;
use pod_protocol::Verified;
use pod_protocol::statement::Profile;
use serde_json::json;

use super::keys::signs_with;
use crate::edge::Edge;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::folder::write_new;
use crate::organisation::profile::{self, Ready};
use crate::output::Output;

/// `publish-profile`.
#[derive(Debug, Args)]
pub(crate) struct PublishProfile {
    /// The member's `profile.toml`; `init` made it.
    #[arg(long, env = "AITTA_PROFILE", value_name = "FILE")]
    profile: PathBuf,

    /// Read and check everything, publish nothing.
    #[arg(long)]
    dry_run: bool,

    /// Write the signed profile into this file too.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// How many seconds ahead a profile may be dated to be newer than the last one: scripts publish twice in a second. Far within
/// what clocks may differ.
const MOST_SECS_AHEAD: u64 = 3;
/// What the directory says when it has a profile of the same second or a later one.
const OLDER: &str = "older-statement";

async fn publish(ready: &Ready, directory: &DirectoryClient) -> Result<Verified<Profile>, Failure> {
    let mut later_secs = 0;
    loop {
        let signed = ready.sign(later_secs);
        match directory.publish_statement(signed.bytes()).await {
            Ok(()) => return Ok(signed),
            Err(error) if error.code() == OLDER && later_secs < MOST_SECS_AHEAD => later_secs += 1,
            Err(error) => return Err(error.into()),
        }
    }
}

/// Refuses a profile whose key the node does not have: what wallets then seal for it, it could not open. A node that cannot be reached
/// from here, as before its first start, says nothing of it.
async fn the_node_has_the_key(ready: &Ready, caller: &Caller) -> Result<(), Failure> {
    let url = ready.profile.endpoints.iter().find(|endpoint| !endpoint.is_multiaddr());
    let (Some(url), Some(_)) = (url, &ready.profile.seal_key) else { return Ok(()) };
    let node = NodeClient::new(caller, url.as_str(), "the node")?;
    match signs_with(&node, &ready.key.public_key()).await {
        Some(false) => {
            let message = format!("the node at {url} signs with another key than `key` in the profile");
            Err(Failure::rule("node-lacks-key", message).advise(
                "Name this key as `organisation.key_file` in node.toml, the one of before under \
                 `organisation.previous_key_files`, and send the node SIGHUP, or start it again; then publish.",
            ))
        }
        Some(true) | None => Ok(()),
    }
}

impl PublishProfile {
    /// Reads, signs and publishes.
    pub(crate) fn run(&self, edge: &Edge, output: &Output) -> Result<Exit, Failure> {
        let ready = profile::read(&self.profile, &*edge.random, edge.now_secs())?;
        let caller = edge.caller(ready.roots.as_deref())?;
        Edge::block_on(the_node_has_the_key(&ready, &caller))?;
        let directory = DirectoryClient::new(&caller, &ready.directory)?;
        let signed = if self.dry_run { ready.sign(0) } else { Edge::block_on(publish(&ready, &directory))? };
        if let Some(path) = &self.output {
            write_new(path, signed.bytes())?;
        }
        let services: Vec<&str> = signed.services.iter().map(|service| service.names.en()).collect();
        let endpoints: Vec<&str> = signed.endpoints.iter().map(|endpoint| endpoint.as_str()).collect();
        let words = format!(
            "{} {} says: it answers at {}; its services are: {}.",
            if self.dry_run { "Not published (dry run):" } else { "Published:" },
            signed.names.en(),
            endpoints.join(", "),
            if services.is_empty() { "none".to_owned() } else { services.join(", ") },
        );
        let json = json!({
            "published": !self.dry_run, "principal": signed.issuer, "endpoints": endpoints, "services": services,
            "expires": signed.expires, "statement": signed.id(),
        });
        output.result(words, &json);
        Ok(Exit::Done)
    }
}
