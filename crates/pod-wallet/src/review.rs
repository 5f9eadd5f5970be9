//! An access request as a person sees it before deciding. The wallet renders from the signed bytes, and refuses to sign
//! what it cannot show.

use pod_crypto::hpke::SealPublicKey;
use pod_protocol::access_request::{AccessRequest, Ask};
use pod_protocol::cose::Verified;
use pod_protocol::field::{FieldPath, PredicateId, Purpose, RecordType};
use pod_protocol::ids::{ObjectId, Principal};
use pod_protocol::predicate::Predicate;
use pod_protocol::refusal::Refusal;
use pod_protocol::registry::{Organisation, OverAsk, Registry};
use pod_protocol::request::Name;
use pod_protocol::words::Words;
use serde::Serialize;

use crate::labels::Labels;
use crate::language::{Language, Sentence};
use crate::wording::{over_ask_words, problem_words, question};

/// Why there is nothing to review.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReviewFault {
    /// The bytes are no access request of a registered service, or it can no longer be answered.
    #[error("the access request is not acceptable: {0}")]
    Refused(#[from] Refusal),
}

impl ReviewFault {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Refused(refusal) => refusal.code(),
        }
    }
}

/// Something in an access request that the wallet cannot show, so that nothing of it is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// No holder's catalogue has this record type.
    RecordType(RecordType),
    /// No holder's catalogue has this field.
    Field(RecordType, FieldPath),
    /// A question about a field that no holder's catalogue has.
    Question(RecordType, PredicateId, FieldPath),
    /// It names a holder that is no member.
    Holder(Principal),
    /// It would be passed on to somebody who is no member.
    Delegatee(Principal),
}

impl Problem {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::RecordType(_) => "unknown-type",
            Self::Field(..) => "unknown-field",
            Self::Question(..) => "unknown-question-field",
            Self::Holder(_) => "unknown-holder",
            Self::Delegatee(_) => "unknown-delegatee",
        }
    }
}

/// One field or question, as shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReviewedName {
    /// The name in the grant.
    pub name: Name,
    /// What it is called, or the question in words.
    pub words: Sentence,
    /// Whether the service only learns an answer, not the value.
    pub answer_only: bool,
    /// Whether the service says that it cannot do without.
    pub required: bool,
    /// Whether the service is registered for it.
    pub over_asked: bool,
}

/// What is asked of one record type, as shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReviewedType {
    /// The record type in the grant.
    pub record_type: RecordType,
    /// What it is called.
    pub words: Sentence,
    /// The fields and questions.
    pub names: Vec<ReviewedName>,
}

/// Somebody named in the request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Named {
    /// Who.
    pub principal: Principal,
    /// What people call them.
    pub words: Sentence,
}

/// Everything that a person sees of an access request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// The id of the access request.
    pub id: ObjectId,
    /// Who asks.
    pub service: Named,
    /// Whose service it is.
    pub organisation: Named,
    /// Why, in the service's words.
    pub reason: Words,
    /// The purpose that is signed.
    pub purpose: Purpose,
    /// What is asked for.
    pub types: Vec<ReviewedType>,
    /// How long the service would keep what it gets, in seconds.
    pub retention_secs: u64,
    /// How long a grant would count, in seconds from the decision.
    pub validity_secs: u64,
    /// First second at which it can no longer be answered.
    pub answer_before_secs: u64,
    /// At which holders; none means wherever there are such records.
    pub holders: Option<Vec<Named>>,
    /// How often in a row the grant may be passed on; 0 is not at all.
    pub depth: u64,
    /// To whom alone; nobody when `depth` is 0.
    pub delegatees: Vec<Named>,
    /// What goes beyond the service's registration.
    pub over_asked: Vec<Flag>,
    /// What cannot be shown. Unless it is empty, nothing can be signed.
    pub problems: Vec<Flag>,
}

/// A finding with its stable code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Flag {
    /// The code.
    pub code: &'static str,
    /// In words.
    pub words: Sentence,
}

/// A verified access request with what a person sees of it.
#[derive(Clone, Debug)]
pub struct Review {
    request: Verified<AccessRequest>,
    seal_key: SealPublicKey,
    registered_retention_secs: u64,
    over_asked: Vec<OverAsk>,
    problems: Vec<Problem>,
    summary: Summary,
}

impl Review {
    /// Verifies an access request and prepares what is shown.
    ///
    /// # Errors
    /// [`ReviewFault::Refused`]: as [`Registry::check_access_request`]; an unknown claim is among its reasons.
    pub fn of(bytes: &[u8], registry: &Registry, labels: &Labels, now_secs: u64) -> Result<Self, ReviewFault> {
        let request = registry.check_access_request(bytes, now_secs)?;
        let over_asked = registry.over_asking(&request)?;
        let found = registry.service(&request.service).ok_or(Refusal::Suspended)?;
        let mut problems = Vec::new();
        let types = request.items.iter().map(|ask| reviewed_type(ask, labels, &over_asked, &mut problems)).collect();
        let named = |principals: &[Principal], problem: fn(Principal) -> Problem, problems: &mut Vec<Problem>| {
            principals
                .iter()
                .filter_map(|principal| match registry.organisation(principal) {
                    Some(organisation) => Some(name_of(organisation)),
                    None => {
                        problems.push(problem(*principal));
                        None
                    }
                })
                .collect::<Vec<_>>()
        };
        let holders = request.holders.as_deref().map(|list| named(list, Problem::Holder, &mut problems));
        let delegatees = named(&request.delegatees, Problem::Delegatee, &mut problems);
        let summary = Summary {
            id: request.id(),
            service: Named { principal: request.service, words: sentence(&found.service.names) },
            organisation: name_of(found.organisation),
            reason: request.reason.clone(),
            purpose: request.purpose.clone(),
            types,
            retention_secs: request.retention_secs,
            validity_secs: request.validity_secs,
            answer_before_secs: request.expires,
            holders,
            depth: request.depth,
            delegatees,
            over_asked: over_asked
                .iter()
                .map(|one| flag(one.code(), |language| over_ask_words(one, language)))
                .collect(),
            problems: problems.iter().map(|one| flag(one.code(), |language| problem_words(one, language))).collect(),
        };
        Ok(Self {
            seal_key: found.service.seal_key,
            registered_retention_secs: found.service.max_retention_secs,
            request,
            over_asked,
            problems,
            summary,
        })
    }

    /// What a person sees.
    #[must_use]
    pub fn summary(&self) -> &Summary {
        &self.summary
    }

    /// The verified access request.
    #[must_use]
    pub fn request(&self) -> &Verified<AccessRequest> {
        &self.request
    }

    /// What goes beyond the service's registration.
    #[must_use]
    pub fn over_asked(&self) -> &[OverAsk] {
        &self.over_asked
    }

    /// What cannot be shown.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Whether everything can be shown.
    #[must_use]
    pub fn is_signable(&self) -> bool {
        self.problems.is_empty()
    }

    /// To which key decisions are sealed.
    pub(crate) fn seal_key(&self) -> &SealPublicKey {
        &self.seal_key
    }

    /// How long the service is registered to keep data.
    pub(crate) fn registered_retention_secs(&self) -> u64 {
        self.registered_retention_secs
    }

    /// Whether this name goes beyond the service's registration.
    pub(crate) fn is_over_asked(&self, record_type: &RecordType, name: &Name) -> bool {
        is_over_asked(&self.over_asked, record_type, name)
    }
}

fn is_over_asked(over_asked: &[OverAsk], record_type: &RecordType, name: &Name) -> bool {
    over_asked.iter().any(|one| match (one, name) {
        (OverAsk::RecordType(of), _) => of == record_type,
        (OverAsk::Field(of, field), Name::Field(asked)) => of == record_type && field == asked,
        (OverAsk::Derived(of, id, _), Name::Predicate(asked)) => of == record_type && id == asked,
        _ => false,
    })
}

fn reviewed_type(ask: &Ask, labels: &Labels, over_asked: &[OverAsk], problems: &mut Vec<Problem>) -> ReviewedType {
    let of = &ask.record_type;
    let words = match labels.record_type(of) {
        Some(words) => sentence(words),
        None => {
            problems.push(Problem::RecordType(of.clone()));
            unnamed(of.as_str())
        }
    };
    let mut names = Vec::new();
    for (required, fields) in [(true, &ask.required), (false, &ask.optional)] {
        for field in fields {
            let words = labels.field(of, field).map(sentence).unwrap_or_else(|| {
                problems.push(Problem::Field(of.clone(), field.clone()));
                unnamed(field.as_str())
            });
            let name = Name::Field(field.clone());
            let over_asked = is_over_asked(over_asked, of, &name);
            names.push(ReviewedName { name, words, answer_only: false, required, over_asked });
        }
    }
    for (required, predicates) in [(true, &ask.required_predicates), (false, &ask.optional_predicates)] {
        for predicate in predicates {
            let name = Name::Predicate(predicate.id.clone());
            let over_asked = is_over_asked(over_asked, of, &name);
            let words = question_words(of, predicate, labels, problems);
            names.push(ReviewedName { name, words, answer_only: true, required, over_asked });
        }
    }
    ReviewedType { record_type: of.clone(), words, names }
}

fn question_words(of: &RecordType, predicate: &Predicate, labels: &Labels, problems: &mut Vec<Problem>) -> Sentence {
    let field = labels.field(of, &predicate.field);
    if field.is_none() {
        problems.push(Problem::Question(of.clone(), predicate.id.clone(), predicate.field.clone()));
    }
    Sentence::of(|language| {
        let label = field.map_or(predicate.field.as_str(), |words| words.in_language(language.code()));
        question(predicate, label, language)
    })
}

fn name_of(organisation: &Organisation) -> Named {
    let words = organisation.names().map_or_else(|| unnamed(organisation.name().as_str()), sentence);
    Named { principal: *organisation.principal(), words }
}

fn flag(code: &'static str, say: impl Fn(Language) -> String) -> Flag {
    Flag { code, words: Sentence::of(say) }
}

/// Words that came signed or from a catalogue.
fn sentence(words: &Words) -> Sentence {
    Sentence { fi: words.fi().into(), sv: words.sv().into(), en: words.en().into() }
}

/// What has no words is shown as it is named.
fn unnamed(name: &str) -> Sentence {
    Sentence::of(|_| name.to_owned())
}
