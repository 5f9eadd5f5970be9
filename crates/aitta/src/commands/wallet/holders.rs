//! Finding who holds something.

use std::path::{Path, PathBuf};

use clap::Args;
use pod_client::wallet::find_holders;
use serde_json::{Value, json};

use super::super::evidence;
use super::super::federation::Joined;
use super::login::login_token;
use super::opened::{Opened, secret_text};
use crate::edge::Edge;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;

/// Find every organisation that holds something, without anybody learning who asked.
#[derive(Debug, Args)]
pub(super) struct Holders {
    /// A file with the identity code; `-` to type it. It does not leave this machine but for the login.
    #[arg(long, value_name = "FILE", default_value = "-")]
    identity_code: PathBuf,
    /// Whose data to look for, when it is not whoever logs in: a file with a child's identity code.
    #[arg(long, value_name = "FILE")]
    of: Option<PathBuf>,
}

impl Holders {
    pub(super) async fn run(&self, dir: &Path, edge: &Edge, output: &Output) -> Result<Exit, Failure> {
        let mut opened = Opened::open(dir, edge).await?;
        let known = opened.federation.blinder.as_ref().ok_or_else(|| {
            Failure::configuration_says("the federation names no blinder").advise(
                "Put `[blinder]` into the wallet's federation.toml, from the one that `aitta blinder init` made.",
            )
        })?;
        let blinder = known.client(&opened.joined.caller)?;
        let own = secret_text(&self.identity_code)?;
        let token = login_token(&opened.joined.caller, &known.issuer, &known.client_id, &own).await?;
        let sought = match &self.of {
            Some(file) => secret_text(file)?,
            None => own,
        };
        let (mut seen, troubles) = (opened.state.newest_entries(), opened.joined.copy.troubles.len());
        let Joined { caller, directory, copy } = &mut opened.joined;
        let found = find_holders(caller, &sought, &token, copy, &blinder, directory, &mut seen).await;
        let found = found.inspect_err(|error| evidence::tell(error, Some(opened.folder())))?;
        for trouble in opened.joined.copy.troubles.iter().skip(troubles) {
            evidence::tell(trouble, Some(opened.folder()));
        }
        opened.state.entries_seen(&seen);
        opened.save()?;
        opened.save_view()?;
        // What a holder has is said on enrolment, to whoever may know it.
        let lines: Vec<&str> = found.iter().map(|one| one.name.as_str()).collect();
        let json: Vec<Value> = found
            .iter()
            .map(|one| {
                json!({
                    "organisation": one.name,
                    "principal": one.holder,
                    "pod": one.handle.pod,
                })
            })
            .collect();
        let words = if lines.is_empty() { "Nobody holds anything.".to_owned() } else { lines.join("\n") };
        output.result(words, &json!({ "holders": json }));
        Ok(Exit::Done)
    }
}
