//! What is wrong in the tables `[directory]` and `[blinder]` is said with what to write instead.

use std::time::Duration;

use pod_server::upkeep::UpkeepConfig;

fn read(text: &str) -> Result<UpkeepConfig, String> {
    toml::from_str(text).map_err(|error| error.to_string())
}

#[test]
fn defaults_and_all_settings() {
    let config = read("").unwrap();
    assert!(config.directory.is_none() && config.blinder.is_none());
    let directory = read("[directory]\nurl = \"https://directory.example\"").unwrap().directory.unwrap();
    assert_eq!((directory.refresh, directory.entry_lifetime_days), (Duration::from_secs(30), 90));
    assert_eq!(directory.revocation_bound.secs(), 300);
    let all = "[directory]\nurl = \"http://127.0.0.1:4100\"\nrefresh_secs = 5\nrevocation_bound_secs = 6\npublish_secs = 1\n\
               entry_lifetime_days = 400";
    let directory = read(all).unwrap().directory.unwrap();
    assert_eq!((directory.publish, directory.revocation_bound.secs()), (Duration::from_secs(1), 6));
    assert_eq!(directory.entry_lifetime_days, 400);
}

#[test]
fn mistakes() {
    let blinder = |line: &str| {
        let mut lines = [
            "url = \"https://blinder.example\"".to_owned(),
            "principal = \"ai:CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk\"".to_owned(),
            "public = \"CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk\"".to_owned(),
        ];
        let name = line.split(' ').next().unwrap();
        for one in lines.iter_mut().filter(|one| !name.is_empty() && one.starts_with(name)) {
            line.clone_into(one);
        }
        format!("[blinder]\n{}", lines.join("\n"))
    };
    assert!(read(&blinder("")).is_ok());
    let directory = |line: &str| format!("[directory]\nurl = \"https://directory.example\"\n{line}");
    for (text, says) in [
        ("[directory]\nurl = \"directory.example\"".to_owned(), "write `https://HOST[:PORT]`"),
        ("[directory]\nurl = \"http://directory.example\"".to_owned(), "plain http leaves this machine unencrypted"),
        (directory("refresh_secs = 0"), "at least 1 second"),
        (directory("revocation_bound_secs = 0"), "must be 1 to 300 seconds"),
        (directory("revocation_bound_secs = 301"), "must be 1 to 300 seconds"),
        (directory("revocation_bound_secs = 30"), "refresh_secs = 30 must be less than revocation_bound_secs = 30"),
        (directory("refresh_secs = 300"), "refresh_secs = 300 must be less than revocation_bound_secs = 300"),
        (directory("entry_lifetime_days = 401"), "must be 1 to 400 days"),
        (directory("refresh = 3"), "unknown field `refresh`"),
        (blinder("public = \"CQkJ\""), "write the 43 characters that its `GET /v1/blinder` gives"),
        (blinder("principal = \"blinder\""), "a principal: \"ai:\" and 43 characters of base64url"),
    ] {
        let said = read(&text).unwrap_err();
        assert!(said.contains(says), "{text}\n{said}");
    }
}
