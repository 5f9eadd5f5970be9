//! A person enrols with a browser: the wallet shows where to log in, and asks for the code of the last page.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, ChildStderr, Stdio};

use pod_http::{Client, ClientLimits, ClientProtocol, Origin, Request, RootCertificates, header};
use serde_json::Value;

use crate::family::{Family, NEIGHBOUR};
use crate::world::{aitta, command};

/// A wallet that waits for its person.
pub struct Waiting {
    pub child: Child,
    says: BufReader<ChildStderr>,
}

impl Waiting {
    /// Starts to enrol; gives where to log in, too.
    pub fn begin(wallet: &str, more: &[&str]) -> (Self, String) {
        let args = [&["wallet", "--wallet", wallet, "--json", "enrol", "helsinki"], more].concat();
        let mut command = command(&args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut says = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        while !line.trim_start().starts_with("http") {
            line.clear();
            assert_ne!(says.read_line(&mut line).unwrap(), 0, "it ended");
        }
        (Self { child, says }, line.trim().to_owned())
    }

    fn type_line(&mut self, text: &str) {
        writeln!(self.child.stdin.as_mut().unwrap(), "{text}").unwrap();
    }

    /// What else it says, how it ends, and its result.
    fn end(mut self) -> (String, i32, Value) {
        let (mut said, mut result) = (String::new(), String::new());
        self.says.read_to_string(&mut said).unwrap();
        self.child.stdout.take().unwrap().read_to_string(&mut result).unwrap();
        let code = self.child.wait().unwrap().code().unwrap();
        (said, code, serde_json::from_str(result.lines().last().unwrap()).unwrap())
    }
}

/// The browser: logs in, and reads the code on the last page.
fn log_in(family: &Family, url: &str) -> String {
    let client = Client::new(RootCertificates::none(), ClientProtocol::Http1, ClientLimits::default()).unwrap();
    let send = |url: &str, body: Option<String>| {
        let (origin, path) = Origin::of_url(url).unwrap();
        let request = match body {
            Some(body) => Request::post(path, "application/x-www-form-urlencoded", body),
            None => Request::get(path),
        };
        family.runtime.block_on(client.send(&origin, request)).unwrap()
    };
    let sent_back = send(url, Some(format!("identity_code={}", NEIGHBOUR.1)));
    let page = send(sent_back.headers[header::LOCATION].to_str().unwrap(), None);
    let html = String::from_utf8(page.body.to_vec()).unwrap();
    let (_, behind) = html.split_once("<output id=\"code\">").unwrap();
    behind.split_once('<').unwrap().0.to_owned()
}

fn another(code: &str) -> String {
    let first = if code.starts_with('0') { '1' } else { '0' };
    format!("{first}{}", &code[1..])
}

#[test]
fn and_asks_again_when_it_was_mistyped() {
    let (family, _node) = Family::begin();
    let wallet = family.world.path("another-wallet");
    let federation = family.world.path("directory/federation.toml");
    aitta(&["wallet", "--wallet", &wallet, "init", "--federation", &federation]).done();

    // Scripts are not asked again.
    let (mut waiting, url) = Waiting::begin(&wallet, &["--code", "-"]);
    let code = log_in(&family, &url);
    waiting.type_line(&another(&code));
    drop(waiting.child.stdin.take());
    let (_, ended, result) = waiting.end();
    assert_eq!((ended, result["error"]["code"].as_str()), (3, Some("code-of-another")));

    // Whoever types nothing is not bound.
    let (mut waiting, url) = Waiting::begin(&wallet, &[]);
    let _shown = log_in(&family, &url);
    drop(waiting.child.stdin.take());
    let (_, ended, result) = waiting.end();
    assert_eq!((ended, result["error"]["code"].as_str()), (2, Some("usage")));

    let (mut waiting, url) = Waiting::begin(&wallet, &[]);
    let code = log_in(&family, &url);
    waiting.type_line(&another(&code));
    waiting.type_line("no code");
    waiting.type_line(&code);
    let (said, ended, result) = waiting.end();
    assert_eq!(ended, 0, "{said}");
    assert_eq!(said.matches("it was not sent").count(), 2, "{said}");
    assert_eq!(result["pods"][0]["relation"], "self");
}
