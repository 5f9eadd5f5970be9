//! Step 1 of the path: whom it is from, for whom, on which connection, when, and for the first time.

use pod_crypto::SigningKey;
use pod_protocol::ids::Cti;
use pod_protocol::path::{MAX_REPLAY_ENTRIES, ReplayWindow, verify_command};
use pod_protocol::request::{Binding, Request};
use pod_protocol::{Outward, Refusal, Signed, Verified};

use crate::scene::{Scene, code};
use crate::vectors::world::{EXPORTER, NOW, ORIGIN, World, thumbprint, wanted};

fn request(world: &World) -> Request {
    world.request(vec![world.chain(1)[0].id()], vec![wanted("resident", &["first_names"])])
}

/// Signs an edited request with Espoo's key and says how step 1 ends.
fn verified(scene: &mut Scene, edit: impl FnOnce(&mut Request)) -> &'static str {
    let mut request = request(&scene.world);
    edit(&mut request);
    let signed = Verified::sign(&scene.world.espoo, request);
    code(scene.verify(&signed))
}

#[test]
fn an_honest_request_passes() {
    assert_eq!(verified(&mut Scene::new(), |_| {}), "released");
}

#[test]
fn an_unknown_caller_is_refused() {
    let mut scene = Scene::new();
    scene.caller = None;
    assert_eq!(verified(&mut scene, |_| {}), "key-unknown");
}

#[test]
fn a_key_cannot_speak_for_another_service() {
    let mut scene = Scene::new();
    let other = scene.world.processor_organisation();
    assert_eq!(verified(&mut scene, |request| request.issuer = other), "key-unknown");
}

#[test]
fn another_key_than_the_callers_is_refused() {
    let mut scene = Scene::new();
    let signed = Verified::sign(&scene.world.mallory, request(&scene.world));
    assert_eq!(code(scene.verify(&signed)), "key-refused");
}

#[test]
fn a_request_for_another_holder_is_refused() {
    let mut scene = Scene::new();
    let other = scene.world.espoo_organisation();
    assert_eq!(verified(&mut scene, |request| request.audience = other), "audience");
}

#[test]
fn time_is_judged_to_the_second() {
    for (issued, expires, expected) in [
        (NOW, NOW + 120, "released"),
        (NOW + 60, NOW + 61, "released"),
        (NOW + 61, NOW + 62, "issued-in-future"),
        (NOW - 60, NOW, "expired"),
        (NOW - 60, NOW + 1, "released"),
        (NOW, NOW + 121, "lifetime"),
        (NOW, NOW, "lifetime"),
        (NOW, NOW - 1, "lifetime"),
    ] {
        let mut scene = Scene::new();
        let found = verified(&mut scene, |request| (request.issued, request.expires) = (issued, expires));
        assert_eq!(found, expected, "iat {issued}, exp {expires}");
    }
}

#[test]
fn a_forwarded_request_is_refused() {
    let mut scene = Scene::new();
    scene.channel.exporter = Some([0x5f; 32]);
    assert_eq!(verified(&mut scene, |_| {}), "binding");
    scene.channel.exporter = None;
    assert_eq!(verified(&mut scene, |_| {}), "binding");
    scene.channel.peer = Some(EXPORTER);
    assert_eq!(verified(&mut scene, |_| {}), "binding");
}

#[test]
fn a_peers_key_must_be_the_signers() {
    let mut scene = Scene::new();
    let own = scene.world.espoo.public_key().to_bytes();
    let other = scene.world.mallory.public_key().to_bytes();
    scene.channel.peer = Some(own);
    assert_eq!(verified(&mut scene, |request| request.binding = Binding::Peer(own)), "released");
    assert_eq!(verified(&mut scene, |request| request.binding = Binding::Peer(other)), "binding");
    // The connection is Mallory's, and the request says so: but Espoo signed it.
    scene.channel.peer = Some(other);
    assert_eq!(verified(&mut scene, |request| request.binding = Binding::Peer(other)), "binding");
}

#[test]
fn an_origin_needs_a_nonce_that_the_holder_handed_out() {
    let nonce = Cti::new([9; 16]);
    let origin = || Binding::Origin(ORIGIN.to_owned());
    let mut scene = Scene::new();
    assert_eq!(verified(&mut scene, |request| request.binding = origin()), "nonce");
    let with =
        |binding: Binding| move |request: &mut Request| (request.nonce, request.binding) = (Some(nonce), binding);
    assert_eq!(verified(&mut scene, with(origin())), "nonce", "unknown or used");
    scene.channel.nonce = Some(nonce);
    assert_eq!(verified(&mut scene, with(origin())), "released");
    assert_eq!(verified(&mut scene, with(Binding::Origin("https://evil.example".into()))), "binding");
    assert_eq!(verified(&mut scene, |request| request.binding = origin()), "nonce", "not in the request");
    assert_eq!(Refusal::Nonce.outward(), Outward::UseNonce);
}

#[test]
fn a_request_is_answered_once() {
    let mut scene = Scene::new();
    let signed = Verified::sign(&scene.world.espoo, request(&scene.world));
    assert_eq!(code(scene.verify(&signed)), "released");
    assert_eq!(code(scene.verify(&signed)), "replay");
    // Another request with the same cti and key is the same to the window.
    let cti = signed.cti;
    assert_eq!(verified(&mut scene, |request| request.cti = cti), "replay");
    // Up to the last second at which it would still count.
    scene.now = signed.expires - 1;
    assert_eq!(code(scene.verify(&signed)), "replay");
    scene.now = signed.expires;
    assert_eq!(code(scene.verify(&signed)), "expired");
}

#[test]
fn the_window_remembers_as_long_as_it_must_and_no_longer() {
    let kid = thumbprint(&World::new().espoo).kid();
    let mut window = ReplayWindow::new();
    assert!(window.is_empty());
    for number in 0..100_u8 {
        window.admit(kid, Cti::new([number; 16]), NOW + 120, NOW).unwrap();
    }
    assert_eq!(window.len(), 100);
    let again = window.admit(kid, Cti::new([7; 16]), NOW + 120, NOW + 120 + 59);
    assert_eq!(again.unwrap_err(), Refusal::Replay, "a signer's clock may be ahead by the skew");
    window.admit(kid, Cti::new([200; 16]), NOW + 400, NOW + 300).unwrap();
    assert_eq!(window.len(), 1);
    // What a day of 10,000 requests a second keeps alive at once.
    const { assert!(MAX_REPLAY_ENTRIES > 10_000 * 210) };
}

#[test]
fn forgeries_do_not_fill_the_window() {
    let mut scene = Scene::new();
    let signed = Verified::sign(&scene.world.mallory, request(&scene.world));
    assert_eq!(code(scene.verify(&signed)), "key-refused");
    assert!(scene.window.is_empty());
}

#[test]
fn a_command_is_judged_like_a_request() {
    let mut scene = Scene::new();
    let command = scene.world.command(pod_protocol::command::Action::Standing { skip: 0 });
    let nonce = command.nonce;
    let (key, holder) = (scene.world.anna.public_key(), scene.world.holder());
    let signed = Verified::sign(&scene.world.anna, command.clone());
    let mut run = |bytes: &[u8], key, nonce, now| {
        scene.channel.nonce = nonce;
        let window = &mut scene.window;
        let admit = |kid, cti, expires| window.admit(kid, cti, expires, now);
        code(verify_command(Signed::decode(bytes).unwrap(), key, &holder, &scene.channel, now, admit))
    };
    assert_eq!(run(signed.bytes(), None, nonce, NOW), "key-unknown");
    assert_eq!(run(signed.bytes(), Some(key), None, NOW), "nonce");
    assert_eq!(run(signed.bytes(), Some(key), nonce, NOW + 200), "expired");
    assert_eq!(run(signed.bytes(), Some(key), nonce, NOW), "released");
    assert_eq!(run(signed.bytes(), Some(key), nonce, NOW), "replay");
    let other = Verified::sign(&SigningKey::from_seed(&[1; 32]), command);
    assert_eq!(run(other.bytes(), Some(key), nonce, NOW), "key-refused");
}
