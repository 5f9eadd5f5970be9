//! Fields and questions as people write them on a command line.

use pod_protocol::field::RecordType;
use pod_protocol::request::Name;

use crate::failure::Failure;

/// Reads `TYPE:FIELD` or `TYPE:?QUESTION`.
pub(crate) fn name(text: &str) -> Result<(RecordType, Name), Failure> {
    let parsed = text.split_once(':').and_then(|(of, name)| Some((of.parse().ok()?, name.parse().ok()?)));
    parsed.ok_or_else(|| {
        Failure::usage(format!("`{text}` is not TYPE:FIELD")).advise(
            "Copy it from the brackets of `aitta wallet requests`, for example child-health:allergies.substance.",
        )
    })
}

/// Reads all of them.
pub(crate) fn names(texts: &[String]) -> Result<Vec<(RecordType, Name)>, Failure> {
    texts.iter().map(|text| name(text)).collect()
}
