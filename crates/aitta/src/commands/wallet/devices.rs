//! A wallet's devices: one that is lost or sold is revoked at every organisation with one act.

use std::path::Path;

use clap::{Args, Subcommand};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use pod_protocol::ids::{Kid, Principal};
use pod_wallet::commands::Order;
use pod_wallet::keys::KeyLog;
use pod_wallet::outstanding::Task;
use serde_json::{Value, json};

use super::everywhere::everywhere;
use super::opened::{Opened, not_enrolled};
use super::standing::Standing;
use crate::edge::Edge;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;

/// The devices whose keys speak for you.
#[derive(Debug, Args)]
pub(super) struct Devices {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Revoke a device everywhere: what it signs from now on counts nowhere. An organisation that is away is named, and done
    /// on the next run.
    Revoke(Revoke),
}

/// Revoke a device everywhere.
#[derive(Debug, Args)]
struct Revoke {
    /// The id of the device's key at any organisation.
    // An id may begin with a hyphen.
    #[arg(allow_hyphen_values = true)]
    device: Kid,
    /// The first day on which it may have been in other hands, YYYY-MM-DD: what it signed from then on is taken back too.
    #[arg(long, value_name = "DATE")]
    compromised_since: Option<Date>,
    /// Show where it would be revoked; do nothing.
    #[arg(long)]
    dry_run: bool,
}

impl Devices {
    pub(super) async fn run(&self, dir: &Path, edge: &Edge, output: &Output) -> Result<Exit, Failure> {
        let What::Revoke(revoke) = &self.what;
        revoke.run(dir, edge, output).await
    }
}

impl Revoke {
    async fn run(&self, dir: &Path, edge: &Edge, output: &Output) -> Result<Exit, Failure> {
        let since = self.compromised_since.map(begin_of).transpose()?;
        let mut opened = Opened::open(dir, edge).await?;
        let tasks = self.tasks(&opened, since)?;
        if self.dry_run {
            let names: Vec<String> = tasks.iter().map(|task| opened.joined.name_of(&task.holder())).collect();
            let words = format!("Would be revoked, and was not, at: {}.", names.join(", "));
            output.result(words, &json!({ "dry_run": true, "organisations": names }));
            return Ok(Exit::Done);
        }
        let done = everywhere(&mut opened, tasks, output).await?;
        done.write(None, &json!({ "device": self.device }), output);
        Ok(done.ending())
    }

    /// At each organisation the device has another key. Which they are follows from the wallet's root for the devices that it made;
    /// a key that another device made is known where it was added.
    fn tasks(&self, opened: &Opened, compromised_since: Option<u64>) -> Result<Vec<Task>, Failure> {
        let mut logs = Vec::new();
        for (holder, _) in opened.enrolled() {
            logs.push((holder, opened.state.key_log(&opened.root, &holder).map_err(not_enrolled)?));
        }
        let index = logs.iter().find_map(|(_, log)| log.index_of(&opened.root, self.device));
        let mut tasks = Vec::new();
        for (holder, log) in &logs {
            let kid = index.map_or(self.device, |index| log.kid_at(&opened.root, index));
            if log.state().current(kid).is_some() {
                tasks.push(Task::RevokeDevice { holder: *holder, kid, compromised_since });
            }
        }
        if tasks.is_empty() {
            return Err(Failure::usage(format!("no device has the key {} now", self.device))
                .advise("Give the id of one of its keys, as `aitta inspect` shows it in a key event."));
        }
        Ok(tasks)
    }
}

/// Revokes a device's key at one organisation. The log there is read first: another device may have changed it.
pub(super) async fn revoke_device(
    opened: &mut Opened,
    holder: Principal,
    kid: Kid,
    compromised_since: Option<u64>,
) -> Result<(String, Value), Failure> {
    let pod = opened.state.organisation(&holder).and_then(|at| at.pods.first()).map(|pod| pod.pod);
    let pod = pod.ok_or_else(|| Failure::usage("nothing is held there about anybody for whom this wallet acts"))?;
    let standing = Standing::ask(opened, holder, pod).await?;
    let log = KeyLog::restore(&opened.root, holder, &standing.key_events).map_err(not_enrolled)?;
    opened.state.update_keys(&log);
    if log.state().current(kid).is_none() {
        return Ok(("revoked before".to_owned(), json!({ "key": kid, "event": null })));
    }
    let wrong = |fault| Failure::of(Exit::Refused, "not-signed", fault);
    let (next, event) =
        log.revoke_device(&opened.root, kid, compromised_since, opened.edge.now_secs()).map_err(wrong)?;
    // A wallet that revoked its last key could do nothing there any more.
    KeyLog::restore(&opened.root, holder, next.events()).map_err(|fault| {
        wrong(fault)
            .advise("It is the last key of this wallet there: add another device first, or revoke it from that one.")
    })?;
    let outcome = opened.order(&Order::key_event(holder, pod, &event)).await?;
    opened.state.update_keys(&next);
    let index = outcome.acknowledgement.audit_index;
    Ok(("revoked".to_owned(), json!({ "key": kid, "event": event.id(), "audit_index": index })))
}

/// The first second of a day, UTC.
fn begin_of(day: Date) -> Result<u64, Failure> {
    let secs = day.to_zoned(TimeZone::UTC).ok().and_then(|at| u64::try_from(at.timestamp().as_second()).ok());
    secs.filter(|secs| *secs > 0).ok_or_else(|| {
        Failure::usage(format!("{day} is out of range"))
            .advise("Give the first day on which it may have been in other hands.")
    })
}
