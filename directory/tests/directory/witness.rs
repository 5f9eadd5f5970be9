//! A witness: it believes one log's key, remembers the last checkpoint, and cosigns what continues it (C2SP tlog-witness).

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::routing::post;
use pod_crypto::{PublicKey, SigningKey};
use pod_http::{Bytes, Limits, Outgoing, Server, ServerConfig, ServerHandle, Service, StatusCode, refuse_key_log};
use pod_protocol::ids::Principal;
use pod_protocol::merkle::{Hash, empty_root, verify_consistency};
use pod_protocol::tlog::witness::{ADD_CHECKPOINT_PATH, AddCheckpoint, SIZE_MEDIA_TYPE};

use crate::federation::*;

pub struct Witness {
    pub url: String,
    seen: Arc<Mutex<Seen>>,
    _handle: ServerHandle,
}

struct Seen {
    name: Principal,
    key: SigningKey,
    log: PublicKey,
    now_secs: u64,
    size: u64,
    root: Hash,
    /// How often it was asked, and how often it answered 409.
    asked: usize,
    conflicts: usize,
    refuses: bool,
}

impl Witness {
    /// Signs as this member, with this key.
    pub async fn start(of: u8, key: SigningKey) -> Self {
        let config = ServerConfig {
            listen: vec!["http://127.0.0.1:0".parse().unwrap()],
            certificate: None,
            limits: Limits::default(),
        };
        let server = Server::bind(config, refuse_key_log(|_| None).unwrap()).await.unwrap();
        let url = server.addresses()[0].to_string();
        let seen = Arc::new(Mutex::new(Seen {
            name: principal(of),
            key,
            log: crate::federation::key(DIRECTORY).public_key(),
            now_secs: NOW,
            size: 0,
            root: empty_root(),
            asked: 0,
            conflicts: 0,
            refuses: false,
        }));
        let asked = Arc::clone(&seen);
        let router = Router::new().route(
            ADD_CHECKPOINT_PATH,
            post(move |body: Bytes| async move { asked.lock().unwrap().add_checkpoint(&body) }),
        );
        let handle = server.serve(Service::new(router, || [1; 16]));
        Self { url, seen, _handle: handle }
    }

    pub fn asked(&self) -> (usize, usize) {
        let seen = self.seen.lock().unwrap();
        (seen.asked, seen.conflicts)
    }

    pub fn size(&self) -> u64 {
        self.seen.lock().unwrap().size
    }

    /// Does not cosign from now on.
    pub fn refuse(&self, refuses: bool) {
        self.seen.lock().unwrap().refuses = refuses;
    }

    pub fn set_time(&self, now_secs: u64) {
        self.seen.lock().unwrap().now_secs = now_secs;
    }
}

fn text(status: u16, media: &'static str, body: String) -> Outgoing {
    Outgoing::new(StatusCode::from_u16(status).unwrap(), media, body)
}

impl Seen {
    fn add_checkpoint(&mut self, body: &[u8]) -> Outgoing {
        const PLAIN: &str = "text/plain";
        self.asked += 1;
        let asked = AddCheckpoint::from_bytes(body).unwrap();
        if self.refuses || !asked.checkpoint.is_signed_by(&self.log) {
            return text(403, PLAIN, String::new());
        }
        if asked.old != self.size {
            self.conflicts += 1;
            return text(409, SIZE_MEDIA_TYPE, format!("{}\n", self.size));
        }
        let new = asked.checkpoint.unverified();
        if verify_consistency(self.size, new.size, &self.root, &new.root, &asked.proof).is_err() {
            return text(422, PLAIN, String::new());
        }
        (self.size, self.root) = (new.size, new.root);
        text(200, PLAIN, new.cosign(self.name, &self.key, self.now_secs).to_line())
    }
}
