use pod_protocol::command::Action;
use serde_json::json;

use super::wallet::Wallet;
use super::world::{AINO, Demo, EETU, EETU_18_SECS, FATHER, NOW_SECS, refused};

#[tokio::test]
async fn a_guardian_without_a_pod_gets_the_childs() {
    let demo = Demo::new().await;
    let wallet = Wallet::new(22, NOW_SECS);
    let eetu = demo.pod(EETU);
    let bound = demo.enrol(&wallet, FATHER).await;
    let child = json!({ "pod": eetu, "relation": "guardian", "until": EETU_18_SECS, "label": "Eetu" });
    assert_eq!(bound, json!({ "status": "bound", "pods": [child] }));
    assert!(wallet.command(&demo, &eetu, Action::Standing { skip: 0 }).await.is_ok());
    assert!(wallet.command(&demo, &demo.pod(AINO), Action::Standing { skip: 0 }).await.is_err());
}

#[tokio::test]
async fn both_guardians_and_the_child_have_wallets() {
    let demo = Demo::new().await;
    let (mother, father, child) = (Wallet::new(20, NOW_SECS), Wallet::new(22, NOW_SECS), Wallet::new(23, NOW_SECS));
    assert_eq!(demo.enrol(&mother, AINO).await["status"], "bound");
    assert_eq!(demo.enrol(&father, FATHER).await["status"], "bound");
    let own = demo.enrol(&child, EETU).await;
    assert_eq!(own["pods"], json!([{ "pod": demo.pod(EETU), "relation": "self", "until": null, "label": null }]));
    for wallet in [&mother, &father, &child] {
        assert!(wallet.command(&demo, &demo.pod(EETU), Action::Standing { skip: 0 }).await.is_ok());
    }
}

#[tokio::test]
async fn it_ends_on_the_day_the_child_turns_18() {
    let demo = Demo::new().await;
    let (early, late) = (Wallet::new(22, NOW_SECS), Wallet::new(24, NOW_SECS));
    let eetu = demo.pod(EETU);
    demo.set_time(EETU_18_SECS - 1);
    assert_eq!(demo.enrol(&early, FATHER).await["status"], "bound");
    assert!(early.command(&demo, &eetu, Action::Standing { skip: 0 }).await.is_ok());

    demo.set_time(EETU_18_SECS);
    assert!(early.command(&demo, &eetu, Action::Standing { skip: 0 }).await.is_err(), "what was bound has ended");
    assert_eq!(demo.enrol(&late, FATHER).await, refused("nothing-held"));
    let mother = demo.enrol(&Wallet::new(20, NOW_SECS), AINO).await;
    assert_eq!(mother["pods"], json!([{ "pod": demo.pod(AINO), "relation": "self", "until": null, "label": null }]));
}

#[tokio::test]
async fn who_is_no_guardian_any_more_gets_nothing() {
    let demo = Demo::new().await;
    let mut batch = demo.vault.write(NOW_SECS);
    let eetu = batch.pod(EETU).unwrap();
    batch.set_guardians(&eetu, "2016-05-01", &[AINO]).unwrap();
    batch.commit().unwrap();
    assert_eq!(demo.enrol(&Wallet::new(22, NOW_SECS), FATHER).await, refused("nothing-held"));
}

#[tokio::test]
async fn a_child_without_a_residence_record_has_no_label() {
    let demo = Demo::new().await;
    let mut batch = demo.vault.write(NOW_SECS);
    let eetu = batch.pod(EETU).unwrap();
    assert!(batch.remove_record(&eetu, &"residence".parse().unwrap(), "1").unwrap());
    batch.commit().unwrap();
    let bound = demo.enrol(&Wallet::new(22, NOW_SECS), FATHER).await;
    assert_eq!(bound["pods"][0]["label"], json!(null));
}
