//! A wallet that knows its citizen's identity code and has a login finds all holders, and nobody else does.

use pod_crypto::blind::{Blinding, Evaluation};
use pod_protocol::holder_entry::{HolderHandle, blind_info, tag_and_key};
use pod_protocol::ids::from_base64url;

use crate::federation::*;
use crate::world::*;

fn bytes<const N: usize>(text: &serde_json::Value) -> [u8; N] {
    from_base64url(text.as_str().unwrap()).unwrap().try_into().unwrap()
}

#[tokio::test]
async fn from_the_identity_code_to_the_pods_at_two_cities() {
    let (world, directory, blinder, provider) = whole().await;
    // The two cities published what they have, by themselves; others fill the bucket.
    world.publish(&directory, HELSINKI, &[entry_about(CODE, HELSINKI), entry(HELSINKI, [1; 16])]).await.is(200);
    world.publish(&directory, ESPOO, &[entry_about(CODE, ESPOO), entry(ESPOO, [2; 16])]).await.is(200);

    let about = world.get(&blinder, "/v1/blinder").await.json();
    assert_eq!(
        (about["client_id"].as_str(), about["issuer"].as_str()),
        (Some("aitta-blinder"), Some(&*provider.issuer))
    );
    let public = bytes(&about["public"]);
    let (_, blinded) = Blinding::blind(CODE.as_bytes(), &random(21)).unwrap();
    let token = provider.token("pairwise-1", "login-1");
    let answer = world.ask(&blinder, &token, &blinded, &[HELSINKI, ESPOO]).await.json();
    let evaluations = answer["evaluations"].as_array().unwrap();
    assert_eq!(evaluations.len(), 2);

    let registry = world.registry(&directory).await;
    for (holder, answered) in [HELSINKI, ESPOO].into_iter().zip(evaluations) {
        assert_eq!(answered["holder"], principal(holder).to_string());
        let evaluation = Evaluation { element: bytes(&answered["element"]), proof: bytes(&answered["proof"]) };
        // The same blinding again: the wallet keeps it until all evaluations have come.
        let (blinding, _) = Blinding::blind(CODE.as_bytes(), &random(21)).unwrap();
        let info = blind_info(&principal(holder), EPOCH);
        let output_of = blinding.finalize(&info, &evaluation, &public).unwrap();
        assert_eq!(*output_of, output(CODE, holder), "the holder and the citizen compute the same");
        let (tag, key) = tag_and_key(&output_of);
        let found = world.bucket_of(&directory, &tag).await.find(&tag).next().unwrap().clone();
        let found = registry.verify_by_organisation(found, &principal(holder)).unwrap();
        let opened = HolderHandle::open(&key, &principal(holder), &tag, found.sealed.as_deref().unwrap()).unwrap();
        assert_eq!(opened, handle(holder));
    }

    let metrics = world.send(blinder.metrics.as_ref().unwrap(), pod_http::Request::get("/metrics")).await.text();
    assert!(metrics.contains("aitta_blinder_citizen_inputs_total{organisation=\"helsinki\"} 1\n"), "{metrics}");
    assert!(metrics.contains("aitta_blinder_asks_remembered 1\n"), "{metrics}");
    assert!(!metrics.contains("pairwise"), "{metrics}");
}

#[tokio::test]
async fn only_holders_of_the_registry_can_be_asked_about() {
    let (world, _directory, blinder, provider) = whole().await;
    let (_, blinded) = Blinding::blind(CODE.as_bytes(), &random(21)).unwrap();
    let token = provider.token("pairwise-1", "login-1");
    for not_a_holder in [STRANGER, OFFICE, REGION] {
        let pointer = world.ask(&blinder, &token, &blinded, &[HELSINKI, not_a_holder]).await;
        assert_eq!(pointer.refused(404, "unknown-holder"), Some("/holders/1".into()));
    }
    assert_eq!(world.ask(&blinder, &token, &blinded, &[]).await.refused(400, "json"), Some("/holders".into()));
    world.ask(&blinder, &token, &blinded, &[HELSINKI, HELSINKI]).await.refused(400, "json");
    // None of these used the login up.
    world.ask(&blinder, &token, &blinded, &[HELSINKI]).await.is(200);
}
