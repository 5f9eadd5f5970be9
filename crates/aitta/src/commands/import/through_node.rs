//! An import through a serving node: its admin socket, which only the node's own account can open.
//!
//! The request is HTTP/1.0 on purpose: the answer then comes as lines until the connection closes, and each line is shown as it
//! comes, however long the import takes.

use std::path::{Path, PathBuf};

use pod_server::import::Files;
use pod_server::import::admin::SOCKET_FILE;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::UnixStream;

use crate::exit::Exit;
use crate::failure::Failure;

use super::Report;
use super::progress::Shown;

/// Longest answer: a report lists 10,000 refused rows of some 200 bytes, twice as JSON in JSON.
const MAX_ANSWER_BYTES: u64 = 16 * 1024 * 1024;

/// One line of the answer.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Progress { file: String, rows_done: u64, bytes_done: u64, bytes_total: u64 },
    Report(Value),
    Problem { code: String, detail: String },
}

/// Where the socket is.
pub(super) fn socket(data: &Path) -> Result<PathBuf, Failure> {
    let data = std::path::absolute(data).map_err(|source| Failure::internal("the working folder is gone", source))?;
    Ok(data.join(SOCKET_FILE))
}

/// A connection, when a node is serving.
pub(super) async fn connect(socket: &Path) -> Option<UnixStream> {
    UnixStream::connect(socket).await.ok()
}

/// Asks the node, and shows how it goes on.
pub(super) async fn import(
    mut connection: UnixStream,
    files: &Files,
    dry_run: bool,
    shown: &Shown,
) -> Result<Report, Failure> {
    let asked = match files {
        Files::Folder(folder) => json!({ "folder": folder, "dry_run": dry_run }),
        Files::Files(paths) => json!({ "files": paths, "dry_run": dry_run }),
    };
    let body = asked.to_string();
    let head = format!(
        "POST /admin/import HTTP/1.0\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let broke = |source: std::io::Error| {
        Failure::of(Exit::NotReached, "not-reached", source)
            .advise("The import goes on in the node; see its log. The same command afterwards changes nothing twice.")
    };
    connection.write_all(format!("{head}{body}").as_bytes()).await.map_err(broke)?;
    let mut lines = BufReader::new(connection.take(MAX_ANSWER_BYTES)).lines();
    // The head's lines end with an empty one.
    let status = lines.next_line().await.map_err(broke)?.unwrap_or_default();
    while lines.next_line().await.map_err(broke)?.is_some_and(|line| !line.is_empty()) {}
    while let Some(line) = lines.next_line().await.map_err(broke)? {
        match serde_json::from_str(&line) {
            Ok(Line::Progress { file, rows_done, bytes_done, bytes_total }) => {
                shown.at(&file, rows_done, bytes_done, bytes_total);
            }
            Ok(Line::Report(report)) => return Ok(read_report(report)),
            Ok(Line::Problem { code, detail }) => return Err(problem(&code, detail)),
            Err(_) => return Err(strange(&status)),
        }
    }
    Err(strange(&status))
}

fn read_report(report: Value) -> Report {
    let count = |name: &str| report.pointer(&format!("/total/{name}")).and_then(Value::as_u64).unwrap_or_default();
    let refused = count("refused");
    let text = |pointer: &str| report.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut words = format!(
        "{}: {} rows: {} new, {} changed, {} as before, {refused} refused",
        text("/organisation"),
        count("rows"),
        count("created"),
        count("updated"),
        count("unchanged"),
    );
    for row in report.pointer("/refused").and_then(Value::as_array).into_iter().flatten() {
        words.push_str(&format!("\n  refused: {row}"));
    }
    Report { words, json: report, refused }
}

fn problem(code: &str, detail: String) -> Failure {
    let (failure, advice) = match code {
        "bad-request" | "no-such-file" | "unreadable-file" => {
            (Failure::usage(detail), "The node reads the files itself: name files that its account may read.")
        }
        "busy" => (Failure::usage(detail), "Wait until the other import has ended."),
        _ => (
            Failure { exit: Exit::Internal, ..Failure::usage(detail) },
            "See the node's log; the same command goes on where the import stopped.",
        ),
    };
    Failure { code: code.to_owned(), ..failure.advise(advice) }
}

fn strange(status: &str) -> Failure {
    Failure {
        exit: Exit::NotReached,
        code: "not-reached".to_owned(),
        ..Failure::usage(format!("the node's admin socket ended without a report ({status})"))
    }
    .advise("See the node's log; the same command goes on where the import stopped.")
}
