//! What stands in an input: an array of parts, of which some are optional.

use pod_crypto::PublicKey;
use pod_protocol::Refusal;
use pod_protocol::codec::{Cbor, Limits, array, bytes, decode, fixed, parsed, uint};
use pod_protocol::ids::{Kid, Thumbprint};
use pod_protocol::refusal::ClaimFault;

use crate::told::{Refused, Told};

/// The limits of an input: some objects, each in a byte string.
const INPUT_LIMITS: Limits = Limits { bytes: 16 * 1024 * 1024, depth: 32, items: 8192 };

/// The keys that signatures are checked with.
#[derive(Default)]
pub struct Keys(Vec<PublicKey>);

impl Keys {
    pub fn learn(&mut self, input: &[u8]) -> Told {
        self.0 = Parts::read(input, |parts| parts.rest(|item| public(&fixed(0, item)?)))?;
        Ok(Vec::new())
    }

    pub fn with(&self, kid: Kid) -> Result<&PublicKey, Refusal> {
        self.0.iter().find(|key| Thumbprint::of(key).kid() == kid).ok_or(Refusal::UnknownKey)
    }
}

/// A key of an input, which is not weak.
pub fn public(bytes: &[u8; 32]) -> Result<PublicKey, ClaimFault> {
    PublicKey::from_bytes(bytes).map_err(|_| ClaimFault::OutOfRange { claim: 0 })
}

/// The parts of an input, one after the other.
pub struct Parts(std::vec::IntoIter<Cbor>);

type Read<T> = Result<T, ClaimFault>;

impl Parts {
    /// Reads a whole input. Whatever is wrong with it is the asker's fault.
    pub fn read<T>(input: &[u8], read: impl FnOnce(&mut Self) -> Read<T>) -> Result<T, Refused> {
        let wrong = Refused("input");
        let Ok(item) = decode(input, INPUT_LIMITS) else { return Err(wrong) };
        Self::of(item, read).map_err(|_| wrong)
    }

    /// The parts of a part.
    pub fn of<T>(item: Cbor, read: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        let mut parts = Self(array(0, item)?.into_iter());
        let found = read(&mut parts)?;
        if parts.0.next().is_some() { Err(ClaimFault::Unknown { claim: 0 }) } else { Ok(found) }
    }

    pub fn item(&mut self) -> Read<Cbor> {
        self.0.next().ok_or(ClaimFault::Missing { claim: 0 })
    }

    pub fn bytes(&mut self) -> Read<Vec<u8>> {
        bytes(0, self.item()?)
    }

    pub fn fixed<const N: usize>(&mut self) -> Read<[u8; N]> {
        fixed(0, self.item()?)
    }

    pub fn uint(&mut self) -> Read<u64> {
        uint(0, self.item()?)
    }

    pub fn bool(&mut self) -> Read<bool> {
        self.item()?.as_bool().ok_or(ClaimFault::WrongType { claim: 0 })
    }

    pub fn parsed<T: std::str::FromStr>(&mut self) -> Read<T> {
        parsed(0, self.item()?)
    }

    /// `null`, or what `read` reads.
    pub fn maybe<T>(&mut self, read: impl FnOnce(Cbor) -> Read<T>) -> Read<Option<T>> {
        match self.item()? {
            Cbor::Null => Ok(None),
            item => read(item).map(Some),
        }
    }

    pub fn list<T>(&mut self, read: impl FnMut(Cbor) -> Read<T>) -> Read<Vec<T>> {
        array(0, self.item()?)?.into_iter().map(read).collect()
    }

    /// All that follows.
    pub fn rest<T>(&mut self, read: impl FnMut(Cbor) -> Read<T>) -> Read<Vec<T>> {
        self.0.by_ref().map(read).collect()
    }
}
