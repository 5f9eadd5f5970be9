//! 100,000 mutations of the vectors for each decoder, the same each time: none panics, none accepts a second encoding.
//! The fuzz targets (`fuzz/`) go on from here for as long as one likes.

use pod_crypto::{Random, SeededRandom};
use serde_json::Value as Json;

use crate::decoders::{DECODERS, run};
use crate::vectors::{files, unhex};

const MUTATIONS: usize = 100_000;

/// All byte strings of the vectors that are meant for this decoder; all small ones when none is.
fn seeds(target: &str) -> Vec<Vec<u8>> {
    let (mut own, mut all) = (Vec::new(), Vec::new());
    for (_, text) in files() {
        let json: Json = serde_json::from_str(&text).unwrap();
        let file_target = json["fuzz_target"].as_str().unwrap_or_default().to_owned();
        for case in json["cases"].as_array().unwrap() {
            let Some(bytes) = case["bytes"].as_str().map(unhex) else { continue };
            let kind = case["kind"].as_str().unwrap_or(&file_target).replace(' ', "_");
            if kind == target { own.push(bytes) } else { all.push(bytes) }
        }
    }
    if own.is_empty() { all } else { own }
}

/// Numbers from a seeded generator, a block at a time.
struct Dice {
    random: SeededRandom,
    block: [u8; 1024],
    at: usize,
}

impl Dice {
    fn byte(&mut self) -> u8 {
        if self.at == self.block.len() {
            self.random.fill(&mut self.block);
            self.at = 0;
        }
        self.at += 1;
        self.block[self.at - 1]
    }

    fn below(&mut self, bound: usize) -> usize {
        let number = usize::from(self.byte()) << 16 | usize::from(self.byte()) << 8 | usize::from(self.byte());
        number % bound.max(1)
    }
}

/// Bytes that mean something to a decoder of CBOR.
const TELLING: [u8; 20] = [
    0x00, 0x17, 0x18, 0x1b, 0x20, 0x3b, 0x40, 0x58, 0x5f, 0x60, 0x7f, 0x80, 0x9f, 0xa0, 0xbf, 0xd2, 0xf4, 0xf6, 0xfb,
    0xff,
];

fn mutate(dice: &mut Dice, bytes: &mut Vec<u8>, others: &[Vec<u8>]) {
    let at = dice.below(bytes.len() + 1);
    match (dice.below(7), bytes.get_mut(at)) {
        (0, Some(byte)) => *byte ^= 1 << dice.below(8),
        (1, Some(byte)) => *byte = TELLING[dice.below(TELLING.len())],
        (2, Some(byte)) => *byte = byte.wrapping_add(1),
        (3, Some(_)) => drop(bytes.remove(at)),
        (4, _) => bytes.insert(at, dice.byte()),
        (5, _) => bytes.truncate(at),
        _ => {
            // A piece of another one in the place of the rest.
            let other = &others[dice.below(others.len())];
            bytes.truncate(at);
            bytes.extend_from_slice(other.get(dice.below(other.len())..).unwrap_or_default());
        }
    }
}

fn fuzz(targets: &[&str]) {
    for target in targets {
        let seeds = seeds(target);
        let mut dice = Dice { random: SeededRandom::new([7; 32]), block: [0; 1024], at: 1024 };
        for seed in &seeds {
            run(target, seed);
        }
        for number in 0..MUTATIONS {
            let mut bytes = seeds[number % seeds.len()].clone();
            for _ in 0..=dice.below(3) {
                mutate(&mut dice, &mut bytes, &seeds);
            }
            run(target, &bytes);
        }
    }
}

/// Two tests, so that both cores are used.
const FIRST: usize = 12;

#[test]
fn the_first_half_of_the_decoders() {
    fuzz(&DECODERS.iter().map(|(name, _)| *name).take(FIRST).collect::<Vec<_>>());
}

#[test]
fn the_second_half_of_the_decoders() {
    fuzz(&DECODERS.iter().map(|(name, _)| *name).skip(FIRST).collect::<Vec<_>>());
}

#[test]
fn each_decoder_has_a_fuzz_target() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/fuzz_targets");
    let mut targets: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    targets.sort();
    assert_eq!(targets, DECODERS.iter().map(|(name, _)| *name).collect::<Vec<_>>());
}
