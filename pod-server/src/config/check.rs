//! Everything that can be found wrong before a node starts: keys, catalogue, certificate, folders.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use pod_crypto::{SigningKey, Zeroizing};
use pod_http::{Client, ClientLimits, ClientProtocol, ListenAddress, RootCertificates, Server, ServerConfig};
use pod_import::Catalogue;
use pod_protocol::statement::MAX_KEYS;
use pod_vault::NodeKeys;

use super::{NODE_KEYS_VARIABLE, NodeConfig, ORGANISATION_KEY_VARIABLE};
use crate::key_file;

/// Most previous keys of an organisation: those that can be valid beside the one that signs. Each is tried on everything that
/// lies sealed in the directory's log.
const MAX_PREVIOUS_KEYS: usize = MAX_KEYS - 1;

/// Why something that the configuration names cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// The organisation's key.
    #[error("organisation.key_file: the organisation's key cannot be used")]
    Key(#[from] key_file::KeyFileError),
    /// The node's keys.
    #[error("organisation.node_keys_file: the node's keys cannot be used")]
    NodeKeys(#[from] pod_vault::KeysError),
    /// More previous keys than an organisation has at once.
    #[error(
        "organisation.previous_key_files: at most {most} files, of the keys that still open something; remove older ones"
    )]
    ManyPreviousKeys {
        /// How many there may be.
        most: usize,
    },
    /// A key is nowhere.
    #[error("`{setting}` is missing: write the path of a key file, or set {variable}; `aitta node init` makes one")]
    NoKey {
        /// The setting.
        setting: &'static str,
        /// The variable.
        variable: &'static str,
    },
    /// A key is in two places.
    #[error("both `{setting}` and {variable} are set: which key counts? Keep one of them")]
    TwoKeys {
        /// The setting.
        setting: &'static str,
        /// The variable.
        variable: &'static str,
    },
    /// A secret that is no text.
    #[error("{variable} is not UTF-8: it must hold the text of a key file")]
    NotText {
        /// The variable.
        variable: &'static str,
    },
    /// The catalogue.
    #[error("catalogue: the catalogue cannot be used")]
    Catalogue(#[from] pod_import::CatalogueError),
    /// Sockets, certificates and authorities.
    #[error("the network settings cannot be used")]
    Http(#[from] pod_http::StartupError),
    /// The login provider.
    #[error(transparent)]
    Oidc(#[from] crate::enrolment::OidcConfigError),
    /// The folder of store and log.
    #[error("data: {} is no folder that this process can make or use", path.display())]
    Data {
        /// The folder.
        path: std::path::PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
}

/// Something that `check-config` found.
#[derive(Debug)]
pub struct Finding(pub CheckError);

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&crate::stop::chain(&self.0))
    }
}

/// The keys that a node works with.
#[derive(Debug)]
pub struct Secrets {
    /// The organisation's online key.
    pub key: SigningKey,
    /// Its online keys before that one.
    pub previous_keys: Vec<SigningKey>,
    /// The keys under which everything lies on disk.
    pub node_keys: NodeKeys,
}

impl NodeConfig {
    /// Reads the keys, from their files or from the environment.
    ///
    /// # Errors
    /// [`CheckError`] about keys.
    pub fn secrets(&self, environment: &dyn Fn(&str) -> Option<OsString>) -> Result<Secrets, CheckError> {
        let (key, previous_keys) = self.organisation_keys(environment)?;
        Ok(Secrets {
            key,
            previous_keys,
            node_keys: one_of(
                ("organisation.node_keys_file", self.node_keys_file.as_deref(), &|path| Ok(NodeKeys::read_file(path)?)),
                (NODE_KEYS_VARIABLE, environment, &|text| Ok(NodeKeys::from_environment_text(text)?)),
            )?,
        })
    }

    /// The organisation's online keys: the one that signs, and those of before.
    ///
    /// # Errors
    /// [`CheckError`] about them.
    pub fn organisation_keys(
        &self,
        environment: &dyn Fn(&str) -> Option<OsString>,
    ) -> Result<(SigningKey, Vec<SigningKey>), CheckError> {
        if self.previous_key_files.len() > MAX_PREVIOUS_KEYS {
            return Err(CheckError::ManyPreviousKeys { most: MAX_PREVIOUS_KEYS });
        }
        let previous = self.previous_key_files.iter().map(|path| Ok(key_file::read(path)?));
        let key = one_of(
            ("organisation.key_file", self.key_file.as_deref(), &|path| Ok(key_file::read(path)?)),
            (ORGANISATION_KEY_VARIABLE, environment, &|text| Ok(key_file::parse(text)?)),
        )?;
        Ok((key, previous.collect::<Result<_, CheckError>>()?))
    }

    /// The client with which the node calls others.
    ///
    /// # Errors
    /// [`CheckError::Http`] about `roots`.
    pub fn client(&self) -> Result<Client, CheckError> {
        let roots = self.roots.iter().try_fold(RootCertificates::none(), |roots, path| roots.with_file(path))?;
        Ok(Client::new(roots, ClientProtocol::default(), ClientLimits::default())?)
    }

    /// Looks at everything that the configuration names, and says all that is wrong. Changes nothing. Needs a tokio runtime.
    pub async fn check(&self, environment: &dyn Fn(&str) -> Option<OsString>) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut look = |result: Result<(), CheckError>| findings.extend(result.err().map(Finding));
        look(self.secrets(environment).map(drop));
        look(Catalogue::load(&self.catalogue).map(drop).map_err(CheckError::from));
        look(self.client().map(drop));
        look(self.oidc.as_ref().map_or(Ok(()), |oidc| Ok(oidc.check()?)));
        look(usable_folder(&self.data));
        look(self.check_listeners(environment).await);
        findings
    }

    /// The addresses' own checks were made when they were read; here the certificate is, by a server on a free port of
    /// this machine that nobody gets to know.
    async fn check_listeners(&self, environment: &dyn Fn(&str) -> Option<OsString>) -> Result<(), CheckError> {
        let key_log = pod_http::refuse_key_log(environment)?;
        let all = self.listen.iter().chain(&self.metrics_listen);
        if all.clone().any(is_https) && self.certificate.is_none() {
            return Err(pod_http::StartupError::CertificateMissing.into());
        }
        if self.certificate.is_some() {
            let listen = vec!["https://127.0.0.1:0".parse()?];
            let certificate = self.certificate.clone();
            Server::bind(ServerConfig { listen, certificate, limits: pod_http::Limits::default() }, key_log).await?;
        }
        Ok(())
    }
}

fn is_https(address: &ListenAddress) -> bool {
    address.to_string().starts_with("https:")
}

fn usable_folder(path: &Path) -> Result<(), CheckError> {
    let failed = |source| CheckError::Data { path: path.to_owned(), source };
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => Ok(()),
        Ok(_) => Err(failed(std::io::Error::from(std::io::ErrorKind::NotADirectory))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(failed(error)),
    }
}

type FromFile<'a, T> = (&'static str, Option<&'a Path>, &'a dyn Fn(&Path) -> Result<T, CheckError>);
type FromEnvironment<'a, T> =
    (&'static str, &'a dyn Fn(&str) -> Option<OsString>, &'a dyn Fn(&str) -> Result<T, CheckError>);

/// A key from its file or from its variable: exactly one of the two.
fn one_of<T>(file: FromFile<'_, T>, environment: FromEnvironment<'_, T>) -> Result<T, CheckError> {
    let (setting, path, read) = file;
    let (variable, look, parse) = environment;
    match (path, look(variable)) {
        (Some(_), Some(_)) => Err(CheckError::TwoKeys { setting, variable }),
        (None, None) => Err(CheckError::NoKey { setting, variable }),
        (Some(path), None) => read(path),
        (None, Some(text)) => {
            let text = text.into_string().map(Zeroizing::new).map_err(|_| CheckError::NotText { variable })?;
            parse(&text)
        }
    }
}
