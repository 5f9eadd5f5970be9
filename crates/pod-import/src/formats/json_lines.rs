//! JSON lines: one object a line. A property that stands there twice refuses the row: which one is meant, nobody knows.

use std::fmt;
use std::io::{self, BufRead};

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::lines::{Line, Lines};
use super::{BadRow, Cells, Encoding, MAX_ROW_BYTES, Row};

#[derive(Debug)]
pub(super) struct JsonLines<R> {
    lines: Lines<R>,
    encoding: Encoding,
}

impl<R: BufRead> JsonLines<R> {
    pub(super) fn new(lines: Lines<R>, encoding: Encoding) -> Self {
        Self { lines, encoding }
    }

    pub(super) fn bytes_done(&self) -> u64 {
        self.lines.bytes_done()
    }

    pub(super) fn next_row(&mut self) -> io::Result<Option<Row>> {
        loop {
            let Some(line) = self.lines.next_line()? else { return Ok(None) };
            if line.content().iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            return Ok(Some(Row { line: line.number, cells: self.object(line).map(Cells::Json) }));
        }
    }

    fn object(&self, line: Line) -> Result<Map<String, Value>, BadRow> {
        if line.is_too_long {
            return Err(BadRow::new(format!("is longer than {MAX_ROW_BYTES} bytes")));
        }
        let text = self.encoding.decode(line.into_content()).map_err(BadRow::new)?;
        match serde_json::from_str(&text) {
            Ok(Strict(Value::Object(object))) => Ok(object),
            Ok(_) => Err(BadRow::new("is not a JSON object")),
            // serde_json's own sentence can repeat what stands in the row: the column is all we pass on.
            Err(error) if error.to_string().starts_with(TWICE) => Err(BadRow::new(TWICE)),
            Err(error) => Err(BadRow::new(format!("is not JSON from character {} on", error.column()))),
        }
    }
}

const TWICE: &str = "names a property twice";

/// A JSON value in which no object names a property twice.
struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Self)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        while let Some(Strict(item)) = items.next_element()? {
            array.push(item);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some((key, Strict(value))) = entries.next_entry::<String, Strict>()? {
            if object.insert(key, value).is_some() {
                return Err(A::Error::custom(TWICE));
            }
        }
        Ok(Value::Object(object))
    }
}
