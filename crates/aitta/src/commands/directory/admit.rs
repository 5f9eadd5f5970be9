//! `aitta directory admit` and `suspend`: what the trust anchor says about members.

use std::path::{Path, PathBuf};

use clap::Args;
use pod_client::directory::DirectoryClient;
use pod_crypto::{PublicKey, SigningKey, random_array};
use pod_protocol::cose::{Payload as _, Verified};
use pod_protocol::ids::Cti;
use pod_protocol::registry::Anchor;
use pod_protocol::statement::{Membership, Role, ShortName};
use pod_server::key_file;
use serde_json::json;

use crate::commands::federation::Federation;
use crate::commands::statements::published;
use crate::edge::Edge;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::folder::write_new;
use crate::organisation::request;
use crate::output::Output;

/// Seconds of a day.
pub(super) const DAY_SECS: u64 = 24 * 3600;

/// Where the anchor's key is and where statements go.
#[derive(Debug, Args)]
struct AnchorArgs {
    /// The `federation.toml` that `aitta directory init` made.
    #[arg(long, value_name = "FILE")]
    federation: PathBuf,

    /// The trust anchor's key file, `offline/anchor.key`.
    #[arg(long, value_name = "FILE")]
    anchor_key: PathBuf,

    /// For how many days the membership counts.
    #[arg(long, value_name = "DAYS", default_value_t = 365, value_parser = clap::value_parser!(u64).range(1..=400))]
    valid_days: u64,
}

/// `aitta directory admit`.
#[derive(Debug, Args)]
pub(crate) struct Admit {
    /// What the member handed over: its `membership-request.json`.
    #[arg(value_name = "REQUEST")]
    request: PathBuf,

    #[command(flatten)]
    anchor: AnchorArgs,

    /// Another short name than the member asked for.
    #[arg(long, value_name = "NAME")]
    name: Option<ShortName>,

    /// How many levels of members a region may admit below itself.
    #[arg(long, value_name = "LEVELS", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=2))]
    region_depth: u64,

    /// Write the signed membership into this file too.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// `aitta directory suspend`.
#[derive(Debug, Args)]
pub(crate) struct Suspend {
    /// The member's short name.
    #[arg(value_name = "NAME")]
    name: ShortName,

    #[command(flatten)]
    anchor: AnchorArgs,

    /// Lift the suspension instead.
    #[arg(long)]
    lift: bool,
}

/// A key and a directory, ready to make a statement.
struct Speaker {
    anchor: Anchor,
    key: SigningKey,
    directory: DirectoryClient,
    cti: Cti,
    now_secs: u64,
    expires: u64,
}

impl AnchorArgs {
    fn open(&self, edge: &Edge) -> Result<Speaker, Failure> {
        let federation = Federation::read(&self.federation)?;
        let anchor = federation.anchor()?;
        let key = key_file::read(&self.anchor_key).map_err(Failure::configuration)?;
        check_pair(&self.anchor_key, &key, &anchor.key)?;
        let now_secs = edge.now_secs();
        Ok(Speaker {
            anchor,
            key,
            directory: federation.directory(&edge.caller(federation.roots.as_deref())?)?,
            cti: Cti::new(random_array(&*edge.random)),
            now_secs,
            expires: now_secs.saturating_add(self.valid_days * DAY_SECS),
        })
    }
}

fn check_pair(path: &Path, key: &SigningKey, public: &PublicKey) -> Result<(), Failure> {
    if key.public_key() == *public {
        return Ok(());
    }
    Err(Failure::configuration_says(format!("{} is not the key of this federation's trust anchor", path.display()))
        .advise("Name the key that `aitta directory init` made together with this federation.toml."))
}

impl Speaker {
    /// Signs and publishes.
    fn say(&self, membership: Membership) -> Result<Verified<Membership>, Failure> {
        // The rules of a membership as a whole stand in its reader.
        Membership::from_cbor(membership.to_cbor())
            .map_err(|fault| Failure::usage(format!("this membership cannot be: {fault}")))?;
        let signed = Verified::sign(&self.key, membership);
        Edge::block_on(published(&self.directory, &self.anchor, signed.bytes()))?;
        Ok(signed)
    }
}

impl Admit {
    /// Reads the request, signs and publishes.
    pub(crate) fn run(&self, edge: &Edge, output: &Output) -> Result<Exit, Failure> {
        let request = request::read(&self.request)?;
        let speaker = self.anchor.open(edge)?;
        let depth = if request.roles.contains(&Role::Region) { self.region_depth } else { 0 };
        let signed = speaker.say(Membership {
            issuer: speaker.anchor.principal,
            subject: request.principal,
            expires: speaker.expires,
            issued: speaker.now_secs,
            cti: speaker.cti,
            name: self.name.clone().unwrap_or(request.name),
            keys: request.keys,
            roles: request.roles,
            depth,
            suspended: false,
        })?;
        if let Some(path) = &self.output {
            write_new(path, signed.bytes())?;
        }
        let roles: Vec<&str> = signed.roles.iter().map(|role| role.as_str()).collect();
        let words = format!(
            "{} ({}) is a member as {}, for {} days: {}.\nCompare its id with the member by another way than the one on which the request came.",
            signed.name,
            request.names.en(),
            roles.join(", "),
            self.anchor.valid_days,
            signed.subject,
        );
        let json = json!({
            "admitted": signed.subject, "name": signed.name.as_str(), "roles": roles, "expires": signed.expires,
            "statement": signed.id(),
        });
        output.result(words, &json);
        Ok(Exit::Done)
    }
}

impl Suspend {
    /// Says the member's membership again, suspended or not.
    pub(crate) fn run(&self, edge: &Edge, output: &Output) -> Result<Exit, Failure> {
        let speaker = self.anchor.open(edge)?;
        let copy = Edge::block_on(async { Ok(speaker.directory.registry(&speaker.anchor, None).await?) })?;
        let member = copy.registry.organisation_named(self.name.as_str()).ok_or_else(|| {
            Failure::usage(format!("the registry has no member `{}`", self.name))
                .advise("Give the short name of a member as the registry has it.")
        })?;
        let was = member.membership();
        let signed = speaker.say(Membership {
            issuer: speaker.anchor.principal,
            subject: was.subject,
            expires: speaker.expires,
            // The newest statement counts, also when two are made within one second.
            issued: speaker.now_secs.max(was.issued.saturating_add(1)),
            cti: speaker.cti,
            name: was.name.clone(),
            keys: was.keys.clone(),
            roles: was.roles.clone(),
            depth: was.depth,
            suspended: !self.lift,
        })?;
        let state = if self.lift {
            "counts again"
        } else {
            "is suspended: nothing of it counts from the next look at the registry on"
        };
        let json = json!({ "name": self.name.as_str(), "principal": signed.subject, "suspended": signed.suspended });
        output.result(format!("{} {state}.", self.name), &json);
        Ok(Exit::Done)
    }
}
