//! `aitta service desk`: a service's page for the people who work there. They make a request, hand it to a citizen as a link or a
//! code, and see the answer and exactly what was released.
//!
//! | File | What |
//! |---|---|
//! | [`guard`] | who may see it |
//! | [`case`] | the requests made here, and what became of them |
//! | [`page`] | the pages |
//! | [`words`] | what they say, in three languages |

mod case;
mod guard;
mod page;
mod words;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use clap::Args;
use pod_crypto::random_array;
use pod_http::{
    Bytes, HeaderMap, KeyLogOff, Limits, ListenAddress, Method, Outgoing, Server, ServerConfig, Service, StatusCode,
    Uri,
};
use pod_protocol::ids::{ObjectId, Principal};
use pod_protocol::words::Words;
use pod_wallet::labels::Labels;
use pod_wallet::review::{Review, Summary};
use serde_json::json;
use tokio::task::JoinSet;
use url::Url;

use super::ask::{Asked, link_to};
use super::ask_file::AskFile;
use super::opened::Opened;
use crate::commands::serving::stopped;
use crate::daemon::Signals;
use crate::edge::Edge;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;
use case::{Case, Cases, Decision};
use guard::{Guard, Visitor};
use page::Trouble;

const WHAT: &str = "desk";
/// How often the registry and the holders' words for their fields are fetched again.
const REFRESH_EVERY: Duration = Duration::from_secs(60);
/// Largest form: a token and a number.
const MAX_FORM_BYTES: usize = 1024;
/// How long a page waits for those who are asked: hardly anybody takes longer, and who reads it does not wonder yet. It shows what came
/// by then, and who is still asked.
const PATIENCE: Duration = Duration::from_secs(2);
/// Most requests about which the node is asked when the list is shown: as many as are read at a glance.
const MAX_LOOKED_AT: usize = 16;
const STYLE: &str = include_str!("desk.css");
const SCRIPT: &str = include_str!("desk.js");
const ICON: &str = include_str!("desk.svg");

/// Serve a page on which people of the service make requests, and see the answers and what was released.
#[derive(Debug, Args)]
pub(super) struct Desk {
    /// Where it listens: `http://127.0.0.1:PORT`, or `unix:/PATH` for a proxy on this machine.
    #[arg(long, value_name = "ADDRESS")]
    listen: String,

    /// The address of the wallet that citizens open in a browser.
    #[arg(long, value_name = "URL", value_parser = wallet_url)]
    wallet: String,

    /// What can be asked here, as for `ask`; several may be named.
    #[arg(long = "ask", value_name = "FILE", required = true, num_args = 1..)]
    asks: Vec<PathBuf>,
}

/// Reads the address of a wallet; without its final slash.
fn wallet_url(text: &str) -> Result<String, String> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "https" | "http") && url.has_host());
    match url {
        Some(url) if url.query().is_none() && url.fragment().is_none() => {
            Ok(url.as_str().trim_end_matches('/').to_owned())
        }
        _ => Err("write the wallet's address as a browser shows it, such as https://wallet.example/".to_owned()),
    }
}

impl Desk {
    pub(super) async fn run(
        &self,
        dir: &Path,
        key_log: KeyLogOff,
        edge: &Edge,
        output: &Output,
    ) -> Result<Exit, Failure> {
        let listen: ListenAddress = self.listen.parse()?;
        if listen.socket_address().is_some_and(|address| !address.ip().is_loopback()) {
            let message = format!("the desk shows personal data, and {listen} can be reached from elsewhere");
            return Err(Failure { code: "desk-beyond-loopback".to_owned(), ..Failure::configuration_says(message) }
                .advise(
                    "Listen on http://127.0.0.1:PORT or unix:/PATH, behind the organisation's own proxy if need be.",
                ));
        }
        let asks = self.asks.iter().map(|path| AskFile::open(path)).collect::<Result<Vec<_>, _>>()?;
        let signals = Signals::listen()?;
        let opened = Opened::registered(dir, edge).await?;
        let open = Arc::new(Open {
            cases: Cases::open(&opened.kept, edge.now_secs())?,
            known: RwLock::new(Arc::new(Known::of(opened).await)),
            reasons: asks.iter().map(|ask| ask.reason.clone()).collect(),
            asks,
            wallet: self.wallet.clone(),
            guard: Guard::new(&*edge.random),
            edge: edge.clone(),
        });
        let config = ServerConfig { listen: vec![listen], certificate: None, limits: Limits::default() };
        let handle = Server::bind(config, key_log).await?.serve(open.service());
        open.announce(handle.addresses(), output);
        tokio::select! {
            () = signals.until_told_to_stop(|| {}) => {}
            () = open.keep_fresh() => {}
        }
        Ok(stopped(WHAT, handle.drain().await.cut, output))
    }
}

/// The federation as the desk knows it now.
struct Known {
    opened: Opened,
    /// What holders call record types and fields.
    labels: BTreeMap<Principal, Labels>,
}

impl Known {
    async fn of(opened: Opened) -> Self {
        let all = opened.registry.organisations().map(|one| *one.principal()).collect();
        let labels = opened.joined.labels(all).await;
        Self { opened, labels }
    }

    /// What the citizen sees of a request. A desk looks at old ones too: it is read as on the day on which it was made.
    fn summary(&self, case: &Case) -> Option<Summary> {
        let mut labels = Labels::new();
        self.labels.values().for_each(|one| labels.add(one));
        let review = Review::of(&case.bytes, &self.opened.registry, &labels, case.request.issued);
        review.ok().map(|review| review.summary().clone())
    }
}

/// What a page is made from.
struct View<'a> {
    opened: &'a Opened,
    labels: &'a BTreeMap<Principal, Labels>,
    /// Of the files, in their order.
    reasons: &'a [Words],
    now_secs: u64,
}

/// A desk that is open.
struct Open {
    known: RwLock<Arc<Known>>,
    cases: Cases,
    asks: Vec<AskFile>,
    reasons: Vec<Words>,
    wallet: String,
    guard: Guard,
    edge: Edge,
}

impl Open {
    fn known(&self) -> Arc<Known> {
        Arc::clone(&self.known.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Fetches registry and words again and again; what is at hand counts until then.
    async fn keep_fresh(&self) {
        loop {
            tokio::time::sleep(REFRESH_EVERY).await;
            match self.known().opened.refreshed(&self.edge).await {
                Ok(opened) => {
                    let known = Arc::new(Known::of(opened).await);
                    *self.known.write().unwrap_or_else(PoisonError::into_inner) = known;
                }
                Err(failure) => {
                    tracing::warn!(code = failure.code, "{}: going on with what is at hand", failure.message)
                }
            }
        }
    }

    fn announce(&self, addresses: &[ListenAddress], output: &Output) {
        let shown: Vec<String> = addresses.iter().map(ToString::to_string).collect();
        // What stands before it when there is a proxy, the proxy knows.
        let http = shown.first().filter(|address| address.starts_with("http")).cloned().unwrap_or_default();
        let open = format!("{http}{}", self.guard.query());
        output.result(
            format!("The {WHAT} serves on {}. Ctrl-C stops it.\nOpen {open}", shown.join(", ")),
            &json!({ "serving": { "what": WHAT, "addresses": shown, "metrics": null }, "open": open }),
        );
    }

    fn service(self: &Arc<Self>) -> Service {
        let random = Arc::clone(&self.edge.random);
        let router = Router::new().fallback(answer).with_state(Arc::clone(self));
        Service::new(router, move || random_array(&*random)).body_limit("/", MAX_FORM_BYTES)
    }

    /// What the citizen opens.
    fn link(&self, opened: &Opened, request: &ObjectId) -> Result<String, Failure> {
        Ok(format!("{}/#/request/{}", self.wallet, uri_component(&link_to(opened, request)?)))
    }

    async fn ask(&self, known: &Known, body: &[u8]) -> Result<Option<ObjectId>, Failure> {
        let place = guard::field(body, "ask").and_then(|place| place.parse::<usize>().ok());
        let Some(file) = place.and_then(|place| self.asks.get(place)) else { return Ok(None) };
        let asked = Asked::sign(&known.opened, &self.edge, file)?;
        asked.publish(&known.opened, None).await?;
        self.cases.add(&asked.signed)?;
        Ok(Some(asked.signed.id()))
    }

    /// Everything that a visitor may see and do.
    async fn visited(&self, visitor: &Visitor, method: &Method, path: &str, body: &[u8]) -> Outgoing {
        let known = self.known();
        let view = View {
            opened: &known.opened,
            labels: &known.labels,
            reasons: &self.reasons,
            now_secs: self.edge.now_secs(),
        };
        let refuse = |status, trouble| page::refusal(status, trouble, visitor.language);
        if *method == Method::POST && !visitor.was_shown(body) {
            return refuse(StatusCode::FORBIDDEN, &Trouble::NOT_FROM_HERE);
        }
        let parts: Vec<&str> = path.split('/').skip(1).collect();
        let case = |id: &str| id.parse().ok().and_then(|id| self.cases.get(&id));
        match (method.as_str(), &parts[..]) {
            ("GET" | "HEAD", [""]) => {
                let all = self.cases.newest_first();
                patiently(look_at_newest(&known, &all, view.now_secs)).await;
                let all: Vec<_> = all.iter().map(|case| (&**case, case.found())).collect();
                page::list(&view, visitor, &all)
            }
            ("GET" | "HEAD", ["new"]) => page::new(&view, visitor),
            ("POST", ["requests"]) if !self.cases.have_room() => refuse(StatusCode::CONFLICT, &Trouble::FULL),
            ("POST", ["requests"]) => match self.ask(&known, body).await {
                Ok(Some(id)) => page::see_other(&format!("/requests/{id}")),
                Ok(None) => refuse(StatusCode::BAD_REQUEST, &Trouble::NOT_FROM_HERE),
                Err(failure) => page::not_made(&view, visitor, &failure.into()),
            },
            ("GET" | "HEAD", ["requests", id]) => match case(id) {
                Some(case) => {
                    let (opening, federation, now_secs) = (Arc::clone(&case), Arc::clone(&known), view.now_secs);
                    patiently(async move { opening.open(&federation, now_secs).await }).await;
                    // A link there is as long as the organisation is a member.
                    let link = self.link(&known.opened, &case.id).unwrap_or_default();
                    page::request(&view, visitor, &case, &case.found(), known.summary(&case).as_ref(), &link)
                }
                None => refuse(StatusCode::NOT_FOUND, &Trouble::NOTHING_HERE),
            },
            ("POST", ["requests", id, "fetch"]) => match case(id) {
                Some(case) => {
                    let (fetching, federation) = (Arc::clone(&case), Arc::clone(&known));
                    patiently(async move { fetching.fetch(&federation).await }).await;
                    page::see_other(&format!("/requests/{}", case.id))
                }
                None => refuse(StatusCode::NOT_FOUND, &Trouble::NOTHING_HERE),
            },
            _ => refuse(StatusCode::NOT_FOUND, &Trouble::NOTHING_HERE),
        }
    }
}

/// Has this done to its end, and waits for that as long as a page may.
async fn patiently(work: impl Future<Output = ()> + Send + 'static) {
    let _done_or_going_on = tokio::time::timeout(PATIENCE, tokio::spawn(work)).await;
}

/// Collects what was decided about the newest of those that wait.
fn look_at_newest(known: &Arc<Known>, cases: &[Arc<Case>], now_secs: u64) -> impl Future<Output = ()> + Send + use<> {
    let mut looks = JoinSet::new();
    for case in cases.iter().filter(|case| case.found().decision == Decision::Waiting).take(MAX_LOOKED_AT) {
        let (known, case) = (Arc::clone(known), Arc::clone(case));
        looks.spawn(async move { case.look(&known.opened, now_secs).await });
    }
    async move {
        looks.join_all().await;
    }
}

async fn answer(State(open): State<Arc<Open>>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Outgoing {
    // What shows nothing of anybody.
    match (&method, uri.path()) {
        (&Method::GET, "/desk.css") => return page::file("text/css; charset=utf-8", STYLE),
        (&Method::GET, "/desk.js") => return page::file("text/javascript; charset=utf-8", SCRIPT),
        (&Method::GET, "/desk.svg") => return page::file("image/svg+xml", ICON),
        (&Method::GET, "/healthz") => return page::file("application/json", "{\"status\":\"ok\"}"),
        _ => {}
    }
    let visitor = match open.guard.admit(&method, &uri, &headers) {
        Ok(visitor) => visitor,
        Err(answer) => return *answer,
    };
    let language = visitor.language;
    // A task of its own: what was begun is done to its end, and kept, also when the browser does not wait.
    let visit = tokio::spawn(async move { open.visited(&visitor, &method, uri.path(), &body).await });
    visit.await.unwrap_or_else(|error| {
        tracing::error!("a page could not be made: {error}");
        page::refusal(StatusCode::INTERNAL_SERVER_ERROR, &Trouble::BROKEN, language)
    })
}

/// As `encodeURIComponent` writes it (ECMA-262, 19.2.6.4), which the wallet's reader undoes.
fn uri_component(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' => encoded.push(char::from(byte)),
            _ if b"-_.!~*'()".contains(&byte) => encoded.push(char::from(byte)),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_written_as_browsers_write_them() {
        assert_eq!(
            uri_component("https://a.example:8443/v1/x-_Y?q=ä b"),
            "https%3A%2F%2Fa.example%3A8443%2Fv1%2Fx-_Y%3Fq%3D%C3%A4%20b"
        );
    }

    #[test]
    fn a_wallet_has_an_address() {
        assert_eq!(wallet_url("https://wallet.example/"), Ok("https://wallet.example".to_owned()));
        assert_eq!(wallet_url("http://localhost:8454"), Ok("http://localhost:8454".to_owned()));
        for wrong in
            ["wallet.example", "javascript:alert(1)", "https://wallet.example/#/", "https://wallet.example/?a=b", ""]
        {
            assert!(wallet_url(wrong).is_err(), "{wrong}");
        }
    }
}
