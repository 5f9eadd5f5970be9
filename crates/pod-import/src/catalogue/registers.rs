//! Checks `[[register]]`: how the rows of one file become records of one type.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::Date;

use super::raw::{RawColumn, RawRegister};
use super::record_types::known;
use super::{Labels, RecordType, checked_id};
use crate::formats::{Encoding, Format};

/// A register: a file that a system exports, and how it is read.
#[derive(Debug)]
pub struct Register {
    id: String,
    labels: Option<Labels>,
    file: String,
    record_type: String,
    format: Format,
    encoding: Encoding,
    subject: String,
    record_id_column: Option<String>,
    non_disclosure: Option<NonDisclosure>,
    guardians: Option<Guardians>,
    ignored: BTreeSet<String>,
    columns: Vec<Column>,
}

/// Where a register says who is under non-disclosure (turvakielto).
#[derive(Clone, Debug)]
pub struct NonDisclosure {
    /// The column; for JSON lines a path with dots.
    pub column: String,
    /// What it says of a protected person. JSON's `true` is the text "true".
    pub yes: String,
    /// What it says of everybody else. Anything but the two is refused.
    pub no: String,
}

/// Where a register names a person's guardians by their identity codes. They become relations, never fields.
#[derive(Clone, Debug)]
pub struct Guardians {
    /// The column; for JSON lines a path with dots.
    pub column: String,
    /// What stands between codes within one text; none when the column is a JSON array.
    pub separator: Option<String>,
}

/// One line of a mapping.
#[derive(Clone, Debug)]
pub struct Column {
    /// The column's heading; for JSON lines a path with dots.
    pub from: String,
    /// The field path in the record.
    pub to: String,
    /// How the text becomes the value. An empty cell and JSON's `null` become nothing: the field is absent.
    pub conversion: Conversion,
}

/// How a cell becomes a value.
#[derive(Clone, Debug)]
pub enum Conversion {
    /// Text, without white space around it.
    Text,
    /// A JSON array of texts, joined with spaces: given names.
    Words,
    /// A date in this strptime format, kept as `2026-08-01`.
    Date(String),
    /// A decimal number, kept as text with exactly this many digits after a point: `118.00`.
    Decimal {
        /// What stands before the fraction in the file.
        mark: DecimalMark,
        /// Digits after the point.
        digits: u8,
    },
    /// A whole number.
    Integer,
    /// True or false.
    Boolean {
        /// The text that means true. JSON's `true` is the text "true".
        yes: String,
        /// The text that means false.
        no: String,
    },
    /// A code of a list, kept as what the list says for it.
    Code(Arc<BTreeMap<String, String>>),
    /// A JSON array or object, kept as it is.
    Nested,
}

/// What stands before the fraction of a decimal number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecimalMark {
    /// `118,00`
    Comma,
    /// `118.00`
    Point,
}

impl Register {
    /// Its id, such as `residents`.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The name of its file within the organisation's folder.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The type of the records that its rows become.
    #[must_use]
    pub fn record_type(&self) -> &str {
        &self.record_type
    }

    /// How the file is divided into rows and cells.
    #[must_use]
    pub fn format(&self) -> Format {
        self.format
    }

    /// How its bytes are letters.
    #[must_use]
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// The column of the identity code of the person whom a row is about.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// The column that tells a person's records apart; none when each person has one.
    #[must_use]
    pub fn record_id_column(&self) -> Option<&str> {
        self.record_id_column.as_deref()
    }

    /// The non-disclosure column, where the register has one.
    #[must_use]
    pub fn non_disclosure(&self) -> Option<&NonDisclosure> {
        self.non_disclosure.as_ref()
    }

    /// The guardians' column, where the register has one.
    #[must_use]
    pub fn guardians(&self) -> Option<&Guardians> {
        self.guardians.as_ref()
    }

    /// Columns that are known and left out.
    #[must_use]
    pub fn ignored(&self) -> &BTreeSet<String> {
        &self.ignored
    }

    /// Its name for people, where the organisation gave it one.
    #[must_use]
    pub fn labels(&self) -> Option<&Labels> {
        self.labels.as_ref()
    }

    /// The mapped columns.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }
}

pub(super) fn check(
    raw: RawRegister,
    record_types: &[RecordType],
    code_lists: &BTreeMap<String, BTreeMap<String, String>>,
) -> Result<Register, String> {
    let id = checked_id(raw.id, "register")?;
    let at = |why: String| format!("register `{id}`: {why}");

    let record_type = record_types.iter().find(|known| known.id() == raw.record_type).ok_or_else(|| {
        let ids: Vec<&str> = record_types.iter().map(RecordType::id).collect();
        at(format!("record_type = \"{}\" is not declared; declared are {}", raw.record_type, ids.join(", ")))
    })?;
    if raw.labels.as_ref().is_some_and(|labels| !labels.is_complete()) {
        return Err(at("labels need a text for each of fi, sv and en".to_owned()));
    }
    if raw.file.is_empty() || raw.file.contains(['/', '\\']) {
        return Err(at("file is the name of a file within the organisation's folder, without a folder".to_owned()));
    }
    let format = format(&raw.format, raw.delimiter.as_deref()).map_err(at)?;
    let encoding = encoding(&raw.encoding).map_err(at)?;
    if let Some(flag) = raw.non_disclosure.as_ref().filter(|flag| flag.yes == flag.no || flag.column.is_empty()) {
        return Err(at(format!("non_disclosure needs a column and two different texts, not twice \"{}\"", flag.yes)));
    }
    if raw.guardians.as_ref().is_some_and(|guardians| {
        guardians.separator.as_deref() == Some("") || (guardians.separator.is_none() && format != Format::JsonLines)
    }) {
        return Err(at("guardians needs a `separator`, such as \",\": only JSON lines have arrays".to_owned()));
    }
    let columns = raw
        .columns
        .into_iter()
        .map(|column| check_column(column, format, record_type, code_lists).map_err(at))
        .collect::<Result<Vec<Column>, String>>()?;
    let mut targets = BTreeSet::new();
    if let Some(twice) = columns.iter().find(|column| !targets.insert(&column.to)) {
        return Err(at(format!("two columns go to `{}`", twice.to)));
    }
    Ok(Register {
        labels: raw.labels,
        file: raw.file,
        record_type: raw.record_type,
        format,
        encoding,
        subject: raw.subject,
        record_id_column: raw.record_id_column,
        non_disclosure: raw.non_disclosure.map(|flag| NonDisclosure {
            column: flag.column,
            yes: flag.yes,
            no: flag.no,
        }),
        guardians: raw
            .guardians
            .map(|guardians| Guardians { column: guardians.column, separator: guardians.separator }),
        ignored: raw.ignored.into_iter().collect(),
        columns,
        id,
    })
}

fn format(text: &str, delimiter: Option<&str>) -> Result<Format, String> {
    match (text, delimiter.map(str::as_bytes)) {
        ("csv", Some(&[byte])) if byte.is_ascii_punctuation() && byte != b'"' => {
            Ok(Format::Delimited { delimiter: byte })
        }
        ("csv", _) => Err("format = \"csv\" needs `delimiter`, one character such as \";\" or \",\"".to_owned()),
        ("tsv", None) => Ok(Format::Delimited { delimiter: b'\t' }),
        ("jsonl", None) => Ok(Format::JsonLines),
        ("tsv" | "jsonl", Some(_)) => Err(format!("format = \"{text}\" takes no `delimiter`")),
        _ => Err(format!("format = \"{text}\" is unknown; allowed are csv, tsv, jsonl")),
    }
}

fn encoding(text: &str) -> Result<Encoding, String> {
    match text {
        "utf-8" => Ok(Encoding::Utf8),
        "utf-8-bom" => Ok(Encoding::Utf8WithMark),
        "windows-1252" => Ok(Encoding::Windows1252),
        _ => Err(format!("encoding = \"{text}\" is unknown; allowed are utf-8, utf-8-bom, windows-1252")),
    }
}

fn check_column(
    raw: RawColumn,
    format: Format,
    record_type: &RecordType,
    code_lists: &BTreeMap<String, BTreeMap<String, String>>,
) -> Result<Column, String> {
    let at = |why: String| format!("column `{}`: {why}", raw.from);
    if !record_type.fields().contains_key(&raw.to) {
        let paths = record_type.fields().keys().cloned().collect();
        return Err(at(format!(
            "to = \"{}\" is not a field of record_type `{}`; {}",
            raw.to,
            record_type.id(),
            known(&paths)
        )));
    }
    only_the_keys_of(&raw).map_err(at)?;
    let needs = |key: &str, example: &str| at(format!("kind = \"{}\" needs `{key}`, such as {example}", raw.kind));
    let conversion = match raw.kind.as_str() {
        "text" => Conversion::Text,
        "integer" => Conversion::Integer,
        "words" | "nested" if format != Format::JsonLines => {
            return Err(at(format!("kind = \"{}\" reads JSON arrays, which only format = \"jsonl\" has", raw.kind)));
        }
        "words" => Conversion::Words,
        "nested" => Conversion::Nested,
        "date" => Conversion::Date(date_format(raw.format.as_deref()).ok_or_else(|| needs("format", "\"%d.%m.%Y\""))?),
        "decimal" => Conversion::Decimal {
            mark: match raw.mark.as_deref() {
                Some("comma") => DecimalMark::Comma,
                Some("point") => DecimalMark::Point,
                _ => return Err(needs("mark", "\"comma\" or \"point\"")),
            },
            digits: raw.digits.ok_or_else(|| needs("digits", "2"))?,
        },
        "boolean" => match (raw.yes.clone(), raw.no.clone()) {
            (Some(yes), Some(no)) if yes != no => Conversion::Boolean { yes, no },
            _ => return Err(needs("yes` and `no", "yes = \"K\", no = \"E\"")),
        },
        "code" => {
            let name = raw.codes.as_ref().ok_or_else(|| needs("codes", "\"municipalities\""))?;
            let list = code_lists
                .get(name)
                .ok_or_else(|| at(format!("codes = \"{name}\" is not declared; write a table [code_lists.{name}]")))?;
            Conversion::Code(Arc::new(list.clone()))
        }
        _ => {
            return Err(at(format!(
                "kind = \"{}\" is unknown; allowed are text, words, date, decimal, integer, boolean, code, nested",
                raw.kind
            )));
        }
    };
    Ok(Column { from: raw.from, to: raw.to, conversion })
}

/// A strptime format that reads back the date it writes, or none.
fn date_format(format: Option<&str>) -> Option<String> {
    // Day above 12 and year of four digits: a format that confuses day and month or drops the century is found out.
    let date = jiff::civil::date(1935, 9, 27);
    let written = jiff::fmt::strtime::format(format?, date).ok()?;
    let read = Date::strptime(format?, written).ok()?;
    (read == date).then(|| format.map(str::to_owned))?
}

/// A key that the kind does not read would be silently without effect: refused.
fn only_the_keys_of(raw: &RawColumn) -> Result<(), String> {
    let given = [
        ("format", raw.format.is_some(), "date"),
        ("mark", raw.mark.is_some(), "decimal"),
        ("digits", raw.digits.is_some(), "decimal"),
        ("yes", raw.yes.is_some(), "boolean"),
        ("no", raw.no.is_some(), "boolean"),
        ("codes", raw.codes.is_some(), "code"),
    ];
    match given.iter().find(|(_, is_given, kind)| *is_given && *kind != raw.kind) {
        Some((key, _, kind)) => Err(format!("`{key}` goes with kind = \"{kind}\", not with kind = \"{}\"", raw.kind)),
        None => Ok(()),
    }
}
