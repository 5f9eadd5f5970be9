//! `aitta directory init`: a trust anchor, and the directory's folder with its keys and its membership.

use std::path::PathBuf;

use clap::Args;
use pod_crypto::random_array;
use pod_directory::directory::MAX_WITNESSES;
use pod_protocol::cose::Verified;
use pod_protocol::ids::{Cti, Principal, base64url};
use pod_protocol::registry::Anchor;
use pod_protocol::statement::{Membership, Role, ShortName};
use pod_protocol::tlog::head::USUAL_WITNESSES;
use pod_protocol::words::Words;
use pod_server::key_file;
use serde_json::json;

use crate::commands::directory::admit::DAY_SECS;
use crate::commands::federation::Federation;
use crate::commands::serving::ListenArgs;
use crate::edge::Edge;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::folder::NewFolder;
use crate::organisation::keys::{NewAnchor, NewMember};
use crate::organisation::request;
use crate::output::Output;

/// The usual port of a directory behind a proxy.
const USUAL_PORT: u16 = 8450;
/// For how many days the directory's own membership counts; `admit` renews it.
const VALID_DAYS: u64 = 365;

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

    /// The directory's own short name as a member.
    #[arg(long, value_name = "NAME", default_value = "directory")]
    name: ShortName,

    /// What people call it in Finnish, Swedish and English, with commas between.
    #[arg(long, value_name = "FI,SV,EN", value_parser = crate::organisation::names, default_value = "Hakemisto,Katalog,Directory")]
    names: Words,

    /// How many other organisations must have seen what the directory shows; 0 is for trials on one machine.
    #[arg(long, value_name = "N", default_value_t = USUAL_WITNESSES, value_parser = witnesses)]
    witnesses: usize,

    #[command(flatten)]
    listen: ListenArgs,

    /// Say what would be made, and make nothing.
    #[arg(long)]
    dry_run: bool,
}

/// Reads a number of witnesses.
fn witnesses(text: &str) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| *number <= MAX_WITNESSES);
    number.ok_or_else(|| {
        format!("write a number from 0 to {MAX_WITNESSES}: a checkpoint has room for no more cosignatures")
    })
}

impl Init {
    /// Makes it.
    pub(crate) fn run(&self, edge: &Edge, output: &Output) -> Result<Exit, Failure> {
        let mut folder = NewFolder::at(&self.folder)?;
        let listen = self.listen.to_toml(USUAL_PORT)?;
        let keys = NewAnchor::generate(&*edge.random, edge.now_secs());
        let public = keys.public();
        let roots = self.roots.as_ref().map(|path| crate::organisation::read_roots(path)).transpose()?;
        let own = NewMember::generate(&*edge.random, edge.now_secs());
        let text = config(&listen, &anchor_toml(&public), own.principal(), (self.witnesses, roots.is_some()));
        folder.open("directory.toml", "the directory's configuration", text);
        let roots_name = roots.as_ref().map(|_| PathBuf::from("roots.pem"));
        let federation = Federation::new(self.url.clone(), &public, roots_name, self.witnesses);
        folder.open(
            "federation.toml",
            "hand it to members: where the directory is, whose word counts",
            federation.to_text()?,
        );
        if let Some(roots) = roots {
            folder.open("roots.pem", "hand it out with federation.toml: whose certificates are believed", roots);
        }
        folder.json("key-events.json", "the trust anchor's key-event log", &keys.log_json());
        self.add_member(&mut folder, &keys, &own, edge)?;
        let anchor = key_file::to_text(&keys.anchor);
        folder.secret("offline/anchor.key", "SECRET: signs memberships (`admit`); move it offline", anchor);
        let next = key_file::to_text(&keys.next);
        folder.secret(
            "offline/next.key",
            "SECRET: committed to in key-events.json, and used by no command yet; keep it elsewhere",
            next,
        );
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
            "dry_run": self.dry_run, "principal": public.principal, "directory": own.principal(), "folder": self.folder,
            "files": folder.to_json(),
        });
        output.result(words, &json);
        Ok(Exit::Done)
    }

    /// Adds the keys of the directory itself, and its membership, which the anchor signs here and now.
    fn add_member(
        &self,
        folder: &mut NewFolder,
        anchor: &NewAnchor,
        own: &NewMember,
        edge: &Edge,
    ) -> Result<(), Failure> {
        let roles = [Role::Directory];
        let now_secs = edge.now_secs();
        let membership = Membership {
            issuer: anchor.public().principal,
            subject: own.principal(),
            expires: now_secs.saturating_add(VALID_DAYS * DAY_SECS),
            issued: now_secs,
            cti: Cti::new(random_array(&*edge.random)),
            name: self.name.clone(),
            keys: vec![own.online.public_key()],
            roles: roles.to_vec(),
            depth: 0,
            suspended: false,
        };
        let signed = Verified::sign(&anchor.anchor, membership);
        folder.bytes("membership.cose", "who runs the directory, by the anchor's word; logged first", signed.bytes());
        let request = request::to_json(own, &self.name, &self.names, &roles);
        folder.json("membership-request.json", "to renew that membership with `admit`", &request);
        folder.json("directory-key-events.json", "the directory's own key-event log", &own.log_json());
        let online = key_file::to_text(&own.online);
        folder.secret("keys/directory.key", "SECRET: signs the log", online);
        let managing = key_file::to_text(&own.managing);
        folder.secret("offline/directory-managing.key", "SECRET: adds and revokes the log's keys", managing);
        let next = key_file::to_text(&own.next);
        folder.secret("offline/directory-next.key", "SECRET: for the day the managing key is lost", next);
        Ok(())
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

fn config(listen: &str, anchor: &str, own: Principal, (witnesses, has_roots): (usize, bool)) -> String {
    let roots = if has_roots { "" } else { "# " };
    format!(
        "# The directory: who is a member, and where wallets find holders. Relative paths start at this file's folder.\n\
         # Command line > environment > this file > default. Check it with `aitta directory check-config`.\n\n\
         {listen}\n\
         {anchor}\n\
         [log]                                # everything that the directory takes, for everybody to check\n\
         principal = \"{own}\"\n\
         key_file = \"keys/directory.key\"\n\
         membership_file = \"membership.cose\"   # said at the start, unless the log has it\n\
         {roots}roots = \"roots.pem\"                 # whose certificates are believed when witnesses are asked\n\
         witnesses = {witnesses}                        # how many other organisations cosign what is published\n\
         # grace_secs = 5                     # how long they are waited for\n\
         # refresh_secs = 15                  # after how long the same is cosigned anew\n\n\
         [storage]\n\
         path = \"directory.redb\"\n\
         # engine = \"redb\"                  # or \"sled\", in a build with the feature engine-sled\n\
         # cache_bytes = 67108864\n\n\
         # [metrics]                         # numbers for Prometheus, without personal ids, on a port of its own\n\
         # listen = \"http://127.0.0.1:9150\"\n"
    )
}
