//! 100,000 mutations of the vectors for each decoder, the same each time: none panics, none accepts a second encoding.
//! The fuzz targets (`fuzz/`) go on from here for as long as one likes.

use pod_crypto::{Random, SeededRandom};
use serde_json::Value as Json;

use crate::decoders::{DECODERS, ES256_TOKEN, PROVIDER_KEYS, run};
use crate::vectors::{files, unhex};

const MUTATIONS: usize = 100_000;

/// Texts to begin with, of which the vectors have none.
const TEXTS: [(&str, &str); 2] = [("jwks", PROVIDER_KEYS), ("jws", ES256_TOKEN)];

/// All texts, or byte strings of the vectors, that are meant for this decoder; all small ones when none is.
fn seeds(target: &str) -> Vec<Vec<u8>> {
    let texts = TEXTS.iter().filter(|(name, _)| *name == target).map(|(_, text)| text.as_bytes().to_vec());
    let (mut own, mut all) = (texts.collect::<Vec<_>>(), Vec::new());
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
fn halves() -> [Vec<&'static str>; 2] {
    let names: Vec<&str> = DECODERS.iter().map(|(name, _, _)| *name).collect();
    let (first, second) = names.split_at(names.len() / 2);
    [first.to_vec(), second.to_vec()]
}

#[test]
fn the_first_half_of_the_decoders() {
    fuzz(&halves()[0]);
}

#[test]
fn the_second_half_of_the_decoders() {
    fuzz(&halves()[1]);
}

#[test]
fn each_decoder_has_a_fuzz_target() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/fuzz_targets");
    let mut targets: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    targets.sort();
    assert_eq!(targets, DECODERS.iter().map(|(name, _, _)| *name).collect::<Vec<_>>());
}

/// What takes bytes and is no decoder of its own.
const NO_DECODERS: &[(&str, &str)] = &[
    ("BlinderKey::derive", "the seed is ours"),
    ("Blinding::blind", "the input is ours"),
    ("Signed::decode", "each payload has a target"),
    ("Verified::decode", "each payload has a target"),
    ("sign_es256", "the claims are ours"),
];

/// The public functions of these sources that take bytes or a token and can refuse them, and the payloads of signed objects.
fn readers(folder: &std::path::Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            readers(&path, found);
        } else {
            let mut of = None;
            for line in std::fs::read_to_string(&path).unwrap().lines() {
                if let Some(kind) = line.strip_prefix("impl Payload for ") {
                    found.push(kind.trim_end_matches(" {").to_owned());
                } else if let Some(rest) = line.strip_prefix("impl") {
                    let name = rest.rsplit(' ').find(|word| word.starts_with(|first: char| first.is_uppercase()));
                    of = name.map(|name| name.split('<').next().unwrap().to_owned());
                } else if line == "}" {
                    of = None;
                }
                let takes = line.contains(": &[u8]") || line.contains("token: &str");
                let refuses = line.contains("-> Result<") || line.contains("-> Option<");
                if let Some((name, _)) = line.trim_start().strip_prefix("pub fn ").and_then(|rest| rest.split_once('('))
                    && takes
                    && refuses
                    && !line.contains("&self")
                {
                    found.push(of.iter().map(String::as_str).chain([name]).collect::<Vec<_>>().join("::"));
                }
            }
        }
    }
}

#[test]
fn each_function_that_reads_a_peers_bytes_is_fuzzed() {
    let workspace = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let mut found = Vec::new();
    for sources in ["pod-protocol/src", "crates/pod-crypto/src"] {
        readers(&workspace.join(sources), &mut found);
    }
    assert!(found.len() > 20, "{found:?}");
    let fuzzed: Vec<&str> = DECODERS.iter().flat_map(|(_, reads, _)| *reads).copied().collect();
    let missed: Vec<&String> = found
        .iter()
        .filter(|one| !fuzzed.contains(&one.as_str()) && !NO_DECODERS.iter().any(|(name, _)| name == one))
        .collect();
    assert!(missed.is_empty(), "give these a fuzz target, or say why not: {missed:?}");
}
