//! What catches out an importer: byte-order marks, Windows-1252, decimal commas, empty cells, nested objects.

use serde_json::json;

use crate::world::{CODES, Case, MemorySink, import_city};

const CSV: &str = r#"
format = "csv"
delimiter = ";"
encoding = "ENCODING"
subject = "hetu"
guardians = { column = "huoltajat", separator = "," }
non_disclosure = { column = "kielto", yes = "K", no = "E" }
ignored = ["turha"]
columns = [
    { from = "nimi", to = "name", kind = "text" },
    { from = "päivä", to = "day", kind = "date", format = "%d.%m.%Y" },
    { from = "maksu", to = "fee", kind = "decimal", mark = "comma", digits = 2 },
    { from = "luokka", to = "grade", kind = "integer" },
    { from = "kunta", to = "place.town", kind = "code", codes = "towns" },
]
"#;
const HEADING: &str = "hetu;nimi;päivä;maksu;luokka;kunta;kielto;huoltajat;turha\r\n";

fn csv(encoding: &str) -> Case {
    Case::new("things.csv", &CSV.replace("ENCODING", encoding))
}

#[test]
fn utf8_with_and_without_mark_and_decimal_commas() {
    let row = format!("{};Åke Öhman;27.09.1935;118,0;3;091;K;{},{};x\r\n", CODES[0], CODES[1], CODES[2]);
    let expected =
        json!({"name": "Åke Öhman", "day": "1935-09-27", "fee": "118.00", "grade": 3, "place": {"town": "Helsinki"}});
    for (encoding, mark) in [("utf-8", ""), ("utf-8-bom", "\u{feff}"), ("utf-8-bom", "")] {
        let (report, sink) = csv(encoding).import("things.csv", format!("{mark}{HEADING}{row}").as_bytes());
        assert_eq!(report.refused, vec![]);
        let kept = sink.kept(CODES[0], "thing");
        assert_eq!(sink.json(CODES[0], "thing"), expected);
        assert_eq!(kept.guardians.as_ref().unwrap().len(), 2);
        assert_eq!(kept.non_disclosure, Some(true));
    }
    let stopped = csv("utf-8").stops("things.csv", format!("\u{feff}{HEADING}{row}").as_bytes());
    assert!(stopped.contains("byte-order mark; write encoding = \"utf-8-bom\""), "{stopped}");
}

#[test]
fn windows_1252_letters_and_the_five_bytes_it_lacks() {
    let text = format!("{HEADING}{};Åsa €;;;;;E;;\r\n{};BAD;;;;;E;;\r\n", CODES[0], CODES[1]);
    let mut bytes: Vec<u8> = text
        .chars()
        .map(|letter| if letter == '€' { 0x80 } else { u8::try_from(u32::from(letter)).unwrap() })
        .collect();
    let bad = bytes.windows(3).position(|window| window == b"BAD").unwrap();
    bytes[bad] = 0x81;
    let (report, sink) = csv("windows-1252").import("things.csv", &bytes);
    assert_eq!(sink.json(CODES[0], "thing"), json!({"name": "Åsa €"}));
    assert_eq!(report.refused.len(), 1);
    let refused = &report.refused[0];
    assert_eq!((refused.line, refused.field.as_deref()), (3, Some("nimi")));
    assert_eq!(refused.why, "holds bytes that are no letters in Windows-1252");

    let stopped = csv("utf-8").stops("things.csv", &bytes);
    assert!(stopped.contains("heading that holds bytes that are not UTF-8: is `encoding`"), "{stopped}");
}

#[test]
fn turku_keeps_its_letters_and_its_question_marks() {
    let mut sink = MemorySink::default();
    import_city("turku", &mut sink);
    let text: String = sink.records.values().map(|kept| kept.fields.to_json().to_string()).collect();
    assert!(text.contains('ä') && text.contains('ö') && text.contains("päiväkoti"));
    assert!(text.contains('?'), "letters that the old system could not write are released as it wrote them");
    assert!(!text.contains('\u{fffd}'));
    assert!(text.contains("\"fee_eur\":\"118.00\""));
}

#[test]
fn espoos_nested_rows_become_the_same_fields_as_helsinkis() {
    let mut espoo = MemorySink::default();
    let mut helsinki = MemorySink::default();
    import_city("espoo", &mut espoo);
    import_city("helsinki", &mut helsinki);
    let residence = |sink: &MemorySink| {
        let mut names = std::collections::BTreeSet::new();
        for ((_, kind, _), kept) in &sink.records {
            if kind == "residence" {
                let json = kept.fields.to_json();
                for (name, value) in json.as_object().unwrap() {
                    names.insert(name.clone());
                    names.extend(value.as_object().into_iter().flatten().map(|(inner, _)| format!("{name}.{inner}")));
                }
            }
        }
        names
    };
    let mut expected = residence(&helsinki);
    // Espoo's register has no post town.
    expected.remove("address.post_town");
    assert_eq!(residence(&espoo), expected);
    let text: String = espoo.records.values().map(|kept| kept.fields.to_json().to_string()).collect();
    assert!(text.contains("\"municipality\":\"Espoo\""));
}

#[test]
fn helsinkis_health_records_stay_nested() {
    let mut sink = MemorySink::default();
    import_city("helsinki", &mut sink);
    let with_allergy = sink
        .records
        .iter()
        .filter(|((_, kind, _), _)| kind == "child-health")
        .map(|(_, kept)| kept.fields.to_json())
        .find(|json| !json["allergies"].as_array().unwrap().is_empty())
        .unwrap();
    let allergy = &with_allergy["allergies"][0];
    assert!(allergy["substance"].is_string() && allergy["severity"].is_string() && allergy["noted"].is_string());
}
