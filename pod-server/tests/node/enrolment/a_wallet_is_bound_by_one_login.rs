use pod_http::{Response, header};
use pod_protocol::command::Action;
use serde_json::{Value, json};

use super::wallet::Wallet;
use super::world::{AINO, CLIENT_ID, Demo, EETU, EETU_18_SECS, NOW_SECS, STRANGER, code_on, query, refused};

#[tokio::test]
async fn the_wallet_then_speaks_for_its_pod() {
    let demo = Demo::new().await;
    let wallet = Wallet::new(20, NOW_SECS);
    let aino = demo.pod(AINO);
    assert!(wallet.command(&demo, &aino, Action::Standing { skip: 0 }).await.is_err(), "nobody speaks for it yet");

    let begun = demo.begin(&wallet).await;
    let asked = query(begun["authorization_url"].as_str().unwrap());
    assert_eq!((asked["client_id"].as_str(), asked["scope"].as_str()), (CLIENT_ID, "openid"));
    assert_eq!((asked["code_challenge_method"].as_str(), asked["acr_values"].as_str()), ("S256", "substantial high"));
    assert_eq!(demo.status(&begun).await, json!({ "status": "pending" }));

    let page = demo.logged_in(&begun, AINO).await;
    assert_eq!(demo.status(&begun).await, json!({ "status": "confirm" }));
    assert!(wallet.command(&demo, &aino, Action::Standing { skip: 0 }).await.is_err(), "a login alone binds nothing");

    let bound = demo.confirmed(&begun, &page).await;
    let eetu = json!({ "pod": demo.pod(EETU), "relation": "guardian", "until": EETU_18_SECS, "label": "Eetu" });
    let own = json!({ "pod": aino, "relation": "self", "until": null, "label": null });
    assert_eq!(bound, json!({ "status": "bound", "pods": [own, eetu] }));
    assert_eq!(demo.status(&begun).await, bound);
    assert!(wallet.command(&demo, &aino, Action::Standing { skip: 0 }).await.is_ok());
    let log = wallet.log(&demo, &aino).await;
    let enrolled = log.iter().find(|entry| entry["purpose"] == "enrol").unwrap();
    assert_eq!((&enrolled["kind"], &enrolled["outcome"]), (&json!("command"), &json!("done")));
    assert_eq!(enrolled["actor"], wallet.principal.to_string());
}

#[tokio::test]
async fn a_name_that_is_told_is_in_the_childs_log() {
    let demo = Demo::new().await;
    let wallet = Wallet::new(20, NOW_SECS);
    let _bound = demo.enrol(&wallet, AINO).await;
    let log = wallet.log(&demo, &demo.pod(EETU)).await;
    let enrolled: Vec<&Value> = log.iter().filter(|entry| entry["purpose"] == "enrol").collect();
    assert_eq!(enrolled.len(), 2, "bound, and the name told");
    assert_eq!(enrolled[0]["released"], json!([]));
    assert_eq!(enrolled[1]["released"], json!([{ "record_type": "residence", "names": ["called_name"] }]));
    assert!(!json!(log).to_string().contains("\"Eetu\""), "the log never holds a value");
}

#[tokio::test]
async fn the_page_says_in_three_languages_what_to_do_with_the_code() {
    let demo = Demo::new().await;
    for (language, heading, warning) in [
        ("fi", "Vielä yksi vaihe", "Sulje tämä sivu äläkä kerro koodia kenellekään"),
        ("sv", "Ett steg kvar", "Stäng sidan och berätta inte koden för någon"),
        ("en", "One more step", "Close this page and tell nobody the code"),
    ] {
        let begun = demo.begin(&Wallet::new(20, NOW_SECS)).await;
        let back = demo.log_in(&begun, AINO).await;
        let path = back.split_once("/v1/").unwrap().1;
        let page = demo.get(&format!("/v1/{path}"), language).await;
        let html = String::from_utf8(page.body.to_vec()).unwrap();
        assert!(html.contains(heading) && html.contains(warning), "{html}");
        assert!(html.contains(&format!("lang=\"{language}\"")) && !html.contains("<script"), "{html}");
        let policy = page.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
        assert_eq!(page.headers[header::REFERRER_POLICY], "no-referrer");
        assert_eq!(page.headers[header::CACHE_CONTROL], "no-store");
    }
}

#[tokio::test]
async fn somebody_of_whom_nothing_is_held_is_told_so_by_their_own_wallet_alone() {
    let demo = Demo::new().await;
    let known = demo.begin(&Wallet::new(20, NOW_SECS)).await;
    let known_page = demo.logged_in(&known, AINO).await;

    let wallet = Wallet::new(21, NOW_SECS);
    let begun = demo.begin(&wallet).await;
    let page = demo.logged_in(&begun, STRANGER).await;
    let without_code = |page: &Response| {
        let html = String::from_utf8(page.body.to_vec()).unwrap();
        html.replace(&code_on(page).unwrap(), "")
    };
    assert_eq!(without_code(&page), without_code(&known_page), "the browser learns nothing");
    // Nor does whoever sent them there, without the code.
    assert_eq!(demo.status(&begun).await, demo.status(&known).await);
    assert_eq!(demo.confirmed(&begun, &page).await, refused("nothing-held"));
    assert_eq!(demo.status(&begun).await, refused("nothing-held"));
    assert!(wallet.command(&demo, &demo.pod(AINO), Action::Standing { skip: 0 }).await.is_err());
}

#[tokio::test]
async fn who_does_not_log_in_is_not_bound() {
    let demo = Demo::new().await;
    let mut pages = Vec::new();
    for (error, code) in [("access_denied", "login-cancelled"), ("server_error", "login-refused")] {
        let begun = demo.begin(&Wallet::new(20, NOW_SECS)).await;
        let url = begun["authorization_url"].as_str().unwrap();
        let (issuer, state) = (url.split_once("/authorize").unwrap().0.to_owned(), query(url)["state"].clone());
        let answer = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("error", error), ("state", &state), ("iss", &issuer)])
            .finish();
        let page = demo.get(&format!("/v1/enrolments/callback?{answer}"), "en").await;
        assert_eq!((page.status.as_u16(), code_on(&page)), (200, None));
        pages.push(page.body);
        assert_eq!(demo.status(&begun).await, refused(code));
    }
    assert_eq!(pages[0], pages[1], "the wallet is told why, the browser is not");
}
