//! `aitta wallet serve`: the wallet for browsers, from an origin of its own.
//!
//! | File | What |
//! |---|---|
//! | [`document`] | what one path has, whole and compressed |
//! | [`files`] | the built wallet, which is part of this program, and its hashes |
//! | [`policy`] | what its pages may do, and whom they may call |
//! | [`theme`] | what a city makes of it |

mod document;
mod files;
mod policy;
mod theme;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::Uri;
use clap::Args;
use pod_crypto::{random_array, sha256};
use pod_http::{
    HeaderMap, HeaderValue, KeyLogOff, Limits, Method, Outgoing, Server, ServerConfig, Service, StatusCode, header,
};
use serde_json::json;
use tokio::sync::Notify;

use crate::commands::federation::Federation;
use crate::commands::serving::{ListenArgs, announce, stopped};
use crate::daemon::{Signals, log_reload};
use crate::edge::Edge;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::folder;
use crate::output::Output;
use document::Document;
use files::{BUILT, PAGE};
use policy::Reach;
use theme::Theme;

const WHAT: &str = "wallet";
/// Where it listens when nobody says: behind a proxy on this machine.
const USUAL_PORT: u16 = 8454;
/// The registry in the state folder.
const REGISTRY: &str = "registry";
/// How often registry and login provider are asked where people's wallets may call: a new organisation waits so long at most.
const LOOK_EVERY: Duration = Duration::from_secs(5 * 60);

const TEXT: &str = "text/plain; charset=utf-8";
const JSON: &str = "application/json";

/// Serve the wallet to browsers, from an address of its own.
#[derive(Debug, Args)]
pub(super) struct Serve {
    /// The `federation.toml` that citizens' wallets begin with.
    #[arg(long, value_name = "FILE", required_unless_present = "hashes")]
    federation: Option<PathBuf>,

    #[command(flatten)]
    listening: ListenArgs,

    /// The city's names, colours and addresses, as JSON; a plain wallet unless said.
    /// `docs/operating/serve-the-wallet.md` has an example.
    #[arg(long, value_name = "FILE")]
    theme: Option<PathBuf>,

    /// A folder for the last good copy of the registry. It is made when it is not there.
    #[arg(long, value_name = "DIR", default_value = "wallet-served")]
    state: PathBuf,

    /// Print the SHA-256 of each file of the wallet, for whoever compares what a browser got, and serve nothing.
    #[arg(long, conflicts_with_all = ["federation", "listen", "theme"])]
    hashes: bool,
}

impl Serve {
    pub(super) async fn run(&self, key_log: KeyLogOff, edge: &Edge, output: &Output) -> Result<Exit, Failure> {
        match &self.federation {
            Some(federation) => self.serve(Federation::read(federation)?, key_log, edge, output).await,
            None => Ok(tell_hashes(output)),
        }
    }

    /// Serves until it is told to stop.
    async fn serve(
        &self,
        federation: Federation,
        key_log: KeyLogOff,
        edge: &Edge,
        output: &Output,
    ) -> Result<Exit, Failure> {
        let (listen, certificate) = self.listening.to_config(USUAL_PORT)?;
        let theme = match &self.theme {
            Some(path) => Theme::read(path).map_err(|fault| fault.of(path))?,
            None => Theme::plain().map_err(|source| Failure::internal("the plain theme does not hold", source))?,
        };
        let signals = Signals::listen()?;
        folder::make_unless_there(&self.state)?;
        let registry = self.state.join(REGISTRY);
        let joined = federation.join(edge, &registry).await?;
        if let Some(path) = &self.theme {
            theme.lives_in(joined.registry()).map_err(|fault| fault.of(path))?;
        }
        let reach = Reach::of(&federation, &joined, &Reach::default()).await;
        let served = Arc::new(Served::new(documents(&federation, &theme)?, reach.headers()?));
        let config = ServerConfig { listen: vec![listen], certificate, limits: Limits::default() };
        let handle = Server::bind(config, key_log).await?.serve(served.service(edge));
        announce(WHAT, handle.addresses(), None, output);
        let again = Notify::new();
        let reload = || {
            log_reload(handle.reload_certificate());
            again.notify_one();
        };
        tokio::select! {
            () = signals.until_told_to_stop(reload) => {}
            () = keep_looking(&federation, edge, &registry, reach, &served, &again) => {}
        }
        Ok(stopped(WHAT, handle.drain().await.cut, output))
    }
}

/// Asks again and again whom pages may call, and at once when it is told to; while nobody answers it stays as it was.
async fn keep_looking(
    federation: &Federation,
    edge: &Edge,
    registry: &Path,
    mut reach: Reach,
    served: &Served,
    again: &Notify,
) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            () = again.notified() => {}
        }
        let joined = match federation.join(edge, registry).await {
            Ok(joined) => joined,
            Err(failure) => {
                tracing::warn!(code = failure.code, "{}: pages may call whom they could call before", failure.message);
                continue;
            }
        };
        let now = Reach::of(federation, &joined, &reach).await;
        match now.headers() {
            Ok(headers) if now != reach => {
                tracing::info!("pages may call others than before");
                served.replace_headers(headers);
                reach = now;
            }
            Ok(_) => {}
            Err(failure) => tracing::error!("{}", failure.message),
        }
    }
}

/// Everything that is served, by its path.
fn documents(federation: &Federation, theme: &Theme) -> Result<HashMap<String, Document>, Failure> {
    let to_json = |source| Failure::internal("what is served cannot be written", source);
    // Which authorities a browser believes is the browser's own.
    let federation = serde_json::to_vec(&Federation { roots: None, ..federation.clone() }).map_err(to_json)?;
    let theme = serde_json::to_vec(theme).map_err(to_json)?;
    let mut documents = HashMap::from([
        ("/federation.json".to_owned(), Document::new(federation, JSON)),
        ("/theme.json".to_owned(), Document::new(theme, JSON)),
        ("/healthz".to_owned(), Document::new(json!({ "status": "ok" }).to_string(), JSON)),
    ]);
    for file in BUILT {
        let path = if file.name == PAGE { "/".to_owned() } else { format!("/{}", file.name) };
        documents.insert(path, Document::built(file));
    }
    Ok(documents)
}

/// What is served, and the headers that go with it now.
struct Served {
    documents: HashMap<String, Document>,
    headers: RwLock<HeaderMap>,
}

impl Served {
    fn new(documents: HashMap<String, Document>, headers: HeaderMap) -> Self {
        Self { documents, headers: RwLock::new(headers) }
    }

    fn replace_headers(&self, headers: HeaderMap) {
        *self.headers.write().unwrap_or_else(PoisonError::into_inner) = headers;
    }

    fn service(self: &Arc<Self>, edge: &Edge) -> Service {
        let random = Arc::clone(&edge.random);
        let router = Router::new().fallback(answer).with_state(Arc::clone(self));
        // Nothing is sent here.
        Service::new(router, move || random_array(&*random)).body_limit("/", 0)
    }

    fn answer(&self, method: &Method, path: &str, asked: &HeaderMap) -> Outgoing {
        let headers = self.headers.read().unwrap_or_else(PoisonError::into_inner).clone();
        let mut outgoing = match self.documents.get(path) {
            _ if !matches!(*method, Method::GET | Method::HEAD) => {
                let mut refused =
                    Outgoing::new(StatusCode::METHOD_NOT_ALLOWED, TEXT, "Only GET and HEAD are answered.\n");
                refused.headers.insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
                refused
            }
            None => Outgoing::new(StatusCode::NOT_FOUND, TEXT, "There is nothing here.\n"),
            Some(document) => document.answer(asked, &headers),
        };
        outgoing.headers.extend(headers);
        outgoing
    }
}

async fn answer(State(served): State<Arc<Served>>, method: Method, uri: Uri, headers: HeaderMap) -> Outgoing {
    served.answer(&method, uri.path(), &headers)
}

fn tell_hashes(output: &Output) -> Exit {
    let lines = files::hash_lines();
    let all = files::hex(&sha256(&[lines.as_bytes()]));
    let listed: Vec<_> = BUILT.iter().map(|file| json!({ "name": file.name, "sha256": file.sha256() })).collect();
    output.result(format!("{lines}The SHA-256 of these lines: {all}"), &json!({ "files": listed, "all": all }));
    Exit::Done
}
