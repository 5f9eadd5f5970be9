//! The federation as wallets and services see it: one small file that the directory's operator hands out.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use pod_client::Caller;
use pod_client::blinder::{BlinderClient, BlinderKey};
use pod_client::directory::{DirectoryClient, RegistryCopy, Standing};
use pod_client::node::NodeClient;
use pod_crypto::{PublicKey, sha256};
use pod_protocol::ids::{Principal, base64url, from_base64url};
use pod_protocol::registry::{Anchor, Registry};
use pod_protocol::statement::Role;
use pod_protocol::tlog::head::USUAL_WITNESSES;
use pod_wallet::labels::Labels;
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;

use super::evidence;
use crate::edge::Edge;
use crate::failure::Failure;
use crate::{folder, written};

/// `federation.toml`: where the directory is, and whom its statements begin with.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Federation {
    /// The directory's address.
    pub(crate) directory: String,
    /// The trust anchor's id.
    pub(crate) anchor: Principal,
    /// The trust anchor's public key, base64url.
    pub(crate) anchor_key: String,
    /// How many other organisations must have seen what the directory shows.
    #[serde(default = "usual_witnesses")]
    pub(crate) witnesses: usize,
    /// Addresses of mirrors of the directory, asked in this order when it is away or lies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) mirrors: Vec<String>,
    /// PEM file with the authorities whose TLS certificates are believed, beside this file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) roots: Option<PathBuf>,
    /// The blinder; wallets need it to find holders.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) blinder: Option<KnownBlinder>,
}

fn usual_witnesses() -> usize {
    USUAL_WITNESSES
}

/// A blinder, as those know it who call it: `[blinder]` of a `federation.toml`, and `blinder.json` for nodes.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KnownBlinder {
    /// Its address.
    pub(crate) url: String,
    /// Who runs it.
    pub(crate) principal: Principal,
    /// Its public key, base64url: what it evaluates is proved against it.
    pub(crate) public: String,
    /// The epoch for which it evaluates.
    pub(crate) epoch: u16,
    /// The login provider for citizens.
    pub(crate) issuer: String,
    /// Under which id the login provider knows it.
    pub(crate) client_id: String,
}

impl KnownBlinder {
    /// Calls to it.
    pub(crate) fn client(&self, caller: &Caller) -> Result<BlinderClient, Failure> {
        let public = from_base64url(&self.public).ok().and_then(|bytes| bytes.try_into().ok()).ok_or_else(|| {
            Failure::configuration_says("the blinder's public key is not 43 characters of base64url")
                .advise("Compare `public` in federation.toml with what the blinder's operator publishes.")
        })?;
        Ok(BlinderClient::new(caller, &self.url, BlinderKey { public, epoch: self.epoch })?)
    }
}

impl Federation {
    /// Writes the file's text.
    pub(crate) fn to_text(&self) -> Result<String, Failure> {
        toml::to_string(self)
            .map_err(|source| Failure::internal("the federation's description cannot be written", source))
    }

    /// Describes a federation.
    pub(crate) fn new(directory: String, anchor: &Anchor, roots: Option<PathBuf>, witnesses: usize) -> Self {
        let anchor_key = base64url(&anchor.key.to_bytes());
        Self { directory, anchor: anchor.principal, anchor_key, witnesses, mirrors: Vec::new(), roots, blinder: None }
    }

    /// Reads the file. A relative path of the authorities is meant from where the file lies.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        const ADVICE: &str = "Give the federation.toml that the directory's operator hands out.";
        let shown = path.display();
        let text = fs::read_to_string(path)
            .map_err(|source| Failure::usage(format!("cannot read {shown}")).because(source).advise(ADVICE))?;
        let mut federation: Self = toml::from_str(&text).map_err(|error| {
            let why = written::why(&text, &error);
            Failure::usage(format!("{shown} is no federation.toml: {why}")).advise(ADVICE)
        })?;
        if let (Some(roots), Some(folder)) = (&federation.roots, path.parent()) {
            federation.roots = Some(folder.join(roots));
        }
        Ok(federation)
    }

    /// The trust anchor.
    pub(crate) fn anchor(&self) -> Result<Anchor, Failure> {
        let bytes = from_base64url(&self.anchor_key).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        let key = bytes.and_then(|bytes| PublicKey::register(&bytes).ok());
        let key = key.ok_or_else(|| {
            Failure::usage("the trust anchor's key is not acceptable")
                .advise("Compare `anchor_key` in federation.toml with what the directory's operator publishes.")
        })?;
        Ok(Anchor { principal: self.anchor, key })
    }

    /// Reads the copy of the file that lies in a wallet's or service's own folder.
    pub(crate) fn read_own(path: &Path) -> Result<Self, Failure> {
        Self::read(path).map_err(Failure::on_this_side)
    }

    /// The authorities' file, read.
    pub(crate) fn roots_pem(&self) -> Result<Option<String>, Failure> {
        self.roots.as_deref().map(crate::organisation::read_roots).transpose().map_err(|failure| {
            failure.advise("Put the authorities' PEM file where `roots` in federation.toml says, beside it.")
        })
    }

    /// Calls to the directory and its mirrors.
    pub(crate) fn directory(&self, caller: &Caller) -> Result<DirectoryClient, Failure> {
        let client = DirectoryClient::new(caller, &self.directory)?.with_mirrors(caller, &self.mirrors)?;
        Ok(client.with_witnesses(self.witnesses))
    }

    /// Calls with this federation's authorities, and a fresh registry, or the last good copy kept in `cache`. What proves
    /// that somebody was lied to is kept beside it.
    pub(crate) async fn join(&self, edge: &Edge, cache: &Path) -> Result<Joined, Failure> {
        let folder = cache.parent().unwrap_or(Path::new("."));
        let joined = self.look(edge, fs::read(cache).ok().as_deref(), Some(folder)).await?;
        folder::write(cache, &joined.copy.to_bytes())?;
        Ok(joined)
    }

    /// As [`Federation::join`] with a fresh registry, and nothing is kept.
    pub(crate) async fn visit(&self, edge: &Edge) -> Result<Joined, Failure> {
        self.look(edge, None, None).await
    }

    async fn look(&self, edge: &Edge, kept: Option<&[u8]>, folder: Option<&Path>) -> Result<Joined, Failure> {
        let caller = edge.caller(self.roots.as_deref())?;
        let directory = self.directory(&caller)?;
        let copy = directory.registry(&self.anchor().map_err(Failure::on_this_side)?, kept).await;
        let copy = copy.inspect_err(|error| evidence::tell(error, folder))?;
        for trouble in &copy.troubles {
            evidence::tell(trouble, folder);
        }
        match copy.standing {
            Standing::Proven { .. } => {}
            Standing::Unproven => tracing::warn!(
                "nobody vouches now that the registry is whole: every statement in it is signed, one could be missing"
            ),
            Standing::LastGood => tracing::warn!("going on with the last good copy of the registry"),
        }
        Ok(Joined { caller, directory, copy })
    }
}

/// A federation with its registry at hand.
#[derive(Debug)]
pub(crate) struct Joined {
    pub(crate) caller: Caller,
    pub(crate) directory: DirectoryClient,
    pub(crate) copy: RegistryCopy,
}

impl Joined {
    /// The registry.
    pub(crate) fn registry(&self) -> &Registry {
        &self.copy.registry
    }

    /// The organisation with this short name.
    pub(crate) fn organisation(&self, name: &str) -> Result<Principal, Failure> {
        let found = self.registry().organisation_named(name).map(|organisation| *organisation.principal());
        found.ok_or_else(|| {
            let mut known: Vec<&str> = self.registry().organisations().map(|one| one.name().as_str()).collect();
            known.sort_unstable();
            Failure::usage(format!("no organisation is called `{name}`"))
                .advise(format!("Members are: {}.", known.join(", ")))
        })
    }

    /// What people call an organisation.
    pub(crate) fn name_of(&self, principal: &Principal) -> String {
        self.registry().organisation(principal).map_or_else(|| principal.to_string(), |one| one.name().to_string())
    }

    /// The node of an organisation.
    pub(crate) fn node(&self, principal: &Principal) -> Result<NodeClient, Failure> {
        Ok(NodeClient::find(&self.caller, self.registry(), principal)?)
    }

    /// What each of these holders calls record types and fields; all are asked at once, and those that do not answer are left
    /// out. Only a holder speaks for what it holds: not a suspended one, nor a member that is none.
    pub(crate) async fn labels(&self, holders: BTreeSet<Principal>) -> BTreeMap<Principal, Labels> {
        let mut asked = JoinSet::new();
        for organisation in holders.iter().filter_map(|holder| self.registry().organisation(holder)) {
            let node = NodeClient::of(&self.caller, organisation);
            let (true, false, Some(digest), Ok(node)) =
                (organisation.has(Role::Holder), organisation.is_suspended(), organisation.catalogue().copied(), node)
            else {
                continue;
            };
            let holder = *organisation.principal();
            asked.spawn(async move { labels_at(&node, &digest).await.map(|labels| (holder, labels)) });
        }
        asked.join_all().await.into_iter().flatten().collect()
    }
}

/// A catalogue that is not the one whose digest its holder signed is left out: its words could mislead.
async fn labels_at(node: &NodeClient, digest: &[u8; 32]) -> Option<Labels> {
    match node.catalogue().await {
        Ok(catalogue) if sha256(&[&catalogue]) == *digest => Labels::of(&catalogue)
            .inspect_err(|fault| tracing::warn!("the catalogue of {} is left out: {fault}", node.whom()))
            .ok(),
        Ok(_) => {
            tracing::warn!("the catalogue of {} is not the one it signed", node.whom());
            None
        }
        Err(error) => {
            tracing::warn!("{error}: its words are missing");
            None
        }
    }
}
