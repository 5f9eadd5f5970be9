//! The stage: a folder, free ports, and `aitta` run as people run it.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use pod_client::Caller;
use pod_http::{Origin, Request};
use serde_json::Value;
use tempfile::TempDir;

use super::certificates::{self, Certificates};
use crate::edge::Edge;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::folder;

/// How often a process is asked whether it serves, and how long that may take: debug builds on busy machines.
const ASK_AGAIN: Duration = Duration::from_millis(100);
const MOST_ASKED: u32 = 900;

/// Where everything happens.
pub(super) struct Stage {
    dir: PathBuf,
    /// Among the temporary ones: taken away with the stage.
    temporary: Option<TempDir>,
    program: PathBuf,
    /// Everybody is called over TLS with these, which no browser believes. Without them over plain HTTP, which stays on this
    /// machine, and which a browser takes.
    pub(super) tls: Option<Certificates>,
    pub(super) caller: Caller,
}

/// What a command said, and how it ended.
#[derive(Debug)]
pub(super) struct Said {
    /// The exit code.
    pub(super) code: u8,
    /// The JSON document.
    pub(super) json: Value,
    command: String,
}

/// A process that is ended when it is dropped.
pub(super) struct Running {
    child: Child,
    name: String,
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Running {
    /// The id of the process.
    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Stage {
    /// Makes the folder and, for TLS, the certificates.
    pub(super) fn set(dir: Option<&Path>, with_tls: bool, edge: &Edge) -> Result<Self, Failure> {
        let (dir, temporary) = match dir {
            Some(dir) => {
                folder::make(dir)?;
                (dir.to_owned(), None)
            }
            None => {
                let made = tempfile::Builder::new().prefix("aitta-demo-").tempdir();
                let made = made.map_err(|source| Failure::internal("no temporary folder can be made", source))?;
                (made.path().to_owned(), Some(made))
            }
        };
        let dir = fs::canonicalize(&dir).map_err(|source| Failure::internal("the folder is gone", source))?;
        let tls = if with_tls { Some(certificates::make(&dir)?) } else { None };
        let program =
            std::env::current_exe().map_err(|source| Failure::internal("this program does not find itself", source))?;
        let caller = edge.caller(tls.as_ref().map(|tls| tls.roots.as_path()))?;
        Ok(Self { dir, temporary, program, tls, caller })
    }

    /// An address of this machine at which nobody serves yet.
    pub(super) fn free_url(&self) -> Result<String, Failure> {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        Ok(format!("{scheme}://127.0.0.1:{}", free_port()?))
    }

    /// The arguments with which an `init` has its process serve at `url`.
    pub(super) fn serving_at(&self, url: &str) -> Vec<String> {
        let mut arguments = vec!["--url".to_owned(), url.to_owned(), "--listen".to_owned(), url.to_owned()];
        if let Some(Certificates { certificate, key, .. }) = &self.tls {
            let [certificate, key] = [certificate, key].map(|path| path.display().to_string());
            arguments.extend(["--certificate".to_owned(), certificate, "--key".to_owned(), key]);
        }
        arguments
    }

    /// Leaves the folder behind, for whoever looks for what went wrong.
    pub(super) fn keep(&mut self) {
        if let Some(temporary) = &mut self.temporary {
            temporary.disable_cleanup(true);
        }
    }

    /// The folder.
    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// A path in the folder, as text for a command line.
    pub(super) fn path(&self, name: &str) -> String {
        self.dir.join(name).display().to_string()
    }

    /// Writes a file for a command to read.
    pub(super) fn write(&self, name: &str, text: &str) -> Result<String, Failure> {
        folder::write(&self.dir.join(name), text.as_bytes())?;
        Ok(self.path(name))
    }

    /// Runs `aitta` with these arguments and `--json`.
    pub(super) fn run<S: AsRef<str>>(&self, arguments: &[S]) -> Result<Said, Failure> {
        let arguments: Vec<&str> = arguments.iter().map(AsRef::as_ref).collect();
        let output = Command::new(&self.program)
            .args(&arguments)
            .arg("--json")
            .current_dir(&self.dir)
            .env("AITTA_LOG", "error")
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output()
            .map_err(|source| Failure::internal("a command could not be started", source))?;
        let text = String::from_utf8_lossy(&output.stdout);
        let json = text.lines().rev().find_map(|line| serde_json::from_str(line).ok()).unwrap_or(Value::Null);
        let code = output.status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(Exit::Internal.number());
        Ok(Said { code, json, command: format!("aitta {}", arguments.join(" ")) })
    }

    /// A line for a shell, with which anybody runs `aitta` with these arguments from anywhere.
    pub(super) fn line(&self, arguments: &[&str]) -> String {
        let program = self.program.display().to_string();
        let words: Vec<String> = [program.as_str()].iter().chain(arguments).map(|word| quoted(word)).collect();
        words.join(" ")
    }

    /// As [`Stage::run`], for what must succeed.
    pub(super) fn done<S: AsRef<str>>(&self, arguments: &[S]) -> Result<Value, Failure> {
        Ok(self.run(arguments)?.ended(Exit::Done)?.json)
    }

    /// Starts a process that goes on; what it logs goes into a file.
    pub(super) fn start(&self, name: &str, arguments: &[&str]) -> Result<Running, Failure> {
        self.spawn(name, arguments, Stdio::null())
    }

    /// As [`Stage::start`], with the first thing that it says as JSON: that it serves, or why not.
    pub(super) fn start_and_hear(&self, name: &str, arguments: &[&str]) -> Result<(Running, Value), Failure> {
        let mut running = self.spawn(name, &[arguments, &["--json"]].concat(), Stdio::piped())?;
        let mut line = String::new();
        if let Some(said) = running.child.stdout.as_mut() {
            let read = BufReader::new(said).read_line(&mut line);
            read.map_err(|source| Failure::internal(format!("{name} says nothing"), source))?;
        }
        let said = serde_json::from_str(&line).map_err(|_| failed(format!("{name} says nothing usable: {line}")))?;
        Ok((running, said))
    }

    fn spawn(&self, name: &str, arguments: &[&str], stdout: Stdio) -> Result<Running, Failure> {
        let failed = |source| Failure::internal(format!("{name} could not be started"), source);
        let log =
            File::options().append(true).create(true).open(self.dir.join(format!("{name}.log"))).map_err(failed)?;
        let child = Command::new(&self.program)
            .args(arguments)
            .current_dir(&self.dir)
            .stdin(Stdio::null())
            .stdout(stdout)
            .stderr(log)
            .spawn()
            .map_err(failed)?;
        Ok(Running { child, name: name.to_owned() })
    }

    /// Waits until a process serves at `url`.
    pub(super) async fn serves(&self, running: &mut Running, url: &str) -> Result<(), Failure> {
        let log = self.dir.join(format!("{}.log", running.name));
        let origin: Origin = url.parse().map_err(|source| Failure::internal("an address is wrong", source))?;
        for _ in 0..MOST_ASKED {
            if let Ok(Some(status)) = running.child.try_wait() {
                let said = fs::read_to_string(&log).unwrap_or_default();
                return Err(failed(format!("{} ended ({status}) instead of serving: {said}", running.name)));
            }
            let answer = self.caller.http.send(&origin, Request::get("/healthz")).await;
            if answer.is_ok_and(|answer| answer.status.is_success()) {
                return Ok(());
            }
            tokio::time::sleep(ASK_AGAIN).await;
        }
        Err(failed(format!("{} does not serve at {url}; it wrote into {}", running.name, log.display())))
    }

    /// Asks again and again until `holds` says so.
    pub(super) async fn until<F: Future<Output = Result<bool, Failure>>>(
        &self,
        what: &str,
        mut holds: impl FnMut() -> F,
    ) -> Result<(), Failure> {
        for _ in 0..MOST_ASKED {
            if holds().await? {
                return Ok(());
            }
            tokio::time::sleep(ASK_AGAIN).await;
        }
        Err(failed(format!("waited in vain until {what}")))
    }
}

impl Said {
    /// Checks how the command ended.
    pub(super) fn ended(self, exit: Exit) -> Result<Self, Failure> {
        if self.code == exit.number() {
            return Ok(self);
        }
        let message = format!("`{}` ended with {} and not {}: {}", self.command, self.code, exit.number(), self.json);
        Err(failed(message))
    }
}

/// Something did not go as it must.
pub(super) fn failed(message: impl Into<String>) -> Failure {
    Failure {
        exit: Exit::Internal,
        code: "demo-failed".to_owned(),
        message: message.into(),
        source: None,
        advice: None,
    }
}

/// Whether there is a `curl` to call with.
pub(super) fn has_curl() -> bool {
    Command::new("curl").arg("--version").stdout(Stdio::null()).status().is_ok()
}

/// As a shell reads it back.
fn quoted(word: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-:=,".contains(&byte);
    if word.bytes().all(plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

/// A port that is free now.
pub(super) fn free_port() -> Result<u16, Failure> {
    demo_provider::free_port().map_err(|source| Failure::internal("no port is free", source))
}
