//! Tiles, bundles and checkpoints are those of C2SP: another implementation (crate `tlog_tiles`) reads and proves them, and so
//! does a script with nothing but a hash and a signature (`tests/check_log.py`).

use std::collections::HashMap;
use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pod_protocol::merkle::{Hash, Nodes, leaf_hash, verify_consistency, verify_inclusion};
use pod_protocol::tlog::tile::{Kind, TILE_WIDTH, Tile, TileNodes, bundle, unbundle};
use tlog_tiles::{
    Checkpoint as TheirCheckpoint, Error, Hash as TheirHash, HashReader, Tile as TheirTile, TileHashReader, TileReader,
    check_record, check_tree, prove_record, prove_tree, stored_hash_index,
};

use crate::log_scene::*;
use crate::support::*;

/// All tiles of a log, as a directory serves them: by their paths.
fn files(log: &Log) -> HashMap<String, Vec<u8>> {
    let mut files = HashMap::new();
    for level in 0..3 {
        for number in 0.. {
            let Some(tile) = Tile::of_log(Kind::Hashes(level), number, log.size()) else { break };
            let hash = |place: u64| {
                let Ok(hash) = log.node(8 * u32::from(level), number * TILE_WIDTH + place);
                hash
            };
            files.insert(tile.to_string(), (0..tile.width).flat_map(hash).collect());
        }
    }
    for (number, leaves) in (0..).zip(log.leaves.chunks(256)) {
        let tile = Tile::of_log(Kind::Leaves, number, log.size()).unwrap();
        assert_eq!(tile.width, leaves.len() as u64);
        files.insert(tile.to_string(), bundle(leaves.iter().map(Vec::as_slice)));
    }
    files
}

/// A log of so many leaves.
fn log_of(size: u64) -> Log {
    let mut log = Log::default();
    for number in 1..size {
        log.add(NOW, pod_protocol::tlog::leaf::Body::HolderEntry(number.to_be_bytes().to_vec()));
    }
    log.add(NOW, pod_protocol::tlog::leaf::Body::State(empty_state()));
    log
}

/// Reads and proves with the files alone, whatever is missing fetched when it is missed.
struct OurReader<'a> {
    files: &'a HashMap<String, Vec<u8>>,
    size: u64,
}

impl OurReader<'_> {
    fn proof(&self, make: impl Fn(&TileNodes) -> Result<Vec<Hash>, pod_protocol::tlog::tile::Missing>) -> Vec<Hash> {
        let mut nodes = TileNodes::new(self.size);
        loop {
            match make(&nodes) {
                Ok(proof) => return proof,
                Err(missing) => nodes.bring(&missing.0, &self.files[&missing.0.to_string()]).unwrap(),
            }
        }
    }
}

#[test]
fn proofs_come_out_of_tiles_alone() {
    let log = log_of(70_000);
    let files = files(&log);
    let reader = OurReader { files: &files, size: log.size() };
    let root = log.checkpoint().root;
    for index in [0, 1, 255, 256, 65_535, 65_536, 69_999] {
        let proof = reader.proof(|nodes| nodes.inclusion_proof(index, log.size()));
        let leaf = leaf_hash(&log.leaves[usize::try_from(index).unwrap()]);
        verify_inclusion(index, log.size(), &leaf, &proof, &root).unwrap();
    }
    for old in [1, 255, 256, 257, 65_536, 65_537, 69_999, 70_000] {
        let Ok(old_root) = log.range_root(0, old);
        let proof = reader.proof(|nodes| nodes.consistency_proof(old, log.size()));
        verify_consistency(old, log.size(), &old_root, &root, &proof).unwrap();
    }
}

#[test]
fn a_path_says_which_tile() {
    for (kind, number, width, path) in [
        (Kind::Hashes(0), 0, 256, "tile/0/000"),
        (Kind::Hashes(4), 1_234_067, 8, "tile/4/x001/x234/067.p/8"),
        (Kind::Hashes(1), 999, 256, "tile/1/999"),
        (Kind::Leaves, 1000, 255, "tile/entries/x001/000.p/255"),
    ] {
        let tile = Tile { kind, number, width };
        assert_eq!(tile.to_string(), path);
        assert_eq!(Tile::from_path(path.strip_prefix("tile/").unwrap()), Some(tile));
    }
    for path in [
        "0/0",
        "0/0000",
        "0/x000/001",
        "0/001/001",
        "8/000",
        "data/000",
        "0/000.p/256",
        "0/000.p/0",
        "0/000.p/01",
        "0/x01/000",
        "00/000",
        "0/+01",
        "0/",
    ] {
        assert_eq!(Tile::from_path(path), None, "{path}");
    }
    let of = |number, size| Tile::of_log(Kind::Hashes(1), number, size).map(|tile| tile.width);
    assert_eq!(
        [of(0, 255), of(0, 256), of(0, 70_000), of(1, 70_000), of(1, 65_536)],
        [None, Some(1), Some(256), Some(17), None]
    );
    let partial = Tile { kind: Kind::Leaves, number: 1, width: 5 };
    assert_eq!([260, 261, 1000].map(|size| partial.is_in(size)), [false, true, true]);
}

#[test]
fn a_bundle_comes_apart_one_way() {
    let leaves: [&[u8]; 3] = [b"a", b"", &[7; 65_535]];
    let bytes = bundle(leaves);
    assert_eq!(unbundle(&bytes, 3).unwrap(), leaves);
    for wrong in [unbundle(&bytes, 2), unbundle(&bytes, 4), unbundle(&bytes[..bytes.len() - 1], 3), unbundle(&[0], 1)] {
        assert_eq!(wrong.unwrap_err().code(), "log-leaves");
    }
}

/// Their tiles have their height in the path, which C2SP left out, and other words for leaves.
struct Theirs<'a>(&'a HashMap<String, Vec<u8>>);

impl TileReader for Theirs<'_> {
    fn height(&self) -> u8 {
        8
    }

    fn read_tiles(&self, tiles: &[TheirTile]) -> Result<Vec<Vec<u8>>, Error> {
        Ok(tiles.iter().map(|tile| self.0[&tile.path().replacen("tile/8/", "tile/", 1)].clone()).collect())
    }

    fn save_tiles(&self, _: &[TheirTile], _: &[Vec<u8>]) {}
}

#[test]
fn another_implementation_reads_and_proves_them() {
    let log = log_of(70_000);
    let files = files(&log);
    let note = log.witnessed(&[(HELSINKI, NOW), (ESPOO, NOW)]).checkpoint.to_bytes();
    let text = note.split(|byte| *byte == b'\n').take(3).collect::<Vec<_>>().join(&b'\n');
    let checkpoint = TheirCheckpoint::from_bytes(&[text.as_slice(), b"\n"].concat()).unwrap();
    assert_eq!((checkpoint.origin(), checkpoint.size()), (principal(DIRECTORY).to_string().as_str(), log.size()));
    // Their reader authenticates each tile against the root, the hash of their checkpoint.
    let theirs = Theirs(&files);
    let reader = TileHashReader::new(checkpoint.size(), *checkpoint.hash(), &theirs);
    for index in [0, 255, 256, 65_536, 69_999] {
        let leaf = TheirHash(leaf_hash(&log.leaves[usize::try_from(index).unwrap()]));
        assert_eq!(reader.read_hashes(&[stored_hash_index(0, index)]).unwrap(), [leaf]);
        let proof = prove_record(log.size(), index, &reader).unwrap();
        check_record(&proof, log.size(), *checkpoint.hash(), index, leaf).unwrap();
    }
    for old in [1, 256, 65_537] {
        let Ok(root) = log.range_root(0, old);
        let proof = prove_tree(log.size(), old, &reader).unwrap();
        check_tree(&proof, log.size(), *checkpoint.hash(), old, TheirHash(root)).unwrap();
    }
    // A tile with one bit changed proves nothing.
    let mut changed = files.clone();
    changed.get_mut("tile/0/001").unwrap()[5] ^= 1;
    let theirs = Theirs(&changed);
    let reader = TileHashReader::new(log.size(), *checkpoint.hash(), &theirs);
    let leaf = TheirHash(leaf_hash(&log.leaves[257]));
    let proven = prove_record(log.size(), 257, &reader)
        .and_then(|proof| check_record(&proof, log.size(), *checkpoint.hash(), 257, leaf));
    assert!(proven.is_err());
}

#[test]
fn a_script_of_sixty_lines_checks_a_checkpoint_and_a_proof() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/check_log.py");
    let probe = Command::new("python3").args(["-c", "import cryptography"]).output();
    if !probe.is_ok_and(|output| output.status.success()) {
        assert!(std::env::var_os("CI").is_none(), "python3 with cryptography is missing: pip install cryptography");
        println!("skipped: no python3 with the package cryptography (pip install cryptography)");
        return;
    }
    let log = log_of(1000);
    let folder = tempfile::tempdir().unwrap();
    for (path, bytes) in files(&log) {
        let file = folder.path().join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, bytes).unwrap();
    }
    let note = log.witnessed(&[(HELSINKI, NOW), (ESPOO, NOW)]).checkpoint.to_bytes();
    std::fs::write(folder.path().join("checkpoint"), &note).unwrap();
    let vkey = |of: u8| format!("{}={}", principal(of), STANDARD.encode(key(of).public_key().to_bytes()));
    let check = |index: &str, keys: [String; 3]| {
        let [log, first, second] = keys;
        let output =
            Command::new("python3").arg(&script).arg(folder.path()).args([index, &log, &first, &second]).output();
        let output = output.unwrap();
        (output.status.success(), String::from_utf8(output.stdout).unwrap() + &String::from_utf8_lossy(&output.stderr))
    };
    let keys = || [vkey(DIRECTORY), vkey(HELSINKI), vkey(ESPOO)];
    for index in ["0", "255", "256", "998", "999"] {
        let (held, said) = check(index, keys());
        assert!(held && said.contains("2 witnesses") && said.contains(&format!("leaf {index} of 1000")), "{said}");
    }
    let (held, said) = check("0", [vkey(HELSINKI), vkey(HELSINKI), vkey(ESPOO)]);
    assert!(!held && said.contains("the log's signature"), "{said}");
    let (held, said) = check("0", [vkey(DIRECTORY), vkey(HELSINKI), vkey(STRANGER)]);
    assert!(!held && said.contains("witness"), "{said}");
    let tile = folder.path().join("tile/entries/000");
    let mut bytes = std::fs::read(&tile).unwrap();
    bytes[10] ^= 1;
    std::fs::write(&tile, bytes).unwrap();
    let (held, said) = check("0", keys());
    assert!(!held && said.contains("not included"), "{said}");
}
