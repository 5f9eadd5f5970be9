//! With `--json`, standard output is JSON however a command ends, and nothing else.

use crate::world::{World, aitta};

#[test]
fn errors_have_a_code_a_message_and_advice() {
    let world = World::empty();
    let (missing, config) = (world.path("missing"), world.path("missing.toml"));
    let failing: &[&[&str]] = &[
        &["nonsense"],
        &["inspect"],
        &["inspect", &missing],
        &["audit", "head", &missing],
        &["audit", "verify", &missing, "--key", "iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w"],
        &["node", "serve", "--config", &config],
        &["node", "check-config", "--config", &config],
        &["node", "publish-profile", "--profile", &config],
        &["directory", "serve", "--config", &config],
        &["directory", "check-config", "--config", &config],
        &["directory", "admit", &missing, "--federation", &config, "--anchor-key", &missing],
        &["directory", "suspend", "turku", "--federation", &config, "--anchor-key", &missing],
        &["blinder", "serve", "--config", &config],
        &["blinder", "check-config", "--config", &config],
        &["blinder", "publish-profile", "--profile", &config],
        &["import", "--config", &config, &missing],
    ];
    for args in failing {
        let ran = aitta(&[args, &["--json"][..]].concat());
        assert_ne!(ran.code, 0, "{args:?}");
        let error = &ran.json()["error"];
        assert!(error["code"].is_string() && !error["message"].as_str().unwrap().is_empty(), "{args:?}: {ran:?}");
        assert_eq!(ran.out.lines().count(), 1, "{args:?}: {ran:?}");
    }
}

#[test]
fn without_it_errors_stand_on_standard_error_once() {
    let world = World::empty();
    let ran = aitta(&["inspect", &world.path("missing")]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert_eq!(ran.err.matches("cannot read").count(), 1, "{ran:?}");
    assert_eq!(ran.err.matches("because:").count(), 1, "{ran:?}");
}
