//! Folders that `init` made, daemons, and the binary itself.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::{FileExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use pod_testkit::lab::now_nanos;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

/// What a run of the program gave.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ran {
    /// Standard output as JSON, one document a line; the last one.
    pub fn json(&self) -> Value {
        let documents: Vec<Value> = self
            .out
            .lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {self:?}")))
            .collect();
        documents.last().unwrap_or_else(|| panic!("nothing on standard output: {self:?}")).clone()
    }

    pub fn done(self) -> Self {
        assert_eq!(self.code, 0, "{self:?}");
        self
    }
}

/// How long a daemon may take to do what takes milliseconds, on a machine at work.
pub const PATIENCE_NANOS: u64 = 60_000_000_000;
const PROGRAM: &str = env!("CARGO_BIN_EXE_aitta");

/// The program, with an environment that says nothing about it.
pub fn command<S: AsRef<str>>(args: &[S]) -> Command {
    let mut command = begin(PROGRAM);
    command.args(args.iter().map(AsRef::as_ref));
    command
}

/// The same after a shell's preparation.
pub fn command_under(preparation: &str, args: &[&str]) -> Command {
    let mut command = begin("sh");
    command.args(["-c", &format!("{preparation}; exec \"$0\" \"$@\""), PROGRAM]).args(args);
    command
}

fn begin(program: &str) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("AITTA_") || name == "SSLKEYLOGFILE" {
            command.env_remove(name);
        }
    }
    command.stdin(Stdio::null());
    command
}

pub fn run_command(mut command: Command) -> Ran {
    let output = command.output().unwrap();
    Ran {
        code: output.status.code().expect("it ended by itself"),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

pub fn aitta<S: AsRef<str>>(args: &[S]) -> Ran {
    run_command(command(args))
}

/// Every command of the program that has none below it, as its help lists them.
pub fn every_command() -> Vec<Vec<String>> {
    let mut leaves = Vec::new();
    let mut open: Vec<Vec<String>> = vec![Vec::new()];
    while let Some(command) = open.pop() {
        let help = aitta(&[&command[..], &["--help".to_owned()]].concat()).done().out;
        let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
        // A name stands two places in; what is further in goes on with the words of the line above.
        let names = listed.filter_map(|line| line.strip_prefix("  ").filter(|rest| !rest.starts_with(' ')));
        let names: Vec<&str> = names.filter_map(|line| line.split_whitespace().next()).collect();
        if names.is_empty() {
            leaves.push(command);
        } else {
            let below = names.iter().filter(|name| **name != "help");
            open.extend(below.map(|name| [&command[..], &[(*name).to_owned()]].concat()));
        }
    }
    assert!(leaves.len() > 30, "{leaves:?}");
    leaves
}

/// The repository's folder.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// A folder in which everything was made, and nothing runs.
pub struct World {
    folder: TempDir,
}

impl World {
    /// An empty one.
    pub fn empty() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// A directory, a blinder and a node, each with its `init`.
    pub fn with_all() -> Self {
        let world = Self::empty();
        world.init_directory();
        world.init_blinder();
        world.init_node();
        world
    }

    pub fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    pub fn write(&self, name: &str, text: &str) -> String {
        fs::write(self.path(name), text).unwrap();
        self.path(name)
    }

    pub fn replace(&self, name: &str, from: &str, to: &str) {
        let text = self.read(name);
        assert!(text.contains(from), "{name} has no `{from}`");
        self.write(name, &text.replace(from, to));
    }

    pub fn set_mode(&self, name: &str, mode: u32) {
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(mode)).unwrap();
    }

    pub fn init_directory(&self) -> Ran {
        let folder = self.path("directory");
        // The port is known only once it serves.
        aitta(&[
            "directory",
            "init",
            &folder,
            "--url",
            "http://127.0.0.1:1",
            "--listen",
            "http://127.0.0.1:0",
            // One node or two are watched by nobody.
            "--witnesses",
            "0",
            "--json",
        ])
        .done()
    }

    pub fn init_blinder(&self) -> Ran {
        let mut args = vec!["blinder", "init"];
        let (folder, federation) = (self.path("blinder"), self.path("directory/federation.toml"));
        args.extend([&*folder, "--name", "blinder", "--names", "Sokaisija,Blindare,Blinder"]);
        args.extend(["--url", "http://127.0.0.1:2", "--federation", &federation, "--issuer", "http://127.0.0.1:4"]);
        args.extend(["--listen", "http://127.0.0.1:0", "--json"]);
        aitta(&args).done()
    }

    pub fn node_init_args(&self, folder: &str) -> Vec<String> {
        let catalogue = repository().join("crates/pod-import/catalogues/helsinki.toml");
        let args = [
            "node",
            "init",
            &self.path(folder),
            "--name",
            "helsinki",
            "--names",
            "Helsinki,Helsingfors,Helsinki",
            "--url",
            "http://127.0.0.1:3",
            "--federation",
            &self.path("directory/federation.toml"),
            "--catalogue",
            catalogue.to_str().unwrap(),
            "--blinder",
            &self.path("blinder/blinder.json"),
            "--listen",
            "http://127.0.0.1:0",
            "--json",
        ];
        args.iter().map(ToString::to_string).collect()
    }

    pub fn init_node(&self) -> Ran {
        aitta(&self.node_init_args("node")).done()
    }

    /// Has federation and profiles name the address at which the directory really serves.
    pub fn directory_is_at(&self, address: &str) {
        self.replace("directory/federation.toml", "http://127.0.0.1:1", address);
        for file in ["blinder/profile.toml", "node/profile.toml", "blinder/blinder.toml", "node/node.toml"] {
            if Path::new(&self.path(file)).exists() {
                self.replace(file, "\"http://127.0.0.1:1\"", &format!("\"{address}\""));
            }
        }
    }

    /// Starts one of `directory`, `blinder` and `node`.
    pub fn serve(&self, what: &str) -> Daemon {
        let config = self.path(&format!("{what}/{what}.toml"));
        Daemon::start(command(&[what, "serve", "--config", &config, "--json"]))
    }
}

/// An answer over HTTP.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    headers: Vec<(String, String)>,
    pub body: String,
}

impl Answer {
    /// The header with this name; nothing when it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str()).unwrap_or_default()
    }
}

/// A serving process. Killed when it is dropped.
pub struct Daemon {
    child: Child,
    out: BufReader<std::process::ChildStdout>,
    log: File,
    pub address: String,
    /// Its first words.
    pub said: Value,
}

impl Daemon {
    pub fn start(mut command: Command) -> Self {
        // A file, since nobody reads a pipe all the time.
        let log = tempfile::tempfile().unwrap();
        let mut child = command.stdout(Stdio::piped()).stderr(log.try_clone().unwrap()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let said: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        let address =
            said["serving"]["addresses"][0].as_str().unwrap_or_else(|| panic!("it serves: {line}")).to_owned();
        Self { child, out, log, address, said }
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    pub fn hang_up(&self) {
        self.signal(Signal::HUP);
    }

    /// What it has logged.
    pub fn logged(&self) -> String {
        let mut bytes = vec![0; usize::try_from(self.log.metadata().unwrap().len()).unwrap()];
        self.log.read_exact_at(&mut bytes, 0).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    /// SIGHUP, and waits until it has logged these words once more.
    pub fn hang_up_until_it_says(&self, words: &str) {
        let said = |log: &str| log.matches(words).count();
        let (before, begun) = (said(&self.logged()), now_nanos());
        self.hang_up();
        while said(&self.logged()) == before {
            assert!(now_nanos() - begun < PATIENCE_NANOS, "`{words}` is not in:\n{}", self.logged());
            std::thread::yield_now();
        }
    }

    /// It answers nobody, and is there.
    pub fn freeze(&self) {
        self.signal(Signal::STOP);
    }

    /// It goes on after [`Self::freeze`].
    pub fn thaw(&self) {
        self.signal(Signal::CONT);
    }

    /// kill -9.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Status and body of a GET.
    pub fn get(&self, path: &str) -> (u16, String) {
        let answer = self.ask("GET", path, &[], "");
        (answer.status, answer.body)
    }

    /// What it answers to a request with these headers.
    pub fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let host = self.address.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(host).unwrap();
        write!(stream, "{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n").unwrap();
        headers.iter().for_each(|(name, value)| write!(stream, "{name}: {value}\r\n").unwrap());
        write!(stream, "content-length: {}\r\n\r\n{body}", body.len()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let (first, fields) = head.split_once("\r\n").unwrap();
        let fields = fields.split("\r\n").map(|line| line.split_once(": ").unwrap());
        Answer {
            status: first.split(' ').nth(1).unwrap().parse().unwrap(),
            headers: fields.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            body: body.to_owned(),
        }
    }

    /// Tells it to stop; its exit code and its last words.
    pub fn stop(self, signal: Signal) -> (i32, Value) {
        self.signal(signal);
        self.ended()
    }

    /// Waits until it ends by itself; its exit code and its last words.
    pub fn ended(mut self) -> (i32, Value) {
        let mut rest = String::new();
        self.out.read_to_string(&mut rest).unwrap();
        let code = self.child.wait().unwrap().code().expect("it ended by itself");
        (code, serde_json::from_str(rest.lines().last().unwrap()).unwrap())
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _already_ended = self.child.kill();
        let _status = self.child.wait();
    }
}
