//! How a login can end other than well: a closed set with stable codes, told to the wallet that began it.

use pod_crypto::jws::JwsError;

use super::discovery::ProviderFault;
use crate::fault::Fault;

/// Why a login does not bind a wallet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum LoginRefusal {
    #[error("the person did not log in")]
    Cancelled,
    #[error("the provider did not log the person in")]
    ProviderRefused,
    #[error("the answer is not of the provider that was asked")]
    AnswerIssuer,
    #[error("the answer has no usable code")]
    AnswerMalformed,
    #[error("the provider does not take the code")]
    Code,
    #[error("the token is not readable")]
    TokenMalformed,
    #[error("no key of the provider is the token's")]
    TokenKey,
    #[error("the token's algorithm is not its key's")]
    TokenAlgorithm,
    #[error("the token's signature is not valid")]
    TokenSignature,
    #[error("the token is of another issuer")]
    TokenIssuer,
    #[error("the token is for somebody else")]
    TokenAudience,
    #[error("the token has expired")]
    TokenExpired,
    #[error("the token was not issued now")]
    TokenIssued,
    #[error("the token belongs to another login")]
    TokenNonce,
    #[error("the way of logging in is not strong enough")]
    Assurance,
    #[error("the token has no identity code")]
    IdentityCode,
    #[error("the organisation holds nothing about the person")]
    NothingHeld,
    #[error("another wallet is bound to the person's pod")]
    OtherWallet,
    #[error("the wallet is bound to another person")]
    OtherPerson,
    #[error("the key log cannot be bound")]
    KeyLog,
    #[error("the wallet did not have the code that was shown to whoever logged in")]
    Confirmation,
}

impl LoginRefusal {
    /// The stable code.
    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::Cancelled => "login-cancelled",
            Self::ProviderRefused => "login-refused",
            Self::AnswerIssuer => "answer-issuer",
            Self::AnswerMalformed => "answer-malformed",
            Self::Code => "code-refused",
            Self::TokenMalformed => "token-malformed",
            Self::TokenKey => "token-key",
            Self::TokenAlgorithm => "token-algorithm",
            Self::TokenSignature => "token-signature",
            Self::TokenIssuer => "token-issuer",
            Self::TokenAudience => "token-audience",
            Self::TokenExpired => "token-expired",
            Self::TokenIssued => "token-issued",
            Self::TokenNonce => "token-nonce",
            Self::Assurance => "assurance-too-low",
            Self::IdentityCode => "identity-code-missing",
            Self::NothingHeld => "nothing-held",
            Self::OtherWallet => "other-wallet",
            Self::OtherPerson => "other-person",
            Self::KeyLog => "key-log-refused",
            Self::Confirmation => "confirmation-failed",
        }
    }
}

impl From<JwsError> for LoginRefusal {
    fn from(error: JwsError) -> Self {
        match error {
            JwsError::UnknownKey | JwsError::AmbiguousKey => Self::TokenKey,
            JwsError::WrongAlgorithm => Self::TokenAlgorithm,
            JwsError::BadSignature => Self::TokenSignature,
            _ => Self::TokenMalformed,
        }
    }
}

/// Why a login came to nothing.
#[derive(Debug, thiserror::Error)]
pub(super) enum LoginFailure {
    /// The person's, or whoever plays them.
    #[error(transparent)]
    Refused(#[from] LoginRefusal),
    /// The provider's.
    #[error(transparent)]
    Provider(#[from] ProviderFault),
    /// Ours.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl LoginFailure {
    /// The stable code.
    pub(super) const fn code(&self) -> &'static str {
        match self {
            Self::Refused(refusal) => refusal.code(),
            Self::Provider(_) => "login-provider-failed",
            Self::Fault(_) => "fault",
        }
    }
}
