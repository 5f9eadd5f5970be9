//! What a new device shows and an old one takes in: its public keys, one for each organisation. No secret leaves either device.
//!
//! `AITTA-DEVICE-1:` and, as base64url, organisation (32 bytes) and key (32 bytes) for each, then the first 4 bytes of the SHA-256 of
//! all that. Whoever sees it learns no secret, but which keys are one person's: it goes from screen to camera, or by hand.

use pod_crypto::{PublicKey, sha256};
use pod_protocol::ids::{Principal, base64url, from_base64url};

use crate::root::{KeyPurpose, RootSecret};

const BEGINS: &str = "AITTA-DEVICE-1:";
/// Most organisations: all members of a federation.
const MAX_ORGANISATIONS: usize = 1024;
/// Finds a slip of the pen, not an enemy: who shows the code is seen.
const CHECK_BYTES: usize = 4;
const ENTRY_BYTES: usize = 64;

/// Why a text is no device's code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeviceCodeFault {
    /// Something else.
    #[error("a device's code begins with {BEGINS}")]
    NotOne,
    /// A part is missing or changed.
    #[error("the code is not whole: a part is missing, or was mistyped")]
    Damaged,
    /// One of its keys is weak.
    #[error("a key in it is not acceptable")]
    Key,
}

/// The public keys of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceCode(Vec<(Principal, PublicKey)>);

impl DeviceCode {
    /// Of this device, for these organisations.
    #[must_use]
    pub fn of(root: &RootSecret, organisations: impl IntoIterator<Item = Principal>) -> Self {
        let key = |organisation: &Principal| root.signing_key(organisation, KeyPurpose::Device, 0).public_key();
        Self(organisations.into_iter().take(MAX_ORGANISATIONS).map(|one| (one, key(&one))).collect())
    }

    /// The device's key for an organisation.
    #[must_use]
    pub fn key(&self, organisation: &Principal) -> Option<&PublicKey> {
        self.0.iter().find(|(known, _)| known == organisation).map(|(_, key)| key)
    }

    /// As text, for a screen or a picture of squares.
    #[must_use]
    pub fn to_text(&self) -> String {
        let entry = |(organisation, key): &(Principal, PublicKey)| [*organisation.as_bytes(), key.to_bytes()].concat();
        let mut bytes: Vec<u8> = self.0.iter().flat_map(entry).collect();
        bytes.extend(check(&bytes));
        format!("{BEGINS}{}", base64url(&bytes))
    }

    /// Reads what [`DeviceCode::to_text`] writes; spaces and line ends do not matter.
    ///
    /// # Errors
    /// [`DeviceCodeFault`].
    pub fn parse(text: &str) -> Result<Self, DeviceCodeFault> {
        let text: String = text.chars().filter(|character| !character.is_whitespace()).collect();
        let bytes = from_base64url(text.strip_prefix(BEGINS).ok_or(DeviceCodeFault::NotOne)?);
        let bytes = bytes.map_err(|_| DeviceCodeFault::Damaged)?;
        let at = bytes.len().checked_sub(CHECK_BYTES).ok_or(DeviceCodeFault::Damaged)?;
        let (entries, end) = bytes.split_at_checked(at).ok_or(DeviceCodeFault::Damaged)?;
        if end != check(entries) || entries.len() % ENTRY_BYTES != 0 || entries.len() > MAX_ORGANISATIONS * ENTRY_BYTES
        {
            return Err(DeviceCodeFault::Damaged);
        }
        let entry = |entry: &[u8]| {
            let (organisation, key) = entry.split_first_chunk::<32>().ok_or(DeviceCodeFault::Damaged)?;
            let key = <[u8; 32]>::try_from(key).map_err(|_| DeviceCodeFault::Damaged)?;
            let key = PublicKey::register(&key).map_err(|_| DeviceCodeFault::Key)?;
            Ok((Principal::new(*organisation), key))
        };
        Ok(Self(entries.chunks(ENTRY_BYTES).map(entry).collect::<Result<_, _>>()?))
    }
}

fn check(bytes: &[u8]) -> [u8; CHECK_BYTES] {
    let [a, b, c, d, ..] = sha256(&[bytes]);
    [a, b, c, d]
}
