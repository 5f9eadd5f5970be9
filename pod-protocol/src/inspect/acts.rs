//! What citizens and their wallets do, in words: revocations, commands and their acknowledgements, key events.

use serde_json::{Value as Json, json};

use super::fetches::{binding, binding_json};
use super::text::{list, time};
use super::{Describe, Description};
use crate::command::{Acknowledgement, Action, Command};
use crate::ids::{Thumbprint, base64url};
use crate::key_event::{DeviceKey, KeyChange, KeyEvent, RecoveryKey, key_digest};
use crate::revocation::{Revocation, Target};

impl Describe for Revocation {
    const TITLE: &'static str = "a revocation: grants are taken back for good";

    fn describe(&self) -> Description {
        let (what, target) = match &self.target {
            Target::Grant(id) => (format!("the grant {id} and all that were made from it"), json!({ "grant": id })),
            Target::PodBefore(pod, before) => (
                format!("every grant over {pod} that was issued before {}", time(*before)),
                json!({ "pod": pod, "before": before }),
            ),
            Target::KeySince(kid, since) => (
                format!("every grant that the key {kid} signed since {}", time(*since)),
                json!({ "kid": kid, "since": since }),
            ),
        };
        let lines = vec![
            format!("{} takes back {what}.", self.issuer),
            format!("It is for the holder {}.", self.audience),
            format!("Signed at {}; it is never undone.", time(self.issued)),
        ];
        let json = json!({
            "issuer": self.issuer, "audience": self.audience, "issued": self.issued, "cti": self.cti, "target": target,
        });
        Description { lines, json }
    }
}

impl Describe for Command {
    const TITLE: &'static str = "a command: a wallet or a service tells a node what to do";

    fn describe(&self) -> Description {
        let mut lines = vec![format!("{} commands the node of {}.", self.issuer, self.audience)];
        lines.extend(self.subject.iter().map(|pod| format!("It is about the pod {pod}.")));
        lines.push(action(&self.action));
        lines.push(binding(&self.binding));
        lines.push(format!("Signed at {}; it is too late at {}.", time(self.issued), time(self.expires)));
        let json = json!({
            "issuer": self.issuer, "pod": self.subject, "audience": self.audience, "issued": self.issued,
            "expires": self.expires, "cti": self.cti, "nonce": self.nonce, "action": action_json(&self.action),
            "binding": binding_json(&self.binding),
        });
        Description { lines, json }
    }
}

fn action(action: &Action) -> String {
    let all_or = |types: &[crate::field::RecordType]| match types {
        [] => "everything".to_owned(),
        types => list(types),
    };
    match action {
        Action::Restrict { record_types, on: true } => format!("Release nothing of: {}.", all_or(record_types)),
        Action::Restrict { record_types, on: false } => format!("Release again: {}.", all_or(record_types)),
        Action::Object { purpose, organisation, on } => {
            let whom = organisation.map_or_else(|| "anybody".to_owned(), |organisation| organisation.to_string());
            let act = if *on { "The citizen objects" } else { "The citizen no longer objects" };
            format!("{act} to {purpose} by {whom}.")
        }
        other => format!("What it wants: {}.", other.name()),
    }
}

/// An identity code is never shown: these lines end up in tickets and terminals.
fn action_json(action: &Action) -> Json {
    let details = match action {
        Action::Deposit(bytes) | Action::KeyEvent(bytes) | Action::AnswerNotice(bytes) => {
            json!({ "object": base64url(bytes) })
        }
        Action::Restrict { record_types, on } => json!({ "types": record_types, "on": on }),
        Action::Object { purpose, organisation, on } => {
            json!({ "purpose": purpose, "organisation": organisation, "on": on })
        }
        Action::Read { record_type, skip } => json!({ "type": record_type, "skip": skip }),
        Action::Log { from, limit } => json!({ "from": from, "limit": limit }),
        Action::Export { skip } | Action::Inbox { skip } | Action::Standing { skip } | Action::Notices { skip } => {
            json!({ "skip": skip })
        }
        Action::Ask { request, identity_code } => {
            json!({ "request": base64url(request), "names_a_person": identity_code.is_some() })
        }
        Action::Collect { request, skip } => json!({ "request": request, "skip": skip }),
    };
    json!({ "name": action.name(), "details": details })
}

impl Describe for Acknowledgement {
    const TITLE: &'static str = "an acknowledgement: a node did what it was told";

    fn describe(&self) -> Description {
        let lines = vec![
            format!("The node of {} did what {} signed as {}.", self.issuer, self.audience, self.of),
            format!("It was done at {}, as log entry {} of {}.", time(self.issued), self.audit_index, self.tree_size),
        ];
        let json = json!({
            "issuer": self.issuer, "audience": self.audience, "issued": self.issued, "of": self.of,
            "audit_index": self.audit_index, "tree_size": self.tree_size, "tree_root": base64url(&self.tree_root),
        });
        Description { lines, json }
    }
}

impl Describe for KeyEvent {
    const TITLE: &'static str = "a key event: somebody's keys begin or change";

    fn describe(&self) -> Description {
        let mut lines = vec![match &self.previous {
            None => "It is the first of its log: its id is the principal.".to_owned(),
            Some(previous) => format!("It is number {} of its log, after {previous}.", self.seq),
        }];
        let change = change(&self.change, &mut lines);
        lines.push(format!("Signed at {}.", time(self.time_secs)));
        let json = json!({ "seq": self.seq, "previous": self.previous, "time": self.time_secs, "change": change });
        Description { lines, json }
    }
}

/// Says what changes, and gives it as JSON.
fn change(change: &KeyChange, lines: &mut Vec<String>) -> Json {
    match change {
        KeyChange::Inception { organisation, devices, next, threshold, recovery, salt } => {
            lines.extend(organisation.map(|organisation| format!("The log is for {organisation} alone.")));
            lines.extend(devices.iter().map(|device| format!("It begins with {}.", device_words(device))));
            lines.push(format!(
                "{threshold} of {} committed keys can rotate it; {} recovery keys can take it back.",
                next.len(),
                recovery.len()
            ));
            json!({
                "kind": "inception", "organisation": organisation,
                "devices": devices.iter().map(device_json).collect::<Vec<_>>(),
                "next": next.iter().map(|digest| base64url(digest)).collect::<Vec<_>>(), "threshold": threshold,
                "recovery": recovery_json(recovery),
                "salt": base64url(salt),
            })
        }
        KeyChange::AddDevice(device) => {
            lines.push(format!("It adds {}.", device_words(device)));
            json!({ "kind": "add-device", "device": device_json(device) })
        }
        KeyChange::RevokeDevice { kid, compromised_since } => {
            lines.push(format!("It revokes the device key {kid}."));
            lines
                .extend(compromised_since.map(|since| format!("The key may be in other hands since {}.", time(since))));
            json!({ "kind": "revoke-device", "kid": kid, "compromised_since": compromised_since })
        }
        KeyChange::Rotation(rotation) => {
            lines.push(format!("{} committed keys replace the controlling keys.", rotation.revealed.len()));
            lines.extend(
                rotation.devices.iter().flatten().map(|device| format!("From then on: {}.", device_words(device))),
            );
            json!({
                "kind": "rotation",
                "revealed": rotation.revealed.iter().map(|key| base64url(&key.to_bytes())).collect::<Vec<_>>(),
                "devices": rotation.devices.as_ref().map(|devices| devices.iter().map(device_json).collect::<Vec<_>>()),
                "next": rotation.next.iter().map(|digest| base64url(digest)).collect::<Vec<_>>(),
                "threshold": rotation.threshold, "recovery": rotation.recovery.as_deref().map(recovery_json),
                "compromised_since": rotation.compromised_since,
            })
        }
        KeyChange::Recovery(recovery) => {
            lines.push(
                "A recovery key takes the log back, once its delay has passed and nobody cancelled it.".to_owned(),
            );
            lines.extend(recovery.devices.iter().map(|device| format!("From then on: {}.", device_words(device))));
            json!({
                "kind": "recovery", "revealed": base64url(&recovery.revealed.to_bytes()),
                "devices": recovery.devices.iter().map(device_json).collect::<Vec<_>>(),
                "next": recovery.controls.next.iter().map(|digest| base64url(digest)).collect::<Vec<_>>(),
                "threshold": recovery.controls.threshold, "recovery": recovery_json(&recovery.controls.recovery),
                "compromised_since": recovery.compromised_since,
            })
        }
        KeyChange::Cancel { target, revealed } => {
            lines.push(format!("It cancels {target}."));
            json!({
                "kind": "cancel", "target": target,
                "revealed": revealed.map(|key| base64url(&key_digest(&key))),
            })
        }
    }
}

fn recovery_json(keys: &[RecoveryKey]) -> Json {
    let one = |key: &RecoveryKey| json!({ "digest": base64url(&key.digest), "delay_secs": key.delay_secs });
    keys.iter().map(one).collect()
}

fn device_words(device: &DeviceKey) -> String {
    let may = match (device.roles.sign, device.roles.manage) {
        (true, true) => "sign and manage devices",
        (true, false) => "sign",
        _ => "manage devices",
    };
    format!("the device key {}, which may {may}", Thumbprint::of(&device.key).kid())
}

fn device_json(device: &DeviceKey) -> Json {
    json!({
        "public": base64url(&device.key.to_bytes()), "kid": Thumbprint::of(&device.key).kid(),
        "sign": device.roles.sign, "manage": device.roles.manage,
    })
}
