//! An import into a node that is serving: `POST /admin/import` on a unix socket in the node's data folder, which only the
//! account of the node can open (mode 0600).
//!
//! The body is JSON: `{"folder": "/path"}` or `{"files": ["/path/residents_day2.csv"]}`, with `"dry_run": true` and
//! `"batch_rows": 500` if wanted. The answer is one JSON object a line, as the import goes on, and ends with a report or with
//! what went wrong:
//!
//! ```text
//! {"progress":{"file":"helsinki/residents.csv","rows_done":500,"bytes_done":91234,"bytes_total":880123}}
//! {"report":{"organisation":"helsinki", …}}
//! {"problem":{"code":"busy","detail":"another import is running: wait until it has ended"}}
//! ```
//!
//! The import goes on when the caller goes away.

use std::convert::Infallible;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use futures_core::Stream;
use pod_http::{HeaderValue, ListenAddress, StartupError, header};
use pod_import::{Options, run::DEFAULT_BATCH_ROWS};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::mpsc;

use super::job::{Files, ImportFault, ImportReport, Importer};
use crate::fault::Fault;

/// The socket's name in the data folder.
pub const SOCKET_FILE: &str = "admin.sock";
/// Newline-delimited JSON.
const MEDIA_TYPE: &str = "application/x-ndjson";
/// Lines that wait for a slow reader; progress beyond is left out, the report is not.
const MAX_LINES_WAITING: usize = 16;

/// Where the admin socket of a data folder is.
///
/// # Errors
/// [`StartupError`] when the path is not absolute.
pub fn address(data_folder: &Path) -> Result<ListenAddress, StartupError> {
    format!("unix:{}", data_folder.join(SOCKET_FILE).display()).parse()
}

/// The routes of the admin socket. They ask for no credential: to be served on that socket alone.
pub fn router(importer: Arc<Importer>) -> Router {
    Router::new().route("/admin/import", post(run)).with_state(importer)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    folder: Option<PathBuf>,
    files: Option<Vec<PathBuf>>,
    #[serde(default)]
    dry_run: bool,
    batch_rows: Option<NonZeroUsize>,
}

impl Asked {
    fn read(body: &[u8]) -> Result<(Files, Options), String> {
        let asked: Self = serde_json::from_slice(body).map_err(|error| format!("the body cannot be read: {error}"))?;
        let files = match (asked.folder, asked.files) {
            (Some(folder), None) => Files::Folder(folder),
            (None, Some(files)) if !files.is_empty() => Files::Files(files),
            _ => return Err("name either a `folder` or some `files`".to_owned()),
        };
        let options = Options { dry_run: asked.dry_run, batch_rows: asked.batch_rows.unwrap_or(DEFAULT_BATCH_ROWS) };
        Ok((files, options))
    }
}

#[derive(Serialize)]
struct Shown<'a> {
    file: &'a str,
    rows_done: u64,
    bytes_done: u64,
    bytes_total: u64,
}

async fn run(State(importer): State<Arc<Importer>>, body: Bytes) -> Response {
    let (lines, receiver) = mpsc::channel(MAX_LINES_WAITING);
    // A task of its own: the import goes on when the caller goes away.
    tokio::spawn(async move {
        let last = match Asked::read(&body) {
            Ok((files, options)) => {
                let progress = lines.clone();
                let outcome = importer.run(files, options, move |now| {
                    let shown = Shown {
                        file: now.file,
                        rows_done: now.rows_done,
                        bytes_done: now.bytes_done,
                        bytes_total: now.bytes_total,
                    };
                    // Progress that nobody waits for is left out.
                    let _full = progress.try_send(json!({ "progress": shown }));
                });
                last_line(&importer, outcome.await)
            }
            Err(detail) => problem("bad-request", &detail),
        };
        // Nobody may be listening any more.
        let _gone = lines.send(last).await;
    });
    let mut response = Response::new(Body::from_stream(Lines(receiver)));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    response
}

fn last_line(importer: &Importer, outcome: Result<ImportReport, ImportFault>) -> serde_json::Value {
    let fault = match outcome {
        Ok(report) => return json!({ "report": report }),
        Err(fault) => fault,
    };
    let code = match &fault {
        ImportFault::Busy => "busy",
        ImportFault::BatchRows => "bad-request",
        ImportFault::Plan(_) => "no-such-file",
        ImportFault::Import(pod_import::ImportError::File { .. }) => "unreadable-file",
        ImportFault::Import(_) | ImportFault::Fault(_) | ImportFault::Gone => "failed",
    };
    let line = problem(code, &crate::stop::chain(&fault));
    if let Some(fault) = fault.into_fault() {
        importer.note(fault);
    }
    line
}

fn problem(code: &str, detail: &str) -> serde_json::Value {
    json!({ "problem": { "code": code, "detail": detail } })
}

impl Importer {
    /// Notes what failed for the operator; a fault after which going on would be guessing stops the node.
    fn note(&self, fault: Fault) {
        self.node().note(fault, "an import");
    }
}

/// Lines as a body.
struct Lines(mpsc::Receiver<serde_json::Value>);

impl Stream for Lines {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_recv(context).map(|line| line.map(|line| Ok(Bytes::from(format!("{line}\n")))))
    }
}
