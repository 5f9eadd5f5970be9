use pod_crypto::{Random, SeededRandom, SystemRandom, hmac_sha256, random_array};

#[test]
fn a_seed_gives_the_documented_blocks() {
    let random = SeededRandom::new([7; 32]);
    let block = |number: u64| hmac_sha256(&[7; 32], &[&number.to_be_bytes()]);
    // 40 bytes take two blocks; the rest of the second is thrown away.
    let first: [u8; 40] = random_array(&random);
    assert_eq!(first[..32], block(0));
    assert_eq!(first[32..], block(1)[..8]);
    assert_eq!(random_array::<32>(&random), block(2));
}

#[test]
fn the_system_does_not_repeat_itself() {
    assert_ne!(random_array::<32>(&SystemRandom), random_array::<32>(&SystemRandom));
    let mut long = vec![0; 1000];
    SystemRandom.fill(&mut long);
    assert!(long.chunks(100).all(|chunk| chunk.iter().any(|byte| *byte != 0)), "filled to the end");
}
