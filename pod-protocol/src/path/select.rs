//! Step 3: which names may leave, after non-disclosure, restriction and objection? Names only: nothing is opened yet.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::authorise::{Authorised, AuthorisedItem};
use super::verify::VerifiedRequest;
use crate::chain::SharedGrant;
use crate::field::{FieldPath, RecordType, project, stands, withhold};
use crate::predicate::Predicate;
use crate::refusal::Refusal;
use crate::request::{Name, Wanted};
use crate::standing::Standing;
use crate::value::Value;

/// Most fields that a catalogue protects, of all its record types together: cities name a dozen. Each can stand in one
/// entry of the log.
pub const MAX_PROTECTED_FIELDS: usize = 128;

/// What the holder's catalogue says about disclosure.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DisclosureRules {
    /// Of each record type of the catalogue, the fields that are released to nobody about a person under non-disclosure, at most
    /// [`MAX_PROTECTED_FIELDS`] in all; an empty list for none. A type that is not here is withheld whole.
    pub protected: BTreeMap<RecordType, Vec<FieldPath>>,
}

/// Why a name is kept back. The service never learns of it; the citizen's log says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WithheldReason {
    /// The person is under non-disclosure.
    NonDisclosure,
    /// The citizen restricted this record type.
    Restricted,
    /// The citizen objected to this purpose.
    Objected,
}

impl WithheldReason {
    /// The stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NonDisclosure => "non-disclosure",
            Self::Restricted => "restricted",
            Self::Objected => "objected",
        }
    }
}

/// A name that is kept back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withheld {
    /// The record type.
    pub record_type: RecordType,
    /// The field or predicate.
    pub name: Name,
    /// Why.
    pub reason: WithheldReason,
}

/// What may leave of one record type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeSelection {
    /// The record type.
    record_type: RecordType,
    /// Fields as they are.
    fields: Vec<FieldPath>,
    /// Questions to answer.
    predicates: Vec<Predicate>,
    /// Parts that stay inside, also where a selected name is a parent of them.
    kept_back: Vec<FieldPath>,
}

impl TypeSelection {
    /// The record type.
    #[must_use]
    pub fn record_type(&self) -> &RecordType {
        &self.record_type
    }

    /// What leaves of these records of the type: the projected records, and the answers under their predicates' ids.
    /// Entries are absent when there is nothing.
    #[must_use]
    pub fn apply(&self, mut records: Vec<Value>) -> BTreeMap<String, Value> {
        records.iter_mut().for_each(|record| withhold(record, &self.kept_back));
        let mut out = BTreeMap::new();
        if !self.fields.is_empty() {
            let kept: Vec<Value> = records.iter().filter_map(|record| project(record, &self.fields)).collect();
            if !kept.is_empty() {
                out.insert(self.record_type.to_string(), Value::Array(kept));
            }
        }
        for predicate in &self.predicates {
            out.insert(format!("{}{}", self.record_type, predicate.id), predicate.evaluate(&records));
        }
        records.iter_mut().for_each(pod_crypto::Zeroize::zeroize);
        out
    }
}

/// One item's selection.
#[derive(Debug)]
pub struct ItemSelection {
    standing: Arc<Standing>,
    chain: Vec<SharedGrant>,
    taken_secs: Vec<u64>,
    types: Vec<TypeSelection>,
    withheld: Vec<Withheld>,
}

impl ItemSelection {
    /// The pod's standing as it was when this was decided.
    #[must_use]
    pub fn standing(&self) -> &Arc<Standing> {
        &self.standing
    }

    /// The chain, the root first.
    #[must_use]
    pub fn chain(&self) -> &[SharedGrant] {
        &self.chain
    }

    /// The chain, the root first, each grant with when the holder took it in.
    pub fn taken(&self) -> impl Iterator<Item = (&SharedGrant, u64)> {
        self.chain.iter().zip(self.taken_secs.iter().copied().chain(std::iter::repeat(0)))
    }

    /// What may leave.
    #[must_use]
    pub fn types(&self) -> &[TypeSelection] {
        &self.types
    }

    /// What is kept back, for the citizen's log.
    #[must_use]
    pub fn withheld(&self) -> &[Withheld] {
        &self.withheld
    }

    /// The names that `data` has something for, for receipt and log: what is absent is not among them, so that a name which was
    /// kept back is missed no more than one that is not there. `data` is what [`TypeSelection::apply`] gave for all types. An
    /// empty list says "there is none", which is something; a predicate that answers `unknown` says nothing.
    #[must_use]
    pub fn released(&self, data: &BTreeMap<String, Value>) -> Vec<Wanted> {
        let there = |of: &RecordType, name: &Name| match (name, data.get(of.as_str())) {
            (Name::Field(field), Some(records)) => stands(records, field),
            (Name::Field(_), None) => false,
            (Name::Predicate(id), _) => data.get(&format!("{of}{id}")).is_some_and(|answer| *answer != Value::Null),
        };
        let mut names = self.names();
        for wanted in &mut names {
            wanted.names.retain(|name| there(&wanted.record_type, name));
        }
        names.retain(|wanted| !wanted.names.is_empty());
        names
    }

    /// The names that may leave, whether or not anything stands there. Not for a receipt: beside what was asked, they tell what
    /// was kept back.
    #[must_use]
    pub fn names(&self) -> Vec<Wanted> {
        self.types
            .iter()
            .map(|one| Wanted {
                record_type: one.record_type.clone(),
                names: one
                    .fields
                    .iter()
                    .cloned()
                    .map(Name::Field)
                    .chain(one.predicates.iter().map(|predicate| Name::Predicate(predicate.id.clone())))
                    .collect(),
            })
            .filter(|wanted| !wanted.names.is_empty())
            .collect()
    }
}

/// A request with, for each item, the names that may leave, or why none does.
#[derive(Debug)]
pub struct Selection {
    request: VerifiedRequest,
    items: Vec<Result<ItemSelection, Refusal>>,
}

impl Selection {
    /// The request.
    #[must_use]
    pub fn request(&self) -> &VerifiedRequest {
        &self.request
    }

    /// The items, in the request's order.
    pub fn items(&self) -> &[Result<ItemSelection, Refusal>] {
        &self.items
    }
}

/// Selects what may leave. Where everything of an item is kept back, the item is still answered, with nothing: withheld looks
/// like absent (invariants 4 and 5).
#[must_use]
pub fn select(authorised: Authorised, rules: &DisclosureRules) -> Selection {
    let (request, items) = authorised.into_parts();
    let items = items.into_iter().map(|item| Ok(select_item(item?, &request, rules))).collect();
    Selection { request, items }
}

fn select_item(item: AuthorisedItem, request: &VerifiedRequest, rules: &DisclosureRules) -> ItemSelection {
    let AuthorisedItem { standing, chain, taken_secs, mut acting_for, granted } = item;
    acting_for.push(request.caller().organisation);
    let objected = acting_for.iter().any(|organisation| standing.objects(&request.purpose, organisation));
    let mut withheld = Vec::new();
    let mut types = Vec::new();
    for (record_type, fields, predicates) in granted {
        let protected = match rules.protected.get(&record_type) {
            _ if !standing.non_disclosure => Some(&[][..]),
            known => known.map(Vec::as_slice),
        };
        let whole = match (objected, standing.restricts(&record_type), protected) {
            (true, _, _) => Some(WithheldReason::Objected),
            (false, true, _) => Some(WithheldReason::Restricted),
            (false, false, None) => Some(WithheldReason::NonDisclosure),
            (false, false, Some(_)) => None,
        };
        let protected = protected.unwrap_or_default();
        // A predicate over something kept back still answers: `unknown`, as for something absent.
        let mut kept_back: Vec<FieldPath> = protected.to_vec();
        let reason_of = |field: &FieldPath| {
            let covered = protected.iter().any(|one| one.covers(field));
            whole.or(covered.then_some(WithheldReason::NonDisclosure))
        };
        let mut names = Vec::new();
        let mut selected = Vec::new();
        let mut looked_at = Vec::new();
        for field in fields {
            match reason_of(&field) {
                Some(reason) => names.push((Name::Field(field), reason)),
                None => selected.push(field),
            }
        }
        for predicate in &predicates {
            match reason_of(&predicate.field) {
                Some(reason) => {
                    kept_back.push(predicate.field.clone());
                    names.push((Name::Predicate(predicate.id.clone()), reason));
                }
                None => looked_at.push(&predicate.field),
            }
        }
        // What leaves is made from what remains, as for somebody of whom nothing more is there: of names above them, the
        // protected parts are what is kept back.
        for part in protected {
            let part_of = |above: &FieldPath| above.covers(part);
            let kept = (Name::Field(part.clone()), WithheldReason::NonDisclosure);
            if (selected.iter().any(part_of) || looked_at.iter().any(|above| part_of(above))) && !names.contains(&kept)
            {
                names.push(kept);
            }
        }
        withheld.extend(names.into_iter().map(|(name, reason)| Withheld {
            record_type: record_type.clone(),
            name,
            reason,
        }));
        types.push(TypeSelection { record_type, fields: selected, predicates, kept_back });
    }
    ItemSelection { standing, chain, taken_secs, types, withheld }
}
