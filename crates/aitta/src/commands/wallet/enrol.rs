//! Enrolling: the wallet's keys at an organisation are bound to whoever logs in there, once they have typed the code that
//! the login's last page shows into this wallet. Without it a login at an address that somebody else sent would bind theirs.

use std::io::BufRead as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use pod_client::node::{BoundPod, EnrolmentStarted, EnrolmentStatus, NodeClient};
use pod_crypto::Zeroizing;
use pod_protocol::ids::{Principal, base64url};
use pod_protocol::login_code::LoginCode;
use pod_wallet::keys::{KeyLog, KeysFault};
use pod_wallet::state::{EnrolledPod, Relation};
use serde_json::json;

use super::login::log_in;
use super::opened::{Opened, not_enrolled, recovery_root, secret_text};
use super::target::describe;
use crate::edge::Edge;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::folder;
use crate::output::{Output, tell};

/// How often the node is asked whether the person has logged in.
const ASK_AGAIN: Duration = Duration::from_millis(500);
/// How often at most: a quarter of an hour, the life of an enrolment.
const MOST_ASKED: usize = 1800;

/// Log in at an organisation and bind this wallet to what it holds.
#[derive(Debug, Args)]
pub(super) struct Enrol {
    /// The organisation's short name.
    organisation: String,
    /// The code that the login's last page shows: a file, read once somebody has logged in, or `-` for standard input.
    /// Without it the wallet asks for the code, and once more when it was mistyped.
    #[arg(long, value_name = "FILE")]
    code: Option<PathBuf>,
    /// Log in without a browser, as the person whose identity code this file holds. Only providers that take a plain form,
    /// such as the demonstration's, allow it.
    #[arg(long, value_name = "FILE", conflicts_with = "code")]
    login_as: Option<PathBuf>,
    /// A file with the recovery code, or `-` to type it: for an organisation that joined after the wallet was made.
    #[arg(long, value_name = "FILE")]
    recovery_code: Option<PathBuf>,
    /// Do not log in: write what the organisation's desk needs into this file, for somebody who has lost device and code.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["code", "login_as"])]
    at_desk: Option<PathBuf>,
}

/// Where the code comes from.
pub(super) enum CodeFrom {
    /// A person types it.
    Typed,
    File(PathBuf),
    /// This program read the page itself.
    Page(Option<String>),
}

impl Enrol {
    pub(super) async fn run(&self, dir: &Path, edge: &Edge, output: &Output) -> Result<Exit, Failure> {
        let mut opened = Opened::open(dir, edge).await?;
        let organisation = opened.joined.organisation(&self.organisation)?;
        let log = self.log(&mut opened, organisation).await?;
        let node = opened.joined.node(&organisation)?;
        // The first event names the log; whatever else is in it, the organisation has.
        let first: Vec<Vec<u8>> = log.events().into_iter().take(1).collect();
        if let Some(file) = &self.at_desk {
            return self.for_desk(file, &first, output);
        }
        let started = node.begin_enrolment(&first).await?;
        let code = log_in_for_code(&opened, &started, self.login_as.as_deref(), self.code.as_deref()).await?;
        let whose = Whose { organisation, log: log.principal() };
        let pods = bind(&node, &started, &code, &whose).await?;
        opened.state.enrol(&self.organisation, &log, pods.iter().map(enrolled).collect());
        opened.save()?;
        let pods = opened.state.organisation(&organisation).map(|at| at.pods.clone()).unwrap_or_default();
        let lines: Vec<String> = pods.iter().map(|pod| format!("  {}", describe(pod))).collect();
        let words = format!("This wallet now acts at {} for:\n{}", self.organisation, lines.join("\n"));
        output.result(words, &json!({ "organisation": self.organisation, "principal": log.principal(), "pods": pods }));
        Ok(Exit::Done)
    }
}

impl Enrol {
    fn for_desk(&self, file: &Path, first: &[Vec<u8>], output: &Output) -> Result<Exit, Failure> {
        let events: Vec<String> = first.iter().map(|event| base64url(event)).collect();
        let text = json!({ "events": events }).to_string();
        folder::write(file, text.as_bytes())?;
        let words = format!(
            "Take {} to the desk of {}, with an identity document. The wallet is bound 72 hours later; enrol then.",
            file.display(),
            self.organisation
        );
        output.result(words, &json!({ "organisation": self.organisation, "file": file }));
        Ok(Exit::Done)
    }

    /// The log in which this device is at the organisation, or a new one.
    async fn log(&self, opened: &mut Opened, organisation: Principal) -> Result<KeyLog, Failure> {
        opened.refresh(&organisation).await?;
        match opened.state.key_log(&opened.root, &organisation, opened.edge.now_secs()) {
            Err(KeysFault::Empty) => {}
            log => return log.map_err(not_enrolled),
        }
        if let Some(code) = &self.recovery_code {
            opened.note_paper(&recovery_root(code)?);
        }
        let digest = opened.state.recovery_digest(&organisation).ok_or_else(|| {
            Failure::usage(format!("{} was not known when the recovery code was last typed", self.organisation))
                .advise("Give the recovery code once more: --recovery-code FILE, or `-` to type it.")
        })?;
        KeyLog::begin(&opened.root, organisation, digest).map_err(not_enrolled)
    }
}

/// Logs in where the program may, or tells a person where to; where the code comes from then.
pub(super) async fn log_in_for_code(
    opened: &Opened,
    started: &EnrolmentStarted,
    login_as: Option<&Path>,
    code: Option<&Path>,
) -> Result<CodeFrom, Failure> {
    match (login_as, code) {
        (Some(file), _) => {
            let shown = log_in(&opened.joined.caller, &started.authorization_url, &secret_text(file)?).await?;
            Ok(CodeFrom::Page(shown))
        }
        (None, code) => {
            tell("Log in here, then come back with the code that the last page shows:");
            tell(format!("  {}", started.authorization_url));
            Ok(code.map_or(CodeFrom::Typed, |file| CodeFrom::File(file.to_owned())))
        }
    }
}

/// Whose the code must be.
pub(super) struct Whose {
    pub(super) organisation: Principal,
    /// The wallet's own there.
    pub(super) log: Principal,
}

/// Waits for the login, sends the code, and waits for the end.
pub(super) async fn bind(
    node: &NodeClient,
    started: &EnrolmentStarted,
    code: &CodeFrom,
    whose: &Whose,
) -> Result<Vec<BoundPod>, Failure> {
    let mut status = EnrolmentStatus::Pending;
    let mut sent = false;
    for _ in 0..MOST_ASKED {
        status = match status {
            EnrolmentStatus::Bound { pods } => return Ok(pods),
            EnrolmentStatus::Refused { code } => return Err(not_bound(node, code)),
            EnrolmentStatus::Confirm if !sent => {
                sent = true;
                confirm(node, started, code, whose).await?
            }
            EnrolmentStatus::Confirm | EnrolmentStatus::Pending => {
                let now = node.enrolment(started).await?;
                if matches!(now, EnrolmentStatus::Pending) {
                    tokio::time::sleep(ASK_AGAIN).await;
                }
                now
            }
        };
    }
    Err(Failure::usage("nobody logged in").advise("Run the command again and log in within a quarter of an hour."))
}

/// Sends the code, and asks a person for it again as long as the node would hear another.
async fn confirm(
    node: &NodeClient,
    started: &EnrolmentStarted,
    code: &CodeFrom,
    whose: &Whose,
) -> Result<EnrolmentStatus, Failure> {
    loop {
        let typed = LoginCode::typed(&read(code)?).filter(|typed| typed.is_of(&whose.organisation, &whose.log));
        let refused = match typed {
            Some(typed) => match node.confirm(started, &typed).await {
                Ok(status) => return Ok(status),
                Err(refused) if refused.code() == "confirmation-wrong" => refused.into(),
                Err(refused) => return Err(refused.into()),
            },
            None => not_this_login(node),
        };
        if !matches!(code, CodeFrom::Typed) {
            return Err(refused);
        }
        tell(&refused.message);
        refused.advice.iter().for_each(tell);
    }
}

/// Nothing was sent: whoever gets a code of another organisation could bind their own wallet there.
fn not_this_login(node: &NodeClient) -> Failure {
    let name = node.whom();
    Failure {
        exit: Exit::Refused,
        code: "code-of-another".to_owned(),
        ..Failure::usage(format!("this is not the code of a login at {name} for this wallet; it was not sent"))
    }
    .advise(format!(
        "Look at the page with the code: where it names another organisation than {name}, close it and tell nobody the code."
    ))
}

fn read(code: &CodeFrom) -> Result<Zeroizing<String>, Failure> {
    match code {
        CodeFrom::File(file) => secret_text(file),
        CodeFrom::Page(shown) => shown.clone().map(Zeroizing::new).ok_or_else(|| {
            Failure::usage("the login's last page shows no code").advise("Log in with a browser, without --login-as.")
        }),
        CodeFrom::Typed => {
            eprint!("The code that the last page shows: ");
            let mut line = Zeroizing::new(String::new());
            let read = std::io::stdin().lock().read_line(&mut line);
            match read.map_err(|source| Failure::usage("the code cannot be read").because(source))? {
                0 => {
                    Err(Failure::usage("no code was typed")
                        .advise("Type it, or name a file that holds it with --code."))
                }
                _ => Ok(line),
            }
        }
    }
}

fn not_bound(node: &NodeClient, code: String) -> Failure {
    let advice = match code.as_str() {
        "nothing-held" => "Nothing is held about whoever logged in.",
        "other-wallet" => "They have a wallet there already: use it, or bring it back with `aitta wallet recover`.",
        "other-person" => "This wallet is somebody else's there: log in as its owner, or make another wallet.",
        _ => "Run the command again.",
    };
    Failure {
        exit: Exit::Refused,
        message: format!("{} did not bind this wallet ({code})", node.whom()),
        code,
        source: None,
        advice: Some(advice.to_owned()),
    }
}

pub(super) fn enrolled(pod: &BoundPod) -> EnrolledPod {
    EnrolledPod {
        pod: pod.pod,
        relation: if pod.relation == "guardian" { Relation::Guardian } else { Relation::Own },
        until_secs: pod.until_secs,
        label: pod.label.clone(),
    }
}
