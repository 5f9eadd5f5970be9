//! What a wallet is told instead of an answer.

use pod_http::{ProblemType, Title};

/// The body is over [`super::MAX_ENROLMENT_BYTES`].
pub(super) use pod_http::refusals::BODY_TOO_LARGE;

pub(super) use crate::routes::FAULT;

pub(super) const MALFORMED: ProblemType = ProblemType {
    type_uri: "urn:aitta:problem:enrolment-malformed",
    code: "enrolment-malformed",
    status: 400,
    title: Title {
        fi: "Lähetä JSON, jossa on lompakon avaintapahtumat: {\"events\":[\"base64url\"]}",
        sv: "Skicka JSON med plånbokens nyckelhändelser: {\"events\":[\"base64url\"]}",
        en: "Send JSON with the wallet's key events: {\"events\":[\"base64url\"]}",
    },
};

pub(super) const KEY_LOG: ProblemType = ProblemType {
    type_uri: "urn:aitta:problem:key-log-refused",
    code: "key-log-refused",
    status: 422,
    title: Title {
        fi: "Lompakon avaintapahtumia ei voi hyväksyä: luo ne uudelleen",
        sv: "Plånbokens nyckelhändelser kan inte godtas: skapa dem på nytt",
        en: "The wallet's key events cannot be taken: make them again",
    },
};

pub(super) const OTHER_ORGANISATION: ProblemType = ProblemType {
    type_uri: "urn:aitta:problem:key-log-of-other-organisation",
    code: "key-log-of-other-organisation",
    status: 422,
    title: Title {
        fi: "Avaintapahtumat on tehty toiselle organisaatiolle: jokaisella on omansa",
        sv: "Nyckelhändelserna gäller en annan organisation: var och en har sina egna",
        en: "The key events are for another organisation: each has its own",
    },
};

pub(super) const TOO_MANY: ProblemType = ProblemType {
    type_uri: "urn:aitta:problem:too-many-enrolments",
    code: "too-many-enrolments",
    status: 503,
    title: Title {
        fi: "Kirjautumisia on juuri nyt liikaa: yritä hetken päästä uudelleen",
        sv: "Det pågår för många inloggningar: försök igen om en stund",
        en: "Too many people are logging in right now: try again in a while",
    },
};

pub(super) const PROVIDER: ProblemType = ProblemType {
    type_uri: "urn:aitta:problem:login-provider-failed",
    code: "login-provider-failed",
    status: 503,
    title: Title {
        fi: "Tunnistuspalvelu ei vastaa: yritä myöhemmin uudelleen",
        sv: "Identifieringstjänsten svarar inte: försök igen senare",
        en: "The login provider does not answer: try again later",
    },
};

pub(super) const UNKNOWN: ProblemType = ProblemType {
    type_uri: "urn:aitta:problem:enrolment-unknown",
    code: "enrolment-unknown",
    status: 404,
    title: Title {
        fi: "Tällaista kirjautumista ei ole, tai se on vanhentunut: aloita alusta",
        sv: "Inloggningen finns inte eller har gått ut: börja om",
        en: "There is no such enrolment, or it has expired: begin again",
    },
};

pub(super) const CONFIRMATION_MALFORMED: ProblemType = ProblemType {
    type_uri: "urn:aitta:problem:confirmation-malformed",
    code: "confirmation-malformed",
    status: 400,
    title: Title {
        fi: "Koodissa on kaksitoista numeroa, esimerkiksi 1234 5678 9012",
        sv: "Koden har tolv siffror, till exempel 1234 5678 9012",
        en: "The code has twelve digits, such as 1234 5678 9012",
    },
};

pub(super) const CONFIRMATION_WRONG: ProblemType = ProblemType {
    type_uri: "urn:aitta:problem:confirmation-wrong",
    code: "confirmation-wrong",
    status: 403,
    title: Title {
        fi: "Koodi ei ole oikea: kirjoita se niin kuin kirjautumisen viimeinen sivu näyttää",
        sv: "Koden stämmer inte: skriv den som inloggningens sista sida visar den",
        en: "That is not the code: type it as the last page of the login shows it",
    },
};

pub(super) const CONFIRMATION_FAILED: ProblemType = ProblemType {
    type_uri: "urn:aitta:problem:confirmation-failed",
    code: "confirmation-failed",
    status: 403,
    title: Title {
        fi: "Väärä koodi liian monta kertaa: aloita kirjautuminen alusta",
        sv: "Fel kod för många gånger: börja om inloggningen",
        en: "The code was wrong too often: begin again",
    },
};

/// All that are of enrolments alone, for documentation and for tests that codes are unique.
pub const ALL: [&ProblemType; 9] = [
    &MALFORMED,
    &KEY_LOG,
    &OTHER_ORGANISATION,
    &TOO_MANY,
    &PROVIDER,
    &UNKNOWN,
    &CONFIRMATION_MALFORMED,
    &CONFIRMATION_WRONG,
    &CONFIRMATION_FAILED,
];
