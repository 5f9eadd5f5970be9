//! Enrolling: the wallet's keys at an organisation are bound to whoever logs in there.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use pod_client::node::{BoundPod, EnrolmentStatus, NodeClient};
use pod_wallet::keys::{KeyLog, KeysFault};
use pod_wallet::state::{EnrolledPod, Relation};
use serde_json::json;

use super::login::log_in;
use super::opened::{Opened, not_enrolled, secret_text};
use super::target::describe;
use crate::edge::Edge;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;

/// How often the node is asked whether the person has logged in.
const ASK_AGAIN: Duration = Duration::from_millis(500);
/// How often at most: ten minutes, the life of an enrolment.
const MOST_ASKED: usize = 1200;

/// Log in at an organisation and bind this wallet to what it holds.
#[derive(Debug, Args)]
pub(super) struct Enrol {
    /// The organisation's short name.
    organisation: String,
    /// Log in without a browser, as the person whose identity code this file holds. Only providers that take a plain form,
    /// such as the demonstration's, allow it.
    #[arg(long, value_name = "FILE")]
    login_as: Option<PathBuf>,
}

impl Enrol {
    pub(super) async fn run(&self, dir: &Path, edge: &Edge, output: &Output) -> Result<Exit, Failure> {
        let mut opened = Opened::open(dir, edge).await?;
        let organisation = opened.joined.organisation(&self.organisation)?;
        let log = match opened.state.key_log(&opened.root, &organisation) {
            Ok(log) => log,
            Err(KeysFault::Empty) => {
                KeyLog::begin(&opened.root, organisation, edge.now_secs(), &*edge.random).map_err(not_enrolled)?
            }
            Err(fault) => return Err(not_enrolled(fault)),
        };
        let node = opened.joined.node(&organisation)?;
        let started = node.begin_enrolment(log.events()).await?;
        match &self.login_as {
            Some(file) => log_in(&opened.joined.caller, &started.authorization_url, &secret_text(file)?).await?,
            None => eprintln!("Log in here, then come back:\n\n  {}\n", started.authorization_url),
        }
        let pods = wait(&node, &started).await?;
        opened.state.enrol(&self.organisation, &log, pods.iter().map(enrolled).collect());
        opened.save()?;
        let pods = opened.state.organisation(&organisation).map(|at| at.pods.clone()).unwrap_or_default();
        let lines: Vec<String> = pods.iter().map(|pod| format!("  {}", describe(pod))).collect();
        let words = format!("This wallet now acts at {} for:\n{}", self.organisation, lines.join("\n"));
        output.result(words, &json!({ "organisation": self.organisation, "principal": log.principal(), "pods": pods }));
        Ok(Exit::Done)
    }
}

async fn wait(node: &NodeClient, started: &pod_client::node::EnrolmentStarted) -> Result<Vec<BoundPod>, Failure> {
    for _ in 0..MOST_ASKED {
        match node.enrolment(started).await? {
            EnrolmentStatus::Pending => tokio::time::sleep(ASK_AGAIN).await,
            EnrolmentStatus::Bound { pods } => return Ok(pods),
            EnrolmentStatus::Refused { code } => {
                return Err(Failure {
                    exit: Exit::Refused,
                    message: format!("{} did not bind this wallet ({code})", node.whom()),
                    code,
                    source: None,
                    advice: Some("`nothing-held`: nothing is held about whoever logged in.".to_owned()),
                });
            }
        }
    }
    Err(Failure::usage("nobody logged in").advise("Run the command again and log in within ten minutes."))
}

fn enrolled(pod: &BoundPod) -> EnrolledPod {
    EnrolledPod {
        pod: pod.pod,
        relation: if pod.relation == "guardian" { Relation::Guardian } else { Relation::Own },
        until_secs: pod.until_secs,
        label: pod.label.clone(),
    }
}
