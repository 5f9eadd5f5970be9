//! One act at every organisation that it concerns: what is to be done is remembered before it is tried, each organisation is done by
//! itself, those that were away are told through the directory's log and named, and the next run finishes it.

use std::collections::BTreeSet;
use std::path::Path;

use clap::Args;
use pod_protocol::ids::{GrantId, Principal};
use pod_wallet::outstanding::Task;
use serde_json::{Value, json};

use super::devices::{self, revoke_device};
use super::opened::Opened;
use super::service::{self, take_back_all};
use crate::commands::posting::{HEARD_WITHIN_SECS, post};
use crate::edge::Edge;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Output, tell};

/// Do what an earlier command could not do, because an organisation was away.
#[derive(Debug, Args)]
pub(super) struct Finish {}

impl Finish {
    pub(super) async fn run(&self, dir: &Path, edge: &Edge, output: &Output) -> Result<Exit, Failure> {
        let mut opened = Opened::open(dir, edge).await?;
        let done = everywhere(&mut opened, Vec::new(), output).await?;
        let nothing = if done.is_empty() { Some("Nothing is outstanding.") } else { None };
        done.write(nothing, &json!({}), output);
        Ok(done.ending())
    }
}

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct Done {
    lines: Vec<String>,
    done: Vec<Value>,
    /// Not done yet, and posted to the directory's log.
    posted: Vec<Value>,
    missing: Vec<Value>,
    refused: Vec<Value>,
    /// Where something was done.
    pub(super) at: BTreeSet<Principal>,
}

/// Does these tasks, and what is outstanding from before, one organisation after the other.
pub(super) async fn everywhere(opened: &mut Opened, tasks: Vec<Task>, output: &Output) -> Result<Done, Failure> {
    tasks.iter().for_each(|task| opened.state.to_do(task));
    opened.save()?;
    let all: Vec<Task> = opened.state.outstanding().to_vec();
    let mut done = Done::default();
    for (number, task) in all.iter().enumerate() {
        let name = opened.joined.name_of(&task.holder());
        if !output.is_json() && all.len() > 1 {
            tell(format!("{} of {}: {name}", number + 1, all.len()));
        }
        match perform(opened, task).await {
            Ok(performed) => done.add(opened, task, &name, performed),
            Err(failure) => {
                let why = json!({ "code": failure.code, "why": failure.message });
                // What was tried before stands in the log already.
                let posted = match failure.exit == Exit::NotReached && tasks.contains(task) {
                    true => by_the_log(opened, task).await?,
                    false => None,
                };
                if let Some((line, json)) = posted {
                    done.lines.push(format!("{name}: could not be reached. {line}"));
                    done.posted.push(with(json, task, &name));
                } else if failure.exit == Exit::NotReached {
                    done.lines
                        .push(format!("{name}: NOT DONE yet, {}. `aitta wallet finish` tries again.", failure.message));
                    done.missing.push(with(why, task, &name));
                } else {
                    // Trying again would end the same way.
                    opened.state.done(task);
                    done.lines.push(format!("{name}: NOT DONE, {}.", failure.message));
                    done.refused.push(with(why, task, &name));
                }
            }
        }
        opened.save()?;
    }
    Ok(done)
}

/// What came of a task: in words, as JSON, and which grants it could be about that were left.
type Performed = (String, Value, Vec<GrantId>);

async fn perform(opened: &mut Opened, task: &Task) -> Result<Performed, Failure> {
    match task {
        Task::RevokeService { holder, service } => take_back_all(opened, *holder, service).await,
        Task::RevokeDevice { holder, kid, compromised_since } => {
            let (line, json) = revoke_device(opened, *holder, *kid, *compromised_since).await?;
            Ok((line, json, Vec::new()))
        }
    }
}

/// The holder was not reached: what it is to hear goes by way of the directory's log, as far as this wallet knows what there is to
/// take back. None when nothing could be posted.
async fn by_the_log(opened: &mut Opened, task: &Task) -> Result<Option<(String, Value)>, Failure> {
    let posts = match task {
        Task::RevokeService { holder, service } => service::to_post(opened, holder, service),
        Task::RevokeDevice { holder, kid, compromised_since } => {
            devices::to_post(opened, holder, *kid, *compromised_since)
        }
    };
    // What cannot be signed or posted now is outstanding, like what is done at the holder itself; the others go on.
    let Ok(posts) = posts else { return Ok(None) };
    let Ok((by, json)) = post(&mut opened.joined, &task.holder(), &posts).await else { return Ok(None) };
    opened.save_view()?;
    let line = format!(
        "{by} It takes effect there within {HEARD_WITHIN_SECS} s of being connected; where a grant was passed on, within 5 minutes. \
         `aitta wallet finish` later asks for its own word."
    );
    Ok(Some((line, json!({ "posted": json }))))
}

fn with(mut json: Value, task: &Task, name: &str) -> Value {
    if let Value::Object(members) = &mut json {
        members.insert("organisation".to_owned(), json!(name));
        members.insert("task".to_owned(), json!(task.code()));
    }
    json
}

impl Done {
    fn add(&mut self, opened: &mut Opened, task: &Task, name: &str, (line, json, unknown): Performed) {
        self.at.insert(task.holder());
        self.lines.push(format!("{name}: {line}"));
        self.done.push(with(json, task, name));
        if unknown.is_empty() {
            opened.state.done(task);
            return;
        }
        self.lines.push(format!(
            "{name}: NOT ALL DONE yet, the service is not in the registry, and for whom {} other grants are nobody knows. `aitta wallet \
             grants` shows them, `aitta wallet revoke GRANT` takes one back, `aitta wallet finish` looks again.",
            unknown.len()
        ));
        let why = "the service is not in the registry, and these grants could be its own";
        self.missing.push(with(json!({ "code": "service-unknown", "why": why, "grants": unknown }), task, name));
    }

    /// Whether there was nothing to do.
    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Writes what was done and what was not; `more` stands in the JSON beside it.
    pub(super) fn write(&self, words: Option<&str>, more: &Value, output: &Output) {
        let mut lines = self.lines.clone();
        lines.extend(words.map(str::to_owned));
        let mut json =
            json!({ "done": self.done, "posted": self.posted, "missing": self.missing, "refused": self.refused });
        if let (Value::Object(json), Value::Object(more)) = (&mut json, more) {
            json.extend(more.clone());
        }
        output.result(lines.join("\n"), &json);
    }

    /// How the program ends.
    pub(super) fn ending(&self) -> Exit {
        if !self.posted.is_empty() {
            return Exit::Partly;
        }
        match (self.done.is_empty(), self.missing.is_empty(), self.refused.is_empty()) {
            (_, true, true) => Exit::Done,
            (false, _, _) | (true, false, false) => Exit::Partly,
            (true, false, true) => Exit::NotReached,
            (true, true, false) => Exit::Refused,
        }
    }
}
