//! `aitta directory init`: a trust anchor and the directory's folder.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use crate::commands::serving::ListenArgs;
use crate::edge::Edge;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::organisation::folder::NewFolder;
use crate::organisation::keys::NewAnchor;
use crate::organisation::{anchor, key_file};
use crate::output::Output;

/// The usual port of a directory behind a proxy.
const USUAL_PORT: u16 = 8450;

/// `aitta directory init`.
#[derive(Debug, Args)]
pub(crate) struct Init {
    /// The folder to make.
    #[arg(value_name = "DIR")]
    folder: PathBuf,

    #[command(flatten)]
    listen: ListenArgs,

    /// Say what would be made, and make nothing.
    #[arg(long)]
    dry_run: bool,
}

impl Init {
    /// Makes it.
    pub(crate) fn run(&self, edge: &Edge, output: &Output) -> Result<Exit, Failure> {
        let mut folder = NewFolder::at(&self.folder)?;
        let listen = self.listen.to_toml(USUAL_PORT)?;
        let keys = NewAnchor::generate(&*edge.random, edge.now_secs());
        let public = keys.public();
        let anchor_text = key_file::text(&keys.anchor, "The trust anchor: signs memberships. Keep it offline.");
        let next_text = key_file::text(&keys.next, "Takes over when the trust anchor's key is lost. Keep it elsewhere.");
        folder.open("directory.toml", "the directory's configuration", config(&listen, &anchor::to_toml(&public)));
        folder.json("anchor.json", "hand it to everybody: whose word counts", &anchor::to_json(public.principal, &public.key));
        folder.json("key-events.json", "the trust anchor's key-event log", &keys.log_json());
        folder.secret("offline/anchor.key", "SECRET: signs memberships (`admit`); move it offline", anchor_text);
        folder.secret("offline/next.key", "SECRET: for the day the anchor's key is lost; keep it elsewhere", next_text);
        if !self.dry_run {
            folder.write()?;
        }
        let shown = self.folder.display();
        let (made, next) = match self.dry_run {
            true => ("Would make", String::new()),
            false => (
                "Made",
                format!(
                    "\nNext:\n  aitta directory check-config --config {shown}/directory.toml\n  aitta directory serve --config {shown}/directory.toml\n  aitta directory admit REQUEST.json --anchor {shown} --directory URL"
                ),
            ),
        };
        let words = format!("{made} the trust anchor {} in {shown}:\n{}{next}", public.principal, folder.words());
        let json = json!({
            "dry_run": self.dry_run, "principal": public.principal, "folder": self.folder, "files": folder.to_json(),
        });
        output.result(words, &json);
        Ok(Exit::Done)
    }
}

fn config(listen: &str, anchor: &str) -> String {
    format!(
        "# The directory: who is a member, and where wallets find holders. Relative paths start at this file's folder.\n\
         # Command line > environment > this file > default. Check it with `aitta directory check-config`.\n\n\
         {listen}\n\
         {anchor}\n\
         [storage]\n\
         path = \"directory.redb\"\n\
         # engine = \"redb\"                  # or \"sled\", in a build with the feature engine-sled\n\
         # cache_bytes = 67108864\n\n\
         # [metrics]                         # numbers for Prometheus, without personal ids, on a port of its own\n\
         # listen = \"http://127.0.0.1:9150\"\n"
    )
}
