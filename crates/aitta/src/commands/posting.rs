//! When a holder cannot be reached: what it is to hear goes by way of the directory's log, and people are told what that means.

use pod_client::directory::{Taken, seal_for};
use pod_protocol::ids::Principal;
use pod_protocol::tlog::leaf::Body;
use pod_protocol::tlog::post::{MAX_POSTED, Posted};
use serde_json::{Value, json};

use super::federation::Joined;
use crate::failure::Failure;

/// In how many seconds a holder hears of what stands in the log, once it is connected: it looks every 30 s.
pub(crate) const HEARD_WITHIN_SECS: u64 = 35;

/// Seals what a holder is to hear that could not be reached, and posts it, as much at a time as the log takes; says in words and as
/// JSON what came of it: of the first part that is not proven to stand there, if there is one.
///
/// # Errors
/// [`Failure`], when neither the directory nor another node takes it: what came after that was not posted.
pub(crate) async fn post(
    joined: &mut Joined,
    holder: &Principal,
    posted: &[Posted],
) -> Result<(String, Value), Failure> {
    let mut told: Option<(String, Value)> = None;
    for some in posted.chunks(MAX_POSTED) {
        let came = post_some(joined, holder, some).await?;
        if told.as_ref().is_none_or(|(_, before)| before["proven"] == true) {
            told = Some(came);
        }
    }
    told.ok_or_else(|| Failure::usage("there is nothing to post"))
}

async fn post_some(joined: &mut Joined, holder: &Principal, posted: &[Posted]) -> Result<(String, Value), Failure> {
    let Joined { caller, directory, copy } = joined;
    let seal = |one| seal_for(caller, &copy.registry, holder, one);
    let sealed = posted.iter().map(seal).collect::<Result<Vec<_>, _>>()?;
    Ok(match directory.post(caller, &copy.registry, holder, &sealed).await? {
        Taken::Logged(said) => {
            let told: Vec<Body> = sealed.into_iter().map(Body::Sealed).collect();
            let index = said.places.first().copied().flatten();
            let (words, proven) = match directory.find_in_log(&copy.registry, copy.view(), &told, &said).await {
                Ok(found) => {
                    copy.advance(found.view);
                    match found.missing.is_empty() {
                        true => ("It stands in the directory's log.".to_owned(), true),
                        false => ("The directory says that it stands in the log, and it does not.".to_owned(), false),
                    }
                }
                Err(trouble) => {
                    let unchecked = "The directory says that it stands in the log; that could not be checked";
                    (format!("{unchecked} ({trouble})."), false)
                }
            };
            (words, json!({ "log_index": index, "proven": proven }))
        }
        Taken::Forwarded(node) => (
            format!("The directory could not be reached either; {node} passes it on to it."),
            json!({ "forwarded_by": node }),
        ),
    })
}

/// Posts one signed revocation, and says when it takes effect.
///
/// # Errors
/// As [`post`].
pub(crate) async fn post_revocation(
    joined: &mut Joined,
    holder: &Principal,
    revocation: &[u8],
) -> Result<(String, Value), Failure> {
    let name = joined.name_of(holder);
    let (by, json) = post(joined, holder, &[Posted::Revocation(revocation.to_vec())]).await?;
    let words = format!(
        "{name} could not be reached. {by} It takes effect at {name} when it hears of it, within {HEARD_WITHIN_SECS} s of being \
         connected; where the grant was passed on, within 5 minutes. Run this again later for the holder's own word."
    );
    Ok((words, json))
}
