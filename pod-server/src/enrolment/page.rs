//! What the browser shows when it comes back: go back to the wallet. No script, nothing from elsewhere, and not how it ended.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pod_crypto::sha256;
use pod_http::{Language, Title};

const STYLE: &str = "body{font:1.1rem/1.5 sans-serif;max-width:36rem;margin:3rem auto;padding:0 1rem}";

/// A heading and a sentence.
struct Words {
    heading: Title,
    sentence: Title,
}

const FINISHED: Words = Words {
    heading: Title { fi: "Kirjautuminen on päättynyt", sv: "Inloggningen är avslutad", en: "The login is finished" },
    sentence: Title {
        fi: "Palaa lompakkoosi: se kertoo, miten kirjautuminen onnistui. Voit sulkea tämän sivun.",
        sv: "Gå tillbaka till din plånbok: den visar hur det gick. Du kan stänga den här sidan.",
        en: "Go back to your wallet: it shows how it went. You can close this page.",
    },
};

const UNKNOWN: Words = Words {
    heading: Title {
        fi: "Tätä kirjautumista ei odoteta",
        sv: "Den här inloggningen väntas inte",
        en: "This login is not expected",
    },
    sentence: Title {
        fi: "Se on jo käytetty tai vanhentunut. Aloita kirjautuminen uudelleen lompakostasi.",
        sv: "Den har redan använts eller gått ut. Börja om inloggningen i din plånbok.",
        en: "It was used already, or it has expired. Begin again in your wallet.",
    },
};

/// A login that a wallet waits for.
pub(super) fn finished(language: Language) -> Response {
    page(StatusCode::OK, &FINISHED, language)
}

/// A login that nobody waits for.
pub(super) fn unknown(language: Language) -> Response {
    page(StatusCode::BAD_REQUEST, &UNKNOWN, language)
}

fn page(status: StatusCode, words: &Words, language: Language) -> Response {
    let tag = match language {
        Language::Finnish => "fi",
        Language::Swedish => "sv",
        Language::English => "en",
    };
    let (heading, sentence) = (words.heading.in_language(language), words.sentence.in_language(language));
    let html = format!(
        "<!doctype html><html lang=\"{tag}\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{heading}</title><style>{STYLE}</style>\
         <main><h1>{heading}</h1><p>{sentence}</p></main></html>"
    );
    let style = STANDARD.encode(sha256(&[STYLE.as_bytes()]));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{style}'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
    );
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
        (header::CONTENT_SECURITY_POLICY, policy),
        // The address holds the code, which is used up, and the state.
        (header::REFERRER_POLICY, "no-referrer".to_owned()),
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (header::VARY, "accept-language".to_owned()),
    ];
    (status, headers, html).into_response()
}
