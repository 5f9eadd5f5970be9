//! What callers are told instead of an answer: RFC 9457 problems from a closed set, in three languages.

use pod_http::{HeaderName, HeaderValue, Language, Outgoing, Problem, ProblemType, Title, TraceId, header};
use pod_protocol::ids::base64url;
use pod_protocol::{Outward, Refusal};

use super::App;
use crate::fault::Failure;

/// The header with a fresh nonce, beside the problem `use-nonce`: as in RFC 9449 section 8, it saves a round trip.
pub const NONCE_HEADER: HeaderName = HeaderName::from_static("aitta-nonce");
/// When a caller that reached a limit may try again: the shortest rates count minutes.
const LIMIT_RETRY_SECS: &str = "60";
/// When a caller may try again after a moment's trouble of ours.
const UNAVAILABLE_RETRY_SECS: &str = "5";

macro_rules! problem {
    ($(#[$doc:meta])* $name:ident, $code:literal, $status:literal, $fi:literal, $sv:literal, $en:literal) => {
        $(#[$doc])*
        pub(crate) const $name: ProblemType = ProblemType {
            type_uri: concat!("urn:aitta:problem:", $code),
            code: $code,
            status: $status,
            title: Title { fi: $fi, sv: $sv, en: $en },
        };
    };
}

problem!(
    /// [`Outward::Denied`]
    DENIED, "denied", 403,
    "Ei lupaa", "Inget medgivande", "Not granted"
);
problem!(
    /// [`Outward::Malformed`]
    MALFORMED, "malformed", 400,
    "Pyyntö on virheellinen", "Begäran är felaktig", "The request is malformed"
);
problem!(
    /// [`Outward::UseNonce`]
    USE_NONCE, "use-nonce", 401,
    "Allekirjoita pyyntö tälle yhteydelle", "Signera begäran för denna anslutning", "Sign the request for this connection"
);
problem!(
    /// [`Outward::Expired`]
    EXPIRED, "expired", 401,
    "Pyyntö on vanhentunut", "Begäran har gått ut", "The request has expired"
);
problem!(
    /// [`Outward::Replay`]
    REPLAY, "replay", 409,
    "Pyyntö on jo käsitelty", "Begäran har redan behandlats", "The request was seen before"
);
problem!(
    /// [`Outward::TooLarge`]
    TOO_LARGE, "too-large", 413,
    "Pyyntö on liian suuri", "Begäran är för stor", "The request is too large"
);
problem!(
    /// [`Outward::Limit`]
    LIMIT, "limit", 429,
    "Raja on saavutettu", "En gräns har nåtts", "A limit is reached"
);
problem!(
    /// [`Outward::UnknownGrant`]
    UNKNOWN_GRANT, "unknown-grant", 404,
    "Lupaa ei ole täällä", "Medgivandet finns inte här", "The grant is not here"
);
problem!(
    /// [`Outward::Unavailable`]
    UNAVAILABLE, "unavailable", 503,
    "Yritä hetken päästä uudelleen", "Försök igen om en stund", "Try again in a moment"
);
problem!(
    /// There is nothing at this address.
    NOT_FOUND, "not-found", 404,
    "Täällä ei ole mitään", "Här finns ingenting", "There is nothing here"
);
problem!(
    /// The address is right, the method is not.
    METHOD_NOT_ALLOWED, "method-not-allowed", 405,
    "Osoite ei tunne tätä menetelmää", "Adressen har inte denna metod", "This address has no such method"
);
problem!(
    /// The body is of a type that the route does not read.
    MEDIA_TYPE, "media-type", 415,
    "Tuntematon sisältötyyppi", "Okänd innehållstyp", "The content type is not known here"
);
problem!(
    /// The caller takes none of the types that the route writes.
    NOT_ACCEPTABLE, "not-acceptable", 406,
    "Vastausta ei ole tässä muodossa", "Svaret finns inte i denna form", "There is no answer in this form"
);
problem!(
    /// Something of ours failed; the trace id finds it in the operator's log.
    FAULT, "fault", 500,
    "Meillä on vika", "Vi har ett fel", "Something of ours failed"
);

problem!(
    /// A witness was shown a checkpoint that does not continue the one before (C2SP tlog-witness).
    NOT_CONTINUED, "not-continued", 422,
    "Loki ei jatka aiempaa", "Loggen fortsätter inte den tidigare", "The log does not continue the earlier one"
);

/// All of them, for documentation and for tests that codes are unique.
pub const ALL: [&ProblemType; 15] = [
    &DENIED,
    &MALFORMED,
    &USE_NONCE,
    &EXPIRED,
    &REPLAY,
    &TOO_LARGE,
    &LIMIT,
    &UNKNOWN_GRANT,
    &UNAVAILABLE,
    &NOT_FOUND,
    &METHOD_NOT_ALLOWED,
    &MEDIA_TYPE,
    &NOT_ACCEPTABLE,
    &NOT_CONTINUED,
    &FAULT,
];

/// Why a handler has no answer.
#[derive(Debug)]
pub(super) enum Turned {
    /// The path of a request or a command turned it down, or failed.
    Failure(Failure),
    /// The route itself did.
    Problem {
        /// Which problem.
        kind: &'static ProblemType,
        /// What about it, and what to do.
        detail: String,
    },
}

impl Turned {
    /// A problem of the route.
    pub(super) fn because(kind: &'static ProblemType, detail: impl Into<String>) -> Self {
        Self::Problem { kind, detail: detail.into() }
    }
}

impl<E: Into<Failure>> From<E> for Turned {
    fn from(failure: E) -> Self {
        Self::Failure(failure.into())
    }
}

/// The problem that stands for what a peer may know of a refusal.
pub(super) fn of_outward(outward: Outward) -> &'static ProblemType {
    match outward {
        Outward::Denied => &DENIED,
        Outward::Malformed => &MALFORMED,
        Outward::UseNonce => &USE_NONCE,
        Outward::Expired => &EXPIRED,
        Outward::Replay => &REPLAY,
        Outward::TooLarge => &TOO_LARGE,
        Outward::Limit => &LIMIT,
        Outward::UnknownGrant => &UNKNOWN_GRANT,
        Outward::Unavailable => &UNAVAILABLE,
    }
}

/// Makes the reply for what a handler was turned down with; `None` when nothing may be answered any more.
pub(super) fn reply(
    app: &App,
    turned: Turned,
    during: &'static str,
    trace_id: TraceId,
    language: Language,
) -> Option<Outgoing> {
    let (kind, detail) = match turned {
        Turned::Problem { kind, detail } => (kind, detail),
        Turned::Failure(Failure::Refused(refusal)) => of_refusal(refusal),
        Turned::Failure(Failure::Fault(fault)) if fault.is_conflict() => of_refusal(Refusal::Unavailable),
        Turned::Failure(Failure::Fault(fault)) => {
            tracing::error!(%trace_id, "no answer");
            if app.node.note(fault, during) {
                return None;
            }
            (&FAULT, "Nothing was released. Tell the organisation this trace_id if it happens again.".to_owned())
        }
    };
    let mut outgoing = Problem::new(kind, trace_id).with_detail(detail).to_outgoing(language);
    add_headers(app, kind, &mut outgoing);
    Some(outgoing)
}

fn of_refusal(refusal: Refusal) -> (&'static ProblemType, String) {
    let outward = refusal.outward();
    let detail = match outward {
        // What is wrong with the bytes says nothing of a person, and whoever writes a client needs it.
        Outward::Malformed => format!("{refusal}. {}", outward.advice()),
        _ => outward.advice().to_owned(),
    };
    (of_outward(outward), detail)
}

/// The headers that go with a status.
fn add_headers(app: &App, kind: &'static ProblemType, outgoing: &mut Outgoing) {
    let retry = match kind.status {
        429 => Some(LIMIT_RETRY_SECS),
        503 => Some(UNAVAILABLE_RETRY_SECS),
        _ => None,
    };
    if let Some(secs) = retry {
        outgoing.headers.insert(header::RETRY_AFTER, HeaderValue::from_static(secs));
    }
    if kind.status == 401 {
        // RFC 9110 section 15.5.2: a 401 says how to authenticate.
        outgoing.headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Aitta"));
    }
    if *kind == USE_NONCE {
        let nonce = app.node.nonces.hand_out(&*app.node.random, (app.node.clock)());
        if let Ok(value) = HeaderValue::from_str(&base64url(nonce.as_bytes())) {
            outgoing.headers.insert(NONCE_HEADER, value);
        }
    }
}
