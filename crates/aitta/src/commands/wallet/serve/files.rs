//! The built wallet, which is part of this program: what is served was built, compared and published with it.

use std::fmt::Write as _;

use pod_crypto::sha256;

/// A file of the built wallet.
#[derive(Clone, Copy, Debug)]
pub(super) struct BuiltFile {
    /// Its name in `wallet-app/dist`, which is its path under the wallet's address.
    pub(super) name: &'static str,
    /// What is in it.
    pub(super) content: &'static [u8],
    /// The same as Brotli has it.
    pub(super) brotli: &'static [u8],
}

/// All of them, by name, as `build.rs` found them.
pub(super) const BUILT: &[BuiltFile] = include!(concat!(env!("OUT_DIR"), "/built.rs"));

/// The page at the wallet's address itself.
pub(super) const PAGE: &str = "index.html";

impl BuiltFile {
    /// As a browser is told.
    pub(super) fn content_type(&self) -> &'static str {
        match self.name.rsplit_once('.').map(|(_, ending)| ending) {
            Some("html") => "text/html; charset=utf-8",
            Some("js") => "text/javascript; charset=utf-8",
            Some("css") => "text/css; charset=utf-8",
            Some("svg") => "image/svg+xml",
            Some("webmanifest") => "application/manifest+json",
            _ => "application/octet-stream",
        }
    }

    /// The SHA-256 of its content, as `sha256sum` writes it.
    pub(super) fn sha256(&self) -> String {
        hex(&sha256(&[self.content]))
    }
}

/// Hash and name of every file, as `sha256sum` writes them for whoever compares.
pub(super) fn hash_lines() -> String {
    BUILT.iter().fold(String::new(), |mut lines, file| {
        // Writing into a String does not fail.
        let _written = writeln!(lines, "{}  {}", file.sha256(), file.name);
        lines
    })
}

/// In lower-case hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut digits, byte| {
        let _written = write!(digits, "{byte:02x}");
        digits
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::path::{Path, PathBuf};

    use super::*;

    /// What a phone on a slow line (1 Mbit/s) has in less than two seconds.
    const MOST_SENT_BYTES: usize = 200_000;

    #[test]
    fn it_is_small_and_unpacks_to_what_was_built() {
        for file in BUILT {
            let mut unpacked = Vec::new();
            brotli::BrotliDecompress(&mut &*file.brotli, &mut unpacked).unwrap();
            assert_eq!(unpacked, file.content, "{}", file.name);
        }
        let sent: usize = BUILT.iter().map(|file| file.brotli.len().min(file.content.len())).sum();
        assert!(sent < MOST_SENT_BYTES, "{sent}");
        assert!(BUILT.iter().any(|file| file.name == PAGE));
    }

    /// As `wallet-app/build-steps/sources.ts`.
    #[test]
    fn the_built_files_are_those_of_these_sources() {
        let app = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../wallet-app"));
        let mut paths = Vec::new();
        for source in ["build-steps", "index.html", "package-lock.json", "public", "src", "vite.config.ts"] {
            collect(&app.join(source), &mut paths);
        }
        let mut named: Vec<(String, String)> = paths
            .iter()
            .map(|path| {
                let name = path.strip_prefix(app).unwrap().to_str().unwrap().to_owned();
                (name, hex(&sha256(&[&std::fs::read(path).unwrap()])))
            })
            .collect();
        named.sort();
        let lines: String = named.iter().map(|(name, hash)| format!("{hash}  {name}\n")).collect();
        let told = std::fs::read_to_string(app.join("dist.sources")).unwrap();
        let advice = "wallet-app has changed since it was built: type npm --prefix wallet-app run build";
        assert_eq!(hex(&sha256(&[lines.as_bytes()])), told.trim_end(), "{advice}");
    }

    fn collect(path: &Path, found: &mut Vec<PathBuf>) {
        if path.is_dir() {
            for entry in std::fs::read_dir(path).unwrap() {
                collect(&entry.unwrap().path(), found);
            }
        } else {
            found.push(path.to_owned());
        }
    }

    #[test]
    fn browsers_are_told_what_each_file_is() {
        for file in BUILT {
            assert_ne!(file.content_type(), "application/octet-stream", "{}", file.name);
        }
    }
}
