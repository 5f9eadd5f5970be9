//! Command line > environment > file, for the configurations of directory and blinder. A node's has its own reader, which checks
//! each setting by itself; here the layers are put together first, and the whole is read as if the file said it.

use std::ffi::OsString;

use toml::{Table, Value};

use crate::failure::Failure;

/// What a setting holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A text.
    Text,
    /// A whole number.
    Number,
    /// Texts; with commas between on the command line and in the environment.
    List,
}

use Kind::{List, Number, Text};

/// A setting by its name, as `--set` takes it; tables and keys are joined by dots.
pub(crate) type Setting = (&'static str, Kind);

/// The directory's settings.
pub(crate) const DIRECTORY: &[Setting] = &[
    ("listen", List),
    ("certificate", Text),
    ("key", Text),
    ("anchor.principal", Text),
    ("anchor.key", Text),
    ("log.principal", Text),
    ("log.key_file", Text),
    ("log.membership_file", Text),
    ("log.roots", Text),
    ("log.witnesses", Number),
    ("log.grace_secs", Number),
    ("log.refresh_secs", Number),
    ("mirror.of", Text),
    ("mirror.roots", Text),
    ("mirror.refresh_secs", Number),
    ("storage.path", Text),
    ("storage.engine", Text),
    ("storage.cache_bytes", Number),
    ("metrics.listen", Text),
];

/// The blinder's settings.
pub(crate) const BLINDER: &[Setting] = &[
    ("listen", List),
    ("certificate", Text),
    ("key", Text),
    ("principal", Text),
    ("epoch", Number),
    ("seed_file", Text),
    ("anchor.principal", Text),
    ("anchor.key", Text),
    ("storage.path", Text),
    ("storage.engine", Text),
    ("storage.cache_bytes", Number),
    ("metrics.listen", Text),
    ("directory.url", Text),
    ("directory.roots", Text),
    ("directory.refresh_secs", Number),
    ("provider.issuer", Text),
    ("provider.client_id", Text),
    ("provider.roots", Text),
    ("limits.inputs_per_organisation", Number),
    ("limits.asks_per_subject", Number),
];

/// The file's text with what the command line and the environment say otherwise; the file as it is when they say nothing, or
/// when it is no TOML: its reader says so better.
pub(crate) fn merged(
    file: String,
    settings: &[Setting],
    prefix: &str,
    command_line: &[(String, String)],
    environment: impl Fn(&str) -> Option<OsString>,
) -> Result<String, Failure> {
    let mut said: Vec<(Setting, String, String)> = Vec::new();
    for setting in settings {
        let variable = format!("{prefix}{}", setting.0.replace('.', "_").to_uppercase());
        if let Some(value) = environment(&variable) {
            let value = value.into_string().map_err(|_| {
                Failure::configuration_says(format!("{variable} is not UTF-8")).advise("Write it again, or unset it.")
            })?;
            said.push((*setting, value, variable));
        }
    }
    for (name, value) in command_line {
        let setting = settings.iter().find(|(known, _)| known == name).ok_or_else(|| {
            let known: Vec<&str> = settings.iter().map(|(name, _)| *name).collect();
            Failure::usage(format!("`{name}` is no setting")).advise(format!("Settings are: {}.", known.join(", ")))
        })?;
        said.push((*setting, value.clone(), format!("--set {name}")));
    }
    let Ok(mut table) = file.parse::<Table>() else { return Ok(file) };
    if said.is_empty() {
        return Ok(file);
    }
    for ((name, kind), value, source) in said {
        put(&mut table, name, read(kind, &value, &source)?);
    }
    toml::to_string(&table).map_err(|source| Failure::internal("the settings cannot be put together", source))
}

fn read(kind: Kind, value: &str, source: &str) -> Result<Value, Failure> {
    Ok(match kind {
        Text => Value::String(value.to_owned()),
        List => Value::Array(value.split(',').map(|one| Value::String(one.trim().to_owned())).collect()),
        Number => Value::Integer(value.trim().parse().map_err(|_| {
            Failure::configuration_says(format!("{source}: `{value}` is no whole number")).advise("Write digits alone.")
        })?),
    })
}

fn put(table: &mut Table, name: &str, value: Value) {
    match name.split_once('.') {
        None => {
            table.insert(name.to_owned(), value);
        }
        Some((below, key)) => {
            let below = table.entry(below).or_insert_with(|| Value::Table(Table::new()));
            if let Value::Table(below) = below {
                put(below, key, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{DIRECTORY, merged};

    const FILE: &str = "listen = [\"http://127.0.0.1:1\"]\n\n[storage]\npath = \"a\"\n";

    fn merge(set: &[(&str, &str)], environment: &[(&str, &str)]) -> Result<toml::Table, String> {
        let set: Vec<(String, String)> = set.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let look =
            |wanted: &str| environment.iter().find(|(name, _)| *name == wanted).map(|(_, value)| (*value).into());
        let text =
            merged(FILE.to_owned(), DIRECTORY, "AITTA_DIRECTORY_", &set, look).map_err(|failure| failure.message)?;
        Ok(text.parse().unwrap())
    }

    #[test]
    fn the_command_line_goes_before_the_environment_and_that_before_the_file() {
        let environment = [("AITTA_DIRECTORY_STORAGE_PATH", "b"), ("AITTA_DIRECTORY_STORAGE_CACHE_BYTES", "4096")];
        let table = merge(&[("storage.path", "c"), ("listen", "http://127.0.0.1:2, unix:/x")], &environment).unwrap();
        assert_eq!(table["storage"]["path"].as_str(), Some("c"));
        assert_eq!(table["storage"]["cache_bytes"].as_integer(), Some(4096));
        assert_eq!(table["listen"][1].as_str(), Some("unix:/x"));
        assert_eq!(merge(&[], &environment).unwrap()["storage"]["path"].as_str(), Some("b"));
        assert_eq!(merge(&[], &[]).unwrap()["storage"]["path"].as_str(), Some("a"));
    }

    #[test]
    fn what_cannot_be_meant_is_named() {
        assert_eq!(merge(&[("storage.pat", "c")], &[]).unwrap_err(), "`storage.pat` is no setting");
        let wrong = merge(&[], &[("AITTA_DIRECTORY_STORAGE_CACHE_BYTES", "much")]).unwrap_err();
        assert_eq!(wrong, "AITTA_DIRECTORY_STORAGE_CACHE_BYTES: `much` is no whole number");
    }
}
