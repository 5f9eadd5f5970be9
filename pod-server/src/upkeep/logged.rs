//! What the directory says that it took is looked for in its log before it counts as told. A directory that takes everything and logs
//! nothing loses neither entries nor revocations, and the operator reads of it.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use pod_client::CallError;
use pod_client::directory::{DirectoryClient, Logged};
use pod_http::Client;
use pod_protocol::tlog::leaf::Body;
use pod_protocol::tlog::view::View;

use super::config::DirectoryConfig;
use super::{Undone, follow};
use crate::blocking::blocking;
use crate::node::Node;

/// The directory to which things are told, and its log.
pub(super) struct OwnLog {
    node: Arc<Node>,
    directory: DirectoryClient,
    evidence: Option<PathBuf>,
}

impl OwnLog {
    /// Of a configuration.
    ///
    /// # Errors
    /// [`CallError`] about an address.
    pub(super) fn new(node: &Arc<Node>, config: &DirectoryConfig, client: &Client) -> Result<Self, CallError> {
        let directory = follow::directory(node, config, client.clone())?;
        Ok(Self { node: Arc::clone(node), directory, evidence: config.evidence.clone() })
    }

    /// The calls to the directory.
    pub(super) fn directory(&self) -> &DirectoryClient {
        &self.directory
    }

    /// Whether its log is believed now. What makes a new leaf each time that it is told is told to no other.
    ///
    /// # Errors
    /// [`Undone::Directory`], when it is not.
    pub(super) async fn is_believed(&self) -> Result<(), Undone> {
        let (kept, registry) = (self.kept().await?, self.node.registry());
        let view = self.directory.own_view(&registry, kept.as_ref()).await;
        view.map(drop).map_err(|trouble| self.noted(trouble))
    }

    /// Which of what was told, by number, does not stand in its log where it said.
    ///
    /// # Errors
    /// [`Undone::Directory`], when its log is not believed.
    pub(super) async fn missing(&self, told: &[Body], said: &Logged) -> Result<BTreeSet<usize>, Undone> {
        let (kept, registry) = (self.kept().await?, self.node.registry());
        let found = self.directory.find_in_log(&registry, kept.as_ref(), told, said).await;
        found.map(|found| found.missing).map_err(|trouble| self.noted(trouble))
    }

    async fn kept(&self) -> Result<Option<View>, Undone> {
        Ok(blocking(&self.node, |node| Ok(follow::seen(node)?)).await?)
    }

    fn noted(&self, trouble: CallError) -> Undone {
        self.node.reach.log.note(&trouble, self.evidence.as_deref());
        Undone::Directory(trouble)
    }
}
