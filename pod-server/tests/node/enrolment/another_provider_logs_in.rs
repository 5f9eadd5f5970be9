//! The same story with a provider that is not ours: npm `oidc-provider`, RS256 keys, cookies and redirects of its own.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;

use pod_http::{
    Client, ClientLimits, ClientProtocol, HeaderValue, Origin, Request, Response, RootCertificates, header,
};
use pod_protocol::command::Action;
use serde_json::{Value, json};

use super::wallet::Wallet;
use super::world::{AINO, CLIENT_ID, EETU, SECRET, STRANGER, Site, refused};

/// A login takes four; a provider that sends in a circle is a failure.
const MAX_REDIRECTS: usize = 10;

/// The provider as a process; it ends when its standard input closes.
struct Provider {
    child: Child,
    input: Option<ChildStdin>,
    /// Held open: it writes remarks there later too.
    _output: BufReader<ChildStdout>,
    issuer: String,
}

impl Provider {
    fn start(redirect_url: &str) -> Self {
        let settings = json!({ "client_id": CLIENT_ID, "client_secret": SECRET, "redirect_url": redirect_url });
        let mut child = Command::new("node")
            .arg("server.mjs")
            .arg(settings.to_string())
            .current_dir(folder())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        output.read_line(&mut line).unwrap();
        let said: Value = serde_json::from_str(&line).expect("the provider says where it serves");
        let input = child.stdin.take();
        Self { child, input, _output: output, issuer: said["issuer"].as_str().unwrap().to_owned() }
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        drop(self.input.take());
        let _status = self.child.wait();
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oidc-provider")
}

/// Whether the provider can be started; installs its packages when they are missing.
fn is_installed() -> bool {
    let works = |command: &mut Command| {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|end| end.success())
    };
    if !works(Command::new("node").arg("--version")) {
        println!("skipped: enrolment at npm `oidc-provider`, for there is no `node`; install Node.js 20 or newer");
        return false;
    }
    if !folder().join("node_modules/oidc-provider/package.json").exists() {
        let installed = works(Command::new("npm").args(["ci", "--ignore-scripts"]).current_dir(folder()));
        assert!(installed, "`npm ci` failed in pod-server/tests/oidc-provider");
    }
    true
}

/// A browser: keeps cookies, follows redirects until one leads to the node.
struct Browser {
    client: Client,
    cookies: BTreeMap<String, String>,
}

impl Browser {
    fn new() -> Self {
        let client = Client::new(RootCertificates::none(), ClientProtocol::Http1, ClientLimits::default()).unwrap();
        Self { client, cookies: BTreeMap::new() }
    }

    async fn send(&mut self, origin: &Origin, mut request: Request) -> Response {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            request = request.with_header(header::COOKIE, HeaderValue::from_str(&cookies.join("; ")).unwrap());
        }
        let response = self.client.send(origin, request).await.unwrap();
        for cookie in response.headers.get_all(header::SET_COOKIE) {
            let (name, value) = cookie.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        response
    }

    /// Opens the provider's address, logs in where it asks, and gives the address of the node at the end.
    async fn log_in(&mut self, start: &str, node: &str, identity_code: &str) -> String {
        let (origin, path) = Origin::of_url(start).unwrap();
        let mut response = self.send(&origin, Request::get(path)).await;
        for _ in 0..MAX_REDIRECTS {
            let location = response.headers[header::LOCATION].to_str().unwrap().to_owned();
            if location.starts_with(node) {
                return location;
            }
            let path = match location.starts_with('/') {
                true => location,
                false => Origin::of_url(&location).unwrap().1,
            };
            let request = if path.starts_with("/interaction/") {
                let form = form_urlencoded::Serializer::new(String::new())
                    .append_pair("identity_code", identity_code)
                    .finish();
                Request::post(path, "application/x-www-form-urlencoded", form)
            } else {
                Request::get(path)
            };
            response = self.send(&origin, request).await;
        }
        panic!("redirected in a circle");
    }
}

#[expect(clippy::disallowed_methods, reason = "the other provider's tokens are of today")]
fn today_secs() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()
}

#[tokio::test]
async fn the_same_story_with_rsa_keys() {
    if !is_installed() {
        return;
    }
    let site = Site::new().await;
    let redirect_url = site.redirect_url.clone();
    let provider = Provider::start(&redirect_url);
    let config = site.config(&provider.issuer);
    let world = site.open(&config, Arc::new(today_secs));

    let wallet = Wallet::new(20, today_secs());
    let begun = world.begin(&wallet).await;
    let start = begun["authorization_url"].as_str().unwrap();
    let back = Browser::new().log_in(start, &redirect_url, AINO).await;
    let page = world.open_page(&back).await;
    assert_eq!(page.status, 200);
    let bound = world.confirmed(&begun, &page).await;
    let relations: Vec<&Value> = bound["pods"].as_array().unwrap().iter().map(|pod| &pod["relation"]).collect();
    assert_eq!(relations, ["self", "guardian"], "{bound}");
    assert_eq!(
        (&bound["pods"][0]["pod"], &bound["pods"][1]["pod"]),
        (&json!(world.pod(AINO)), &json!(world.pod(EETU)))
    );
    assert!(wallet.command(&world, &world.pod(AINO), Action::Standing { skip: 0 }).await.is_ok());
    assert_eq!(world.open_page(&back).await.status, 400, "once");

    let stranger = world.begin(&Wallet::new(21, today_secs())).await;
    let start = stranger["authorization_url"].as_str().unwrap();
    let back = Browser::new().log_in(start, &redirect_url, STRANGER).await;
    let page = world.open_page(&back).await;
    assert_eq!(world.confirmed(&stranger, &page).await, refused("nothing-held"));

    // A code of one login in the answer to another: this provider looks at the verifier as well.
    let (mine, theirs) = (world.begin(&wallet).await, world.begin(&Wallet::new(22, today_secs())).await);
    let back = Browser::new().log_in(theirs["authorization_url"].as_str().unwrap(), &redirect_url, AINO).await;
    let state = |url: &str| super::world::query(url)["state"].clone();
    let mixed = back.replace(&state(&back), &state(mine["authorization_url"].as_str().unwrap()));
    assert_eq!(world.open_page(&mixed).await.status, 200);
    assert_eq!(world.status(&mine).await, refused("code-refused"));
}
