//! A cell of a row to the value of a field, by the kind that the catalogue names.
//!
//! Every error is a sentence that begins with the field's English label and repeats no value.

use jiff::civil::Date;
use serde_json::Value;

use crate::catalogue::{Conversion, DecimalMark};

/// What stands in a column of a row. Nothing (an empty cell, JSON's `null` or "") is no cell.
#[derive(Clone, Copy)]
pub(crate) enum Cell<'a> {
    /// Text, without white space around it.
    Text(&'a str),
    /// JSON other than text.
    Json(&'a Value),
}

impl<'a> Cell<'a> {
    pub(crate) fn from_text(text: &'a str) -> Option<Self> {
        let text = text.trim();
        (!text.is_empty()).then_some(Self::Text(text))
    }

    pub(crate) fn from_json(json: &'a Value) -> Option<Self> {
        match json {
            Value::Null => None,
            Value::String(text) => Self::from_text(text),
            other => Some(Self::Json(other)),
        }
    }

    /// Text, or what JSON's booleans and numbers look like as text.
    pub(crate) fn as_plain_text(self) -> Option<std::borrow::Cow<'a, str>> {
        match self {
            Self::Text(text) => Some(text.into()),
            Self::Json(plain @ (Value::Bool(_) | Value::Number(_))) => Some(plain.to_string().into()),
            Self::Json(_) => None,
        }
    }
}

/// Converts a cell; `words` is the field's label within a sentence.
pub(crate) fn convert(cell: Cell<'_>, conversion: &Conversion, words: &str) -> Result<Value, String> {
    match conversion {
        Conversion::Text => match cell {
            Cell::Text(text) => Ok(text.into()),
            Cell::Json(_) => Err(format!("{words} is not text")),
        },
        Conversion::Words => joined(cell).map(Value::String).ok_or_else(|| format!("{words} is not a list of texts")),
        Conversion::Date(format) => {
            let Cell::Text(text) = cell else { return Err(format!("{words} does not parse")) };
            let date = Date::strptime(format, text).map_err(|_| format!("{words} does not parse"))?;
            Ok(date.to_string().into())
        }
        Conversion::Decimal { mark, digits } => {
            let (mark, name) = match (mark, cell) {
                // A JSON number has a point whatever the register's texts have.
                (DecimalMark::Point, _) | (_, Cell::Json(_)) => ('.', "point"),
                (DecimalMark::Comma, Cell::Text(_)) => (',', "comma"),
            };
            cell.as_plain_text()
                .and_then(|text| decimal(&text, mark, *digits))
                .map(Value::String)
                .ok_or_else(|| format!("{words} is not a number with up to {digits} digits after a decimal {name}"))
        }
        Conversion::Integer => {
            let number = cell.as_plain_text().and_then(|text| text.parse::<i64>().ok());
            number.map(Value::from).ok_or_else(|| format!("{words} is not a whole number"))
        }
        Conversion::Boolean { yes, no } => match cell.as_plain_text() {
            Some(text) if text == yes.as_str() => Ok(true.into()),
            Some(text) if text == no.as_str() => Ok(false.into()),
            _ => Err(format!("{words} is neither {yes} nor {no}")),
        },
        Conversion::Code(list) => {
            let known = cell.as_plain_text().and_then(|code| list.get(code.as_ref()));
            known.map(|name| name.as_str().into()).ok_or_else(|| format!("{words} code is unknown"))
        }
        Conversion::Nested => match cell {
            Cell::Json(nested @ (Value::Array(_) | Value::Object(_))) => Ok(nested.clone()),
            _ => Err(format!("{words} is not a JSON array or object")),
        },
    }
}

/// The texts of a JSON array with a space between each.
fn joined(cell: Cell<'_>) -> Option<String> {
    let Cell::Json(Value::Array(items)) = cell else { return None };
    let texts: Option<Vec<&str>> = items.iter().map(|item| item.as_str().map(str::trim)).collect();
    texts.map(|texts| texts.join(" "))
}

/// `118,0` to `118.00`; none when it is no number or has more digits than are kept, for nothing is rounded here.
fn decimal(text: &str, mark: char, digits: u8) -> Option<String> {
    let digits = usize::from(digits);
    let (sign, number) = text.strip_prefix('-').map_or(("", text), |number| ("-", number));
    let (whole, fraction) = number.split_once(mark).unwrap_or((number, ""));
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let dangling_mark = number.ends_with(mark);
    if whole.is_empty() || dangling_mark || !all_digits(whole) || !all_digits(fraction) || fraction.len() > digits {
        return None;
    }
    let point = if digits == 0 { "" } else { "." };
    Some(format!("{sign}{whole}{point}{fraction:0<digits$}"))
}
