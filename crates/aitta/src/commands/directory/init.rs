//! `aitta directory init`: a trust anchor and the directory's folder.

use std::path::PathBuf;

use clap::Args;
use pod_protocol::ids::base64url;
use pod_protocol::registry::Anchor;
use pod_server::key_file;
use serde_json::json;

use crate::commands::federation::Federation;
use crate::commands::serving::ListenArgs;
use crate::edge::Edge;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::folder::NewFolder;
use crate::organisation::keys::NewAnchor;
use crate::output::Output;

/// The usual port of a directory behind a proxy.
const USUAL_PORT: u16 = 8450;

/// `aitta directory init`.
#[derive(Debug, Args)]
pub(crate) struct Init {
    /// The folder to make.
    #[arg(value_name = "DIR")]
    folder: PathBuf,

    /// How everybody calls the directory: `https://HOST[:PORT]`, or `http://127.0.0.1:PORT` on one machine.
    #[arg(long, value_name = "URL", value_parser = crate::organisation::origin)]
    url: String,

    /// Whose certificates are believed in this federation: a PEM file. It is copied for those who join.
    #[arg(long, value_name = "FILE")]
    roots: Option<PathBuf>,

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
        folder.open("directory.toml", "the directory's configuration", config(&listen, &anchor_toml(&public)));
        let roots = self.roots.as_ref().map(|path| crate::organisation::read_roots(path)).transpose()?;
        let roots_name = roots.as_ref().map(|_| PathBuf::from("roots.pem"));
        let federation = Federation::new(self.url.clone(), &public, roots_name);
        folder.open(
            "federation.toml",
            "hand it to members: where the directory is, whose word counts",
            federation.to_text()?,
        );
        if let Some(roots) = roots {
            folder.open("roots.pem", "hand it out with federation.toml: whose certificates are believed", roots);
        }
        folder.json("key-events.json", "the trust anchor's key-event log", &keys.log_json());
        let anchor = key_file::to_text(&keys.anchor);
        folder.secret("offline/anchor.key", "SECRET: signs memberships (`admit`); move it offline", anchor);
        let next = key_file::to_text(&keys.next);
        folder.secret("offline/next.key", "SECRET: for the day the anchor's key is lost; keep it elsewhere", next);
        if !self.dry_run {
            folder.write()?;
        }
        let (shown, made) = (self.folder.display(), if self.dry_run { "Would make" } else { "Made" });
        let words = format!(
            "{made} the trust anchor {} in {shown}:\n{}\nNext:\n  aitta directory check-config --config {shown}/directory.toml\n  \
             aitta directory serve --config {shown}/directory.toml\n  aitta directory admit REQUEST.json --federation \
             {shown}/federation.toml --anchor-key {shown}/offline/anchor.key",
            public.principal,
            folder.words(),
        );
        let json = json!({
            "dry_run": self.dry_run, "principal": public.principal, "folder": self.folder, "files": folder.to_json(),
        });
        output.result(words, &json);
        Ok(Exit::Done)
    }
}

/// The table `[anchor]` of every configuration.
pub(crate) fn anchor_toml(anchor: &Anchor) -> String {
    format!(
        "[anchor]                             # where trust begins: the same in every configuration\n\
         principal = \"{}\"\nkey = \"{}\"\n",
        anchor.principal,
        base64url(&anchor.key.to_bytes())
    )
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
