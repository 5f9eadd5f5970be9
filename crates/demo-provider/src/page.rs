//! What people see: a form that says what this is. No script, no picture, nothing from elsewhere.

use std::fmt::Write as _;

use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pod_crypto::sha256;

use crate::provider::DemoPerson;

const STYLE: &str = "body{font:1.1rem/1.5 sans-serif;max-width:36rem;margin:2rem auto;padding:0 1rem}\
    .warning{border:2px solid #b01038;padding:.5rem 1rem}label{display:block;font-weight:bold}\
    input,button{font:inherit;padding:.5rem;margin:.25rem 0}";

/// The login form. `query` is the request, which the form sends along again.
pub(crate) fn form(people: &[DemoPerson], query: &str, redirect_url: &str, failed: bool) -> Response {
    let mut suggestions = String::new();
    for person in people {
        // Writing into a String does not fail.
        let _written = write!(
            suggestions,
            "<option value=\"{}\">{}</option>",
            escape(&person.identity_code),
            escape(&person.name)
        );
    }
    let mistake = if failed {
        "<p role=\"alert\" id=\"mistake\">Henkilötunnuksessa on 11 merkkiä. En personbeteckning har 11 tecken. \
         An identity code has 11 characters.</p>"
    } else {
        ""
    };
    let body = format!(
        "<h1>Esittelykirjautuminen · Demoinloggning · Demonstration login</h1>\
         <p class=\"warning\"><strong>Tämä ei ole oikea tunnistautuminen. Detta är ingen riktig identifiering. \
         This is not a real login:</strong> it believes whatever is typed. Never use it for real people.</p>{mistake}\
         <form method=\"post\" action=\"?{}\"><label for=\"code\">Henkilötunnus · Personbeteckning · Identity code</label>\
         <input id=\"code\" name=\"identity_code\" list=\"people\" autocomplete=\"off\" required maxlength=\"11\" autofocus>\
         <datalist id=\"people\">{suggestions}</datalist>\
         <button>Jatka · Fortsätt · Continue</button></form>",
        escape(query)
    );
    let status = if failed { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    // Browsers hold the redirect behind a form to `form-action` as well.
    page(status, &body, &format!("'self' {}", origin(redirect_url)))
}

/// A request that cannot be answered to its client.
pub(crate) fn refused(sentence: &str) -> Response {
    page(StatusCode::BAD_REQUEST, &format!("<h1>Demonstration login</h1><p>{}</p>", escape(sentence)), "'none'")
}

fn page(status: StatusCode, body: &str, form_action: &str) -> Response {
    let html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>Demonstration login</title><style>{STYLE}</style><main>{body}</main></html>"
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

/// Text as it may stand in an element or a quoted attribute.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}
