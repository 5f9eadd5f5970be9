//! Layers: command line > environment > file > default, for any table of settings.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};
use toml::{Spanned, Table, Value};

use super::error::{ConfigError, Source};
use super::setting::{Kind, Need, Setting};

/// Longest configuration file, in bytes: a commented one is 5 kB.
const MAX_FILE_BYTES: u64 = 256 * 1024;
/// How many letters two names may differ in for the one to be a slip for the other.
const MAX_SLIPS: usize = 3;

/// Where settings are looked for.
#[derive(Clone, Copy)]
pub struct Layers<'a> {
    /// The file, if there is one.
    pub file: Option<&'a Path>,
    /// Names and values from the command line.
    pub command_line: &'a [(String, String)],
    /// Looks into the environment.
    pub environment: &'a dyn Fn(&str) -> Option<OsString>,
    /// What the names of variables begin with, such as `AITTA_NODE_`.
    pub prefix: &'static str,
}

impl std::fmt::Debug for Layers<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Not the command line's values: one of them may be a secret put in the wrong place.
        f.debug_struct("Layers").field("file", &self.file).field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

/// The settings in force, each checked, with where it came from.
#[derive(Debug)]
pub struct Settings {
    values: BTreeMap<&'static str, (Value, Source)>,
    /// Paths in the file are relative to its folder.
    folder: PathBuf,
}

impl Settings {
    /// Reads all layers.
    ///
    /// # Errors
    /// [`ConfigError`]: the first thing that is wrong.
    pub fn read(table: &'static [Setting], layers: &Layers<'_>) -> Result<Self, ConfigError> {
        let folder = layers.file.and_then(Path::parent).map(Path::to_owned).unwrap_or_default();
        let mut settings = Self { values: BTreeMap::new(), folder };
        if let Some(path) = layers.file {
            settings.read_file(table, path)?;
        }
        for setting in table {
            let variable = setting.variable(layers.prefix);
            if let Some(text) = (layers.environment)(&variable) {
                let at = Source::Environment(variable);
                let text = text.into_string().map_err(|_| wrong_kind(setting, &at))?;
                settings.set(setting, from_text(setting, &text, &at)?, at)?;
            }
        }
        for (name, text) in layers.command_line {
            let at = Source::CommandLine;
            let setting = find(table, name).ok_or_else(|| unknown(table, name, at.clone()))?;
            settings.set(setting, from_text(setting, text, &at)?, at)?;
        }
        for setting in table.iter().filter(|setting| setting.need == Need::Required) {
            if !settings.values.contains_key(setting.name) {
                let variable = setting.variable(layers.prefix);
                return Err(ConfigError::Missing { name: setting.name, example: setting.example, variable });
            }
        }
        Ok(settings)
    }

    fn read_file(&mut self, table: &'static [Setting], path: &Path) -> Result<(), ConfigError> {
        let failed = |source| ConfigError::File { path: path.to_owned(), source };
        let mut text = String::new();
        fs::File::open(path).map_err(failed)?.take(MAX_FILE_BYTES).read_to_string(&mut text).map_err(failed)?;
        let line_of = |at: usize| text.get(..at).map_or(1, |before| before.matches('\n').count() + 1);
        let root = DeTable::parse(&text).map_err(|error| ConfigError::Syntax {
            path: path.to_owned(),
            line: error.span().map_or(1, |span| line_of(span.start)),
            why: error.message().to_owned(),
        })?;
        let mut found = Vec::new();
        flatten(root.get_ref(), "", table, &mut found);
        for (name, value, start) in found {
            let at = Source::File { path: path.to_owned(), line: line_of(start) };
            let setting = find(table, &name).ok_or_else(|| unknown(table, &name, at.clone()))?;
            self.set(setting, from_toml(setting, value, &at)?, at)?;
        }
        Ok(())
    }

    fn set(&mut self, setting: &'static Setting, value: Value, at: Source) -> Result<(), ConfigError> {
        let texts: Vec<&str> = match &value {
            Value::String(text) => vec![text],
            Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        for text in texts {
            let checked = if text.trim().is_empty() { Err("is empty".to_owned()) } else { (setting.check)(text) };
            checked.map_err(|why| ConfigError::Value {
                at: at.clone(),
                name: setting.name,
                why,
                example: setting.example,
            })?;
        }
        self.values.insert(setting.name, (value, at));
        Ok(())
    }

    /// Whether anybody set it.
    #[must_use]
    pub fn is_set(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// A text, if it is set.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.values.get(name)?.0.as_str()
    }

    /// A list of texts; empty when it is not set.
    #[must_use]
    pub fn list(&self, name: &str) -> Vec<String> {
        let items = self.values.get(name).and_then(|(value, _)| value.as_array());
        items.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// A number, if it is set.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<u64> {
        self.values.get(name)?.0.as_integer().and_then(|number| u64::try_from(number).ok())
    }

    /// Whether a flag is set to true.
    #[must_use]
    pub fn flag(&self, name: &str) -> bool {
        self.values.get(name).and_then(|(value, _)| value.as_bool()).unwrap_or_default()
    }

    /// A path, if it is set: relative to the file's folder when the file says it, else to the working directory.
    #[must_use]
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        let (value, at) = self.values.get(name)?;
        Some(self.resolve(value.as_str()?, at))
    }

    /// A list of paths, as [`Settings::path`]; empty when it is not set.
    #[must_use]
    pub fn paths(&self, name: &str) -> Vec<PathBuf> {
        let at = self.source(name);
        self.list(name).iter().map(|text| self.resolve(text, &at)).collect()
    }

    fn resolve(&self, text: &str, at: &Source) -> PathBuf {
        if matches!(at, Source::File { .. }) { self.folder.join(text) } else { PathBuf::from(text) }
    }

    /// Where a setting came from.
    #[must_use]
    pub fn source(&self, name: &str) -> Source {
        self.values.get(name).map_or(Source::Default, |(_, at)| at.clone())
    }

    /// All that is set of one table, for whoever reads it by itself.
    #[must_use]
    pub fn table(&self, table: &str) -> Option<Table> {
        let own = |name: &str| name.strip_prefix(table)?.strip_prefix('.').map(str::to_owned);
        let found: Table =
            self.values.iter().filter_map(|(name, (value, _))| Some((own(name)?, value.clone()))).collect();
        (!found.is_empty()).then_some(found)
    }
}

fn find(table: &'static [Setting], name: &str) -> Option<&'static Setting> {
    table.iter().find(|setting| setting.name == name)
}

/// Takes tables apart into names with dots; a name that is a setting, or leads to none, is an end.
fn flatten<'a>(
    from: &'a DeTable<'a>,
    above: &str,
    table: &'static [Setting],
    found: &mut Vec<(String, &'a Spanned<DeValue<'a>>, usize)>,
) {
    for (key, value) in from {
        let name = format!("{above}{}", key.get_ref());
        let leads_on = table.iter().any(|setting| setting.table() == Some(&name));
        match value.get_ref() {
            DeValue::Table(below) if leads_on => flatten(below, &format!("{name}."), table, found),
            _ => found.push((name, value, key.span().start)),
        }
    }
}

fn from_toml(setting: &'static Setting, value: &Spanned<DeValue<'_>>, at: &Source) -> Result<Value, ConfigError> {
    let read = match (setting.kind, value.get_ref()) {
        (Kind::Text, DeValue::String(text)) => Some(Value::String(text.clone().into_owned())),
        (Kind::Number, DeValue::Integer(number)) => {
            i64::from_str_radix(number.as_str(), number.radix()).ok().filter(|number| *number >= 0).map(Value::Integer)
        }
        (Kind::Flag, DeValue::Boolean(flag)) => Some(Value::Boolean(*flag)),
        (Kind::List, DeValue::Array(items)) => {
            let texts = items.iter().map(|item| item.get_ref().as_str().map(|text| Value::String(text.to_owned())));
            texts.collect::<Option<Vec<_>>>().filter(|texts| !texts.is_empty()).map(Value::Array)
        }
        _ => None,
    };
    read.ok_or_else(|| wrong_kind(setting, at))
}

fn from_text(setting: &'static Setting, text: &str, at: &Source) -> Result<Value, ConfigError> {
    match setting.kind {
        Kind::Text => Ok(Value::String(text.to_owned())),
        Kind::List => Ok(Value::Array(text.split(',').map(|one| Value::String(one.trim().to_owned())).collect())),
        Kind::Flag => match text.trim().parse() {
            Ok(flag) => Ok(Value::Boolean(flag)),
            Err(_) => Err(wrong_kind(setting, at)),
        },
        Kind::Number => match text.trim().parse::<u64>().ok().and_then(|number| i64::try_from(number).ok()) {
            Some(number) => Ok(Value::Integer(number)),
            None => Err(wrong_kind(setting, at)),
        },
    }
}

fn wrong_kind(setting: &'static Setting, at: &Source) -> ConfigError {
    let must = match setting.kind {
        Kind::Text => "a text",
        Kind::List => "a list of texts, not empty",
        Kind::Number => "a whole number, not negative",
        Kind::Flag => "true or false",
    };
    ConfigError::Kind { at: at.clone(), name: setting.name, must, example: setting.example }
}

fn unknown(table: &'static [Setting], name: &str, at: Source) -> ConfigError {
    let nearest = table.iter().map(|setting| (slips(name, setting.name), setting.name)).min();
    // A right name in the wrong table is a slip too.
    let misplaced =
        table.iter().find(|setting| setting.key() == name || name.ends_with(&format!(".{}", setting.key())));
    let meant = match (nearest, misplaced) {
        (Some((slips, near)), _) if slips <= MAX_SLIPS => Some(near),
        (_, misplaced) => misplaced.map(|setting| setting.name),
    };
    let hint = meant.map_or_else(String::new, |meant| format!("; did you mean `{meant}`?"));
    ConfigError::Unknown { at, name: name.to_owned(), hint }
}

/// How many letters must be changed, added or left out to come from one name to the other (Levenshtein).
fn slips(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.chars().count()).collect();
    for (at, letter) in one.chars().enumerate() {
        let mut next = vec![at + 1];
        for (place, wanted) in other.chars().enumerate() {
            let (above, left, diagonal) = (row.get(place + 1), next.get(place), row.get(place));
            let changed = diagonal.copied().unwrap_or(usize::MAX - 1) + usize::from(letter != wanted);
            let least = changed.min(above.copied().unwrap_or(usize::MAX - 1) + 1);
            next.push(least.min(left.copied().unwrap_or(usize::MAX - 1) + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}
