//! Signs, verifies, seals, opens, hashes: the only crate that names a cryptography library.
