//! Deciding: from a reviewed access request and a person's choice to one grant for each holder and a sealed decision.

use pod_crypto::hpke::SealFailed;
use pod_crypto::{Random, random_array};
use pod_protocol::cose::Verified;
use pod_protocol::decision::{Decision, DecisionOutcome, HolderGrant};
use pod_protocol::field::{Purpose, RecordType};
use pod_protocol::grant::{Grant, GrantLimits, Permission};
use pod_protocol::ids::{Cti, PodId, Principal};
use pod_protocol::registry::OverAsk;
use pod_protocol::request::Name;

use crate::keys::Signer;
use crate::review::Review;

/// The legal basis of every grant that a citizen signs: consent (GDPR Article 6(1)(a)).
const CONSENT: &str = "eu-gdpr:A6-1-a";

/// A holder at which the citizen agrees.
#[derive(Clone, Debug)]
pub struct HolderChoice<'a> {
    /// The pod there.
    pub pod: PodId,
    /// The wallet's key there; the holder is the signer's organisation.
    pub signer: &'a Signer,
    /// What lies there, when it is known: the grant names nothing else.
    pub record_types: Option<Vec<RecordType>>,
}

/// What a person chose.
#[derive(Clone, Debug, Default)]
pub struct Choice<'a> {
    /// What was ticked of the optional things. Nothing is, unless it stands here.
    pub optional: Vec<(RecordType, Name)>,
    /// At which holders.
    pub holders: Vec<HolderChoice<'a>>,
    /// First second at which the grants no longer count, if earlier than asked.
    pub until_secs: Option<u64>,
    /// How often they may be passed on, if less than asked.
    pub depth: Option<u64>,
    /// Leave out what goes beyond the service's registration, and keep to the registered retention. Otherwise nothing of
    /// an over-asking request is signed: holders would refuse it.
    pub leave_out_over_asked: bool,
}

/// Why nothing was signed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChoiceFault {
    /// The wallet cannot show all of the request.
    #[error("the request asks for something that cannot be shown ({0}), so nothing of it is signed")]
    Unshowable(&'static str),
    /// It can no longer be answered.
    #[error("the request can no longer be answered")]
    TooLate,
    /// A ticked name is not optional in this request.
    #[error("`{1}` of `{0}` is not among the optional things of this request")]
    NotOptional(RecordType, Name),
    /// No holder was chosen.
    #[error("no holder was chosen")]
    NoHolder,
    /// A holder was chosen that the request does not name.
    #[error("the request is not for the holder {0}")]
    HolderNotAsked(Principal),
    /// A holder was chosen twice: a decision has one grant for each.
    #[error("the holder {0} was chosen twice: decide about one person at a time")]
    HolderTwice(Principal),
    /// The holder has nothing of what is asked.
    #[error("the holder {0} has nothing of what is asked for")]
    NothingThere(Principal),
    /// Something goes beyond the registration and was not left out, or cannot be.
    #[error("the request goes beyond the service's registration ({0}); leave that out or deny")]
    OverAsked(&'static str),
    /// Nothing is left to grant.
    #[error("nothing is left to grant: deny instead")]
    Nothing,
    /// A time in the past, or later than asked.
    #[error("the end must lie between now and {latest_secs} (seconds since 1970), which is what was asked for")]
    Until {
        /// The latest that may be chosen.
        latest_secs: u64,
    },
    /// Passed on more often than asked.
    #[error("the request asks that it may be passed on at most {asked} times in a row")]
    Depth {
        /// What was asked.
        asked: u64,
    },
    /// The service's registered key cannot be sealed to.
    #[error("the service's registered key cannot be sealed to")]
    Seal(#[from] SealFailed),
}

/// What was decided, ready to be sent.
#[derive(Clone, Debug)]
pub struct Decided {
    /// One grant for each holder, to deposit there. None after a denial.
    pub grants: Vec<Verified<Grant>>,
    /// The decision, sealed to the service, to leave with the service's node.
    pub sealed: Vec<u8>,
}

/// Agrees: signs one grant for each chosen holder, with everything required and exactly the optional things chosen.
///
/// # Errors
/// [`ChoiceFault`]; nothing was signed then.
pub fn agree(review: &Review, choice: &Choice<'_>, now_secs: u64, random: &dyn Random) -> Result<Decided, ChoiceFault> {
    check_answerable(review, now_secs)?;
    if let Some(problem) = review.problems().first() {
        return Err(ChoiceFault::Unshowable(problem.code()));
    }
    check_holders(review, choice)?;
    let limits = limits(review, choice)?;
    let permissions = permissions(review, choice)?;
    let expires = until(review, choice, now_secs)?;
    let grants = choice
        .holders
        .iter()
        .map(|holder| {
            let permissions: Vec<Permission> =
                permissions.iter().filter(|permission| lies_there(holder, permission)).cloned().collect();
            if permissions.is_empty() {
                return Err(ChoiceFault::NothingThere(holder.signer.organisation));
            }
            let grant = Grant {
                issuer: holder.signer.principal,
                subject: holder.pod,
                audience: holder.signer.organisation,
                expires,
                not_before: None,
                issued: now_secs,
                cti: Cti::new(random_array(random)),
                confirmation: review.request().confirmation,
                parent: None,
                permissions,
                purposes: vec![review.request().purpose.clone()],
                limits: limits.clone(),
                key_event: holder.signer.key_event,
                legal_basis: CONSENT.parse::<Purpose>().ok(),
            };
            Ok(Verified::sign(&holder.signer.key, grant))
        })
        .collect::<Result<Vec<_>, _>>()?;
    let outcome = DecisionOutcome::Granted(
        grants
            .iter()
            .map(|grant| HolderGrant { holder: grant.audience, pod: grant.subject, grant: grant.bytes().to_vec() })
            .collect(),
    );
    Ok(Decided { sealed: seal(review, outcome, random)?, grants })
}

/// Denies. A request that cannot be shown or asks for too much can always be denied.
///
/// # Errors
/// [`ChoiceFault::TooLate`], [`ChoiceFault::Seal`].
pub fn deny(review: &Review, for_good: bool, now_secs: u64, random: &dyn Random) -> Result<Decided, ChoiceFault> {
    check_answerable(review, now_secs)?;
    let sealed = seal(review, DecisionOutcome::Denied { for_good }, random)?;
    Ok(Decided { grants: Vec::new(), sealed })
}

fn seal(review: &Review, outcome: DecisionOutcome, random: &dyn Random) -> Result<Vec<u8>, SealFailed> {
    Decision { request: review.request().id(), outcome }.seal(review.seal_key(), random)
}

fn check_answerable(review: &Review, now_secs: u64) -> Result<(), ChoiceFault> {
    if review.request().expires <= now_secs { Err(ChoiceFault::TooLate) } else { Ok(()) }
}

fn check_holders(review: &Review, choice: &Choice<'_>) -> Result<(), ChoiceFault> {
    if choice.holders.is_empty() {
        return Err(ChoiceFault::NoHolder);
    }
    for (at, chosen) in choice.holders.iter().enumerate() {
        let holder = chosen.signer.organisation;
        if choice.holders.iter().take(at).any(|other| other.signer.organisation == holder) {
            return Err(ChoiceFault::HolderTwice(holder));
        }
        if review.request().holders.as_ref().is_some_and(|asked| !asked.contains(&holder)) {
            return Err(ChoiceFault::HolderNotAsked(holder));
        }
    }
    Ok(())
}

fn lies_there(holder: &HolderChoice<'_>, permission: &Permission) -> bool {
    holder.record_types.as_ref().is_none_or(|there| there.contains(permission.record_type()))
}

fn limits(review: &Review, choice: &Choice<'_>) -> Result<GrantLimits, ChoiceFault> {
    let mut limits = review.request().grant_limits();
    for over in review.over_asked() {
        match over {
            OverAsk::Retention { .. } if choice.leave_out_over_asked => {
                limits.retention_secs = Some(review.registered_retention_secs());
            }
            OverAsk::Purpose(_) => return Err(ChoiceFault::OverAsked(over.code())),
            _ if choice.leave_out_over_asked => {}
            _ => return Err(ChoiceFault::OverAsked(over.code())),
        }
    }
    if let Some(depth) = choice.depth {
        if depth > limits.depth {
            return Err(ChoiceFault::Depth { asked: limits.depth });
        }
        limits.depth = depth;
        if depth == 0 {
            limits.organisations = None;
        }
    }
    Ok(limits)
}

fn permissions(review: &Review, choice: &Choice<'_>) -> Result<Vec<Permission>, ChoiceFault> {
    for (of, name) in &choice.optional {
        let optional = review.summary().types.iter().filter(|one| one.record_type == *of).flat_map(|one| &one.names);
        if !optional.filter(|one| !one.required).any(|one| one.name == *name) {
            return Err(ChoiceFault::NotOptional(of.clone(), name.clone()));
        }
    }
    let chosen: Vec<(RecordType, String)> =
        choice.optional.iter().map(|(of, name)| (of.clone(), name.to_string())).collect();
    let kept: Vec<Permission> =
        review.request().to_permissions(&chosen).into_iter().filter_map(|one| within(review, one)).collect();
    if kept.is_empty() { Err(ChoiceFault::Nothing) } else { Ok(kept) }
}

/// What remains of a permission without the over-asked names.
fn within(review: &Review, permission: Permission) -> Option<Permission> {
    match permission {
        Permission::Raw(of, mut fields) => {
            fields.retain(|field| !review.is_over_asked(&of, &Name::Field(field.clone())));
            (!fields.is_empty()).then_some(Permission::Raw(of, fields))
        }
        Permission::Derived(of, mut predicates) => {
            predicates.retain(|predicate| !review.is_over_asked(&of, &Name::Predicate(predicate.id.clone())));
            (!predicates.is_empty()).then_some(Permission::Derived(of, predicates))
        }
    }
}

fn until(review: &Review, choice: &Choice<'_>, now_secs: u64) -> Result<u64, ChoiceFault> {
    let latest_secs = now_secs + review.request().validity_secs;
    match choice.until_secs {
        None => Ok(latest_secs),
        Some(until) if (now_secs + 1..=latest_secs).contains(&until) => Ok(until),
        Some(_) => Err(ChoiceFault::Until { latest_secs }),
    }
}
