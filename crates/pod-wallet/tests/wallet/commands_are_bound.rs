//! A command is for one holder, one pod and one connection, and for a minute.

use pod_protocol::Signed;
use pod_protocol::command::{Action, Command};
use pod_protocol::ids::{Cti, GrantId};
use pod_protocol::request::Binding;
use pod_protocol::revocation::{Revocation, Target};
use pod_wallet::commands::{Order, revocation};
use pod_wallet::decide::{Choice, HolderChoice, agree};

use crate::world::{HELSINKI, NOW, POD, World, request};

#[test]
fn bound_to_the_connection_or_to_the_origin() {
    let world = World::new();
    let signer = world.signer_at(HELSINKI);
    let order = Order::inbox(HELSINKI, POD, 0);
    let origin = Binding::Origin("https://node.example".into());
    for (binding, nonce) in [(Binding::Exporter([8; 32]), None), (origin, Some(Cti::new([4; 16])))] {
        let command = order.sign(&signer, binding.clone(), nonce, NOW, &world.random);
        let command = Signed::<Command>::decode(command.bytes()).unwrap().verify(&signer.key.public_key()).unwrap();
        assert_eq!((command.issuer, command.subject, command.audience), (signer.principal, Some(POD), HELSINKI));
        assert_eq!((&command.binding, command.nonce), (&binding, nonce));
        assert_eq!((command.issued, command.expires), (NOW, NOW + 60));
        assert_eq!(command.action, Action::Inbox { skip: 0 });
    }
}

#[test]
fn no_two_commands_are_equal() {
    let world = World::new();
    let signer = world.signer_at(HELSINKI);
    let order = Order::log(HELSINKI, POD, 0, 50);
    let id = || order.sign(&signer, Binding::Exporter([8; 32]), None, NOW, &world.random).id();
    assert_ne!(id(), id());
}

#[test]
fn a_deposit_goes_where_the_grant_counts() {
    let world = World::new();
    let signer = world.signer_at(HELSINKI);
    let holders = vec![HolderChoice { pod: POD, signer: &signer, record_types: None }];
    let review = world.review(&request());
    let decided = agree(&review, &Choice { holders, ..Choice::default() }, NOW, &world.random).unwrap();
    let order = Order::deposit(&decided.grants[0]);
    assert_eq!((order.holder, order.pod), (HELSINKI, POD));
    assert_eq!(order.action, Action::Deposit(decided.grants[0].bytes().to_vec()));
}

#[test]
fn a_revocation_needs_no_connection() {
    let world = World::new();
    let signer = world.signer_at(HELSINKI);
    let target = Target::Grant(GrantId::new([3; 32]));
    let signed = revocation(&signer, target, NOW, &world.random);
    let read = Signed::<Revocation>::decode(signed.bytes()).unwrap().verify(&signer.key.public_key()).unwrap();
    assert_eq!((read.issuer, read.audience, read.target), (signer.principal, HELSINKI, target));
}
