//! The problems that this crate itself answers with, before a handler has seen the request.

use crate::problem::{ProblemType, Title};

/// The body is over the limit of its route.
pub const BODY_TOO_LARGE: ProblemType = ProblemType {
    type_uri: "urn:aitta:problem:body-too-large",
    code: "body-too-large",
    status: 413,
    title: Title {
        fi: "Pyyntö on liian suuri: jaa se osiin",
        sv: "Begäran är för stor: dela upp den",
        en: "The request is too large: split it",
    },
};

/// The body was not whole before its deadline.
pub const BODY_TOO_SLOW: ProblemType = ProblemType {
    type_uri: "urn:aitta:problem:body-too-slow",
    code: "body-too-slow",
    status: 408,
    title: Title {
        fi: "Pyyntö ei saapunut ajoissa: lähetä se uudelleen",
        sv: "Begäran kom inte fram i tid: skicka den på nytt",
        en: "The request did not arrive in time: send it again",
    },
};

/// The body broke off or broke HTTP's own rules.
pub const BODY_BROKEN: ProblemType = ProblemType {
    type_uri: "urn:aitta:problem:body-broken",
    code: "body-broken",
    status: 400,
    title: Title {
        fi: "Pyyntö katkesi: lähetä se uudelleen",
        sv: "Begäran bröts: skicka den på nytt",
        en: "The request broke off: send it again",
    },
};

/// The body is compressed or otherwise encoded; small bodies can hide large ones that way.
pub const ENCODING_NOT_TAKEN: ProblemType = ProblemType {
    type_uri: "urn:aitta:problem:encoding-not-taken",
    code: "encoding-not-taken",
    status: 415,
    title: Title {
        fi: "Lähetä pyyntö pakkaamattomana",
        sv: "Skicka begäran okomprimerad",
        en: "Send the request uncompressed",
    },
};

/// More header fields than are taken.
pub const TOO_MANY_HEADERS: ProblemType = ProblemType {
    type_uri: "urn:aitta:problem:too-many-headers",
    code: "too-many-headers",
    status: 431,
    title: Title {
        fi: "Pyynnössä on liikaa otsakekenttiä",
        sv: "Begäran har för många rubrikfält",
        en: "The request has too many header fields",
    },
};

/// Too much is being received at this moment.
pub const BUSY: ProblemType = ProblemType {
    type_uri: "urn:aitta:problem:busy",
    code: "busy",
    status: 503,
    title: Title {
        fi: "Palvelu on ruuhkainen: yritä hetken päästä",
        sv: "Tjänsten är överbelastad: försök om en stund",
        en: "The service is busy: try again in a moment",
    },
};

/// All of them, for documentation and for tests that codes are unique.
pub const ALL: [&ProblemType; 6] =
    [&BODY_TOO_LARGE, &BODY_TOO_SLOW, &BODY_BROKEN, &ENCODING_NOT_TAKEN, &TOO_MANY_HEADERS, &BUSY];
