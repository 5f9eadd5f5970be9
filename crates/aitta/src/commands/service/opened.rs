//! A service's folder, opened.
//!
//! | file | what |
//! |---|---|
//! | `service.toml` | who the service is |
//! | `key`, `seal.key` | its signing key's seed, and the key to which decisions are sealed |
//! | `key-events.json` | its key log |
//! | `registration.json` | what its organisation publishes about it |
//! | `federation.toml`, `registry` | where the directory is, and the last good registry |
//! | `grants/` | the chains of grants it holds, one file each |
//! | `receipts/` | the holders' signed evidence |

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pod_client::service::{HeldGrant, ServiceIdentity};
use pod_crypto::hpke::SealPrivateKey;
use pod_protocol::ids::{ObjectId, Principal, base64url, from_base64url};
use pod_protocol::registry::Registry;
use pod_server::key_file;
use serde::{Deserialize, Serialize};

use super::super::federation::{Federation, Joined};
use super::super::folder;
use crate::edge::Edge;
use crate::exit::Exit;
use crate::failure::Failure;

pub(super) const DESCRIPTION: &str = "service.toml";
pub(super) const KEY: &str = "key";
pub(super) const SEAL_KEY: &str = "seal.key";
pub(super) const KEY_EVENTS: &str = "key-events.json";
pub(super) const REGISTRATION: &str = "registration.json";
pub(super) const FEDERATION: &str = "federation.toml";
const REGISTRY: &str = "registry";
pub(super) const GRANTS: &str = "grants";
const RECEIPTS: &str = "receipts";

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

    /// Reads the grants.
    pub(super) fn held(&self) -> Result<HeldGrant, Failure> {
        let unusable = || Failure::usage("a kept grant does not decode").advise("Collect the decision again.");
        let chain: Option<Vec<Vec<u8>>> = self.chain.iter().map(|text| from_base64url(text).ok()).collect();
        HeldGrant::of_chain(&chain.ok_or_else(unusable)?).map_err(|refusal| unusable().because(refusal))
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
    pub(super) kept: Kept,
    pub(super) joined: Joined,
    pub(super) registry: Arc<Registry>,
    pub(super) federation: Federation,
}

impl Kept {
    /// Opens the folder.
    pub(super) fn open(dir: &Path) -> Result<Self, Failure> {
        let wrong =
            || Failure::usage(format!("{} holds no service", dir.display())).advise("Run `aitta service init`.");
        let text = fs::read_to_string(dir.join(DESCRIPTION)).map_err(|source| wrong().because(source))?;
        let description: Description = toml::from_str(&text).map_err(|source| wrong().because(source))?;
        let key = key_file::read(&dir.join(KEY)).map_err(Failure::configuration)?;
        let seal_key = folder::read_secret(&dir.join(SEAL_KEY), "the service's seal key")?;
        let seal_key = <[u8; 32]>::try_from(seal_key).map_err(|_| wrong())?;
        let identity =
            ServiceIdentity { principal: description.principal, organisation: description.organisation, key };
        let seal_key = SealPrivateKey::from_bytes(&seal_key).map_err(|source| wrong().because(source))?;
        Ok(Self { dir: dir.to_owned(), identity: Arc::new(identity), seal_key })
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
            let chain = read_chain(file)?;
            let held = chain.held()?;
            chains.push((chain, held));
        }
        Ok(chains)
    }

    /// Keeps a chain.
    pub(super) fn keep_chain(&self, chain: &Chain) -> Result<HeldGrant, Failure> {
        let held = chain.held()?;
        let id = held.ids().last().map(ToString::to_string).unwrap_or_default();
        let text =
            serde_json::to_vec_pretty(chain).map_err(|source| Failure::internal("a grant cannot be kept", source))?;
        folder::write(&self.dir.join(GRANTS).join(format!("{id}.json")), &text)?;
        Ok(held)
    }

    /// Keeps a receipt.
    pub(super) fn keep_receipt(&self, id: &ObjectId, bytes: &[u8]) -> Result<(), Failure> {
        folder::write(&self.dir.join(RECEIPTS).join(format!("{id}.cose")), bytes)
    }
}

impl Opened {
    /// Opens the service in `dir` and fetches the registry.
    pub(super) async fn open(dir: &Path, edge: &Edge) -> Result<Self, Failure> {
        let kept = Kept::open(dir)?;
        let federation = Federation::read(&dir.join(FEDERATION))?;
        let Joined { caller, directory, registry } = federation.join(edge, &dir.join(REGISTRY)).await?;
        let registry = Arc::new(registry);
        let joined = Joined { caller, directory, registry: (*registry).clone() };
        Ok(Self { kept, joined, registry, federation })
    }
}

/// Reads a chain from a file.
pub(super) fn read_chain(path: &Path) -> Result<Chain, Failure> {
    let shown = path.display();
    let text = fs::read(path).map_err(|source| {
        Failure::usage(format!("cannot read {shown}")).because(source).advise("Give a file that `delegate` wrote.")
    })?;
    serde_json::from_slice(&text).map_err(|source| {
        Failure::of(Exit::Usage, "usage", source).advise(format!("{shown} must be a file that `delegate` wrote."))
    })
}

/// Makes the folders of grants and receipts.
pub(super) fn make_folders(dir: &Path) -> Result<(), Failure> {
    folder::make(&dir.join(GRANTS))?;
    folder::make(&dir.join(RECEIPTS))
}
