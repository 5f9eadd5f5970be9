//! Making a service, and writing what its organisation publishes about it.

use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use pod_crypto::hpke::SealPrivateKey;
use pod_protocol::field::{FieldPath, Purpose, RecordType};
use pod_protocol::ids::base64url;
use pod_protocol::words::Words;
use pod_server::key_file;
use serde_json::json;

use super::super::federation::Federation;
use super::super::folder;
use super::super::serving::quoted;
use super::opened::{DESCRIPTION, Description, FEDERATION, KEY, KEY_EVENTS, REGISTRATION, SEAL_KEY, make_folders};
use crate::edge::Edge;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::organisation::keys::NewMember;
use crate::organisation::names_toml;
use crate::output::Output;

/// Make a service's keys.
#[derive(Debug, Args)]
pub(super) struct Init {
    /// The federation.toml that the directory's operator hands out.
    #[arg(long, value_name = "FILE")]
    federation: PathBuf,
    /// The short name of the organisation that answers for the service.
    #[arg(long, value_name = "NAME")]
    organisation: String,
}

/// Write what the organisation publishes about this service into the services file beside its profile.toml.
#[derive(Debug, Args)]
pub(super) struct Register {
    /// The organisation's services file.
    #[arg(long, value_name = "FILE")]
    services: PathBuf,
    /// What people call the service in Finnish, Swedish and English, with commas between.
    #[arg(long, value_name = "FI,SV,EN", value_parser = crate::organisation::names)]
    names: Words,
    /// A purpose for which it may ask; several may be named.
    #[arg(long = "purpose", value_name = "TERM", required = true)]
    purposes: Vec<Purpose>,
    /// Fields that it may read as they are, as TYPE:FIELD,FIELD; several may be named.
    #[arg(long = "fields", value_name = "TYPE:FIELD,…")]
    fields: Vec<String>,
    /// Fields about which it may only ask questions, as TYPE:FIELD,FIELD; several may be named.
    #[arg(long = "answers", value_name = "TYPE:FIELD,…")]
    answers: Vec<String>,
    /// For how many days it may keep what it gets.
    #[arg(long, value_name = "DAYS")]
    max_retention_days: u64,
}

impl Init {
    pub(super) async fn run(&self, dir: &Path, edge: &Edge, output: &Output) -> Result<Exit, Failure> {
        let federation = Federation::read(&self.federation)?;
        folder::make(dir)?;
        let joined = federation.join(edge, &dir.join("registry")).await?;
        let organisation = joined.organisation(&self.organisation)?;
        let service = NewMember::generate(&*edge.random, edge.now_secs());
        let principal = service.principal();
        let seal_key = SealPrivateKey::generate(&*edge.random);
        make_folders(dir)?;
        write_secrets(dir, &service, &seal_key)?;
        let roots = match &federation.roots {
            None => None,
            Some(path) => {
                folder::write(&dir.join("roots.pem"), crate::organisation::read_roots(path)?.as_bytes())?;
                Some(PathBuf::from("roots.pem"))
            }
        };
        folder::write(&dir.join(FEDERATION), Federation { roots, ..federation }.to_text()?.as_bytes())?;
        let description = toml::to_string(&Description { principal, organisation })
            .map_err(|source| Failure::internal("the service's description cannot be written", source))?;
        folder::write(&dir.join(DESCRIPTION), description.as_bytes())?;
        let registration = json!({
            "principal": principal,
            "keys": [base64url(&service.online.public_key().to_bytes())],
            "seal_key": base64url(&seal_key.public_key().0),
        });
        folder::write(&dir.join(REGISTRATION), format!("{registration:#}\n").as_bytes())?;
        let shown = dir.display();
        let words = format!(
            "The service {principal} was made in {shown}. Move managing.key and next.key offline.\nNext: `aitta service --service {shown} register` writes it into \
             {}'s services file; then {0} runs `aitta node publish-profile`.",
            self.organisation
        );
        output.result(words, &json!({ "service": principal, "folder": dir, "registration": dir.join(REGISTRATION) }));
        Ok(Exit::Done)
    }
}

fn write_secrets(dir: &Path, service: &NewMember, seal_key: &SealPrivateKey) -> Result<(), Failure> {
    for (name, key) in [(KEY, &service.online), ("managing.key", &service.managing), ("next.key", &service.next)] {
        key_file::create(&dir.join(name), key).map_err(Failure::configuration)?;
    }
    folder::write(&dir.join(SEAL_KEY), &*seal_key.to_bytes())?;
    folder::write(&dir.join(KEY_EVENTS), format!("{:#}\n", service.log_json()).as_bytes())
}

impl Register {
    pub(super) fn run(&self, dir: &Path, output: &Output) -> Result<Exit, Failure> {
        let registration = fs::canonicalize(dir.join(REGISTRATION)).map_err(|source| {
            Failure::usage(format!("{} holds no service", dir.display()))
                .because(source)
                .advise("Run `aitta service init` first.")
        })?;
        let entry = self.entry(&registration)?;
        let failed = |source| {
            Failure::usage(format!("cannot write {}", self.services.display()))
                .because(source)
                .advise("Give the services file that stands beside the organisation's profile.toml.")
        };
        let mut file = OpenOptions::new().append(true).create(true).open(&self.services).map_err(failed)?;
        file.write_all(entry.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
        let words = format!("Written into {}. Now run `aitta node publish-profile`.\n{entry}", self.services.display());
        output.result(words, &json!({ "services": self.services, "registration": registration }));
        Ok(Exit::Done)
    }

    fn entry(&self, registration: &Path) -> Result<String, Failure> {
        let list = |items: Vec<String>| items.iter().map(|item| quoted(item)).collect::<Vec<_>>().join(", ");
        let mut types: Vec<(RecordType, Vec<FieldPath>, Vec<FieldPath>)> = Vec::new();
        for (texts, raw) in [(&self.fields, true), (&self.answers, false)] {
            for text in texts {
                let (of, fields) = fields_of(text)?;
                let place = types.iter().position(|(known, ..)| *known == of).unwrap_or_else(|| {
                    types.push((of, Vec::new(), Vec::new()));
                    types.len() - 1
                });
                if let Some((_, as_they_are, asked)) = types.get_mut(place) {
                    if raw { as_they_are.extend(fields) } else { asked.extend(fields) }
                }
            }
        }
        let mut entry = format!(
            "\n[[service]]\nregistration = {}\nnames = {}\npurposes = [{}]\nmax_retention_days = {}\n",
            quoted(&registration.display().to_string()),
            names_toml(&self.names),
            list(self.purposes.iter().map(ToString::to_string).collect()),
            self.max_retention_days,
        );
        for (of, raw, asked) in types {
            let texts = |fields: Vec<FieldPath>| list(fields.iter().map(ToString::to_string).collect());
            let _ = writeln!(
                entry,
                "\n[[service.fields]]\ntype = {}\nfields = [{}]\nanswers = [{}]",
                quoted(of.as_str()),
                texts(raw),
                texts(asked)
            );
        }
        Ok(entry)
    }
}

fn fields_of(text: &str) -> Result<(RecordType, Vec<FieldPath>), Failure> {
    let parsed = text.split_once(':').and_then(|(of, fields)| {
        let fields: Option<Vec<FieldPath>> = fields.split(',').map(|field| field.trim().parse().ok()).collect();
        Some((of.parse().ok()?, fields?))
    });
    parsed.ok_or_else(|| {
        Failure::usage(format!("`{text}` is not TYPE:FIELD,FIELD"))
            .advise("For example --fields child-health:allergies.substance,allergies.severity.")
    })
}
