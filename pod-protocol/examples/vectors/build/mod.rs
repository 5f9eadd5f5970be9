//! Builds the vectors: the same text each time.

mod chains;
mod envelope;
mod labels;
mod log;
mod logs;
mod meaning;
mod member_keys;
mod messages;
mod objects;
mod recoveries;
mod requests;
mod short;
pub mod world;
mod write;

use world::World;

/// The files: each name with its text.
pub fn files() -> Vec<(&'static str, String)> {
    let world = World::new();
    let mut files = vec![("envelope.json", envelope::file(&world))];
    files.extend(objects::files(&world));
    files.push(("chains.json", chains::file(&world)));
    files.push(("requests.json", requests::file(&world)));
    files.push(("key-event-logs.json", logs::file(&world)));
    files.push(("member-keys.json", member_keys::file(&world)));
    files.push(("messages.json", messages::file(&world)));
    files.push(("log.json", log::file(&world)));
    files.push(("predicates.json", meaning::predicates()));
    files.push(("fields.json", meaning::fields()));
    files.into_iter().map(|(name, json)| (name, format!("{json:#}\n"))).collect()
}

/// Bytes from lower-case hex.
pub fn unhex(text: &str) -> Vec<u8> {
    let digit = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    (0..text.len()).step_by(2).map(digit).collect()
}
