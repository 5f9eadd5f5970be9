//! What the browser shows when it comes back. No script, nothing from elsewhere, and nothing of what is held about whom.
//!
//! Who reads it may be eighty, on a small telephone, and may have been sent here by somebody who means no good: large
//! letters, one thing to do, and when not to do it.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pod_crypto::sha256;
use pod_http::{Language, Title, escape_html};

use super::pending::LIFETIME_SECS;

/// Sizes follow the reader's own letter size; the code breaks between its groups and nowhere else.
const STYLE: &str = "\
    :root{color-scheme:light dark;--text:#1a1a1a;--page:#fff;--line:#00407a;--box:#eef5fc;--alert:#9b1c14;--soft:#fdf0ef}\
    @media(prefers-color-scheme:dark){:root{--text:#f2f2f2;--page:#16181b;--line:#8ec5ff;--box:#1f2a36;--alert:#ff9b92;\
    --soft:#37201e}}\
    *{box-sizing:border-box}\
    body{margin:0;background:var(--page);color:var(--text);font:1.25rem/1.5 system-ui,sans-serif;overflow-wrap:break-word}\
    main{max-width:36rem;margin:0 auto;padding:1.5rem 1rem 3rem}\
    h1{font-size:1.75rem;line-height:1.25;margin:0 0 1rem}\
    p{margin:0 0 1rem}\
    output{display:block;margin:0 0 1rem;padding:1rem .5rem;border:.2rem solid var(--line);border-radius:.5rem;\
    background:var(--box);font-size:clamp(2.2rem,11vw,4rem);font-weight:700;line-height:1.2;text-align:center;\
    font-variant-numeric:tabular-nums;user-select:all}\
    aside{padding:1rem;border-left:.5rem solid var(--alert);background:var(--soft)}\
    aside h2{font-size:1.25rem;margin:0 0 .5rem}aside p{margin:0}";

/// A heading and a sentence.
struct Words {
    heading: Title,
    sentence: Title,
}

const CONFIRM: Words = Words {
    heading: Title { fi: "Vielä yksi vaihe", sv: "Ett steg kvar", en: "One more step" },
    sentence: Title {
        fi: "Kirjaudut tänne: {}. Kirjoita tämä koodi lompakkoon, jonka avasit itse:",
        sv: "Du loggar in hos {}. Skriv den här koden i plånboken som du själv öppnade:",
        en: "You are logging in at {}. Type this code into the wallet that you opened yourself:",
    },
};

/// Behind the code; `{}` is a number of minutes.
const HOW_LONG: Title = Title {
    fi: "Koodi toimii yhden kerran, {} minuutin ajan.",
    sv: "Koden fungerar en gång, i {} minuter.",
    en: "The code works once, for {} minutes.",
};

/// For whoever did not begin this themselves.
const BEWARE: Words = Words {
    heading: Title {
        fi: "Lähettikö joku sinut tänne?",
        sv: "Har någon skickat dig hit?",
        en: "Did somebody send you here?",
    },
    sentence: Title {
        fi: "Sulje tämä sivu äläkä kerro koodia kenellekään, et viranomaisellekaan. Koodilla pääsee lukemaan sinun ja \
             lastesi tietoja.",
        sv: "Stäng sidan och berätta inte koden för någon, inte ens för en myndighet. Med koden kan man läsa uppgifter om \
             dig och dina barn.",
        en: "Close this page and tell nobody the code, not even an authority. With the code one can read what is held \
             about you and your children.",
    },
};

const FAILED: Words = Words {
    heading: Title {
        fi: "Kirjautuminen ei onnistunut",
        sv: "Inloggningen lyckades inte",
        en: "The login did not succeed",
    },
    sentence: Title {
        fi: "Mitään ei muutettu. Palaa lompakkoosi: se kertoo syyn, ja voit yrittää uudelleen.",
        sv: "Ingenting ändrades. Gå tillbaka till din plånbok: den visar varför, och du kan försöka igen.",
        en: "Nothing was changed. Go back to your wallet: it says why, and you can try again.",
    },
};

const UNKNOWN: Words = Words {
    heading: Title {
        fi: "Tämä kirjautuminen ei ole enää voimassa",
        sv: "Den här inloggningen gäller inte längre",
        en: "This login does not count any more",
    },
    sentence: Title {
        fi: "Se on jo käytetty tai vanhentunut. Aloita kirjautuminen uudelleen lompakostasi.",
        sv: "Den har redan använts eller gått ut. Börja om inloggningen i din plånbok.",
        en: "It was used already, or it has expired. Begin again in your wallet.",
    },
};

/// Somebody logged in: the code that says for which wallet.
pub(super) fn confirm(language: Language, organisation: &str, code: &str) -> Response {
    let minutes = (LIFETIME_SECS / 60).to_string();
    let how_long = HOW_LONG.in_language(language).replace("{}", &minutes);
    let (beware, close) = (BEWARE.heading.in_language(language), BEWARE.sentence.in_language(language));
    let more =
        format!("<output id=\"code\">{code}</output><p>{how_long}</p><aside><h2>{beware}</h2><p>{close}</p></aside>");
    let sentence = CONFIRM.sentence.in_language(language).replace("{}", &escape_html(organisation));
    page(StatusCode::OK, CONFIRM.heading.in_language(language), &sentence, &more, language)
}

/// A login that a wallet waits for came to nothing. The same page for every reason.
pub(super) fn failed(language: Language) -> Response {
    page(StatusCode::OK, FAILED.heading.in_language(language), FAILED.sentence.in_language(language), "", language)
}

/// A login that nobody waits for.
pub(super) fn unknown(language: Language) -> Response {
    let (heading, sentence) = (UNKNOWN.heading.in_language(language), UNKNOWN.sentence.in_language(language));
    page(StatusCode::BAD_REQUEST, heading, sentence, "", language)
}

fn page(status: StatusCode, heading: &str, sentence: &str, more: &str, language: Language) -> Response {
    let tag = language.tag();
    let html = format!(
        "<!doctype html><html lang=\"{tag}\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{heading}</title>\
         <style>{STYLE}</style><main><h1>{heading}</h1><p>{sentence}</p>{more}</main></html>"
    );
    let style = STANDARD.encode(sha256(&[STYLE.as_bytes()]));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{style}'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
    );
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
        (header::CONTENT_SECURITY_POLICY, policy),
        // The address holds the provider's code, which is used up, and the state.
        (header::REFERRER_POLICY, "no-referrer".to_owned()),
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (header::VARY, "accept-language".to_owned()),
    ];
    (status, headers, html).into_response()
}
