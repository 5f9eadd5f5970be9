//! What the commands that serve, and those that make or check what they serve from, have in common.

use std::path::PathBuf;

use clap::Args;
use pod_http::{CertificateFiles, KeyLogOff, Limits, ListenAddress, Server, ServerConfig};
use serde_json::json;

use crate::commands::layers::{Setting, merged};
use crate::edge::Edge;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;

/// Where a configuration is, and what the command line says otherwise.
#[derive(Debug, Args)]
pub(crate) struct ConfigArgs {
    /// The configuration file; `init` made it.
    #[arg(long, env = "AITTA_CONFIG", value_name = "FILE")]
    pub(crate) config: PathBuf,

    /// Listen here instead of where the file says: `https://IP:PORT`, `http://127.0.0.1:PORT` or `unix:/PATH`.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,

    /// Another value for any setting of the file, such as `storage.cache_bytes=33554432`.
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = name_and_value)]
    set: Vec<(String, String)>,
}

/// Reads `NAME=VALUE`.
pub(crate) fn name_and_value(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write a setting's name, `=` and its value")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

impl ConfigArgs {
    /// The file's text with what the environment (variables that begin with `prefix`) and the command line say otherwise.
    pub(crate) fn text(&self, settings: &[Setting], prefix: &str) -> Result<String, Failure> {
        let file = std::fs::read_to_string(&self.config).map_err(|source| {
            Failure::configuration_says(format!("cannot read the configuration file {}", self.config.display()))
                .because(source)
                .advise("Give the path of the file that `init` made.")
        })?;
        let listen = self.listen.iter().map(|address| ("listen".to_owned(), address.clone()));
        let command_line: Vec<(String, String)> = listen.chain(self.set.iter().cloned()).collect();
        merged(file, settings, prefix, &command_line, Edge::environment)
    }
}

/// Where a process will listen.
#[derive(Debug, Args)]
pub(crate) struct ListenArgs {
    /// Where it will listen: `https://IP:PORT` with --certificate and --key, or `http://127.0.0.1:PORT` behind a proxy on
    /// this machine.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: Option<String>,

    /// The certificate chain, a PEM file.
    #[arg(long, value_name = "FILE", requires = "key")]
    pub(crate) certificate: Option<PathBuf>,

    /// The certificate's private key, a PEM file with mode 0600.
    #[arg(long, value_name = "FILE", requires = "certificate")]
    pub(crate) key: Option<PathBuf>,
}

impl ListenArgs {
    fn address(&self, usual_port: u16) -> Result<ListenAddress, Failure> {
        let listen = self.listen.clone().unwrap_or_else(|| format!("http://127.0.0.1:{usual_port}"));
        Ok(listen.parse()?)
    }

    /// As a server takes it.
    pub(crate) fn to_config(&self, usual_port: u16) -> Result<(ListenAddress, Option<CertificateFiles>), Failure> {
        let files = self.certificate.clone().zip(self.key.clone());
        Ok((self.address(usual_port)?, files.map(|(certificate, key)| CertificateFiles { certificate, key })))
    }

    /// The lines of a configuration file, checked.
    pub(crate) fn to_toml(&self, usual_port: u16) -> Result<String, Failure> {
        let address = self.address(usual_port)?;
        let wants_tls = address.to_string().starts_with("https");
        let paths = match (&self.certificate, &self.key) {
            (Some(certificate), Some(key)) => {
                let quoted = |path: &PathBuf| -> Result<String, Failure> {
                    let path = std::path::absolute(path)
                        .map_err(|source| Failure::internal("the working folder is gone", source))?;
                    Ok(quoted(&path.to_string_lossy()))
                };
                format!("certificate = {}\nkey = {}\n", quoted(certificate)?, quoted(key)?)
            }
            _ if wants_tls => return Err(pod_http::StartupError::CertificateMissing.into()),
            _ => "# certificate = \"server.pem\"       # needed for https: the chain, the server's own first\n# key = \"server.key\"               # mode 0600\n".to_owned(),
        };
        Ok(format!("listen = [{}]\n{paths}", quoted(&address.to_string())))
    }
}

/// A text as TOML writes it.
pub(crate) fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// Reads certificate and key as the server will, without touching its addresses.
///
/// # Errors
/// What is wrong with them.
pub(crate) async fn check_certificate(
    listen: &[ListenAddress],
    certificate: Option<CertificateFiles>,
    key_log: KeyLogOff,
) -> Result<(), Failure> {
    let tls = certificate.is_some() || listen.iter().any(|address| address.to_string().starts_with("https"));
    // Any free port of this machine: what is tested is the certificate.
    let trial = if tls { "https://127.0.0.1:0" } else { "http://127.0.0.1:0" };
    let config = ServerConfig { listen: vec![trial.parse()?], certificate, limits: Limits::default() };
    Server::bind(config, key_log).await?;
    Ok(())
}

/// Says where a process serves.
pub(crate) fn announce(what: &str, addresses: &[ListenAddress], metrics: Option<&ListenAddress>, output: &Output) {
    let shown: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    let metrics = metrics.map(ToString::to_string);
    let numbers = metrics.as_ref().map(|address| format!("; metrics on {address}/metrics")).unwrap_or_default();
    output.result(
        format!("The {what} serves on {}{numbers}. Ctrl-C stops it.", shown.join(", ")),
        &json!({ "serving": { "what": what, "addresses": shown, "metrics": metrics } }),
    );
}

/// Says how it ended.
pub(crate) fn stopped(what: &str, cut: usize, output: &Output) -> Exit {
    let words = match cut {
        0 => format!("The {what} stopped; all calls were finished."),
        cut => format!("The {what} stopped; {cut} connections were cut at the end of the drain."),
    };
    output.result(words, &json!({ "stopped": { "what": what, "cut": cut } }));
    Exit::Done
}
