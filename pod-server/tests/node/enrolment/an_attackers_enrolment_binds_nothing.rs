//! Somebody begins with the keys of their own wallet, and has a victim open the address and log in.

use pod_protocol::command::Action;

use super::wallet::Wallet;
use super::world::{AINO, Demo, EETU, NOW_SECS};

#[tokio::test]
async fn a_victim_who_logs_in_gives_nobody_their_pod() {
    let demo = Demo::new().await;
    let attacker = Wallet::new(66, NOW_SECS);
    let begun = demo.begin(&attacker).await;
    let back = demo.log_in(&begun, AINO).await;
    assert_eq!(demo.open_page(&back).await.status, 200);

    assert_ne!(demo.status(&begun).await["status"], "bound");
    for pod in [AINO, EETU] {
        assert!(attacker.command(&demo, &demo.pod(pod), Action::Standing).await.is_err());
    }
}
