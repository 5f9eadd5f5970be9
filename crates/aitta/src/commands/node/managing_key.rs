//! `aitta node rotate-managing-key`: the key that the log was committed to from its first event (`offline/next.key`) takes the
//! organisation's keys out of hands that they should not be in, or brings them back when the managing key is lost. It takes effect at
//! once (`docs/decisions/0026-the-log-says-who-speaks.md`).

use std::path::PathBuf;

use clap::Args;
use pod_crypto::{PublicKey, SigningKey};
use pod_protocol::ids::ObjectId;
use pod_protocol::key_event::{DeviceKey, Roles, Rotation, key_digest};
use pod_server::key_file;

use super::keys::{Ceremony, Opened, exists, shown};
use crate::edge::Edge;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;

/// Replace a managing key that is lost or in other hands, by the key that was kept for that day. Online keys stay. When publishing
/// failed, run it again: what was made is published, and nothing is made twice.
#[derive(Debug, Args)]
pub(crate) struct RotateManagingKey {
    #[command(flatten)]
    ceremony: Ceremony,

    /// The key that was kept for this: `offline/next.key`. It cannot be used again.
    #[arg(long, value_name = "FILE")]
    next_key: PathBuf,

    /// The file to make, with the managing key from now on.
    #[arg(long, value_name = "FILE")]
    new_managing_key: PathBuf,

    /// The file to make, with the key that is kept for the next time.
    #[arg(long, value_name = "FILE")]
    new_next_key: PathBuf,

    /// The managing key may be in other hands since this second (since 1970).
    #[arg(long, value_name = "SECONDS")]
    compromised_since: Option<u64>,
}

impl RotateManagingKey {
    /// Makes both keys, signs the event, keeps all three, publishes.
    pub(crate) fn run(&self, edge: &Edge, output: &Output) -> Result<Exit, Failure> {
        if self.new_managing_key == self.new_next_key {
            return Err(Failure::usage("--new-managing-key and --new-next-key name the same file")
                .advise("Give two paths: the two keys are kept apart from each other."));
        }
        let mut opened = self.ceremony.open(edge)?;
        let (key, event) = match self.made_before(&opened)? {
            Some(key) => (key, opened.log.log().state().head()),
            None => self.make(&mut opened, edge)?,
        };
        Edge::block_on(opened.publish())?;
        let words = format!(
            "{} {} manages the keys of {} from now on, and no key of before.\nMove {} and {} offline, apart from each other.\nOnline keys \
             that you did not add are still there: `aitta node retire-key` takes them out.",
            if opened.dry_run { "Not published (dry run):" } else { "Published:" },
            shown(&key),
            opened.config.principal,
            self.new_managing_key.display(),
            self.new_next_key.display(),
        );
        output.result(words, &opened.said("managing", &key, event));
        Ok(Exit::Done)
    }

    /// The managing key that an earlier run made and wrote down.
    fn made_before(&self, opened: &Opened) -> Result<Option<PublicKey>, Failure> {
        let there = [&self.new_managing_key, &self.new_next_key].into_iter().find(|path| path.exists());
        let Some(there) = there else { return Ok(None) };
        let read = |path: &PathBuf| key_file::read(path).map(|key| key.public_key());
        let state = opened.log.log().state();
        let manages = |key: &PublicKey| {
            state
                .devices()
                .iter()
                .any(|one| one.device.key == *key && one.device.roles.manage && one.revoked_seq.is_none())
        };
        match (read(&self.new_managing_key), read(&self.new_next_key)) {
            (Ok(managing), Ok(next)) if manages(&managing) && state.controls().next == [key_digest(&next)] => {
                Ok(Some(managing))
            }
            _ => Err(exists(there)),
        }
    }

    fn make(&self, opened: &mut Opened, edge: &Edge) -> Result<(PublicKey, ObjectId), Failure> {
        let committed = key_file::read(&self.next_key).map_err(Failure::configuration)?;
        let [managing, next] = std::array::from_fn(|_| SigningKey::generate(&*edge.random));
        let key = managing.public_key();
        let stay = opened.log.log().state().devices().iter();
        let stay = stay.filter(|one| one.revoked_seq.is_none() && !one.device.roles.manage).map(|one| one.device);
        let manages = DeviceKey { key, roles: Roles { sign: false, manage: true } };
        let rotation = Rotation {
            revealed: vec![committed.public_key()],
            endorsements: Vec::new(),
            devices: Some(std::iter::once(manages).chain(stay).collect()),
            next: vec![key_digest(&next.public_key())],
            threshold: 1,
            recovery: None,
            compromised_since: self.compromised_since,
        };
        let event = opened.log.rotate(&committed, rotation, opened.now_secs)?;
        if !opened.dry_run {
            key_file::create(&self.new_managing_key, &managing).map_err(Failure::configuration)?;
            key_file::create(&self.new_next_key, &next).map_err(Failure::configuration)?;
            opened.log.write()?;
        }
        Ok((key, event))
    }
}
