//! Makes the built wallet part of the program: each file of `wallet-app/dist`, whole and as Brotli (RFC 7932) has it. Compressing as well
//! as that takes seconds, and is done here once instead of whenever the wallet is served.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use brotli::enc::backward_references::BrotliEncoderMode;
use brotli::enc::{BrotliCompress, BrotliEncoderParams};

fn main() -> Result<(), Box<dyn Error>> {
    let dist = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../../wallet-app/dist").canonicalize()?;
    println!("cargo::rerun-if-changed={}", dist.display());
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let mut paths = fs::read_dir(dist)?.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>, std::io::Error>>()?;
    paths.sort();
    let mut list = String::from("&[\n");
    for path in paths {
        let name = path.file_name().and_then(|name| name.to_str()).ok_or("a name that is no text")?;
        let compressed = out.join(format!("{name}.br"));
        fs::write(&compressed, brotli(&fs::read(&path)?)?)?;
        let bytes = format!("content: include_bytes!({path:?}), brotli: include_bytes!({compressed:?})");
        writeln!(list, "    BuiltFile {{ name: {name:?}, {bytes} }},")?;
    }
    fs::write(out.join("built.rs"), list + "]\n")?;
    Ok(())
}

fn brotli(content: &[u8]) -> Result<Vec<u8>, std::io::Error> {
    let text = BrotliEncoderMode::BROTLI_MODE_TEXT;
    let best =
        BrotliEncoderParams { quality: 11, mode: text, size_hint: content.len(), ..BrotliEncoderParams::default() };
    let (mut from, mut compressed) = (content, Vec::new());
    BrotliCompress(&mut from, &mut compressed, &best)?;
    Ok(compressed)
}
