//! Whether a login counts here and now (OpenID Connect Core §3.1.3.7).
//!
//! The nonce is the wallet's own: it checks that the token answers its login. Here a token counts once, for this blinder,
//! within minutes of the login.

use pod_protocol::chain::CLOCK_SKEW_SECS;
use serde::Deserialize;

use crate::fault::Refused;
use crate::problems;

/// Longest time from the login to the question, in seconds: the wallet asks at once, and a token that lies about later is
/// worth nothing.
pub const MAX_LOGIN_AGE_SECS: u64 = 300;
/// Longest subject and token id, in bytes (OpenID Connect Core §2 has 255 for the subject).
const MAX_ID_BYTES: usize = 255;

/// What a token says, of what matters here.
#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    exp: u64,
    iat: u64,
    azp: Option<String>,
    jti: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

/// A login that counts.
pub(super) struct Login {
    pub(super) issuer: String,
    /// Pairwise: another one at every relying party.
    pub(super) subject: String,
    pub(super) issued: u64,
    pub(super) id: Option<String>,
}

/// Reads the claims of a token whose signature holds.
pub(super) fn check(claims: &[u8], issuer: &str, client_id: &str, now_secs: u64) -> Result<Login, Refused> {
    let claims: Claims = serde_json::from_slice(claims)
        .map_err(|_| Refused::saying(&problems::TOKEN_MALFORMED, "the token needs iss, sub, aud, exp and iat"))?;
    if claims.iss != issuer {
        return Err(Refused::saying(&problems::TOKEN_ISSUER, format!("log in at {issuer}")));
    }
    let meant = match &claims.aud {
        Audience::One(only) => only == client_id,
        // Of a token for several, the one that it was issued to must be this one.
        Audience::Several(all) if all.len() > 1 => {
            all.iter().any(|one| one == client_id) && claims.azp.as_deref() == Some(client_id)
        }
        Audience::Several(all) => all.iter().any(|one| one == client_id),
    };
    if !meant || claims.azp.as_deref().is_some_and(|party| party != client_id) {
        return Err(Refused::saying(&problems::TOKEN_AUDIENCE, format!("log in as the client {client_id}")));
    }
    if claims.iat > now_secs.saturating_add(CLOCK_SKEW_SECS) {
        return Err(Refused::new(&problems::TOKEN_FUTURE));
    }
    if claims.exp <= now_secs || claims.iat.saturating_add(MAX_LOGIN_AGE_SECS) <= now_secs {
        let detail = format!("a login counts for {MAX_LOGIN_AGE_SECS} seconds");
        return Err(Refused::saying(&problems::TOKEN_EXPIRED, detail));
    }
    let fits = |id: &str| (1..=MAX_ID_BYTES).contains(&id.len());
    if !fits(&claims.sub) || claims.jti.as_deref().is_some_and(|id| !fits(id)) {
        return Err(Refused::saying(&problems::TOKEN_MALFORMED, "sub and jti have 1 to 255 bytes"));
    }
    Ok(Login { issuer: claims.iss, subject: claims.sub, issued: claims.iat, id: claims.jti })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    const NOW: u64 = 1_785_585_600;

    fn code(change: impl FnOnce(&mut Json)) -> &'static str {
        let mut claims = json!({
            "iss": "https://login.example", "sub": "pairwise", "aud": "blinder", "exp": NOW + 60, "iat": NOW,
            "nonce": "the wallet's own",
        });
        change(&mut claims);
        let checked = check(claims.to_string().as_bytes(), "https://login.example", "blinder", NOW);
        checked.err().map_or("counts", |refused| refused.kind.code)
    }

    #[test]
    fn a_fresh_token_for_this_blinder_counts() {
        assert_eq!(code(|_| {}), "counts");
        assert_eq!(code(|claims| claims["aud"] = json!(["blinder"])), "counts");
        assert_eq!(
            code(|claims| {
                claims["aud"] = json!(["other", "blinder"]);
                claims["azp"] = json!("blinder");
            }),
            "counts"
        );
        assert_eq!(code(|claims| claims["iat"] = json!(NOW + CLOCK_SKEW_SECS)), "counts");
    }

    #[test]
    fn any_other_does_not() {
        assert_eq!(code(|claims| claims["iss"] = json!("https://login.example/")), "token-issuer");
        assert_eq!(code(|claims| claims["aud"] = json!("helsinki")), "token-audience");
        assert_eq!(code(|claims| claims["aud"] = json!([])), "token-audience");
        assert_eq!(code(|claims| claims["aud"] = json!(["other", "blinder"])), "token-audience");
        assert_eq!(code(|claims| claims["azp"] = json!("other")), "token-audience");
        assert_eq!(code(|claims| claims["exp"] = json!(NOW)), "token-expired");
        assert_eq!(code(|claims| claims["iat"] = json!(NOW - MAX_LOGIN_AGE_SECS)), "token-expired");
        assert_eq!(code(|claims| claims["iat"] = json!(NOW + CLOCK_SKEW_SECS + 1)), "token-issued-in-future");
        assert_eq!(code(|claims| claims["sub"] = json!("")), "token-malformed");
        assert_eq!(code(|claims| claims["jti"] = json!("x".repeat(256))), "token-malformed");
        assert_eq!(code(|claims| claims["iat"] = Json::Null), "token-malformed");
    }
}
