//! What something proves that is said to prove a lie: what it says, and whether it was signed.

use super::signature::Signature;
use crate::contradiction::Weight;

/// A weight that counts only with the signatures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Judged {
    weight: Weight,
    signatures: Signature,
}

impl Judged {
    pub(super) fn of(weight: Weight, signatures: Signature) -> Self {
        Self { weight, signatures }
    }

    /// The stable code of what it proves.
    pub(super) fn code(self) -> &'static str {
        match (self.weight, self.signatures) {
            (Weight::Nothing, _) | (_, Signature::OtherKey | Signature::Broken) => Weight::Nothing.code(),
            (_, Signature::Unchecked) => "unchecked",
            (weight, Signature::Holds) => weight.code(),
        }
    }

    /// Whether it proves something, or asks something; none while nobody checked.
    pub(super) fn holds(self) -> Option<bool> {
        let holds = self.signatures.holds()?;
        Some(holds && self.weight != Weight::Nothing)
    }

    /// What it means, given what the two say of each other in `words`.
    pub(super) fn means(self, words: &str, signer: &str) -> String {
        match (self.weight, self.signatures) {
            (Weight::Nothing, _) => format!("{words} It proves nothing."),
            (_, Signature::Unchecked) => format!(
                "{words} It proves something only with the signature of {signer} on both: give its keys, as the registry \
                 shows them, with --key."
            ),
            (_, Signature::Holds) => format!("{words} Both signatures hold."),
            (_, Signature::OtherKey | Signature::Broken) => format!(
                "It proves nothing: not both are signed with the keys that were given. If these are all the keys of {signer}, \
                 somebody else made this, or changed it."
            ),
        }
    }
}
