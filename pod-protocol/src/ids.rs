//! Identifiers: each its own type, with one text form.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::display::Base64Display;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Text that is not the identifier it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not {expected}")]
pub struct IdFault {
    expected: &'static str,
}

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident, $length:literal, $prefix:literal, $expected:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name([u8; $length]);

        impl $name {
            /// Takes the bytes as they are.
            #[must_use]
            pub const fn new(bytes: [u8; $length]) -> Self {
                Self(bytes)
            }

            /// The bytes.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; $length] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str($prefix)?;
                fmt::Display::fmt(&Base64Display::new(&self.0, &URL_SAFE_NO_PAD), f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = IdFault;

            fn from_str(text: &str) -> Result<Self, IdFault> {
                const FAULT: IdFault = IdFault { expected: $expected };
                let encoded = text.strip_prefix($prefix).ok_or(FAULT)?;
                // The decoder wants room for whole groups of four characters, also where the last one is shorter.
                let mut room = [0; $length + 2];
                let length = URL_SAFE_NO_PAD.decode_slice(encoded, &mut room).map_err(|_| FAULT)?;
                match room.first_chunk() {
                    Some(bytes) if length == $length => Ok(Self(*bytes)),
                    _ => Err(FAULT),
                }
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

identifier! {
    /// What one organisation holds of one citizen. Random; never derived from an identity code.
    PodId, 16, "pod:", "a pod's id: \"pod:\" and 22 characters of base64url"
}
identifier! {
    /// Whoever signs: a citizen at one organisation, an organisation, or a service. It is the id of the first event of
    /// their key-event log, so it outlives every key.
    Principal, 32, "ai:", "a principal: \"ai:\" and 43 characters of base64url"
}
identifier! {
    /// The id of a signed object: SHA-256 of its COSE `Sig_structure`, so that no second signature makes a second id.
    ObjectId, 32, "", "an object's id: 43 characters of base64url"
}
identifier! {
    /// The first half of a key's RFC 9679 thumbprint, as COSE headers carry it.
    Kid, 16, "", "a key's id: 22 characters of base64url"
}
identifier! {
    /// A key's whole RFC 9679 thumbprint, as `cnf` carries it.
    Thumbprint, 32, "", "a key's thumbprint: 43 characters of base64url"
}
identifier! {
    /// A random id that makes an object unique (CWT `cti`, RFC 8392 §3.1.7), or a nonce.
    Cti, 16, "", "a cti: 22 characters of base64url"
}

/// The id of a grant.
pub type GrantId = ObjectId;
/// The id of a request.
pub type RequestId = ObjectId;

impl Thumbprint {
    /// The thumbprint of `key`.
    #[must_use]
    pub fn of(key: &pod_crypto::PublicKey) -> Self {
        Self(key.thumbprint())
    }

    /// Its first half, as headers carry it.
    #[must_use]
    pub fn kid(&self) -> Kid {
        let mut kid = [0; 16];
        kid.copy_from_slice(self.0.split_at(16).0);
        Kid(kid)
    }
}

/// What JSON calls a byte string here: base64url without padding.
#[must_use]
pub fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads base64url without padding.
///
/// # Errors
/// [`IdFault`] when `text` is not.
pub fn from_base64url(text: &str) -> Result<Vec<u8>, IdFault> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| IdFault { expected: "base64url without padding" })
}
