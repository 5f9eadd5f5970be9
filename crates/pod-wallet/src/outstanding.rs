//! What the wallet is to do at several organisations and has not done at all of them yet: it is remembered before the first try,
//! and done on a later run where an organisation was away.

use pod_protocol::ids::{Kid, Principal};
use serde::{Deserialize, Serialize};

/// Something to do at one organisation. Doing it twice changes nothing more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "task", deny_unknown_fields)]
pub enum Task {
    /// Take back every grant there that a service may use.
    RevokeService {
        /// The organisation.
        holder: Principal,
        /// The service.
        service: Principal,
    },
    /// Revoke a device's key there.
    RevokeDevice {
        /// The organisation.
        holder: Principal,
        /// The device's key there.
        kid: Kid,
        /// Since when it may be in other hands.
        compromised_since: Option<u64>,
    },
}

impl Task {
    /// Where it is to be done.
    #[must_use]
    pub fn holder(&self) -> Principal {
        match self {
            Self::RevokeService { holder, .. } | Self::RevokeDevice { holder, .. } => *holder,
        }
    }

    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::RevokeService { .. } => "revoke-service",
            Self::RevokeDevice { .. } => "revoke-device",
        }
    }
}
