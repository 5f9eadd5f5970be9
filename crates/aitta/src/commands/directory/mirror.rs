//! `aitta directory mirror`: a checked copy of a directory's log, and what it takes to serve it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use pod_directory::config::{MirrorConfig, Serves};
use pod_directory::directory::{Mirror as Copy, MirrorFault, Mirrored, Progress};
use pod_store::Engine;
use serde_json::json;

use crate::commands::directory::init::anchor_toml;
use crate::commands::federation::Federation;
use crate::commands::serving::quoted;
use crate::daemon::{Signals, keep_memory_private};
use crate::edge::Edge;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::folder::NewFolder;
use crate::output::Output;

/// The configuration in the mirror's folder.
const CONFIG: &str = "directory.toml";
/// Where the mirror listens when its operator says nothing else: behind a proxy on this machine.
const USUAL_ADDRESS: &str = "http://127.0.0.1:8452";

/// Leaves between two lines about how far it is: some seconds.
const LEAVES_BETWEEN_LINES: u64 = 50_000;

/// `aitta directory mirror`.
#[derive(Debug, Args)]
pub(crate) struct Mirror {
    /// Where the log is read: the directory, or another mirror of it.
    #[arg(value_name = "URL")]
    url: String,

    /// The mirror's folder. It is made when it is not there; else the copy in it goes on.
    #[arg(value_name = "DIR")]
    folder: PathBuf,

    /// The `federation.toml` that the directory's operator hands out: whose word the log's statements begin with.
    #[arg(long, value_name = "FILE")]
    federation: PathBuf,

    /// Go on looking, until you are told to stop.
    #[arg(long)]
    follow: bool,

    /// Read and check the whole log, and keep nothing.
    #[arg(long, conflicts_with = "follow")]
    dry_run: bool,
}

impl Mirror {
    /// Reads and checks the log.
    pub(crate) fn run(&self, edge: &Edge, output: &Output) -> Result<Exit, Failure> {
        let key_log = keep_memory_private()?;
        let federation = Federation::read(&self.federation)?;
        let text = self.config_text(&federation)?;
        let path = self.folder.join(CONFIG);
        let mut config = self.config(&path, &text)?;
        if self.dry_run {
            config.storage.engine = Engine::Memory;
        } else if path.exists() {
            let kept = std::fs::read_to_string(&path).map_err(|source| {
                Failure::configuration_says(format!("cannot read {}", path.display())).because(source)
            })?;
            config = self.config(&path, &kept)?;
        } else {
            let mut folder = NewFolder::at(&self.folder)?;
            folder.open(CONFIG, "what `aitta directory serve` serves the mirror with", text);
            if let Some(roots) = federation.roots_pem()? {
                folder.open("roots.pem", "whose certificates are believed", roots);
            }
            folder.write()?;
        }
        Edge::block_on(async {
            let signals = Signals::listen()?;
            let mut copy = Copy::open(&config, &edge.surroundings(key_log))?;
            self.tell(&look(&mut copy).await?, output);
            if !self.follow {
                return Ok(Exit::Done);
            }
            tokio::select! {
                () = signals.until_told_to_stop(|| {}) => Ok(Exit::Done),
                failure = self.go_on(&mut copy, config.refresh, output) => Err(failure),
            }
        })
    }

    /// Looks again and again; ends when the log is not believed any more.
    async fn go_on(&self, copy: &mut Copy, every: Duration, output: &Output) -> Failure {
        loop {
            tokio::time::sleep(every).await;
            match look(copy).await {
                Ok(mirrored) if mirrored.new > 0 => self.tell(&mirrored, output),
                Ok(_) => {}
                Err(fault @ MirrorFault::Away { .. }) => tracing::warn!("{fault}: it is asked again"),
                Err(fault) => return fault.into(),
            }
        }
    }

    /// The configuration, as it stands in the mirror's folder.
    fn config_text(&self, federation: &Federation) -> Result<String, Failure> {
        let roots = if federation.roots.is_some() { "" } else { "# " };
        Ok(format!(
            "# A mirror of a directory: everything that it shows was checked here. Relative paths start at this file's folder.\n\
             # Serve it with `aitta directory serve --config` and this file.\n\n\
             listen = [{listen}]\n\
             # certificate = \"server.pem\"       # needed for https: the chain, the server's own first\n\
             # key = \"server.key\"               # mode 0600\n\n\
             {anchor}\n\
             [mirror]\n\
             of = {url}\n\
             {roots}roots = \"roots.pem\"\n\
             # refresh_secs = 15                # how often it is looked whether there is something new\n\n\
             [storage]\n\
             path = \"mirror.redb\"\n\n\
             # [metrics]\n\
             # listen = \"http://127.0.0.1:9152\"\n",
            listen = quoted(USUAL_ADDRESS),
            anchor = anchor_toml(&federation.anchor()?),
            url = quoted(&self.url),
        ))
    }

    fn config(&self, path: &Path, text: &str) -> Result<MirrorConfig, Failure> {
        match Serves::from_toml(path, text).map_err(Failure::configuration)? {
            Serves::Mirror(config) => Ok(config),
            Serves::Directory(_) => {
                Err(Failure::usage(format!("{} is a directory's own folder", self.folder.display()))
                    .advise("Give a folder for the mirror that does not exist yet."))
            }
        }
    }

    fn tell(&self, mirrored: &Mirrored, output: &Output) {
        let Mirrored { size, new, entries, members, logged_secs, cosignatures } = *mirrored;
        let serve = if self.dry_run {
            "Nothing was kept.".to_owned()
        } else {
            format!("Serve it:\n  aitta directory serve --config {}/{CONFIG}", self.folder.display())
        };
        let words = format!(
            "The log of {} holds: {size} leaves, {new} of them new; every signature and every state was checked.\n\
             It makes {members} members and {entries} entries; {cosignatures} other organisations have cosigned it.\n{serve}",
            self.url,
        );
        let json = json!({
            "leaves": size, "new": new, "entries": entries, "members": members, "logged_secs": logged_secs,
            "cosignatures": cosignatures, "dry_run": self.dry_run, "folder": self.folder,
        });
        output.result(words, &json);
    }
}

async fn look(copy: &mut Copy) -> Result<Mirrored, MirrorFault> {
    let mut said = 0;
    copy.advance(&mut |Progress { done, size }| {
        if done >= said + LEAVES_BETWEEN_LINES {
            said = done;
            tracing::info!(done, leaves = size, "checking the log");
        }
    })
    .await
}

impl From<MirrorFault> for Failure {
    fn from(fault: MirrorFault) -> Self {
        let code = fault.code();
        match fault {
            MirrorFault::Away { .. } => Self::of(Exit::NotReached, code, fault),
            MirrorFault::Ours(_) => Self::of(Exit::Internal, code, fault),
            MirrorFault::Log { evidence: Some(ref path), .. } => {
                let advice = format!("Both checkpoints are in {}: `aitta inspect` explains them.", path.display());
                Self::of(Exit::EvidenceBroken, code, fault).advise(advice)
            }
            MirrorFault::Log { .. } => Self::of(Exit::EvidenceBroken, code, fault)
                .advise("Nothing of it is used. Ask the directory's operator, and read the log from another mirror."),
        }
    }
}
