use pod_protocol::command::Action;
use serde_json::json;

use super::wallet::Wallet;
use super::world::{AINO, Demo, FATHER, NOW_SECS, refused};

#[tokio::test]
async fn the_same_wallet_may_enrol_again() {
    let demo = Demo::new().await;
    let wallet = Wallet::new(20, NOW_SECS);
    let first = demo.enrol(&wallet, AINO).await;
    assert_eq!(first["status"], "bound");
    assert_eq!(demo.enrol(&wallet, AINO).await, first);
    assert!(wallet.command(&demo, &demo.pod(AINO), Action::Standing { skip: 0 }).await.is_ok());
}

#[tokio::test]
async fn a_second_wallet_for_the_same_pod_is_refused_and_logged() {
    let demo = Demo::new().await;
    let (first, second) = (Wallet::new(20, NOW_SECS), Wallet::new(21, NOW_SECS));
    let aino = demo.pod(AINO);
    assert_eq!(demo.enrol(&first, AINO).await["status"], "bound");
    assert_eq!(demo.enrol(&second, AINO).await, refused("other-wallet"));
    assert!(second.command(&demo, &aino, Action::Standing { skip: 0 }).await.is_err());
    let log = first.log(&demo, &aino).await;
    let turned_down = log.iter().find(|entry| entry["outcome"] == "other-wallet").unwrap();
    assert_eq!((&turned_down["kind"], &turned_down["purpose"]), (&json!("refusal"), &json!("enrol")));
    assert_eq!(turned_down["actor"], second.principal.to_string());
}

#[tokio::test]
async fn a_wallet_does_not_come_to_speak_for_two_people() {
    let demo = Demo::new().await;
    let wallet = Wallet::new(20, NOW_SECS);
    assert_eq!(demo.enrol(&wallet, AINO).await["status"], "bound");
    assert_eq!(demo.enrol(&wallet, FATHER).await, refused("other-person"));
    assert!(
        wallet.command(&demo, &demo.pod(AINO), Action::Standing { skip: 0 }).await.is_ok(),
        "nothing changed for her"
    );
}

#[tokio::test]
async fn of_two_wallets_at_once_one_is_bound() {
    let demo = Demo::new().await;
    let wallets = [Wallet::new(20, NOW_SECS), Wallet::new(21, NOW_SECS)];
    let begun = [demo.begin(&wallets[0]).await, demo.begin(&wallets[1]).await];
    let backs = [demo.log_in(&begun[0], AINO).await, demo.log_in(&begun[1], AINO).await];
    let pages = tokio::join!(demo.open_page(&backs[0]), demo.open_page(&backs[1]));
    let ends = tokio::join!(demo.confirmed(&begun[0], &pages.0), demo.confirmed(&begun[1], &pages.1));
    let ends = [ends.0, ends.1];
    assert_eq!(ends.iter().filter(|end| end["status"] == "bound").count(), 1);
    assert_eq!(ends.iter().filter(|end| **end == refused("other-wallet")).count(), 1);
}
