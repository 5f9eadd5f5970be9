//! Who may see the desk: whoever has the key that was shown at the start. A browser trades it for a cookie.

use pod_crypto::{Random, equal, hmac_sha256, random_array};
use pod_http::{HeaderMap, HeaderName, HeaderValue, Method, Outgoing, StatusCode, Uri, header};
use pod_protocol::ids::base64url;
use pod_wallet::Language;
use url::form_urlencoded;

use super::page::{self, Trouble};

/// The cookies: who has traded the key, and which language a browser was switched to.
const SESSION: &str = "aitta-desk";
const LANGUAGE: &str = "aitta-language";

/// The secrets of one run.
pub(super) struct Guard {
    key: String,
    session: String,
    form: String,
}

/// A browser that may see the desk.
#[derive(Debug)]
pub(super) struct Visitor {
    /// In which it reads.
    pub(super) language: Language,
    /// Goes with each form, and comes back with it.
    pub(super) form: String,
}

impl Guard {
    pub(super) fn new(random: &dyn Random) -> Self {
        let secret = random_array::<32>(random);
        let of = |what: &str| base64url(&hmac_sha256(&secret, &[what.as_bytes()]));
        Self { key: of("key"), session: of("session"), form: of("form") }
    }

    /// What is written behind the desk's address to open it.
    pub(super) fn query(&self) -> String {
        format!("/?key={}", self.key)
    }

    /// Lets a request in, or says what is answered instead.
    pub(super) fn admit(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<Visitor, Box<Outgoing>> {
        let language = language(headers);
        let refuse = |status, trouble| Err(Box::new(page::refusal(status, trouble, language)));
        if let Some(key) = query(uri, "key") {
            return match equal(key.as_bytes(), self.key.as_bytes()) {
                true => Err(Box::new(back_to("/", SESSION, &self.session))),
                false => refuse(StatusCode::FORBIDDEN, &Trouble::NOT_OPEN),
            };
        }
        if !cookie(headers, SESSION).is_some_and(|given| equal(given.as_bytes(), self.session.as_bytes())) {
            return refuse(StatusCode::FORBIDDEN, &Trouble::NOT_OPEN);
        }
        if *method == Method::POST && !is_from_here(headers) {
            return refuse(StatusCode::FORBIDDEN, &Trouble::NOT_FROM_HERE);
        }
        if let Some(wanted) = query(uri, "lang").and_then(|code| code.parse::<Language>().ok()) {
            // As the desk writes its own paths: a browser would take some others for addresses elsewhere.
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_".contains(&byte);
            let own = uri.path().bytes().all(plain) && !uri.path().starts_with("//");
            return Err(Box::new(back_to(if own { uri.path() } else { "/" }, LANGUAGE, wanted.code())));
        }
        Ok(Visitor { language, form: self.form.clone() })
    }
}

impl Visitor {
    /// Whether a form that was sent is one that this visitor was shown.
    pub(super) fn was_shown(&self, body: &[u8]) -> bool {
        field(body, "form").is_some_and(|given| equal(given.as_bytes(), self.form.as_bytes()))
    }
}

/// A field of a form that was sent.
pub(super) fn field(body: &[u8], name: &str) -> Option<String> {
    form_urlencoded::parse(body).find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
}

fn query(uri: &Uri, name: &str) -> Option<String> {
    field(uri.query()?.as_bytes(), name)
}

/// A page of another origin may send a form, but not in this one's name. A proxy passes on what the browser calls the desk.
fn is_from_here(headers: &HeaderMap) -> bool {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let origin = text(header::ORIGIN).and_then(|origin| origin.split_once("://"));
    matches!((origin, text(header::HOST)), (Some((_, own)), Some(host)) if own == host)
}

/// What the browser was switched to, else what it prefers.
fn language(headers: &HeaderMap) -> Language {
    cookie(headers, LANGUAGE).and_then(|code| code.parse().ok()).unwrap_or_else(|| match pod_http::Language::preferred(
        headers,
    ) {
        pod_http::Language::Finnish => Language::Fi,
        pod_http::Language::Swedish => Language::Sv,
        pod_http::Language::English => Language::En,
    })
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = all.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(known, _)| *known == name).map(|(_, value)| value)
}

/// Sends the browser on with a cookie, so that nothing of it stays in the address.
fn back_to(path: &str, name: &str, value: &str) -> Outgoing {
    let mut outgoing = page::see_other(path);
    let set = HeaderValue::from_str(&format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict"));
    outgoing.headers.extend(set.map(|set| (header::SET_COOKIE, set)));
    outgoing
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn headers(pairs: &[(HeaderName, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap())).collect()
    }

    #[test]
    fn a_form_comes_from_where_it_was_shown() {
        let host = (header::HOST, "127.0.0.1:8455");
        let from = |origin: &str| is_from_here(&headers(&[host.clone(), (header::ORIGIN, origin)]));
        assert!(from("http://127.0.0.1:8455"));
        // Behind a proxy that speaks TLS.
        assert!(from("https://127.0.0.1:8455"));
        for origin in ["http://127.0.0.1:8456", "https://elsewhere.example", "null", "", "127.0.0.1:8455"] {
            assert!(!from(origin), "{origin}");
        }
        assert!(!is_from_here(&headers(&[host])));
    }

    #[test]
    fn a_language_is_chosen_or_preferred() {
        let preferred = (header::ACCEPT_LANGUAGE, "sv-FI,fi;q=0.8");
        assert_eq!(language(&headers(std::slice::from_ref(&preferred))), Language::Sv);
        assert_eq!(language(&headers(&[preferred.clone(), (header::COOKIE, "a=b; aitta-language=fi")])), Language::Fi);
        assert_eq!(language(&headers(&[preferred, (header::COOKIE, "aitta-language=xx")])), Language::Sv);
        assert_eq!(language(&HeaderMap::new()), Language::En);
    }
}
