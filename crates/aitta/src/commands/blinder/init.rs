//! `aitta blinder init`: a blinder's keys, seed and folder.

use std::path::PathBuf;

use clap::Args;
use pod_directory::blinder::BlinderSeed;
use pod_protocol::ids::{Principal, base64url};
use pod_protocol::statement::Role;
use serde_json::json;

use crate::commands::directory::init::anchor_toml;
use crate::commands::federation::{Federation, KnownBlinder};
use crate::commands::serving::{ListenArgs, quoted};
use crate::edge::Edge;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::folder::NewFolder;
use crate::organisation::member::{MemberArgs, ProfileHas};
use crate::output::Output;

/// The usual port of a blinder behind a proxy.
const USUAL_PORT: u16 = 8451;
/// The first epoch of a blinder's key.
const FIRST_EPOCH: u16 = 1;

/// `aitta blinder init`.
#[derive(Debug, Args)]
pub(crate) struct Init {
    /// The folder to make.
    #[arg(value_name = "DIR")]
    folder: PathBuf,

    #[command(flatten)]
    member: MemberArgs,

    /// The login provider's issuer, exactly as it stands in its tokens.
    #[arg(long, value_name = "URL")]
    issuer: String,

    /// The id under which the login provider knows this blinder.
    #[arg(long, value_name = "ID", default_value = "aitta-blinder")]
    client_id: String,

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
        let has = ProfileHas { catalogue: None, services: None, p2p: &[] };
        let federation = Federation::read(&self.member.federation)?;
        let principal = self.member.add_to(&mut folder, &[Role::Blinder], &federation, has, edge)?;
        folder.open("blinder.toml", "the blinder's configuration", self.config(&listen, principal, &federation)?);
        let seed = BlinderSeed::generate(&*edge.random);
        let public = seed.public().map_err(Failure::configuration)?;
        let says = KnownBlinder {
            url: self.member.url.clone(),
            principal,
            public: base64url(&public),
            epoch: FIRST_EPOCH,
            issuer: self.issuer.clone(),
            client_id: self.client_id.clone(),
        };
        folder.json("blinder.json", "hand it to every node: `aitta node init --blinder`", &json!(says));
        let roots = federation.roots.as_ref().map(|_| PathBuf::from("roots.pem"));
        let with_blinder = Federation { roots, blinder: Some(says.clone()), ..federation };
        folder.open(
            "federation.toml",
            "hand it to citizens: the federation with this blinder",
            with_blinder.to_text()?,
        );
        let seed_path = folder.made_elsewhere("keys/blinder.seed", "SECRET: every tag hangs on it; back it up");
        if !self.dry_run {
            folder.write()?;
            seed.create_file(&seed_path).map_err(Failure::configuration)?;
        }
        let (shown, made) = (self.folder.display(), if self.dry_run { "Would make" } else { "Made" });
        let words = format!(
            "{made} the blinder {} ({principal}) in {shown}:\n{}\nNext:\n  hand {shown}/membership-request.json to the trust \
             anchor, and tell it the id above by another way\n  aitta blinder check-config --config {shown}/blinder.toml\n  aitta \
             blinder serve --config {shown}/blinder.toml\n  aitta blinder publish-profile --profile {shown}/profile.toml",
            self.member.name,
            folder.words(),
        );
        let json = json!({
            "dry_run": self.dry_run, "principal": principal, "folder": self.folder, "files": folder.to_json(), "blinder": says,
        });
        output.result(words, &json);
        Ok(Exit::Done)
    }

    fn config(&self, listen: &str, principal: Principal, federation: &Federation) -> Result<String, Failure> {
        let roots = if federation.roots.is_some() {
            "roots = \"roots.pem\"\n"
        } else {
            "# roots = \"roots.pem\"             # needed for https\n"
        };
        Ok(format!(
            "# The blinder. Its operator should be another than the directory's. Relative paths start at this file's folder.\n\
             # Command line > environment > this file > default. Check it with `aitta blinder check-config`.\n\n\
             {listen}\n\
             principal = {principal}\n\
             epoch = {FIRST_EPOCH}                          # part of every tag: change it, and every holder publishes anew\n\
             seed_file = \"keys/blinder.seed\"     # mode 0600\n\n\
             {anchor}\n\
             [directory]                        # where the registry comes from\n\
             url = {directory}\n\
             {roots}\n\
             [provider]                         # where citizens log in\n\
             issuer = {issuer}\n\
             client_id = {client_id}\n\
             {roots}\n\
             [storage]\n\
             path = \"blinder.redb\"\n\n\
             # [limits]                          # each for a day\n\
             # inputs_per_organisation = 1000000\n\
             # asks_per_subject = 20\n\n\
             # [metrics]                         # numbers for Prometheus, without personal ids, on a port of its own\n\
             # listen = \"http://127.0.0.1:9151\"\n",
            principal = quoted(&principal.to_string()),
            anchor = anchor_toml(&federation.anchor()?),
            directory = quoted(&federation.directory),
            issuer = quoted(&self.issuer),
            client_id = quoted(&self.client_id),
        ))
    }
}
