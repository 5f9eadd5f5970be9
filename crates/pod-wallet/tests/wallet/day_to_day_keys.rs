//! For every day the root secret lies under the device's key; the two wraps do not open each other.

use pod_crypto::{AeadKey, SeededRandom};
use pod_wallet::recovery_code::RecoveryCode;
use pod_wallet::root::{KeyPurpose, RootSecret, UnwrapFault};

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
    let code = RecoveryCode::generate(&random);
    assert_eq!(RootSecret::unwrap_with_code(&wrapped, &code).unwrap_err(), UnwrapFault::OtherWrap);
}

#[test]
fn secrets_do_not_print() {
    let random = SeededRandom::new([4; 32]);
    assert_eq!(format!("{:?}", RootSecret::generate(&random)), "RootSecret { .. }");
    assert_eq!(format!("{:?}", RecoveryCode::generate(&random)), "RecoveryCode { .. }");
}
