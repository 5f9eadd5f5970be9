//! A node as a witness: each status of C2SP tlog-witness, and what it saw outlives a restart.

use std::sync::{Arc, Mutex};

use axum::http::StatusCode;
use pod_http::{Request, Response};
use pod_protocol::merkle::Nodes as _;
use pod_protocol::tlog::checkpoint::{Checkpoint, SignedCheckpoint};
use pod_protocol::tlog::note::NoteSignature;
use pod_protocol::tlog::witness::{ADD_CHECKPOINT_PATH, AddCheckpoint};

use crate::log::{Log, Signer};
use crate::scene::{Member, Scene};
use crate::web::Web;

struct Story {
    scene: Scene,
    web: Web,
    log: Mutex<Log>,
}

fn signer(member: &Member) -> Signer {
    Signer { principal: member.principal, seed: member.seed }
}

impl Story {
    async fn begin() -> Self {
        let scene = Scene::new().await;
        let web = Web::of(&scene).await;
        let mut log = Log::new(signer(&scene.directory), Vec::new());
        (0..3).for_each(|number| log.publish(vec![number], scene.now()));
        Self { scene, web, log: Mutex::new(log) }
    }

    fn grow(&self, by: u8) {
        let mut log = self.log.lock().unwrap();
        (0..by).for_each(|number| log.publish(vec![100 + number], self.scene.now()));
    }

    /// What an honest log sends to a witness that saw `old` entries.
    fn ask(&self, old: u64) -> AddCheckpoint {
        let log = self.log.lock().unwrap();
        let checkpoint = log.head.as_ref().unwrap().checkpoint.clone();
        let size = checkpoint.unverified().size;
        let proof = if old <= size { log.consistency_proof(old, size).unwrap() } else { Vec::new() };
        AddCheckpoint { old, proof, checkpoint }
    }

    async fn send(&self, body: impl Into<Vec<u8>>) -> Response {
        self.web.send(Request::post(ADD_CHECKPOINT_PATH, "text/plain", body.into())).await
    }

    async fn sent(&self, asked: &AddCheckpoint) -> Response {
        self.send(asked.to_bytes()).await
    }

    /// The node's signature line holds for this checkpoint.
    fn holds(&self, answer: &Response, checkpoint: &Checkpoint) {
        let line = std::str::from_utf8(&answer.body).unwrap().strip_suffix('\n').unwrap();
        let line = NoteSignature::from_line(line).unwrap().unwrap();
        assert_eq!(line.name, self.scene.helsinki.principal);
        let secs = checkpoint.cosigned_secs(&line, &self.scene.helsinki.key().public_key());
        assert_eq!(secs, Some(self.scene.now()));
    }
}

fn conflict(answer: &Response) -> Option<&str> {
    let named = answer.headers.get("content-type").is_some_and(|of| of == "text/x.tlog.size");
    (answer.status == StatusCode::CONFLICT && named).then(|| std::str::from_utf8(&answer.body).unwrap())
}

#[tokio::test]
async fn what_continues_is_cosigned_again_and_again() {
    let story = Story::begin().await;
    for old in [0, 3, 3] {
        let asked = story.ask(old);
        let answer = story.sent(&asked).await;
        assert_eq!(answer.status, StatusCode::OK);
        story.holds(&answer, asked.checkpoint.unverified());
        story.scene.pass(15);
    }
    story.grow(4);
    let asked = story.ask(3);
    let answer = story.sent(&asked).await;
    story.holds(&answer, asked.checkpoint.unverified());
}

#[tokio::test]
async fn each_status() {
    let story = Story::begin().await;
    // 400: no such body; and from a size that the checkpoint does not have.
    assert_eq!(story.send("old 0\n\nhello\n").await.status, StatusCode::BAD_REQUEST);
    assert_eq!(story.sent(&story.ask(9)).await.status, StatusCode::BAD_REQUEST);
    // 404: no member that runs a directory.
    let checkpoint = *story.ask(0).checkpoint.unverified();
    let of = |origin: &Member, signed_by: &Member| AddCheckpoint {
        old: 0,
        proof: Vec::new(),
        checkpoint: SignedCheckpoint::sign(Checkpoint { origin: origin.principal, ..checkpoint }, &signed_by.key()),
    };
    let scene = &story.scene;
    assert_eq!(story.sent(&of(&scene.espoo, &scene.espoo)).await.status, StatusCode::NOT_FOUND);
    // 403: not the log's key.
    let forged = SignedCheckpoint::from_bytes(
        String::from_utf8(of(&scene.directory, &scene.directory).checkpoint.to_bytes())
            .unwrap()
            .replace("\n3\n", "\n4\n")
            .as_bytes(),
    );
    let forged = AddCheckpoint { old: 0, proof: Vec::new(), checkpoint: forged.unwrap() };
    assert_eq!(story.sent(&forged).await.status, StatusCode::FORBIDDEN);
    // 409: from another size than it saw, which it says.
    assert_eq!(conflict(&story.sent(&story.ask(2)).await), Some("0\n"));
    assert_eq!(story.sent(&story.ask(0)).await.status, StatusCode::OK);
    assert_eq!(conflict(&story.sent(&story.ask(0)).await), Some("3\n"));
    // 422: a proof that does not hold.
    story.grow(5);
    let mut torn = story.ask(3);
    torn.proof[0][0] ^= 1;
    assert_eq!(story.sent(&torn).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let short = AddCheckpoint { proof: Vec::new(), ..story.ask(3) };
    assert_eq!(story.sent(&short).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(story.sent(&story.ask(3)).await.status, StatusCode::OK);
}

#[tokio::test]
async fn another_history_is_not_cosigned_also_after_a_restart() {
    let story = Story::begin().await;
    assert_eq!(story.sent(&story.ask(0)).await.status, StatusCode::OK);
    let Story { mut scene, web, log } = story;
    web.handle.drain().await;
    let node = Arc::downgrade(&scene.node());
    crate::neighbours::eventually("the server has let go", || node.strong_count() == 1).await;
    scene.restart().await;
    scene.fetch_registry();
    let web = Web::of(&scene).await;
    let story = Story { scene, web, log };
    // Of the same size, another root.
    {
        let mut log = story.log.lock().unwrap();
        log.leaves.pop();
        log.publish(vec![77], story.scene.now());
    }
    assert_eq!(conflict(&story.sent(&story.ask(3)).await), Some("3\n"));
    // Longer, with a proof of its own that holds for its own beginning.
    story.grow(2);
    assert_eq!(story.sent(&story.ask(3)).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    // And shorter.
    {
        let mut log = story.log.lock().unwrap();
        log.leaves.truncate(1);
        log.sign(story.scene.now());
    }
    assert_eq!(conflict(&story.sent(&story.ask(1)).await), Some("3\n"));
}
