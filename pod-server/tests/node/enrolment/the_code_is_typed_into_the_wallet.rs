use pod_protocol::command::Action;
use serde_json::json;

use super::wallet::Wallet;
use super::world::{AINO, Demo, FATHER, NOW_SECS, code, code_on, refused};

#[tokio::test]
async fn as_people_write_it() {
    let demo = Demo::new().await;
    for write in [
        |shown: &str| shown.to_owned(),
        |shown: &str| shown.replace(' ', ""),
        |shown: &str| format!(" {}\n", shown.replace(' ', " - ")),
    ] {
        let begun = demo.begin(&Wallet::new(20, NOW_SECS)).await;
        let shown = code_on(&demo.logged_in(&begun, AINO).await).unwrap();
        assert_eq!(demo.send_code(&begun, &write(&shown)).await.status, 200);
        assert_eq!(demo.status(&begun).await["status"], "bound");
    }
}

#[tokio::test]
async fn what_cannot_be_a_code_costs_no_try() {
    let demo = Demo::new().await;
    let begun = demo.begin(&Wallet::new(20, NOW_SECS)).await;
    let page = demo.logged_in(&begun, AINO).await;
    for _ in 0..3 {
        for typed in ["", "1234 5678 901", "1234 5678 90123", "abcd efgh ijkl"] {
            let response = demo.send_code(&begun, typed).await;
            assert_eq!((response.status.as_u16(), code(&response).as_str()), (400, "confirmation-malformed"));
        }
    }
    assert_eq!(demo.send_code(&begun, &"1".repeat(2_000)).await.status, 413);
    assert_eq!(demo.confirmed(&begun, &page).await["status"], "bound");
}

#[tokio::test]
async fn a_mistyped_code_is_typed_again() {
    let demo = Demo::new().await;
    let begun = demo.begin(&Wallet::new(20, NOW_SECS)).await;
    let page = demo.logged_in(&begun, AINO).await;
    let shown = code_on(&page).unwrap();
    let last = if shown.ends_with('0') { '1' } else { '0' };
    let response = demo.send_code(&begun, &format!("{}{last}", &shown[..13])).await;
    assert_eq!((response.status.as_u16(), code(&response).as_str()), (403, "confirmation-wrong"));
    assert_eq!(demo.confirmed(&begun, &page).await["status"], "bound");
}

#[tokio::test]
async fn before_the_login_none_is_awaited_and_afterwards_the_answer_stays() {
    let demo = Demo::new().await;
    let begun = demo.begin(&Wallet::new(20, NOW_SECS)).await;
    for _ in 0..10 {
        let early = demo.send_code(&begun, "1234 5678 9012").await;
        assert_eq!(early.body, json!({ "status": "pending" }).to_string());
    }
    let page = demo.logged_in(&begun, AINO).await;
    let bound = demo.confirmed(&begun, &page).await;
    assert_eq!(demo.confirmed(&begun, &page).await, bound, "the first answer was lost");
}

#[tokio::test]
async fn it_counts_for_a_quarter_of_an_hour() {
    let demo = Demo::new().await;
    let wallet = Wallet::new(20, NOW_SECS);
    let begun = demo.begin(&wallet).await;
    demo.set_time(NOW_SECS + 10 * 60);
    let page = demo.logged_in(&begun, AINO).await;
    demo.set_time(NOW_SECS + 25 * 60);
    let response = demo.send_code(&begun, &code_on(&page).unwrap()).await;
    assert_eq!((response.status.as_u16(), code(&response).as_str()), (404, "enrolment-unknown"));
    assert!(wallet.command(&demo, &demo.pod(AINO), Action::Standing { skip: 0 }).await.is_err());
}

#[tokio::test]
async fn what_changed_since_the_login_counts() {
    let demo = Demo::new().await;
    let begun = demo.begin(&Wallet::new(22, NOW_SECS)).await;
    let page = demo.logged_in(&begun, FATHER).await;
    let mut batch = demo.vault.write(NOW_SECS);
    let eetu = batch.pod(super::world::EETU).unwrap();
    batch.set_guardians(&eetu, "2016-05-01", &[AINO]).unwrap();
    batch.commit().unwrap();
    assert_eq!(demo.confirmed(&begun, &page).await, refused("nothing-held"));

    let begun = demo.begin(&Wallet::new(20, NOW_SECS)).await;
    let page = demo.logged_in(&begun, AINO).await;
    demo.vault.erase(&eetu).unwrap();
    let bound = demo.confirmed(&begun, &page).await;
    let own = json!({ "pod": demo.pod(AINO), "relation": "self", "until": null, "label": null });
    assert_eq!(bound, json!({ "status": "bound", "pods": [own] }));
}
