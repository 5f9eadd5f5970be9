//! `key-events.json`: the organisation's key-event log, as it is published.

use std::path::{Path, PathBuf};

use pod_crypto::SigningKey;
use pod_protocol::ids::{ObjectId, Principal, Thumbprint, base64url, from_base64url};
use pod_protocol::key_event::{KeyChange, KeyEvent, PublishedLog, Rotation, key_digest};
use pod_protocol::{Refusal, Verified};
use serde::Deserialize;
use serde_json::json;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::folder;

/// The longest published log, as text, fits.
const MAX_BYTES: usize = 512 * 1024;
const ADVICE: &str = "Give the file `key-events.json` that `aitta node init` made and `aitta node rotate-key` adds to.";

/// The file, its events checked.
#[derive(Debug)]
pub(crate) struct KeyLogFile {
    path: PathBuf,
    log: PublishedLog,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    principal: Principal,
    events: Vec<String>,
}

impl KeyLogFile {
    /// Reads the log of this organisation.
    ///
    /// # Errors
    /// When it cannot be read, is another's, or an event does not hold.
    pub(crate) fn read(path: &Path, organisation: &Principal) -> Result<Self, Failure> {
        let shown = path.display();
        let failed =
            |source| Failure::configuration_says(format!("cannot read {shown}")).because(source).advise(ADVICE);
        let bytes = std::fs::read(path).map_err(failed)?;
        let wrong =
            |why: String| Failure::configuration_says(format!("{shown} is no key-event log: {why}")).advise(ADVICE);
        if bytes.len() > MAX_BYTES {
            return Err(wrong(format!("it is longer than {MAX_BYTES} bytes")));
        }
        let written: Written = serde_json::from_slice(&bytes).map_err(|error| wrong(error.to_string()))?;
        let log = replay(&written.events).map_err(wrong)?;
        if log.state().principal() != *organisation || written.principal != *organisation {
            return Err(wrong(format!("it is the log of {}, not of {organisation}", log.state().principal())));
        }
        Ok(Self { path: path.to_owned(), log })
    }

    /// What it says.
    pub(crate) fn log(&self) -> &PublishedLog {
        &self.log
    }

    /// Goes on from the log that the registry shows: what stands there first stands for good, whoever signed it. Events of the file
    /// beyond it are kept, for they may be published yet; others that the registry answered with something else are dead. The file
    /// is as it was. Whether the registry had anything that the file had not.
    pub(crate) fn go_on_from(&mut self, published: &PublishedLog) -> bool {
        let ids = |log: &PublishedLog| log.events().map(|(id, _)| id).collect::<Vec<ObjectId>>();
        let goes_beyond = ids(&self.log).starts_with(&ids(published));
        if !goes_beyond {
            self.log = published.clone();
        }
        !goes_beyond
    }

    /// Signs the next event with a managing key. The file is as it was.
    ///
    /// # Errors
    /// When the key does not manage, or the event cannot stand.
    pub(crate) fn sign(
        &mut self,
        managing: &SigningKey,
        change: KeyChange,
        now_secs: u64,
    ) -> Result<ObjectId, Failure> {
        let state = self.log.state();
        let kid = Thumbprint::of(&managing.public_key()).kid();
        if !state.current(kid).is_some_and(|device| device.device.roles.manage) {
            return Err(Failure::configuration_says("this key may not manage the keys of the organisation now")
                .advise("Give the file `offline/managing.key` that `aitta node init` made, or the one that took over from it."));
        }
        self.go_on(managing, change, now_secs)
    }

    /// Has the key that was committed to say who manages from now on. The file is as it was.
    ///
    /// # Errors
    /// When it is not that key, or the event cannot stand.
    pub(crate) fn rotate(
        &mut self,
        committed: &SigningKey,
        rotation: Rotation,
        now_secs: u64,
    ) -> Result<ObjectId, Failure> {
        let controls = self.log.state().controls();
        if !controls.next.contains(&key_digest(&committed.public_key())) {
            return Err(Failure::configuration_says(
                "this is not the key that the organisation's log was committed to",
            )
            .advise(
                "Give the file `offline/next.key` that `aitta node init` made, or the newest that took its place.",
            ));
        }
        self.go_on(committed, KeyChange::Rotation(rotation), now_secs)
    }

    fn go_on(&mut self, signer: &SigningKey, change: KeyChange, now_secs: u64) -> Result<ObjectId, Failure> {
        let state = self.log.state();
        let event = KeyEvent {
            seq: state.seq() + 1,
            previous: Some(state.head()),
            // Time does not go back in a log when this machine's clock does.
            time_secs: now_secs.max(state.time_secs()),
            change,
        };
        let refused = |refusal: Refusal| Failure::of(Exit::Refused, refusal.code(), refusal);
        let event = PublishedLog::read(Verified::sign(signer, event).bytes()).map_err(refused)?;
        let id = event.id();
        self.log = PublishedLog::with(Some(&self.log), event).map_err(refused)?;
        Ok(id)
    }

    /// Writes it, in place of what was there.
    ///
    /// # Errors
    /// When the system refuses.
    pub(crate) fn write(&self) -> Result<(), Failure> {
        let events: Vec<String> = self.log.events().map(|(_, event)| base64url(event)).collect();
        let document = json!({ "principal": self.log.state().principal(), "events": events });
        folder::write(&self.path, format!("{document:#}\n").as_bytes())
    }
}

fn replay(events: &[String]) -> Result<PublishedLog, String> {
    let mut log: Option<PublishedLog> = None;
    for (number, text) in events.iter().enumerate() {
        let wrong = |why: String| format!("event {number}: {why}");
        let bytes = from_base64url(text).map_err(|fault| wrong(fault.to_string()))?;
        let event = PublishedLog::read(&bytes).map_err(|refusal| wrong(refusal.to_string()))?;
        log = Some(PublishedLog::with(log.as_ref(), event).map_err(|refusal| wrong(refusal.to_string()))?);
    }
    log.ok_or_else(|| "it has no event".to_owned())
}
