//! What a member says about itself: `profile.toml`, and the services that it owns in a file beside it.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use pod_crypto::hpke::SealPublicKey;
use pod_crypto::{PublicKey, Random, SigningKey, random_array};
use pod_protocol::cose::{Payload as _, Verified};
use pod_protocol::field::{FieldPath, Purpose, RecordType};
use pod_protocol::ids::{Cti, Principal, from_base64url};
use pod_protocol::statement::{Profile, RegisteredFields, ServiceEntry};
use pod_protocol::tlog::post::seal_key;
use pod_protocol::words::Words;
use pod_server::key_file;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::commands::audit::public_key;
use crate::failure::Failure;
use crate::written;

/// Seconds of a day.
const DAY_SECS: u64 = 24 * 3600;
/// A profile's usual life: it is published again with every change, and a member that is gone fades out within it.
const USUAL_VALID_DAYS: u64 = 90;

/// A profile that is ready to be signed, and where to send it.
#[derive(Debug)]
pub(crate) struct Ready {
    /// What is said.
    pub(crate) profile: Profile,
    /// With which key.
    pub(crate) key: SigningKey,
    /// The directory's address.
    pub(crate) directory: String,
    /// Whose certificates are believed there.
    pub(crate) roots: Option<PathBuf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    principal: String,
    key: PathBuf,
    names: Words,
    endpoints: Vec<String>,
    catalogue: Option<PathBuf>,
    services: Option<PathBuf>,
    valid_days: Option<u64>,
    directory: WrittenDirectory,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenDirectory {
    url: String,
    roots: Option<PathBuf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenServices {
    #[serde(default)]
    service: Vec<WrittenService>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenService {
    registration: PathBuf,
    names: Words,
    purposes: Vec<String>,
    max_retention_days: u64,
    fields: Vec<WrittenFields>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenFields {
    #[serde(rename = "type")]
    record_type: String,
    #[serde(default)]
    fields: Vec<String>,
    #[serde(default)]
    answers: Vec<String>,
}

/// What `aitta service init` writes for its organisation.
#[derive(Deserialize)]
struct Registration {
    principal: Principal,
    keys: Vec<String>,
    seal_key: String,
}

/// Reads `profile.toml` and what it names.
///
/// # Errors
/// Which file and which key in it, and what to write instead.
pub(crate) fn read(path: &Path, random: &dyn Random, now_secs: u64) -> Result<Ready, Failure> {
    let file = TomlFile::read(path)?;
    let written: Written = file.parse()?;
    let catalogue = match &written.catalogue {
        Some(catalogue) => {
            Some(pod_import::Catalogue::load(&file.beside(catalogue)).map_err(Failure::configuration)?.digest())
        }
        None => None,
    };
    let services = match &written.services {
        Some(services) => read_services(&file.beside(services))?,
        None => Vec::new(),
    };
    let key = key_file::read(&file.beside(&written.key)).map_err(Failure::configuration)?;
    let valid_days = written.valid_days.unwrap_or(USUAL_VALID_DAYS);
    let profile = Profile {
        issuer: file.value("principal", &written.principal)?,
        expires: now_secs.saturating_add(valid_days.saturating_mul(DAY_SECS)),
        issued: now_secs,
        cti: Cti::new(random_array(random)),
        names: written.names,
        endpoints: file.values("endpoints", &written.endpoints)?,
        seal_key: catalogue.map(|_| seal_key(&key).public_key()),
        catalogue,
        services,
    };
    // The rules of a profile as a whole stand in its reader.
    Profile::from_cbor(profile.to_cbor()).map_err(|fault| {
        file.wrong(
            "the profile as a whole",
            format!("{fault}; endpoints and services must differ, and valid_days is at most 400"),
        )
    })?;
    Ok(Ready {
        profile,
        key,
        directory: written.directory.url,
        roots: written.directory.roots.map(|roots| file.beside(&roots)),
    })
}

impl Ready {
    /// Signs it, as said so many seconds from now.
    pub(crate) fn sign(&self, later_secs: u64) -> Verified<Profile> {
        let issued = self.profile.issued.saturating_add(later_secs);
        Verified::sign(&self.key, Profile { issued, ..self.profile.clone() })
    }
}

fn read_services(path: &Path) -> Result<Vec<ServiceEntry>, Failure> {
    let file = TomlFile::read(path)?;
    let written: WrittenServices = file.parse()?;
    written.service.into_iter().map(|service| entry(&file, service)).collect()
}

fn entry(file: &TomlFile, service: WrittenService) -> Result<ServiceEntry, Failure> {
    let path = file.beside(&service.registration);
    let wrong = |why: String| {
        file.wrong("registration", format!("{}: {why}; name the file that `aitta service init` wrote", path.display()))
    };
    let bytes = std::fs::read(&path).map_err(|error| wrong(error.to_string()))?;
    let registration: Registration = serde_json::from_slice(&bytes).map_err(|error| wrong(error.to_string()))?;
    let keys: Result<Vec<PublicKey>, String> = registration.keys.iter().map(|key| public_key(key)).collect();
    let seal_key = from_base64url(&registration.seal_key).ok().and_then(|bytes| bytes.try_into().ok());
    Ok(ServiceEntry {
        principal: registration.principal,
        keys: keys.map_err(wrong)?,
        seal_key: SealPublicKey(
            seal_key.ok_or_else(|| wrong("its seal_key is not 43 characters of base64url".into()))?,
        ),
        names: service.names,
        purposes: file.values::<Purpose>("purposes", &service.purposes)?,
        fields: service.fields.iter().map(|fields| registered(file, fields)).collect::<Result<_, _>>()?,
        max_retention_secs: service.max_retention_days.saturating_mul(DAY_SECS),
    })
}

fn registered(file: &TomlFile, written: &WrittenFields) -> Result<RegisteredFields, Failure> {
    Ok(RegisteredFields {
        record_type: file.value::<RecordType>("type", &written.record_type)?,
        raw: file.values::<FieldPath>("fields", &written.fields)?,
        derived: file.values::<FieldPath>("answers", &written.answers)?,
    })
}

/// A TOML file, to say which key of it is wrong and to find relative paths from.
struct TomlFile {
    path: PathBuf,
    text: String,
}

impl TomlFile {
    fn read(path: &Path) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(path).map_err(|source| {
            Failure::configuration_says(format!("cannot read {}", path.display())).because(source).advise(
                "Give the path of a TOML file that this account may read, such as the `profile.toml` that `init` made.",
            )
        })?;
        Ok(Self { path: path.to_owned(), text })
    }

    fn parse<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        toml::from_str(&self.text).map_err(|error: toml::de::Error| {
            let why = written::why(&self.text, &error);
            Failure::configuration_says(format!("{}, {why}", self.path.display()))
                .advise("Correct the line; the file that `init` made shows every key with its meaning.")
        })
    }

    fn beside(&self, path: &Path) -> PathBuf {
        self.path.parent().map_or_else(|| path.to_owned(), |folder| folder.join(path))
    }

    fn wrong(&self, key: &str, why: impl std::fmt::Display) -> Failure {
        Failure::configuration_says(format!("{}: {key}: {why}", self.path.display()))
            .advise("Correct it; the file that `init` made shows every key with its meaning.")
    }

    fn value<T: FromStr<Err: std::fmt::Display>>(&self, key: &str, text: &str) -> Result<T, Failure> {
        text.parse().map_err(|fault| self.wrong(key, format!("`{text}` is {fault}")))
    }

    fn values<T: FromStr<Err: std::fmt::Display>>(&self, key: &str, texts: &[String]) -> Result<Vec<T>, Failure> {
        texts.iter().map(|text| self.value(key, text)).collect()
    }
}
