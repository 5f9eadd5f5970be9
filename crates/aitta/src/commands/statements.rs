//! Statements of members: told to the directory, and looked for in its registry.

use pod_client::CallError;
use pod_client::directory::{DirectoryClient, Standing};
use pod_protocol::registry::Anchor;

use crate::failure::Failure;

/// Publishes a signed membership or key event, and looks whether it stands in the registry: a directory that takes a suspension and
/// keeps quiet about it is found out.
///
/// # Errors
/// [`Failure`]: it was not taken, or the directory says so and what it shows does not bear it out.
pub(crate) async fn published(directory: &DirectoryClient, anchor: &Anchor, statement: &[u8]) -> Result<(), Failure> {
    directory.publish_statement(statement).await?;
    match directory.find_statement(anchor, statement).await {
        Ok(Standing::Proven { .. }) => {}
        Ok(Standing::Unproven | Standing::LastGood) => {
            tracing::warn!("it stands in the registry, and too few other organisations have seen the registry lately");
        }
        Err(lie @ CallError::Unbelievable { .. }) => return Err(lie.into()),
        Err(trouble) => {
            tracing::warn!(
                "the directory says that it took it; whether it stands in the registry was not seen: {trouble}"
            );
        }
    }
    Ok(())
}
