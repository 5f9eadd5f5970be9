//! The desk of a node's organisation: another wallet for somebody who has neither device nor recovery code.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use pod_server::desk::Ground;
use pod_server::import::admin::SOCKET_FILE;
use pod_wallet::Language;
use pod_wallet::when::date_and_time;
use serde::Deserialize;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;

use super::NodeConfigArgs;
use crate::commands::wallet::secret_text;
use crate::daemon::keep_memory_private;
use crate::edge::Edge;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;

/// Longest answer: one JSON document.
const MAX_ANSWER_BYTES: u64 = 64 * 1024;

/// Bind another wallet for somebody whom you have seen identify themselves. It is bound 72 hours later, unless their old wallet or their
/// recovery code objects.
#[derive(Debug, Args)]
pub(crate) struct Desk {
    #[command(flatten)]
    node: NodeConfigArgs,
    /// A file with the person's identity code, or `-` to type it.
    #[arg(long, value_name = "FILE")]
    identity_code: PathBuf,
    /// What the person's new wallet wrote: `aitta wallet enrol ORGANISATION --at-desk FILE`.
    #[arg(long, value_name = "FILE")]
    wallet: PathBuf,
    /// By what the person was identified.
    #[arg(long)]
    ground: GroundArg,
    /// Your name, for the log.
    #[arg(long, value_name = "NAME")]
    by: String,
    /// Check everything, and begin nothing.
    #[arg(long)]
    dry_run: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum GroundArg {
    Passport,
    IdentityCard,
    CourtOrder,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    events: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Answer {
    Due(u64),
    Problem { code: String, detail: String },
}

impl Desk {
    pub(super) fn run(&self, output: &Output) -> Result<Exit, Failure> {
        keep_memory_private()?;
        let config = self.node.load()?;
        let data = std::path::absolute(&config.data)
            .map_err(|source| Failure::internal("the working folder is gone", source))?;
        let written: Written = serde_json::from_str(&secret_text(&self.wallet)?).map_err(|source| {
            Failure::usage(format!("{} is nothing that a wallet wrote for a desk", self.wallet.display()))
                .because(source)
                .advise("The person makes it with `aitta wallet enrol ORGANISATION --at-desk FILE`.")
        })?;
        let ground = match self.ground {
            GroundArg::Passport => Ground::Passport,
            GroundArg::IdentityCard => Ground::IdentityCard,
            GroundArg::CourtOrder => Ground::CourtOrder,
        };
        let code = secret_text(&self.identity_code)?;
        let body = json!({
            "identity_code": code.as_str(), "events": written.events, "by": self.by, "ground": ground,
            "dry_run": self.dry_run,
        });
        let answer = Edge::block_on(ask(&data.join(SOCKET_FILE), &body.to_string()))?;
        match answer {
            Answer::Due(due_secs) => {
                let when = date_and_time(due_secs, Language::En);
                let words = if self.dry_run {
                    format!("It could be begun, and would be bound on {when}. Nothing was done.")
                } else {
                    format!("Begun. The wallet is bound on {when}, unless the old wallet or the recovery code objects.")
                };
                output.result(words, &json!({ "due": due_secs, "dry_run": self.dry_run }));
                Ok(Exit::Done)
            }
            Answer::Problem { code, detail } => Err(refused(code, detail)),
        }
    }
}

async fn ask(socket: &std::path::Path, body: &str) -> Result<Answer, Failure> {
    let broke = |source: std::io::Error| {
        Failure::of(Exit::NotReached, "not-reached", source)
            .advise("The node must be serving, and this account must be the node's own.")
    };
    let mut connection = UnixStream::connect(socket).await.map_err(broke)?;
    // HTTP/1.0: the answer ends with the connection.
    let head = format!(
        "POST /admin/desk HTTP/1.0\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    connection.write_all(format!("{head}{body}").as_bytes()).await.map_err(broke)?;
    let mut answer = String::new();
    connection.take(MAX_ANSWER_BYTES).read_to_string(&mut answer).await.map_err(broke)?;
    let body = answer.split_once("\r\n\r\n").map(|(_, body)| body).unwrap_or_default();
    serde_json::from_str(body)
        .map_err(|source| Failure::of(Exit::NotReached, "not-reached", source).advise("See the node's log."))
}

fn refused(code: String, detail: String) -> Failure {
    let advice = match code.as_str() {
        "not-authorised" => {
            "Either the person has no wallet here, and enrols by logging in, or the wallet in the file is bound already."
        }
        "audience" => "The file is for another organisation: the person makes one for this one.",
        "key-pending" => "Another wallet waits for this person already.",
        "bad-request" => "Correct what it says.",
        _ => "See the node's log.",
    };
    let exit = if code == "bad-request" { Exit::Usage } else { Exit::Refused };
    Failure { exit, code, ..Failure::usage(detail) }.advise(advice)
}
