//! Taking a log back from the paper, and what a wallet says of it to a person (`docs/protocol/key-event.md`).

use pod_protocol::cose::{Signed, Verified};
use pod_protocol::ids::{ObjectId, Principal};
use pod_protocol::key_event::{Controls, KeyChange, KeyEvent, KeyState, MIN_RECOVERY_DELAY_SECS, Pending, Recovery};

use crate::keys::{HeldEvent, KeysFault, may_all, next_digest};
use crate::language::{Language, Sentence, pick};
use crate::root::{KeyPurpose, RecoveryRoot, RootSecret};
use crate::when::date_and_time;

/// A recovery of the log at an organisation to this device, which has a root of its own. It keeps everything up to the last event
/// in which the paper counts, and takes back what came after.
///
/// # Errors
/// [`KeysFault::Paper`].
pub fn recover(
    state: &KeyState,
    root: &RootSecret,
    paper: &RecoveryRoot,
    organisation: &Principal,
    compromised_since: Option<u64>,
    now_secs: u64,
) -> Result<Verified<KeyEvent>, KeysFault> {
    let key = paper.signing_key(organisation);
    let point = state.recovery_point(&paper.digest(organisation)).ok_or(KeysFault::Paper)?;
    let change = KeyChange::Recovery(Recovery {
        revealed: key.public_key(),
        devices: vec![may_all(&root.signing_key(organisation, KeyPurpose::Device, 0))],
        controls: Controls {
            next: vec![next_digest(root, organisation, 0)],
            threshold: 1,
            recovery: point.controls.recovery,
        },
        compromised_since,
    });
    // A clock that was set back does not make the event come before the one that it follows.
    let time_secs = now_secs.max(point.time_secs);
    Ok(Verified::sign(&key, KeyEvent { seq: point.seq + 1, previous: Some(point.id), time_secs, change }))
}

/// Cancels with the paper: what the same paper began, or something outside the log.
#[must_use]
pub fn cancel_with_paper(
    state: &KeyState,
    paper: &RecoveryRoot,
    organisation: &Principal,
    target: ObjectId,
    now_secs: u64,
) -> Verified<KeyEvent> {
    let key = paper.signing_key(organisation);
    let change = KeyChange::Cancel { target, revealed: Some(key.public_key()) };
    let time_secs = now_secs.max(state.time_secs());
    let event = KeyEvent { seq: state.seq() + 1, previous: Some(state.head()), time_secs, change };
    Verified::sign(&key, event)
}

/// Whether the wallet that an organisation's desk was to bind at `due_secs` was cancelled: what the desk does stands in no log, and
/// what would cancel it can come after it took effect, so the log must have taken that in while it waited.
#[must_use]
pub fn desk_cancelled(held: &[HeldEvent], target: &ObjectId, due_secs: u64) -> bool {
    let waits = due_secs.saturating_sub(MIN_RECOVERY_DELAY_SECS)..due_secs;
    held.iter().any(|event| {
        let cancels = |event: Signed<KeyEvent>| {
            matches!(&event.unverified().change, KeyChange::Cancel { target: of, .. } if of == target)
        };
        waits.contains(&event.taken.taken_secs) && Signed::decode(&event.bytes).is_ok_and(cancels)
    })
}

/// What a pending recovery means for whoever has this wallet. `ours`: it is to this very device; `organisation` is a name.
#[must_use]
pub fn words(pending: &Pending, organisation: &str, ours: bool) -> Sentence {
    Sentence::of(|language| {
        let begun = date_and_time(pending.taken.taken_secs, language);
        let due = match pending.due_secs() {
            Some(due) => date_and_time(due, language),
            None => pick(
                language,
                "72 tuntia sen jälkeen, kun se on kirjattu lokiin",
                "72 timmar efter att det har förts in i loggen",
                "72 hours after it was logged",
            )
            .to_owned(),
        };
        let what = begun_words(language, organisation, &begun, &due);
        format!("{what} {}", advice_words(language, ours, pending.taken.identified))
    })
}

/// What it means that an organisation's desk binds another wallet.
#[must_use]
pub fn desk_words(due_secs: u64, organisation: &str) -> Sentence {
    Sentence::of(|language| {
        let due = date_and_time(due_secs, language);
        match language {
            Language::Fi => format!(
                "{organisation}: asiointipisteessä on todistettu henkilöllisyytesi ja otettu käyttöön toinen lompakko. Se korvaa tämän: {due}. Jos se et ollut sinä, peru se heti: `aitta wallet recovery --cancel`."
            ),
            Language::Sv => format!(
                "{organisation}: vid kundtjänsten har någon legitimerat sig som du och fått en annan plånbok. Den ersätter denna: {due}. Om det inte var du, avbryt det genast: `aitta wallet recovery --cancel`."
            ),
            Language::En => format!(
                "{organisation}: at the desk somebody proved to be you and was given another wallet. It replaces this one: {due}. If it was not you, cancel it at once: `aitta wallet recovery --cancel`."
            ),
        }
    })
}

fn begun_words(language: Language, organisation: &str, begun: &str, due: &str) -> String {
    match language {
        Language::Fi => format!(
            "{organisation}: {begun} joku alkoi palauttaa lompakkoasi palautuskoodilla uuteen laitteeseen. Se tulee voimaan: {due}. Siihen asti uusia lupia ei oteta vastaan."
        ),
        Language::Sv => format!(
            "{organisation}: {begun} började någon återställa din plånbok till en ny enhet med återställningskoden. Det träder i kraft: {due}. Fram till dess tas inga nya tillstånd emot."
        ),
        Language::En => format!(
            "{organisation}: on {begun} somebody began to recover your wallet to a new device with the recovery code. It takes effect: {due}. Until then no new permission is taken in."
        ),
    }
}

fn advice_words(language: Language, ours: bool, identified: bool) -> &'static str {
    match (ours, identified) {
        (true, _) => pick(
            language,
            "Se on tämä laite. Odota, ja aja sitten komento uudestaan.",
            "Det är den här enheten. Vänta och kör sedan kommandot igen.",
            "It is this device. Wait, then run the command again.",
        ),
        (false, false) => pick(
            language,
            "Jos se et ollut sinä, peru se heti: `aitta wallet recovery --cancel`.",
            "Om det inte var du, avbryt det genast: `aitta wallet recovery --cancel`.",
            "If it was not you, cancel it at once: `aitta wallet recovery --cancel`.",
        ),
        (false, true) => pick(
            language,
            "Palauttaja on myös tunnistautunut sinuna, joten laite ei voi perua sitä. Jos se et ollut sinä, peru se palautuskoodilla ja ota heti yhteyttä organisaatioon.",
            "Den som återställer har också identifierat sig som du, så en enhet kan inte avbryta det. Om det inte var du, avbryt med återställningskoden och kontakta genast organisationen.",
            "Whoever recovers it has identified themselves as you too, so a device cannot cancel it. If it was not you, cancel it with the recovery code, and call the organisation at once.",
        ),
    }
}
