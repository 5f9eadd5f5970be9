//! Trace identifiers: W3C Trace Context, `traceparent` version 00.

use std::fmt;
use std::str::FromStr;

use axum::http::HeaderMap;

/// The header field, W3C Trace Context section 3.2.
const TRACEPARENT: &str = "traceparent";
/// Lengths of `version-traceid-parentid-flags` with its three hyphens.
const TRACEPARENT_CHARS: usize = 55;

/// Sixteen bytes that name one call across processes; never all zero when received.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceId([u8; 16]);

impl TraceId {
    /// From fresh random bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The identifier a caller sent in one valid `traceparent`, otherwise a fresh one.
    ///
    /// A missing, repeated or malformed field is not an error (W3C Trace Context section 4.3: restart the trace).
    pub fn of(headers: &HeaderMap, fresh: impl FnOnce() -> [u8; 16]) -> Self {
        TraceParent::of(headers).map_or_else(|| Self(fresh()), |parent| parent.trace_id)
    }

    /// The bytes.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A `traceparent` field (W3C Trace Context section 3.2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceParent {
    /// The whole call.
    pub trace_id: TraceId,
    /// The caller's step in it; not all zero.
    pub parent_id: [u8; 8],
    /// Whether the caller records this trace (bit 0 of the flags).
    pub sampled: bool,
}

impl TraceParent {
    /// The valid `traceparent` of a request, if there is exactly one.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let mut values = headers.get_all(TRACEPARENT).iter();
        match (values.next(), values.next()) {
            (Some(only), None) => only.to_str().ok()?.parse().ok(),
            _ => None,
        }
    }
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{}-", self.trace_id)?;
        self.parent_id.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        write!(f, "-{:02x}", u8::from(self.sampled))
    }
}

/// The text is not a `traceparent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a W3C traceparent: write `00-<32 hex>-<16 hex>-<2 hex>` in lower case, ids not all zero")]
pub struct TraceParentError;

impl FromStr for TraceParent {
    type Err = TraceParentError;

    fn from_str(text: &str) -> Result<Self, TraceParentError> {
        let (known, rest) = text.split_at_checked(TRACEPARENT_CHARS).ok_or(TraceParentError)?;
        let mut parts = known.split('-');
        let mut part = || parts.next().ok_or(TraceParentError);
        let [version] = hex::<1>(part()?)?;
        let trace_id = hex::<16>(part()?)?;
        let parent_id = hex::<8>(part()?)?;
        let [flags] = hex::<1>(part()?)?;
        // Version 00 ends here; a later one may go on after a hyphen; ff is forbidden.
        let ends_well = rest.is_empty() || (version > 0 && rest.starts_with('-'));
        if version == 0xff || !ends_well || trace_id == [0; 16] || parent_id == [0; 8] {
            return Err(TraceParentError);
        }
        Ok(Self { trace_id: TraceId(trace_id), parent_id, sampled: flags & 1 == 1 })
    }
}

/// Lower-case hexadecimal of exactly `N` bytes.
fn hex<const N: usize>(text: &str) -> Result<[u8; N], TraceParentError> {
    if text.len() != N * 2 {
        return Err(TraceParentError);
    }
    let mut out = [0; N];
    for (byte, pair) in out.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        for character in pair {
            let digit = match character {
                b'0'..=b'9' => character - b'0',
                b'a'..=b'f' => character - b'a' + 10,
                _ => return Err(TraceParentError),
            };
            *byte = (*byte << 4) | digit;
        }
    }
    Ok(out)
}
