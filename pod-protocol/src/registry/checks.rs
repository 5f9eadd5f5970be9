//! What the registry answers about signatures, requests and access requests.

use std::fmt;

use super::{Registry, ServiceRef};
use crate::access_request::{AccessRequest, Ask};
use crate::cose::{Payload, Signed, Verified};
use crate::field::{FieldPath, PredicateId, Purpose, RecordType};
use crate::ids::{Principal, Thumbprint};
use crate::lists::current;
use crate::path::Caller;
use crate::predicate::Predicate;
use crate::refusal::Refusal;

/// One thing in an access request that goes beyond the service's registration. The citizen sees it flagged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OverAsk {
    /// Nothing of this record type is registered.
    RecordType(RecordType),
    /// This field is not registered to be read as it is.
    Field(RecordType, FieldPath),
    /// Answers about this field are not registered.
    Derived(RecordType, PredicateId, FieldPath),
    /// This purpose is not registered.
    Purpose(Purpose),
    /// It would keep the data for longer than is registered.
    Retention {
        /// What is asked for, in seconds.
        asked_secs: u64,
        /// What is registered, in seconds.
        registered_secs: u64,
    },
}

impl OverAsk {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::RecordType(_) => "over-ask-type",
            Self::Field(..) => "over-ask-field",
            Self::Derived(..) => "over-ask-derived",
            Self::Purpose(_) => "over-ask-purpose",
            Self::Retention { .. } => "over-ask-retention",
        }
    }
}

impl fmt::Display for OverAsk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RecordType(of) => write!(f, "the service is not registered for {of}"),
            Self::Field(of, field) => write!(f, "the service is not registered for the field {field} of {of}"),
            Self::Derived(of, id, field) => {
                write!(f, "the service is not registered for answers about {field} of {of} ({id})")
            }
            Self::Purpose(purpose) => write!(f, "the service is not registered for the purpose {purpose}"),
            Self::Retention { asked_secs, registered_secs } => {
                let days = |secs: &u64| secs.div_ceil(24 * 3600);
                write!(
                    f,
                    "the service would keep the data for {} days and is registered for {}",
                    days(asked_secs),
                    days(registered_secs)
                )
            }
        }
    }
}

impl ServiceRef<'_> {
    /// Whether the service may ask for these parts of a record type for this purpose: fields as they are, and answers to
    /// predicates, whose fields stand in the grant.
    ///
    /// # Errors
    /// [`Refusal::Suspended`], [`Refusal::BeyondRegistration`].
    pub fn check(
        &self,
        purpose: &Purpose,
        record_type: &RecordType,
        raw: &[FieldPath],
        predicates: &[Predicate],
    ) -> Result<(), Refusal> {
        if self.organisation.is_suspended() {
            return Err(Refusal::Suspended);
        }
        let registered = self.service.registered(record_type).ok_or(Refusal::BeyondRegistration)?;
        let inside = self.service.purposes.contains(purpose)
            && raw.iter().all(|field| registered.allows_raw(field))
            && predicates.iter().all(|predicate| registered.allows_derived(&predicate.field));
        if inside { Ok(()) } else { Err(Refusal::BeyondRegistration) }
    }

    /// The service as the path of a request takes it.
    #[must_use]
    pub fn caller(&self) -> Caller {
        Caller {
            service: self.service.principal,
            organisation: *self.organisation.principal(),
            key: *self.key,
            suspended: self.organisation.is_suspended(),
        }
    }
}

impl Registry {
    /// As [`ServiceRef::check`], for a service by its id.
    ///
    /// # Errors
    /// [`Refusal::Suspended`] when it is suspended or unknown, [`Refusal::BeyondRegistration`].
    pub fn check_request(
        &self,
        service: &Principal,
        purpose: &Purpose,
        record_type: &RecordType,
        raw: &[FieldPath],
        predicates: &[Predicate],
    ) -> Result<(), Refusal> {
        self.service(service).ok_or(Refusal::Suspended)?.check(purpose, record_type, raw, predicates)
    }

    /// The member that a service's key works for; none when it is suspended.
    #[must_use]
    pub fn organisation_of(&self, thumbprint: &Thumbprint) -> Option<Principal> {
        let found = self.service_by_kid(&thumbprint.kid())?;
        let counts = Thumbprint::of(found.key) == *thumbprint && !found.organisation.is_suspended();
        counts.then(|| *found.organisation.principal())
    }

    /// Verifies what a member signed with one of its keys of now, such as a receipt that answers a request. `issuer` is who the
    /// object says it is from.
    ///
    /// # Errors
    /// [`Refusal::UnknownKey`], [`Refusal::Key`] when the key is another member's, [`Refusal::Suspended`],
    /// [`Refusal::Signature`].
    pub fn verify_by_organisation<T: Payload>(
        &self,
        signed: Signed<T>,
        issuer: &Principal,
    ) -> Result<Verified<T>, Refusal> {
        let found = self.organisation_by_kid(&signed.kid()).ok_or(Refusal::UnknownKey)?;
        if found.organisation.principal() != issuer {
            return Err(Refusal::Key);
        }
        if found.organisation.is_suspended() {
            return Err(Refusal::Suspended);
        }
        signed.verify(found.key)
    }

    /// Verifies what a member signed some time ago and what is kept since, such as a notice, a tree head or a holder entry: with
    /// a key of now, or with one that its published log has revoked since then. That `issued_secs` is not later than now is for
    /// the caller to check. Whoever has a revoked key can still write an early time: what begins something new must be signed by
    /// a key of now ([`Registry::verify_by_organisation`]).
    ///
    /// # Errors
    /// As [`Registry::verify_by_organisation`].
    pub fn verify_signed_at<T: Payload>(
        &self,
        signed: Signed<T>,
        issuer: &Principal,
        issued_secs: u64,
    ) -> Result<Verified<T>, Refusal> {
        let former = self.organisation(issuer).filter(|_| self.organisation_by_kid(&signed.kid()).is_none());
        let Some((organisation, log)) = former.and_then(|found| Some((found, found.key_log()?))) else {
            return self.verify_by_organisation(signed, issuer);
        };
        if organisation.is_suspended() {
            return Err(Refusal::Suspended);
        }
        // Whatever stands in the log and does not speak was taken out by the trust anchor.
        if log.signing().any(|(_, key)| Thumbprint::of(key).kid() == signed.kid()) {
            return Err(Refusal::UnknownKey);
        }
        let key = log.signer_at(signed.kid(), issued_secs)?;
        signed.verify(key)
    }

    /// Verifies what a service signed. `issuer` is who the object says it is from.
    ///
    /// # Errors
    /// As [`Registry::verify_by_organisation`].
    pub fn verify_by_service<T: Payload>(
        &self,
        signed: Signed<T>,
        issuer: &Principal,
    ) -> Result<(Verified<T>, ServiceRef<'_>), Refusal> {
        let found = self.service_by_kid(&signed.kid()).ok_or(Refusal::UnknownKey)?;
        if found.service.principal != *issuer {
            return Err(Refusal::Key);
        }
        if found.organisation.is_suspended() {
            return Err(Refusal::Suspended);
        }
        Ok((signed.verify(found.key)?, found))
    }

    /// Verifies an access request: a registered service of the organisation that it names signed it, for one of its
    /// own keys, and it can still be answered at `now_secs`. Asking for too much is no reason to refuse it: see
    /// [`Registry::over_asking`].
    ///
    /// # Errors
    /// Those of decoding, of [`Registry::verify_by_service`], [`Refusal::NotYetIssued`], [`Refusal::Expired`],
    /// [`Refusal::NotAuthorised`] when the service is another organisation's, [`Refusal::Key`] when the grants would be
    /// confirmed to a key that is not the service's.
    pub fn check_access_request(&self, bytes: &[u8], now_secs: u64) -> Result<Verified<AccessRequest>, Refusal> {
        let signed = Signed::<AccessRequest>::decode(bytes)?;
        let issuer = signed.unverified().service;
        let (request, found) = self.verify_by_service(signed, &issuer)?;
        current(request.issued, request.expires, now_secs)?;
        if request.organisation != *found.organisation.principal() {
            return Err(Refusal::NotAuthorised);
        }
        let own = found.service.keys.iter().any(|key| Thumbprint::of(key) == request.confirmation);
        if own { Ok(request) } else { Err(Refusal::Key) }
    }

    /// What in an access request goes beyond the service's registration: flagged to the citizen, not refused.
    ///
    /// # Errors
    /// [`Refusal::Suspended`] when the service is suspended or unknown: then nothing can be said.
    pub fn over_asking(&self, request: &AccessRequest) -> Result<Vec<OverAsk>, Refusal> {
        let found = self.service(&request.service).ok_or(Refusal::Suspended)?;
        if found.organisation.is_suspended() {
            return Err(Refusal::Suspended);
        }
        let mut over: Vec<OverAsk> = request.items.iter().flat_map(|ask| found.over_asking(ask)).collect();
        if !found.service.purposes.contains(&request.purpose) {
            over.push(OverAsk::Purpose(request.purpose.clone()));
        }
        let (asked_secs, registered_secs) = (request.retention_secs, found.service.max_retention_secs);
        if asked_secs > registered_secs {
            over.push(OverAsk::Retention { asked_secs, registered_secs });
        }
        Ok(over)
    }
}

impl ServiceRef<'_> {
    fn over_asking(&self, ask: &Ask) -> Vec<OverAsk> {
        let of = &ask.record_type;
        let Some(registered) = self.service.registered(of) else { return vec![OverAsk::RecordType(of.clone())] };
        let fields = ask.required.iter().chain(&ask.optional);
        let raw =
            fields.filter(|field| !registered.allows_raw(field)).map(|field| OverAsk::Field(of.clone(), field.clone()));
        let predicates = ask.required_predicates.iter().chain(&ask.optional_predicates);
        let derived = predicates
            .filter(|predicate| !registered.allows_derived(&predicate.field))
            .map(|predicate| OverAsk::Derived(of.clone(), predicate.id.clone(), predicate.field.clone()));
        raw.chain(derived).collect()
    }
}
