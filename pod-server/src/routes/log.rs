//! What has to do with the directory's log: this node as its witness, and what is to be posted to it.

use std::sync::Arc;

use pod_http::{Outgoing, StatusCode};
use pod_protocol::tlog::post::items_from_bytes;
use pod_protocol::tlog::witness::SIZE_MEDIA_TYPE;

use super::App;
use super::edge::{Asked, Response};
use super::forms::{self, JSON};
use super::problems::{DENIED, MALFORMED, NOT_CONTINUED, NOT_FOUND, Turned};
use crate::upkeep::take_posts;
use crate::witness::{Witnessed, add_checkpoint};

/// Media type of a signature line.
const TEXT: &str = "text/plain; charset=utf-8";

/// `POST /v1/witness/add-checkpoint` (C2SP tlog-witness): cosigns a checkpoint that continues the one before.
pub(super) async fn witness(app: Arc<App>, asked: Asked) -> Response {
    match add_checkpoint(&app.node, &asked.incoming.body).await? {
        Witnessed::Cosigned(line) => Ok(Outgoing::new(StatusCode::OK, TEXT, line)),
        Witnessed::Conflict(size) => Ok(Outgoing::new(StatusCode::CONFLICT, SIZE_MEDIA_TYPE, format!("{size}\n"))),
        Witnessed::Malformed => Err(Turned::because(
            &MALFORMED,
            "Send `old SIZE`, the proof, an empty line and the checkpoint (C2SP tlog-witness).",
        )),
        Witnessed::UnknownLog => Err(Turned::because(&NOT_FOUND, "This node watches no log of that name.")),
        Witnessed::Untrusted => Err(Turned::because(&DENIED, "The checkpoint is not signed by the log's key.")),
        Witnessed::NotContinued => Err(Turned::because(
            &NOT_CONTINUED,
            "The proof does not lead from the checkpoint that was seen last to this one.",
        )),
    }
}

/// `POST /v1/log/posts`: sealed revocations and key events, for this node to post. 202 when they are durable here.
pub(super) async fn posts(app: Arc<App>, asked: Asked) -> Response {
    forms::signed_only(&asked.incoming.headers)?;
    let items = items_from_bytes(&asked.incoming.body).map_err(crate::fault::Failure::from)?;
    take_posts(&app.node, items, asked.incoming.peer.address).await?;
    Ok(Outgoing::new(StatusCode::ACCEPTED, JSON, "{}"))
}
