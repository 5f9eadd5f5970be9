//! What the judge says: bytes, or a code.

use pod_protocol::Refusal;
use pod_protocol::codec::CborFault;
use pod_protocol::refusal::ClaimFault;
use pod_protocol::tlog::LogFault;

/// A code.
pub struct Refused(pub &'static str);

pub type Told = Result<Vec<u8>, Refused>;

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self(refusal.code())
    }
}

impl From<CborFault> for Refused {
    fn from(fault: CborFault) -> Self {
        Refusal::from(fault).into()
    }
}

impl From<ClaimFault> for Refused {
    fn from(fault: ClaimFault) -> Self {
        Refusal::from(fault).into()
    }
}

impl From<LogFault> for Refused {
    fn from(fault: LogFault) -> Self {
        Self(fault.code())
    }
}
