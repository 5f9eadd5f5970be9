//! What a running node takes from its configuration again: the organisation's online keys. (Certificates are read again by their
//! servers, [`crate::serve`]; everything else waits for a start.)
//!
//! ```text
//! node.toml, key files
//!   │ read        the layers of the configuration, and the files that it names
//!   │ judge       the organisation's log must name the key; what was sealed to the key of now must still open
//!   ▼
//! NewKeys ──▶ audit log's heads, then everything that this node signs, then its end of the network between organisations
//! ```

use std::fmt;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use pod_crypto::SigningKey;
use tokio::sync::mpsc;

use crate::config::{CheckError, ConfigError, NodeConfig};
use crate::node::Node;
use crate::p2p::{P2p, P2pConfig};
use crate::routes::App;
use crate::serve::Environment;

/// How often it is looked whether a relay has given its slot, and whether the addresses are free: QUIC keeps a port for some seconds
/// after the last connection on it was closed (RFC 9000 section 10.2).
const TRIES: u32 = 100;
/// Between two looks; with [`TRIES`] 10 s.
const AGAIN: Duration = Duration::from_millis(100);

/// When the configuration is to be read again, and how.
pub struct Reload {
    /// A word for each time (SIGHUP).
    pub told: mpsc::Receiver<()>,
    /// Reads it, from the same layers as at the start.
    pub read: Arc<dyn Fn() -> Result<NodeConfig, ConfigError> + Send + Sync>,
}

impl fmt::Debug for Reload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reload")
    }
}

/// What the node was started with that a new key needs.
pub(crate) struct Started {
    /// Where it listens between organisations; none when it does not.
    pub(crate) p2p: Option<P2pConfig>,
    /// The environment.
    pub(crate) environment: Environment,
}

impl fmt::Debug for Started {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Started")
    }
}

/// Why the node goes on with the keys that it has.
#[derive(Debug, thiserror::Error)]
enum Unfit {
    #[error("the configuration cannot be read")]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Files(#[from] CheckError),
    #[error("organisation.principal is another one: start the node again for it")]
    Principal,
    #[error(
        "organisation.key_file holds a key that the registry of this node does not have for its organisation: publish it with \
         `aitta node rotate-key`, and wait until the node has looked at the directory"
    )]
    Unknown,
    #[error(
        "organisation.previous_key_files does not name the file of the key of now: wallets seal to it until the profile with the new \
         one has reached them"
    )]
    Forgotten,
}

/// Keys that the node may take.
struct NewKeys {
    signing: SigningKey,
    previous: Vec<SigningKey>,
    step: Step,
}

/// What becomes of the key that the configuration names.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    /// It signs already.
    Stays,
    /// It signs from now on.
    SignsAnew,
    /// The registry of this node does not have it: it opens, and signs once it is there and the configuration is read again.
    OpensAnew,
}

/// Takes the keys that the configuration names now. What is wrong with them is logged, and those of before stay.
pub(crate) async fn keys(app: &App, reload: &Reload, started: &Started) {
    let node = &app.node;
    let new = match judge(node, reload, &started.environment) {
        Ok(new) => new,
        Err(unfit) => {
            tracing::error!(why = %crate::stop::chain(&unfit), "the organisation's keys of before stay");
            return;
        }
    };
    let NewKeys { signing, previous, step } = new;
    if step == Step::OpensAnew {
        // Who reads the organisation's profile may seal to it before this node has seen it in the registry.
        let others: Vec<SigningKey> = previous.into_iter().chain(std::iter::once(signing)).collect();
        node.own_keys.open_with(&others);
        let why = crate::stop::chain(&Unfit::Unknown);
        tracing::error!(%why, "the organisation's keys of before stay; what is sealed for the new one opens");
        return;
    }
    let signing = Arc::new(signing);
    let signs_anew = step == Step::SignsAnew;
    if signs_anew {
        // Heads first: whoever verifies the log has both keys, and may not have the new one in a receipt alone.
        node.log.sign_with(Arc::clone(&signing));
    }
    let key = signing.public_key();
    node.own_keys.change(signing, &previous);
    if signs_anew {
        let kid = pod_protocol::ids::Thumbprint::of(&key).kid();
        tracing::info!(%kid, "the organisation's new key signs from now on");
        if let Some(config) = &started.p2p {
            reopen(app, config, &started.environment).await;
        }
    }
}

fn judge(node: &Node, reload: &Reload, environment: &Environment) -> Result<NewKeys, Unfit> {
    let config = (reload.read)()?;
    if config.principal != node.principal {
        return Err(Unfit::Principal);
    }
    let (signing, previous) = config.organisation_keys(&**environment)?;
    let (key, before) = (signing.public_key(), node.key().public_key());
    if key == before {
        return Ok(NewKeys { signing, previous, step: Step::Stays });
    }
    let registry = node.registry();
    let known = registry.organisation(&node.principal).is_some_and(|own| own.keys().contains(&key));
    let step = match (known, previous.iter().any(|one| one.public_key() == before)) {
        (true, true) => Step::SignsAnew,
        (false, true) => Step::OpensAnew,
        (true, false) => return Err(Unfit::Forgotten),
        (false, false) => return Err(Unfit::Unknown),
    };
    Ok(NewKeys { signing, previous, step })
}

/// A peer id is a key, so the end of the network between organisations is another one. The new one gets its slot at the relays first, so
/// that who comes through them finds one of both at any moment; then the old one takes no further calls, answers those that it has,
/// and leaves the addresses. Until its last connection is gone from them nobody is called there, and callers use HTTPS.
async fn reopen(app: &App, config: &P2pConfig, environment: &Environment) {
    let begun = match pod_net::refuse_key_log(|name| environment(name)) {
        Ok(key_log) => P2p::begin(&app.node, config, key_log).await,
        Err(error) => Err(error),
    };
    let new = match begun {
        Ok(new) => new,
        Err(error) => {
            tracing::error!(why = %crate::stop::chain(&error), "over libp2p the key of before stays: start the node again");
            return;
        }
    };
    new.reserve().await;
    for _ in 0..TRIES {
        if config.relay.is_empty() || new.counts().slots_held > 0 {
            break;
        }
        tokio::time::sleep(AGAIN).await;
    }
    let old = app.p2p.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(old) = old {
        old.stop().await;
    }
    let mut opened = new.listen(config).await;
    for _ in 0..TRIES {
        if opened.is_ok() {
            break;
        }
        tokio::time::sleep(AGAIN).await;
        opened = new.listen(config).await;
    }
    if let Err(error) = opened {
        tracing::error!(
            why = %crate::stop::chain(&error),
            "nobody comes over libp2p any more but through relays: correct it and start the node again"
        );
    }
    *app.p2p.lock().unwrap_or_else(PoisonError::into_inner) = Some(new);
}
