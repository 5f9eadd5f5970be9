//! For every day the root secret lies under the device's key, and nothing else opens it.

use pod_crypto::{AeadKey, SeededRandom};
use pod_wallet::recovery_code::RecoveryCode;
use pod_wallet::root::{KeyPurpose, RecoveryRoot, RootSecret, UnwrapFault};

use crate::world::HELSINKI;

#[test]
fn the_device_key_opens_its_wrap_alone() {
    let random = SeededRandom::new([4; 32]);
    let (device, other) = (AeadKey::generate(&random), AeadKey::generate(&random));
    let root = RootSecret::generate(&random);
    let wrapped = root.wrap_with_device_key(&device, &random);
    let again = RootSecret::unwrap_with_device_key(&wrapped, &device).unwrap();
    let key = |root: &RootSecret| root.signing_key(&HELSINKI, KeyPurpose::Device, 0).public_key();
    assert_eq!(key(&again), key(&root));
    assert_eq!(RootSecret::unwrap_with_device_key(&wrapped, &other).unwrap_err(), UnwrapFault::Open);
    assert_eq!(RootSecret::unwrap_with_device_key(b"something else", &device).unwrap_err(), UnwrapFault::NotOne);
    let mut other_wrap = wrapped.clone();
    other_wrap[11] = 1;
    assert_eq!(RootSecret::unwrap_with_device_key(&other_wrap, &device).unwrap_err(), UnwrapFault::OtherWrap);
    let mut later = wrapped.clone();
    later[10] = 2;
    assert_eq!(RootSecret::unwrap_with_device_key(&later, &device).unwrap_err(), UnwrapFault::Version(2));
    for at in 12..wrapped.len() {
        let mut changed = wrapped.clone();
        changed[at] ^= 1;
        assert_eq!(RootSecret::unwrap_with_device_key(&changed, &device).unwrap_err(), UnwrapFault::Open);
    }
}

#[test]
fn secrets_do_not_print() {
    let random = SeededRandom::new([4; 32]);
    assert_eq!(format!("{:?}", RootSecret::generate(&random)), "RootSecret { .. }");
    let code = RecoveryCode::generate(&random);
    assert_eq!(format!("{code:?}"), "RecoveryCode { .. }");
    assert_eq!(format!("{:?}", RecoveryRoot::of(&code)), "RecoveryRoot { .. }");
}
