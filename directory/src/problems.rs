//! The closed set of problems (RFC 9457) that directory and blinder answer with.
//!
//! Nothing here depends on a person, so every refusal is told exactly: unlike a holder's node, the directory has nothing to
//! hide by answering alike.

use pod_http::{ProblemType, Title};
use pod_protocol::Refusal;
use pod_protocol::refusal::Outward;

const MALFORMED: Title = Title {
    fi: "Viesti ei ole protokollan mukainen",
    sv: "Meddelandet följer inte protokollet",
    en: "The message does not follow the protocol",
};
const NOT_YOURS: Title = Title {
    fi: "Lähettäjällä ei ole oikeutta tähän",
    sv: "Avsändaren har inte rätt till detta",
    en: "The sender may not do this",
};
const NOT_NOW: Title = Title {
    fi: "Viesti ei ole voimassa: allekirjoita uusi",
    sv: "Meddelandet gäller inte: underteckna ett nytt",
    en: "The message does not count now: sign a new one",
};
const TOO_LARGE: Title = Title {
    fi: "Viesti on liian suuri: jaa se osiin",
    sv: "Meddelandet är för stort: dela upp det",
    en: "The message is too large: split it",
};
const TOO_MUCH: Title = Title {
    fi: "Raja on täynnä: yritä myöhemmin",
    sv: "Gränsen är nådd: försök senare",
    en: "A limit is reached: try again later",
};
const AWAY: Title = Title {
    fi: "Palvelu ei voi nyt vastata: yritä myöhemmin",
    sv: "Tjänsten kan inte svara nu: försök senare",
    en: "The service cannot answer now: try again later",
};
const LOG_IN: Title = Title {
    fi: "Kirjautuminen ei kelpaa: kirjaudu uudelleen",
    sv: "Inloggningen duger inte: logga in på nytt",
    en: "The login does not count: log in again",
};
const NOT_HERE: Title =
    Title { fi: "Osoitteessa ei ole mitään", sv: "På adressen finns inget", en: "There is nothing at this address" };
const OTHERWISE: Title = Title {
    fi: "Pyyntö ei sovi tämänhetkiseen tilaan",
    sv: "Begäran passar inte det nuvarande läget",
    en: "The request does not go with the present state",
};
const OURS: Title = Title {
    fi: "Palvelussa on vika: kerro ylläpidolle tunniste",
    sv: "Tjänsten har ett fel: meddela driften id:t",
    en: "Something failed here: tell the operator the trace id",
};

macro_rules! problem {
    ($code:literal, $status:literal, $title:expr) => {
        ProblemType { type_uri: concat!("urn:aitta:problem:", $code), code: $code, status: $status, title: $title }
    };
}

macro_rules! problems {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $status:literal, $title:expr;)*) => {
        $($(#[$doc])* pub(crate) static $name: ProblemType = problem!($code, $status, $title);)*
        static OWN: &[&ProblemType] = &[$(&$name),*];
    };
}

problems! {
    /// No such route.
    NOT_FOUND = "not-found", 404, NOT_HERE;
    /// The route is there, for another method.
    METHOD = "method", 405, NOT_HERE;
    /// The body is of another media type.
    MEDIA_TYPE = "media-type", 415, MALFORMED;
    /// The body is not the JSON that the route takes.
    JSON = "json", 400, MALFORMED;
    /// Ours.
    FAULT = "fault", 500, OURS;
    /// A statement that a newer one has already replaced.
    OLDER = "older-statement", 409, OTHERWISE;
    /// A key event where another one stands already: the first that was logged stays.
    KEY_FORK = "key-event-fork", 409, OTHERWISE;
    /// A short name that another member has.
    NAME_TAKEN = "name-taken", 409, OTHERWISE;
    /// The registry has as many statements as a snapshot may have.
    REGISTRY_FULL = "registry-full", 507, TOO_MUCH;
    /// The directory, or this holder's part of it, has as many entries as it may have.
    ENTRIES_FULL = "entries-full", 507, TOO_MUCH;
    /// A bucket of the map has as many entries as it may have, or this holder has in it.
    BUCKET_FULL = "bucket-full", 507, TOO_MUCH;
    /// This is a mirror: it takes nothing.
    MIRROR = "mirror", 403, OTHERWISE;
    /// More posts wait for the log than it takes at once.
    LOG_BUSY = "log-busy", 503, AWAY;
    /// The log has no such tile, or is not that long.
    TILE = "tile", 404, NOT_HERE;
    /// Buckets are numbered by another count of bits now, or there is no bucket of this number.
    BUCKET = "bucket", 404, OTHERWISE;
    /// The blinder is in another epoch.
    EPOCH = "epoch", 409, OTHERWISE;
    /// No canonical point, or the identity.
    BLINDED_INPUT = "blinded-input", 400, MALFORMED;
    /// Not a holder of the registry.
    UNKNOWN_HOLDER = "unknown-holder", 404, OTHERWISE;
    /// No copy of the registry that still counts.
    REGISTRY_AWAY = "registry-away", 503, AWAY;
    /// The login provider's keys cannot be had.
    PROVIDER_AWAY = "provider-away", 503, AWAY;
    /// No token of this form.
    TOKEN_MALFORMED = "token-malformed", 401, LOG_IN;
    /// Not signed by the login provider.
    TOKEN_SIGNATURE = "token-signature", 401, LOG_IN;
    /// Of another provider.
    TOKEN_ISSUER = "token-issuer", 401, LOG_IN;
    /// For somebody else than this blinder.
    TOKEN_AUDIENCE = "token-audience", 401, LOG_IN;
    /// Past its end, or its login is too long ago.
    TOKEN_EXPIRED = "token-expired", 401, LOG_IN;
    /// Issued in the future.
    TOKEN_FUTURE = "token-issued-in-future", 401, LOG_IN;
    /// Used before.
    TOKEN_USED = "token-used", 401, LOG_IN;
}

/// One static problem for each code of a [`Refusal`], under which it is told.
macro_rules! refusals {
    ($($status:literal, $title:expr => [$($code:literal)*];)*) => {
        static REFUSALS: &[ProblemType] = &[$($(problem!($code, $status, $title)),*),*];
    };
}

refusals! {
    400, MALFORMED => [
        "cbor-trailing" "cbor-truncated" "cbor-not-shortest" "cbor-indefinite" "cbor-unsorted" "cbor-duplicate-key"
        "cbor-float" "cbor-tag" "cbor-simple" "cbor-not-utf8" "cbor-integer-range" "cbor-too-deep"
        "cose-shape" "cose-alg-missing" "cose-alg" "cose-unprotected" "cose-typ" "cose-kid" "cose-header"
        "cose-detached" "cose-signature-length"
        "claim-missing" "claim-type" "claim-range" "claim-empty" "claim-repeated" "claim-wildcard" "claim-unknown"
        "lifetime" "malformed"
    ];
    401, NOT_YOURS => ["key-unknown" "signature"];
    403, NOT_YOURS => ["key-refused" "suspended" "not-authorised" "chain-depth" "audience" "denied"];
    401, NOT_NOW => ["issued-in-future" "expired" "not-yet-valid" "replay"];
    413, TOO_LARGE => ["too-large" "cbor-too-large" "cbor-too-many-items"];
    429, TOO_MUCH => ["limit"];
    503, AWAY => ["unavailable"];
}

/// The problem under which a refusal is told: the one with its code. Refusals of requests to holders' nodes, which neither
/// server makes, would be told under their [`Outward`] code.
#[must_use]
pub fn problem_of(refusal: Refusal) -> &'static ProblemType {
    let with = |code: &str| REFUSALS.iter().find(|problem| problem.code == code);
    let outward = match refusal.outward() {
        Outward::UseNonce | Outward::UnknownGrant => Outward::Denied,
        outward => outward,
    };
    with(refusal.code()).or_else(|| with(outward.code())).unwrap_or(&FAULT)
}

/// A limit of this server, told as a grant's limit is.
pub(crate) fn limit() -> &'static ProblemType {
    problem_of(Refusal::Limit)
}

/// Every problem that either server answers with, but those of pod-http: for documentation, and for a test that codes are
/// unique.
#[must_use]
pub fn all_problems() -> Vec<&'static ProblemType> {
    OWN.iter().copied().chain(REFUSALS).collect()
}
