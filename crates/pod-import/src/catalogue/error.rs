//! What an operator reads about a catalogue that cannot be used.

use std::fmt;

/// A mistake in a catalogue file, as one sentence for the person who wrote it.
#[derive(Debug)]
pub struct CatalogueError {
    file: String,
    line: Option<usize>,
    why: String,
    source: Option<std::io::Error>,
}

impl CatalogueError {
    pub(super) fn new(file: &str, why: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line: None, why: why.into(), source: None }
    }

    pub(super) fn unreadable(file: &str, source: std::io::Error) -> Self {
        Self { source: Some(source), ..Self::new(file, "cannot be read") }
    }

    pub(super) fn toml(file: &str, text: &str, error: &toml::de::Error) -> Self {
        let line = error.span().and_then(|span| text.get(..span.start)).map(|before| before.matches('\n').count() + 1);
        // serde says "field" for a key of a table; people who write TOML say "key".
        let why = error
            .message()
            .replace("unknown field", "unknown key")
            .replace("expected one of", "allowed here are")
            .replace(", expected `", ", allowed here is `")
            .replace("missing field", "missing key");
        Self { line, ..Self::new(file, why) }
    }

    /// The file, as it was named to the program.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The line, counted from 1, where the mistake belongs to one.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        self.line
    }

    /// What is wrong and what to write instead, without the file.
    #[must_use]
    pub fn why(&self) -> &str {
        &self.why
    }
}

impl fmt::Display for CatalogueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "catalogue {}, line {line}: {}", self.file, self.why),
            None => write!(f, "catalogue {}: {}", self.file, self.why),
        }
    }
}

impl std::error::Error for CatalogueError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| source as _)
    }
}
