//! The claims of an ID token (OpenID Connect Core §2 and §3.1.3.7), once its signature is verified. Pure: the time is an
//! argument.

use std::fmt;

use pod_crypto::{Zeroizing, equal};
use pod_import::IdentityCode;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};

use super::refusal::LoginRefusal;

/// How far the provider's clock may be from ours.
const SKEW_SECS: u64 = 60;
/// How old a token may be: it is fetched right after it was made.
const MAX_AGE_SECS: u64 = 10 * 60;

/// What the token must say.
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) client_id: &'a str,
    pub(super) nonce: &'a str,
    pub(super) accepted_loa: &'a [String],
    pub(super) identity_code_claim: &'a str,
    pub(super) now_secs: u64,
}

/// The claims that are looked at. Derived, because serde's structs refuse a member that stands twice.
#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: Audience,
    azp: Option<String>,
    exp: u64,
    iat: u64,
    nonce: Option<String>,
    acr: Option<String>,
    loa: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Audience {
    fn as_slice(&self) -> &[String] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Several(several) => several,
        }
    }
}

/// Checks the claims, and gives the identity code.
pub(super) fn check(claims: &[u8], expected: &Expected<'_>) -> Result<IdentityCode, LoginRefusal> {
    let read: Claims = serde_json::from_slice(claims).map_err(|_| LoginRefusal::TokenMalformed)?;
    if read.iss != expected.issuer {
        return Err(LoginRefusal::TokenIssuer);
    }
    check_audience(&read, expected.client_id)?;
    if read.exp.saturating_add(SKEW_SECS) <= expected.now_secs {
        return Err(LoginRefusal::TokenExpired);
    }
    let is_now = read.iat <= expected.now_secs.saturating_add(SKEW_SECS)
        && read.iat.saturating_add(MAX_AGE_SECS) >= expected.now_secs;
    if !is_now {
        return Err(LoginRefusal::TokenIssued);
    }
    if !read.nonce.is_some_and(|nonce| equal(nonce.as_bytes(), expected.nonce.as_bytes())) {
        return Err(LoginRefusal::TokenNonce);
    }
    let loa = read.acr.or(read.loa);
    if !loa.is_some_and(|loa| expected.accepted_loa.contains(&loa)) {
        return Err(LoginRefusal::Assurance);
    }
    identity_code(claims, expected.identity_code_claim)
}

/// The token is for this node, and if for others too, it says that this node asked for it.
fn check_audience(claims: &Claims, client_id: &str) -> Result<(), LoginRefusal> {
    let audience = claims.aud.as_slice();
    let for_us = audience.iter().any(|one| one == client_id);
    let by_us = match &claims.azp {
        Some(party) => party == client_id,
        None => audience.len() == 1,
    };
    if for_us && by_us { Ok(()) } else { Err(LoginRefusal::TokenAudience) }
}

fn identity_code(claims: &[u8], claim: &str) -> Result<IdentityCode, LoginRefusal> {
    let mut json = serde_json::Deserializer::from_slice(claims);
    let found = OneText(claim).deserialize(&mut json).map_err(|_| LoginRefusal::IdentityCode)?;
    let text = found.ok_or(LoginRefusal::IdentityCode)?;
    IdentityCode::parse(&text).map_err(|_| LoginRefusal::IdentityCode)
}

/// Reads one text member of an object and nothing else, so that no other copy of it is made.
struct OneText<'a>(&'a str);

impl<'de> DeserializeSeed<'de> for OneText<'_> {
    type Value = Option<Zeroizing<String>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for OneText<'_> {
    type Value = Option<Zeroizing<String>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of claims")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(name) = members.next_key::<String>()? {
            if name != self.0 {
                members.next_value::<IgnoredAny>()?;
                continue;
            }
            if found.replace(Zeroizing::new(members.next_value::<String>()?)).is_some() {
                return Err(A::Error::custom("a claim stands twice"));
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Expected, LoginRefusal, check};

    const NOW_SECS: u64 = 1_780_000_000;

    fn checked(change: impl FnOnce(&mut Value)) -> Result<[u8; 11], LoginRefusal> {
        let mut claims = json!({
            "iss": "https://login.example", "aud": "helsinki", "exp": NOW_SECS + 300, "iat": NOW_SECS,
            "nonce": "n", "acr": "high", "sub": "somebody", "code": "131052-308T",
        });
        change(&mut claims);
        check_text(&claims.to_string())
    }

    fn check_text(claims: &str) -> Result<[u8; 11], LoginRefusal> {
        let expected = Expected {
            issuer: "https://login.example",
            client_id: "helsinki",
            nonce: "n",
            accepted_loa: &["substantial".to_owned(), "high".to_owned()],
            identity_code_claim: "code",
            now_secs: NOW_SECS,
        };
        check(claims.as_bytes(), &expected).map(|code| *code.expose())
    }

    #[test]
    fn a_good_token_gives_the_code() {
        assert_eq!(checked(|_| ()), Ok(*b"131052-308T"));
        assert_eq!(checked(|claims| claims["aud"] = json!(["helsinki"])), Ok(*b"131052-308T"));
        assert_eq!(checked(|claims| claims["azp"] = json!("helsinki")), Ok(*b"131052-308T"));
    }

    #[test]
    fn each_claim_is_looked_at() {
        let refused = |claim: &str, value: Value| checked(|claims| claims[claim] = value).unwrap_err();
        assert_eq!(refused("iss", json!("https://login.example/")), LoginRefusal::TokenIssuer);
        assert_eq!(refused("aud", json!("espoo")), LoginRefusal::TokenAudience);
        assert_eq!(refused("aud", json!(["helsinki", "espoo"])), LoginRefusal::TokenAudience);
        assert_eq!(refused("aud", json!([])), LoginRefusal::TokenAudience);
        assert_eq!(refused("azp", json!("espoo")), LoginRefusal::TokenAudience);
        assert_eq!(refused("exp", json!(NOW_SECS - 60)), LoginRefusal::TokenExpired);
        assert_eq!(refused("iat", json!(NOW_SECS + 61)), LoginRefusal::TokenIssued);
        assert_eq!(refused("iat", json!(NOW_SECS - 601)), LoginRefusal::TokenIssued);
        assert_eq!(refused("nonce", json!("m")), LoginRefusal::TokenNonce);
        assert_eq!(refused("nonce", Value::Null), LoginRefusal::TokenNonce);
        assert_eq!(refused("acr", json!("low")), LoginRefusal::Assurance);
        assert_eq!(refused("code", json!("131052-308U")), LoginRefusal::IdentityCode);
        assert_eq!(refused("code", json!(["131052-308T"])), LoginRefusal::IdentityCode);
        assert_eq!(refused("exp", json!("tomorrow")), LoginRefusal::TokenMalformed);
        assert_eq!(refused("exp", json!(-1)), LoginRefusal::TokenMalformed);
    }

    #[test]
    fn loa_counts_where_there_is_no_acr() {
        let without_acr = |loa: &str| {
            checked(|claims| {
                claims["acr"] = Value::Null;
                claims["loa"] = json!(loa);
            })
        };
        assert!(without_acr("substantial").is_ok());
        assert_eq!(without_acr("low"), Err(LoginRefusal::Assurance));
        let both = checked(|claims| {
            claims["acr"] = json!("low");
            claims["loa"] = json!("high");
        });
        assert_eq!(both, Err(LoginRefusal::Assurance));
    }

    #[test]
    fn nothing_stands_twice() {
        let good = checked(|_| ());
        assert!(good.is_ok());
        let text = |more: &str| {
            format!(
                "{{\"iss\":\"https://login.example\",\"aud\":\"helsinki\",\"exp\":{},\"iat\":{NOW_SECS},\"nonce\":\"n\",\
                 \"acr\":\"high\",\"code\":\"131052-308T\"{more}}}",
                NOW_SECS + 300
            )
        };
        assert!(check_text(&text("")).is_ok());
        assert_eq!(check_text(&text(",\"nonce\":\"n\"")), Err(LoginRefusal::TokenMalformed));
        assert_eq!(check_text(&text(",\"code\":\"010516A903X\"")), Err(LoginRefusal::IdentityCode));
    }
}
