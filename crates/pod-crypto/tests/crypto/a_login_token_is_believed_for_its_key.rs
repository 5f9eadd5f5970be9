use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pod_crypto::jws::{
    Es256Key, Jwks, JwksError, JwsError, MAX_JWKS_BYTES, MAX_JWKS_KEYS, MAX_TOKEN_BYTES, sign_es256, verify,
};
use pod_crypto::{SigningKey, hmac_sha256, sha256};
use serde_json::{Value, json};

use crate::support::{unhex, unhex_array};

/// Modulus of the key of RFC 7515 A.2.
const RSA_N: &str = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
const RSA_TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
/// Modulus of 1024 bit, and a token that its owner signed correctly.
const RSA_1024_N: &str = "ujfz7NO4GRJyvXx4Kv-4CjGL-hRe6i5oT55gJx2RZ50zy6stnCCsjh_VFpV4VWaCbvdH_3A2pWeMrSubiFJegS-UngTlHDVHREXXZjfmRtiLv2nA6-wbMY-ZsOy4Mee7mXFT22U_fV3VCGRlZREH9r2OqBpuMjj6RAj8OmT3MEM";
const RSA_1024_TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.e30.qrHCfU-t5EbALizfED3iZ9mrexwVipRDUORJrnlbl_dUnM8HU1e0GwhOK0xhtEOEAYwFpdACuRxNM6htbvlt79lHDFazoUQ73RLzuiNv6D-5YPKeHFS48HTn0FzaP6Ji4XPf-Fsc2cJJPN0nHWwbXCNiP8QQcRHFB2lhI6Ntp8A";
/// RFC 7515 A.3.
const P256_TOKEN: &str = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
/// RFC 8037 A.4.
const ED25519_TOKEN: &str = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
/// The claims of RFC 7515 A.1.1.
const RFC_CLAIMS: &[u8] = b"{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}";

fn rsa() -> Value {
    json!({ "kty": "RSA", "n": RSA_N, "e": "AQAB", "kid": "rsa" })
}

fn p256() -> Value {
    json!({ "kty": "EC", "crv": "P-256", "kid": "p256",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0" })
}

fn ed25519() -> Value {
    json!({ "kty": "OKP", "crv": "Ed25519", "kid": "ed", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" })
}

fn set(keys: &[Value]) -> Jwks {
    Jwks::from_json(json!({ "keys": keys }).to_string().as_bytes()).unwrap()
}

fn with(mut key: Value, member: &str, value: Value) -> Value {
    key[member] = value;
    key
}

/// A token that the RFC 8037 key signed, with whatever header.
fn signed(header: &str, claims: &[u8]) -> String {
    let key = SigningKey::from_seed(&unhex_array("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"));
    let input = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let signature = URL_SAFE_NO_PAD.encode(key.sign(input.as_bytes()));
    format!("{input}.{signature}")
}

#[test]
fn the_tokens_of_the_rfcs_verify() {
    assert_eq!(verify(RSA_TOKEN, &set(&[rsa()])).unwrap(), RFC_CLAIMS);
    assert_eq!(verify(P256_TOKEN, &set(&[p256()])).unwrap(), RFC_CLAIMS);
    assert_eq!(verify(ED25519_TOKEN, &set(&[ed25519()])).unwrap(), b"Example of Ed25519 signing");
    // The name that RFC 9864 gives the same algorithm.
    assert_eq!(verify(&signed(r#"{"alg":"Ed25519","kid":"ed"}"#, b"{}"), &set(&[ed25519()])).unwrap(), b"{}");
}

#[test]
fn a_changed_token_is_refused() {
    for (token, key) in [(RSA_TOKEN, rsa()), (P256_TOKEN, p256()), (ED25519_TOKEN, ed25519())] {
        let keys = set(&[key]);
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let (header, _) = signed.split_once('.').unwrap();
        let admin = URL_SAFE_NO_PAD.encode(br#"{"iss":"admin"}"#);
        assert_eq!(verify(&format!("{header}.{admin}.{signature}"), &keys), Err(JwsError::BadSignature));
        assert_eq!(verify(&format!("{signed}."), &keys), Err(JwsError::BadSignature));
        let mut other = URL_SAFE_NO_PAD.decode(signature).unwrap();
        other[10] ^= 1;
        let other = URL_SAFE_NO_PAD.encode(other);
        assert_eq!(verify(&format!("{signed}.{other}"), &keys), Err(JwsError::BadSignature));
    }
}

#[test]
fn the_token_does_not_choose_the_algorithm() {
    let keys = set(&[rsa(), p256(), ed25519()]);
    let claims = URL_SAFE_NO_PAD.encode(br#"{"iss":"admin"}"#);
    for kid in ["rsa", "p256", "ed"] {
        for alg in ["none", "None", "NONE", ""] {
            let header = URL_SAFE_NO_PAD.encode(json!({ "alg": alg, "kid": kid }).to_string());
            assert_eq!(verify(&format!("{header}.{claims}."), &keys), Err(JwsError::WrongAlgorithm), "{alg} {kid}");
        }
    }
    // HS256 keyed with what everybody knows: the modulus, its text, the published key.
    let header = URL_SAFE_NO_PAD.encode(br#"{"alg":"HS256","kid":"rsa"}"#);
    let input = format!("{header}.{claims}");
    let published = rsa().to_string();
    for secret in [URL_SAFE_NO_PAD.decode(RSA_N).unwrap(), RSA_N.into(), published.into_bytes()] {
        let mac = URL_SAFE_NO_PAD.encode(hmac_sha256(&secret, &[input.as_bytes()]));
        assert_eq!(verify(&format!("{input}.{mac}"), &keys), Err(JwsError::WrongAlgorithm));
    }
    // An honest signature under the name of another algorithm.
    for alg in ["RS256", "ES256", "PS256", "ES384", "eddsa"] {
        let token = signed(&json!({ "alg": alg, "kid": "ed" }).to_string(), b"{}");
        assert_eq!(verify(&token, &keys), Err(JwsError::WrongAlgorithm), "{alg}");
    }
}

#[test]
fn the_key_id_must_name_exactly_one_key() {
    let token = signed(r#"{"alg":"EdDSA","kid":"ed"}"#, b"{}");
    assert!(verify(&token, &set(&[rsa(), ed25519()])).is_ok());
    assert_eq!(verify(&token, &set(&[rsa(), p256()])), Err(JwsError::UnknownKey));
    assert_eq!(verify(&token, &set(&[ed25519(), with(rsa(), "kid", json!("ed"))])), Err(JwsError::AmbiguousKey));
    // A kid that the only key does not have is not overlooked.
    assert_eq!(verify(&token, &set(&[with(ed25519(), "kid", json!("other"))])), Err(JwsError::UnknownKey));
    // Without a kid the set must leave no choice.
    let without = signed(r#"{"alg":"EdDSA"}"#, b"{}");
    assert!(verify(&without, &set(&[ed25519()])).is_ok());
    assert_eq!(verify(&without, &set(&[ed25519(), p256()])), Err(JwsError::UnknownKey));
}

#[test]
fn a_key_in_the_token_is_not_looked_at() {
    let attacker = SigningKey::from_seed(&[9; 32]);
    let header = json!({ "alg": "EdDSA", "kid": "ed", "jku": "https://attacker.example/keys", "jwk": { "kty": "OKP",
        "crv": "Ed25519", "x": URL_SAFE_NO_PAD.encode(attacker.public_key().to_bytes()) } });
    let input = format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode("{}"));
    let token = format!("{input}.{}", URL_SAFE_NO_PAD.encode(attacker.sign(input.as_bytes())));
    assert_eq!(verify(&token, &set(&[ed25519()])), Err(JwsError::BadSignature));
}

#[test]
fn headers_that_are_ambiguous_or_demand_something_are_refused() {
    let keys = set(&[ed25519()]);
    let outcome = |header: &str| verify(&signed(header, b"{}"), &keys);
    assert!(outcome(r#"{"alg":"EdDSA","kid":"ed","typ":"JWT"}"#).is_ok());
    assert_eq!(outcome(r#"{"alg":"none","alg":"EdDSA","kid":"ed"}"#), Err(JwsError::Malformed));
    assert_eq!(outcome(r#"{"alg":"EdDSA","kid":"x","kid":"ed"}"#), Err(JwsError::Malformed));
    assert_eq!(outcome(r#"{"kid":"ed"}"#), Err(JwsError::Malformed));
    assert_eq!(outcome(r#"{"alg":["EdDSA"],"kid":"ed"}"#), Err(JwsError::Malformed));
    assert_eq!(outcome(r#"{"alg":"EdDSA","crit":["b64"],"b64":false}"#), Err(JwsError::CriticalExtension));
    assert_eq!(outcome(r#"{"alg":"EdDSA","typ":"logout+jwt"}"#), Err(JwsError::WrongType));
    assert_eq!(outcome("[]"), Err(JwsError::Malformed));
}

#[test]
fn a_token_has_one_spelling() {
    let keys = set(&[ed25519()]);
    let token = signed(r#"{"alg":"EdDSA"}"#, b"{}");
    assert!(verify(&token, &keys).is_ok());
    // 64 bytes leave four unused bits in the last character: A and B differ only there.
    let (rest, last) = token.split_at(token.len() - 1);
    let next = char::from(last.as_bytes()[0] + 1);
    for other in [
        format!("{rest}{next}"),
        format!("{token}="),
        format!("{token}=="),
        format!("{token}\n"),
        format!(" {token}"),
        format!("{token}.{token}"),
        rest.replace('.', ""),
        String::new(),
    ] {
        assert_eq!(verify(&other, &keys), Err(JwsError::Malformed), "{other}");
    }
    let long = signed(r#"{"alg":"EdDSA"}"#, &vec![b' '; MAX_TOKEN_BYTES]);
    assert_eq!(verify(&long, &keys), Err(JwsError::TooLong));
}

#[test]
fn a_key_set_keeps_what_it_understands() {
    let read = |keys: &[Value]| Jwks::from_json(json!({ "keys": keys }).to_string().as_bytes()).map(drop);
    let unusable = [
        json!({ "kty": "oct", "k": "c2VjcmV0", "kid": "rsa" }),
        with(rsa(), "use", json!("enc")),
        with(rsa(), "alg", json!("RSA-OAEP")),
        with(rsa(), "alg", json!("HS256")),
        with(rsa(), "key_ops", json!(["encrypt"])),
        with(rsa(), "n", Value::Null),
        with(p256(), "crv", json!("P-384")),
        with(p256(), "x", json!("AAAA")),
        with(ed25519(), "crv", json!("X25519")),
        // The identity point.
        with(ed25519(), "x", json!("AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")),
        json!("not even an object"),
    ];
    for key in &unusable {
        assert_eq!(read(std::slice::from_ref(key)), Err(JwksError::NoUsableKey), "{key}");
    }
    let mut keys = unusable.to_vec();
    keys.push(with(rsa(), "use", json!("sig")));
    assert_eq!(verify(RSA_TOKEN, &set(&keys)).unwrap(), RFC_CLAIMS);

    assert_eq!(Jwks::from_json(b"[]").map(drop), Err(JwksError::Malformed));
    assert_eq!(Jwks::from_json(b"{}").map(drop), Err(JwksError::Malformed));
    assert_eq!(read(&vec![ed25519(); MAX_JWKS_KEYS]), Ok(()));
    assert_eq!(read(&vec![ed25519(); MAX_JWKS_KEYS + 1]), Err(JwksError::TooLarge));
    assert_eq!(Jwks::from_json(&vec![b' '; MAX_JWKS_BYTES + 1]).map(drop), Err(JwksError::TooLarge));
}

#[test]
fn weak_rsa_and_points_off_the_curve_verify_nothing() {
    let short = with(rsa(), "n", json!(RSA_1024_N));
    assert_eq!(verify(RSA_1024_TOKEN, &set(&[short])), Err(JwsError::BadSignature));
    // With the exponent 1 every padded digest is its own signature (RFC 8017 §9.2).
    let input = RSA_TOKEN.rsplit_once('.').unwrap().0;
    let digest_info = [&unhex("3031300d060960864801650304020105000420")[..], &sha256(&[input.as_bytes()])].concat();
    let forged = [&[0, 1][..], &[0xff; 256 - 3 - 51], &[0], &digest_info].concat();
    let forged = format!("{input}.{}", URL_SAFE_NO_PAD.encode(forged));
    assert_eq!(verify(&forged, &set(&[with(rsa(), "e", json!("AQ"))])), Err(JwsError::BadSignature));
    let off_curve = with(p256(), "y", p256()["x"].clone());
    assert_eq!(verify(P256_TOKEN, &set(&[off_curve])), Err(JwsError::BadSignature));
    // The signature of zeros (CVE-2022-21449).
    let (input, _) = P256_TOKEN.rsplit_once('.').unwrap();
    let zeros = format!("{input}.{}", URL_SAFE_NO_PAD.encode([0; 64]));
    assert_eq!(verify(&zeros, &set(&[p256()])), Err(JwsError::BadSignature));
}

#[test]
fn the_demo_provider_signs_what_its_own_key_set_verifies() {
    let key = Es256Key::generate("demo-1").unwrap();
    let keys = Jwks::from_json(&key.jwks_json()).unwrap();
    let token = sign_es256(&key, br#"{"sub":"matti"}"#).unwrap();
    assert_eq!(verify(&token, &keys).unwrap(), br#"{"sub":"matti"}"#);
    let stranger = Es256Key::generate("demo-1").unwrap();
    assert_eq!(verify(&sign_es256(&stranger, b"{}").unwrap(), &keys), Err(JwsError::BadSignature));
}
