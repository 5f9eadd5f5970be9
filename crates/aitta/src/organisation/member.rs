//! What every new member's folder has, whatever it runs: keys, log, request and profile.

use std::path::PathBuf;

use clap::Args;
use pod_net::Address;
use pod_protocol::ids::Principal;
use pod_protocol::statement::{Role, ShortName};
use pod_protocol::words::Words;
use pod_server::key_file;

use crate::commands::federation::Federation;
use crate::edge::Edge;
use crate::failure::Failure;
use crate::folder::NewFolder;

use super::keys::NewMember;
use super::{names_toml, request};
use crate::commands::serving::quoted;

/// Who a new member is.
#[derive(Debug, Args)]
pub(crate) struct MemberArgs {
    /// Its short name: lower-case letters, digits and `-`.
    #[arg(long, value_name = "NAME")]
    pub(crate) name: ShortName,

    /// What people call it in Finnish, Swedish and English, with commas between.
    #[arg(long, value_name = "FI,SV,EN", value_parser = super::names)]
    pub(crate) names: Words,

    /// How others call it: `https://HOST[:PORT]`, or `http://127.0.0.1:PORT` on one machine.
    #[arg(long, value_name = "URL", value_parser = super::origin)]
    pub(crate) url: String,

    /// The `federation.toml` that the directory's operator hands out.
    #[arg(long, value_name = "FILE")]
    pub(crate) federation: PathBuf,
}

/// What is particular about a member's profile.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ProfileHas<'a> {
    /// The catalogue's file, for a holder.
    pub(crate) catalogue: Option<&'static str>,
    /// The services' file, for an owner of services.
    pub(crate) services: Option<&'static str>,
    /// Where it is reached over libp2p.
    pub(crate) p2p: &'a [Address],
}

impl MemberArgs {
    /// Makes the keys of a member of this federation and adds its files; who it is.
    pub(crate) fn add_to(
        &self,
        folder: &mut NewFolder,
        roles: &[Role],
        federation: &Federation,
        profile: ProfileHas<'_>,
        edge: &Edge,
    ) -> Result<Principal, Failure> {
        let member = NewMember::generate(&*edge.random, edge.now_secs());
        let principal = member.principal();
        let roots = federation.roots.as_ref().map(|path| super::read_roots(path)).transpose()?;
        let text = self.profile_toml(principal, federation, roots.is_some(), profile);
        folder.open("profile.toml", "what it says about itself; `publish-profile` signs it", text);
        if let Some(roots) = roots {
            folder.open("roots.pem", "whose certificates are believed in this federation", roots);
        }
        let document = request::to_json(&member, &self.name, &self.names, roles);
        folder.json("membership-request.json", "hand it to the trust anchor", &document);
        folder.json("key-events.json", "its key-event log", &member.log_json());
        let online = key_file::to_text(&member.online);
        folder.secret("keys/organisation.key", "SECRET: signs day by day", online);
        let managing = key_file::to_text(&member.managing);
        folder.secret("offline/managing.key", "SECRET: adds and revokes online keys; move it offline", managing);
        let next = key_file::to_text(&member.next);
        folder.secret("offline/next.key", "SECRET: for the day the managing key is lost; keep it elsewhere", next);
        Ok(principal)
    }

    fn profile_toml(&self, principal: Principal, federation: &Federation, roots: bool, has: ProfileHas<'_>) -> String {
        let file = |key: &str, name: Option<&str>, about: &str| match name {
            Some(name) => format!("# {about}\n{key} = {}\n", quoted(name)),
            None => format!("# {about}\n# {key} = \"{key}.toml\"\n"),
        };
        let mut endpoints = vec![quoted(&self.url)];
        endpoints.extend(has.p2p.iter().map(|address| quoted(&address.to_string())));
        format!(
            "# What {name} says about itself. Sign and publish it with `publish-profile`, after each change and in good time\n\
             # before it runs out. Relative paths start at this file's folder.\n\n\
             principal = {principal}\n\
             key = \"keys/organisation.key\"\n\
             # What people call it.\n\
             names = {names}\n\
             # Where it answers, the preferred one first.\n\
             endpoints = [{endpoints}]\n\
             {catalogue}{services}\
             # For how many days it counts; at most 400.\n\
             valid_days = 90\n\n\
             [directory]\n\
             url = {directory}\n\
             {roots}",
            name = self.name,
            principal = quoted(&principal.to_string()),
            names = names_toml(&self.names),
            endpoints = endpoints.join(", "),
            catalogue = file("catalogue", has.catalogue, "Its catalogue; only holders of pods have one."),
            services = file(
                "services",
                has.services,
                "The services that it owns; `aitta service init` makes their registrations."
            ),
            directory = quoted(&federation.directory),
            roots = if roots {
                "roots = \"roots.pem\"\n"
            } else {
                "# roots = \"roots.pem\"              # needed for https\n"
            },
        )
    }
}
