//! What people see, in the language of their browser: a form that says what this is. No script, no picture, nothing from
//! elsewhere.

use std::fmt::Write as _;

use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pod_crypto::sha256;
use pod_http::{Language, Title, escape_html};

use crate::provider::DemoPerson;

/// Sizes follow the reader's own letter size; contrast is at least 7:1 in both colour schemes.
const STYLE: &str = "\
    :root{color-scheme:light dark;--text:#1a1a1a;--page:#fff;--line:#00407a;--on-line:#fff;--edge:#5a5a5a;--alert:#9b1c14;\
    --soft:#fdf0ef}\
    @media(prefers-color-scheme:dark){:root{--text:#f2f2f2;--page:#16181b;--line:#8ec5ff;--on-line:#10202e;--edge:#b0b0b0;\
    --alert:#ff9b92;--soft:#37201e}}\
    *{box-sizing:border-box}\
    body{margin:0;background:var(--page);color:var(--text);font:1.25rem/1.5 system-ui,sans-serif;overflow-wrap:break-word}\
    main{max-width:36rem;margin:0 auto;padding:1.5rem 1rem 3rem}\
    h1{font-size:1.6rem;line-height:1.25;margin:0 0 1rem;hyphens:auto}\
    h2,label{display:block;font-size:1.25rem;font-weight:700;margin:1.5rem 0 .5rem}\
    .warning{margin:0;padding:1rem;border-left:.5rem solid var(--alert);background:var(--soft)}\
    .mistake{margin:.5rem 0;color:var(--alert);font-weight:700}\
    input,button{font:inherit;width:100%;min-height:3rem;padding:.5rem .75rem;margin:0 0 .75rem;border-radius:.5rem}\
    input{background:var(--page);color:var(--text);border:.125rem solid var(--edge)}\
    button{background:var(--page);color:var(--line);border:.125rem solid var(--line);font-weight:700;text-align:left;\
    cursor:pointer}\
    button.go{background:var(--line);color:var(--on-line);text-align:center}\
    :focus-visible{outline:.2rem solid var(--line);outline-offset:.2rem}";

const TITLE: Title = Title { fi: "Kokeilun kirjautuminen", sv: "Inloggning på prov", en: "Demonstration login" };
const WARNING: Title = Title {
    fi: "Tämä ei ole oikea tunnistautuminen: se uskoo, mitä siihen kirjoitetaan. Älä koskaan kirjoita oikean ihmisen \
         tunnusta.",
    sv: "Det här är ingen riktig identifiering: den tror på vad man än skriver. Använd den aldrig för riktiga personer.",
    en: "This is not a real login: it believes whatever is typed. Never use it for real people.",
};
const PEOPLE: Title = Title { fi: "Kirjaudu nimellä", sv: "Logga in som", en: "Log in as" };
const CODE: Title =
    Title { fi: "Tai kirjoita henkilötunnus", sv: "Eller skriv en personbeteckning", en: "Or type an identity code" };
const MISTAKE: Title = Title {
    fi: "Henkilötunnuksessa on 11 merkkiä, esimerkiksi 131052-308T.",
    sv: "En personbeteckning har 11 tecken, till exempel 131052-308T.",
    en: "An identity code has 11 characters, such as 131052-308T.",
};
const GO: Title = Title { fi: "Kirjaudu", sv: "Logga in", en: "Log in" };

/// The login form. `query` is the request, which the form sends along again.
pub(crate) fn form(
    people: &[DemoPerson],
    query: &str,
    redirect_url: &str,
    failed: bool,
    language: Language,
) -> Response {
    let say = |title: &Title| title.in_language(language);
    let action = format!("<form method=\"post\" action=\"?{}\">", escape_html(query));
    let mut body = format!("<h1>{}</h1><p class=\"warning\">{}</p>", say(&TITLE), say(&WARNING));
    if !people.is_empty() {
        // Writing into a String does not fail.
        let _written = write!(body, "{action}<h2>{}</h2>", say(&PEOPLE));
        for person in people {
            let (code, name) = (escape_html(&person.identity_code), escape_html(&person.name));
            let _written = write!(body, "<button name=\"identity_code\" value=\"{code}\">{name}</button>");
        }
        body.push_str("</form>");
    }
    let mistake = match failed {
        true => format!("<p class=\"mistake\" role=\"alert\" id=\"mistake\">{}</p>", say(&MISTAKE)),
        false => String::new(),
    };
    let described = if failed { " aria-invalid=\"true\" aria-describedby=\"mistake\" autofocus" } else { "" };
    let _written = write!(
        body,
        "{action}<label for=\"code\">{}</label>{mistake}<input id=\"code\" name=\"identity_code\" autocomplete=\"off\" \
         autocapitalize=\"characters\" spellcheck=\"false\" required maxlength=\"11\"{described}>\
         <button class=\"go\">{}</button></form>",
        say(&CODE),
        say(&GO),
    );
    let status = if failed { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    // Browsers hold the redirect behind a form to `form-action` as well.
    page(status, &body, &format!("'self' {}", origin(redirect_url)), language)
}

/// A request that cannot be answered to its client. Whoever made the client reads it: in English alone.
pub(crate) fn refused(sentence: &str) -> Response {
    let body = format!("<h1>{}</h1><p>{}</p>", TITLE.en, escape_html(sentence));
    page(StatusCode::BAD_REQUEST, &body, "'none'", Language::English)
}

fn page(status: StatusCode, body: &str, form_action: &str, language: Language) -> Response {
    let tag = language.tag();
    let html = format!(
        "<!doctype html><html lang=\"{tag}\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{}</title>\
         <style>{STYLE}</style><main>{body}</main></html>",
        TITLE.in_language(language)
    );
    let style = STANDARD.encode(sha256(&[STYLE.as_bytes()]));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{style}'; form-action {form_action}; frame-ancestors 'none'; base-uri 'none'"
    );
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::REFERRER_POLICY, "no-referrer".to_owned()),
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (header::VARY, "accept-language".to_owned()),
    ];
    (status, headers, html).into_response()
}

/// Scheme, host and port, for the policy; the address was compared with the client's own before.
fn origin(url: &str) -> String {
    let Ok(uri) = url.parse::<Uri>() else { return String::new() };
    match (uri.scheme_str(), uri.authority()) {
        (Some(scheme), Some(authority)) => format!("{scheme}://{authority}"),
        _ => String::new(),
    }
}
