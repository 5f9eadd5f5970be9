//! Somebody begins with the keys of their own wallet, and has a victim open the address and log in.

use pod_protocol::command::Action;
use serde_json::json;

use super::wallet::Wallet;
use super::world::{AINO, Demo, EETU, FATHER, NOW_SECS, STRANGER, code, code_on, query, refused};

async fn has_nothing(demo: &Demo, attacker: &Wallet) {
    for pod in [AINO, EETU] {
        assert!(attacker.command(demo, &demo.pod(pod), Action::Standing { skip: 0 }).await.is_err());
    }
}

/// Codes that are not the one of the page.
fn guesses(shown: &str) -> impl Iterator<Item = String> + use<> {
    let shown = shown.replace(' ', "");
    (0..).map(|number| format!("{number:012}")).filter(move |guess| *guess != shown)
}

#[tokio::test]
async fn a_victim_who_logs_in_gives_nobody_their_pod() {
    let demo = Demo::new().await;
    let attacker = Wallet::new(66, NOW_SECS);
    let begun = demo.begin(&attacker).await;
    let _shown_to_the_victim = demo.logged_in(&begun, AINO).await;
    assert_eq!(demo.status(&begun).await, json!({ "status": "confirm" }));
    has_nothing(&demo, &attacker).await;

    // Her own wallet still is the first, and nothing of the attacker's stands in its way.
    assert_eq!(demo.enrol(&Wallet::new(20, NOW_SECS), AINO).await["status"], "bound");
    demo.set_time(NOW_SECS + 15 * 60);
    has_nothing(&demo, &attacker).await;
}

#[tokio::test]
async fn guessing_ends_after_five_tries_and_stands_in_the_victims_log() {
    let demo = Demo::new().await;
    let (attacker, own) = (Wallet::new(66, NOW_SECS), Wallet::new(20, NOW_SECS));
    let begun = demo.begin(&attacker).await;
    let page = demo.logged_in(&begun, AINO).await;
    let shown = code_on(&page).unwrap();
    let mut guesses = guesses(&shown);
    for left in ["4 tries left", "3 tries left", "2 tries left", "1 try left"] {
        let response = demo.send_code(&begun, &guesses.next().unwrap()).await;
        assert_eq!((response.status.as_u16(), code(&response).as_str()), (403, "confirmation-wrong"));
        assert_eq!(response.problem().unwrap().detail.unwrap(), left);
        assert_eq!(demo.status(&begun).await, json!({ "status": "confirm" }));
    }
    let response = demo.send_code(&begun, &guesses.next().unwrap()).await;
    assert_eq!((response.status.as_u16(), code(&response).as_str()), (403, "confirmation-failed"));
    assert_eq!(demo.status(&begun).await, refused("confirmation-failed"));
    // Then the right one is too late.
    assert_eq!(demo.confirmed(&begun, &page).await, refused("confirmation-failed"));
    has_nothing(&demo, &attacker).await;

    assert_eq!(demo.enrol(&own, AINO).await["status"], "bound");
    let log = own.log(&demo, &demo.pod(AINO)).await;
    let turned_down: Vec<_> = log.iter().filter(|entry| entry["kind"] == "refusal").collect();
    let outcomes: Vec<_> = turned_down.iter().map(|entry| entry["outcome"].as_str().unwrap()).collect();
    let wrong = "confirmation-wrong";
    assert_eq!(outcomes, [wrong, wrong, wrong, wrong, "confirmation-failed"]);
    for entry in turned_down {
        assert_eq!((&entry["purpose"], &entry["actor"]), (&json!("enrol"), &json!(attacker.principal)));
    }
}

#[tokio::test]
async fn a_key_log_that_is_refused_stands_in_the_victims_log() {
    let demo = Demo::new().await;
    // Its first event is of tomorrow.
    let (attacker, own) = (Wallet::new(66, NOW_SECS + 24 * 3600), Wallet::new(20, NOW_SECS));
    let begun = demo.begin(&attacker).await;
    let page = demo.logged_in(&begun, AINO).await;
    assert_eq!(demo.confirmed(&begun, &page).await, refused("key-log-refused"));
    has_nothing(&demo, &attacker).await;
    assert_eq!(demo.enrol(&own, AINO).await["status"], "bound");
    let log = own.log(&demo, &demo.pod(AINO)).await;
    let turned_down = log.iter().find(|entry| entry["outcome"] == "key-log-refused").unwrap();
    assert_eq!((&turned_down["kind"], &turned_down["actor"]), (&json!("refusal"), &json!(attacker.principal)));
}

/// Of many tries at once no more count than of tries one by one.
#[tokio::test]
async fn guessing_at_once_is_no_more_guessing() {
    let demo = Demo::new().await;
    let begun = demo.begin(&Wallet::new(66, NOW_SECS)).await;
    let page = demo.logged_in(&begun, AINO).await;
    let mut guesses = guesses(&code_on(&page).unwrap());
    let mut next = || guesses.next().unwrap();
    let typed = [next(), next(), next(), next(), next(), next(), next(), next()];
    let (a, b, c, d, e, f, g, h) = tokio::join!(
        demo.send_code(&begun, &typed[0]),
        demo.send_code(&begun, &typed[1]),
        demo.send_code(&begun, &typed[2]),
        demo.send_code(&begun, &typed[3]),
        demo.send_code(&begun, &typed[4]),
        demo.send_code(&begun, &typed[5]),
        demo.send_code(&begun, &typed[6]),
        demo.send_code(&begun, &typed[7]),
    );
    let answers = [a, b, c, d, e, f, g, h];
    let wrong = answers.iter().filter(|answer| answer.status == 403 && code(answer) == "confirmation-wrong").count();
    assert_eq!(wrong, 4);
    assert_eq!(demo.status(&begun).await, refused("confirmation-failed"));
}

#[tokio::test]
async fn whoever_sent_the_victim_learns_nothing_of_what_is_held() {
    let demo = Demo::new().await;
    assert_eq!(demo.enrol(&Wallet::new(22, NOW_SECS), FATHER).await["status"], "bound");
    // With a pod, with a wallet, with nothing.
    for victim in [AINO, FATHER, STRANGER] {
        let begun = demo.begin(&Wallet::new(66, NOW_SECS)).await;
        let page = demo.logged_in(&begun, victim).await;
        assert_eq!(demo.status(&begun).await, json!({ "status": "confirm" }));
        let mut guesses = guesses(&code_on(&page).unwrap());
        for _ in 0..5 {
            let response = demo.send_code(&begun, &guesses.next().unwrap()).await;
            assert_eq!(response.status, 403);
        }
        assert_eq!(demo.status(&begun).await, refused("confirmation-failed"));
    }
}

/// The attacker knows the address of the page, for it was in the address that they sent.
#[tokio::test]
async fn the_page_does_not_show_the_code_to_whoever_knows_its_address() {
    let demo = Demo::new().await;
    let begun = demo.begin(&Wallet::new(66, NOW_SECS)).await;
    let state = query(begun["authorization_url"].as_str().unwrap())["state"].clone();
    let back = demo.log_in(&begun, AINO).await;
    let shown = code_on(&demo.open_page(&back).await).unwrap();
    for path in [back.split_once("/v1/").unwrap().1.to_owned(), format!("enrolments/callback?code=x&state={state}")] {
        let page = demo.get(&format!("/v1/{path}"), "en").await;
        assert_eq!(page.status, 400);
        assert!(!String::from_utf8(page.body.to_vec()).unwrap().contains(&shown));
    }
    let status = demo.status(&begun).await.to_string();
    assert!(!status.contains(&shown), "{status}");
}

/// A code of one login says nothing about another.
#[tokio::test]
async fn the_code_of_ones_own_login_confirms_no_other() {
    let demo = Demo::new().await;
    let attacker = Wallet::new(66, NOW_SECS);
    let begun = demo.begin(&attacker).await;
    let victims = code_on(&demo.logged_in(&begun, AINO).await).unwrap();
    let own = demo.begin(&Wallet::new(67, NOW_SECS)).await;
    let mine = code_on(&demo.logged_in(&own, FATHER).await).unwrap();
    assert_ne!(mine, victims);
    let response = demo.send_code(&begun, &mine).await;
    assert_eq!((response.status.as_u16(), code(&response).as_str()), (403, "confirmation-wrong"));
    assert!(attacker.command(&demo, &demo.pod(AINO), Action::Standing { skip: 0 }).await.is_err());
}
