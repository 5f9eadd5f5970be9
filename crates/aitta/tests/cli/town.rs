//! C1's family with more around it: a service that may ask for more, a second member whose node never runs, and its
//! service. Started once for all the tests that use it.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use serde_json::Value;

use crate::family::{Family, NEIGHBOUR};
use crate::world::{Daemon, Ran, aitta};

/// A member of the federation; nobody serves at its address.
pub const KITCHEN: &str = "ruokapalvelu";

/// The family's node serves, and so does the directory.
pub struct Town {
    family: Family,
    _node: Daemon,
    _caretaker: Child,
}

static TOWN: OnceLock<Mutex<Town>> = OnceLock::new();

/// The town, for one test at a time: they share a wallet.
pub fn town() -> MutexGuard<'static, Town> {
    TOWN.get_or_init(|| Mutex::new(Town::begin())).lock().unwrap_or_else(PoisonError::into_inner)
}

impl Town {
    fn begin() -> Self {
        let (family, node) = Family::begin();
        let town = Self { _caretaker: caretaker(&family, &node), family, _node: node };
        town.family.admit_member(KITCHEN, "Keittiö,Kök,Kitchen", "helsinki.toml", "http://127.0.0.1:9");
        town.add_service("desk", "helsinki", "node");
        town.add_service("cook", KITCHEN, KITCHEN);
        // Its registration is published by nobody.
        town.init_service("stranger", "helsinki");
        town.publish("node");
        town.publish(KITCHEN);
        town.wait_until_the_node_knows("desk");
        town
    }

    fn init_service(&self, name: &str, organisation: &str) {
        let federation = self.path("directory/federation.toml");
        self.service(name, &["init", "--federation", &federation, "--organisation", organisation]).done();
    }

    pub fn add_service(&self, name: &str, organisation: &str, member: &str) {
        self.init_service(name, organisation);
        let services = self.path(&format!("{member}/services.toml"));
        let mut register = vec!["register", "--services", &services, "--names", "Tiski,Disk,Desk"];
        register.extend(["--purpose", "dpv:ServiceProvision", "--purpose", "dpv:ServiceOptimisation"]);
        register.extend(["--max-retention-days", "30", "--answers", "residence:birth_date"]);
        register.extend(["--fields", "residence:called_name,family_name,address"]);
        self.service(name, &register).done();
    }

    pub fn publish(&self, member: &str) {
        aitta(&["node", "publish-profile", "--profile", &self.path(&format!("{member}/profile.toml"))]).done();
    }

    /// The node asks the directory once a second.
    pub fn wait_until_the_node_knows(&self, service: &str) {
        let ask = self.ask_file("waiting", "");
        for _ in 0..600 {
            if self.service(service, &["ask", &ask]).code == 0 {
                return;
            }
        }
        panic!("the node does not learn of {service}");
    }

    pub fn path(&self, name: &str) -> String {
        self.family.world.path(name)
    }

    pub fn write(&self, name: &str, text: &str) -> String {
        self.family.world.write(name, text)
    }

    pub fn read(&self, name: &str) -> String {
        self.family.world.read(name)
    }

    pub fn set_mode(&self, name: &str, mode: u32) {
        self.family.world.set_mode(name, mode);
    }

    /// A copy of a folder, with the modes of its files.
    pub fn copy(&self, from: &str, to: &str) {
        let copied = Command::new("cp").args(["-rp", &self.path(from), &self.path(to)]).status().unwrap();
        assert!(copied.success());
    }

    /// A copy of a folder that believes the directory to be where nobody answers.
    pub fn copy_without_directory(&self, from: &str, to: &str) {
        self.copy(from, to);
        let file = format!("{to}/federation.toml");
        let text = self.read(&file);
        let directory = text.lines().find(|line| line.starts_with("directory")).unwrap();
        self.write(&file, &text.replace(directory, "directory = \"http://127.0.0.1:1\""));
    }

    /// The citizen's wallet.
    pub fn wallet(&self, args: &[&str]) -> Ran {
        aitta(&[&["wallet", "--wallet", &self.path("wallet"), "--json"], args].concat())
    }

    /// Where the node answers.
    pub fn node_url(&self) -> &str {
        self.family.node_url()
    }

    /// One of the services: `desk`, `cook`, `stranger`.
    pub fn service(&self, name: &str, args: &[&str]) -> Ran {
        aitta(&[&["service", "--service", &self.path(name), "--json"], args].concat())
    }

    /// Writes what a service asks: two names and, if the citizen likes, the address; `more` stands before the types.
    pub fn ask_file(&self, name: &str, more: &str) -> String {
        let text = format!(
            "purpose = \"dpv:ServiceProvision\"\nretention_days = 30\nvalidity_days = 30\n{more}\n\
             reason = {{ fi = \"Kirjasto.\", sv = \"Bibliotek.\", en = \"Library.\" }}\n\n\
             [[ask]]\ntype = \"residence\"\nrequired = [\"called_name\", \"family_name\"]\noptional = [\"address\"]\n"
        );
        self.write(&format!("{name}.toml"), &text)
    }

    /// Has the desk ask; the request's link and id.
    pub fn ask(&self, more: &str) -> (String, String) {
        self.ask_in(&self.ask_file("asked", more))
    }

    fn ask_in(&self, file: &str) -> (String, String) {
        let asked = self.service("desk", &["ask", file]).done().json();
        (text(&asked, "/link"), text(&asked, "/request"))
    }

    /// Has the citizen agree, and the desk collect; the grant's id.
    pub fn granted(&self, more: &str) -> String {
        self.granted_in(&self.ask_file("asked", more))
    }

    /// As `granted`, with a file of its own.
    pub fn granted_in(&self, file: &str) -> String {
        let (link, request) = self.ask_in(file);
        let given = self.wallet(&["grant", &link, "--at", "helsinki"]).done().json();
        self.service("desk", &["collect", &request]).done();
        text(&given, "/grants/0/id")
    }

    /// The id of a service.
    pub fn principal(&self, service: &str) -> String {
        let description: toml::Table = self.read(&format!("{service}/service.toml")).parse().unwrap();
        description["principal"].as_str().unwrap().to_owned()
    }

    /// A file with what the citizen logs in with.
    pub fn login(&self) -> String {
        self.path("code")
    }

    /// A file with what somebody logs in with who has no wallet yet.
    pub fn another_login(&self) -> String {
        self.write("another-code", NEIGHBOUR.1)
    }
}

pub fn text(json: &Value, pointer: &str) -> String {
    json.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{pointer} in {json}")).to_owned()
}

/// Bytes of every file in a folder, by name; but for the copy of the registry, which says when it was fetched.
pub fn content(folder: &str) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(content(path.to_str().unwrap()));
        } else if !path.ends_with("registry") {
            files.push((path.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
    files.sort();
    files
}

/// The documented code, one sentence that says what to do, and the same as JSON with `--json`.
#[track_caller]
pub fn says<S: AsRef<str>>(args: &[S], code: i32, help: &str) {
    let mut args: Vec<&str> = args.iter().map(AsRef::as_ref).collect();
    let words = aitta(&args);
    assert_eq!(words.code, code, "{args:?}: {words:?}");
    assert!(words.err.contains(help), "{args:?}: `{help}` is not in:\n{}", words.err);
    assert!(words.out.is_empty(), "{args:?}: {words:?}");
    args.push("--json");
    let ran = aitta(&args);
    assert_eq!((ran.code, ran.out.lines().count()), (code, 1), "{args:?}: {ran:?}");
    let error = &ran.json()["error"];
    // Errors of a start say in one sentence what is wrong and what to do; then there is no more advice.
    let said = |key: &str| error[key].as_str().unwrap_or_default().to_owned();
    assert!(!said("code").is_empty(), "{args:?}: {error}");
    let (message, advice) = (said("message"), said("advice"));
    assert!(message.contains(help) || advice.contains(help), "{args:?}: `{help}` is not in {error}");
    assert!(!message.is_empty() && !message.contains('\n') && !advice.contains('\n'), "{args:?}: {error}");
    assert!(advice.is_empty() || advice.ends_with(['.', '?']), "{args:?}: advice is a sentence: {error}");
}

/// Statics are never dropped, so a small process ends the town once this one is gone, and takes its folder away.
fn caretaker(family: &Family, node: &Daemon) -> Child {
    let (directory, node) = (family.directory_id().to_string(), node.id().to_string());
    let folder = family.world.path("");
    assert!(Path::new(&folder).is_absolute());
    Command::new("sh")
        .args(["-c", "cat; kill -9 \"$1\" \"$2\"; rm -rf \"$3\"", "caretaker", &directory, &node, &folder])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}
