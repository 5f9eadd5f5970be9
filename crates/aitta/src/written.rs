//! Why a TOML file that somebody wrote does not read, in one line.

/// The line, and what is wrong there.
pub(crate) fn why(text: &str, error: &toml::de::Error) -> String {
    let before = error.span().and_then(|span| text.get(..span.start));
    let line = before.map_or(1, |before| before.matches('\n').count() + 1);
    // serde says "field" for a key of a table; people who write TOML say "key".
    let message = error.message().replace("unknown field", "unknown key").replace("missing field", "missing key");
    format!("line {line}: {}", message.trim().replace('\n', ", "))
}
