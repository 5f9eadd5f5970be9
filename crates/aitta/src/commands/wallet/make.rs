//! Making a wallet, and opening a lost one's secret again.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use pod_crypto::AeadKey;
use pod_wallet::recovery_code::RecoveryCode;
use pod_wallet::root::{RootSecret, UnwrapFault};
use pod_wallet::state::WalletState;
use serde_json::json;

use super::super::federation::Federation;
use super::opened::{DEVICE_KEY, FEDERATION, ROOT_FOR_DEVICE, ROOT_FOR_RECOVERY, STATE, secret_text};
use crate::edge::Edge;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::folder::NewFolder;
use crate::output::Output;

const ROOTS: &str = "roots.pem";

/// Make a new wallet, and print its recovery code.
#[derive(Debug, Args)]
pub(super) struct Init {
    /// The federation.toml that the federation hands out to citizens: the one that `aitta blinder init` made.
    #[arg(long, value_name = "FILE")]
    federation: PathBuf,
}

/// Open a lost wallet's secret again. Enrol anew afterwards: the organisations still know the keys.
#[derive(Debug, Args)]
pub(super) struct Recover {
    /// The federation.toml that the federation hands out to citizens: the one that `aitta blinder init` made.
    #[arg(long, value_name = "FILE")]
    federation: PathBuf,
    /// The lost wallet's `root.recovery`.
    #[arg(long, value_name = "FILE")]
    secret: PathBuf,
    /// A file with the recovery code as printed; `-` to type it.
    #[arg(long, value_name = "FILE", default_value = "-")]
    code: PathBuf,
}

impl Init {
    pub(super) fn run(&self, dir: &Path, edge: &Edge, output: &Output) -> Result<Exit, Failure> {
        let code = RecoveryCode::generate(&*edge.random);
        let root = RootSecret::generate(&*edge.random);
        write_wallet(dir, &self.federation, &root, &root.wrap_with_code(&code, &*edge.random), edge)?;
        let paper = code.to_paper();
        let shown = dir.display();
        let words = format!(
            "A wallet was made in {shown}.\n\nWrite this recovery code on paper; it is shown only now:\n\n{}\n\nCopy \
             {shown}/{ROOT_FOR_RECOVERY} to another place: with it and the code the wallet can be opened again.",
            paper.as_str()
        );
        output.result(words, &json!({ "wallet": dir, "recovery_code": paper.as_str() }));
        Ok(Exit::Done)
    }
}

impl Recover {
    pub(super) fn run(&self, dir: &Path, edge: &Edge, output: &Output) -> Result<Exit, Failure> {
        let wrapped = fs::read(&self.secret).map_err(|source| {
            Failure::usage(format!("cannot read {}", self.secret.display()))
                .because(source)
                .advise("Give the copy of the lost wallet's root.recovery.")
        })?;
        let typed = secret_text(&self.code)?;
        let code = RecoveryCode::parse(&typed).map_err(|fault| {
            Failure::of(Exit::Usage, "recovery-code", fault).advise("Compare it with the paper, group by group.")
        })?;
        let root = RootSecret::unwrap_with_code(&wrapped, &code).map_err(|fault| match fault {
            UnwrapFault::Open => Failure::of(Exit::Refused, "recovery-refused", fault)
                .advise("Compare: code and root.recovery must be of the same wallet."),
            fault => {
                Failure::of(Exit::Usage, "usage", fault).advise("Give the copy of the lost wallet's root.recovery.")
            }
        })?;
        write_wallet(dir, &self.federation, &root, &wrapped, edge)?;
        let words = format!("The wallet was opened again in {}. Enrol at each organisation to go on.", dir.display());
        output.result(words, &json!({ "wallet": dir }));
        Ok(Exit::Done)
    }
}

fn write_wallet(
    dir: &Path,
    federation: &Path,
    root: &RootSecret,
    for_recovery: &[u8],
    edge: &Edge,
) -> Result<(), Failure> {
    let read = Federation::read(federation)?;
    read.anchor()?;
    let mut folder = NewFolder::at(dir)?;
    let roots = read.roots_pem()?.map(|pem| {
        folder.secret(ROOTS, "whose certificates are believed", pem);
        PathBuf::from(ROOTS)
    });
    folder.secret(FEDERATION, "where the directory is", Federation { roots, ..read }.to_text()?);
    let device_key = AeadKey::generate(&*edge.random);
    let state = WalletState::new().seal(&device_key, &*edge.random);
    let state = state.map_err(|fault| Failure::internal("the wallet's memory cannot be written", fault))?;
    folder.secret(DEVICE_KEY, "opens the two below", *device_key.to_bytes());
    folder.secret(ROOT_FOR_DEVICE, "the root secret", root.wrap_with_device_key(&device_key, &*edge.random));
    folder.secret(STATE, "the wallet's memory", state);
    folder.secret(ROOT_FOR_RECOVERY, "the root secret under the recovery code", for_recovery);
    folder.write()
}
