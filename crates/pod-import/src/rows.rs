//! A row to a record, against the JSON Schema of its type, or to the sentence that says why not.

mod schema;

use std::collections::BTreeSet;
use std::fmt;

use pod_crypto::Zeroize as _;
use pod_protocol::value::Value;
use serde::Serialize;
use serde_json::Map;

use crate::catalogue::{Column, Guardians, NonDisclosure, RecordType, Register};
use crate::convert::{Cell, convert};
use crate::formats::{BadRow, Cells, Row};
use crate::identity::{IdentityCode, contains_identity_code};

/// The record id where each person has one record of a type.
pub const SOLE_RECORD: &str = "sole";

/// A record id is part of keys and of the additional data that a record is sealed with: card numbers and dates are
/// shorter than this.
pub const MAX_RECORD_ID_BYTES: usize = 64;

/// Most guardians of one person: two parents, and whom courts may add. Holders keep no longer list.
pub const MAX_GUARDIANS: usize = 16;

/// A property's name is repeated in a refusal up to this length; a register's own names are shorter.
const MAX_NAME_CHARS: usize = 100;

/// One record, out of one row.
#[derive(Clone, PartialEq, Eq)]
pub struct ImportedRecord {
    /// The person whom it is about.
    pub subject: IdentityCode,
    /// The id of its record type.
    pub record_type: String,
    /// Tells this person's records of the type apart: [`SOLE_RECORD`], or what the register's column says.
    pub record_id: String,
    /// A map that fits the type's schema and holds no identity code.
    pub fields: Value,
    /// Those who act for the person; none when the register does not speak of guardians at all, an empty list when it
    /// says that there are none.
    pub guardians: Option<Vec<IdentityCode>>,
    /// Whether the person is under non-disclosure; none when the register does not say.
    pub non_disclosure: Option<bool>,
    /// The line of its file on which the row begins.
    pub line: u64,
}

/// Its fields are overwritten: they are somebody's.
impl Drop for ImportedRecord {
    fn drop(&mut self) {
        self.fields.zeroize();
    }
}

/// Says which record it is, not whose and not what it holds.
impl fmt::Debug for ImportedRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ImportedRecord({}, line {}, …)", self.record_type, self.line)
    }
}

/// A row that did not become a record, for the person who will correct it at its source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refused {
    /// The file with its folder: `helsinki/residents.csv`.
    pub file: String,
    /// The line on which the row begins, counted from 1, heading included.
    pub line: u64,
    /// The column as the file calls it, where the fault belongs to one.
    pub field: Option<String>,
    /// What is wrong. No value of the row stands in it.
    pub why: String,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, line {}", self.file, self.line)?;
        if let Some(field) = &self.field {
            write!(f, ", {field}")?;
        }
        write!(f, ": {}", self.why)
    }
}

/// Where a column is in a row.
enum Place {
    /// The cell with this index.
    Cell(usize),
    /// The JSON property behind these names.
    Path(Vec<String>),
}

impl Place {
    fn in_row<'a>(&self, cells: &'a Cells) -> Option<Cell<'a>> {
        self.find(cells).flatten()
    }

    /// None when the row has no such column, which in JSON each row decides; some of none when there is nothing in it.
    fn find<'a>(&self, cells: &'a Cells) -> Option<Option<Cell<'a>>> {
        match (self, cells) {
            (Self::Cell(index), Cells::Delimited(cells)) => cells.get(*index).map(|text| Cell::from_text(text)),
            (Self::Path(names), Cells::Json(object)) => {
                let (first, rest) = names.split_first()?;
                rest.iter().try_fold(object.get(first)?, |json, name| json.get(name)).map(Cell::from_json)
            }
            _ => None,
        }
    }
}

/// A register's mapping, bound to the heading of one file.
pub struct Mapper<'c> {
    record_type: &'c RecordType,
    subject: (Place, &'c str),
    record_id: Option<(Place, &'c str)>,
    non_disclosure: Option<(Place, &'c NonDisclosure)>,
    guardians: Option<(Place, &'c Guardians)>,
    columns: Vec<(Place, Vec<String>, &'c Column, String)>,
    known: BTreeSet<&'c str>,
}

impl fmt::Debug for Mapper<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mapper(to {})", self.record_type.id())
    }
}

impl<'c> Mapper<'c> {
    /// Binds a register to a heading; JSON lines have none.
    ///
    /// # Errors
    /// A sentence, when the heading lacks a column that the catalogue maps or has one that it does not know.
    pub fn bind(
        register: &'c Register,
        record_type: &'c RecordType,
        heading: Option<&[String]>,
    ) -> Result<Self, String> {
        let place = |column: &str| match heading {
            None => Ok(Place::Path(column.split('.').map(str::to_owned).collect())),
            Some(heading) => heading
                .iter()
                .position(|name| name == column)
                .map(Place::Cell)
                .ok_or_else(|| format!("has no column `{column}`; its heading is {}", heading.join(", "))),
        };
        let mut columns = Vec::new();
        for column in register.columns() {
            let to = column.to.split('.').map(str::to_owned).collect();
            columns.push((place(&column.from)?, to, column, record_type.words_for(&column.to)));
        }
        let known: BTreeSet<&str> = std::iter::once(register.subject())
            .chain(register.record_id_column())
            .chain(register.non_disclosure().map(|flag| flag.column.as_str()))
            .chain(register.guardians().map(|guardians| guardians.column.as_str()))
            .chain(register.ignored().iter().map(String::as_str))
            .chain(register.columns().iter().map(|column| column.from.as_str()))
            .collect();
        if let Some(unknown) = heading.into_iter().flatten().find(|name| !known.contains(name.as_str())) {
            return Err(format!(
                "has a column `{unknown}` that the catalogue does not know: map it or name it in `ignored` of register `{}`",
                register.id()
            ));
        }
        Ok(Self {
            record_type,
            subject: (place(register.subject())?, register.subject()),
            record_id: register.record_id_column().map(|name| Ok::<_, String>((place(name)?, name))).transpose()?,
            non_disclosure: register
                .non_disclosure()
                .map(|flag| Ok::<_, String>((place(&flag.column)?, flag)))
                .transpose()?,
            guardians: register
                .guardians()
                .map(|guardians| Ok::<_, String>((place(&guardians.column)?, guardians)))
                .transpose()?,
            columns,
            known,
        })
    }

    /// Makes the record of a row.
    ///
    /// # Errors
    /// The first fault of the row, in this order: not divided into cells, subject, non-disclosure, fields in the
    /// catalogue's order, schema, guardians.
    pub fn record(&self, row: Row) -> Result<ImportedRecord, BadRow> {
        let cells = row.cells?;
        self.read(&cells, row.line).map_err(|bad| BadRow { protects: self.protects(&cells), ..bad })
    }

    fn read(&self, cells: &Cells, line: u64) -> Result<ImportedRecord, BadRow> {
        if let Cells::Json(object) = cells {
            self.only_known_properties(object, "")?;
        }
        let subject = self.subject(cells)?;
        let record_id = self.record_id(cells)?;
        let non_disclosure = self.non_disclosure(cells)?;
        let fields = self.fields(cells)?;
        let guardians = self.guardians(cells, &subject)?;
        let record_type = self.record_type.id().to_owned();
        Ok(ImportedRecord { subject, record_type, record_id, fields, guardians, non_disclosure, line })
    }

    /// The person whom a row says to be protected, as far as it can be read.
    fn protects(&self, cells: &Cells) -> Option<IdentityCode> {
        let is_protected = self.non_disclosure(cells).ok().flatten()?;
        self.subject(cells).ok().filter(|_| is_protected)
    }

    fn subject(&self, cells: &Cells) -> Result<IdentityCode, BadRow> {
        let (place, name) = &self.subject;
        let text = match place.in_row(cells) {
            Some(Cell::Text(text)) => text,
            Some(Cell::Json(_)) => return Err(BadRow::at(name, "identity code is not text")),
            None => "",
        };
        IdentityCode::parse(text).map_err(|error| BadRow::at(name, error.to_string()))
    }

    fn record_id(&self, cells: &Cells) -> Result<String, BadRow> {
        let Some((place, name)) = &self.record_id else { return Ok(SOLE_RECORD.to_owned()) };
        match place.in_row(cells).and_then(Cell::as_plain_text) {
            None => Err(BadRow::at(name, "is empty, and tells the person's records apart")),
            Some(id) if id.len() > MAX_RECORD_ID_BYTES => Err(BadRow::at(
                name,
                format!("is longer than {MAX_RECORD_ID_BYTES} bytes, and tells the person's records apart"),
            )),
            Some(id) if id.chars().any(char::is_control) => Err(BadRow::at(name, "holds control characters")),
            Some(id) if contains_identity_code(&id) => Err(BadRow::at(name, "holds an identity code")),
            Some(id) => Ok(id.into_owned()),
        }
    }

    fn non_disclosure(&self, cells: &Cells) -> Result<Option<bool>, BadRow> {
        let Some((place, flag)) = &self.non_disclosure else { return Ok(None) };
        match place.in_row(cells).and_then(Cell::as_plain_text) {
            Some(text) if text == flag.yes.as_str() => Ok(Some(true)),
            Some(text) if text == flag.no.as_str() => Ok(Some(false)),
            // An empty cell too: whether somebody is protected is not guessed.
            _ => Err(BadRow::at(&flag.column, format!("non-disclosure flag is neither {} nor {}", flag.yes, flag.no))),
        }
    }

    fn fields(&self, cells: &Cells) -> Result<Value, BadRow> {
        let mut fields = Map::new();
        for (place, to, column, words) in &self.columns {
            if let Some(cell) = place.in_row(cells) {
                let value = convert(cell, &column.conversion, words).map_err(|why| BadRow::at(&column.from, why))?;
                set(&mut fields, to, value);
            }
        }
        let fields = serde_json::Value::Object(fields);
        if let Some((path, why)) = schema::first_fault(self.record_type, &fields) {
            return Err(BadRow::at(self.column_of(&path), why));
        }
        if let Some(path) = field_with_identity_code(&fields, "") {
            return Err(BadRow::at(self.column_of(&path), "holds an identity code, which no record may"));
        }
        Value::from_json(&fields).map_err(|error| BadRow::new(error.to_string()))
    }

    fn guardians(&self, cells: &Cells, subject: &IdentityCode) -> Result<Option<Vec<IdentityCode>>, BadRow> {
        let Some((place, guardians)) = &self.guardians else { return Ok(None) };
        let wrong = || BadRow::at(&guardians.column, "a guardian's identity code is wrong");
        // Without a word about guardians nobody stops being one.
        let Some(cell) = place.find(cells) else {
            return Err(BadRow::at(&guardians.column, "is missing: say null where there are no guardians"));
        };
        let texts: Vec<&str> = match (cell, &guardians.separator) {
            (None, _) => Vec::new(),
            (Some(Cell::Text(text)), Some(separator)) => text.split(separator.as_str()).collect(),
            (Some(Cell::Json(serde_json::Value::Array(items))), None) => {
                items.iter().map(|item| item.as_str().ok_or_else(wrong)).collect::<Result<_, _>>()?
            }
            _ => return Err(BadRow::at(&guardians.column, "guardians are not given as the catalogue says")),
        };
        let mut codes: Vec<IdentityCode> = Vec::with_capacity(texts.len());
        for text in texts {
            let code = IdentityCode::parse(text).map_err(|_| wrong())?;
            if code == *subject {
                return Err(BadRow::at(&guardians.column, "a person is named as their own guardian"));
            }
            if !codes.contains(&code) {
                codes.push(code);
            }
        }
        if codes.len() > MAX_GUARDIANS {
            return Err(BadRow::at(&guardians.column, format!("names more than {MAX_GUARDIANS} guardians")));
        }
        Ok(Some(codes))
    }

    /// A property that nobody mapped would be lost without a word: the row is refused instead.
    fn only_known_properties(&self, object: &Map<String, serde_json::Value>, parent: &str) -> Result<(), BadRow> {
        for (name, value) in object {
            let path = join(parent, name);
            // Else the property `a.b` passes for the path to `b` in `a`, from where nobody reads it.
            let is_one_step = !name.is_empty() && !name.contains('.');
            if is_one_step && self.known.contains(path.as_str()) {
                continue;
            }
            match value.as_object() {
                Some(inner) if is_one_step => self.only_known_properties(inner, &path)?,
                _ if contains_identity_code(&path) => {
                    return Err(BadRow::new("names a property by an identity code"));
                }
                _ => {
                    let shown: String = path.chars().take(MAX_NAME_CHARS).collect();
                    return Err(BadRow::at(&shown, "the catalogue does not know this property"));
                }
            }
        }
        Ok(())
    }

    /// The column of the file that a field path comes from: the nearest one at or above it, or else just below it.
    fn column_of<'a>(&'a self, path: &'a str) -> &'a str {
        let within = |inner: &str, outer: &str| {
            inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        self.columns
            .iter()
            .find(|(_, _, column, _)| within(path, &column.to))
            .or_else(|| self.columns.iter().find(|(_, _, column, _)| within(&column.to, path)))
            .map_or(path, |(_, _, column, _)| column.from.as_str())
    }
}

fn join(parent: &str, name: &str) -> String {
    if parent.is_empty() { name.to_owned() } else { format!("{parent}.{name}") }
}

/// Puts a value at a path, making the maps on the way.
fn set(fields: &mut Map<String, serde_json::Value>, path: &[String], value: serde_json::Value) {
    match path {
        [] => {}
        [name] => {
            fields.insert(name.clone(), value);
        }
        [name, rest @ ..] => {
            let inner = fields.entry(name.as_str()).or_insert_with(|| Map::new().into());
            // The catalogue's check of the schema lets no field have both a value and fields below it.
            if let Some(inner) = inner.as_object_mut() {
                set(inner, rest, value);
            }
        }
    }
}

/// The first field path whose text, or the name of a property right below it, holds an identity code.
fn field_with_identity_code(json: &serde_json::Value, path: &str) -> Option<String> {
    match json {
        serde_json::Value::String(text) => contains_identity_code(text).then(|| path.to_owned()),
        serde_json::Value::Array(items) => items.iter().find_map(|item| field_with_identity_code(item, path)),
        serde_json::Value::Object(entries) => {
            if entries.keys().any(|name| contains_identity_code(name)) {
                return Some(path.to_owned());
            }
            entries.iter().find_map(|(name, value)| field_with_identity_code(value, &join(path, name)))
        }
        _ => None,
    }
}
