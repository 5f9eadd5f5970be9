//! One bad row is named by line, column and reason; every other row goes in. No sentence repeats a value.

use pod_import::{IdentityCode, Options, Plan, Report, import};

use crate::world::{CODES, Case, MemorySink};

const COLUMNS: &str = r#"
columns = [
    { from = "name", to = "name", kind = "text" },
    { from = "day", to = "day", kind = "date", format = "%Y-%m-%d" },
    { from = "fee", to = "fee", kind = "decimal", mark = "point", digits = 2 },
    { from = "grade", to = "grade", kind = "integer" },
]"#;

fn csv() -> Case {
    Case::new(
        "things.csv",
        &format!("format = \"csv\"\ndelimiter = \",\"\nencoding = \"utf-8\"\nsubject = \"id\"\n{COLUMNS}"),
    )
}

fn json() -> Case {
    Case::new(
        "things.jsonl",
        r#"
format = "jsonl"
encoding = "utf-8"
subject = "id"
guardians = { column = "of.guardians" }
columns = [
    { from = "name", to = "name", kind = "words" },
    { from = "fee", to = "fee", kind = "decimal", mark = "comma", digits = 2 },
    { from = "notes", to = "notes", kind = "nested" },
]"#,
    )
}

const HEADING: &str = "id,name,day,fee,grade\n";

/// A good row, the bad one, a good row: the bad one's line, column and reason.
fn refused(case: &Case, file: &str, heading: &str, good: [&str; 2], bad: &str) -> (u64, Option<String>, String) {
    let text = format!("{heading}{}\n{bad}\n{}\n", good[0], good[1]);
    let (report, sink): (Report, MemorySink) = case.import(file, text.as_bytes());
    assert_eq!((report.total.created, report.total.refused), (2, 1), "{report}");
    assert_eq!(sink.people().len(), 2);
    let row = report.refused[0].clone();
    (row.line, row.field, row.why)
}

fn refused_csv(bad: &str) -> (u64, Option<String>, String) {
    let good = [format!("{},a,,,", CODES[0]), format!("{},b,,,", CODES[1])];
    refused(&csv(), "things.csv", HEADING, [&good[0], &good[1]], bad)
}

fn refused_json(bad: &str) -> (u64, Option<String>, String) {
    let good = |code: &str| format!("{{\"id\":\"{code}\",\"of\":{{\"guardians\":null}}}}");
    let good = [good(CODES[0]), good(CODES[1])];
    refused(&json(), "things.jsonl", "", [&good[0], &good[1]], bad)
}

#[test]
fn csv_rows() {
    let [code, _, third, _] = CODES;
    let long = "x".repeat(41);
    for (bad, field, why) in [
        (format!("{code},a,,"), None, "has 4 columns where the heading has 5"),
        (format!("{code},\"a\"b,,,"), None, "text stands after a closing quotation mark"),
        (format!("{code},\"a,,,"), None, "a quotation mark is not closed"),
        (format!("{code},a,2026-02-30,,"), Some("day"), "first day does not parse"),
        (format!("{code},a,,1.234,"), Some("fee"), "fee is not a number with up to 2 digits after a decimal point"),
        (format!("{code},a,,1.,"), Some("fee"), "fee is not a number with up to 2 digits after a decimal point"),
        (format!("{code},a,,,3.5"), Some("grade"), "grade is not a whole number"),
        (format!("{code},a,,,12"), Some("grade"), "grade is above 9"),
        (format!("{code},{long},,,"), Some("name"), "name is longer than 40 characters"),
        (format!("{code},x {third} y,,,"), Some("name"), "holds an identity code, which no record may"),
        ("010101A0010,a,,,".to_owned(), Some("id"), "identity code's individual number is below 002"),
    ] {
        assert_eq!(refused_csv(&bad), (3, field.map(str::to_owned), why.to_owned()), "{bad}");
    }
}

/// Valid codes of so many people who do not exist.
fn nobodys(count: usize) -> Vec<String> {
    let code = |number: usize| {
        let check = b"0123456789ABCDEFHJKLMNPRSTUVWXY"[(10_175_000 + number) % 31];
        format!("010175-{number}{}", char::from(check))
    };
    (900..900 + count).map(code).collect()
}

#[test]
fn json_rows() {
    let [code, guardian, ..] = CODES;
    for (bad, field, why) in [
        ("{\"id\":".to_owned(), None, "is not JSON from character 6 on"),
        ("[1]".to_owned(), None, "is not a JSON object"),
        (format!("{{\"id\":\"{code}\",\"id\":\"{code}\"}}"), None, "names a property twice"),
        (
            format!("{{\"id\":\"{code}\",\"new\":{{\"thing\":1}}}}"),
            Some("new.thing"),
            "the catalogue does not know this property",
        ),
        (
            format!("{{\"id\":\"{code}\",\"fee\":1.125}}"),
            Some("fee"),
            "fee is not a number with up to 2 digits after a decimal point",
        ),
        (format!("{{\"id\":\"{code}\",\"name\":[1]}}"), Some("name"), "name is not a list of texts"),
        (format!("{{\"id\":\"{code}\",\"notes\":[{{}}]}}"), Some("notes"), "note is missing"),
        (
            format!("{{\"id\":\"{code}\",\"notes\":[{{\"what\":\"c\"}}]}}"),
            Some("notes"),
            "note is none of the values that the schema allows",
        ),
        (
            format!("{{\"id\":\"{code}\",\"notes\":[{{\"what\":\"a\",\"when\":\"x\"}}]}}"),
            Some("notes"),
            "day of a note is not a date",
        ),
        (
            format!("{{\"id\":\"{code}\",\"of\":{{\"guardians\":[\"{code}\"]}}}}"),
            Some("of.guardians"),
            "a person is named as their own guardian",
        ),
        (
            format!("{{\"id\":\"{code}\",\"of\":{{\"guardians\":\"{guardian}\"}}}}"),
            Some("of.guardians"),
            "guardians are not given as the catalogue says",
        ),
        (
            format!("{{\"id\":\"{code}\",\"of\":{{\"guardians\":{:?}}}}}", nobodys(17)),
            Some("of.guardians"),
            "names more than 16 guardians",
        ),
        (
            format!("{{\"id\":\"{code}\",\"of\":{{}}}}"),
            Some("of.guardians"),
            "is missing: say null where there are no guardians",
        ),
        (
            format!("{{\"id\":\"{code}\",\"of.guardians\":[]}}"),
            Some("of.guardians"),
            "the catalogue does not know this property",
        ),
        (
            format!("{{\"id\":\"{code}\",\"\":{{\"name\":[\"x\"]}}}}"),
            Some(""),
            "the catalogue does not know this property",
        ),
        (format!("{{\"id\":\"{code}\",\"{guardian}\":1}}"), None, "names a property by an identity code"),
        ("{\"id\":10165996}".to_owned(), Some("id"), "identity code is not text"),
    ] {
        assert_eq!(refused_json(&bad), (2, field.map(str::to_owned), why.to_owned()), "{bad}");
    }
}

#[test]
fn undecodable_bytes_name_their_column() {
    let mut text = format!("{HEADING}{},?,,,\n{},b,,,\n", CODES[0], CODES[1]).into_bytes();
    let at = text.iter().position(|byte| *byte == b'?').unwrap();
    text[at] = 0xE4;
    let (report, _) = csv().import("things.csv", &text);
    assert_eq!(report.total.created, 1);
    assert_eq!(report.refused[0].to_string().split_once("line").unwrap().1, " 2, name: holds bytes that are not UTF-8");
}

#[test]
fn lines_are_counted_as_an_editor_counts_them() {
    let [a, b, c, d] = CODES;
    // Cells over lines, empty lines, both line ends: the bad rows stand on lines 5 and 8.
    let text = format!(
        "{HEADING}{a},\"two\nlines\",,,\r\n\n{b},x,nonsense,,\n{c},\"three\r\n\r\nlines\",,,\n{d},x,,nonsense,"
    );
    let (report, sink) = csv().import("things.csv", text.as_bytes());
    let lines: Vec<u64> = report.refused.iter().map(|row| row.line).collect();
    assert_eq!(lines, [5, 9]);
    assert_eq!(sink.json(a, "thing")["name"], "two\nlines");
    assert_eq!(sink.json(c, "thing")["name"], "three\r\n\r\nlines");
}

#[test]
fn an_open_quotation_mark_swallows_no_row() {
    let [a, b, c, d] = CODES;
    // The open mark of the second row would close at the mark of the third.
    let text = format!("{HEADING}{a},x,,,\n{b},\"x,,,\n{c},\"y\",,,\n{d},z,,,\n");
    let (report, sink) = csv().import("things.csv", text.as_bytes());
    assert_eq!((report.total.created, report.total.refused, report.refused[0].line), (3, 1, 3));
    assert_eq!(sink.json(c, "thing")["name"], "y");
    assert_eq!(sink.json(d, "thing")["name"], "z");
}

#[test]
fn a_row_beyond_the_limit_is_refused_and_memory_stays_small() {
    let [a, b, ..] = CODES;
    let long = "x".repeat(3 * pod_import::formats::MAX_ROW_BYTES);
    let text = format!("{HEADING}{a},{long},,,\n{b},x,,,\n");
    let (report, _) = csv().import("things.csv", text.as_bytes());
    assert_eq!((report.total.created, report.total.refused), (1, 1));
    assert_eq!(report.refused[0].why, "is longer than 65536 bytes");
}

#[test]
fn a_heading_that_is_not_the_catalogues_stops_the_import_before_any_row() {
    let row = format!("{},a,,\n", CODES[0]);
    let stopped = csv().stops("things.csv", format!("id,name,day,fee\n{row}").as_bytes());
    assert!(stopped.ends_with("things.csv has no column `grade`; its heading is id, name, day, fee"), "{stopped}");
    let stopped = csv().stops("things.csv", format!("id,name,day,fee,grade,extra\n{row}").as_bytes());
    assert!(
        stopped.contains("a column `extra` that the catalogue does not know: map it or name it in `ignored`"),
        "{stopped}"
    );
    let stopped = csv().stops("things.csv", format!("id,name,day,fee,name\n{row}").as_bytes());
    assert!(stopped.ends_with("has two columns `name`"), "{stopped}");
    let stopped = csv().stops("things.csv", row.as_bytes());
    assert!(stopped.ends_with("has no heading: an identity code stands in its first line"), "{stopped}");
    let stopped = csv().stops("things.csv", b"");
    assert!(stopped.ends_with("is empty: it needs a heading"), "{stopped}");
}

#[test]
fn an_empty_non_disclosure_flag_is_not_guessed() {
    let case = Case::new(
        "flags.csv",
        "format = \"csv\"\ndelimiter = \",\"\nencoding = \"utf-8\"\nsubject = \"id\"\ncolumns = []\n\
         non_disclosure = { column = \"flag\", yes = \"K\", no = \"E\" }",
    );
    let text = format!("id,flag\n{},\n{},K\n", CODES[0], CODES[1]);
    let (report, sink) = case.import("flags.csv", text.as_bytes());
    assert_eq!(report.refused[0].why, "non-disclosure flag is neither K nor E");
    assert_eq!(sink.kept(CODES[1], "thing").non_disclosure, Some(true));
}

#[test]
fn a_bad_row_protects_its_person_all_the_same() {
    let [protected, free, twice, odd] = CODES;
    let case = Case::new(
        "flags.jsonl",
        "format = \"jsonl\"\nencoding = \"utf-8\"\nsubject = \"id\"\nrecord_id_column = \"nr\"\n\
         non_disclosure = { column = \"flag\", yes = \"K\", no = \"E\" }\n\
         columns = [{ from = \"grade\", to = \"grade\", kind = \"integer\" }]",
    );
    let text = format!(
        "{{\"id\":\"{protected}\",\"nr\":1,\"flag\":\"K\",\"grade\":12}}\n\
         {{\"id\":\"{free}\",\"nr\":1,\"flag\":\"E\",\"grade\":12}}\n\
         {{\"id\":\"{twice}\",\"flag\":\"K\"}}\n\
         {{\"id\":\"{odd}\",\"nr\":1,\"flag\":\"K\",\"new\":1}}\n\
         {{\"id\":\"nobody\",\"nr\":1,\"flag\":\"K\"}}\n"
    );
    let (report, sink) = case.import("flags.jsonl", text.as_bytes());
    assert_eq!((report.total.refused, report.total.rows), (5, 5));
    let expected = [protected, twice, odd].map(|code| IdentityCode::parse(code).unwrap());
    assert_eq!(sink.protected, expected);
}

#[test]
fn a_row_for_which_the_holder_has_no_room_is_refused_alone() {
    let case = csv();
    let path = case.write("things.csv", format!("{HEADING}{},a,,,\n{},b,,,\n", CODES[0], CODES[1]).as_bytes());
    let catalogue = case.catalogue();
    let plan = Plan::files(&catalogue, &[path]).unwrap();
    let mut sink = MemorySink { full_for: IdentityCode::parse(CODES[0]).ok(), ..MemorySink::default() };
    let report = import(&plan, &mut sink, &mut |_| {}, &Options::default()).unwrap();
    assert_eq!((report.total.created, report.total.refused, report.total.rows), (1, 1, 2));
    let told = "line 2: records of one type: 4097 is over the limit of 4096";
    assert!(report.refused[0].to_string().ends_with(told), "{}", report.refused[0]);
}
