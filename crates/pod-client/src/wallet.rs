//! Finding who holds something of a citizen, so that nobody else learns it: not the blinder, not the directory.

use pod_crypto::blind::Blinding;
use pod_crypto::{Random, Zeroizing, random_array};
use pod_protocol::holder_entry::{HolderHandle, blind_info, tag_and_key};
use pod_protocol::ids::Principal;
use pod_protocol::statement::Role;

use crate::blinder::BlinderClient;
use crate::caller::Caller;
use crate::directory::{DirectoryClient, NewestSeen, RegistryCopy};
use crate::error::CallError;

/// A holder with a pod of this citizen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundHolder {
    /// The holder.
    pub holder: Principal,
    /// Its short name.
    pub name: String,
    /// The pod, and what lies in it.
    pub handle: HolderHandle,
}

/// Finds all holders: blinds the identity code once, has it evaluated for every holder of the registry, downloads whole
/// buckets that prove what is in them, and opens what is this citizen's. `id_token` is a fresh login at the blinder's own
/// client. `copy` goes on with the log, and `seen` remembers how new this citizen's entries are: both are to be kept.
///
/// # Errors
/// [`CallError`]. An entry that is expired, or not signed by its holder, is passed over.
pub async fn find_holders(
    caller: &Caller,
    identity_code: &str,
    id_token: &str,
    copy: &mut RegistryCopy,
    blinder: &BlinderClient,
    directory: &DirectoryClient,
    seen: &mut NewestSeen,
) -> Result<Vec<FoundHolder>, CallError> {
    let mut holders: Vec<(Principal, String)> = copy
        .registry
        .organisations()
        .filter(|organisation| organisation.has(Role::Holder) && !organisation.is_suspended())
        .map(|organisation| (*organisation.principal(), organisation.name().to_string()))
        .collect();
    // In the registry's order each bucket would be asked for one holder's sake, and hide one only among its entries there.
    holders.sort_by_cached_key(|_| random_array::<16>(&*caller.random));
    let principals: Vec<Principal> = holders.iter().map(|(principal, _)| *principal).collect();
    // As registers and holders write it.
    let code = Zeroizing::new(identity_code.trim().to_ascii_uppercase());
    let factor = OneFactor::new(&*caller.random);
    let blind = || {
        let what = |_| CallError::Ours { what: "the identity code is empty or too long".to_owned() };
        Blinding::blind(code.as_bytes(), &factor).map_err(what)
    };
    let (_, blinded) = blind()?;
    let evaluations = blinder.evaluate_citizen(id_token, &blinded, &principals).await?;
    let mut lookup = directory.lookup(copy);
    let mut found = Vec::new();
    for ((holder, name), evaluation) in holders.into_iter().zip(evaluations) {
        let (blinding, _) = blind()?;
        let output = blinding
            .finalize(&blind_info(&holder, blinder.key().epoch), &evaluation, &blinder.key().public)
            .map_err(|error| blinder.unbelievable(error))?;
        let (tag, key) = tag_and_key(&output);
        let entries = lookup.entries(&holder, &tag, seen, caller.now_secs()).await?;
        let opened = entries.iter().filter_map(|entry| entry.sealed.as_deref());
        let handle = opened.filter_map(|sealed| HolderHandle::open(&key, &holder, &tag, sealed).ok()).next();
        if let Some(handle) = handle {
            found.push(FoundHolder { holder, name, handle });
        }
    }
    found.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(found)
}

/// Gives the same bytes each time, so that one blinded input, sent once, can be unblinded for each holder: taking the
/// blinding off consumes it. Secret and used for one search only.
struct OneFactor(Zeroizing<[u8; Self::BYTES]>);

impl OneFactor {
    /// What one random scalar of ristretto255 is made from.
    const BYTES: usize = 64;

    fn new(random: &dyn Random) -> Self {
        let mut bytes = Zeroizing::new([0; Self::BYTES]);
        random.fill(&mut *bytes);
        Self(bytes)
    }
}

impl Random for OneFactor {
    fn fill(&self, out: &mut [u8]) {
        for (to, from) in out.iter_mut().zip(self.0.iter().cycle()) {
            *to = *from;
        }
    }
}
