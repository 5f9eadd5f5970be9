//! A wallet's devices, at every organisation: which there are, one more, and one that is lost or sold is revoked with one act.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use pod_protocol::Verified;
use pod_protocol::ids::{Kid, Principal, Thumbprint};
use pod_protocol::key_event::{DeviceKey, KeyEvent, Roles};
use pod_protocol::tlog::post::Posted;
use pod_wallet::commands::Order;
use pod_wallet::device_code::DeviceCode;
use pod_wallet::keys::KeyLog;
use pod_wallet::outstanding::Task;
use qrcode::render::unicode::Dense1x2;
use qrcode::{EcLevel, QrCode};
use serde_json::{Value, json};

use super::everywhere::everywhere;
use super::opened::{Opened, not_enrolled, secret_text};
use crate::edge::Edge;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;

/// The devices whose keys speak for you.
#[derive(Debug, Args)]
pub(super) struct Devices {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Show this device's code, for the device that has the wallet.
    Show {
        /// Only for these organisations; all when none is named.
        #[arg(long = "at", value_name = "ORGANISATION")]
        organisations: Vec<String>,
    },
    /// Take another device's code in: it may do everything that this one may. Enrol on it afterwards.
    Add(Add),
    /// Revoke a device everywhere: what it signs from now on counts nowhere. An organisation that is away is named, and done
    /// on the next run.
    Revoke(Revoke),
}

/// Take another device's code in.
#[derive(Debug, Args)]
struct Add {
    /// A file with the code that the other device shows, or `-` to type it.
    #[arg(long, value_name = "FILE", default_value = "-")]
    code: PathBuf,
    /// It may sign, and not add or revoke devices.
    #[arg(long)]
    signs_only: bool,
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
        match &self.what {
            None => list(&mut Opened::open(dir, edge).await?, output).await,
            Some(What::Show { organisations }) => show(&Opened::open(dir, edge).await?, organisations, output),
            Some(What::Add(add)) => add.run(dir, edge, output).await,
            Some(What::Revoke(revoke)) => revoke.run(dir, edge, output).await,
        }
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
            logs.push((
                holder,
                opened.state.key_log(&opened.root, &holder, opened.edge.now_secs()).map_err(not_enrolled)?,
            ));
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
                .advise("Give the id of one of its keys, as `aitta wallet devices` shows them."));
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
    opened.refresh(&holder).await?;
    let log = opened.state.key_log(&opened.root, &holder, opened.edge.now_secs()).map_err(not_enrolled)?;
    if log.state().current(kid).is_none() {
        return Ok(("revoked before".to_owned(), json!({ "key": kid, "event": null })));
    }
    let (next, event) = revocation(opened, &holder, &log, kid, compromised_since)?;
    let outcome = opened.order(&Order::key_event(holder, pod, &event)).await?;
    opened.state.update_keys(&next);
    let index = outcome.acknowledgement.audit_index;
    Ok(("revoked".to_owned(), json!({ "key": kid, "event": event.id(), "audit_index": index })))
}

/// What a holder that cannot be reached is to hear: the event that revokes the key, after what this wallet last saw of the log there.
/// If another device changed the log since, it does not count there, and `aitta wallet finish` makes another.
pub(super) fn to_post(
    opened: &Opened,
    holder: &Principal,
    kid: Kid,
    compromised_since: Option<u64>,
) -> Result<Vec<Posted>, Failure> {
    let log = opened.state.key_log(&opened.root, holder, opened.edge.now_secs()).map_err(not_enrolled)?;
    let (_, event) = revocation(opened, holder, &log, kid, compromised_since)?;
    Ok(vec![Posted::KeyEvent { principal: log.principal(), event: event.bytes().to_vec() }])
}

/// The event that revokes a key, and the log with it.
fn revocation(
    opened: &Opened,
    holder: &Principal,
    log: &KeyLog,
    kid: Kid,
    compromised_since: Option<u64>,
) -> Result<(KeyLog, Verified<KeyEvent>), Failure> {
    let wrong = |fault| Failure::of(Exit::Refused, "not-signed", fault);
    let (next, event) =
        log.revoke_device(&opened.root, kid, compromised_since, opened.edge.now_secs()).map_err(wrong)?;
    // A wallet that revoked its last key could do nothing there any more.
    KeyLog::restore(&opened.root, *holder, next.held(), opened.edge.now_secs()).map_err(|fault| {
        wrong(fault)
            .advise("It is the last key of this wallet there: add another device first, or revoke it from that one.")
    })?;
    Ok((next, event))
}

/// The first second of a day, UTC.
fn begin_of(day: Date) -> Result<u64, Failure> {
    let secs = day.to_zoned(TimeZone::UTC).ok().and_then(|at| u64::try_from(at.timestamp().as_second()).ok());
    secs.filter(|secs| *secs > 0).ok_or_else(|| {
        Failure::usage(format!("{day} is out of range"))
            .advise("Give the first day on which it may have been in other hands.")
    })
}

impl Add {
    async fn run(&self, dir: &Path, edge: &Edge, output: &Output) -> Result<Exit, Failure> {
        let mut opened = Opened::open(dir, edge).await?;
        let code = DeviceCode::parse(&secret_text(&self.code)?)
            .map_err(|fault| Failure::of(Exit::Usage, "device-code", fault).advise("Scan or copy it again."))?;
        let roles = Roles { sign: true, manage: !self.signs_only };
        let (mut lines, mut all, mut failed) = (Vec::new(), Vec::new(), false);
        for (organisation, name) in opened.enrolled() {
            let Some(key) = code.key(&organisation) else { continue };
            let added = add_at(&mut opened, &organisation, DeviceKey { key: *key, roles }).await;
            opened.save()?;
            match added {
                Ok(()) => {
                    lines.push(format!("{name}: added"));
                    all.push(json!({ "organisation": name, "state": "done" }));
                }
                Err(failure) => {
                    failed = true;
                    lines.push(format!("{name}: FAILED: {}", failure.message));
                    all.push(json!({ "organisation": name, "state": "failed", "code": failure.code }));
                }
            }
        }
        if all.is_empty() {
            return Err(Failure::usage("the code is for none of the organisations at which this wallet is enrolled")
                .advise("Show it on the other device without --at, or name these organisations."));
        }
        output.result(lines.join("\n"), &json!({ "organisations": all }));
        Ok(if failed { Exit::Partly } else { Exit::Done })
    }
}

async fn add_at(opened: &mut Opened, organisation: &Principal, device: DeviceKey) -> Result<(), Failure> {
    opened.refresh(organisation).await?;
    let now_secs = opened.edge.now_secs();
    let log = opened.state.key_log(&opened.root, organisation, now_secs).map_err(not_enrolled)?;
    let refused = |fault| Failure::of(Exit::Refused, "not-added", fault);
    let (changed, event) = log.add_device(&opened.root, device, now_secs).map_err(refused)?;
    opened.joined.node(organisation)?.send_key_event(&changed.principal(), &event).await?;
    opened.state.update_keys(&changed);
    Ok(())
}

async fn list(opened: &mut Opened, output: &Output) -> Result<Exit, Failure> {
    let (mut lines, mut all) = (Vec::new(), Vec::new());
    for (organisation, name) in opened.enrolled() {
        opened.refresh(&organisation).await?;
        let log = opened.state.key_log(&opened.root, &organisation, opened.edge.now_secs()).map_err(not_enrolled)?;
        let own = Thumbprint::of(&log.signer(&opened.root).map_err(not_enrolled)?.key.public_key()).kid();
        for device in log.state().devices().iter().filter(|device| device.revoked_seq.is_none()) {
            let key = Thumbprint::of(&device.device.key).kid();
            let Roles { sign, manage } = device.device.roles;
            let this = if key == own { " (this device)" } else { "" };
            let may = if manage { "signs, adds and revokes devices" } else { "signs" };
            lines.push(format!("{name}: {key} {may}{this}"));
            all.push(json!({
                "organisation": name, "key": key, "signs": sign, "manages": manage, "this_device": key == own,
            }));
        }
    }
    opened.save()?;
    output.result(lines.join("\n"), &json!({ "devices": all }));
    Ok(Exit::Done)
}

fn show(opened: &Opened, names: &[String], output: &Output) -> Result<Exit, Failure> {
    let organisations: Vec<Principal> = if names.is_empty() {
        opened.joined.registry().organisations().map(|one| *one.principal()).collect()
    } else {
        names.iter().map(|name| opened.joined.organisation(name)).collect::<Result<_, _>>()?
    };
    let code = DeviceCode::of(&opened.root, organisations).to_text();
    let words = format!(
        "Take this code in on the device that has your wallet, with `aitta wallet devices add`. It holds no secret, but show it to \
         nobody else:\n\n{code}\n{}",
        squares(&code)
    );
    output.result(words, &json!({ "device_code": code }));
    Ok(Exit::Done)
}

/// The code as a picture for a camera; nothing when there are too many organisations for one: then the text is copied, or fewer are
/// named.
fn squares(code: &str) -> String {
    let picture = QrCode::with_error_correction_level(code, EcLevel::L);
    picture.map_or_else(|_| String::new(), |code| format!("\n{}", code.render::<Dense1x2>().build()))
}
