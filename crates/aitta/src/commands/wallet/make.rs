//! Making a wallet.

use std::path::{Path, PathBuf};

use clap::Args;
use pod_crypto::AeadKey;
use pod_wallet::recovery_code::RecoveryCode;
use pod_wallet::root::{RecoveryRoot, RootSecret};
use pod_wallet::state::WalletState;
use serde_json::json;

use super::super::federation::Federation;
use super::opened::{DEVICE_KEY, FEDERATION, Opened, ROOT_FOR_DEVICE, STATE};
use crate::edge::Edge;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::folder::NewFolder;
use crate::output::{Output, tell};

const ROOTS: &str = "roots.pem";

/// Make a new wallet, and print its recovery code.
#[derive(Debug, Args)]
pub(super) struct Init {
    /// The federation.toml that the federation hands out to citizens: the one that `aitta blinder init` made.
    #[arg(long, value_name = "FILE")]
    federation: PathBuf,
    /// For a further device of somebody who has a wallet: no recovery code is made.
    #[arg(long)]
    another_device: bool,
}

impl Init {
    pub(super) async fn run(&self, dir: &Path, edge: &Edge, output: &Output) -> Result<Exit, Failure> {
        write_wallet(dir, &self.federation, edge)?;
        if self.another_device {
            let words = format!(
                "A wallet was made in {}. Show its code with `aitta wallet devices show`, and take it in on the device that has \
                 your wallet.",
                dir.display()
            );
            output.result(words, &json!({ "wallet": dir }));
            return Ok(Exit::Done);
        }
        let code = RecoveryCode::generate(&*edge.random);
        note_paper(dir, &code, edge).await;
        let paper = code.to_paper();
        let words = format!(
            "A wallet was made in {}.\n\nWrite this recovery code on paper; it is shown only now:\n\n{}\n\nWith it and nothing \
             else the wallet can be recovered on another device. Keep it where the device is not.",
            dir.display(),
            paper.as_str()
        );
        output.result(words, &json!({ "wallet": dir, "recovery_code": paper.as_str() }));
        Ok(Exit::Done)
    }
}

/// Notes which recovery keys the paper has, for the organisations of today. Without the directory none is known, and enrolling asks
/// for the code then.
async fn note_paper(dir: &Path, code: &RecoveryCode, edge: &Edge) {
    let noted = async {
        let mut opened = Opened::open(dir, edge).await?;
        opened.note_paper(&RecoveryRoot::of(code));
        opened.save()
    };
    if noted.await.is_err() {
        tell("The directory was not reached: the first enrolment will ask for the recovery code.");
    }
}

/// Makes a wallet's folder, with a root secret of its own.
pub(super) fn write_wallet(dir: &Path, federation: &Path, edge: &Edge) -> Result<(), Failure> {
    let root = RootSecret::generate(&*edge.random);
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
    folder.write()
}
