//! What a new member hands to the trust anchor, and what the anchor checks of it.

use std::path::Path;

use pod_crypto::PublicKey;
use pod_protocol::cose::Signed;
use pod_protocol::ids::{Principal, Thumbprint, base64url, from_base64url};
use pod_protocol::key_event::{KeyEvent, KeyState, Taken};
use pod_protocol::statement::{Role, ShortName};
use pod_protocol::words::Words;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::commands::audit::public_key;
use crate::failure::Failure;

use super::keys::NewMember;

/// What the document says it is.
const FORMAT: &str = "aitta-membership-request 1";
/// A log of 64 devices, as text, fits.
const MAX_BYTES: usize = 256 * 1024;

/// A request whose keys were checked.
#[derive(Debug)]
pub(crate) struct MembershipRequest {
    /// Who asks.
    pub(crate) principal: Principal,
    /// The short name that it would like.
    pub(crate) name: ShortName,
    /// What people call it.
    pub(crate) names: Words,
    /// Its online keys.
    pub(crate) keys: Vec<PublicKey>,
    /// What it would like to do.
    pub(crate) roles: Vec<Role>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    format: String,
    name: String,
    names: Words,
    principal: Principal,
    keys: Vec<String>,
    roles: Vec<String>,
    key_events: Vec<String>,
}

/// The document of a new member.
pub(crate) fn to_json(member: &NewMember, name: &ShortName, names: &Words, roles: &[Role]) -> Value {
    json!({
        "format": FORMAT, "name": name.as_str(), "names": names, "principal": member.principal(),
        "keys": [base64url(&member.online.public_key().to_bytes())],
        "roles": roles.iter().map(|role| role.as_str()).collect::<Vec<_>>(),
        "key_events": member.events(),
    })
}

/// Reads a request and checks that its keys are those of its key-event log.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn read(path: &Path) -> Result<MembershipRequest, Failure> {
    let shown = path.display();
    let advice = "Give the file `membership-request.json` that `init` made, unchanged.";
    let bytes = std::fs::read(path)
        .map_err(|source| Failure::usage(format!("cannot read {shown}")).because(source).advise(advice))?;
    let wrong = |why: String| Failure::usage(format!("{shown} is no membership request: {why}")).advise(advice);
    if bytes.len() > MAX_BYTES {
        return Err(wrong(format!("it is longer than {MAX_BYTES} bytes")));
    }
    let written: Written = serde_json::from_slice(&bytes).map_err(|error| wrong(error.to_string()))?;
    check(written).map_err(wrong)
}

fn check(written: Written) -> Result<MembershipRequest, String> {
    if written.format != FORMAT {
        return Err(format!("its format is not `{FORMAT}`"));
    }
    let log = replay(&written.key_events)?;
    if log.principal() != written.principal {
        return Err("its principal is not the one of its key events".to_owned());
    }
    let keys = written.keys.iter().map(|key| public_key(key)).collect::<Result<Vec<_>, _>>()?;
    // Else somebody could be admitted with another member's keys.
    if keys.is_empty() || keys.iter().any(|key| log.signer_now(Thumbprint::of(key).kid()).is_err()) {
        return Err("its keys are not the signing keys of its key events".to_owned());
    }
    let roles = written.roles.iter().map(|role| role.parse()).collect::<Result<Vec<Role>, _>>();
    Ok(MembershipRequest {
        principal: written.principal,
        name: written.name.parse::<ShortName>().map_err(|fault| fault.to_string())?,
        names: written.names,
        keys,
        roles: roles.map_err(|fault| fault.to_string())?,
    })
}

fn replay(events: &[String]) -> Result<KeyState, String> {
    let mut state: Option<KeyState> = None;
    for (number, text) in events.iter().enumerate() {
        let wrong = |why: String| format!("key event {number}: {why}");
        let bytes = from_base64url(text).map_err(|fault| wrong(fault.to_string()))?;
        let event = Signed::<KeyEvent>::decode(&bytes).map_err(|refusal| wrong(refusal.to_string()))?;
        // Whoever asks to be admitted shows the log as it is: no recovery waits in it.
        let taken = Taken::logged(event.unverified().time_secs);
        let next = match &state {
            None => KeyState::begin(event),
            Some(state) => state.apply(event, taken),
        };
        state = Some(next.map_err(|refusal| wrong(refusal.to_string()))?);
    }
    state.ok_or_else(|| "it has no key event".to_owned())
}
