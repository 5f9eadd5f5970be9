//! The blinder evaluates for a holder under that holder's own info, whatever it hopes for.

use pod_crypto::blind::{BlindError, Blinding};
use pod_protocol::blind_request::{BlindAnswer, BlindRequest};
use pod_protocol::holder_entry::{blind_info, tag_and_key};
use pod_protocol::ids::{Cti, from_base64url};
use pod_protocol::statement::Membership;

use crate::federation::*;
use crate::world::*;

const COSE: &str = "application/cose";

fn request(by: u8, cti: u8, inputs: Vec<[u8; 32]>) -> BlindRequest {
    BlindRequest {
        issuer: principal(by),
        audience: principal(BLINDER),
        expires: NOW + 60,
        issued: NOW,
        cti: Cti::new([cti; 16]),
        epoch: EPOCH,
        inputs,
    }
}

fn blind(code: &str) -> (Blinding, [u8; 32]) {
    Blinding::blind(code.as_bytes(), &random(11)).unwrap()
}

#[tokio::test]
async fn a_holder_makes_its_tags_and_no_others() {
    let (world, _directory, blinder, _provider) = whole().await;
    let public: [u8; 32] = {
        let about = world.get(&blinder, "/v1/blinder").await.json();
        assert_eq!(about["principal"], principal(BLINDER).to_string());
        assert_eq!(about["epoch"], EPOCH);
        from_base64url(about["public"].as_str().unwrap()).unwrap().try_into().unwrap()
    };
    let (mine, first) = blind(CODE);
    let (hoped_for, second) = blind("020290-999B");
    let body = signed(HELSINKI, request(HELSINKI, 1, vec![first, second]));
    let answer = world.post(&blinder, "/v1/evaluate", COSE, body).await.is(200);
    let answer = BlindAnswer::from_bytes(&answer.body).unwrap().evaluations;
    assert_eq!(answer.len(), 2);
    let output_of = mine.finalize(&blind_info(&principal(HELSINKI), EPOCH), &answer[0], &public).unwrap();
    assert_eq!(tag_and_key(&output_of).0, tag_and_key(&output(CODE, HELSINKI)).0);
    // Under Espoo's info the proof does not hold: the tag at Espoo cannot be had.
    let refused = hoped_for.finalize(&blind_info(&principal(ESPOO), EPOCH), &answer[1], &public);
    assert_eq!(refused.unwrap_err(), BlindError::Proof);
}

#[tokio::test]
async fn nobody_asks_in_anothers_name() {
    let (world, _directory, blinder, _provider) = whole().await;
    let input = blind(CODE).1;
    let post = async |body: Vec<u8>| world.post(&blinder, "/v1/evaluate", COSE, body).await;
    post(signed(HELSINKI, request(ESPOO, 1, vec![input]))).await.refused(403, "key-refused");
    post(signed(STRANGER, request(STRANGER, 2, vec![input]))).await.refused(401, "key-unknown");
    post(signed(OFFICE, request(OFFICE, 3, vec![input]))).await.refused(403, "not-authorised");
    let mut forged = signed(HELSINKI, request(HELSINKI, 4, vec![input]));
    *forged.last_mut().unwrap() ^= 1;
    post(forged).await.refused(401, "signature");
}

#[tokio::test]
async fn a_request_counts_once_here_and_now() {
    let (world, _directory, blinder, _provider) = whole().await;
    let input = blind(CODE).1;
    let post = async |claims: BlindRequest| world.post(&blinder, "/v1/evaluate", COSE, signed(HELSINKI, claims)).await;
    let good = request(HELSINKI, 1, vec![input]);
    post(good.clone()).await.is(200);
    post(good.clone()).await.refused(401, "replay");
    let with = |cti| request(HELSINKI, cti, vec![input]);
    post(BlindRequest { audience: principal(ESPOO), ..with(2) }).await.refused(403, "audience");
    post(BlindRequest { issued: NOW - 60, expires: NOW, ..with(3) }).await.refused(401, "expired");
    post(BlindRequest { issued: NOW + 61, expires: NOW + 90, ..with(4) }).await.refused(401, "issued-in-future");
    post(BlindRequest { epoch: EPOCH + 1, ..with(5) }).await.refused(409, "epoch");
    post(BlindRequest { inputs: vec![[0; 32]], ..with(6) }).await.refused(400, "blinded-input");
    post(BlindRequest { inputs: vec![[0xff; 32]], ..with(7) }).await.refused(400, "blinded-input");
    post(BlindRequest { inputs: Vec::new(), ..with(8) }).await.refused(400, "claim-empty");
}

#[tokio::test]
async fn a_holder_that_was_just_admitted_is_known_and_a_suspended_one_is_refused() {
    let (world, directory, blinder, _provider) = whole().await;
    let admitted = membership(REGION, STRANGER, "turku", &[pod_protocol::statement::Role::Holder]);
    world.post(&directory, "/v1/statements", COSE, signed(REGION, admitted.clone())).await.is(204);
    // The key is unknown, and the blinder may ask the directory again by now.
    world.set_time(NOW + 10);
    let input = blind(CODE).1;
    let body = signed(STRANGER, request(STRANGER, 1, vec![input]));
    world.post(&blinder, "/v1/evaluate", COSE, body).await.is(200);

    let suspended = Membership { suspended: true, issued: NOW, ..admitted };
    world.post(&directory, "/v1/statements", COSE, signed(REGION, suspended)).await.is(204);
    // The blinder hears of it when it asks the directory next: here since somebody unknown calls.
    world.set_time(NOW + 20);
    let nobody = signed(BLINDER, request(BLINDER, 2, vec![input]));
    world.post(&blinder, "/v1/evaluate", COSE, nobody).await.refused(401, "key-unknown");
    let body = signed(STRANGER, request(STRANGER, 3, vec![input]));
    world.post(&blinder, "/v1/evaluate", COSE, body).await.refused(403, "suspended");
}
