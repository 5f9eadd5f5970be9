//! The one place that writes results and errors.
//!
//! For people: results on standard output, errors on standard error, once, with their reasons and what to do.
//! With `--json`: both on standard output, one JSON document a line, so that it is valid JSON however a command ends.

use std::fmt::Display;
use std::io::{self, Write as _};

use pod_protocol::words::is_hidden;
use serde_json::{Value, json};

use crate::exit::Exit;
use crate::failure::Failure;

/// How results are written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    json: bool,
}

impl Output {
    /// As JSON or for people.
    pub(crate) const fn new(json: bool) -> Self {
        Self { json }
    }

    /// Whether the results are JSON; then nothing else may be written to standard output.
    pub(crate) const fn is_json(self) -> bool {
        self.json
    }

    /// Writes a result, in words or as JSON.
    pub(crate) fn result(self, words: impl Display, json: &Value) {
        if self.json {
            line(json);
        } else {
            // The line ends are ours: who puts several lines together takes them out of what others said.
            let shown: Vec<String> = words.to_string().trim_end().split('\n').map(visible).collect();
            line(shown.join("\n"));
        }
    }

    /// Writes a failure; the exit code that it asks for.
    pub(crate) fn failure(self, failure: &Failure) -> Exit {
        let reasons = failure.reasons();
        if self.json {
            let message = [vec![failure.message.clone()], reasons].concat().join(": ");
            line(error_json(&failure.code, &message, failure.advice.as_deref()));
        } else {
            error_line(&format!("aitta: {}", failure.message));
            for reason in reasons {
                error_line(&format!("  because: {reason}"));
            }
            if let Some(advice) = &failure.advice {
                error_line(&format!("  {advice}"));
            }
        }
        failure.exit
    }
}

/// Writes what clap says about a command line; help and version are no errors.
pub(crate) fn usage(error: &clap::Error) -> Exit {
    // The command line could not be read, so whether it asked for JSON is looked up by hand.
    let json = std::env::args_os().any(|argument| argument == "--json");
    match (error.use_stderr(), json) {
        (true, true) => {
            let text = error.to_string();
            let (message, advice) = text.split_once("\n\n").unwrap_or((&text, "See `aitta --help`."));
            let message = one_line(message.trim_start_matches("error: "));
            line(error_json("usage", &message, Some(&one_line(advice))));
        }
        _ => {
            // A closed terminal cannot be told anything.
            let _ = error.print();
        }
    }
    if error.use_stderr() { Exit::Usage } else { Exit::Done }
}

fn error_json(code: &str, message: &str, advice: Option<&str>) -> Value {
    json!({ "error": { "code": code, "message": message, "advice": advice } })
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What others said, as one line in which nothing moves the cursor, hides, or turns the reading direction around: each such
/// character is shown as U+FFFD.
pub(crate) fn visible(text: &str) -> String {
    text.chars().map(|character| if is_hidden(character) { char::REPLACEMENT_CHARACTER } else { character }).collect()
}

/// Says something to a person beside the result, a line.
pub(crate) fn tell(text: impl Display) {
    error_line(&text.to_string());
}

/// A reader that went away (`aitta … | head`) is no error of ours.
fn line(text: impl Display) {
    let _ = writeln!(io::stdout().lock(), "{text}");
}

fn error_line(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", visible(text));
}

#[cfg(test)]
mod tests {
    use super::visible;

    #[test]
    fn what_cannot_be_seen_is_marked() {
        assert_eq!(visible("Å “b” – 7 €"), "Å “b” – 7 €");
        assert_eq!(
            visible("a\u{1b}[1mb\rc\nd\u{9b}e\u{202e}f\u{200b}"),
            "a\u{fffd}[1mb\u{fffd}c\u{fffd}d\u{fffd}e\u{fffd}f\u{fffd}"
        );
    }
}
