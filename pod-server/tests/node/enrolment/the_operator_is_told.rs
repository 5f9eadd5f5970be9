use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use pod_server::enrolment::{OidcConfig, OidcConfigError};
use tempfile::TempDir;

use super::world::config;

const REDIRECT: &str = "https://node.example/v1/enrolments/callback";

/// The sentence about a configuration, with the sentences behind it.
fn sentence(change: impl FnOnce(&mut OidcConfig)) -> String {
    let directory = TempDir::new().unwrap();
    let mut config = config(directory.path(), "https://login.example", REDIRECT);
    config.check().unwrap();
    change(&mut config);
    let error = config.check().unwrap_err();
    match std::error::Error::source(&error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

#[test]
fn which_setting_and_what_to_write_instead() {
    let cases: Vec<(&str, &str, String)> = vec![
        ("issuer", "https://", sentence(|config| config.issuer = "login.example".to_owned())),
        ("issuer", "https://", sentence(|config| config.issuer = "http://login.example".to_owned())),
        ("issuer", "no `?`", sentence(|config| config.issuer = "https://login.example?a".to_owned())),
        ("redirect_url", "/v1/enrolments/callback", sentence(|config| config.redirect_url.push('/'))),
        ("redirect_url", "https://", sentence(|config| config.redirect_url = REDIRECT.replace("https", "http"))),
        ("client_id", "id that the login provider gave", sentence(|config| config.client_id.clear())),
        ("accepted_loa", "substantial", sentence(|config| config.accepted_loa.clear())),
        ("accepted_loa", "substantial", sentence(|config| config.accepted_loa = vec![String::new()])),
        ("identity_code_claim", "claim", sentence(|config| config.identity_code_claim.clear())),
        ("scopes", "openid", sentence(|config| config.scopes = vec!["profile".to_owned()])),
        (
            "root_certificates",
            "none.pem",
            sentence(|config| config.root_certificates = vec![PathBuf::from("none.pem")]),
        ),
        ("client_secret_file", "secret", sentence(|config| config.client_secret_file = PathBuf::from("none"))),
        ("client_secret_file", "one line", sentence(|config| fs::write(&config.client_secret_file, "\n").unwrap())),
        ("client_secret_file", "one line", sentence(|config| fs::write(&config.client_secret_file, "ä").unwrap())),
    ];
    for (setting, advice, sentence) in cases {
        assert!(sentence.contains(&format!("oidc.{setting}")) && sentence.contains(advice), "{sentence}");
    }
}

#[test]
fn a_secret_is_for_the_node_alone() {
    let directory = TempDir::new().unwrap();
    let config = config(directory.path(), "https://login.example", REDIRECT);
    fs::set_permissions(&config.client_secret_file, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(matches!(config.check(), Err(OidcConfigError::SecretReadableByAll { .. })));
}
