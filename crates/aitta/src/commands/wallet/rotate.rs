//! Fresh keys for this device at every organisation, and another paper if wanted.

use std::path::{Path, PathBuf};

use clap::Args;
use pod_protocol::ids::Principal;
use pod_wallet::recovery_code::RecoveryCode;
use pod_wallet::root::RecoveryRoot;
use serde_json::{Value, json};

use super::opened::{Opened, not_enrolled, recovery_root};
use crate::edge::Edge;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;

/// Put fresh keys in the place of this device's, at every organisation.
#[derive(Debug, Args)]
pub(super) struct Rotate {
    /// Make another recovery code, and print it. The old one counts no more, once 72 hours have passed.
    #[arg(long)]
    new_code: bool,
    /// Go on with a code that was printed before, where it did not come through: a file that holds it, or `-` to type it.
    #[arg(long, value_name = "FILE", conflicts_with = "new_code")]
    code: Option<PathBuf>,
}

impl Rotate {
    pub(super) async fn run(&self, dir: &Path, edge: &Edge, output: &Output) -> Result<Exit, Failure> {
        let mut opened = Opened::open(dir, edge).await?;
        let code = self.new_code.then(|| RecoveryCode::generate(&*edge.random));
        let paper = match (&code, &self.code) {
            (Some(code), _) => Some(RecoveryRoot::of(code)),
            (None, Some(file)) => Some(recovery_root(file)?),
            (None, None) => None,
        };
        if let Some(paper) = &paper {
            opened.note_paper(paper);
        }
        let (mut all, mut missing): (Vec<Value>, bool) = (Vec::new(), false);
        let mut lines: Vec<String> = Vec::new();
        for (organisation, name) in opened.enrolled() {
            let rotated = at(&mut opened, &organisation, paper.as_ref()).await;
            opened.save()?;
            match rotated {
                Ok(()) => {
                    lines.push(format!("{name}: fresh keys"));
                    all.push(json!({ "organisation": name, "state": "rotated" }));
                }
                Err(failure) => {
                    missing = true;
                    lines.push(format!("{name}: FAILED: {}", failure.message));
                    all.push(json!({ "organisation": name, "state": "failed", "code": failure.code }));
                }
            }
        }
        let printed = code.as_ref().map(RecoveryCode::to_paper);
        if let Some(paper) = &printed {
            lines.push(format!("\nWrite this recovery code on paper; it is shown only now:\n\n{}", paper.as_str()));
        }
        let json = json!({ "organisations": all, "recovery_code": printed.as_ref().map(|paper| paper.as_str()) });
        output.result(lines.join("\n"), &json);
        Ok(if missing { Exit::Partly } else { Exit::Done })
    }
}

async fn at(opened: &mut Opened, organisation: &Principal, paper: Option<&RecoveryRoot>) -> Result<(), Failure> {
    opened.refresh(organisation).await?;
    let now_secs = opened.edge.now_secs();
    let log = opened.state.key_log(&opened.root, organisation, now_secs).map_err(not_enrolled)?;
    let digest = paper.map(|paper| paper.digest(organisation));
    let refused = |fault| Failure::of(Exit::Refused, "not-rotated", fault);
    let (rotated, event) = log.rotate(&opened.root, digest, now_secs).map_err(refused)?;
    opened.joined.node(organisation)?.send_key_event(&rotated.principal(), &event).await?;
    opened.state.update_keys(&rotated);
    Ok(())
}
