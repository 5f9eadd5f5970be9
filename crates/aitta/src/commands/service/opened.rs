//! A service's folder, opened.
//!
//! | file | what |
//! |---|---|
//! | `service.toml` | who the service is |
//! | `key`, `seal.key` | its signing key's seed, and the key to which decisions are sealed |
//! | `key-events.json` | its key log |
//! | `registration.json` | what its organisation publishes about it |
//! | `federation.toml`, `registry` | where the directory is; the last good registry, and how far its log was seen |
//! | `evidence/` | what proves that somebody showed another log, one file each |
//! | `grants/` | the chains of grants it holds, one file each |
//! | `receipts/` | the holders' signed evidence |

use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pod_client::service::{HeldGrant, ServiceIdentity};
use pod_crypto::hpke::SealPrivateKey;
use pod_protocol::ids::{GrantId, ObjectId, Principal, Thumbprint, base64url, from_base64url};
use pod_protocol::registry::Registry;
use pod_server::key_file;
use serde::{Deserialize, Serialize};

use super::super::federation::{Federation, Joined};
use crate::edge::Edge;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::{folder, written};

pub(super) const DESCRIPTION: &str = "service.toml";
pub(super) const KEY: &str = "key";
pub(super) const SEAL_KEY: &str = "seal.key";
pub(super) const KEY_EVENTS: &str = "key-events.json";
pub(super) const REGISTRATION: &str = "registration.json";
pub(super) const FEDERATION: &str = "federation.toml";
const REGISTRY: &str = "registry";
pub(super) const GRANTS: &str = "grants";
pub(super) const RECEIPTS: &str = "receipts";
/// When there is no service to open.
const ADVICE: &str = "Name the service's folder with --service; `aitta service init` makes a new one.";

/// `service.toml`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Description {
    /// The service's id.
    pub(super) principal: Principal,
    /// The id of the organisation that answers for it.
    pub(super) organisation: Principal,
}

/// A chain of grants as it is kept and handed on.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Chain {
    /// The access request that it answers, when it came by one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) request: Option<ObjectId>,
    /// The signed grants, the root first, base64url.
    pub(super) chain: Vec<String>,
}

impl Chain {
    /// Of signed grants.
    pub(super) fn new(request: Option<ObjectId>, chain: &[Vec<u8>]) -> Self {
        Self { request, chain: chain.iter().map(|grant| base64url(grant)).collect() }
    }

    /// Reads the grants; why they are none.
    pub(super) fn held(&self) -> Result<HeldGrant, String> {
        let links: Result<Vec<Vec<u8>>, _> = self.chain.iter().map(|text| from_base64url(text)).collect();
        HeldGrant::of_chain(&links.map_err(|fault| fault.to_string())?).map_err(|refusal| refusal.to_string())
    }
}

/// An open service, without connections.
pub(super) struct Kept {
    pub(super) dir: PathBuf,
    pub(super) identity: Arc<ServiceIdentity>,
    pub(super) seal_key: SealPrivateKey,
}

/// An open service in its federation.
pub(super) struct Opened {
    pub(super) kept: Arc<Kept>,
    pub(super) joined: Joined,
    pub(super) registry: Arc<Registry>,
    pub(super) federation: Federation,
}

impl Kept {
    /// Opens the folder.
    pub(super) fn open(dir: &Path) -> Result<Self, Failure> {
        let path = dir.join(DESCRIPTION);
        let text = fs::read_to_string(&path).map_err(|source| {
            Failure::configuration_says(format!("{} holds no service", dir.display())).because(source).advise(ADVICE)
        })?;
        let wrong = |file: &Path, why: &dyn Display| {
            Failure::configuration_says(format!("{} is not what `aitta service init` wrote: {why}", file.display()))
                .advise("Put the file back from a copy, or make another service with `aitta service init`.")
        };
        let description: Description =
            toml::from_str(&text).map_err(|error| wrong(&path, &written::why(&text, &error)))?;
        let key = key_file::read(&dir.join(KEY)).map_err(|fault| {
            Failure::configuration(fault).advise(format!("It is {}: the service's own key.", dir.join(KEY).display()))
        })?;
        let path = dir.join(SEAL_KEY);
        let seal_key = <[u8; 32]>::try_from(folder::read_secret(&path, ADVICE)?.as_slice())
            .map_err(|_| wrong(&path, &"a key has 32 bytes"))?;
        let seal_key = SealPrivateKey::from_bytes(&seal_key).map_err(|fault| wrong(&path, &fault))?;
        let identity =
            ServiceIdentity { principal: description.principal, organisation: description.organisation, key };
        Ok(Self { dir: dir.to_owned(), identity: Arc::new(identity), seal_key })
    }

    /// Its key as grants name it.
    pub(super) fn thumbprint(&self) -> Thumbprint {
        Thumbprint::of(&self.identity.key.public_key())
    }

    /// The chains it holds, by the id of their last grant.
    pub(super) fn chains(&self) -> Result<Vec<(Chain, HeldGrant)>, Failure> {
        let failed = |source| Failure::internal("the folder of grants cannot be read", source);
        let mut files: Vec<PathBuf> = fs::read_dir(self.dir.join(GRANTS))
            .map_err(failed)?
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<Result<_, _>>()
            .map_err(failed)?;
        files.sort();
        let mut chains = Vec::with_capacity(files.len());
        for file in files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "json")) {
            chains.push(read_chain(file).map_err(|failure| {
                failure.on_this_side().advise("Remove it, and collect the citizen's decision again.")
            })?);
        }
        Ok(chains)
    }

    /// Keeps a chain that was read.
    pub(super) fn keep_chain(&self, chain: &Chain, held: &HeldGrant) -> Result<(), Failure> {
        let id = held.ids().last().map(ToString::to_string).unwrap_or_default();
        let text =
            serde_json::to_vec_pretty(chain).map_err(|source| Failure::internal("a grant cannot be kept", source))?;
        folder::write(&self.dir.join(GRANTS).join(format!("{id}.json")), &text)
    }

    /// Removes every chain that a grant is part of: it gives nothing any more.
    pub(super) fn drop_chains_with(&self, grant: &GrantId) -> Result<(), Failure> {
        for (_, held) in self.chains()? {
            if let (true, Some(leaf)) = (held.ids().contains(grant), held.ids().last()) {
                fs::remove_file(self.dir.join(GRANTS).join(format!("{leaf}.json")))
                    .map_err(|source| Failure::internal("a grant cannot be removed", source))?;
            }
        }
        Ok(())
    }

    /// Keeps a receipt.
    pub(super) fn keep_receipt(&self, id: &ObjectId, bytes: &[u8]) -> Result<(), Failure> {
        folder::write(&self.dir.join(RECEIPTS).join(format!("{id}.cose")), bytes)
    }
}

impl Opened {
    /// Opens the service in `dir` and fetches the registry.
    pub(super) async fn open(dir: &Path, edge: &Edge) -> Result<Self, Failure> {
        let kept = Arc::new(Kept::open(dir)?);
        let federation = Federation::read_own(&dir.join(FEDERATION))?;
        let mut joined = federation.join(edge, &dir.join(REGISTRY)).await?;
        joined.caller.net = edge.net(&kept.identity.key, joined.registry()).await?;
        let registry = Arc::new(joined.registry().clone());
        Ok(Self { kept, joined, registry, federation })
    }

    /// The same service with a fresh registry. Its connections stay; who became a member since they were opened is called over
    /// HTTPS.
    pub(super) async fn refreshed(&self, edge: &Edge) -> Result<Self, Failure> {
        let mut joined = self.federation.join(edge, &self.kept.dir.join(REGISTRY)).await?;
        joined.caller.net.clone_from(&self.joined.caller.net);
        let registry = Arc::new(joined.registry().clone());
        Ok(Self { kept: Arc::clone(&self.kept), joined, registry, federation: self.federation.clone() })
    }

    /// As [`Opened::open`], for what only a registered service may do.
    pub(super) async fn registered(dir: &Path, edge: &Edge) -> Result<Self, Failure> {
        let opened = Self::open(dir, edge).await?;
        match opened.registry.service(&opened.kept.identity.principal) {
            Some(_) => Ok(opened),
            None => Err(Failure {
                exit: Exit::Refused,
                code: "not-registered".to_owned(),
                message: "no organisation has published this service".to_owned(),
                source: None,
                advice: Some(
                    "Run `aitta service register`; then the organisation runs `aitta node publish-profile`.".to_owned(),
                ),
            }),
        }
    }
}

/// Reads a chain from a file.
pub(super) fn read_chain(path: &Path) -> Result<(Chain, HeldGrant), Failure> {
    let shown = path.display();
    let advice = "Give a file that `aitta service delegate` wrote.";
    let text = fs::read(path)
        .map_err(|source| Failure::usage(format!("cannot read {shown}")).because(source).advise(advice))?;
    let wrong = |why: String| Failure::usage(format!("{shown} holds no grant: {why}")).advise(advice);
    let chain: Chain = serde_json::from_slice(&text).map_err(|error| wrong(error.to_string()))?;
    let held = chain.held().map_err(wrong)?;
    Ok((chain, held))
}
