use pod_protocol::ids::Principal;
use pod_server::enrolment::MAX_ENROLMENT_BYTES;
use serde_json::json;

use super::wallet::Wallet;
use super::world::{AINO, Demo, NOW_SECS, code};

#[tokio::test]
async fn a_thousand_wait_and_the_next_is_asked_to_come_back() {
    let demo = Demo::new().await;
    let first = demo.begin(&Wallet::new(20, NOW_SECS)).await;
    for other in 1..1_000 {
        demo.begin(&Wallet::new(20, NOW_SECS - other)).await;
    }
    let one_more = Wallet::new(21, NOW_SECS);
    let response = demo.post(one_more.body().to_string()).await;
    assert_eq!((response.status.as_u16(), code(&response).as_str()), (503, "too-many-enrolments"));
    assert!(response.headers.contains_key(pod_http::header::RETRY_AFTER));
    assert_eq!(demo.status(&first).await, json!({ "status": "pending" }), "nobody gives way");

    demo.set_time(NOW_SECS + 15 * 60);
    let begun = demo.begin(&one_more).await;
    assert_eq!(demo.status(&begun).await, json!({ "status": "pending" }));
}

#[tokio::test]
async fn a_wallet_that_begins_anew_has_one_place() {
    let demo = Demo::new().await;
    let wallet = Wallet::new(20, NOW_SECS);
    let begun = demo.begin(&wallet).await;
    let _shown = demo.logged_in(&begun, AINO).await;
    for _ in 0..1_001 {
        demo.begin(&wallet).await;
    }
    let path = format!("/v1/enrolments/{}", begun["enrolment"].as_str().unwrap());
    let response = demo.get(&path, "en").await;
    assert_eq!((response.status.as_u16(), code(&response).as_str()), (404, "enrolment-unknown"));
    assert_eq!(demo.enrol(&wallet, AINO).await["status"], "bound");
}

#[tokio::test]
async fn they_are_gone_after_a_quarter_of_an_hour() {
    let demo = Demo::new().await;
    let begun = demo.begin(&Wallet::new(20, NOW_SECS)).await;
    demo.set_time(NOW_SECS + 15 * 60);
    let back = demo.log_in(&begun, AINO).await;
    assert_eq!(demo.open_page(&back).await.status, 400);
    let path = format!("/v1/enrolments/{}", begun["enrolment"].as_str().unwrap());
    for path in [path.as_str(), "/v1/enrolments/guessed", &format!("/v1/enrolments/{}", "x".repeat(1_000))] {
        let response = demo.get(path, "en").await;
        assert_eq!((response.status.as_u16(), code(&response).as_str()), (404, "enrolment-unknown"));
    }
}

#[tokio::test]
async fn what_is_no_key_log_for_this_node_begins_nothing() {
    let demo = Demo::new().await;
    let mut broken = Wallet::new(20, NOW_SECS).body();
    let event = broken["events"][0].as_str().unwrap().to_owned();
    let last = if event.ends_with('A') { "Q" } else { "A" };
    broken["events"][0] = json!(format!("{}{last}", &event[..event.len() - 1]));
    let elsewhere = Wallet::for_organisation(20, NOW_SECS, Some(Principal::new([6; 32]))).body();
    let a_service = Wallet::for_organisation(20, NOW_SECS, None).body();
    let too_large = json!({ "events": ["A".repeat(MAX_ENROLMENT_BYTES)] });
    for (body, status, expected) in [
        ("{".to_owned(), 400, "enrolment-malformed"),
        (json!({ "events": [], "more": 1 }).to_string(), 400, "enrolment-malformed"),
        (json!({ "events": ["?"] }).to_string(), 400, "enrolment-malformed"),
        (json!({ "events": [] }).to_string(), 422, "key-log-refused"),
        (json!({ "events": ["AAAA"] }).to_string(), 422, "key-log-refused"),
        (json!({ "events": [&event, &event] }).to_string(), 422, "key-log-refused"),
        (broken.to_string(), 422, "key-log-refused"),
        (elsewhere.to_string(), 422, "key-log-of-other-organisation"),
        (a_service.to_string(), 422, "key-log-of-other-organisation"),
        (too_large.to_string(), 413, "body-too-large"),
    ] {
        let response = demo.post(body).await;
        assert_eq!((response.status.as_u16(), code(&response).as_str()), (status, expected));
    }
}
