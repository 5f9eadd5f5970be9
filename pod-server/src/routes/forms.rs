//! Which form a body has and which one the caller wants back: CBOR, or JSON for people with curl.

use pod_http::{HeaderMap, Outgoing, StatusCode, header};

use super::problems::{MEDIA_TYPE, NOT_ACCEPTABLE, Turned};

/// Signed objects (RFC 9052) and what is made of them.
pub(super) const CBOR: &str = "application/cbor";
/// One signed object.
pub(super) const COSE: &str = "application/cose";
/// RFC 8259.
pub(super) const JSON: &str = "application/json";

/// The form of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// `application/cbor` or `application/cose`.
    Cbor,
    /// `application/json`.
    Json,
}

/// The form of a received body; CBOR when nothing is said.
pub(super) fn of_body(headers: &HeaderMap) -> Result<Form, Turned> {
    let Some(said) = headers.get(header::CONTENT_TYPE) else { return Ok(Form::Cbor) };
    let media_type = said.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
    match media_type.to_ascii_lowercase().as_str() {
        CBOR | COSE => Ok(Form::Cbor),
        JSON => Ok(Form::Json),
        _ => Err(Turned::because(&MEDIA_TYPE, format!("Send {CBOR}, {COSE} or {JSON}."))),
    }
}

/// As [`of_body`], for routes that read signed objects alone.
pub(super) fn signed_only(headers: &HeaderMap) -> Result<(), Turned> {
    match of_body(headers)? {
        Form::Cbor => Ok(()),
        Form::Json => Err(Turned::because(&MEDIA_TYPE, format!("This route takes a signed object: send {COSE}."))),
    }
}

/// The form that the caller wants back (RFC 9110 section 12.5.1): the better weighted of those it names, the form that it
/// sent when it takes anything.
pub(super) fn wanted(headers: &HeaderMap, sent: Form) -> Result<Form, Turned> {
    let Some(accept) = headers.get(header::ACCEPT) else { return Ok(sent) };
    let mut best: Option<(f32, Form)> = None;
    for range in accept.to_str().unwrap_or_default().split(',') {
        let (media_type, parameters) = range.split_once(';').unwrap_or((range, ""));
        let form = match media_type.trim().to_ascii_lowercase().as_str() {
            CBOR | COSE => Form::Cbor,
            JSON => Form::Json,
            "*/*" | "application/*" => sent,
            _ => continue,
        };
        let weight = parameters.trim().strip_prefix("q=").map_or(1.0, |text| text.trim().parse::<f32>().unwrap_or(0.0));
        if weight > best.map_or(0.0, |(weight, _)| weight) {
            best = Some((weight, form));
        }
    }
    best.map(|(_, form)| form).ok_or_else(|| Turned::because(&NOT_ACCEPTABLE, format!("Accept {CBOR} or {JSON}.")))
}

/// A JSON answer.
pub(super) fn json(document: &serde_json::Value) -> Outgoing {
    Outgoing::new(StatusCode::OK, JSON, document.to_string())
}

#[cfg(test)]
mod tests {
    use super::{Form, wanted};
    use pod_http::{HeaderMap, HeaderValue, header};

    fn accepting(value: &'static str) -> Option<Form> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static(value));
        wanted(&headers, Form::Json).ok()
    }

    #[test]
    fn the_caller_chooses() {
        assert_eq!(accepting("*/*"), Some(Form::Json));
        assert_eq!(accepting("application/cbor"), Some(Form::Cbor));
        assert_eq!(accepting("application/json;q=0.2, application/cose"), Some(Form::Cbor));
        assert_eq!(accepting("text/html, application/json"), Some(Form::Json));
        assert_eq!(accepting("text/html"), None);
        assert_eq!(accepting("application/json;q=0"), None);
    }
}
