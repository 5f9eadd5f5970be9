//! What a setting is. One table of them reads files, environment and command line, refuses what it does not know, and writes
//! the commented default file: no setting can be in one of these and be missing in another.

/// The kind of a setting's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One text.
    Text,
    /// A list of texts; in the environment and on the command line separated by commas.
    List,
    /// A whole number, not negative.
    Number,
    /// true or false.
    Flag,
}

/// Whether a setting must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// It must.
    Required,
    /// It need not.
    Optional,
    /// It is this when it is not there. Written as in the file.
    Default(&'static str),
}

/// One setting.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Its name with its table, such as `storage.engine`.
    pub name: &'static str,
    /// The kind of its value.
    pub kind: Kind,
    /// Whether it must be there.
    pub need: Need,
    /// What one could write, as it stands in a file.
    pub example: &'static str,
    /// What it is, for its comment in the default file: one or two sentences.
    pub about: &'static str,
    /// Whether a text, or each of a list, can be meant; else what is wrong with it.
    pub check: fn(&str) -> Result<(), String>,
}

impl Setting {
    /// The variable that overrides it: `storage.engine` is `AITTA_NODE_STORAGE_ENGINE` with the prefix `AITTA_NODE_`.
    #[must_use]
    pub fn variable(&self, prefix: &str) -> String {
        format!("{prefix}{}", self.name.replace('.', "_").to_uppercase())
    }

    /// The table that it stands in; none at the top.
    #[must_use]
    pub fn table(&self) -> Option<&'static str> {
        self.name.rsplit_once('.').map(|(table, _)| table)
    }

    /// Its name in its table.
    #[must_use]
    pub fn key(&self) -> &'static str {
        self.name.rsplit_once('.').map_or(self.name, |(_, key)| key)
    }
}

/// Any text will do.
///
/// # Errors
/// Never: empty texts were refused before.
pub fn any(_text: &str) -> Result<(), String> {
    Ok(())
}

/// A text that `T` reads.
///
/// # Errors
/// What `T` says about it.
pub fn parses<T: std::str::FromStr>(text: &str) -> Result<(), String>
where
    T::Err: std::fmt::Display,
{
    text.parse::<T>().map(|_| ()).map_err(|error| error.to_string())
}

/// The default file: every setting with what it is; those without a value stand as comments.
#[must_use]
pub fn commented_default(heading: &str, prefix: &str, settings: &[Setting]) -> String {
    let mut text: String = heading.lines().map(|line| format!("# {line}\n")).collect();
    let mut table = None;
    for setting in settings {
        text.push('\n');
        if setting.table() != table {
            table = setting.table();
            if let Some(table) = table {
                text.push_str(&format!("[{table}]\n"));
            }
        }
        text.extend(setting.about.lines().map(|line| format!("# {line}\n")));
        let line = match setting.need {
            Need::Required => format!("{} = {}\n", setting.key(), setting.example),
            Need::Optional => format!("#{} = {}\n", setting.key(), setting.example),
            Need::Default(value) => format!("#{} = {value}\n", setting.key()),
        };
        text.push_str(&line);
    }
    text.push_str(&format!("\n# Each setting can also be set in the environment: {prefix} and its name, as in\n"));
    if let Some(setting) = settings.iter().find(|setting| setting.table().is_some()) {
        text.push_str(&format!("# {} for {}.\n", setting.variable(prefix), setting.name));
    }
    text
}
