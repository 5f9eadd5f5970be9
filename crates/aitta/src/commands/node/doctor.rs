//! `aitta node doctor`: the whole way to another organisation's node, step by step: which step fails, and what to do.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use pod_client::node::NodeClient;
use pod_crypto::SigningKey;
use pod_http::{Origin, Request, header};
use pod_net::{Address, DialFault, Net, Peer, Transport};
use pod_protocol::chain::CLOCK_SKEW_SECS;
use pod_protocol::ids::Thumbprint;
use pod_protocol::registry::{Organisation, Registry};
use pod_server::key_file;
use serde_json::{Value, json};

use crate::commands::federation::{Federation, Joined};
use crate::edge::Edge;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;

/// Try the whole way to another organisation's node, and say which step fails and what to do.
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// The other organisation's short name.
    #[arg(value_name = "PEER")]
    peer: String,

    /// The federation's `federation.toml`.
    #[arg(long, value_name = "FILE")]
    federation: PathBuf,

    /// The key to come with: this organisation's online key, or a service's.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
}

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    Well,
    Failed,
    Skipped,
}

/// One step with what was found, and what to do about it.
#[derive(Debug)]
struct Step {
    step: &'static str,
    ended: Ended,
    found: String,
    advice: Option<&'static str>,
}

impl Doctor {
    pub(crate) fn run(&self, edge: &Edge, output: &Output) -> Result<Exit, Failure> {
        Edge::block_on(async {
            let ended = self.look(edge, output).await;
            edge.leave().await;
            ended
        })
    }

    async fn look(&self, edge: &Edge, output: &Output) -> Result<Exit, Failure> {
        let key = key_file::read(&self.key).map_err(Failure::configuration)?;
        let joined = Federation::read(&self.federation)?.visit(edge).await?;
        let peer = joined.organisation(&self.peer)?;
        let mut steps = Vec::new();
        steps.push(well("registry", format!("the registry has {} members", joined.registry().organisations().count())));
        steps.push(own_key(joined.registry(), &key));
        if let Some(organisation) = joined.registry().organisation(&peer) {
            steps.push(member(organisation));
            let net = edge.net(&key, joined.registry()).await?;
            over_libp2p(&mut steps, organisation, net).await;
            over_https(&mut steps, &joined, organisation, edge).await;
        }
        let failed: Vec<&Step> = steps.iter().filter(|step| step.ended == Ended::Failed).collect();
        let exit = match failed.first() {
            None => Exit::Done,
            Some(step) if matches!(step.step, "own-key" | "member") => Exit::Refused,
            Some(_) if reached(&steps) => Exit::Partly,
            Some(_) => Exit::NotReached,
        };
        let words: Vec<String> = steps.iter().map(Step::words).collect();
        let json = json!({
            "peer": self.peer,
            "well": failed.is_empty(),
            "first_failed": failed.first().map(|step| step.step),
            "steps": steps.iter().map(Step::to_json).collect::<Vec<_>>(),
        });
        output.result(words.join("\n"), &json);
        Ok(exit)
    }
}

/// Whether calls get through on some way.
fn reached(steps: &[Step]) -> bool {
    steps.iter().any(|step| matches!(step.step, "quic" | "tcp" | "relayed" | "https") && step.ended == Ended::Well)
}

fn well(step: &'static str, found: impl Into<String>) -> Step {
    Step { step, ended: Ended::Well, found: found.into(), advice: None }
}

fn failed(step: &'static str, found: impl Into<String>, advice: &'static str) -> Step {
    Step { step, ended: Ended::Failed, found: found.into(), advice: Some(advice) }
}

fn skipped(step: &'static str, found: impl Into<String>) -> Step {
    Step { step, ended: Ended::Skipped, found: found.into(), advice: None }
}

impl Step {
    fn words(&self) -> String {
        let sign = match self.ended {
            Ended::Well => "ok     ",
            Ended::Failed => "FAILED ",
            Ended::Skipped => "-      ",
        };
        let advice = self.advice.map(|advice| format!("\n        {advice}")).unwrap_or_default();
        format!("{sign} {}: {}{advice}", self.step, self.found)
    }

    fn to_json(&self) -> Value {
        let ended = match self.ended {
            Ended::Well => "ok",
            Ended::Failed => "failed",
            Ended::Skipped => "skipped",
        };
        json!({ "step": self.step, "ended": ended, "found": self.found, "advice": self.advice })
    }
}

/// Whether others let us in: our key must stand in the registry.
fn own_key(registry: &Registry, key: &SigningKey) -> Step {
    const STEP: &str = "own-key";
    let public = key.public_key();
    if registry.peer_keys().any(|known| known == public.to_bytes()) {
        return well(STEP, "our key is in the registry: others let us in");
    }
    let kid = Thumbprint::of(&public).kid();
    let suspended = registry.organisation_by_kid(&kid).is_some() || registry.service_by_kid(&kid).is_some();
    let found = if suspended { "our organisation is suspended" } else { "our key is not in the registry" };
    failed(
        STEP,
        format!("{found}: every node cuts us after the handshake"),
        "Name the organisation's online key or a registered service's with --key; have the anchor admit the organisation, or run `aitta node publish-profile`.",
    )
}

fn member(organisation: &Organisation) -> Step {
    const STEP: &str = "member";
    if organisation.is_suspended() {
        return failed(STEP, "it is suspended: nobody calls it", "Ask the trust anchor why, and until when.");
    }
    let endpoints: Vec<&str> = organisation.endpoints().iter().map(|endpoint| endpoint.as_str()).collect();
    match endpoints.is_empty() {
        true => failed(STEP, "it has published no endpoint", "Ask it to run `aitta node publish-profile`."),
        false => well(STEP, format!("it answers at {}", endpoints.join(", "))),
    }
}

async fn over_libp2p(steps: &mut Vec<Step>, organisation: &Organisation, net: Option<Arc<Net>>) {
    let multiaddrs = organisation.endpoints().iter().filter(|endpoint| endpoint.is_multiaddr());
    let (addresses, unusable): (Vec<_>, Vec<_>) =
        multiaddrs.map(|endpoint| endpoint.as_str().parse::<Address>()).partition(Result::is_ok);
    for fault in unusable.into_iter().filter_map(Result::err) {
        steps.push(failed("address", fault.to_string(), "Ask it to correct `endpoints` in its profile.toml."));
    }
    let addresses: Vec<Address> = addresses.into_iter().filter_map(Result::ok).collect();
    for transport in Transport::ALL {
        let of_it: Vec<&Address> = addresses.iter().filter(|address| address.transport() == transport).collect();
        match (&net, of_it.is_empty()) {
            (Some(net), false) => {
                for address in of_it {
                    steps.push(probe(net, organisation, &addresses, address).await);
                }
            }
            // A relay is for those who have no address of their own.
            _ if transport == Transport::Relayed => {}
            _ => steps.push(skipped(transport.name(), "its profile has no address for it")),
        }
    }
}

async fn probe(net: &Net, organisation: &Organisation, addresses: &[Address], address: &Address) -> Step {
    let step = address.transport().name();
    let mut fault = DialFault::Denied;
    for key in organisation.keys() {
        let peer = Peer { key: key.to_bytes(), addresses: addresses.to_vec() };
        match net.probe(&peer, address).await {
            Ok(said) => {
                return well(
                    step,
                    format!(
                        "{address} answers with its registered key, and lets us in; it says that it is {}, and sees us at {}",
                        said.program, said.sees_us_at
                    ),
                );
            }
            Err(other) => fault = other,
        }
    }
    failed(step, format!("{address}: {fault}"), advice(&fault, address.transport()))
}

const fn advice(fault: &DialFault, transport: Transport) -> &'static str {
    match (fault, transport) {
        (DialFault::TimedOut, Transport::Quic) => {
            "UDP does not come through: open the UDP port in both firewalls, and check the address in its profile. Calls go over TCP meanwhile."
        }
        (DialFault::TimedOut, Transport::Relayed) => {
            "Its node does not answer through the relay, which may not have noticed yet that it is gone: ask whether the node runs, and run this again in a minute."
        }
        (DialFault::TimedOut, _) => {
            "Nothing answers: check the address in its profile, that its node runs, and the firewalls between."
        }
        (DialFault::Unreachable { .. }, _) => {
            "Nobody listens there, or the way is refused: ask it whether its node runs with `[p2p]`, and check the address in its profile."
        }
        (DialFault::WrongPeer { .. }, _) => {
            "Another node answers at this address: ask it which key its node runs with, and to publish its profile or key events anew."
        }
        (DialFault::Cut, _) => {
            "It does not know our key yet: wait 30 s for its copy of the registry, and look at own-key above; else its limits are reached, or its clock is wrong."
        }
        (DialFault::NoCalls, _) => "It is no Aitta node, or one of another version: ask its operator.",
        (DialFault::Relay { .. }, _) => {
            "The relay named in its profile is not reached, or does not let us in: run this for the organisation that relays for it."
        }
        (DialFault::NoSlot, _) => {
            "Its node is not connected to the relay: ask it whether the node runs, and what its log says about the relay in `p2p.relay`."
        }
        (DialFault::RelayRefused { .. }, _) => {
            "The relay named in its profile does not relay, or carries as much as it may: ask it to name another, and that one's operator for `p2p.relays`."
        }
        (DialFault::Denied, _) => "Its key is not in our copy of the registry: it is suspended, or no member.",
        _ => "Run it again; if it goes on, look at this machine's limits of sockets and memory.",
    }
}

async fn over_https(steps: &mut Vec<Step>, joined: &Joined, organisation: &Organisation, edge: &Edge) {
    let node = match NodeClient::of(&joined.caller, organisation) {
        Ok(node) => node,
        Err(error) => {
            steps.push(failed("https", error.to_string(), error.advice()));
            return;
        }
    };
    let url = node.url("/.well-known/aitta");
    match node.well_known().await {
        Err(error) => {
            steps.push(failed("https", format!("{url}: {error}"), HTTPS_ADVICE));
            return;
        }
        Ok(said) if said.principal != *organisation.principal() => {
            steps.push(well("https", format!("{url} answers")));
            steps.push(failed(
                "well-known",
                format!("it says that it is {}", said.principal),
                "Another organisation's node answers at this address: ask both to correct their endpoints.",
            ));
        }
        Ok(_) => {
            steps.push(well("https", format!("{url} answers")));
            steps.push(well("well-known", "it is who the registry says"));
        }
    }
    steps.push(clock(joined, &url, edge).await);
}

const HTTPS_ADVICE: &str =
    "Check the address in its profile, its certificate against `roots` in federation.toml, and the firewalls between.";

/// Signed objects count for a minute around the other side's clock: the answer's `Date` (RFC 9110 section 6.6.1) says what it is.
async fn clock(joined: &Joined, url: &str, edge: &Edge) -> Step {
    const STEP: &str = "clock";
    let Ok((origin, path)) = Origin::of_url(url) else { return skipped(STEP, "it has no clock to read") };
    let answer = joined.caller.http.send(&origin, Request::get(path)).await.ok();
    let date = answer.and_then(|answer| Some(answer.headers.get(header::DATE)?.to_str().ok()?.to_owned()));
    let theirs = date.and_then(|date| jiff::fmt::rfc2822::parse(&date).ok());
    let theirs = theirs.and_then(|zoned| u64::try_from(zoned.timestamp().as_second()).ok());
    let Some(theirs) = theirs else { return skipped(STEP, "its answers have no date") };
    let apart = Duration::from_secs(theirs.abs_diff(edge.now_secs()));
    match apart.as_secs() <= CLOCK_SKEW_SECS {
        true => well(STEP, format!("its clock and ours are {} s apart", apart.as_secs())),
        false => failed(
            STEP,
            format!("its clock and ours are {} s apart, more than {CLOCK_SKEW_SECS}", apart.as_secs()),
            "Set both clocks by NTP: what one of you signs looks expired, or not yet issued, to the other.",
        ),
    }
}
