//! A mistake in a catalogue is one sentence: the file, where, what is wrong and what is allowed.

use pod_import::{Catalogue, Plan};
use pod_protocol::path::MAX_PROTECTED_FIELDS;

use crate::world::{CASE_HEAD, CITIES, catalogue, catalogue_path};

const REGISTER: &str = r#"
[[register]]
id = "things"
file = "things.csv"
record_type = "thing"
format = "csv"
delimiter = ";"
encoding = "utf-8"
subject = "hetu"
columns = [{ from = "day", to = "day", kind = "date", format = "%d.%m.%Y" }]
"#;

/// The error after one replacement in a catalogue that is right.
fn mistake(from: &str, to: &str) -> String {
    let right = format!("{CASE_HEAD}{REGISTER}");
    Catalogue::parse(&right, "town.toml").unwrap();
    assert!(right.contains(from), "{from}");
    Catalogue::parse(&right.replacen(from, to, 1), "town.toml").unwrap_err().to_string()
}

#[test]
fn unknown_and_missing_keys() {
    let said = mistake("delimiter = \";\"", "delimeter = \";\"");
    let before = format!("{CASE_HEAD}{REGISTER}");
    let line = before.lines().position(|line| line.starts_with("delimiter")).unwrap() + 1;
    let start =
        format!("catalogue town.toml, line {line}: unknown key `delimeter`, allowed here are `id`, `labels`, `file`, ");
    assert!(said.starts_with(&start), "{said}");
    let said = mistake("retention = \"P1Y\"", "");
    assert!(said.contains("missing key `retention`"), "{said}");
    let said = mistake("kind = \"date\",", "kind = \"date\", form = 1,");
    assert!(said.contains("unknown key `form`, allowed here are `from`, `to`, `kind`"), "{said}");
}

/// What is changed, to what, and what must be said.
const MISTAKES: &[(&str, &str, &str)] = &[
    (
        "en = \"Note\"",
        "en = \"Note\", values = \"towns\"",
        "field `notes.what`: values = \"towns\" is not declared; write a table [value_labels.towns]",
    ),
    ("en = \"Note\"", "en = \"Note\", values = \"notes\"", "values = \"notes\" lacks `b`, which the schema allows"),
    (
        "en = \"Fee\"",
        "en = \"Fee\", values = \"bad\"",
        "values = \"bad\" needs a text for each of fi, sv and en for `x`",
    ),
    (
        "en = \"Grade\"",
        "en = \"Grade\", values = \"notes\"",
        "values = \"notes\" is for a field whose values are texts",
    ),
    (
        "en = \"Place\"",
        "en = \"Place\", values = \"notes\"",
        "values = \"notes\" is for a field whose values are texts",
    ),
    ("format = 1", "format = 2", "format = 2 is unknown; this program reads format = 1"),
    ("id = \"town\"", "id = \"Town\"", "organisation id `Town` must begin with a small letter"),
    ("encoding = \"utf-8\"", "encoding = \"latin1\"", "allowed are utf-8, utf-8-bom, windows-1252"),
    (
        "file = \"things.csv\"",
        "file = \"things.csv\"\nlabels = { fi = \"Asiat\", sv = \"\", en = \"Things\" }",
        "register `things`: labels need a text for each of fi, sv and en",
    ),
    ("format = \"csv\"", "format = \"xml\"", "format = \"xml\" is unknown; allowed are csv, tsv, jsonl"),
    ("format = \"csv\"", "format = \"tsv\"", "format = \"tsv\" takes no `delimiter`"),
    ("delimiter = \";\"", "delimiter = \"\\t\"", "needs `delimiter`, one character"),
    ("record_type = \"thing\"", "record_type = \"thin\"", "record_type = \"thin\" is not declared; declared are thing"),
    (
        "to = \"day\"",
        "to = \"date\"",
        "column `day`: to = \"date\" is not a field of record_type `thing`; it has day, fee, ",
    ),
    ("kind = \"date\"", "kind = \"datum\"", "`format` goes with kind = \"date\", not with kind = \"datum\""),
    (", format = \"%d.%m.%Y\"", "", "kind = \"date\" needs `format`, such as \"%d.%m.%Y\""),
    ("%d.%m.%Y", "%d.%m", "kind = \"date\" needs `format`"),
    (
        "kind = \"date\", format = \"%d.%m.%Y\"",
        "kind = \"datum\"",
        "allowed are text, words, date, decimal, integer, boolean, code, nested",
    ),
    ("kind = \"date\", format = \"%d.%m.%Y\"", "kind = \"nested\"", "which only format = \"jsonl\" has"),
    (
        "kind = \"date\", format = \"%d.%m.%Y\"",
        "kind = \"code\", codes = \"tows\"",
        "codes = \"tows\" is not declared; write a table [code_lists.tows]",
    ),
    (
        "[\"eu-gdpr:A6-1-c\"]",
        "[\"consent\"]",
        "legal_basis `consent` is unknown; write terms such as \"eu-gdpr:A6-1-c\"",
    ),
    ("[\"eu-gdpr:A6-1-c\"]", "[]", "legal_basis needs a term of article 6"),
    ("sensitivity = \"personal\"", "sensitivity = \"special-category\"", "needs a term of article 9 too"),
    ("sensitivity = \"personal\"", "sensitivity = \"secret\"", "allowed are personal, confidential, special-category"),
    ("retention = \"P1Y\"", "retention = \"a year\"", "write an ISO 8601 duration such as \"P10Y\", or \"120 months\""),
    (
        "[\"place.street\"]",
        "[\"addres\"]",
        "withheld_under_non_disclosure names `addres`, which the schema does not have",
    ),
    (
        "name = { fi = \"Nimi\", sv = \"Namn\", en = \"Name\" }",
        "",
        "fields lacks \"name\": every field of the schema needs labels fi, sv and en",
    ),
    ("sv = \"Namn\"", "sv = \"\"", "field `name` needs a text for each of fi, sv and en"),
    ("en = \"Fee\"", "en = \"Fee\", whose = \"me\"", "whose = \"me\" is unknown; allowed are subject, guardian, other"),
    (
        "{ \"type\": \"object\", \"additionalProperties\": false,",
        "{ \"type\": \"object\",",
        "needs \"additionalProperties\": false at the top level",
    ),
    ("\"maxLength\": 40", "\"maxLength\": \"x\"", "the schema is not JSON Schema 2020-12"),
    ("\"format\": \"date\"", "\"format\": \"dat\"", "the schema is not JSON Schema 2020-12"),
    ("\"day\": {", "\"day\" {", "the schema is not JSON"),
    (
        "{ \"type\": \"integer\", \"minimum\": 1, \"maximum\": 9 }",
        "{ \"type\": \"object\" }",
        "the object at grade needs `properties`",
    ),
    ("{ \"type\": \"integer\", \"minimum\": 1, \"maximum\": 9 }", "{}", "the schema needs a \"type\" at grade: one of"),
    ("\"integer\"", "[\"integer\", \"object\"]", "the schema needs a \"type\" at grade: one of"),
    (
        "{ \"type\": \"integer\", \"minimum\": 1, \"maximum\": 9 }",
        "{ \"type\": \"array\" }",
        "the array at grade needs `items`",
    ),
    ("\"minimum\": 1", "\"anyOf\": [{}]", "the schema uses `anyOf` at grade; allowed are "),
    ("\"minimum\": 1", "\"if\": {}", "the schema uses `if` at grade"),
    (
        "\"additionalProperties\": false, \"required\"",
        "\"additionalProperties\": false, \"patternProperties\": {}, \"required\"",
        "the schema uses `patternProperties` at notes",
    ),
    ("\"minimum\": 1", "\"$ref\": \"#\"", "the schema uses `$ref` at grade"),
];

#[test]
fn wrong_values_say_what_is_allowed() {
    for (from, to, expected) in MISTAKES {
        let said = mistake(from, to);
        assert!(said.starts_with("catalogue town.toml"), "{said}");
        assert!(said.contains(expected), "{from} -> {to}: {said}");
    }
}

#[test]
fn what_is_protected_has_room_in_the_log() {
    let (head, record_type) = CASE_HEAD.split_once("[[record_type]]").unwrap();
    // Each protects two fields.
    let record_type = record_type.replacen("[\"place.street\"]", "[\"place.street\", \"place.town\"]", 1);
    let town = |types: usize| {
        let types = (0..types).map(|number| record_type.replacen("\"thing\"", &format!("\"thing{number}\""), 1));
        let text = types.fold(head.to_owned(), |text, one| text + "[[record_type]]" + &one);
        Catalogue::parse(&text, "town.toml")
    };
    assert!(town(MAX_PROTECTED_FIELDS / 2).is_ok());
    let said = town(MAX_PROTECTED_FIELDS / 2 + 1).unwrap_err().to_string();
    assert!(said.contains("withheld_under_non_disclosure names 130 fields in all"), "{said}");
    assert!(said.ends_with("name a parent in place of the fields below it"), "{said}");
}

#[test]
fn a_field_that_no_grant_could_name() {
    let long = "x".repeat(97);
    let said = mistake("\"day\": {", &format!("\"{long}\": {{"));
    assert!(said.contains(&format!("`{long}` cannot be named in a grant: give it a shorter name")), "{said}");
}

#[test]
fn two_registers_that_say_who_is_protected_are_one_too_many() {
    let saying = |id: &str| {
        let flag = "non_disclosure = { column = \"flag\", yes = \"K\", no = \"E\" }";
        REGISTER.replace("things", id).replace("subject = ", &format!("{flag}\nsubject = "))
    };
    let one = format!("{CASE_HEAD}{REGISTER}{}", saying("flags"));
    Catalogue::parse(&one, "town.toml").unwrap();
    let said = Catalogue::parse(&format!("{one}{}", saying("more")), "town.toml").unwrap_err().to_string();
    assert!(said.contains("registers `flags` and `more` both have `non_disclosure`"), "{said}");
}

#[test]
fn a_missing_file_is_named() {
    let error = Catalogue::load(&catalogue_path("vantaa")).unwrap_err();
    assert!(error.to_string().ends_with("vantaa.toml: cannot be read"));
    assert!(std::error::Error::source(&error).is_some());

    let empty = tempfile::tempdir().unwrap();
    let espoo = catalogue("espoo");
    let error = Plan::folder(&espoo, empty.path()).unwrap_err().to_string();
    assert!(
        error.contains("has no file `residents.jsonl`, which the catalogue's register `residents` reads"),
        "{error}"
    );
    let error = Plan::files(&espoo, &["people.jsonl".into()]).unwrap_err().to_string();
    assert!(error.contains("a later extract is called residents_….jsonl"), "{error}");
}

#[test]
fn people_read_what_values_are_called_in_their_language() {
    let public: serde_json::Value = serde_json::from_str(catalogue("helsinki").public_json()).unwrap();
    let named = |from: &serde_json::Value, member: &str, name: &str| {
        from.as_array().unwrap().iter().find(|one| one[member] == name).unwrap().clone()
    };
    let health = named(&public["record_types"], "id", "child-health");
    let severity = named(&health["fields"], "path", "allergies.severity");
    assert_eq!(named(&severity["values"], "value", "mild")["labels"]["fi"], "lievä");
    let clinic = named(&health["fields"], "path", "clinic");
    assert!(clinic.get("values").is_none());
    assert_eq!(named(&public["registers"], "id", "child_health")["labels"]["sv"], "Barnhälsovårdens register");
}

#[test]
fn the_public_part_says_nothing_of_files_and_is_the_same_each_time() {
    for city in CITIES {
        let catalogue = catalogue(city);
        let public: serde_json::Value = serde_json::from_str(catalogue.public_json()).unwrap();
        assert_eq!(public["organisation"]["id"], city);
        assert_eq!(catalogue.digest(), self::catalogue(city).digest());
        assert!(!catalogue.public_json().contains("hetu") && !catalogue.public_json().contains(".csv"));
        let residence = catalogue.record_type("residence").unwrap();
        for withheld in ["address", "address.municipality", "contact.email", "contact"] {
            assert!(residence.withholds(withheld), "{withheld}");
        }
        assert!(!residence.withholds("family_name"));
        // What names a field on the wire must read as the protocol's field path.
        for record_type in catalogue.record_types() {
            for path in record_type.fields().keys() {
                path.parse::<pod_protocol::field::FieldPath>().unwrap();
            }
        }
    }
}

#[test]
fn cities_mean_the_same_by_the_same_record_type() {
    let helsinki = catalogue("helsinki");
    for city in CITIES {
        for record_type in catalogue(city).record_types() {
            if let Some(other) = helsinki.record_type(record_type.id()) {
                assert_eq!(record_type.schema(), other.schema(), "{city} {}", record_type.id());
                assert_eq!(record_type.fields(), other.fields());
            }
        }
    }
}

#[test]
fn a_schema_can_be_a_table() {
    let head = CASE_HEAD.split("schema = '''").next().unwrap();
    let text = format!(
        "{head}schema = {{ type = \"object\", additionalProperties = false, properties = {{ name = {{ type = \"string\" }} }} }}\n\
         [record_type.fields]\nname = {{ fi = \"Nimi\", sv = \"Namn\", en = \"Name\" }}\n"
    )
    .replace("[\"place.street\"]", "[\"name\"]")
    .replace("P1Y", "24 months");
    let catalogue = Catalogue::parse(&text, "town.toml").unwrap();
    assert_eq!(catalogue.record_types()[0].retention(), "P24M");
    assert!(catalogue.record_types()[0].withholds("name"));
}
