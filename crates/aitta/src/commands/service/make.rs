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
use super::super::serving::quoted;
use super::opened::{DESCRIPTION, Description, FEDERATION, GRANTS, KEY, KEY_EVENTS, RECEIPTS, REGISTRATION, SEAL_KEY};
use crate::edge::Edge;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::folder::{self, NewFolder};
use crate::organisation::keys::NewMember;
use crate::organisation::names_toml;
use crate::output::Output;

const ROOTS: &str = "roots.pem";
/// A century: what the protocol allows.
const MOST_RETENTION_DAYS: u64 = 36_525;

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
    #[arg(long = "purpose", value_name = "TERM", required = true, value_parser = crate::organisation::purpose)]
    purposes: Vec<Purpose>,
    /// Fields that it may read as they are, as TYPE:FIELD,FIELD; several may be named.
    #[arg(long = "fields", value_name = "TYPE:FIELD,…", required_unless_present = "answers")]
    fields: Vec<String>,
    /// Fields about which it may only ask questions, as TYPE:FIELD,FIELD; several may be named.
    #[arg(long = "answers", value_name = "TYPE:FIELD,…")]
    answers: Vec<String>,
    /// For how many days it may keep what it gets.
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u64).range(1..=MOST_RETENTION_DAYS))]
    max_retention_days: u64,
}

impl Init {
    pub(super) async fn run(&self, dir: &Path, edge: &Edge, output: &Output) -> Result<Exit, Failure> {
        let federation = Federation::read(&self.federation)?;
        federation.anchor()?;
        let mut folder = NewFolder::at(dir)?;
        let organisation = federation.visit(edge).await?.organisation(&self.organisation)?;
        let service = NewMember::generate(&*edge.random, edge.now_secs());
        let principal = service.principal();
        let seal_key = SealPrivateKey::generate(&*edge.random);
        for (name, key) in [(KEY, &service.online), ("managing.key", &service.managing), ("next.key", &service.next)] {
            folder.secret(name, "a signing key", key_file::to_text(key).as_bytes());
        }
        folder.secret(SEAL_KEY, "opens what citizens decide", *seal_key.to_bytes());
        folder.secret(KEY_EVENTS, "its key-event log", format!("{:#}\n", service.log_json()));
        let roots = federation.roots_pem()?.map(|pem| {
            folder.secret(ROOTS, "whose certificates are believed", pem);
            PathBuf::from(ROOTS)
        });
        folder.secret(FEDERATION, "where the directory is", Federation { roots, ..federation }.to_text()?);
        let description = toml::to_string(&Description { principal, organisation })
            .map_err(|source| Failure::internal("the service's description cannot be written", source))?;
        folder.secret(DESCRIPTION, "who the service is", description);
        let registration = json!({
            "principal": principal,
            "keys": [base64url(&service.online.public_key().to_bytes())],
            "seal_key": base64url(&seal_key.public_key().0),
        });
        folder.secret(REGISTRATION, "what its organisation publishes", format!("{registration:#}\n"));
        folder.write()?;
        folder::make(&dir.join(GRANTS))?;
        folder::make(&dir.join(RECEIPTS))?;
        let shown = dir.display();
        let words = format!(
            "The service {principal} was made in {shown}. Move managing.key and next.key offline.\nNext: `aitta service \
             --service {shown} register` writes it into {}'s services file; then {0} runs `aitta node publish-profile`.",
            self.organisation
        );
        output.result(words, &json!({ "service": principal, "folder": dir, "registration": dir.join(REGISTRATION) }));
        Ok(Exit::Done)
    }
}

impl Register {
    pub(super) fn run(&self, dir: &Path, output: &Output) -> Result<Exit, Failure> {
        let registration = fs::canonicalize(dir.join(REGISTRATION)).map_err(|source| {
            Failure::configuration_says(format!("{} holds no service", dir.display()))
                .because(source)
                .advise("Name the service's folder with --service; `aitta service init` makes a new one.")
        })?;
        let entry = self.entry(&registration)?;
        let failed = |source| {
            Failure::usage(format!("cannot write {}", self.services.display()))
                .because(source)
                .advise("Give the services file that stands beside the organisation's profile.toml.")
        };
        let text = fs::read_to_string(&self.services).map_err(failed)?;
        if self.is_in(&text, &registration) {
            return Err(Failure::usage(format!("this service stands in {} already", self.services.display()))
                .advise("Change what stands in it already there, then run `aitta node publish-profile`."));
        }
        // A file that is not there is not made: nobody would read it.
        let mut file = OpenOptions::new().append(true).open(&self.services).map_err(failed)?;
        file.write_all(entry.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
        let words = format!("Written into {}. Now run `aitta node publish-profile`.\n{entry}", self.services.display());
        output.result(words, &json!({ "services": self.services, "registration": registration }));
        Ok(Exit::Done)
    }

    /// Whether a services file names this registration. One that does not read is for `publish-profile` to complain about.
    fn is_in(&self, text: &str, registration: &Path) -> bool {
        let written: toml::Table = text.parse().unwrap_or_default();
        let folder = self.services.parent().unwrap_or(Path::new(""));
        let services = written.get("service").and_then(toml::Value::as_array).into_iter().flatten();
        services
            .filter_map(|service| service.get("registration")?.as_str())
            .filter_map(|path| fs::canonicalize(folder.join(path)).ok())
            .any(|path| path == registration)
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
