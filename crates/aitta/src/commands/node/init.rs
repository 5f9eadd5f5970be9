//! `aitta node init`: an organisation's keys and its node's folder.

use std::path::{Path, PathBuf};

use clap::Args;
use pod_http::ListenAddress;
use pod_import::Catalogue;
use pod_protocol::ids::{Principal, base64url};
use pod_protocol::statement::Role;
use pod_server::config::NodeConfig;
use pod_vault::NodeKeys;
use serde_json::json;

use super::reached::{P2pArgs, Reached};
use crate::commands::federation::{Federation, KnownBlinder};
use crate::commands::serving::quoted;
use crate::edge::Edge;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::folder::NewFolder;
use crate::organisation::member::{MemberArgs, ProfileHas};
use crate::output::Output;

/// The usual port of a node behind a proxy.
const USUAL_LISTEN: &str = "http://127.0.0.1:8443";

/// `aitta node init`.
#[derive(Debug, Args)]
pub(crate) struct Init {
    /// The folder to make.
    #[arg(value_name = "DIR")]
    folder: PathBuf,

    #[command(flatten)]
    member: MemberArgs,

    /// The organisation's catalogue: its record types, and how its registers map to them. It is copied.
    #[arg(long, value_name = "FILE")]
    catalogue: PathBuf,

    /// What `aitta blinder init` made for nodes: `blinder.json`. Without it wallets do not find the people whose data the
    /// node holds.
    #[arg(long, value_name = "FILE")]
    blinder: Option<PathBuf>,

    /// Where the node listens: `https://IP:PORT` with --certificate and --key, or `http://127.0.0.1:PORT` behind a proxy.
    #[arg(long, value_name = "ADDRESS", default_value = USUAL_LISTEN)]
    listen: String,

    #[command(flatten)]
    p2p: P2pArgs,

    /// The certificate chain, a PEM file.
    #[arg(long, value_name = "FILE", requires = "key")]
    certificate: Option<PathBuf>,

    /// The certificate's private key, a PEM file with mode 0600.
    #[arg(long, value_name = "FILE", requires = "certificate")]
    key: Option<PathBuf>,

    /// Say what would be made, and make nothing.
    #[arg(long)]
    dry_run: bool,
}

impl Init {
    /// Makes it.
    pub(crate) fn run(&self, edge: &Edge, output: &Output) -> Result<Exit, Failure> {
        let mut folder = NewFolder::at(&self.folder)?;
        let catalogue = self.read_catalogue()?;
        let federation = Federation::read(&self.member.federation)?;
        let reached = self.p2p.look_up(&federation, edge)?;
        let p2p = &reached.endpoints;
        let has = ProfileHas { catalogue: Some("catalogue.toml"), services: Some("services.toml"), p2p };
        let principal = self.member.add_to(&mut folder, &[Role::Holder, Role::Services], &federation, has, edge)?;
        let config = fill(&NodeConfig::commented_default(), &self.settings(principal, &federation, &reached)?);
        folder.open("node.toml", "the node's configuration", config);
        folder.open("catalogue.toml", "which record types it holds, and how its registers map to them", catalogue);
        folder.open("services.toml", "the services that it owns, for its profile", SERVICES.to_owned());
        let node_keys = NodeKeys::generate(&*edge.random).to_file_text();
        folder.secret(
            "keys/node.keys",
            "SECRET: everything on disk is sealed with it; back it up apart from the data",
            node_keys,
        );
        if !self.dry_run {
            folder.write()?;
        }
        let (shown, made) = (self.folder.display(), if self.dry_run { "Would make" } else { "Made" });
        let words = format!(
            "{made} the organisation {} ({principal}) in {shown}:\n{}\nNext:\n{}  hand {shown}/membership-request.json to the trust \
             anchor, and tell it the id above by another way\n  aitta node check-config --config {shown}/node.toml\n  aitta import \
             --config {shown}/node.toml FOLDER\n  aitta node serve --config {shown}/node.toml\n  aitta node publish-profile \
             --profile {shown}/profile.toml",
            self.member.name,
            folder.words(),
            reached
                .relays
                .iter()
                .map(|relay| format!("  ask {relay} for `relays = true` in [p2p]\n"))
                .collect::<String>(),
        );
        let json = json!({
            "dry_run": self.dry_run, "principal": principal, "folder": self.folder, "files": folder.to_json(),
        });
        output.result(words, &json);
        Ok(Exit::Done)
    }

    fn read_catalogue(&self) -> Result<String, Failure> {
        Catalogue::load(&self.catalogue).map_err(Failure::configuration)?;
        std::fs::read_to_string(&self.catalogue)
            .map_err(|source| Failure::usage(format!("cannot read {}", self.catalogue.display())).because(source))
    }

    /// What the configuration says otherwise than its template, as TOML.
    fn settings(
        &self,
        principal: Principal,
        federation: &Federation,
        reached: &Reached,
    ) -> Result<Vec<(&'static str, String)>, Failure> {
        let listen: ListenAddress = self.listen.parse()?;
        if listen.to_string().starts_with("https") && self.certificate.is_none() {
            return Err(pod_http::StartupError::CertificateMissing.into());
        }
        let anchor = federation.anchor()?;
        let mut settings = vec![
            ("listen", format!("[{}]", quoted(&listen.to_string()))),
            ("origins", format!("[{}]", quoted(&self.member.url))),
            ("data", quoted("data")),
            ("catalogue", quoted("catalogue.toml")),
            ("organisation.principal", quoted(&principal.to_string())),
            ("organisation.key_file", quoted("keys/organisation.key")),
            ("organisation.node_keys_file", quoted("keys/node.keys")),
            ("anchor.principal", quoted(&anchor.principal.to_string())),
            ("anchor.key", quoted(&base64url(&anchor.key.to_bytes()))),
            ("directory.url", quoted(&federation.directory)),
            ("directory.witnesses", federation.witnesses.to_string()),
        ];
        let listening: Vec<String> = reached.listen.iter().map(|address| quoted(&address.to_string())).collect();
        let relays: Vec<String> = reached.relays.iter().map(|name| quoted(name)).collect();
        for (name, values) in [("p2p.listen", listening), ("p2p.relay", relays)] {
            if !values.is_empty() {
                settings.push((name, format!("[{}]", values.join(", "))));
            }
        }
        if federation.roots.is_some() {
            settings.push(("roots", format!("[{}]", quoted("roots.pem"))));
        }
        for (name, path) in [("certificate", &self.certificate), ("certificate_key", &self.key)] {
            if let Some(path) = path {
                let path = std::path::absolute(path)
                    .map_err(|source| Failure::internal("the working folder is gone", source))?;
                settings.push((name, quoted(&path.to_string_lossy())));
            }
        }
        if let Some(path) = &self.blinder {
            let blinder = read_blinder(path)?;
            settings.push(("blinder.url", quoted(&blinder.url)));
            settings.push(("blinder.principal", quoted(&blinder.principal.to_string())));
            settings.push(("blinder.public", quoted(&blinder.public)));
            settings.push(("blinder.epoch", blinder.epoch.to_string()));
        }
        Ok(settings)
    }
}

fn read_blinder(path: &Path) -> Result<KnownBlinder, Failure> {
    let advice = "Give the file `blinder.json` that `aitta blinder init` made.";
    let bytes = std::fs::read(path)
        .map_err(|source| Failure::usage(format!("cannot read {}", path.display())).because(source).advise(advice))?;
    serde_json::from_slice(&bytes).map_err(|source| {
        Failure::usage(format!("{} describes no blinder", path.display())).because(source).advise(advice)
    })
}

/// Puts values into a commented configuration: each setting stands in it once, as `key = …` or `#key = …` below its table.
pub(crate) fn fill(template: &str, settings: &[(&'static str, String)]) -> String {
    let mut table = String::new();
    let mut text = String::with_capacity(template.len());
    for line in template.lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            table = format!("{name}.");
        }
        let key = line.trim_start_matches('#').split_once(" = ").map(|(key, _)| format!("{table}{key}"));
        match settings.iter().find(|(name, _)| Some(*name) == key.as_deref()) {
            Some((name, value)) => {
                let key = name.rsplit_once('.').map_or(*name, |(_, key)| key);
                text.push_str(&format!("{key} = {value}\n"));
            }
            None => text.push_str(&format!("{line}\n")),
        }
    }
    text
}

const SERVICES: &str = "\
# The services that this organisation owns. They are part of its profile: publish it after each change.
# A service may ask for nothing that is not registered here.
#
# [[service]]
# registration = \"early-education.json\"       # what `aitta service init` wrote
# names = { fi = \"Varhaiskasvatus\", sv = \"Småbarnspedagogik\", en = \"Early childhood education\" }
# purposes = [\"dpv:ServiceProvision\"]         # W3C DPV terms
# max_retention_days = 400
#
# [[service.fields]]
# type = \"early-education\"
# fields = [\"allergies\"]                      # as they are
# answers = [\"birth_date\"]                    # only derived answers about them, such as \"seven by August: yes\"
";

#[cfg(test)]
mod tests {
    use super::fill;

    #[test]
    fn values_take_the_place_of_examples_in_their_own_table() {
        let template = "# About.\n#listen = 1\n\n[blinder]\n# The url.\n#url = 2\n\n[directory]\nurl = 3\n";
        let filled = fill(template, &[("blinder.url", "9".to_owned()), ("listen", "8".to_owned())]);
        assert_eq!(filled, "# About.\nlisten = 8\n\n[blinder]\n# The url.\nurl = 9\n\n[directory]\nurl = 3\n");
    }
}
