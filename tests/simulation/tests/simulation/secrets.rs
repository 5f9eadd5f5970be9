//! Invariants 4 and 6 in bytes: what passed on a wire, and what lies on the directory's disk.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};

use pod_protocol::ids::base64url;

use crate::federation::{CITIZENS, Citizen, DIRECTORY_PORT};
use crate::ground::{Ear, Passing};
use crate::history::{History, Moment};
use crate::model::Model;

/// What must never reach the directory, with a word for each.
pub fn never_told(citizens: &[Citizen], model: &Model) -> Vec<(String, Vec<u8>)> {
    let mut never = Vec::new();
    let mut id = |what: &str, bytes: &[u8], text: String| {
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let forms = [bytes.to_vec(), hex.into_bytes(), base64url(bytes).into_bytes(), text.into_bytes()];
        never.extend(forms.into_iter().map(|form| (what.to_owned(), form)));
    };
    for citizen in citizens {
        for pod in &citizen.pods {
            id("a pod", pod.as_bytes(), pod.to_string());
        }
    }
    for grant in model.facts().grants.keys() {
        id("a grant", grant.as_bytes(), grant.to_string());
    }
    for citizen in citizens {
        let Citizen { code, family_name, street, email, .. } = citizen;
        let texts = [("an identity code", code), ("a name", family_name), ("a street", street), ("an address", email)];
        never.extend(texts.map(|(what, text)| (what.to_owned(), text.as_bytes().to_vec())));
        never.push(("an identity code without its sign".to_owned(), code.replace('-', "").into_bytes()));
    }
    never
}

/// Whether `needle` is somewhere in `bytes`.
pub fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

/// Everything that was sent to a host.
#[derive(Default)]
pub struct Received(Mutex<Vec<u8>>);

impl Received {
    pub fn ear(self: &Arc<Self>) -> Ear {
        let received = Arc::clone(self);
        Arc::new(move |passing: Passing<'_>| {
            if passing.served && passing.inbound {
                received.0.lock().unwrap().extend_from_slice(passing.bytes);
            }
        })
    }

    pub fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap().clone()
    }
}

/// Looks for what must not be there, in what the directory received and in its files.
pub fn look_at_directory(history: &History, received: &[u8], folder: &Path, never: &[(String, Vec<u8>)]) {
    let mut places = vec![("what the directory received".to_owned(), received.to_vec())];
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.is_file() {
            places.push((path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&path).unwrap()));
        }
    }
    for (place, bytes) in &places {
        let index = Index::of(bytes);
        for (what, needle) in never {
            if index.finds(needle) {
                history.violated(6, format!("{what} is in {place}"));
            }
        }
    }
    // What looks for nothing finds nothing: names of members are there.
    for (place, bytes) in places.iter().filter(|(place, _)| !place.ends_with(".lock")) {
        if !contains(bytes, b"processors") {
            let bytes = bytes.len();
            history.violated(6, format!("the search does not find in {bytes} bytes of {place} what is there"));
        }
    }
}

/// Where each pair of bytes stands, so that hundreds of needles are looked for in one pass.
struct Index<'a> {
    bytes: &'a [u8],
    places: Vec<Vec<u32>>,
}

impl<'a> Index<'a> {
    fn of(bytes: &'a [u8]) -> Self {
        let mut places = vec![Vec::new(); 1 << 16];
        for (place, pair) in bytes.windows(2).enumerate() {
            if pair != [0, 0] {
                places[usize::from(u16::from_be_bytes([pair[0], pair[1]]))].push(u32::try_from(place).unwrap());
            }
        }
        Self { bytes, places }
    }

    fn finds(&self, needle: &[u8]) -> bool {
        let (from, pair) = needle.windows(2).enumerate().find(|(_, pair)| *pair != [0, 0]).unwrap();
        let places = &self.places[usize::from(u16::from_be_bytes([pair[0], pair[1]]))];
        places.iter().any(|place| {
            let begin = (*place as usize).checked_sub(from);
            begin.is_some_and(|begin| self.bytes.get(begin..).is_some_and(|rest| rest.starts_with(needle)))
        })
    }
}

/// What a holder's wire must not carry, and what it carries from the directory.
pub struct Wire {
    pub history: Arc<History>,
    pub model: Arc<Model>,
    pub citizens: Arc<Vec<Citizen>>,
    pub holder: usize,
    /// Where citizens call from: they may read their own.
    pub citizens_from: Mutex<Vec<IpAddr>>,
    /// What left for services lately, and when.
    pub left: Mutex<VecDeque<(Moment, Vec<u8>)>>,
}

/// Writes that are remembered: an answer arrives some seconds later, or never.
const REMEMBERED: usize = 64;

impl Wire {
    pub fn ear(self: Arc<Self>) -> Ear {
        Arc::new(move |passing: Passing<'_>| match (passing.served, passing.inbound) {
            (false, true) if passing.peer.port() == DIRECTORY_PORT => {
                self.model.facts().heard_ms.insert(self.holder, self.history.ms());
            }
            (true, false) if !self.citizens_from.lock().unwrap().contains(&passing.peer.ip()) => {
                self.leaves(passing.bytes);
            }
            _ => {}
        })
    }

    /// When what ends with these bytes left.
    pub fn left(&self, end: &[u8]) -> Option<Moment> {
        let left = self.left.lock().unwrap();
        left.iter().rfind(|(_, bytes)| contains(bytes, end)).map(|(moment, _)| *moment)
    }

    /// Bytes that leave for a service: whole answers, since a handler writes at once.
    fn leaves(&self, bytes: &[u8]) {
        let now = self.history.note(crate::federation::HOLDERS[self.holder], "answers a service");
        let mut left = self.left.lock().unwrap();
        if left.len() == REMEMBERED {
            left.pop_front();
        }
        left.push_back((now, bytes.to_vec()));
        drop(left);
        for citizen in 0..CITIZENS {
            let surely = self.model.facts().pod(self.holder, citizen).protected.surely_on(now);
            if surely {
                for text in self.citizens[citizen].protected() {
                    if contains(bytes, text.as_bytes()) {
                        self.history.violated(4, format!("{text} of citizen {citizen} leaves holder {}", self.holder));
                    }
                }
            }
        }
    }
}
