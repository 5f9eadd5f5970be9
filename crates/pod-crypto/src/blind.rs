//! A keyed digest that is computed without its holder seeing the input: RFC 9497 in POPRF mode, ristretto255-SHA512.
//!
//! One side blinds its input, the holder of the key evaluates it under a public `info` (for example the
//! organisation and the epoch) and proves that it used the key it published, the first side takes the blinding
//! off. Neither side learns the other's secret; whoever has the key and the input can compute the same digest.

use core::fmt;

use rand_core_06::{CryptoRng, RngCore};
use thiserror::Error;
use voprf::{BlindedElement, EvaluationElement, Group as _, PoprfClient, PoprfServer, Proof, Ristretto255};

use crate::Zeroizing;
use crate::random::{Random, random_array};

/// The longest `input` and `info`, in bytes: RFC 9497 §1.2 writes their lengths in 16 bits.
pub const MAX_INPUT_BYTES: usize = u16::MAX as usize;

/// Domain separation of [`BlinderKey::from_seed`]: the KeyInfo of RFC 9497 §3.2.1.
const KEY_INFO: &[u8] = b"aitta-blinder-key-1";

/// Why blinding, evaluating or taking the blinding off did not work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum BlindError {
    /// The input is empty or longer than [`MAX_INPUT_BYTES`].
    #[error("the input is empty or longer than 65535 bytes")]
    Input,
    /// The info is longer than [`MAX_INPUT_BYTES`].
    #[error("the info is longer than 65535 bytes")]
    Info,
    /// What the other side sent is no canonical element other than the identity, or no canonical scalar.
    #[error("an element or a proof is not canonically encoded")]
    Encoding,
    /// The proof does not show that the element was made under this info by the key that was published.
    #[error("the proof does not hold for this element, info and public key")]
    Proof,
    /// The key and the info cancel out, or no key came of the seed: never seen with honest values (odds 2⁻²⁵²).
    #[error("the key does not go with this info")]
    Protocol,
}

/// What the holder of the key sends back: the evaluated element, and the proof that it was made with its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Evaluation {
    /// The evaluated element, a compressed ristretto255 point (RFC 9496 §4.3.2).
    pub element: [u8; 32],
    /// The proof, two scalars `c || s` in little endian (RFC 9497 §2.2.1).
    pub proof: [u8; 64],
}

/// The key of the side that evaluates. It is overwritten when dropped, and its `Debug` shows the public key only.
pub struct BlinderKey(PoprfServer<Ristretto255>);

impl BlinderKey {
    /// The key that belongs to a seed (DeriveKeyPair, RFC 9497 §3.2.1, with Aitta's own KeyInfo).
    ///
    /// # Errors
    /// [`BlindError::Protocol`] when no key comes of this seed.
    pub fn from_seed(seed: &[u8; 32]) -> Result<Self, BlindError> {
        Self::derive(seed, KEY_INFO)
    }

    /// DeriveKeyPair of RFC 9497 §3.2.1 with a KeyInfo of the caller's: one seed, several keys.
    ///
    /// # Errors
    /// [`BlindError::Protocol`] when `key_info` is too long or no key comes of it.
    pub fn derive(seed: &[u8; 32], key_info: &[u8]) -> Result<Self, BlindError> {
        PoprfServer::new_from_seed(seed, key_info).map(Self).map_err(from_library)
    }

    /// The public key, which the other side must know beforehand: a compressed ristretto255 point.
    #[must_use]
    pub fn public(&self) -> [u8; 32] {
        Ristretto255::serialize_elem(self.0.get_public_key()).into()
    }

    /// BlindEvaluate of RFC 9497 §3.3.3.
    ///
    /// # Errors
    /// [`BlindError::Encoding`] when `blinded` is no element, [`BlindError::Info`], [`BlindError::Protocol`].
    pub fn evaluate(&self, blinded: &[u8; 32], info: &[u8], random: &dyn Random) -> Result<Evaluation, BlindError> {
        let blinded = BlindedElement::<Ristretto255>::deserialize(blinded).map_err(from_library)?;
        let result = self.0.blind_evaluate(&mut Borrowed(random), &blinded, Some(info)).map_err(from_library)?;
        Ok(Evaluation { element: result.message.serialize().into(), proof: result.proof.serialize().into() })
    }
}

impl fmt::Debug for BlinderKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlinderKey").field("public", &self.public()).finish_non_exhaustive()
    }
}

/// One blinded question, on the side that asks: the input and the factor that hides it, overwritten when dropped.
pub struct Blinding {
    client: PoprfClient<Ristretto255>,
    input: Zeroizing<Vec<u8>>,
}

impl Blinding {
    /// Blind of RFC 9497 §3.3.3: gives the state to keep and the element to send.
    ///
    /// # Errors
    /// [`BlindError::Input`].
    pub fn blind(input: &[u8], random: &dyn Random) -> Result<(Self, [u8; 32]), BlindError> {
        // The library looks at the length in finalize only, when the question has been sent already.
        if input.is_empty() || input.len() > MAX_INPUT_BYTES {
            return Err(BlindError::Input);
        }
        let result = PoprfClient::blind(input, &mut Borrowed(random)).map_err(from_library)?;
        let blinded = result.message.serialize().into();
        let state = Self { client: result.state, input: Zeroizing::new(input.to_vec()) };
        Ok((state, blinded))
    }

    /// Finalize of RFC 9497 §3.3.3: checks the proof against the public key that was known beforehand and gives
    /// the digest. It consumes the blinding: a second evaluation of one blinded element serves nobody honest.
    ///
    /// # Errors
    /// [`BlindError::Encoding`], [`BlindError::Proof`], [`BlindError::Info`], [`BlindError::Protocol`].
    pub fn finalize(
        self,
        info: &[u8],
        evaluation: &Evaluation,
        blinder_public: &[u8; 32],
    ) -> Result<Zeroizing<[u8; 64]>, BlindError> {
        let public = Ristretto255::deserialize_elem(blinder_public).map_err(from_library)?;
        let element = EvaluationElement::<Ristretto255>::deserialize(&evaluation.element).map_err(from_library)?;
        let proof = Proof::<Ristretto255>::deserialize(&evaluation.proof).map_err(from_library)?;
        self.client
            .finalize(&self.input, &element, &proof, public, Some(info))
            .map(|digest| Zeroizing::new(digest.into()))
            .map_err(from_library)
    }
}

impl fmt::Debug for Blinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Blinding").finish_non_exhaustive()
    }
}

/// The library's errors in our words. `Batch` is for batches, of which we make none.
fn from_library(error: voprf::Error) -> BlindError {
    match error {
        voprf::Error::Info => BlindError::Info,
        voprf::Error::Input => BlindError::Input,
        voprf::Error::Deserialization => BlindError::Encoding,
        voprf::Error::ProofVerification => BlindError::Proof,
        voprf::Error::DeriveKeyPair | voprf::Error::Batch | voprf::Error::Protocol => BlindError::Protocol,
    }
}

/// Our source of randomness in the shape that the voprf crate asks for (rand_core 0.6).
struct Borrowed<'a>(&'a dyn Random);

impl RngCore for Borrowed<'_> {
    fn next_u32(&mut self) -> u32 {
        u32::from_le_bytes(random_array(self.0))
    }

    fn next_u64(&mut self) -> u64 {
        u64::from_le_bytes(random_array(self.0))
    }

    fn fill_bytes(&mut self, out: &mut [u8]) {
        self.0.fill(out);
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), rand_core_06::Error> {
        self.0.fill(out);
        Ok(())
    }
}

impl CryptoRng for Borrowed<'_> {}
