//! Notices and the answers to them, as stories send and read them.

use std::sync::Arc;

use pod_audit::LogConfig;
use pod_import::Catalogue;
use pod_protocol::command::Action;
use pod_protocol::ids::{ObjectId, PodId, from_base64url};
use pod_protocol::notice::{
    ANSWER_AWAITED_SECS, MAX_NOTICE_LIFETIME_SECS, Notice, NoticeCause, NoticeOutcome, NoticeReceipt,
};
use pod_protocol::{Signed, Verified};
use pod_server::Failure;
use pod_server::node::{Node, NodeParts};
use pod_server::{notices, upkeep};
use pod_store::MemoryStore;
use serde_json::Value as Json;
use tempfile::TempDir;

use crate::neighbours::client;
use crate::people::{Service, wanted};
use crate::scene::{Scene, catalogue, node_keys};

/// A notice as its citizen sees it.
pub struct Seen {
    pub id: ObjectId,
    pub notice: Notice,
    pub bytes: Vec<u8>,
    pub told: bool,
    pub answer: Option<NoticeReceipt>,
    pub contradiction: Option<NoticeReceipt>,
}

impl Seen {
    pub fn of(json: &Json) -> Self {
        let bytes = from_base64url(json["notice"].as_str().unwrap()).unwrap();
        let signed = Signed::<Notice>::decode(&bytes).unwrap();
        assert_eq!(json["id"], signed.id().to_string());
        let receipt = |json: &Json| {
            let bytes = from_base64url(json["receipt"].as_str()?).unwrap();
            Some(Signed::<NoticeReceipt>::decode(&bytes).unwrap().unverified().clone())
        };
        Self {
            id: signed.id(),
            notice: signed.unverified().clone(),
            bytes,
            told: json["told_secs"].is_u64(),
            answer: receipt(&json["answer"]),
            contradiction: receipt(&json["contradiction"]),
        }
    }
}

impl Scene {
    /// What Anna sees of notices about a pod.
    pub async fn notices_of(&self, pod: PodId) -> Vec<Seen> {
        let standing = self.command(&self.anna, pod, Action::Standing { skip: 0 }).await.unwrap().result;
        assert!(standing["next_skip"].is_null());
        standing["notices"].as_array().unwrap().iter().map(Seen::of).collect()
    }

    /// What the log of a pod says about notices: each entry's kind and outcome.
    pub async fn logged_notices(&self, pod: PodId) -> Vec<(String, String)> {
        let log = self.command(&self.anna, pod, Action::Log { from: 0, limit: 100 }).await.unwrap().result;
        let text = |json: &Json| json.as_str().unwrap_or_default().to_owned();
        let entries = log["entries"].as_array().unwrap().iter().map(|entry| &entry["opened"]);
        let about = entries.filter(|opened| opened["purpose"] == "notice");
        about.map(|opened| (text(&opened["kind"]), text(&opened["outcome"]))).collect()
    }

    /// One look of the node at what it has to deliver.
    pub async fn deliver(&self) {
        upkeep::deliver(&self.node(), &client()).await.unwrap();
    }

    /// Helsinki's notice to a service.
    pub fn notice(&self, to: &Service, edit: impl FnOnce(&mut Notice)) -> Notice {
        let mut notice = Notice {
            issuer: self.helsinki.principal,
            audience: to.organisation,
            expires: self.now() + MAX_NOTICE_LIFETIME_SECS,
            issued: self.now(),
            cti: self.cti(),
            service: to.principal,
            grants: vec![ObjectId::new([7; 32])],
            ended_secs: self.now(),
            cause: NoticeCause::TakenBack,
            released: vec![wanted("residence", &["given_names"])],
            awaited_until_secs: self.now() + ANSWER_AWAITED_SECS,
        };
        edit(&mut notice);
        notice
    }

    /// What a service says that it did: everything is deleted.
    pub fn notice_receipt(&self, by: &Service, notice: ObjectId) -> Verified<NoticeReceipt> {
        self.notice_receipt_that(by, notice, NoticeOutcome::Deleted)
    }

    pub fn notice_receipt_that(
        &self,
        by: &Service,
        notice: ObjectId,
        outcome: NoticeOutcome,
    ) -> Verified<NoticeReceipt> {
        let receipt = NoticeReceipt {
            issuer: by.principal,
            audience: self.helsinki.principal,
            issued: self.now(),
            cti: self.cti(),
            notice,
            outcome,
        };
        Verified::sign(&by.key, receipt)
    }

    /// Helsinki's node gets an answer.
    pub async fn answered(&self, receipt: &Verified<NoticeReceipt>) -> Result<(), Failure> {
        notices::answer(&self.node(), receipt.bytes()).await
    }

    /// Espoo's node, with the same registry.
    pub fn espoos_node(&self, folder: &TempDir) -> Arc<Node> {
        let (key, time) = (Arc::new(self.espoo.key()), Arc::clone(&self.time));
        let node = Node::open(NodeParts {
            principal: self.espoo.principal,
            key: Arc::clone(&key),
            previous_keys: Vec::new(),
            store: Arc::new(MemoryStore::new(&pod_server::tables()).unwrap()),
            keys: node_keys(),
            log: LogConfig::new(folder.path().join("espoo"), self.espoo.principal, key),
            anchor: self.trust(),
            catalogue: Arc::new(Catalogue::load(&catalogue()).unwrap()),
            origins: Arc::from(["https://pods.espoo.example".to_owned()]),
            clock: Arc::new(move || time.load(std::sync::atomic::Ordering::SeqCst)),
            monotonic: Arc::new(|| 0),
            thread_cpu: None,
            random: Arc::<pod_crypto::SeededRandom>::clone(&self.random),
            revocation_bound: pod_server::view::RevocationBound::default(),
            machine: pod_http::Machine::this(),
        });
        let node = Arc::new(node.unwrap());
        node.take_registry(&self.snapshot()).unwrap();
        node
    }
}
