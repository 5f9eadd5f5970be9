//! Step 1: is it whom it says it is, meant for us, on this connection, now, and for the first time?

use std::ops::Deref;

use pod_crypto::PublicKey;

use super::replay::Unseen;
use crate::chain::CLOCK_SKEW_SECS;
use crate::command::Command;
use crate::cose::{Signed, Verified};
use crate::ids::{Cti, Kid, Principal};
use crate::refusal::Refusal;
use crate::request::{Binding, MAX_REQUEST_LIFETIME_SECS, Request};

/// A registered service, as the registry knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The service.
    pub service: Principal,
    /// The organisation that answers for it.
    pub organisation: Principal,
    /// The key that signed, as registered.
    pub key: PublicKey,
    /// Whether the organisation is suspended; then nothing is authorised.
    pub suspended: bool,
}

/// The connection on which a message came, and what the holder knows of it.
#[derive(Clone, Debug, Default)]
pub struct Channel {
    /// The libp2p peer's key.
    pub peer: Option<[u8; 32]>,
    /// The TLS exporter (RFC 9266).
    pub exporter: Option<[u8; 32]>,
    /// The origins at which the holder is reached.
    pub origins: std::sync::Arc<[String]>,
    /// The nonce of the message, if the holder handed it out and it was used up just now.
    pub nonce: Option<Cti>,
}

/// A request that a registered service signed for this holder, for this connection, a moment ago, once.
#[derive(Debug)]
pub struct VerifiedRequest {
    request: Verified<Request>,
    caller: Caller,
}

impl VerifiedRequest {
    /// Who asks.
    #[must_use]
    pub fn caller(&self) -> &Caller {
        &self.caller
    }
}

impl Deref for VerifiedRequest {
    type Target = Verified<Request>;

    fn deref(&self) -> &Self::Target {
        &self.request
    }
}

/// A command that this key signed for this holder, for this connection, a moment ago, once. Whether the key may command over
/// the pod is for the standing to say.
#[derive(Debug)]
pub struct VerifiedCommand(Verified<Command>);

impl Deref for VerifiedCommand {
    type Target = Verified<Command>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

/// Verifies a request.
///
/// # Errors
/// [`Refusal::UnknownKey`], [`Refusal::Key`], [`Refusal::Signature`], [`Refusal::Audience`], [`Refusal::Expired`],
/// [`Refusal::NotYetIssued`], [`Refusal::Lifetime`], [`Refusal::Binding`], [`Refusal::Nonce`], [`Refusal::Replay`]. A
/// suspended caller is who it says it is: [`authorise`](super::authorise()) refuses it, so that the refusal is recorded. The replay window is
/// asked last, so that forgeries do not fill it.
pub fn verify(
    signed: Signed<Request>,
    caller: Option<Caller>,
    holder: &Principal,
    channel: &Channel,
    now_secs: u64,
    admit: impl FnOnce(Kid, Cti, u64) -> Result<Unseen, Refusal>,
) -> Result<VerifiedRequest, Refusal> {
    let caller = caller.ok_or(Refusal::UnknownKey)?;
    let request = signed.verify(&caller.key)?;
    if request.issuer != caller.service {
        return Err(Refusal::UnknownKey);
    }
    check_audience(&request.audience, holder)?;
    check_time(request.issued, request.expires, now_secs)?;
    check_channel(&request.binding, request.nonce, request.key(), channel)?;
    let kid = request.thumbprint().kid();
    check_unseen(kid, request.cti, &admit(kid, request.cti, request.expires)?)?;
    Ok(VerifiedRequest { request, caller })
}

/// Verifies a command, with the key that the caller found for it.
///
/// # Errors
/// As [`verify`].
pub fn verify_command(
    signed: Signed<Command>,
    key: Option<PublicKey>,
    holder: &Principal,
    channel: &Channel,
    now_secs: u64,
    admit: impl FnOnce(Kid, Cti, u64) -> Result<Unseen, Refusal>,
) -> Result<VerifiedCommand, Refusal> {
    let command = signed.verify(&key.ok_or(Refusal::UnknownKey)?)?;
    check_audience(&command.audience, holder)?;
    check_time(command.issued, command.expires, now_secs)?;
    check_channel(&command.binding, command.nonce, command.key(), channel)?;
    let kid = command.thumbprint().kid();
    check_unseen(kid, command.cti, &admit(kid, command.cti, command.expires)?)?;
    Ok(VerifiedCommand(command))
}

fn check_audience(audience: &Principal, holder: &Principal) -> Result<(), Refusal> {
    if audience == holder { Ok(()) } else { Err(Refusal::Audience) }
}

fn check_time(issued: u64, expires: u64, now_secs: u64) -> Result<(), Refusal> {
    if issued > now_secs + CLOCK_SKEW_SECS {
        return Err(Refusal::NotYetIssued);
    }
    if expires <= issued || expires - issued > MAX_REQUEST_LIFETIME_SECS {
        return Err(Refusal::Lifetime);
    }
    if expires <= now_secs { Err(Refusal::Expired) } else { Ok(()) }
}

fn check_channel(binding: &Binding, nonce: Option<Cti>, key: &PublicKey, channel: &Channel) -> Result<(), Refusal> {
    if nonce != channel.nonce {
        return Err(Refusal::Nonce);
    }
    let bound = match binding {
        Binding::Peer(peer) => channel.peer == Some(*peer) && key.to_bytes() == *peer,
        Binding::Exporter(exporter) => channel.exporter == Some(*exporter),
        Binding::Origin(origin) => {
            if nonce.is_none() {
                return Err(Refusal::Nonce);
            }
            channel.origins.iter().any(|known| known == origin)
        }
    };
    if bound { Ok(()) } else { Err(Refusal::Binding) }
}

/// The token must be for this object: a window asked about another one says nothing.
fn check_unseen(kid: Kid, cti: Cti, unseen: &Unseen) -> Result<(), Refusal> {
    if unseen.cti == cti && unseen.kid == kid { Ok(()) } else { Err(Refusal::Replay) }
}
