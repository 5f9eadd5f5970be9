//! Writes the test vectors: `cargo run -p pod-protocol --example vectors`.
//!
//! Without arguments into `pod-protocol/vectors`, always the same bytes. With `--seeds DIR` it writes the bytes of every case
//! into `DIR/TARGET/NAME` instead, as a first corpus for the fuzz targets (`fuzz/README.md`).
#![allow(missing_docs, missing_debug_implementations, unreachable_pub, dead_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "build/mod.rs"]
mod vectors;

use std::io::Result;
use std::path::Path;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [] => write(&Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors")),
        [flag, to] if flag == "--seeds" => seeds(Path::new(to)),
        _ => Err(std::io::Error::other("use it without arguments, or with --seeds DIR")),
    }
}

fn write(to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    vectors::files().into_iter().try_for_each(|(name, text)| std::fs::write(to.join(name), text))
}

/// Every byte string of a case is a seed for the target that its kind or its file names.
fn seeds(to: &Path) -> Result<()> {
    for (file, text) in vectors::files() {
        let json: serde_json::Value = serde_json::from_str(&text)?;
        let Some(target) = json["fuzz_target"].as_str() else { continue };
        for (number, case) in json["cases"].as_array().unwrap().iter().enumerate() {
            if let Some(text) = case["bytes"].as_str() {
                let folder = to.join(case["kind"].as_str().unwrap_or(target).replace(' ', "_"));
                std::fs::create_dir_all(&folder)?;
                std::fs::write(folder.join(format!("{file}-{number}")), vectors::unhex(text))?;
            }
        }
    }
    Ok(())
}
